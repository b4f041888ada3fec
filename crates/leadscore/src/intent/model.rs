//! A linear model over hashed features: one margin for each intent.

use super::Intent;
use super::features::{Features, HASH_BITS};
use crate::json::{self, Cursor, Document};
use crate::{Error, math};

/// Weights are kept as whole thousandths, so that a file has one form.
const SCALE: f64 = 1_000.0;

/// The largest weight a file may hold, in thousandths.
const MAX_WEIGHT: f64 = 1e6;

/// A linear model; the buckets are sorted, each with a weight for each class.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LinearModel {
    pub(super) classes: Vec<Intent>,
    bias: Vec<f64>,
    buckets: Vec<u32>,
    weights: Vec<f64>,
}

impl LinearModel {
    /// Rounds weights to thousandths and leaves out buckets whose weights are all small.
    pub(super) fn rounded(
        classes: Vec<Intent>,
        bias: &[f64],
        rows: &[(u32, Vec<f64>)],
        smallest: f64,
    ) -> LinearModel {
        let round = |weight: &f64| (weight * SCALE).round().clamp(-MAX_WEIGHT, MAX_WEIGHT);
        let mut model = LinearModel {
            classes,
            bias: bias.iter().map(round).collect(),
            buckets: Vec::new(),
            weights: Vec::new(),
        };
        for (bucket, weights) in rows {
            if weights.iter().any(|weight| weight.abs() >= smallest) {
                model.buckets.push(*bucket);
                model.weights.extend(weights.iter().map(round));
            }
        }
        model
    }

    pub(super) fn from_json(text: &str) -> Result<LinearModel, Error> {
        let node = json::parse(text)?;
        let root = Cursor::root(&node, "", Document::Model);
        let fields = root.object(&["format", "hash_bits", "classes", "bias", "weights"])?;
        let format = fields.required("format")?;
        if format.count()? != 1 {
            return Err(format.error("wants the format 1"));
        }
        let hash_bits = fields.required("hash_bits")?;
        if hash_bits.count()? != HASH_BITS as usize {
            return Err(hash_bits.error(format!("wants {HASH_BITS}")));
        }
        let cursor = fields.required("classes")?;
        let classes: Vec<Intent> = cursor.items()?.iter().map(Intent::read).collect::<Result<_, _>>()?;
        let repeats = (1..classes.len()).any(|at| classes[..at].contains(&classes[at]));
        if classes.len() < 2 || repeats {
            return Err(cursor.error("wants two or more intents, each once"));
        }
        let bias = thousandths(&fields.required("bias")?, classes.len())?;
        let (mut buckets, mut weights) = (Vec::<u32>::new(), Vec::new());
        let cursor = fields.required("weights")?;
        for row in cursor.items()? {
            let items = row.items()?;
            let Some((bucket, _)) = items.split_first() else {
                return Err(row.error("wants a bucket and weights"));
            };
            let number = bucket.count()?;
            if number >= 1 << HASH_BITS || buckets.last().is_some_and(|last| *last as usize >= number) {
                return Err(bucket.error(format!("wants buckets that rise, below {}", 1 << HASH_BITS)));
            }
            buckets.push(number as u32);
            weights.extend(thousandths_of(&row, &items[1..], classes.len())?);
        }
        Ok(LinearModel { classes, bias, buckets, weights })
    }

    pub(super) fn to_json(&self) -> String {
        let numbers =
            |values: &[f64]| values.iter().map(|value| format!("{value:.0}")).collect::<Vec<_>>().join(",");
        let classes: Vec<String> =
            self.classes.iter().map(|class| format!("\"{}\"", class.as_str())).collect();
        let mut text = format!(
            "{{\"format\":1,\"hash_bits\":{HASH_BITS},\"classes\":[{}],\"bias\":[{}],\"weights\":[",
            classes.join(","),
            numbers(&self.bias)
        );
        for (at, (bucket, weights)) in
            self.buckets.iter().zip(self.weights.chunks(self.classes.len())).enumerate()
        {
            text.push_str(if at == 0 { "\n" } else { ",\n" });
            text.push_str(&format!("[{bucket},{}]", numbers(weights)));
        }
        text + "\n]}\n"
    }

