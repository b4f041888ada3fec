//! A model from the library or from a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use leadscore::pipeline::ImportanceBy;
use leadscore::tier::TierAxis;
use leadscore::{FeatureSchema, Forest, ImportOptions, Pipeline, Scorer, TierScheme};
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};

use super::super::fields::Fields;
use super::info::{Importance, ModelInfo, ModelMetadata};
use super::{B2bModel, TIERS};

/// The schemes that a model may be told to use: `round(4·p + 1)` with halves to even, and fifths.
pub const TIER_SCHEMES: [&str; 2] = ["a-e", "a-e-fifths"];

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 1 << 30;

/// How many characters a version may have.
const MAX_VERSION: usize = 64;

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file cannot be read.
    #[error("cannot read the model file {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The file is larger than a gibibyte.
    #[error("the model file {} has more than {MAX_FILE} bytes", .0.display())]
    TooLarge(PathBuf),
    /// The file is neither a model nor a pipeline that can be used.
    #[error(transparent)]
    Unusable(#[from] leadscore::Error),
    /// The model gives no probability.
    #[error("the model gives no probability of conversion; it needs one logistic output")]
    NoProbability,
    /// The tiers are not A to E.
    #[error("the tiers must be A, B, C, D and E on the probability; found {0}")]
    OtherTiers(String),
    /// A scheme that there is not.
    #[error("unknown tier scheme `{0}`; known: a-e, a-e-fifths")]
    UnknownTiers(String),
    /// A version that is empty, too long, or not plain.
    #[error(
        "a version has 1 to {MAX_VERSION} letters, digits, dots, hyphens, underscores or plus signs, found `{0}`"
    )]
    Version(String),
}

/// What is known of a model besides its pipeline.
struct Origin {
    version: String,
    training_date: Option<String>,
    is_stub: bool,
}

impl B2bModel {
    /// The model that ships with the library, trained on made-up leads.
    ///
    /// # Errors
    /// None are expected: the model is part of the library.
    pub fn builtin() -> Result<B2bModel, ModelError> {
        B2bModel::from_pipeline(Pipeline::builtin("b2b")?, None, "builtin")
    }

    /// A model from a file: XGBoost's JSON or UBJSON, LightGBM's text, or a pipeline as JSON.
    ///
    /// Without a version it is that of the pipeline, else the first 8 hexadecimal digits of the file's SHA-256. A model
    /// on the 50 features of the built-in schema is read by that schema; the features of any other are all required,
    /// as numbers. In a pipeline those are required that its schema requires or has no default for; each is given by its
    /// name as a number, whatever its source is, and a category as the position of its level.
    ///
    /// # Errors
    /// [`ModelError`]: what is wrong with the file, or why the API cannot use the model.
    pub fn from_file(path: &Path, version: Option<&str>) -> Result<B2bModel, ModelError> {
        B2bModel::from_bytes(&read(path)?, version)
    }

    /// As [`B2bModel::from_file`], from the file's bytes.
    ///
    /// # Errors
    /// As [`B2bModel::from_file`].
    pub fn from_bytes(file: &[u8], version: Option<&str>) -> Result<B2bModel, ModelError> {
        if let Some(version) = version {
            check_version(version)?;
        }
        let hash = hash_start(file);
        match pipeline_text(file) {
            Some(text) => B2bModel::from_pipeline(Pipeline::from_json(text)?, version, &hash),
            None => B2bModel::from_forest(Forest::from_bytes(file)?, version, &hash),
        }
    }

    /// The same model with the tiers of another of [`TIER_SCHEMES`].
    ///
    /// # Errors
    /// [`ModelError::UnknownTiers`].
    pub fn with_tiers(mut self, scheme: &str) -> Result<B2bModel, ModelError> {
        if !TIER_SCHEMES.contains(&scheme) {
            return Err(ModelError::UnknownTiers(scheme.to_owned()));
        }
        self.tiers = TierScheme::builtin(scheme)?;
        Ok(self)
    }

    fn from_forest(forest: Forest, version: Option<&str>, hash: &str) -> Result<B2bModel, ModelError> {
        let mut options = ImportOptions::new("b2b").without_reasons();
        let builtin = FeatureSchema::builtin("b2b")?;
        if has_features_of(&forest, &builtin) {
            options = options.schema(builtin);
        }
        let pipeline = Pipeline::from_forest(forest, &options)?;
        let tiers = TierScheme::builtin("a-e")?;
        let origin =
            Origin { version: version.unwrap_or(hash).to_owned(), training_date: None, is_stub: false };
        B2bModel::new(pipeline, tiers, origin)
    }

