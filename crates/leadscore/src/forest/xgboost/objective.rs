//! Objectives: their link, and how they turn `base_score` into a margin.

use super::document::{Doc, DocCursor};
use super::header::Version;
use crate::forest::model::Link;
use crate::math::ln_f32;
use crate::{Error, ErrorKind};

pub(super) struct Objective<'a> {
    pub(super) name: &'a str,
    pub(super) link: Link,
    base_score: BaseScoreLink,
}

/// The link from `base_score`, which is on the scale of the response, to the margin.
#[derive(Debug, Clone, Copy)]
enum BaseScoreLink {
    Identity,
    Logit,
    Log,
}

impl<'a> Objective<'a> {
    pub(super) fn read(learner: &DocCursor<'a>, version: &Version) -> Result<Objective<'a>, Error> {
        let name = learner.required("objective")?.required("name")?.text()?;
        let (link, base_score) = match name {
            "binary:logitraw" if version.before([1, 3]) => (Link::LogOdds, BaseScoreLink::Logit),
            "reg:squarederror"
            | "reg:linear"
            | "reg:squaredlogerror"
            | "reg:pseudohubererror"
            | "reg:absoluteerror"
            | "reg:quantileerror"
            | "rank:pairwise"
            | "rank:ndcg"
            | "rank:map" => (Link::Identity, BaseScoreLink::Identity),
            "binary:logitraw" => (Link::LogOdds, BaseScoreLink::Identity),
            "binary:logistic" | "reg:logistic" => (Link::Sigmoid(1.0), BaseScoreLink::Logit),
            "binary:hinge" => (Link::Step, BaseScoreLink::Identity),
            "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => {
                (Link::Exp, BaseScoreLink::Log)
            }
            "multi:softmax" => (Link::ArgMax, BaseScoreLink::Identity),
            "multi:softprob" => (Link::Softmax, BaseScoreLink::Identity),
            _ => {
                return Err(Error::new(
                    ErrorKind::UnsupportedModel,
                    "learner.objective.name",
                    format!(
                        "the objective `{name}` is not known, so neither is its link; train with one of XGBoost's own, \
                         or set a known one of the same link before saving"
                    ),
                ));
            }
        };
        Ok(Objective { name, link, base_score })
    }

    /// The margin every sum starts from, one for each output.
    pub(super) fn base_margins(&self, learner: &DocCursor, outputs: usize) -> Result<Vec<f64>, Error> {
        let param = learner.required("learner_model_param")?;
        let Some(cursor) = param.field("base_score") else {
            return self.margin(&param, 0.5).map(|margin| vec![margin; outputs]);
        };
        let scores = scores(&cursor)?;
        let margins: Vec<f64> =
            scores.iter().map(|&score| self.margin(&cursor, score)).collect::<Result<_, _>>()?;
        match margins.as_slice() {
            [margin] => Ok(vec![*margin; outputs]),
            _ if margins.len() == outputs => Ok(margins),
            _ => Err(cursor.error(format!("has {} values for {outputs} outputs", margins.len()))),
        }
    }

    fn margin(&self, cursor: &DocCursor, score: f32) -> Result<f64, Error> {
        // Each step in f32, as XGBoost does it; another formula differs in the last bit.
        let margin = match self.base_score {
            BaseScoreLink::Identity => score,
            BaseScoreLink::Logit => -ln_f32(1.0 / score - 1.0),
            BaseScoreLink::Log => ln_f32(score),
        };
        if margin.is_finite() {
            return Ok(f64::from(margin));
        }
        let range = match self.base_score {
            BaseScoreLink::Identity => "must be finite",
            BaseScoreLink::Logit => "must lie between 0 and 1",
            BaseScoreLink::Log => "must be positive",
        };
        Err(cursor.error(format!(
            "is {score}, but with {} it {range}; train with a base_score that does",
            self.name
        )))
    }
}

/// One number, or a list of them in brackets; both as text, or plain.
fn scores(cursor: &DocCursor) -> Result<Vec<f32>, Error> {
    let text = match cursor.doc {
        Doc::Text(text) => text.trim(),
        Doc::Int(number) => return Ok(vec![*number as f32]),
        Doc::Real(number) => return Ok(vec![*number]),
        _ => return cursor.reals().map(std::borrow::Cow::into_owned),
    };
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let numbers: Result<_, _> = inner.split(',').map(|number| number.trim().parse()).collect();
    numbers.map_err(|_| cursor.error(format!("`{text:.40}` is neither a number nor a list of numbers")))
}

/// The `base_score` that begins with a margin, where some f32 near its value on the scale of the response does.
#[cfg(feature = "learn")]
pub(super) fn base_score_of(objective: &str, margin: f64) -> Option<f32> {
    let near = match objective {
        "binary:logistic" | "reg:logistic" => crate::math::sigmoid(margin) as f32,
        "count:poisson" | "survival:aft" => crate::math::exp(margin) as f32,
        _ => margin as f32,
    };
    let ups = std::iter::successors(Some(near), |score| Some(score.next_up()));
    let downs = std::iter::successors(Some(near), |score| Some(score.next_down()));
    let mut candidates = ups.zip(downs).take(64).flat_map(|(up, down)| [up, down]);
    candidates.find(|score| f64::from(base_margin_of(objective, *score)) == margin)
}

/// The margin that begins with a `base_score`, in XGBoost's own steps.
#[cfg(feature = "learn")]
pub(crate) fn base_margin_of(objective: &str, score: f32) -> f32 {
    match objective {
        "binary:logistic" | "reg:logistic" => -ln_f32(1.0 / score - 1.0),
        "count:poisson" | "survival:aft" => ln_f32(score),
        _ => score,
    }
}
