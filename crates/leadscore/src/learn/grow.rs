//! One tree: leaves are split, the one that gains most first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use rayon::ThreadPool;

use super::bins::{BinnedRows, Bins};
use super::histogram::{self, Histogram, Rows, Sums};
use super::loss::weighted_quantile;
use super::options::{Boosting, Direction};
use super::sample;
use super::split::{BinTest, Candidate, Limits, best_split};

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

/// What all trees of a fit share.
pub(super) struct Ground<'a> {
    pub(super) options: &'a Boosting,
    pub(super) bins: &'a Bins,
    pub(super) directions: Vec<Option<Direction>>,
    /// For each column those that may follow it on a path, where that is limited.
    pub(super) partners: Option<Vec<Vec<bool>>>,
    /// The threads to share work with, if any.
    pub(super) pool: Option<Arc<ThreadPool>>,
}

/// A leaf that may yet be split.
struct OpenLeaf {
    leaf: NewLeaf,
    histogram: Histogram,
    split: Candidate,
}

impl PartialEq for OpenLeaf {
    fn eq(&self, other: &OpenLeaf) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for OpenLeaf {}

impl PartialOrd for OpenLeaf {
    fn partial_cmp(&self, other: &OpenLeaf) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OpenLeaf {
    fn cmp(&self, other: &OpenLeaf) -> Ordering {
        // Of equal gains the older leaf is split first.
        self.split.gain.total_cmp(&other.split.gain).then(other.leaf.node.cmp(&self.leaf.node))
    }
}

/// The state of a tree that grows.
struct Growth<'a> {
    ground: &'a Ground<'a>,
    cells: &'a BinnedRows,
    /// The number of the tree, for the draws.
    draw: u64,
    rows: Vec<u32>,
    gradients: Vec<[f32; 2]>,
    hessian_of_row: f64,
    nodes: Vec<BinNode>,
    /// The rows of each leaf, by node.
    ranges: Vec<(usize, usize)>,
    open: BinaryHeap<OpenLeaf>,
    spare: Vec<Histogram>,
}

/// What a leaf is made of before it is known whether it can be split.
struct NewLeaf {
    node: usize,
    begin: usize,
    end: usize,
    depth: usize,
    bounds: [f64; 2],
    /// The columns that the path's splits leave.
    columns: Vec<u32>,
    sums: Sums,
}

impl Ground<'_> {
    /// Grows a tree on the rows of a draw; `gradients` are those of all rows. `residuals` are what is left of each row's
    /// label, where leaves are quantiles.
    pub(super) fn tree(
        &self,
        draw: u64,
        cells: &BinnedRows,
        rows: Vec<u32>,
        gradients: &[[f32; 2]],
        residuals: Option<&[(f64, f64)]>,
    ) -> BinTree {
        let options = self.options;
        let gradients: Vec<[f32; 2]> = rows.iter().map(|row| gradients[*row as usize]).collect();
        let sums = gradients
            .iter()
            .fold([0.0; 2], |sums, own| histogram::add(sums, [f64::from(own[0]), f64::from(own[1])]));
        let all: Vec<u32> = (0..self.bins.columns.len() as u32).collect();
        let columns = sample::columns(options.seed, draw, &all, options.column_share);
        let weighed = gradients.iter().filter(|own| own[1] > 0.0).count().max(1);
        let end = rows.len();
        let mut growth = Growth {
            ground: self,
            cells,
            draw,
            rows,
            gradients,
            hessian_of_row: sums[1] / weighed as f64,
            nodes: Vec::new(),
            ranges: Vec::new(),
            open: BinaryHeap::new(),
            spare: Vec::new(),
        };
        let bounds = [f64::NEG_INFINITY, f64::INFINITY];
        growth.add_leaf(options.leaf_value(sums, 0.0, bounds), sums, (0, end));
        let root = NewLeaf { node: 0, begin: 0, end, depth: 0, bounds, columns, sums };
        if growth.may_split(&root) {
            let histogram = growth.histogram(&root);
            growth.open(root, histogram);
        }
        let mut leaves = 1;
        while leaves < options.max_leaves {
            let Some(leaf) = growth.open.pop() else { break };
            leaves += 1;
            growth.split(leaf, leaves < options.max_leaves);
        }
        if let (Some(level), Some(residuals)) = (options.objective.leaf_quantile(), residuals) {
            growth.take_quantiles(level, residuals);
        }
        BinTree { nodes: growth.nodes }
    }
}

