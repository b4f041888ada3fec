//! Several classes on one axis: each has a weight, and the score is 100 times the expected weight.

use std::sync::{Arc, LazyLock};

use super::Basis;
use crate::Error;
use crate::json::{Cursor, Node, Object};
use crate::math::{self, quadrature::gauss_legendre};

/// The classes of a model, in the order of its outputs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Classes {
    names: Vec<Arc<str>>,
    /// 0–1; the largest is that of the best class.
    weights: Vec<f64>,
    temperature: Option<Temperature>,
    /// Whether each margin has a sigmoid of its own (one against the rest) and the shares are made to sum to 1.
    apart: bool,
}

/// p = softmax(m / temperature + bias), learned from leads whose class is known (Guo et al. 2017).
#[derive(Debug, Clone, PartialEq)]
struct Temperature {
    temperature: f64,
    bias: Vec<f64>,
}

/// Points and weights of the rule each panel is integrated with.
static RULE: LazyLock<(Vec<f64>, Vec<f64>)> = LazyLock::new(|| gauss_legendre(8));

/// The most panels an integral is cut into.
const MOST_PANELS: f64 = 4_096.0;

impl Classes {
    /// With sigmoids instead of a softmax.
    pub(crate) fn set_apart(&mut self) {
        self.apart = true;
    }

    pub(crate) fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// 0–1, in the order of the names.
    pub(crate) fn weights(&self) -> &[f64] {
        &self.weights
    }

    pub(super) fn basis(&self) -> Basis {
        if self.temperature.is_some() { Basis::Calibrated } else { Basis::Rules }
    }

    /// The probability of every class.
    pub(crate) fn probabilities(&self, margins: &[f64]) -> Vec<f64> {
        let mut shares = self.calibrated(margins);
        if self.apart {
            for share in &mut shares {
                *share = math::sigmoid(*share).max(f64::MIN_POSITIVE);
            }
        } else {
            let most = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            for share in &mut shares {
                *share = math::exp(*share - most);
            }
        }
        let sum = shares.iter().fold(0.0, |sum, share| sum + share);
        for share in &mut shares {
            *share /= sum;
        }
        shares
    }

    fn calibrated(&self, margins: &[f64]) -> Vec<f64> {
        match &self.temperature {
            None => margins.to_vec(),
            Some(own) => margins.iter().zip(&own.bias).map(|(m, bias)| m / own.temperature + bias).collect(),
        }
    }

    /// 100 · Σ weight · p.
    pub(crate) fn score(&self, margins: &[f64]) -> f64 {
        100.0 * self.expected(&self.probabilities(margins))
    }

    fn expected(&self, probabilities: &[f64]) -> f64 {
        self.weights.iter().zip(probabilities).fold(0.0, |sum, (weight, p)| sum + weight * p)
    }

    /// Points per unit of each margin on the straight way from `base` by `way`: the mean gradient of the score.
    ///
    /// ∫₀¹ ∂V/∂mₖ(base + t·way) dt by Gauss–Legendre quadrature with 8 points on each of several panels, each so short
    /// that the margins part by at most 2 on it.
    pub(crate) fn points_per_unit(&self, base: &[f64], way: &[f64]) -> Vec<f64> {
        let (low, high) =
            way.iter().fold((0.0_f64, 0.0_f64), |(low, high), step| (low.min(*step), high.max(*step)));
        let stretch = self.temperature.as_ref().map_or(1.0, |own| 1.0 / own.temperature);
        let panels = ((high - low) * stretch / 2.0).ceil().clamp(1.0, MOST_PANELS);
        let (points, weights) = &*RULE;
        let mut mean = vec![0.0; way.len()];
        for panel in 0..panels as usize {
            for (point, weight) in points.iter().zip(weights) {
                let t = (panel as f64 + point) / panels;
                let at: Vec<f64> = base.iter().zip(way).map(|(base, step)| base + t * step).collect();
                let gradient = self.gradient(&at);
                mean.iter_mut().zip(gradient).for_each(|(sum, slope)| *sum += slope * (weight / panels));
            }
        }
        mean
    }

    /// ∂(100 · Σ weight · p)/∂mₖ.
    fn gradient(&self, margins: &[f64]) -> Vec<f64> {
        let probabilities = self.probabilities(margins);
        let expected = self.expected(&probabilities);
        let steep = self.temperature.as_ref().map_or(1.0, |own| 1.0 / own.temperature);
        let calibrated = self.calibrated(margins);
        let slope = |(k, (weight, p)): (usize, (&f64, &f64))| {
            // A sigmoid's share changes by p·(1 − s), the softmax's by p.
            let share = if self.apart { p * (1.0 - math::sigmoid(calibrated[k])) } else { *p };
            100.0 * (weight - expected) * share * steep
        };
        self.weights.iter().zip(&probabilities).enumerate().map(slope).collect()
    }

