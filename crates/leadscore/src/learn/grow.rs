//! One tree: leaves are split, the one that gains most first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Mutex;

use rayon::ThreadPool;

use super::bins::{BinnedColumns, BinnedRows, Bins};
use super::histogram::{self, Gradients, Histogram, Rows, Sums};
use super::loss::weighted_quantile;
use super::options::{Boosting, Direction};
use super::part::part_rows;
use super::split::{Candidate, Limits, best_split};
use super::tree::{BinNode, BinTree, Grown};
use super::{sample, threads};

/// Nodes of less work, in cells and bins, are not shared among threads.
const WORTH_THREADS: usize = 1 << 17;

/// What all trees of a fit share.
pub(super) struct Ground<'a> {
    pub(super) options: &'a Boosting,
    pub(super) bins: &'a Bins,
    pub(super) directions: Vec<Option<Direction>>,
    /// For each column those that may follow it on a path, where that is limited.
    pub(super) partners: Option<Vec<Vec<bool>>>,
    /// The threads to share work with, if any.
    pub(super) pool: Option<&'a ThreadPool>,
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

/// The rows that all trees of a fit learn from.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) rows: &'a BinnedRows,
    pub(super) columns: &'a BinnedColumns,
}

/// The state of a tree that grows.
struct Growth<'a> {
    ground: &'a Ground<'a>,
    field: Field<'a>,
    gradients: Gradients,
    /// The number of the tree, for the draws.
    draw: u64,
    rows: Vec<u32>,
    /// Where rows are parted.
    spare_rows: Vec<u32>,
    /// The gradients of a node's rows.
    packed: Vec<u64>,
    hessian_of_row: f64,
    nodes: Vec<BinNode>,
    /// By node the rows, and what limited its value as a leaf.
    ranges: Vec<(usize, usize)>,
    limits: Vec<LeafLimits>,
    open: BinaryHeap<OpenLeaf>,
    /// Histograms that nobody needs, from one tree to the next.
    spare: &'a mut Vec<Histogram>,
}

/// What a leaf's value depends on besides its rows.
#[derive(Clone, Copy)]
struct LeafLimits {
    extra_l2: f64,
    bounds: [f64; 2],
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
    /// Grows a tree on the rows of a draw; `exact` are the gradients of all rows. `residuals` are what is left of each
    /// row's label, where leaves are quantiles.
    pub(super) fn tree(
        &self,
        draw: u64,
        field: Field<'_>,
        rows: Vec<u32>,
        exact: &[[f32; 2]],
        residuals: Option<&[(f64, f64)]>,
        spare: &mut Vec<Histogram>,
    ) -> Grown {
        let options = self.options;
        let gradients = Gradients::new(exact);
        let sums = gradients.sum(&rows);
        let all: Vec<u32> = (0..self.bins.columns.len() as u32).collect();
        let columns = sample::columns(options.seed, draw, &all, options.column_share);
        let weighed = rows.iter().filter(|row| exact[**row as usize][1] > 0.0).count().max(1);
        let end = rows.len();
        let mut growth = Growth {
            ground: self,
            field,
            gradients,
            draw,
            spare_rows: vec![0; end],
            packed: Vec::with_capacity(end),
            rows,
            hessian_of_row: sums[1] / weighed as f64,
            nodes: Vec::new(),
            ranges: Vec::new(),
            limits: Vec::new(),
            open: BinaryHeap::new(),
            spare,
        };
        let limits = LeafLimits { extra_l2: 0.0, bounds: [f64::NEG_INFINITY, f64::INFINITY] };
        growth.add_leaf((0, end), limits);
        growth.open_children(
            NewLeaf { node: 0, begin: 0, end, depth: 0, bounds: limits.bounds, columns, sums },
            None,
        );
        let mut leaves = 1;
        while leaves < options.max_leaves {
            let Some(leaf) = growth.open.pop() else { break };
            leaves += 1;
            growth.split(leaf, leaves < options.max_leaves);
        }
        growth.spare.extend(growth.open.drain().map(|leaf| leaf.histogram));
        growth.take_values(exact);
        if let (Some(level), Some(residuals)) = (options.objective.leaf_quantile(), residuals) {
            growth.take_quantiles(level, residuals);
        }
        Grown { tree: BinTree { nodes: growth.nodes }, rows: growth.rows, ranges: growth.ranges }
    }
}

