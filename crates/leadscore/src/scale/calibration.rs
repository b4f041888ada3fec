//! Probabilities learned from leads whose outcome is known.

use crate::json::{Node, Object};
use crate::{Error, ErrorKind};

/// How a margin becomes a probability; learned from leads whose outcome is known.
///
/// ```
/// use leadscore::scale::{Calibration, Knot};
/// let isotonic = Calibration::knots([Knot::new(-2.0, 0.1), Knot::new(0.0, 0.4), Knot::new(2.0, 0.9)])?;
/// assert_eq!(isotonic.probability(-1.0), 0.25);
/// assert_eq!(isotonic.as_knots().map(<[_]>::len), Some(3));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration(Form);

#[derive(Debug, Clone, PartialEq)]
enum Form {
    Platt(Platt),
    Knots(Vec<Knot>),
}

/// Probability = 1 / (1 + e^−(a · margin + b)) (Platt 1999).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Platt {
    /// The slope, above 0.
    pub a: f64,
    /// The offset.
    pub b: f64,
}

/// A point of a curve that is linear between its knots and constant outside.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Knot {
    /// Where it is, in margin units.
    pub margin: f64,
    /// The curve's value there.
    pub value: f64,
}

/// Knots nearer than this make a step so steep that the parts of a sum no longer fit it.
const MIN_DISTANCE: f64 = 1e-6;

/// Rounding may make the slope of a segment this much larger than it is.
const SLOPE_TOLERANCE: f64 = 1e-9;

impl Calibration {
    /// Platt scaling: probability = 1 / (1 + e^−(a · margin + b)).
    ///
    /// # Errors
    /// `invalid_pipeline` with `a` or `b` where `a` is not above 0 or one of them is not finite.
    pub fn platt(a: f64, b: f64) -> Result<Calibration, Error> {
        if !a.is_finite() || a <= 0.0 {
            return Err(invalid("a", format!("wants a number above 0, found {a}")));
        }
        if !b.is_finite() {
            return Err(invalid("b", "the number is not finite"));
        }
        Ok(Calibration(Form::Platt(Platt { a, b })))
    }

    /// Linear between (margin, probability) knots, constant outside; what an isotonic regression gives.
    ///
    /// # Errors
    /// `invalid_pipeline` with `knots[2]` for a knot that does not rise in both numbers or has a value outside 0–1; with
    /// `knots` for fewer than two, or a probability that rises by more than the margin.
    pub fn knots(knots: impl Into<Vec<Knot>>) -> Result<Calibration, Error> {
        let knots = checked_knots(knots.into(), 1.0)?;
        let is_steep = |pair: &[Knot]| {
            pair[1].value - pair[0].value > (pair[1].margin - pair[0].margin) * (1.0 + SLOPE_TOLERANCE)
        };
        if knots.windows(2).any(is_steep) {
            return Err(invalid("knots", "between two knots the probability rises by more than the margin"));
        }
        Ok(Calibration(Form::Knots(knots)))
    }

    /// The probability 0–1 of a margin.
    pub fn probability(&self, margin: f64) -> f64 {
        match &self.0 {
            Form::Platt(Platt { a, b }) => crate::math::sigmoid(a * margin + b),
            Form::Knots(knots) => interpolate(knots, margin),
        }
    }

    /// Its parameters, if it is Platt scaling.
    pub fn as_platt(&self) -> Option<Platt> {
        if let Form::Platt(platt) = self.0 { Some(platt) } else { None }
    }

    /// Its (margin, probability) knots, if it has knots.
    pub fn as_knots(&self) -> Option<&[Knot]> {
        if let Form::Knots(knots) = &self.0 { Some(knots) } else { None }
    }
}

impl Knot {
    /// A point of the curve.
    pub fn new(margin: f64, value: f64) -> Knot {
        Knot { margin, value }
    }
}

