//! Several classes on one axis: each has a weight, and the score is 100 times the expected weight.

use std::sync::{Arc, LazyLock};

use super::basis::Basis;
use super::calibration::invalid;
use crate::Error;
use crate::json::{Node, Object};
use crate::math::{self, quadrature::gauss_legendre};
use crate::scorer::MarginMeaning;

/// How the margins of several classes become a score: 100 · Σ weight · probability.
///
/// ```
/// use leadscore::scale::{ClassScale, ClassWeight, Scale};
/// let classes = [ClassWeight::new("cold", 0.0), ClassWeight::new("warm", 0.5), ClassWeight::new("hot", 1.0)];
/// let scale = ClassScale::new(classes)?.with_calibration(1.5, [0.0, 0.1, -0.1])?;
/// assert_eq!(scale.probabilities(&[0.0, 3.0, 0.0]).len(), 3);
/// let scale = Scale::Classes(scale);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ClassScale {
    /// In the order of the model's outputs.
    names: Vec<Arc<str>>,
    weights: Vec<f64>,
    calibration: Option<TemperatureScaling>,
    one_vs_rest: bool,
}

/// A class of a model, and what it is worth.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClassWeight {
    /// The name of the class.
    pub class: Arc<str>,
    /// 0–1; the score is 100 times the expected weight.
    pub weight: f64,
}

/// p = softmax(margin / temperature + bias) (Guo et al. 2017).
#[derive(Debug, Clone, PartialEq)]
struct TemperatureScaling {
    temperature: f64,
    bias: Vec<f64>,
}

/// Points and weights of the rule each panel is integrated with.
static PANEL_RULE: LazyLock<(Vec<f64>, Vec<f64>)> = LazyLock::new(|| gauss_legendre(8));

/// The most panels an integral is cut into.
const MAX_PANELS: f64 = 4_096.0;

/// Numbers computed on the way to the points of a row; reused from row to row.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClassBuffers {
    /// Points per unit of each margin: the result of [`ClassScale::points_per_unit`].
    pub(crate) points_per_unit: Vec<f64>,
    margins: Vec<f64>,
    probabilities: Vec<f64>,
}

impl ClassWeight {
    /// A class of the model.
    pub fn new(class: impl Into<Arc<str>>, weight: f64) -> ClassWeight {
        ClassWeight { class: class.into(), weight }
    }
}

impl ClassScale {
    /// The classes of a model, in the order of its outputs, not calibrated.
    ///
    /// # Errors
    /// `invalid_pipeline` with `classes[1]` for a name that is blank or there twice, `classes[1].weight` for a weight
    /// outside 0–1, and `classes` for fewer than two.
    pub fn new(classes: impl IntoIterator<Item = ClassWeight>) -> Result<ClassScale, Error> {
        let mut scale =
            ClassScale { names: Vec::new(), weights: Vec::new(), calibration: None, one_vs_rest: false };
        for (at, ClassWeight { class, weight }) in classes.into_iter().enumerate() {
            if class.trim().is_empty() || scale.names.contains(&class) {
                let message = format!("the class `{class}` is blank or there twice");
                return Err(invalid(&format!("classes[{at}]"), message));
            }
            if !(0.0..=1.0).contains(&weight) {
                return Err(invalid(&format!("classes[{at}].weight"), "a weight lies within 0 and 1"));
            }
            scale.names.push(class);
            scale.weights.push(weight);
        }
        if scale.names.len() < 2 {
            return Err(invalid("classes", "wants at least two classes"));
        }
        Ok(scale)
    }

    /// With temperature scaling, learned from leads whose class is known: margins are divided by the temperature, and
    /// each class's bias is added (Guo et al. 2017).
    ///
    /// # Errors
    /// `invalid_pipeline` with `calibration` where there is not one finite bias for each class, and
    /// `calibration.temperature` where it is not a finite number above 0.
    pub fn with_calibration(
        mut self,
        temperature: f64,
        bias: impl Into<Vec<f64>>,
    ) -> Result<ClassScale, Error> {
        let bias = bias.into();
        if bias.len() != self.names.len() || bias.iter().any(|number| !number.is_finite()) {
            return Err(invalid("calibration", "`bias` has one number for each class"));
        }
        if !temperature.is_finite() || temperature <= 0.0 {
            let message = format!("wants a number above 0, found {temperature}");
            return Err(invalid("calibration.temperature", message));
        }
        self.calibration = Some(TemperatureScaling { temperature, bias });
        Ok(self)
    }

