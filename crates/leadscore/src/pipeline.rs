//! The composite: schema, scorer, scale, tiers, estimates and advice in one immutable object, one JSON file.

mod advice;
mod builtin;
mod card;
mod import;
mod importance;
mod prediction;
mod read;
mod records;
mod scorer;

use std::sync::Arc;

use sha2::{Digest, Sha256};

pub use advice::{EstimateKind, EstimateValue, Impact, Priority, Recommendation, RiskFactor, Trend};
pub use card::ModelCard;
pub use import::Import;
pub use importance::{FeatureImportance, ImportanceBy};
pub use prediction::{ClassProbability, Detail, GroupScore, Prediction, Provenance, Score};
pub use scorer::{ForestScorer, Scorer};

use advice::{Estimate, RecommendationRule, RiskRule};

use crate::error::Path;
use crate::explain::{FeatureValue, Sum};
use crate::feature::{Extraction, FeatureMatrix, FeatureSchema, Mode};
use crate::json::Node;
use crate::scale::Scale;
use crate::{Basis, Error, ErrorKind, Lead, Tier, TierScheme, Timestamp, Zone};

/// The format of the pipeline files this version writes; older ones are migrated, newer ones refused.
pub const FORMAT: usize = 1;

/// How many leads are scored at once: enough for a model to be fast, few enough to stay small.
const BLOCK: usize = 256;

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
/// assert!((explanation.baseline.unwrap() + points + explanation.rest - prediction.score).abs() <= 1e-9);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pipeline {
    id: Arc<str>,
    name: Option<String>,
    version: Option<Arc<str>>,
    note: Option<String>,
    model: Option<ModelCard>,
    schema: FeatureSchema,
    scorer: Scorer,
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
    fn wants_reasons(&self) -> bool {
        self.detail == Detail::Full || self.reasons > 0
    }

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

    /// Its rules, or its model.
    pub fn scorer(&self) -> &Scorer {
        &self.scorer
    }

    /// Where its model comes from, if it has one and the file tells.
    pub fn model_card(&self) -> Option<&ModelCard> {
        self.model.as_ref()
    }

    /// The names of the classes whose probabilities it gives, in the model's order; empty where it has none.
    pub fn classes(&self) -> &[Arc<str>] {
        self.scale.classes()
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
        let mut sums = self.scorer.sums(&[&extraction.columns], &self.scale, context.wants_reasons())?;
        Ok(self.predict(&lead.id, &extraction, &sums.remove(0), context))
    }

    /// Scores many leads, on this thread; one that is refused does not stop the others. The same bits as one by one,
    /// and faster where a model scores: its trees are gone through for many leads at once.
    ///
    /// Errors name the lead as `leads[3]`.
    pub fn score_many<'l>(
        &self,
        leads: impl IntoIterator<Item = &'l Lead>,
        context: &Context,
    ) -> Vec<Result<Prediction, Error>> {
        let results = self.score_each(leads, context).into_iter().enumerate();
        results.map(|(at, result)| result.map_err(|error| in_list(error, at))).collect()
    }

    /// [`Pipeline::score_many`] with errors that name nothing but the place in the lead, for leads that stand apart.
    pub fn score_each<'l>(
        &self,
        leads: impl IntoIterator<Item = &'l Lead>,
        context: &Context,
    ) -> Vec<Result<Prediction, Error>> {
        let mut out = Vec::new();
        let mut leads = leads.into_iter();
        let mut extractions: Vec<Extraction> = Vec::new();
        loop {
            let block: Vec<&Lead> = leads.by_ref().take(BLOCK).collect();
            if block.is_empty() {
                return out;
            }
            extractions.resize_with(block.len(), Extraction::default);
            let read = |(lead, extraction): (&&Lead, &mut Extraction)| {
                let extracted =
                    self.schema.extract(lead, context.as_of, &context.zone, context.mode, extraction);
                extracted.err()
            };
            let refused: Vec<Option<Error>> = block.iter().zip(&mut extractions).map(read).collect();
            let good = extractions.iter().zip(&refused).filter(|(_, refused)| refused.is_none());
            let rows: Vec<&[f64]> = good.map(|(extraction, _)| &*extraction.columns).collect();
            let sums = self.scorer.sums(&rows, &self.scale, context.wants_reasons());
            let mut sums: Box<dyn Iterator<Item = Result<Sum<'_>, Error>>> = match sums {
                Ok(sums) => Box::new(sums.into_iter().map(Ok)),
                Err(error) => Box::new(rows.iter().map(move |_| Err(error.clone()))),
            };
            for ((lead, extraction), refused) in block.iter().zip(&extractions).zip(refused) {
                out.extend(match refused {
                    Some(error) => Some(Err(error)),
                    None => sums.next().map(|sum| Ok(self.predict(&lead.id, extraction, &sum?, context))),
                });
            }
        }
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
        let mut scores = Vec::with_capacity(matrix.rows());
        for from in (0..matrix.rows()).step_by(BLOCK) {
            let rows: Vec<&[f64]> =
                (from..matrix.rows().min(from + BLOCK)).map(|row| matrix.row(row)).collect();
            for sum in self.scorer.sums(&rows, &self.scale, false)? {
                let place = self.place(&sum);
                let tier = place.tier.map(|tier| tier.shared().0);
                let (score, probability) = (sum.score, place.probability);
                scores.push(Score { score, probability, tier, classes: sum.classes });
            }
        }
        Ok(scores)
    }

    /// Probability, tier and confidence of a sum.
    fn place(&self, sum: &Sum<'_>) -> Place<'_> {
        // Every single probability a scale has is its score over 100: one clip, one disqualification for both.
        let probability = self.scale.has_probability().then_some(sum.score / 100.0);
        if !self.tiers.reads_classes() {
            return Place { probability, tier: self.tiers.tier(sum.score, probability), confidence: None };
        }
        let names = self.scale.classes().iter().map(|name| &**name);
        let classes: Vec<(&str, f64)> = names.zip(sum.classes.iter().copied()).collect();
        let (tier, confidence) = self.tiers.tier_of_classes(&classes).unzip();
        Place { probability, tier, confidence }
    }

    /// What the probabilities rest on: a scale tells whether they are calibrated, the scorer what they are otherwise.
    fn basis(&self) -> Option<Basis> {
        match (self.scale.basis()?, &self.scorer) {
            (Basis::Rules, Scorer::Forest(_)) => Some(Basis::Model),
            (basis, _) => Some(basis),
        }
    }
}

/// Where a score stands.
struct Place<'a> {
    probability: Option<f64>,
    tier: Option<&'a Tier>,
    /// The probability of the class the tier is, where tiers are classes.
    confidence: Option<f64>,
}

/// The error of a lead in a list.
fn in_list(error: Error, index: usize) -> Error {
    match error.kind() {
        ErrorKind::MissingFeature | ErrorKind::InvalidFeature => {
            error.within(Path::from("leads").index(index))
        }
        _ => error,
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
