//! The one place where a margin becomes a score from 0 to 100, and a probability where there is one.

mod classes;

use serde::{Deserialize, Serialize};

pub(crate) use classes::Classes;

use crate::json::{Cursor, Node, Object};
use crate::{Error, math};

/// How a margin becomes a score.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scale {
    /// The margin is the score.
    Points { probability: bool },
    /// The margin is in log-odds; score = 100 · p.
    Logistic { calibration: Option<Calibration> },
    /// `from` is 0 and `to` is 100.
    Linear { from: f64, to: f64 },
    /// The share of a training population below the margin: (margin, score) knots, both rising.
    Quantiles { knots: Vec<(f64, f64)> },
    /// Several margins, one for each class; score = 100 · Σ weight · p.
    Classes(Classes),
}

/// What a margin in log-odds is corrected by, learned from leads whose outcome is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Calibration {
    /// p = 1 / (1 + e^−(a·m + b)), a > 0 (Platt 1999).
    Platt { a: f64, b: f64 },
    /// Linear between (margin, probability) knots, constant outside.
    Knots(Vec<(f64, f64)>),
}

/// What a probability rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Basis {
    /// A trained model's own objective.
    Model,
    /// A model or scorecard calibrated on known outcomes.
    Calibrated,
    /// Hand-written rules: an ordering that looks like a probability.
    Rules,
    /// A language model's answer, checked but not calibrated.
    Llm,
}

impl Scale {
    /// The score of a margin before it is clipped to 0–100.
    pub(crate) fn score(&self, margin: f64) -> f64 {
        match self {
            // Several margins go through `Classes` itself; a pipeline pairs scorer and scale so that none comes here.
            Scale::Classes(_) => f64::NAN,
            Scale::Points { .. } => margin,
            Scale::Logistic { calibration: None } => 100.0 * math::sigmoid(margin),
            Scale::Logistic { calibration: Some(Calibration::Platt { a, b }) } => {
                100.0 * math::sigmoid(a * margin + b)
            }
            Scale::Logistic { calibration: Some(Calibration::Knots(knots)) } => 100.0 * along(knots, margin),
            Scale::Linear { from, to } => 100.0 * ((margin - from) / (to - from)),
            Scale::Quantiles { knots } => along(knots, margin),
        }
    }

    /// Points per margin unit on the way from `base` to `margin`, whose parts sum to `sum`.
    ///
    /// For one output, the integral of the scale's gradient along the straight line from baseline to margin is the
    /// difference of the scores over the difference of the margins.
    pub(crate) fn points_per_unit(&self, base: f64, margin: f64, sum: f64) -> f64 {
        match self {
            Scale::Points { .. } => 1.0,
            Scale::Linear { from, to } => 100.0 / (to - from),
            _ if sum.abs() < self.flat() => {
                let step = self.flat();
                (self.score(base + step) - self.score(base - step)) / (2.0 * step)
            }
            _ => (self.score(margin) - self.score(base)) / sum,
        }
    }

    /// The length of way below which the scale counts as straight. Knots have corners, the logistic has none.
    fn flat(&self) -> f64 {
        match self {
            Scale::Logistic { calibration: None } => 1e-3,
            Scale::Logistic { calibration: Some(Calibration::Platt { a, .. }) } => 1e-3 / a.max(1.0),
            _ => 1e-12,
        }
    }

    /// Whether scores of this scale carry a probability, and what it rests on when the margin came from rules.
    pub(crate) fn basis(&self) -> Option<Basis> {
        match self {
            Scale::Points { probability: true } | Scale::Logistic { calibration: None } => Some(Basis::Rules),
            Scale::Logistic { calibration: Some(_) } => Some(Basis::Calibrated),
            Scale::Classes(classes) => Some(classes.basis()),
            _ => None,
        }
    }

    /// Whether scores of this scale are one probability times 100.
    pub(crate) fn has_probability(&self) -> bool {
        matches!(self, Scale::Points { probability: true } | Scale::Logistic { .. })
    }

    /// The names of the classes, in the order of the model's outputs.
    pub(crate) fn classes(&self) -> &[std::sync::Arc<str>] {
        if let Scale::Classes(classes) = self { classes.names() } else { &[] }
    }

