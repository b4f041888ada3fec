//! Scores of many leads as columns.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Pipeline, RowScore};
use crate::Tier;
use crate::feature::UnusableValues;

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
    /// The position of the tier in the pipeline's [`TierScheme`](crate::TierScheme), −1 where there is none. Tiers by rank
    /// are those in the list that was scored.
    pub tier: Vec<i32>,
    /// The probability of every class in the order of [`Pipeline::classes`], row after row; empty without classes.
    pub class_probabilities: Vec<f64>,
    /// The strongest reason of every row, the second strongest, and so on, as many as were asked for.
    pub reasons: Vec<ReasonColumn>,
    /// The texts of all reasons, each once.
    pub reason_texts: ReasonTexts,
    /// The values of the leads that could not be used and count as missing, by feature; none for the rows of a matrix.
    pub unusable: Vec<UnusableValues>,
    /// Where tiers are by rank and not known yet, the score by which every row ranks, NaN for one that was ruled out.
    pub(super) ranked_scores: Vec<f64>,
}

/// Texts, each once, by their number.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReasonTexts {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl ReasonTexts {
    /// All texts; the position is the number.
    pub fn as_slice(&self) -> &[Arc<str>] {
        &self.texts
    }

    /// The number of a text, which is added where it is new.
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let (text, number) = (Arc::<str>::from(text), self.texts.len() as u32);
        self.texts.push(text.clone());
        self.numbers.insert(text, number);
        number
    }
}

/// The reasons of one rank, row by row.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ReasonColumn {
    /// The number of its words among [`ScoreColumns::reason_texts`]; none where a row has fewer reasons.
    pub text: Vec<Option<u32>>,
    /// Points of score; NaN where a row has fewer reasons.
    pub points: Vec<f64>,
}

impl ScoreColumns {
    pub(crate) fn with_capacity(rows: usize, classes: usize, reasons: usize) -> ScoreColumns {
        let column = || ReasonColumn { text: Vec::with_capacity(rows), points: Vec::with_capacity(rows) };
        ScoreColumns {
            score: Vec::with_capacity(rows),
            probability: Vec::with_capacity(rows),
            tier: Vec::with_capacity(rows),
            class_probabilities: Vec::with_capacity(rows * classes),
            reasons: (0..reasons).map(|_| column()).collect(),
            ..ScoreColumns::default()
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.score.len()
    }

    /// The words of a row's reason of a rank, the strongest being 0, where it has so many.
    pub fn reason(&self, rank: usize, row: usize) -> Option<&str> {
        let number = self.reasons.get(rank)?.text.get(row).copied()??;
        Some(&self.reason_texts.texts[number as usize])
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
        UnusableValues::append(&mut self.unusable, other.unusable, self.score.len());
        self.score.append(&mut other.score);
        self.probability.append(&mut other.probability);
        self.tier.append(&mut other.tier);
        self.class_probabilities.append(&mut other.class_probabilities);
        self.ranked_scores.append(&mut other.ranked_scores);
        if self.reasons.is_empty() {
            self.reasons = other.reasons;
            self.reason_texts = other.reason_texts;
            return;
        }
        let numbers: Vec<u32> =
            other.reason_texts.texts.iter().map(|text| self.reason_texts.number(text)).collect();
        for (own, mut other) in self.reasons.iter_mut().zip(other.reasons) {
            own.text.extend(other.text.iter().map(|number| number.map(|own| numbers[own as usize])));
            own.points.append(&mut other.points);
        }
    }

    pub(super) fn push(&mut self, pipeline: &Pipeline, row: &RowScore<'_>) {
        let tiers = pipeline.tiers().tiers();
        let position = |tier: &Tier| tiers.iter().position(|own| std::ptr::eq(own, tier));
        self.score.push(row.score);
        if pipeline.has_ranks() {
            self.ranked_scores.push(row.ranked_score());
        }
        self.probability.push(row.probability.unwrap_or(f64::NAN));
        self.tier.push(row.tier.and_then(position).map_or(-1, |at| at as i32));
        self.class_probabilities.extend_from_slice(row.class_probabilities);
        let mut strongest = row.reasons();
        let texts = &mut self.reason_texts;
        for column in &mut self.reasons {
            let reason = strongest.next();
            column.points.push(reason.map_or(f64::NAN, |reason| reason.points));
            column.text.push(reason.map(|reason| texts.number(reason.text)));
        }
    }

    /// A row that was refused: nothing is known of it.
    pub(super) fn push_nothing(&mut self, classes: usize, has_ranks: bool) {
        self.ranked_scores.extend(has_ranks.then_some(f64::NAN));
        self.score.push(f64::NAN);
        self.probability.push(f64::NAN);
        self.tier.push(-1);
        self.class_probabilities.extend(std::iter::repeat_n(f64::NAN, classes));
        for column in &mut self.reasons {
            column.points.push(f64::NAN);
            column.text.push(None);
        }
    }
}
