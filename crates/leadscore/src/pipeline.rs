//! The composite: schema, scorer, scale, tiers, estimates and advice in one immutable object, one JSON file.

mod advice;
mod builtin;
mod prediction;
mod read;

use std::sync::Arc;

use sha2::{Digest, Sha256};

pub use advice::{EstimateKind, EstimateValue, Impact, Priority, Recommendation, RiskFactor, Trend};
pub use prediction::{Detail, GroupScore, Prediction, Provenance, Score};

use advice::{Estimate, RecommendationRule, RiskRule};

use crate::explain::{self, FeatureValue};
use crate::feature::{Extraction, FeatureMatrix, FeatureSchema, Mode};
use crate::json::Node;
use crate::scale::Scale;
use crate::{Error, Lead, Scorecard, TierScheme, Timestamp, Zone};

/// The format of the pipeline files this version writes; older ones are migrated, newer ones refused.
pub const FORMAT: usize = 1;

/// Everything that turns a lead into a prediction; immutable, and the same as its JSON file.
///
/// ```
/// use leadscore::{Context, Lead, Pipeline, Timestamp, Zone};
/// let pipeline = Pipeline::builtin("conversion")?;
/// let lead = Lead::new("l-1").with("company", "Acme").with("title", "VP Sales").with("email", "ann@acme.example");
/// let now = Context::new(Timestamp::parse("2026-11-22", &Zone::utc())?);
/// let prediction = pipeline.score(&lead, &now)?;
/// let explanation = &prediction.explanation;
/// let points: f64 = explanation.contributions.iter().map(|c| c.points).sum();
/// assert!((explanation.baseline + points + explanation.rest - prediction.score).abs() <= 1e-9);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pipeline {
    id: Arc<str>,
    name: Option<String>,
    version: Option<Arc<str>>,
    note: Option<String>,
    schema: FeatureSchema,
    scorer: Scorecard,
    scale: Scale,
    tiers: TierScheme,
    estimates: Vec<Estimate>,
    risks: Vec<RiskRule>,
    most_risks: usize,
    recommendations: Vec<RecommendationRule>,
    most_recommendations: usize,
    hash: Arc<str>,
}

/// What scoring needs besides the lead: the moment, the zone, and how much to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// The moment as of which the lead is judged: no later activity can matter. Attributes are the caller's snapshot.
    pub as_of: Timestamp,
    /// The zone of local hours, weekdays and times without an offset.
    pub zone: Zone,
    /// What to do with missing and unusable values.
    pub mode: Mode,
    /// How much of the prediction is filled.
    pub detail: Detail,
    /// The most reasons to name.
    pub reasons: usize,
}

impl Context {
    /// Lenient, in UTC, with every detail and up to five reasons.
    pub fn new(as_of: Timestamp) -> Context {
        Context { as_of, zone: Zone::utc(), mode: Mode::Lenient, detail: Detail::Full, reasons: 5 }
    }
}

impl Pipeline {
    /// The pipeline's id, as in its file.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The declared version, if any.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The name people read: the declared one, else the id.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// What the file says about itself.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// The features it reads.
    pub fn schema(&self) -> &FeatureSchema {
        &self.schema
    }

    /// Its rules.
    pub fn scorecard(&self) -> &Scorecard {
        &self.scorer
    }

    /// Its tiers.
    pub fn tiers(&self) -> &TierScheme {
        &self.tiers
    }

    /// SHA-256 of [`to_json`](Pipeline::to_json), in hex.
    pub fn content_hash(&self) -> &str {
        &self.hash
    }

