//! Scores of many leads as columns.

use super::{Pipeline, RowScore};
use crate::Tier;

/// The scores of many leads or rows, column by column; all columns have one value for each row.
///
/// ```
/// use leadscore::{AsOf, Lead, Pipeline, ScoreOptions, Zone};
/// let pipeline = Pipeline::builtin("conversion")?;
/// let leads = [Lead::new("a").with("title", "VP Sales"), Lead::new("b")];
/// let as_of = AsOf::parse("2026-11-22", &Zone::utc())?;
/// let scores = pipeline.score_columns(&leads, &as_of, &ScoreOptions::new().reasons(1))?;
/// assert_eq!((scores.len(), scores.reasons.len()), (2, 1));
/// assert_eq!(pipeline.tiers().tiers()[scores.tier[0] as usize].name(), "COLD");
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ScoreColumns {
    /// 0–100.
    pub score: Vec<f64>,
    /// 0–1; NaN where the pipeline gives none.
    pub probability: Vec<f64>,
    /// The position of the tier in the pipeline's [`TierScheme`](crate::TierScheme), −1 where there is none.
    pub tier: Vec<i32>,
    /// The probability of every class in the order of [`Pipeline::classes`], row after row; empty without classes.
    pub class_probabilities: Vec<f64>,
    /// The strongest reason of every row, the second strongest, and so on, as many as were asked for.
    pub reasons: Vec<ReasonColumn>,
}

/// The reasons of one rank, row by row.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ReasonColumn {
    /// In words; none where a row has fewer reasons.
    pub text: Vec<Option<String>>,
    /// Points of score; NaN where a row has fewer reasons.
    pub points: Vec<f64>,
}

impl ScoreColumns {
    pub(super) fn with_capacity(rows: usize, classes: usize, reasons: usize) -> ScoreColumns {
        let column = || ReasonColumn { text: Vec::with_capacity(rows), points: Vec::with_capacity(rows) };
        ScoreColumns {
            score: Vec::with_capacity(rows),
            probability: Vec::with_capacity(rows),
            tier: Vec::with_capacity(rows),
            class_probabilities: Vec::with_capacity(rows * classes),
            reasons: (0..reasons).map(|_| column()).collect(),
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.score.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.score.is_empty()
    }

    /// The rows of blocks of one scoring, one block after another.
    pub fn concat(blocks: impl IntoIterator<Item = ScoreColumns>) -> ScoreColumns {
        let mut blocks = blocks.into_iter();
        let mut all = blocks.next().unwrap_or_default();
        blocks.for_each(|block| all.append(block));
        all
    }

    /// Puts the rows of another block of the same scoring after these.
    pub fn append(&mut self, mut other: ScoreColumns) {
        self.score.append(&mut other.score);
        self.probability.append(&mut other.probability);
        self.tier.append(&mut other.tier);
        self.class_probabilities.append(&mut other.class_probabilities);
        if self.reasons.is_empty() {
            self.reasons = other.reasons;
            return;
        }
        for (own, mut other) in self.reasons.iter_mut().zip(other.reasons) {
            own.text.append(&mut other.text);
            own.points.append(&mut other.points);
        }
    }

    pub(super) fn push(&mut self, pipeline: &Pipeline, row: &RowScore<'_>) {
        let tiers = pipeline.tiers().tiers();
        let position = |tier: &Tier| tiers.iter().position(|own| std::ptr::eq(own, tier));
        self.score.push(row.score);
        self.probability.push(row.probability.unwrap_or(f64::NAN));
        self.tier.push(row.tier.and_then(position).map_or(-1, |at| at as i32));
        self.class_probabilities.extend_from_slice(row.class_probabilities);
        let mut strongest = row.reasons();
        for column in &mut self.reasons {
            let reason = strongest.next();
            column.points.push(reason.map_or(f64::NAN, |reason| reason.points));
            column.text.push(reason.map(|reason| reason.text.to_owned()));
        }
    }
}