    pub(super) fn read(cursor: &Cursor<'_>) -> Result<Classes, Error> {
        let fields = cursor.object(&["kind", "classes", "calibration"])?;
        let list = fields.required("classes")?;
        let mut classes = Classes { names: Vec::new(), weights: Vec::new(), temperature: None, apart: false };
        for item in list.items()? {
            let own = item.object(&["class", "weight"])?;
            let name = own.required("class")?.text()?;
            if name.trim().is_empty() || classes.names.iter().any(|other| **other == *name) {
                return Err(item.error(format!("the class `{name}` is blank or stands twice")));
            }
            let weight = own.required("weight")?;
            if !(0.0..=1.0).contains(&weight.number()?) {
                return Err(weight.error("a weight lies within 0 and 1"));
            }
            classes.names.push(name.into());
            classes.weights.push(weight.number()?);
        }
        if classes.names.len() < 2 {
            return Err(list.error("wants at least two classes"));
        }
        if let Some(calibration) = fields.optional("calibration") {
            let own = calibration.object(&["kind", "temperature", "bias"])?;
            own.required("kind")?.word(&[("temperature", ())])?;
            let bias = match own.optional("bias") {
                None => vec![0.0; classes.names.len()],
                Some(list) => list.items()?.iter().map(Cursor::number).collect::<Result<Vec<f64>, _>>()?,
            };
            if bias.len() != classes.names.len() {
                return Err(calibration.error("`bias` has one number for each class"));
            }
            let temperature = crate::expression::positive(&own.required("temperature")?)?;
            classes.temperature = Some(Temperature { temperature, bias });
        }
        Ok(classes)
    }

    pub(super) fn write(&self, object: Object) -> Object {
        let class = |(name, weight): (&Arc<str>, &f64)| {
            Node::from(Object::default().with("class", &**name).with("weight", *weight))
        };
        let calibration = self.temperature.as_ref().map(|own| {
            let bias = own.bias.iter().map(|bias| Node::Number(*bias)).collect();
            Object::default()
                .with("kind", "temperature")
                .with("temperature", own.temperature)
                .with("bias", Node::List(bias))
        });
        object
            .with("classes", Node::List(self.names.iter().zip(&self.weights).map(class).collect()))
            .maybe("calibration", calibration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(apart: bool) -> Classes {
        let names = ["cold", "warm", "hot"].map(Arc::from).to_vec();
        Classes { names, weights: vec![0.0, 0.5, 1.0], temperature: None, apart }
    }

    #[test]
    fn points_along_the_way_are_the_change_of_the_score() {
        for apart in [false, true] {
            let mut classes = classes(apart);
            let cases = [[0.0, 0.0, 0.0], [1.0, -2.0, 0.5], [-30.0, 5.0, 40.0], [1e-9, 0.0, 0.0]];
            for base in [[0.1, 0.2, -0.3], [4.0, -4.0, 0.0]] {
                for way in cases {
                    let end: Vec<f64> = base.iter().zip(&way).map(|(base, step)| base + step).collect();
                    let mean = classes.points_per_unit(&base, &way);
                    let points: f64 = mean.iter().zip(&way).map(|(mean, step)| mean * step).sum();
                    let change = classes.score(&end) - classes.score(&base);
                    assert!(
                        (points - change).abs() < 1e-8,
                        "{apart} {base:?} {way:?}: {points} for {change}"
                    );
                }
            }
            if !apart {
                classes.temperature = Some(Temperature { temperature: 0.5, bias: vec![0.1, 0.0, -0.2] });
                let mean = classes.points_per_unit(&[0.0; 3], &[1.0, 2.0, 3.0]);
                let points = mean[0] + 2.0 * mean[1] + 3.0 * mean[2];
                let change = classes.score(&[1.0, 2.0, 3.0]) - classes.score(&[0.0; 3]);
                assert!((points - change).abs() < 1e-8, "{points} for {change}");
            }
        }
    }

    #[test]
    fn probabilities_sum_to_one_whatever_the_margins() {
        for apart in [false, true] {
            for margins in [[0.0, 0.0, 0.0], [800.0, -800.0, 0.0], [-2000.0, -2000.0, -2000.0]] {
                let sum: f64 = classes(apart).probabilities(&margins).iter().sum();
                assert!((sum - 1.0).abs() < 1e-12, "{margins:?}: {sum}");
            }
        }
        let p = classes(true).probabilities(&[0.0, 0.0, math::log_odds(0.25)]);
        assert!((p[2] - 0.2).abs() < 1e-15, "{p:?}");
    }
}
