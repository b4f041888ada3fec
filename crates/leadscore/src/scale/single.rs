//! One margin on a scale.

use super::basis::Basis;
use super::calibration::{Calibration, Knot, checked_knots, interpolate, invalid};
use crate::json::{Node, Object};
use crate::{Error, math};

/// How one margin becomes a score.
#[derive(Debug, Clone, PartialEq)]
pub struct SingleScale(Form);

/// The forms a scale of one margin can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScaleKind {
    /// The margin is the score.
    Points,
    /// 100 · probability.
    Logistic,
    /// Linear from 0 to 100.
    Linear,
    /// The share of a population below the margin.
    Quantiles,
}

#[derive(Debug, Clone, PartialEq)]
enum Form {
    Points { is_probability: bool },
    Logistic { calibration: Option<Calibration> },
    Linear { from: f64, to: f64 },
    Quantiles { knots: Vec<Knot> },
}

impl SingleScale {
    pub(super) fn points() -> SingleScale {
        SingleScale(Form::Points { is_probability: false })
    }

    pub(super) fn percent() -> SingleScale {
        SingleScale(Form::Points { is_probability: true })
    }

    pub(super) fn logistic(calibration: Option<Calibration>) -> SingleScale {
        SingleScale(Form::Logistic { calibration })
    }

    pub(super) fn linear(from: f64, to: f64) -> Result<SingleScale, Error> {
        if from.is_nan() || to.is_nan() || from >= to {
            return Err(invalid("", format!("`from` {from} is not below `to` {to}")));
        }
        if !(1e-9..=1e18).contains(&(to - from)) {
            return Err(invalid("", "`from` and `to` are between 1e-9 and 1e18 apart"));
        }
        Ok(SingleScale(Form::Linear { from, to }))
    }

    pub(super) fn quantiles(knots: Vec<Knot>) -> Result<SingleScale, Error> {
        Ok(SingleScale(Form::Quantiles { knots: checked_knots(knots, 100.0)? }))
    }

    /// Which form it has.
    pub fn kind(&self) -> ScaleKind {
        match self.0 {
            Form::Points { .. } => ScaleKind::Points,
            Form::Logistic { .. } => ScaleKind::Logistic,
            Form::Linear { .. } => ScaleKind::Linear,
            Form::Quantiles { .. } => ScaleKind::Quantiles,
        }
    }

    /// The calibration of a logistic scale, if it has one.
    pub fn calibration(&self) -> Option<&Calibration> {
        if let Form::Logistic { calibration } = &self.0 { calibration.as_ref() } else { None }
    }

    /// The margins of the scores 0 and 100 of a linear scale.
    pub fn ends(&self) -> Option<crate::Range> {
        if let Form::Linear { from, to } = self.0 { Some(crate::Range { low: from, high: to }) } else { None }
    }

    /// The (margin, score) knots of a quantile scale; empty for others.
    pub fn knots(&self) -> &[Knot] {
        if let Form::Quantiles { knots } = &self.0 { knots } else { &[] }
    }

    /// Whether the score is a probability times 100.
    pub fn has_probability(&self) -> bool {
        matches!(self.0, Form::Points { is_probability: true } | Form::Logistic { .. })
    }

    /// The score of a margin before it is clipped to 0–100.
    pub fn score(&self, margin: f64) -> f64 {
        match &self.0 {
            Form::Points { .. } => margin,
            Form::Logistic { calibration: None } => 100.0 * math::sigmoid(margin),
            Form::Logistic { calibration: Some(calibration) } => 100.0 * calibration.probability(margin),
            Form::Linear { from, to } => 100.0 * ((margin - from) / (to - from)),
            Form::Quantiles { knots } => interpolate(knots, margin),
        }
    }

    /// Points per margin unit from `base` on, where parts that sum to `sum` change the score by `change`.
    ///
    /// For one output, the integral of the scale's gradient along the straight line from baseline to margin is the
    /// difference of the scores over the difference of the margins.
    pub(crate) fn points_per_unit(&self, base: f64, change: f64, sum: f64) -> f64 {
        match &self.0 {
            Form::Points { .. } => 1.0,
            Form::Linear { from, to } => 100.0 / (to - from),
            Form::Logistic { .. } | Form::Quantiles { .. } => {
                let step = self.straight_step();
                if sum.abs() < step {
                    (self.score(base + step) - self.score(base - step)) / (2.0 * step)
                } else {
                    change / sum
                }
            }
        }
    }