    /// The names of the classes, in the order of the model's outputs.
    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// What each class is worth, 0–1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// What margins are divided by, if the scale is calibrated.
    pub fn temperature(&self) -> Option<f64> {
        self.calibration.as_ref().map(|own| own.temperature)
    }

    /// What is added to each class's margin after the temperature; empty if the scale is not calibrated.
    pub fn bias(&self) -> &[f64] {
        self.calibration.as_ref().map_or(&[], |own| &own.bias)
    }

    /// Whether each margin has a sigmoid of its own (one against the rest) and the shares are made to sum to 1, rather
    /// than a softmax. The model of a pipeline decides it.
    pub fn is_one_vs_rest(&self) -> bool {
        self.one_vs_rest
    }

    /// The probability of every class, from one margin for each.
    ///
    /// # Panics
    /// Where there is not one margin for each class.
    pub fn probabilities(&self, margins: &[f64]) -> Vec<f64> {
        assert_eq!(margins.len(), self.names.len(), "one margin for each class");
        let mut probabilities = Vec::new();
        self.probabilities_into(margins, &mut probabilities);
        probabilities
    }

    /// The score of margins before it is clipped to 0–100, which rounding alone can make necessary.
    ///
    /// # Panics
    /// Where there is not one margin for each class.
    pub fn score(&self, margins: &[f64]) -> f64 {
        self.score_of_probabilities(&self.probabilities(margins))
    }

    /// 100 · Σ weight · p.
    pub(crate) fn score_of_probabilities(&self, probabilities: &[f64]) -> f64 {
        100.0 * self.expected_weight(probabilities)
    }

    pub(crate) fn probabilities_into(&self, margins: &[f64], out: &mut Vec<f64>) {
        out.clear();
        out.extend(margins.iter().enumerate().map(|(class, margin)| self.calibrated(class, *margin)));
        if self.one_vs_rest {
            for share in &mut *out {
                *share = math::sigmoid(*share).max(f64::MIN_POSITIVE);
            }
        } else {
            let largest = out.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            for share in &mut *out {
                *share = math::exp(*share - largest);
            }
        }
        let sum = out.iter().fold(0.0, |sum, share| sum + share);
        for share in out {
            *share /= sum;
        }
    }

    fn calibrated(&self, class: usize, margin: f64) -> f64 {
        match &self.calibration {
            None => margin,
            Some(own) => margin / own.temperature + own.bias[class],
        }
    }

    fn expected_weight(&self, probabilities: &[f64]) -> f64 {
        self.weights.iter().zip(probabilities).fold(0.0, |sum, (weight, p)| sum + weight * p)
    }

    /// Points per unit of each margin on the straight line from `base` to `base + change`: the mean gradient of the
    /// score.
    ///
    /// ∫₀¹ ∂V/∂mₖ(base + t·change) dt by Gauss–Legendre quadrature with 8 points on each of several panels, each so short
    /// that the margins move apart by at most 2 on it.
    pub(crate) fn points_per_unit(&self, base: &[f64], change: &[f64], buffers: &mut ClassBuffers) {
        let (low, high) =
            change.iter().fold((0.0_f64, 0.0_f64), |(low, high), step| (low.min(*step), high.max(*step)));
        let panels = ((high - low) * self.margin_factor() / 2.0).ceil().clamp(1.0, MAX_PANELS);
        let ClassBuffers { points_per_unit: mean, margins, probabilities } = buffers;
        mean.clear();
        mean.resize(change.len(), 0.0);
        let (points, weights) = &*PANEL_RULE;
        for panel in 0..panels as usize {
            for (point, weight) in points.iter().zip(weights) {
                let t = (panel as f64 + point) / panels;
                margins.clear();
                margins.extend(base.iter().zip(change).map(|(base, step)| base + t * step));
                self.probabilities_into(margins, probabilities);
                let expected = self.expected_weight(probabilities);
                for (class, sum) in mean.iter_mut().enumerate() {
                    *sum += self.slope(class, margins, probabilities, expected) * (weight / panels);
                }
            }
        }
    }

