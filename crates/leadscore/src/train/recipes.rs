//! The settings of the trees of each fold, and of each size.

use crate::learn::Boosting;

/// Leaves, depth (0 for no limit), least rows of a leaf, and the shares of columns of a tree and of a split.
///
/// Unlike trees make a better mean than like ones. Chosen by the validation parts of seven public data sets, where the
/// mean of these five was as good as or better than the best single choice for each.
const RECIPES: [(usize, usize, f64, f64, f64); 5] = [
    (16, 4, 1.0, 1.0, 1.0),
    (10, 0, 5.0, 0.7, 1.0),
    (6, 0, 1.0, 1.0, 0.6),
    (20, 0, 10.0, 1.0, 0.5),
    (12, 5, 5.0, 0.8, 0.7),
];
/// From so many leads on, larger steps lose nothing that can be measured.
const MANY_LEADS: usize = 100_000;

/// The size of the trees. A small or noisy data set needs small trees; many leads, or groups of rows that behave differently,
/// need large ones. Public data sets of all three kinds are common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TreeSize {
    /// About five leaves, of several leads each.
    Small,
    /// About a dozen leaves.
    Medium,
    /// About forty leaves.
    Large,
}

impl TreeSize {
    /// All sizes, the smallest first.
    pub const ALL: [TreeSize; 3] = [TreeSize::Small, TreeSize::Medium, TreeSize::Large];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            TreeSize::Small => "small",
            TreeSize::Medium => "medium",
            TreeSize::Large => "large",
        }
    }
}

/// The size of trees that was taken, and what the others had.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SizedTrees {
    /// The one that was taken.
    pub size: TreeSize,
    /// The log loss of each that was tried, on the same held-out leads.
    pub log_losses: Vec<(TreeSize, f64)>,
}

/// The settings for the trees of a fold, learned from so many leads.
pub(super) fn of_fold(fold: usize, size: TreeSize, row_count: usize) -> Boosting {
    let (max_leaves, max_depth, min_child_rows, column_share, split_column_share) =
        RECIPES[fold % RECIPES.len()];
    let boosting = Boosting {
        learning_rate: if row_count < MANY_LEADS { 0.05 } else { 0.1 },
        max_leaves,
        max_depth,
        min_child_rows,
        column_share,
        split_column_share,
        min_child_weight: 0.01,
        l2: 0.5,
        category_l2: 3.0,
        patience: Some(50),
        ..Boosting::default()
    };
    // Chosen by 24 more public data sets, of which each size is best for several.
    match size {
        TreeSize::Small => Boosting {
            // Small trees lose nothing by larger steps.
            learning_rate: 0.1,
            max_leaves: (max_leaves * 9 / 20).max(3),
            min_child_rows: min_child_rows * 4.0,
            l2: 3.0,
            ..boosting
        },
        TreeSize::Medium => boosting,
        TreeSize::Large => {
            let max_depth = if max_depth == 0 { 0 } else { max_depth + 2 };
            Boosting { max_leaves: max_leaves * 3, max_depth, ..boosting }
        }
    }
}