    /// The difference of margins below which the scale counts as straight. Knots have corners, the logistic has none.
    fn straight_step(&self) -> f64 {
        match &self.0 {
            Form::Logistic { calibration: None } => 1e-3,
            Form::Logistic { calibration: Some(calibration) } => {
                calibration.as_platt().map_or(1e-12, |platt| 1e-3 / platt.a.max(1.0))
            }
            _ => 1e-12,
        }
    }

    pub(super) fn basis(&self) -> Option<Basis> {
        match &self.0 {
            Form::Points { is_probability: true } | Form::Logistic { calibration: None } => {
                Some(Basis::Rules)
            }
            Form::Logistic { calibration: Some(_) } => Some(Basis::Calibrated),
            _ => None,
        }
    }
}

impl From<&SingleScale> for Node {
    fn from(scale: &SingleScale) -> Node {
        let of_kind = |name: &str| Object::default().with("kind", name);
        match &scale.0 {
            Form::Points { is_probability } => of_kind("points").flag("probability", *is_probability),
            Form::Logistic { calibration } => of_kind("logistic").maybe("calibration", calibration.as_ref()),
            Form::Linear { from, to } => of_kind("linear").with("from", *from).with("to", *to),
            Form::Quantiles { knots } => {
                of_kind("quantiles").with("knots", Node::List(knots.iter().map(Node::from).collect()))
            }
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scale;
    use super::*;

    #[test]
    fn ends_that_a_file_could_not_have_are_refused() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        for (from, to) in [
            (1.0, 1.0),
            (2.0, 1.0),
            (nan, 1.0),
            (0.0, nan),
            (0.0, inf),
            (-inf, 0.0),
            (0.0, 1e-10),
            (0.0, 1e19),
        ] {
            assert_eq!(Scale::linear(from, to).unwrap_err().code(), "invalid_pipeline", "{from} {to}");
        }
        let Scale::Single(scale) = Scale::linear(-1.0, 3.0).unwrap() else { panic!("one margin") };
        assert_eq!((scale.kind(), scale.score(1.0)), (ScaleKind::Linear, 50.0));
        assert_eq!(scale.ends(), Some(crate::Range { low: -1.0, high: 3.0 }));
        assert!(Scale::quantiles([Knot::new(0.0, 0.0), Knot::new(1.0, 101.0)]).is_err());
    }

    #[test]
    fn what_a_scale_is_made_of_is_told_by_it() {
        let single = |scale: Scale| {
            let Scale::Single(scale) = scale else { panic!("one margin") };
            scale
        };
        let knots = [Knot::new(-1.0, 20.0), Knot::new(1.0, 60.0), Knot::new(3.0, 100.0)];
        let quantiles = single(Scale::quantiles(knots).unwrap());
        assert_eq!((quantiles.kind(), quantiles.knots()), (ScaleKind::Quantiles, &knots[..]));
        assert_eq!((quantiles.ends(), quantiles.calibration()), (None, None));
        assert_eq!([-2.0, -1.0, 0.0, 2.0, 9.0].map(|m| quantiles.score(m)), [20.0, 20.0, 40.0, 80.0, 100.0]);
        assert!(!quantiles.has_probability());
        let platt = Calibration::platt(2.0, 0.0).unwrap();
        let calibrated = single(Scale::calibrated(platt.clone()));
        assert_eq!((calibrated.kind(), calibrated.calibration()), (ScaleKind::Logistic, Some(&platt)));
        assert_eq!((calibrated.score(0.0), calibrated.has_probability()), (50.0, true));
        assert!(calibrated.knots().is_empty());
    }

    #[test]
    fn where_parts_cancel_out_a_unit_is_worth_the_slope() {
        let slope = |scale: Scale, base: f64| {
            let Scale::Single(scale) = scale else { panic!("one margin") };
            scale.points_per_unit(base, 0.0, 0.0)
        };
        for base in [-2.0, 0.3, 1.0] {
            for a in [0.25, 1.0, 40.0] {
                let p = math::sigmoid(a * base - 0.5);
                let exact = 100.0 * a * p * (1.0 - p);
                let found = slope(Scale::calibrated(Calibration::platt(a, -0.5).unwrap()), base);
                assert!((found - exact).abs() < 1e-5 * exact.max(1.0), "{a} {base}: {found} for {exact}");
            }
            let p = math::sigmoid(base);
            let (found, exact) = (slope(Scale::logistic(), base), 100.0 * p * (1.0 - p));
            assert!((found - exact).abs() < 1e-5, "{base}: {found} for {exact}");
        }
    }
}
