//! What an objective does to the base score and to the margins.

use super::Version;
use super::document::{Doc, Place};
use crate::forest::model::Link;
use crate::math::ln_f32;
use crate::{Error, ErrorKind};

pub(super) struct Objective<'a> {
    pub(super) name: &'a str,
    pub(super) link: Link,
    start: Start,
}

/// How the base score, which stands on the scale of the response, becomes a margin.
#[derive(Debug, Clone, Copy)]
enum Start {
    Same,
    Logit,
    Log,
}

impl<'a> Objective<'a> {
    pub(super) fn of(learner: &Place<'a>, version: &Version) -> Result<Objective<'a>, Error> {
        let name = learner.need("objective")?.need("name")?.text()?;
        let (link, start) = match name {
            "binary:logitraw" if version.before([1, 3]) => (Link::Identity, Start::Logit),
            "reg:squarederror"
            | "reg:linear"
            | "reg:squaredlogerror"
            | "reg:pseudohubererror"
            | "reg:absoluteerror"
            | "reg:quantileerror"
            | "binary:logitraw"
            | "rank:pairwise"
            | "rank:ndcg"
            | "rank:map" => (Link::Identity, Start::Same),
            "binary:logistic" | "reg:logistic" => (Link::Sigmoid(1.0), Start::Logit),
            "binary:hinge" => (Link::Step, Start::Same),
            "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => {
                (Link::Exp, Start::Log)
            }
            "multi:softmax" => (Link::ArgMax, Start::Same),
            "multi:softprob" => (Link::Softmax, Start::Same),
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
        Ok(Objective { name, link, start })
    }

    /// The margin every sum starts from, one for each output.
    pub(super) fn base(&self, learner: &Place, outputs: usize) -> Result<Vec<f64>, Error> {
        let param = learner.need("learner_model_param")?;
        let Some(place) = param.field("base_score") else {
            return self.margin(&param, 0.5).map(|margin| vec![margin; outputs]);
        };
        let scores = scores(&place)?;
        let margins: Vec<f64> =
            scores.iter().map(|&score| self.margin(&place, score)).collect::<Result<_, _>>()?;
        match margins.as_slice() {
            [margin] => Ok(vec![*margin; outputs]),
            _ if margins.len() == outputs => Ok(margins),
            _ => Err(place.error(format!("has {} values for {outputs} outputs", margins.len()))),
        }
    }

    fn margin(&self, place: &Place, score: f32) -> Result<f64, Error> {
        // Each step in f32, as XGBoost does it; another formula differs in the last bit.
        let margin = match self.start {
            Start::Same => score,
            Start::Logit => -ln_f32(1.0 / score - 1.0),
            Start::Log => ln_f32(score),
        };
        if margin.is_finite() {
            return Ok(f64::from(margin));
        }
        let range = match self.start {
            Start::Same => "must be finite",
            Start::Logit => "must lie between 0 and 1",
            Start::Log => "must be positive",
        };
        Err(place.error(format!(
            "is {score}, but with {} it {range}; train with a base_score that does",
            self.name
        )))
    }
}

/// One number, or a list of them in brackets; both as text, or plain.
fn scores(place: &Place) -> Result<Vec<f32>, Error> {
    let text = match place.doc {
        Doc::Text(text) => text.trim(),
        Doc::Int(number) => return Ok(vec![*number as f32]),
        Doc::Real(number) => return Ok(vec![*number]),
        _ => return place.reals().map(std::borrow::Cow::into_owned),
    };
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let numbers: Result<_, _> = inner.split(',').map(|number| number.trim().parse()).collect();
    numbers.map_err(|_| place.error(format!("`{text:.40}` is neither a number nor a list of numbers")))
}
