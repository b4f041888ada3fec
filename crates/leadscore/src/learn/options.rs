//! The settings of the learner.

use crate::{Error, ErrorKind};

/// The settings of boosted trees. The defaults learn a few hundred small trees with early stopping.
///
/// ```
/// use leadscore::learn::{Boosting, Objective};
/// let mut boosting = Boosting::default();
/// boosting.rounds = 50;
/// boosting.max_leaves = 8;
/// assert_eq!(boosting.objective, Objective::Logistic);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Boosting {
    /// What is learned.
    pub objective: Objective,
    /// The most boosting rounds; early stopping may use fewer.
    pub rounds: usize,
    /// By how much the leaves of each tree are shrunk; above 0, at most 1.
    pub learning_rate: f64,
    /// The most leaves of a tree. The leaf whose split gains most is split next.
    pub max_leaves: usize,
    /// The most splits on a path; 0 for no limit.
    pub max_depth: usize,
    /// The least sum of hessians in a leaf. Of the logistic loss, a row has p·(1 − p) ≤ ¼.
    pub min_child_weight: f64,
    /// The least weight of rows in a leaf, estimated from the hessians.
    pub min_child_rows: f64,
    /// Added to the sum of hessians of a leaf.
    pub l2: f64,
    /// By how much the sum of gradients of a leaf is drawn to zero.
    pub l1: f64,
    /// The least gain of a split.
    pub min_gain: f64,
    /// The largest absolute value of a leaf before shrinking; 0 for no limit.
    pub max_step: f64,
    /// The share of rows that each tree sees, drawn without replacement; above 0, at most 1.
    pub row_share: f64,
    /// The share of columns that each tree sees.
    pub column_share: f64,
    /// The share of the tree's columns that each split chooses among.
    pub split_column_share: f64,
    /// The most bins of a column's values, from 2 to 255.
    pub max_bins: usize,
    /// Added to the sum of hessians of each category when categories are sorted, and the least that a category needs to
    /// be told apart.
    pub category_smoothing: f64,
    /// Added to `l2` where many categories are split in two.
    pub category_l2: f64,
    /// The most categories on the smaller side of such a split.
    pub max_split_categories: usize,
    /// Columns whose effect never falls or never rises.
    pub monotone: Vec<(String, Direction)>,
    /// Groups of columns that may meet on one path; a column in no group meets none. No group means no limit.
    pub interactions: Vec<Vec<String>>,
    /// After how many rounds without a better loss on the validation rows learning stops. Needs validation rows.
    pub patience: Option<usize>,
    /// Where the draws of rows and columns begin.
    pub seed: u64,
}

/// What the trees are to predict, and so the loss.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Objective {
    /// The log-odds of label 1 against 0, by the log loss.
    Logistic,
    /// One margin for each class of labels 0, 1, … by the multiclass log loss.
    Softmax {
        /// The number of classes.
        classes: usize,
    },
    /// The mean, by the squared error.
    Squared,
    /// The quantile of this level, above 0 and below 1, by the pinball loss.
    Quantile(f64),
    /// The logarithm of the mean of counts.
    Poisson,
    /// The logarithm of a time, such as the days until a lead is won, by accelerated failure time. Labels are times above 0;
    /// [`Examples::with_upper_bounds`](super::Examples::with_upper_bounds) has what is known within bounds only, as of
    /// leads that are still open.
    FailureTime {
        /// The noise of the logarithm.
        noise: Noise,
        /// By how much the noise counts; above 0.
        scale: f64,
    },
}

/// How the logarithm of a time spreads around what is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Noise {
    /// The normal distribution, so that times are log-normal.
    Normal,
    /// The logistic distribution.
    Logistic,
    /// The distribution of the least of many (Gumbel), so that times follow a Weibull distribution.
    Extreme,
}

impl Noise {
    /// Its name in XGBoost.
    pub fn name(self) -> &'static str {
        match self {
            Noise::Normal => "normal",
            Noise::Logistic => "logistic",
            Noise::Extreme => "extreme",
        }
    }
}

/// Which way a column's effect may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Direction {
    /// A larger value never lowers the margin.
    Rising,
    /// A larger value never raises the margin.
    Falling,
}

impl Default for Boosting {
    fn default() -> Boosting {
        Boosting {
            objective: Objective::Logistic,
            rounds: 500,
            learning_rate: 0.05,
            max_leaves: 15,
            max_depth: 0,
            min_child_weight: 1.0,
            min_child_rows: 20.0,
            l2: 1.0,
            l1: 0.0,
            min_gain: 0.0,
            max_step: 0.0,
            row_share: 1.0,
            column_share: 1.0,
            split_column_share: 1.0,
            max_bins: 255,
            category_smoothing: 10.0,
            category_l2: 10.0,
            max_split_categories: 32,
            monotone: Vec::new(),
            interactions: Vec::new(),
            patience: None,
            seed: 0,
        }
    }
}

impl Objective {
    /// The number of margins of a row.
    pub fn output_count(self) -> usize {
        match self {
            Objective::Softmax { classes } => classes,
            _ => 1,
        }
    }
}

impl Boosting {
    /// Refuses settings that make no sense, by name.
    pub(super) fn check(&self) -> Result<(), Error> {
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let from_zero = |value: f64| value >= 0.0 && value.is_finite();
        let quantile = match self.objective {
            Objective::Quantile(level) => level > 0.0 && level < 1.0,
            _ => true,
        };
        let enough_classes = self.objective != Objective::Softmax { classes: 0 }
            && self.objective != Objective::Softmax { classes: 1 };
        let scale = match self.objective {
            Objective::FailureTime { scale, .. } => scale > 0.0 && scale.is_finite(),
            _ => true,
        };
        let rules = [
            ("objective", scale, "the scale of a failure time is above 0"),
            ("objective", quantile, "a quantile lies between 0 and 1"),
            ("objective", enough_classes, "two classes are the least"),
            ("rounds", self.rounds >= 1, "one round is the least"),
            ("learning_rate", share(self.learning_rate), "wants a number above 0 and up to 1"),
            ("max_leaves", self.max_leaves >= 2, "two leaves are the least"),
            ("min_child_weight", from_zero(self.min_child_weight), "wants a number from 0 up"),
            ("min_child_rows", from_zero(self.min_child_rows), "wants a number from 0 up"),
            ("l2", from_zero(self.l2), "wants a number from 0 up"),
            ("l1", from_zero(self.l1), "wants a number from 0 up"),
            ("min_gain", from_zero(self.min_gain), "wants a number from 0 up"),
            ("max_step", from_zero(self.max_step), "wants a number from 0 up"),
            ("row_share", share(self.row_share), "wants a number above 0 and up to 1"),
            ("column_share", share(self.column_share), "wants a number above 0 and up to 1"),
            ("split_column_share", share(self.split_column_share), "wants a number above 0 and up to 1"),
            ("max_bins", (2..=255).contains(&self.max_bins), "wants a whole number from 2 to 255"),
            ("category_smoothing", from_zero(self.category_smoothing), "wants a number from 0 up"),
            ("category_l2", from_zero(self.category_l2), "wants a number from 0 up"),
            ("max_split_categories", self.max_split_categories >= 1, "one category is the least"),
            ("patience", self.patience != Some(0), "one round is the least"),
        ];
        match rules.iter().find(|(_, holds, _)| !holds) {
            None => Ok(()),
            Some((name, _, wants)) => Err(Error::new(ErrorKind::InvalidContext, *name, *wants)),
        }
    }
}
