//! From margins to predictions: the objective's inverse link, with the bits of the library that trained the model.

use super::model::{Link, Model};
use super::precision::Precision;
use crate::math;

/// Appends the predictions of one row, given its margins, one for each output.
pub(super) fn apply(model: &Model, row: &[f64], out: &mut Vec<f64>) {
    let f32s = model.precision == Precision::F32;
    let exp = |x: f64| if f32s { f64::from(math::exp_f32(x as f32)) } else { math::exp_rounded(x) };
    let round = |x: f64| if f32s { f64::from(x as f32) } else { x };
    match model.link {
        Link::Identity | Link::LogOdds => out.extend_from_slice(row),
        Link::Sigmoid(slope) => out.extend(row.iter().map(|m| {
            // f32 as XGBoost: 1 / (e^−m + 1), each step rounded, −m kept below overflow.
            if f32s {
                f64::from(1.0 / (math::exp_f32((-*m as f32).min(88.7)) + 1.0))
            } else {
                1.0 / (1.0 + exp(-slope * m))
            }
        })),
        Link::Softmax => {
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let exps: Vec<f64> = row.iter().map(|m| exp(round(m - largest))).collect();
            let sum = exps.iter().fold(0.0, |sum, exp| sum + exp);
            out.extend(exps.iter().map(|exp| round(exp / round(sum))));
        }
        Link::ArgMax => {
            let mut best = 0;
            for (output, margin) in row.iter().enumerate() {
                if *margin > row[best] {
                    best = output;
                }
            }
            out.push(best as f64);
        }
        Link::Exp => out.extend(row.iter().map(|m| exp(*m))),
        Link::Step => out.extend(row.iter().map(|m| if *m > 0.0 { 1.0 } else { 0.0 })),
        Link::LogOnePlusExp => out.extend(row.iter().map(|m| math::ln_1p(exp(*m)))),
        Link::SignedSquare => out.extend(row.iter().map(|m| m.signum() * m * m)),
    }
}

impl Link {
    /// The number of predictions for that many outputs: as many, or 1 where the objective predicts a class.
    pub(super) fn prediction_width(self, output_count: usize) -> usize {
        if self == Link::ArgMax { 1 } else { output_count }
    }
}