    /// ∂(100 · Σ weight · p)/∂mₖ.
    fn slope(&self, class: usize, margins: &[f64], probabilities: &[f64], expected: f64) -> f64 {
        let p = probabilities[class];
        // A sigmoid's share changes by p·(1 − s), the softmax's by p.
        let share = if self.one_vs_rest {
            p * (1.0 - math::sigmoid(self.calibrated(class, margins[class])))
        } else {
            p
        };
        100.0 * (self.weights[class] - expected) * share * self.margin_factor()
    }

    /// How much a calibrated margin changes with the margin.
    fn margin_factor(&self) -> f64 {
        self.calibration.as_ref().map_or(1.0, |own| 1.0 / own.temperature)
    }

    pub(super) fn basis(&self) -> Basis {
        if self.calibration.is_some() { Basis::Calibrated } else { Basis::Rules }
    }

    /// The classes of a model with such margins.
    pub(super) fn fit_model(
        mut self,
        output_count: usize,
        meaning: MarginMeaning,
    ) -> Result<ClassScale, Error> {
        self.one_vs_rest = match meaning {
            MarginMeaning::SoftmaxClasses => false,
            MarginMeaning::OneVsRestClasses => true,
            _ => return Err(invalid("", "the model's outputs are no classes")),
        };
        if self.names.len() == output_count {
            Ok(self)
        } else {
            Err(invalid("", format!("the model has {output_count} classes")))
        }
    }
}