/// The value of the curve through the knots.
pub(super) fn interpolate(knots: &[Knot], margin: f64) -> f64 {
    let next = knots.partition_point(|knot| knot.margin <= margin);
    if next == 0 {
        return knots[0].value;
    }
    let left = knots[next - 1];
    match knots.get(next) {
        None => left.value,
        Some(right) => {
            left.value + (right.value - left.value) * ((margin - left.margin) / (right.margin - left.margin))
        }
    }
}

/// At least two knots, both numbers strictly rising, values within 0 and `max`.
pub(super) fn checked_knots(knots: Vec<Knot>, max: f64) -> Result<Vec<Knot>, Error> {
    for (at, knot) in knots.iter().enumerate() {
        let rises = at.checked_sub(1).is_none_or(|before| {
            knot.margin - knots[before].margin >= MIN_DISTANCE && knot.value > knots[before].value
        });
        if !knot.margin.is_finite() || !rises || !(0.0..=max).contains(&knot.value) {
            let message = format!(
                "knots rise in both numbers, by {MIN_DISTANCE} or more in the margin, and values lie within 0 and {max}"
            );
            return Err(invalid(&format!("knots[{at}]"), message));
        }
    }
    if knots.len() < 2 {
        return Err(invalid("knots", "wants at least two knots"));
    }
    Ok(knots)
}

/// An error about a part of a scale.
pub(super) fn invalid(path: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidPipeline, path, message)
}

impl From<&Calibration> for Node {
    fn from(calibration: &Calibration) -> Node {
        match &calibration.0 {
            Form::Platt(Platt { a, b }) => {
                Object::default().with("kind", "platt").with("a", *a).with("b", *b)
            }
            Form::Knots(knots) => Object::default()
                .with("kind", "knots")
                .with("knots", Node::List(knots.iter().map(Node::from).collect())),
        }
        .into()
    }
}

impl From<&Knot> for Node {
    fn from(knot: &Knot) -> Node {
        Node::List(vec![Node::Number(knot.margin), Node::Number(knot.value)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_could_not_have_is_refused_by_path() {
        let refused = |calibration: Result<Calibration, Error>, path: &str| {
            assert_eq!(calibration.unwrap_err().path().to_string(), path);
        };
        for a in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            refused(Calibration::platt(a, 0.0), "a");
        }
        refused(Calibration::platt(1.0, f64::NAN), "b");
        let knots = |knots: &[(f64, f64)]| {
            Calibration::knots(knots.iter().map(|(x, y)| Knot::new(*x, *y)).collect::<Vec<_>>())
        };
        refused(knots(&[]), "knots");
        refused(knots(&[(0.0, 0.5)]), "knots");
        refused(knots(&[(0.0, 0.5), (1.0, 0.5)]), "knots[1]");
        refused(knots(&[(0.0, 0.5), (1e-7, 0.6)]), "knots[1]");
        refused(knots(&[(f64::NAN, 0.5), (1.0, 0.6)]), "knots[0]");
        refused(knots(&[(f64::NEG_INFINITY, 0.5), (1.0, 0.6)]), "knots[0]");
        refused(knots(&[(0.0, 0.5), (1.0, f64::NAN)]), "knots[1]");
        refused(knots(&[(0.0, 0.5), (1.0, 1.01)]), "knots[1]");
        refused(knots(&[(0.0, 0.1), (0.5, 0.7)]), "knots");
        assert!(knots(&[(0.0, 0.1), (0.5, 0.6)]).is_ok());
        // The steepest that is taken for rounding, and the next steeper one.
        let steepest = 0.5 * (1.0 + SLOPE_TOLERANCE);
        assert!(knots(&[(0.0, 0.0), (0.5, steepest)]).is_ok());
        refused(knots(&[(0.0, 0.0), (0.5, steepest.next_up())]), "knots");
        // The bounds of a probability, and the nearest two knots.
        assert!(knots(&[(0.0, 0.0), (1.0, 1.0)]).is_ok());
        refused(knots(&[(0.0, -0.1), (1.0, 0.5)]), "knots[0]");
        assert!(knots(&[(0.0, 0.5), (MIN_DISTANCE, 0.5 + 1e-7)]).is_ok());
    }
}
