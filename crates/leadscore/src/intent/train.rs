//! Fits the linear model to labelled messages: multinomial logistic regression.

use std::collections::BTreeMap;

use super::features::Features;
use super::model::{LinearModel, shares};
use super::{Intent, LabelledMessage};
use crate::{Error, ErrorKind};

/// How a model is fitted. The defaults suit a few hundred messages.
///
/// ```
/// use leadscore::intent::TrainingOptions;
/// let options = TrainingOptions::new().penalty(0.001).iterations(300);
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainingOptions {
    penalty: f64,
    iterations: usize,
    min_messages: usize,
    smallest_weight: f64,
}

impl Default for TrainingOptions {
    fn default() -> Self {
        TrainingOptions { penalty: 0.001, iterations: 300, min_messages: 1, smallest_weight: 0.0 }
    }
}

impl TrainingOptions {
    /// Penalty 0.001, 300 iterations, every piece of text kept.
    pub fn new() -> Self {
        Self::default()
    }

    /// The strength of the L2 penalty: half of it times the sum of squared weights is added to the mean loss.
    #[must_use]
    pub fn penalty(self, penalty: f64) -> Self {
        Self { penalty, ..self }
    }

    /// How many steps are made down the gradient.
    #[must_use]
    pub fn iterations(self, iterations: usize) -> Self {
        Self { iterations, ..self }
    }

    /// Words and pieces of words that fewer messages than this hold get no weight.
    #[must_use]
    pub fn min_messages(self, min_messages: usize) -> Self {
        Self { min_messages, ..self }
    }

    /// Weights below this are left out, where all those of a word are: a smaller file.
    #[must_use]
    pub fn smallest_weight(self, smallest_weight: f64) -> Self {
        Self { smallest_weight, ..self }
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |name: &str, message: &str| Err(Error::new(ErrorKind::InvalidContext, name, message));
        if !(1e-6..=1e3).contains(&self.penalty) {
            return wrong("penalty", "wants a number from 0.000001 to 1000");
        }
        if !(1..=100_000).contains(&self.iterations) {
            return wrong("iterations", "wants 1 to 100000");
        }
        if !(self.smallest_weight >= 0.0 && self.smallest_weight.is_finite()) {
            return wrong("smallest_weight", "wants 0 or more");
        }
        Ok(())
    }
}

/// One message: which columns it has, with what values, and its class.
struct Row {
    cells: Vec<(usize, f64)>,
    class: usize,
}

/// Fits a model by accelerated gradient descent (Nesterov 1983) with the step 1 / (L + penalty), where L bounds the
/// curvature of the mean loss: half the largest squared length of a row. One order of every sum, no random numbers.
pub(super) fn fit(
    messages: &[LabelledMessage<'_>],
    read: impl Fn(&str) -> Features,
    options: &TrainingOptions,
) -> Result<LinearModel, Error> {
    options.check()?;
    let classes: Vec<Intent> =
        Intent::ALL.into_iter().filter(|c| messages.iter().any(|m| m.intent == *c)).collect();
    if classes.len() < 2 {
        let message = "wants messages of two or more intents";
        return Err(Error::new(ErrorKind::InvalidModel, "messages", message));
    }
    let features: Vec<Features> = messages.iter().map(|message| read(message.text)).collect();
    let buckets = buckets(&features, options.min_messages);
    let columns: BTreeMap<u32, usize> =
        buckets.iter().enumerate().map(|(column, bucket)| (*bucket, column)).collect();
    let row = |(features, message): (&Features, &LabelledMessage<'_>)| Row {
        cells: features.values.iter().filter_map(|v| Some((*columns.get(&v.bucket)?, v.value))).collect(),
        class: classes.iter().position(|class| *class == message.intent).unwrap_or(0),
    };
    let rows: Vec<Row> = features.iter().zip(messages).map(row).collect();
    let weights = descend(&rows, classes.len(), buckets.len(), options);
    let bias = &weights[buckets.len() * classes.len()..];
    let kept: Vec<(u32, Vec<f64>)> = buckets
        .iter()
        .zip(weights.chunks(classes.len()))
        .map(|(bucket, own)| (*bucket, own.to_vec()))
        .collect();
    Ok(LinearModel::rounded(classes.clone(), bias, &kept, options.smallest_weight))
}

/// The buckets that enough messages have, in order.
fn buckets(features: &[Features], min_messages: usize) -> Vec<u32> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for feature in features.iter().flat_map(|features| &features.values) {
        *counts.entry(feature.bucket).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count >= min_messages).map(|(bucket, _)| bucket).collect()
}

/// The weights of all columns, one for each class, and the biases after them.
fn descend(rows: &[Row], classes: usize, columns: usize, options: &TrainingOptions) -> Vec<f64> {
    let longest =
        rows.iter().map(|row| 1.0 + row.cells.iter().map(|(_, v)| v * v).sum::<f64>()).fold(1.0, f64::max);
    let step = 1.0 / (0.5 * longest + options.penalty);
    let mut weights = vec![0.0; (columns + 1) * classes];
    let mut ahead = weights.clone();
    let mut gradient = weights.clone();
    let mut momentum = 1.0_f64;
    for _ in 0..options.iterations {
        add_gradient(rows, classes, columns, options.penalty, &ahead, &mut gradient);
        let next = f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt());
        let carried = (momentum - 1.0) / next;
        momentum = next;
        for ((weight, ahead), slope) in weights.iter_mut().zip(&mut ahead).zip(&gradient) {
            let moved = *ahead - step * slope;
            *ahead = moved + carried * (moved - *weight);
            *weight = moved;
        }
    }
    weights
}

/// The gradient of the mean loss and the penalty; biases are not penalised.
fn add_gradient(
    rows: &[Row],
    classes: usize,
    columns: usize,
    penalty: f64,
    weights: &[f64],
    gradient: &mut [f64],
) {
    let (penalised, bias) = gradient.split_at_mut(columns * classes);
    for (slope, weight) in penalised.iter_mut().zip(weights) {
        *slope = penalty * weight;
    }
    bias.fill(0.0);
    let count = rows.len() as f64;
    for row in rows {
        let mut margins = weights[columns * classes..].to_vec();
        for (column, value) in &row.cells {
            for (margin, weight) in margins.iter_mut().zip(&weights[column * classes..][..classes]) {
                *margin += weight * value;
            }
        }
        let mut errors = shares(&margins);
        errors[row.class] -= 1.0;
        for error in &mut errors {
            *error /= count;
        }
        for (column, value) in &row.cells {
            for (slope, error) in penalised[column * classes..][..classes].iter_mut().zip(&errors) {
                *slope += error * value;
            }
        }
        for (slope, error) in bias.iter_mut().zip(&errors) {
            *slope += error;
        }
    }
}
