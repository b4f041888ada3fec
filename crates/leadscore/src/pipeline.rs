//! The composite: schema, scorer, scale, tiers, estimates and advice in one immutable object, one JSON file.

mod advice;
mod builder;
mod builtin;
mod card;
mod check;
mod columns;
mod context;
mod describe;
mod estimate;
mod extend;
mod import;
mod importance;
mod inputs;
mod lint;
mod measure;
mod options;
mod outcome;
#[cfg(feature = "parallel")]
mod parallel;
mod parts;
mod prediction;
mod rank;
mod read;
mod records;
mod rows;
mod schema;
mod score;
mod scorer;

use std::fmt;
use std::sync::Arc;

pub use advice::{Impact, Priority, Recommendation, RiskFactor, Trend};
pub use builder::PipelineBuilder;
pub use card::ModelCard;
pub use check::{PipelineCheck, PipelineProblem};
pub use columns::{ReasonColumn, ReasonTexts, ScoreColumns};
pub use context::Context;
pub use estimate::{Estimate, EstimateValue, Interval};
pub use import::ImportOptions;
pub use importance::{FeatureImportance, ImportanceBy};
pub use inputs::{ModelColumn, ScoreInputs};
pub use measure::ImportanceMeasure;
pub use options::{ScoreOptions, When};
pub use outcome::ScoreResult;
#[cfg(feature = "arrow")]
pub(crate) use parallel::{QUICK_BLOCK, SLOW_BLOCK};
pub use prediction::{ClassProbability, GroupScore, Prediction, Provenance, Score, Warning};
pub use rows::{RecordScore, RowReason, RowScore, ScoreWorkspace};
#[cfg(any(feature = "arrow", feature = "learn"))]
pub(crate) use score::check_count;
pub use scorer::{ForestScorer, Scorer};

use advice::{Limited, RecommendationRule, RiskRule};
use estimate::EstimateRule;

use crate::feature::FeatureSchema;
use crate::json::Node;
use crate::scale::Scale;
use crate::{Basis, Error, TierScheme};

/// The format of the pipeline files this version writes; older ones are migrated, newer ones refused.
pub const FORMAT: usize = 1;

/// How many leads are scored at once: enough for a model to be fast, few enough to stay small.
const BLOCK: usize = 256;

/// Everything that turns a lead into a prediction; immutable, and the same as its JSON file.
///
/// It is a handle: cheap to clone, and shared between threads without a lock. Two pipelines are equal when their
/// [content hashes](Pipeline::content_hash) are.
///
/// ```
/// use leadscore::{AsOf, Lead, Pipeline, Zone};
/// let pipeline = Pipeline::builtin("conversion")?;
/// let lead = Lead::new("l-1").with("company", "Acme").with("title", "VP Sales").with("email", "ann@acme.example");
/// let prediction = pipeline.score(&lead, &AsOf::parse("2026-11-22", &Zone::utc())?)?;
/// let explanation = &prediction.explanation;
/// let points: f64 = explanation.contributions.iter().map(|c| c.points).sum();
/// assert!((explanation.baseline.unwrap() + points + explanation.rest - prediction.score).abs() <= 1e-9);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Clone)]
pub struct Pipeline(Arc<Inner>);

/// What [`parts`] has checked to fit together.
struct Inner {
    id: Arc<str>,
    name: Option<String>,
    version: Option<Arc<str>>,
    note: Option<String>,
    model: Option<ModelCard>,
    schema: FeatureSchema,
    scorer: Scorer,
    scale: Scale,
    tiers: TierScheme,
    estimates: Vec<EstimateRule>,
    risks: Limited<RiskRule>,
    recommendations: Limited<RecommendationRule>,
    hash: Arc<str>,
}

impl Pipeline {
    /// The pipeline's id, as in its file.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The declared version, if any.
    pub fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// The name people read: the declared one, else the id.
    pub fn name(&self) -> &str {
        self.0.name.as_deref().unwrap_or(&self.0.id)
    }

    /// What the file says about itself.
    pub fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// The features it reads.
    pub fn schema(&self) -> &FeatureSchema {
        &self.0.schema
    }

    /// Its rules, or its model.
    pub fn scorer(&self) -> &Scorer {
        &self.0.scorer
    }

    /// How its margins become scores.
    pub fn scale(&self) -> &Scale {
        &self.0.scale
    }

    /// Where its model comes from, if it has one and the file tells.
    pub fn model_card(&self) -> Option<&ModelCard> {
        self.0.model.as_ref()
    }

    /// The names of the classes whose probabilities it gives, in the model's order; empty where it has none.
    pub fn classes(&self) -> &[Arc<str>] {
        self.0.scale.class_names()
    }

    /// Its tiers.
    pub fn tiers(&self) -> &TierScheme {
        &self.0.tiers
    }

    /// SHA-256 of [`to_json`](Pipeline::to_json), in hex.
    pub fn content_hash(&self) -> &str {
        &self.0.hash
    }

    /// The pipeline as one self-contained JSON file: compact, in declared field order, shortest numbers.
    pub fn to_json(&self) -> String {
        Node::from(&*self.0).to_json()
    }

    /// The same for people to read and change: indented, with short objects and lists of numbers on one line each.
    ///
    /// ```
    /// use leadscore::Pipeline;
    /// let pipeline = Pipeline::builtin("conversion")?;
    /// assert_eq!(Pipeline::from_json(&pipeline.to_indented_json())?, pipeline);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn to_indented_json(&self) -> String {
        Node::from(&*self.0).to_indented_json()
    }

    /// The same pipeline with another scale, such as one that was calibrated on new outcomes. It has the same id and
    /// another content hash.
    ///
    /// # Errors
    /// `invalid_pipeline` where the scale does not fit the scorer, the tiers or the estimates.
    ///
    /// ```
    /// use leadscore::{Pipeline, scale::{Calibration, Scale}};
    /// let raw = Pipeline::builtin("b2b")?;
    /// let calibrated = raw.with_scale(Scale::calibrated(Calibration::platt(0.8, -0.3)?))?;
    /// assert!(calibrated.id() == raw.id() && calibrated != raw);
    /// assert_eq!(calibrated.with_scale(Scale::logistic())?, raw);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn with_scale(&self, scale: Scale) -> Result<Pipeline, Error> {
        let mut parts = parts::Parts::from(self);
        parts.scale = scale;
        parts::assemble(parts)
    }

    /// What the probabilities rest on: a scale tells whether they are calibrated, the scorer what they are otherwise.
    pub(crate) fn basis(&self) -> Option<Basis> {
        match (self.0.scale.basis()?, &self.0.scorer) {
            (Basis::Rules, Scorer::Forest(_)) => Some(Basis::Model),
            (basis, _) => Some(basis),
        }
    }
}

impl PartialEq for Pipeline {
    fn eq(&self, other: &Pipeline) -> bool {
        self.0.hash == other.0.hash
    }
}

impl Eq for Pipeline {}

impl std::hash::Hash for Pipeline {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash.hash(state);
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("id", &self.0.id)
            .field("version", &self.0.version)
            .field("content_hash", &self.0.hash)
            .finish_non_exhaustive()
    }
}
