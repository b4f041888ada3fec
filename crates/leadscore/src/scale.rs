//! The one place where a margin becomes a score from 0 to 100, and a probability where there is one.

mod basis;
mod calibration;
mod classes;
mod read;
mod single;

use std::sync::Arc;

pub use basis::Basis;
use calibration::invalid;
pub use calibration::{Calibration, Knot, Platt};
pub(crate) use classes::ClassBuffers;
pub use classes::{ClassScale, ClassWeight};
pub use single::{ScaleKind, SingleScale};

use crate::Error;
use crate::json::{self, Cursor, Document, Node};
use crate::scorer::{MarginMeaning, MarginTraits};

/// How the margins of a scorer become a score.
///
/// A scale is checked when it is made; whether it fits a scorer is checked when both go into a pipeline.
///
/// ```
/// use leadscore::scale::{Calibration, Scale};
/// let raw = Scale::logistic();
/// let calibrated = Scale::calibrated(Calibration::platt(0.8, -0.3)?);
/// assert_eq!(raw.to_json(), r#"{"kind":"logistic"}"#);
/// assert_eq!(Scale::from_json(&calibrated.to_json())?, calibrated);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Scale {
    /// One margin.
    Single(SingleScale),
    /// Several margins, one for each class.
    Classes(ClassScale),
}

impl Scale {
    /// The margin is the score.
    pub fn points() -> Scale {
        Scale::Single(SingleScale::points())
    }

    /// The margin is the score, and the score is a probability in percent; for scorecards only.
    pub fn percent() -> Scale {
        Scale::Single(SingleScale::percent())
    }

    /// The margin is in log-odds; score = 100 / (1 + e^−margin).
    pub fn logistic() -> Scale {
        Scale::Single(SingleScale::logistic(None))
    }

    /// The probability is learned from leads whose outcome is known; score = 100 · probability.
    pub fn calibrated(calibration: Calibration) -> Scale {
        Scale::Single(SingleScale::logistic(Some(calibration)))
    }

    /// The margin `from` is the score 0 and `to` is 100.
    ///
    /// # Errors
    /// `invalid_pipeline` where the two are not finite, not in this order, or not between 1e-9 and 1e18 apart.
    pub fn linear(from: f64, to: f64) -> Result<Scale, Error> {
        SingleScale::linear(from, to).map(Scale::Single)
    }

    /// The score is the share of a population below the margin, in percent: linear between the knots, constant outside.
    ///
    /// # Errors
    /// `invalid_pipeline` with `knots[2]` for a knot that does not rise in both numbers or has a value outside 0–100;
    /// with `knots` for fewer than two.
    pub fn quantiles(knots: impl Into<Vec<Knot>>) -> Result<Scale, Error> {
        SingleScale::quantiles(knots.into()).map(Scale::Single)
    }

    /// Reads the `scale` object of a pipeline file.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_pipeline` with the path of what is wrong.
    pub fn from_json(text: &str) -> Result<Scale, Error> {
        let node = json::parse_file(text)?;
        Scale::read(&Cursor::root(&node, "", Document::Pipeline))
    }

    /// The scale as the `scale` object of a pipeline file.
    pub fn to_json(&self) -> String {
        Node::from(self).to_json()
    }

    /// Whether scores are one probability times 100.
    pub fn has_probability(&self) -> bool {
        matches!(self, Scale::Single(scale) if scale.has_probability())
    }

    /// The names of the classes, in the order of the model's outputs; empty where there is one margin.
    pub fn class_names(&self) -> &[Arc<str>] {
        if let Scale::Classes(classes) = self { classes.names() } else { &[] }
    }

    /// Whether scores of this scale carry a probability, and what it rests on when the margin came from rules.
    pub(crate) fn basis(&self) -> Option<Basis> {
        match self {
            Scale::Single(scale) => scale.basis(),
            Scale::Classes(classes) => Some(classes.basis()),
        }
    }

    /// The scale for a scorer with such margins.
    ///
    /// # Errors
    /// `invalid_pipeline` where the two do not fit.
    pub(crate) fn fit(self, margins: MarginTraits<'_>) -> Result<Scale, Error> {
        match margins {
            MarginTraits::RulePoints => self.fit_rule_points(),
            MarginTraits::RuleLogOdds => self.fit_rule_log_odds(),
            MarginTraits::Model { output_count, meaning, objective } => match self {
                Scale::Classes(classes) => classes.fit_model(output_count, meaning).map(Scale::Classes),
                Scale::Single(scale) => {
                    fit_single(&scale, output_count, meaning, objective)?;
                    Ok(Scale::Single(scale))
                }
            },
        }
    }

    fn fit_rule_points(self) -> Result<Scale, Error> {
        match self.single_kind() {
            Some(ScaleKind::Points | ScaleKind::Linear | ScaleKind::Quantiles) => Ok(self),
            _ => Err(invalid("", "a scorecard in points wants the scale points, linear or quantiles")),
        }
    }

    fn fit_rule_log_odds(self) -> Result<Scale, Error> {
        match self.single_kind() {
            Some(ScaleKind::Logistic | ScaleKind::Quantiles) => Ok(self),
            _ => Err(invalid("", "a scorecard in log_odds wants the scale logistic or quantiles")),
        }
    }

    fn single_kind(&self) -> Option<ScaleKind> {
        if let Scale::Single(scale) = self { Some(scale.kind()) } else { None }
    }
}

fn fit_single(
    scale: &SingleScale,
    output_count: usize,
    meaning: MarginMeaning,
    objective: &str,
) -> Result<(), Error> {
    if output_count > 1 {
        return Err(invalid(
            "",
            format!(
                "the model has {output_count} outputs; of these a score can be made only where they are classes, by the scale classes"
            ),
        ));
    }
    let is_raw_logistic = scale.kind() == ScaleKind::Logistic && scale.calibration().is_none();
    if is_raw_logistic && meaning != MarginMeaning::LogOdds {
        return Err(invalid(
            "",
            format!(
                "the objective `{objective}` does not give log-odds; use the scale logistic with a calibration, linear, quantiles or points"
            ),
        ));
    }
    if scale.kind() == ScaleKind::Points && scale.has_probability() {
        return Err(invalid("", "a model's points are no probability"));
    }
    Ok(())
}