    /// The pipeline as one self-contained JSON file: compact, in declared field order, shortest numbers.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&Node::from(self)).unwrap_or_default()
    }

    /// Scores one lead.
    ///
    /// # Errors
    /// In strict mode `missing_feature` and `invalid_feature`, with the attribute's path.
    pub fn score(&self, lead: &Lead, context: &Context) -> Result<Prediction, Error> {
        let mut extraction = Extraction::default();
        self.schema.extract(lead, context.as_of, &context.zone, context.mode, &mut extraction)?;
        Ok(self.predict(&lead.id, &extraction, context))
    }

    /// Scores many leads, on this thread; one that is refused does not stop the others.
    ///
    /// Errors name the lead as `leads[3]`.
    pub fn score_many(&self, leads: &[Lead], context: &Context) -> Vec<Result<Prediction, Error>> {
        let score = |(at, lead)| self.score(lead, context).map_err(|error| in_list(error, at));
        leads.iter().enumerate().map(score).collect()
    }

    /// The features of one lead for people and programs: name and value, in schema order, helpers left out.
    ///
    /// # Errors
    /// As [`Pipeline::score`].
    pub fn features(&self, lead: &Lead, context: &Context) -> Result<Vec<(String, FeatureValue)>, Error> {
        let mut extraction = Extraction::default();
        self.schema.extract(lead, context.as_of, &context.zone, context.mode, &mut extraction)?;
        let mut columns = extraction.columns.iter();
        let mut features = Vec::new();
        for (place, feature) in self.schema.features().iter().enumerate() {
            if feature.is_column() {
                let value = columns.next().copied().unwrap_or(f64::NAN);
                features.push((feature.name.clone(), FeatureValue::new(feature, value)));
            } else if !feature.helper {
                let text = extraction.texts.iter().find(|(own, _)| *own == place);
                let value = text.map_or(FeatureValue::Missing, |(_, text)| FeatureValue::Text(text.clone()));
                features.push((feature.name.clone(), value));
            }
        }
        Ok(features)
    }

    /// The features of many leads as a matrix: one row per lead, the schema's columns, NaN where missing.
    ///
    /// # Errors
    /// As [`Pipeline::score`], with the lead's place in the path.
    pub fn feature_matrix(&self, leads: &[Lead], context: &Context) -> Result<FeatureMatrix, Error> {
        let columns = self.schema.columns().len();
        let mut values = Vec::with_capacity(leads.len() * columns);
        let mut extraction = Extraction::default();
        for (at, lead) in leads.iter().enumerate() {
            self.schema
                .extract(lead, context.as_of, &context.zone, context.mode, &mut extraction)
                .map_err(|error| in_list(error, at))?;
            values.extend_from_slice(&extraction.columns);
        }
        FeatureMatrix::new(columns, values)
    }

    /// Scores the rows of a matrix; the same bits as [`Pipeline::score`] gives for the leads it came from.
    ///
    /// # Errors
    /// `invalid_matrix` when the width is not the schema's.
    pub fn score_matrix(&self, matrix: &FeatureMatrix) -> Result<Vec<Score>, Error> {
        matrix.check(&self.schema)?;
        Ok((0..matrix.rows()).map(|row| self.score_row(matrix.row(row))).collect())
    }

    fn score_row(&self, row: &[f64]) -> Score {
        let sum = explain::sum(self.scorer.score(row), &self.scale, self.scorer.lowest());
        let probability = self.probability(sum.score);
        let tier = self.tiers.tier(sum.score, probability).map(|tier| tier.shared().0);
        Score { score: sum.score, probability, tier }
    }

    /// Every probability a scale has is its score over 100: one clip, one disqualification for both.
    fn probability(&self, score: f64) -> Option<f64> {
        self.scale.basis().map(|_| score / 100.0)
    }
}

/// Puts the lead's place in a list before an error's path.
fn in_list(error: Error, at: usize) -> Error {
    match error {
        Error::MissingFeature { path, message } => {
            Error::MissingFeature { path: format!("leads[{at}].{path}"), message }
        }
        Error::InvalidFeature { path, message } => {
            Error::InvalidFeature { path: format!("leads[{at}].{path}"), message }
        }
        other => other,
    }
}

fn sha256(text: &str) -> Arc<str> {
    use std::fmt::Write as _;
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex.into()
}