    pub(crate) fn read(cursor: &Cursor<'_>) -> Result<Scale, Error> {
        let kind = cursor.entries()?.required("kind")?;
        match kind.text()? {
            "points" => {
                let fields = cursor.object(&["kind", "probability"])?;
                Ok(Scale::Points { probability: fields.flag("probability")? })
            }
            "logistic" => {
                let fields = cursor.object(&["kind", "calibration"])?;
                let calibration =
                    fields.optional("calibration").map(|c| Calibration::read(&c)).transpose()?;
                Ok(Scale::Logistic { calibration })
            }
            "linear" => {
                let fields = cursor.object(&["kind", "from", "to"])?;
                let (from, to) = (fields.required("from")?.number()?, fields.required("to")?.number()?);
                if from >= to {
                    return Err(cursor.error(format!("`from` {from} is not below `to` {to}")));
                }
                if !(1e-9..=1e18).contains(&(to - from)) {
                    return Err(cursor.error("`from` and `to` are between 1e-9 and 1e18 apart"));
                }
                Ok(Scale::Linear { from, to })
            }
            "quantiles" => {
                let fields = cursor.object(&["kind", "knots"])?;
                let knots = read_knots(&fields.required("knots")?, 100.0)?;
                Ok(Scale::Quantiles { knots })
            }
            "classes" => Classes::read(cursor).map(Scale::Classes),
            other => Err(kind.error(format!(
                "unknown scale `{other}`; known here: points, logistic, linear, quantiles, classes"
            ))),
        }
    }
}

impl Calibration {
    fn read(cursor: &Cursor<'_>) -> Result<Calibration, Error> {
        let kind = cursor.entries()?.required("kind")?;
        match kind.text()? {
            "platt" => {
                let fields = cursor.object(&["kind", "a", "b"])?;
                let a = crate::expression::positive(&fields.required("a")?)?;
                Ok(Calibration::Platt { a, b: fields.required("b")?.number()? })
            }
            "knots" => {
                let list = cursor.object(&["kind", "knots"])?.required("knots")?;
                let knots = read_knots(&list, 1.0)?;
                let steep = knots.windows(2).any(|w| w[1].1 - w[0].1 > (w[1].0 - w[0].0) * (1.0 + 1e-9));
                if steep {
                    return Err(list.error("between two knots the probability rises by more than the margin"));
                }
                Ok(Calibration::Knots(knots))
            }
            other => Err(kind.error(format!("unknown calibration `{other}`; known here: platt, knots"))),
        }
    }
}

/// Linear between knots, constant outside.
fn along(knots: &[(f64, f64)], at: f64) -> f64 {
    let next = knots.partition_point(|(x, _)| *x <= at);
    if next == 0 {
        return knots[0].1;
    }
    let (x0, y0) = knots[next - 1];
    match knots.get(next) {
        None => y0,
        Some((x1, y1)) => y0 + (y1 - y0) * ((at - x0) / (x1 - x0)),
    }
}

/// Knots nearer than this make a step so steep that the parts of a sum no longer fit it.
const CLOSEST: f64 = 1e-6;

/// At least two [x, y] pairs, both strictly rising, y within 0 and `most`.
fn read_knots(cursor: &Cursor<'_>, most: f64) -> Result<Vec<(f64, f64)>, Error> {
    let mut knots: Vec<(f64, f64)> = Vec::new();
    for item in cursor.items()? {
        let pair = item.items()?;
        let [x, y] = pair.as_slice() else { return Err(item.error("a knot is a pair [margin, value]")) };
        let (x, y) = (x.number()?, y.number()?);
        if knots.last().is_some_and(|last| x - last.0 < CLOSEST || y <= last.1) || !(0.0..=most).contains(&y)
        {
            return Err(item
                .error(format!("knots rise in both numbers, by {CLOSEST} or more in the margin, and values lie within 0 and {most}")));
        }
        knots.push((x, y));
    }
    if knots.len() < 2 {
        return Err(cursor.error("wants at least two knots"));
    }
    Ok(knots)
}

impl From<&Scale> for Node {
    fn from(scale: &Scale) -> Node {
        let kind = |name: &str| Object::default().with("kind", name);
        match scale {
            Scale::Points { probability } => kind("points").flag("probability", *probability),
            Scale::Logistic { calibration } => {
                let calibration = calibration.as_ref().map(|calibration| {
                    Node::from(match calibration {
                        Calibration::Platt { a, b } => kind("platt").with("a", *a).with("b", *b),
                        Calibration::Knots(knots) => kind("knots").with("knots", write_knots(knots)),
                    })
                });
                kind("logistic").maybe("calibration", calibration)
            }
            Scale::Linear { from, to } => kind("linear").with("from", *from).with("to", *to),
            Scale::Quantiles { knots } => kind("quantiles").with("knots", write_knots(knots)),
            Scale::Classes(classes) => classes.write(kind("classes")),
        }
        .into()
    }
}

fn write_knots(knots: &[(f64, f64)]) -> Node {
    Node::List(knots.iter().map(|(x, y)| Node::List(vec![Node::Number(*x), Node::Number(*y)])).collect())
}