impl Growth<'_> {
    /// Splits a leaf in two; with `goes_on`, its children may be split in turn.
    fn split(&mut self, OpenLeaf { leaf, histogram, split }: OpenLeaf, goes_on: bool) {
        let NewLeaf { node, begin, end, depth, bounds, columns, .. } = leaf;
        let middle = self.part_rows(begin, end, &split);
        let cover = split.left[1] + split.right[1];
        let below = self.child_bounds(&split, bounds);
        let columns = self.columns_below(columns, split.column);
        let left = self.add_leaf(split.values[0], split.left, (begin, middle));
        let right = self.add_leaf(split.values[1], split.right, (middle, end));
        let child = |node, (begin, end), sums, bounds| NewLeaf {
            node,
            begin,
            end,
            depth: depth + 1,
            bounds,
            columns: columns.clone(),
            sums,
        };
        let children = [
            child(left, (begin, middle), split.left, below[0]),
            child(right, (middle, end), split.right, below[1]),
        ];
        self.nodes[node] =
            BinNode::Split { column: split.column, test: split.test, gain: split.gain, cover, left, right };
        let [left, right] = children;
        let (smaller, larger) = if middle - begin <= end - middle { (left, right) } else { (right, left) };
        if !goes_on || !(self.may_split(&smaller) || self.may_split(&larger)) {
            self.spare.push(histogram);
            return;
        }
        let own = self.histogram(&smaller);
        let mut rest = histogram;
        histogram::without(&mut rest, &own);
        self.open(smaller, own);
        self.open(larger, rest);
    }

    fn add_leaf(&mut self, value: f64, sums: Sums, range: (usize, usize)) -> usize {
        let value = (value * self.ground.options.learning_rate) as f32;
        self.nodes.push(BinNode::Leaf { value, cover: sums[1] });
        self.ranges.push(range);
        self.nodes.len() - 1
    }

    /// Whether a leaf is large enough and not too deep.
    fn may_split(&self, leaf: &NewLeaf) -> bool {
        let options = self.ground.options;
        let deep = options.max_depth > 0 && leaf.depth >= options.max_depth;
        let least = options.min_child_weight.max(options.min_child_rows * self.hessian_of_row);
        !deep && leaf.sums[1] >= 2.0 * least && leaf.end - leaf.begin >= 2
    }

    fn histogram(&mut self, leaf: &NewLeaf) -> Histogram {
        let Ground { bins, pool, .. } = self.ground;
        let mut histogram = self.spare.pop().unwrap_or_else(|| vec![[0.0; 2]; bins.total()]);
        let gradients = &self.gradients[leaf.begin..leaf.end];
        let rows = Rows { cells: self.cells, numbers: &self.rows[leaf.begin..leaf.end], gradients };
        histogram::fill(&mut histogram, bins, &rows, &leaf.columns, pool.as_deref());
        histogram
    }

    /// Puts a leaf among those that may be split, if some split gains.
    fn open(&mut self, leaf: NewLeaf, histogram: Histogram) {
        let split = if self.may_split(&leaf) { self.best_split(&leaf, &histogram) } else { None };
        match split {
            None => self.spare.push(histogram),
            Some(split) => self.open.push(OpenLeaf { leaf, histogram, split }),
        }
    }

    fn best_split(&self, leaf: &NewLeaf, histogram: &Histogram) -> Option<Candidate> {
        let Ground { options, bins, directions, .. } = self.ground;
        // No tree has 2^20 nodes.
        let draw = self.draw.wrapping_mul(1 << 20).wrapping_add(leaf.node as u64 + 1);
        let columns = sample::columns(options.seed, draw, &leaf.columns, options.split_column_share);
        let limits = Limits { hessian_of_row: self.hessian_of_row, bounds: leaf.bounds };
        best_split(options, bins, directions, histogram, leaf.sums, &columns, limits)
    }

    /// Moves the rows that go left to the front, both sides in their order; gives where the right ones begin.
    fn part_rows(&mut self, begin: usize, end: usize, split: &Candidate) -> usize {
        let missing = self.ground.bins.columns[split.column].value_bins();
        let mut right = Vec::new();
        let mut at = begin;
        for from in begin..end {
            let (row, gradient) = (self.rows[from], self.gradients[from]);
            if split.test.goes_left(self.cells.cell(row as usize, split.column), missing) {
                self.rows[at] = row;
                self.gradients[at] = gradient;
                at += 1;
            } else {
                right.push((row, gradient));
            }
        }
        for (offset, (row, gradient)) in right.into_iter().enumerate() {
            self.rows[at + offset] = row;
            self.gradients[at + offset] = gradient;
        }
        at
    }

    /// Where a column is monotone, its children keep to their own side of the middle.
    fn child_bounds(&self, split: &Candidate, bounds: [f64; 2]) -> [[f64; 2]; 2] {
        let middle = f64::midpoint(split.values[0], split.values[1]);
        match self.ground.directions[split.column] {
            None => [bounds; 2],
            Some(Direction::Rising) => [[bounds[0], middle], [middle, bounds[1]]],
            Some(Direction::Falling) => [[middle, bounds[1]], [bounds[0], middle]],
        }
    }

    fn columns_below(&self, columns: Vec<u32>, split: usize) -> Vec<u32> {
        match &self.ground.partners {
            None => columns,
            Some(partners) => {
                columns.into_iter().filter(|column| partners[split][*column as usize]).collect()
            }
        }
    }

    fn take_quantiles(&mut self, level: f64, residuals: &[(f64, f64)]) {
        for (node, (begin, end)) in self.nodes.iter_mut().zip(&self.ranges) {
            if let BinNode::Leaf { value, .. } = node {
                let own = self.rows[*begin..*end].iter().map(|row| residuals[*row as usize]).collect();
                *value = (weighted_quantile(own, level) * self.ground.options.learning_rate) as f32;
            }
        }
    }
}

impl BinTree {
    /// The value of the leaf that a row ends in.
    pub(super) fn value(&self, bins: &Bins, cells: &BinnedRows, row: usize) -> f32 {
        let mut at = 0;
        loop {
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
