//! A pipeline from values.

use super::parts::{Parts, ScorerPart, assemble};
use super::{ModelCard, Pipeline};
use crate::expression::Reading;
use crate::feature::FeatureSchema;
use crate::forest::Forest;
use crate::json::{self, Node};
use crate::scale::Scale;
use crate::{Error, ErrorKind, Scorecard, TierScheme};

/// Puts a pipeline together from its parts; [`Pipeline::builder`] begins one.
///
/// Schema, a scorer, scale and tiers are needed; all else may be left out. What does not fit together is found by
/// [`build`](PipelineBuilder::build).
///
/// ```
/// use leadscore::scorecard::{GroupBuilder, RuleBuilder, ScorecardUnit};
/// use leadscore::{AsOf, FeatureSchema, Lead, Pipeline, Scorecard, TierScheme, Zone, scale::Scale};
/// let schema = FeatureSchema::from_json(
///     r#"{"features": [{"name": "visits", "type": "number", "default": 0, "source": {"from": "attribute"}}]}"#,
/// )?;
/// let interest = GroupBuilder::new("interest").rule(RuleBuilder::points("visits", "visits"));
/// let card = Scorecard::builder(ScorecardUnit::Points).base(20.0).group(interest).build(&schema)?;
/// let pipeline = Pipeline::builder("mine")
///     .schema(schema)
///     .scorecard(card)
///     .scale(Scale::points())
///     .tiers(TierScheme::builtin("hot-warm-cold")?)
///     .estimates_json(r#"[{"name": "days_to_close", "value": {"sum": [90, {"product": [-1, "$score"]}]}, "unit": "days"}]"#)?
///     .build()?;
/// let prediction = pipeline.score(&Lead::new("a").with("visits", 5.0), &AsOf::parse("2026-11-22", &Zone::utc())?)?;
/// assert_eq!((prediction.score, prediction.estimate("days_to_close").unwrap().number()), (25.0, Some(65.0)));
/// assert_eq!(Pipeline::from_json(&pipeline.to_json())?, pipeline);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "nothing is made before `build`"]
pub struct PipelineBuilder {
    id: String,
    name: Option<String>,
    version: Option<String>,
    note: Option<String>,
    model: Option<ModelCard>,
    schema: Option<FeatureSchema>,
    scorer: Option<ScorerValue>,
    scale: Option<Scale>,
    tiers: Option<TierScheme>,
    estimates: Option<Node>,
    risks: Option<Node>,
    recommendations: Option<Node>,
}

#[derive(Debug, Clone)]
enum ScorerValue {
    Scorecard(Scorecard),
    Forest { forest: Forest, reasons: bool },
}

impl Pipeline {
    /// Begins a pipeline of an id.
    pub fn builder(id: impl Into<String>) -> PipelineBuilder {
        PipelineBuilder { id: id.into(), ..PipelineBuilder::default() }
    }
}

impl PipelineBuilder {
    /// The name people read; the id if there is none.
    pub fn name(mut self, name: impl Into<String>) -> PipelineBuilder {
        self.name = Some(name.into());
        self
    }

    /// The pipeline's version.
    pub fn version(mut self, version: impl Into<String>) -> PipelineBuilder {
        self.version = Some(version.into());
        self
    }

    /// What the pipeline says about itself.
    pub fn note(mut self, note: impl Into<String>) -> PipelineBuilder {
        self.note = Some(note.into());
        self
    }

    /// Where its model comes from.
    pub fn model_card(mut self, card: ModelCard) -> PipelineBuilder {
        self.model = Some(card);
        self
    }

    /// The features it reads.
    pub fn schema(mut self, schema: FeatureSchema) -> PipelineBuilder {
        self.schema = Some(schema);
        self
    }

    /// Rules as the scorer; their names are looked up in the schema.
    pub fn scorecard(mut self, card: Scorecard) -> PipelineBuilder {
        self.scorer = Some(ScorerValue::Scorecard(card));
        self
    }

    /// Boosted trees as the scorer, with reasons; their features are looked up in the schema by name.
    pub fn forest(mut self, forest: Forest) -> PipelineBuilder {
        self.scorer = Some(ScorerValue::Forest { forest, reasons: true });
        self
    }

    /// Boosted trees as the scorer, without reasons, as it must be where they keep no cover.
    pub fn forest_without_reasons(mut self, forest: Forest) -> PipelineBuilder {
        self.scorer = Some(ScorerValue::Forest { forest, reasons: false });
        self
    }

    /// How margins become scores.
    pub fn scale(mut self, scale: Scale) -> PipelineBuilder {
        self.scale = Some(scale);
        self
    }

    /// The tiers.
    pub fn tiers(mut self, tiers: TierScheme) -> PipelineBuilder {
        self.tiers = Some(tiers);
        self
    }

    /// Estimates, as the list in a pipeline file.
    ///
    /// # Errors
    /// `invalid_json`.
    pub fn estimates_json(mut self, text: &str) -> Result<PipelineBuilder, Error> {
        self.estimates = Some(part(text, "estimates")?);
        Ok(self)
    }

    /// Risk factors with their limit, as the object in a pipeline file.
    ///
    /// # Errors
    /// `invalid_json`.
    pub fn risks_json(mut self, text: &str) -> Result<PipelineBuilder, Error> {
        self.risks = Some(part(text, "risks")?);
        Ok(self)
    }

    /// Recommendations with their limit, as the object in a pipeline file.
    ///
    /// # Errors
    /// `invalid_json`.
    pub fn recommendations_json(mut self, text: &str) -> Result<PipelineBuilder, Error> {
        self.recommendations = Some(part(text, "recommendations")?);
        Ok(self)
    }

    /// The pipeline of these parts.
    ///
    /// # Errors
    /// `invalid_pipeline` with the part that is missing, or does not fit the others.
    pub fn build(self) -> Result<Pipeline, Error> {
        let scorer = match wanted(self.scorer, "scorer")? {
            ScorerValue::Scorecard(card) => ScorerPart::Scorecard((&card).into()),
            ScorerValue::Forest { forest, reasons } => ScorerPart::Forest { forest, reasons },
        };
        assemble(Parts {
            id: self.id,
            name: self.name,
            version: self.version,
            note: self.note,
            model: self.model,
            schema: wanted(self.schema, "schema")?,
            scorer,
            scale: wanted(self.scale, "scale")?,
            tiers: wanted(self.tiers, "tiers")?,
            estimates: self.estimates,
            risks: self.risks,
            recommendations: self.recommendations,
            reading: Reading::new(),
        })
    }
}

fn wanted<T>(part: Option<T>, name: &str) -> Result<T, Error> {
    part.ok_or_else(|| Error::new(ErrorKind::InvalidPipeline, name, "the pipeline has none"))
}

fn part(text: &str, name: &str) -> Result<Node, Error> {
    json::parse(text).map_err(|error| error.within(name))
}