    fn from_pipeline(pipeline: Pipeline, version: Option<&str>, hash: &str) -> Result<B2bModel, ModelError> {
        let card = pipeline.model_card();
        let own = pipeline.version().or_else(|| card.and_then(|card| card.version.as_deref()));
        let version = version.or(own).unwrap_or(hash).to_owned();
        check_version(&version)?;
        let origin = Origin {
            version,
            training_date: card.and_then(|card| card.training_date.clone()),
            is_stub: card.is_some_and(|card| card.is_stub),
        };
        let tiers = pipeline.tiers().clone();
        B2bModel::new(pipeline, tiers, origin)
    }

    fn new(pipeline: Pipeline, tiers: TierScheme, origin: Origin) -> Result<B2bModel, ModelError> {
        if !pipeline.scale().has_probability() {
            return Err(ModelError::NoProbability);
        }
        check_tiers(&tiers)?;
        let Origin { version, training_date, is_stub } = origin;
        let library = match pipeline.scorer() {
            Scorer::Forest(model) => model.forest().source_library().name(),
            _ => "scorecard",
        };
        let name = format!("{library}_lead_score_v{}", version.replace('.', ""));
        let features: Vec<String> = pipeline.schema().columns().map(|feature| feature.name.clone()).collect();
        let metadata = ModelMetadata {
            version: version.clone(),
            features: features.clone(),
            n_features: features.len(),
            model_type: library.to_owned(),
            training_date,
            is_stub,
        };
        let text = |text: &str| serde_json::Value::from(text).to_string();
        Ok(B2bModel {
            fields: Fields::new(pipeline.schema()),
            importance: importance(&pipeline, &features),
            answer_part: format!("\"model\":{{\"name\":{},\"version\":{}}}", text(&name), text(&version)),
            info: ModelInfo { version, n_features: features.len(), features, metadata },
            name,
            tiers,
            pipeline,
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes));
    read.map_err(|cause| ModelError::Read { path: path.to_owned(), cause })?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(ModelError::TooLarge(path.to_owned()));
    }
    Ok(bytes)
}

/// The file as text if it is a pipeline: an object with a format, which no model's file has.
fn pipeline_text(file: &[u8]) -> Option<&str> {
    #[derive(Deserialize)]
    struct Pipeline {
        format: Option<IgnoredAny>,
        extends: Option<IgnoredAny>,
        learner: Option<IgnoredAny>,
    }
    let text = std::str::from_utf8(file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file)).ok()?;
    let found: Pipeline = serde_json::from_str(text).ok()?;
    ((found.format.is_some() || found.extends.is_some()) && found.learner.is_none()).then_some(text)
}

/// The first 8 hexadecimal digits of a file's SHA-256.
fn hash_start(file: &[u8]) -> String {
    let digest = Sha256::digest(file);
    format!("{:08x}", u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
}

/// Whether a model reads just the columns of a schema, in whatever order.
fn has_features_of(forest: &Forest, schema: &FeatureSchema) -> bool {
    let mut own = forest.feature_names();
    let mut columns: Vec<&str> = schema.columns().map(|feature| &*feature.name).collect();
    own.sort_unstable();
    columns.sort_unstable();
    own == columns
}

fn check_tiers(scheme: &TierScheme) -> Result<(), ModelError> {
    let names: Vec<&str> = scheme.tiers().iter().map(leadscore::Tier::name).collect();
    let is_a_to_e = names.iter().copied().eq(TIERS.iter().map(|tier| tier.letter()));
    if is_a_to_e && scheme.axis() == TierAxis::Probability {
        return Ok(());
    }
    Err(ModelError::OtherTiers(names.join(", ")))
}

fn check_version(version: &str) -> Result<(), ModelError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    if version.is_empty() || version.len() > MAX_VERSION || !version.chars().all(is_plain) {
        return Err(ModelError::Version(version.chars().take(MAX_VERSION).collect()));
    }
    Ok(())
}

fn importance(pipeline: &Pipeline, features: &[String]) -> Result<Importance, leadscore::Error> {
    let Scorer::Forest(model) = pipeline.scorer() else {
        let rules = pipeline.importance(ImportanceBy::Largest)?;
        return Ok(Importance::new(rules.into_iter().map(|rule| (rule.code, rule.importance)).collect()));
    };
    let gains = model.split_importance(ImportanceBy::Gain)?;
    let gain = |name: &String| gains.iter().find(|(own, _)| own == name).map_or(0.0, |(_, gain)| *gain);
    Ok(Importance::new(features.iter().map(|name| (name.clone(), gain(name))).collect()))
}