    /// A margin for each class, in log-odds but for a constant: bias plus weights times values, in the order of the
    /// buckets.
    pub(super) fn margins(&self, features: &Features) -> Vec<f64> {
        let mut margins = self.bias.clone();
        for feature in &features.values {
            for (margin, weight) in margins.iter_mut().zip(self.row(feature.bucket)) {
                *margin += weight * feature.value;
            }
        }
        for margin in &mut margins {
            *margin /= SCALE;
        }
        margins
    }

    /// The index of the neutral class, where the model has one.
    pub(super) fn neutral(&self) -> Option<usize> {
        self.classes.iter().position(|class| *class == Intent::Neutral)
    }

    /// The share of a message's words that the model has weights for.
    pub(super) fn known_share(&self, features: &Features) -> f64 {
        let known = features.words.iter().filter(|bucket| !self.row(**bucket).is_empty()).count();
        known as f64 / features.words.len().max(1) as f64
    }

    fn row(&self, bucket: u32) -> &[f64] {
        let classes = self.classes.len();
        self.buckets.binary_search(&bucket).map_or(&[], |at| &self.weights[at * classes..][..classes])
    }
}

/// The shares e^m / Σ e^m of some margins (softmax).
pub(super) fn shares(margins: &[f64]) -> Vec<f64> {
    let highest = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = margins.iter().map(|margin| math::exp(margin - highest)).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

fn thousandths(list: &Cursor<'_>, count: usize) -> Result<Vec<f64>, Error> {
    thousandths_of(list, &list.items()?, count)
}

fn thousandths_of(list: &Cursor<'_>, items: &[Cursor<'_>], count: usize) -> Result<Vec<f64>, Error> {
    if items.len() != count {
        return Err(list.error(format!("wants {count} weights, one for each class, found {}", items.len())));
    }
    let weight = |item: &Cursor<'_>| {
        let number = item.number()?;
        if number.fract() != 0.0 || number.abs() > MAX_WEIGHT {
            return Err(item.error("wants whole thousandths from -1000000 to 1000000"));
        }
        Ok(number)
    };
    items.iter().map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::super::features::Value;
    use super::*;

    const MODEL: &str = "{\"format\":1,\"hash_bits\":22,\"classes\":[\"HOT\",\"COLD\"],\"bias\":[100,-100],\"weights\":[\n[3,2000,-1000],\n[7,0,500]\n]}\n";

    #[test]
    fn margins_are_sums_of_weights_times_values() {
        let model = LinearModel::from_json(MODEL).unwrap();
        let value = |bucket, value| Value { bucket, value };
        let features =
            Features { values: vec![value(3, 0.5), value(5, 1.0), value(7, 2.0)], words: vec![3, 5] };
        assert_eq!(model.margins(&features), [1.1, 0.4]);
        assert_eq!(model.known_share(&features), 0.5);
        assert_eq!(model.known_share(&Features::default()), 0.0);
        assert_eq!(model.to_json(), MODEL);
    }

    #[test]
    fn shares_add_up_to_one() {
        assert_eq!(shares(&[0.0, 0.0]), [0.5, 0.5]);
        assert_eq!(shares(&[1e6, 0.0, -1e6]), [1.0, 0.0, 0.0]);
    }

    #[test]
    fn files_are_refused_with_a_path() {
        for (from, to, path) in [
            ("\"format\":1", "\"format\":3", "format"),
            ("22", "12", "hash_bits"),
            ("\"COLD\"", "\"HOT\"", "classes"),
            ("\"COLD\"", "\"COLT\"", "classes[1]"),
            ("100,-100", "100", "bias"),
            ("[7,0,500]", "[7,0]", "weights[1]"),
            ("[7,0,500]", "[]", "weights[1]"),
            ("[7,0,500]", "[3,0,500]", "weights[1][0]"),
            ("[7,0,500]", "[4194304,0,500]", "weights[1][0]"),
            ("[7,0,500]", "[7,0,0.5]", "weights[1][2]"),
            ("[7,0,500]", "[7,0,2000000]", "weights[1][2]"),
        ] {
            let text = MODEL.replacen(from, to, 1);
            assert_ne!(text, MODEL);
            let error = LinearModel::from_json(&text).unwrap_err();
            assert_eq!((error.code(), error.path().to_string().as_str()), ("invalid_model", path), "{to}");
        }
    }
}