impl From<&ClassScale> for Node {
    fn from(scale: &ClassScale) -> Node {
        let class = |(name, weight): (&Arc<str>, &f64)| {
            Node::from(Object::default().with("class", &**name).with("weight", *weight))
        };
        let calibration = scale.calibration.as_ref().map(|own| {
            let bias = own.bias.iter().map(|bias| Node::Number(*bias)).collect();
            Object::default()
                .with("kind", "temperature")
                .with("temperature", own.temperature)
                .with("bias", Node::List(bias))
        });
        Object::default()
            .with("kind", "classes")
            .with("classes", Node::List(scale.names.iter().zip(&scale.weights).map(class).collect()))
            .maybe("calibration", calibration)
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(one_vs_rest: bool) -> ClassScale {
        let classes =
            [ClassWeight::new("cold", 0.0), ClassWeight::new("warm", 0.5), ClassWeight::new("hot", 1.0)];
        let meaning =
            if one_vs_rest { MarginMeaning::OneVsRestClasses } else { MarginMeaning::SoftmaxClasses };
        ClassScale::new(classes).unwrap().fit_model(3, meaning).unwrap()
    }

    fn points_per_unit(classes: &ClassScale, base: &[f64], change: &[f64]) -> Vec<f64> {
        let mut buffers = ClassBuffers::default();
        classes.points_per_unit(base, change, &mut buffers);
        buffers.points_per_unit
    }

    #[test]
    fn what_a_file_could_not_have_is_refused_by_path() {
        let refused = |classes: &[(&str, f64)], path: &str| {
            let classes = classes.iter().map(|(name, weight)| ClassWeight::new(*name, *weight));
            assert_eq!(ClassScale::new(classes).unwrap_err().path().to_string(), path);
        };
        refused(&[], "classes");
        refused(&[("a", 1.0)], "classes");
        refused(&[("a", 1.0), (" ", 1.0)], "classes[1]");
        refused(&[("a", 1.0), ("a", 0.0)], "classes[1]");
        refused(&[("a", 1.0), ("b", 1.1)], "classes[1].weight");
        refused(&[("a", f64::NAN), ("b", 1.0)], "classes[0].weight");
        let calibrated = |temperature: f64, bias: &[f64]| {
            classes(false).with_calibration(temperature, bias).unwrap_err().path().to_string()
        };
        assert_eq!(calibrated(1.0, &[0.0]), "calibration");
        assert_eq!(calibrated(1.0, &[0.0, f64::NAN, 0.0]), "calibration");
        assert_eq!(calibrated(f64::INFINITY, &[0.0; 3]), "calibration.temperature");
        assert_eq!(calibrated(0.0, &[0.0; 3]), "calibration.temperature");
        for meaning in [MarginMeaning::LogOdds, MarginMeaning::Other] {
            assert!(classes(false).fit_model(3, meaning).is_err());
        }
        assert!(classes(false).fit_model(4, MarginMeaning::SoftmaxClasses).is_err());
    }

    #[test]
    fn points_along_the_line_are_the_change_of_the_score() {
        for one_vs_rest in [false, true] {
            let mut classes = classes(one_vs_rest);
            let cases = [[0.0, 0.0, 0.0], [1.0, -2.0, 0.5], [-30.0, 5.0, 40.0], [1e-9, 0.0, 0.0]];
            for base in [[0.1, 0.2, -0.3], [4.0, -4.0, 0.0]] {
                for change in cases {
                    let end: Vec<f64> = base.iter().zip(&change).map(|(base, step)| base + step).collect();
                    let mean = points_per_unit(&classes, &base, &change);
                    let points: f64 = mean.iter().zip(&change).map(|(mean, step)| mean * step).sum();
                    let difference = classes.score(&end) - classes.score(&base);
                    assert!(
                        (points - difference).abs() < 1e-8,
                        "{one_vs_rest} {base:?} {change:?}: {points} for {difference}"
                    );
                }
            }
            // The lower the temperature, the steeper the score.
            for temperature in [0.5, 0.1, 0.01, 0.005] {
                classes = classes.with_calibration(temperature, [0.1, 0.0, -0.2]).unwrap();
                let mean = points_per_unit(&classes, &[0.0; 3], &[1.0, 2.0, 3.0]);
                let points = mean[0] + 2.0 * mean[1] + 3.0 * mean[2];
                let change = classes.score(&[1.0, 2.0, 3.0]) - classes.score(&[0.0; 3]);
                assert!((points - change).abs() < 1e-8, "{temperature}: {points} for {change}");
            }
        }
    }

    #[test]
    fn probabilities_sum_to_one_whatever_the_margins() {
        for one_vs_rest in [false, true] {
            for margins in [[0.0, 0.0, 0.0], [800.0, -800.0, 0.0], [-2000.0, -2000.0, -2000.0]] {
                let sum: f64 = classes(one_vs_rest).probabilities(&margins).iter().sum();
                assert!((sum - 1.0).abs() < 1e-12, "{margins:?}: {sum}");
            }
        }
        let p = classes(true).probabilities(&[0.0, 0.0, math::log_odds(0.25)]);
        assert!((p[2] - 0.2).abs() < 1e-15, "{p:?}");
    }

    #[test]
    fn a_margin_is_divided_by_the_temperature_and_raised_by_its_bias() {
        let bias = [math::log_odds(0.75), 0.0, -0.5];
        let scale = classes(false).with_calibration(2.0, bias).unwrap();
        assert_eq!((scale.temperature(), scale.bias()), (Some(2.0), &bias[..]));
        assert_eq!((classes(false).temperature(), classes(false).bias()), (None, &[][..]));
        assert_eq!(scale.weights(), [0.0, 0.5, 1.0]);
        assert_eq!(scale.names().iter().map(|name| &**name).collect::<Vec<_>>(), ["cold", "warm", "hot"]);
        // With the third class's bias outweighed by its margin, the odds are 3 : 1 : 1.
        let p = scale.probabilities(&[0.0, 0.0, 1.0]);
        for (p, expected) in p.iter().zip([0.6, 0.2, 0.2]) {
            assert!((p - expected).abs() < 1e-12, "{p} {expected}");
        }
        assert!((scale.score(&[0.0, 0.0, 1.0]) - 30.0).abs() < 1e-9);
    }
}
