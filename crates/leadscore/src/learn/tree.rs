//! Trees over bins.

use super::bins::{BinnedRows, Bins};
use super::split::BinTest;

/// A tree over bins; node 0 is the root, and children come after their parents.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BinTree {
    pub(super) nodes: Vec<BinNode>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum BinNode {
    Split {
        column: usize,
        test: BinTest,
        gain: f64,
        cover: f64,
        left: usize,
        right: usize,
    },
    /// The value is shrunk.
    Leaf {
        value: f32,
        cover: f64,
    },
}

/// A tree, and which of its rows ended in which leaf.
pub(super) struct Grown {
    pub(super) tree: BinTree,
    pub(super) rows: Vec<u32>,
    /// The rows of each node when it was made.
    pub(super) ranges: Vec<(usize, usize)>,
}

impl BinNode {
    pub(super) fn cover(&self) -> f64 {
        match self {
            BinNode::Split { cover, .. } | BinNode::Leaf { cover, .. } => *cover,
        }
    }
}

impl Grown {
    /// The rows of each leaf, with its value.
    pub(super) fn leaves(&self) -> impl Iterator<Item = (&[u32], f32)> {
        self.tree.nodes.iter().zip(&self.ranges).filter_map(|(node, (begin, end))| match node {
            BinNode::Leaf { value, .. } => Some((&self.rows[*begin..*end], *value)),
            BinNode::Split { .. } => None,
        })
    }

    /// How many rows it was learned from.
    pub(super) fn row_count(&self) -> usize {
        self.rows.len()
    }
}

impl BinTree {
    /// The value of the leaf that a row ends in.
    pub(super) fn value(&self, bins: &Bins, cells: &BinnedRows, row: usize) -> f32 {
        self.pass(bins, cells, row, |_| {})
    }

    /// The same, with all nodes on the way.
    pub(super) fn pass(
        &self,
        bins: &Bins,
        cells: &BinnedRows,
        row: usize,
        mut visit: impl FnMut(usize),
    ) -> f32 {
        let mut at = 0;
        loop {
            visit(at);
            match &self.nodes[at] {
                BinNode::Leaf { value, .. } => return *value,
                BinNode::Split { column, test, left, right, .. } => {
                    let missing = bins.columns[*column].value_bins();
                    at = if test.goes_left(cells.cell(row, *column), missing) { *left } else { *right };
                }
            }
        }
    }
}
