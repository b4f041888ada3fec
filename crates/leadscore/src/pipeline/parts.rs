//! From parts to a pipeline: the one place where they are checked to fit together.

use std::sync::Arc;

use super::advice::{Limited, RecommendationRule, RiskRule};
use super::estimate::{self, EstimateRule};
use super::scorer::{ForestScorer, Scorer};
use super::{Inner, ModelCard, Pipeline};
use crate::expression::Reading;
use crate::feature::FeatureSchema;
use crate::forest::Forest;
use crate::json::{Cursor, Document, Node};
use crate::scale::Scale;
use crate::tier::TierAxis;
use crate::{Error, ErrorKind, Scorecard, TierScheme};

/// What a pipeline is made of, each by itself as it should be.
pub(super) struct Parts {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) note: Option<String>,
    pub(super) model: Option<ModelCard>,
    pub(super) schema: FeatureSchema,
    pub(super) scorer: ScorerPart,
    pub(super) scale: Scale,
    pub(super) tiers: TierScheme,
    /// Estimates and advice as in a pipeline file: what their names stand for depends on schema and scale.
    pub(super) estimates: Option<Node>,
    pub(super) risks: Option<Node>,
    pub(super) recommendations: Option<Node>,
    /// The reading of the file, where it is one: it counts the rules of all parts.
    pub(super) reading: Reading,
}

/// A scorer that is not yet bound to the columns of a schema.
pub(super) enum ScorerPart {
    /// Rules as in a pipeline file.
    Scorecard(Node),
    Forest {
        forest: Forest,
        reasons: bool,
    },
}

/// Makes a pipeline of parts that fit together.
///
/// # Errors
/// `invalid_pipeline` with the part that does not fit.
pub(super) fn assemble(parts: Parts) -> Result<Pipeline, Error> {
    let Parts { schema, reading, .. } = parts;
    if parts.id.trim().is_empty() {
        return Err(Error::new(ErrorKind::InvalidPipeline, "id", "the id is blank"));
    }
    let columns = schema.scope();
    let scorer = match parts.scorer {
        ScorerPart::Scorecard(node) => {
            Scorer::Scorecard(Scorecard::read(&cursor(&node, "scorer"), &columns, &reading)?)
        }
        ScorerPart::Forest { forest, reasons } => Scorer::Forest(
            ForestScorer::new(forest, reasons, &schema).map_err(|error| error.within("scorer"))?,
        ),
    };
    let scale = parts.scale.fit(scorer.traits()).map_err(|error| error.within("scale"))?;
    let tiers = parts.tiers.fit(&scale).map_err(|error| error.within("tiers"))?;
    let mut scope = estimate::scope(&columns, scale.has_probability(), tiers.axis() != TierAxis::Rank);
    let mut estimates = Vec::new();
    if let Some(list) = &parts.estimates {
        for item in cursor(list, "estimates").items()? {
            estimates.push(EstimateRule::read(&item, &mut scope, &reading)?);
        }
    }
    let risks = Limited::read(parts.risks.as_ref().map(|node| cursor(node, "risks")), "factors", |item| {
        RiskRule::read(item, &scope, &reading)
    })?;
    let recommendations = parts.recommendations.as_ref().map(|node| cursor(node, "recommendations"));
    let recommendations =
        Limited::read(recommendations, "actions", |item| RecommendationRule::read(item, &scope, &reading))?;
    let mut inner = Inner {
        id: parts.id.into(),
        name: parts.name,
        version: parts.version.map(Into::into),
        note: parts.note,
        model: parts.model,
        schema,
        scorer,
        scale,
        tiers,
        estimates,
        risks,
        recommendations,
        hash: "".into(),
    };
    inner.hash = crate::json::sha256(&Node::from(&inner).to_json()).into();
    Ok(Pipeline(Arc::new(inner)))
}

fn cursor<'a>(node: &'a Node, part: &'a str) -> Cursor<'a> {
    Cursor::root(node, part, Document::Pipeline)
}

impl From<&Pipeline> for Parts {
    fn from(pipeline: &Pipeline) -> Parts {
        let inner = &pipeline.0;
        let scorer = match &inner.scorer {
            Scorer::Scorecard(card) => ScorerPart::Scorecard(card.into()),
            Scorer::Forest(model) => {
                ScorerPart::Forest { forest: model.forest().clone(), reasons: model.has_reasons() }
            }
        };
        Parts {
            id: inner.id.to_string(),
            name: inner.name.clone(),
            version: inner.version.as_deref().map(str::to_owned),
            note: inner.note.clone(),
            model: inner.model.clone(),
            schema: inner.schema.clone(),
            scorer,
            scale: inner.scale.clone(),
            tiers: inner.tiers.clone(),
            estimates: inner.estimates_node(),
            risks: inner.risks.node("factors"),
            recommendations: inner.recommendations.node("actions"),
            reading: Reading::new(),
        }
    }
}