impl Growth<'_> {
    /// Splits a leaf in two; with `goes_on`, its children may be split in turn.
    fn split(&mut self, OpenLeaf { leaf, histogram, split }: OpenLeaf, goes_on: bool) {
        let NewLeaf { node, begin, end, depth, bounds, columns, .. } = leaf;
        let missing = self.ground.bins.columns[split.column].value_bins();
        let middle = begin
            + part_rows(
                &mut self.rows[begin..end],
                &mut self.spare_rows[begin..end],
                self.field.columns.column(split.column),
                &split.test.table(missing),
                self.ground.pool,
            );
        let below = self.child_bounds(&split, bounds);
        let columns = self.columns_below(columns, split.column);
        let mut child = |(begin, end), sums, bounds| {
            let node = self.add_leaf((begin, end), LeafLimits { extra_l2: split.extra_l2, bounds });
            NewLeaf { node, begin, end, depth: depth + 1, bounds, columns: columns.clone(), sums }
        };
        let left = child((begin, middle), split.left, below[0]);
        let right = child((middle, end), split.right, below[1]);
        self.nodes[node] = BinNode::Split {
            column: split.column,
            test: split.test,
            gain: split.gain,
            cover: 0.0,
            left: left.node,
            right: right.node,
        };
        let (smaller, larger) = if middle - begin <= end - middle { (left, right) } else { (right, left) };
        if goes_on && (self.may_split(&smaller) || self.may_split(&larger)) {
            self.open_children(smaller, Some((larger, histogram)));
        } else {
            self.spare.push(histogram);
        }
    }

    fn add_leaf(&mut self, range: (usize, usize), limits: LeafLimits) -> usize {
        // Value and cover are known at the end.
        self.nodes.push(BinNode::Leaf { value: 0.0, cover: 0.0 });
        self.ranges.push(range);
        self.limits.push(limits);
        self.nodes.len() - 1
    }

    /// Puts a leaf among those that may be split, if some split gains; and with it the rest of its parent, of which the
    /// histogram is given.
    fn open_children(&mut self, leaf: NewLeaf, rest: Option<(NewLeaf, Histogram)>) {
        let (rest, mut of_rest) = rest.map_or((None, Vec::new()), |(leaf, own)| (Some(leaf), own));
        let bins = self.ground.bins;
        let mut of_leaf = self.spare.pop().unwrap_or_else(|| vec![[0.0; 2]; bins.total()]);
        let numbers = &self.rows[leaf.begin..leaf.end];
        self.gradients.gather(numbers, &mut self.packed);
        let rows = Rows { cells: self.field.rows, numbers, packed: &self.packed, gradients: &self.gradients };
        let drawn = [Some(&leaf), rest.as_ref()].map(|leaf| leaf.map_or(Vec::new(), |leaf| self.drawn(leaf)));
        let work = rows.numbers.len() * leaf.columns.len() + 4 * bins.total();
        let pool = self.ground.pool.filter(|_| work >= WORTH_THREADS);
        let parts = pool.map_or(1, ThreadPool::current_num_threads);
        let mut chunks = Vec::new();
        let (mut left_of_leaf, mut left_of_rest, mut begin) = (&mut of_leaf[..], &mut of_rest[..], 0);
        for columns in leaf.columns.chunks(leaf.columns.len().div_ceil(parts).max(1)) {
            let end = bins.offsets[columns[columns.len() - 1] as usize + 1] as usize;
            let (own, after) = left_of_leaf.split_at_mut(end - begin);
            let (other, after_other) = left_of_rest.split_at_mut((end - begin).min(left_of_rest.len()));
            chunks.push(Mutex::new((columns, begin, own, other)));
            (left_of_leaf, left_of_rest, begin) = (after, after_other, end);
        }
        let best = threads::map(pool, chunks.len(), |chunk| {
            let mut chunk = chunks[chunk].lock().expect("taken once");
            let (columns, begin, own, other) = &mut *chunk;
            let mut best = [None, None];
            for columns in columns.chunks(rows.gradients.columns_at_once(rows.numbers.len(), columns.len())) {
                histogram::fill(own, *begin, bins, &rows, columns);
                if rest.is_some() {
                    for range in columns.iter().map(|column| bins.range(*column as usize, *begin)) {
                        histogram::without(&mut other[range.clone()], &own[range]);
                    }
                }
                let within = |drawn: &[u32]| -> Vec<u32> {
                    let (first, last) = (columns[0], columns[columns.len() - 1]);
                    drawn.iter().copied().filter(|column| (first..=last).contains(column)).collect()
                };
                let [best, best_of_rest] = &mut best;
                self.better_split(best, &leaf, (own, *begin), &within(&drawn[0]));
                if let Some(leaf) = &rest {
                    self.better_split(best_of_rest, leaf, (other, *begin), &within(&drawn[1]));
                }
            }
            best
        });
        drop(chunks);
        // The first of equal ones, as if they had been compared in order.
        let mut found = [None, None];
        for part in best {
            for (found, own) in found.iter_mut().zip(part) {
                let gain = |split: &Option<Candidate>| split.as_ref().map_or(0.0, |split| split.gain);
                if gain(&own) > gain(found) {
                    *found = own;
                }
            }
        }
        let [own, other] = found;
        for (leaf, histogram, split) in [(Some(leaf), of_leaf, own), (rest, of_rest, other)] {
            match (leaf, split) {
                (Some(leaf), Some(split)) => self.open.push(OpenLeaf { leaf, histogram, split }),
                (Some(_), None) => self.spare.push(histogram),
                (None, _) => {}
            }
        }
    }

    /// The columns that a leaf's split is chosen among; none where it may not be split.
    fn drawn(&self, leaf: &NewLeaf) -> Vec<u32> {
        if !self.may_split(leaf) {
            return Vec::new();
        }
        let options = self.ground.options;
        // No tree has 2^20 nodes.
        let draw = self.draw.wrapping_mul(1 << 20).wrapping_add(leaf.node as u64 + 1);
        sample::columns(options.seed, draw, &leaf.columns, options.split_column_share)
    }

    /// Whether a leaf is large enough and not too deep.
    fn may_split(&self, leaf: &NewLeaf) -> bool {
        let options = self.ground.options;
        let deep = options.max_depth > 0 && leaf.depth >= options.max_depth;
        let least = options.min_child_weight.max(options.min_child_rows * self.hessian_of_row);
        !deep && leaf.sums[1] >= 2.0 * least && leaf.end - leaf.begin >= 2
    }

    /// Replaces the best split so far if one of these columns has a better one.
    fn better_split(
        &self,
        best: &mut Option<Candidate>,
        leaf: &NewLeaf,
        part: (&[Sums], usize),
        columns: &[u32],
    ) {
        let Ground { options, bins, directions, .. } = self.ground;
        let limits = Limits { hessian_of_row: self.hessian_of_row, bounds: leaf.bounds };
        *best = best_split(best.take(), options, bins, directions, part, leaf.sums, columns, limits);
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

    /// The values of the leaves and the covers of all nodes, from gradients that are not rounded.
    fn take_values(&mut self, exact: &[[f32; 2]]) {
        let Ground { options, pool, .. } = self.ground;
        let sums = |node: usize| {
            let (begin, end) = self.ranges[node];
            match self.nodes[node] {
                BinNode::Split { .. } => [0.0; 2],
                BinNode::Leaf { .. } => self.rows[begin..end]
                    .iter()
                    .fold([0.0; 2], |sums, row| histogram::add(sums, exact[*row as usize].map(f64::from))),
            }
        };
        let pool = pool.filter(|_| self.rows.len() >= WORTH_THREADS);
        let sums = threads::map(pool, self.nodes.len(), sums);
        // Children come after their parents.
        for at in (0..self.nodes.len()).rev() {
            let below = match self.nodes[at] {
                BinNode::Split { left, right, .. } => [left, right].map(|child| self.nodes[child].cover()),
                BinNode::Leaf { .. } => [0.0; 2],
            };
            match &mut self.nodes[at] {
                BinNode::Split { cover, .. } => *cover = below[0] + below[1],
                BinNode::Leaf { value, cover } => {
                    let LeafLimits { extra_l2, bounds } = self.limits[at];
                    *value = (options.leaf_value(sums[at], extra_l2, bounds) * options.learning_rate) as f32;
                    *cover = sums[at][1];
                }
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
