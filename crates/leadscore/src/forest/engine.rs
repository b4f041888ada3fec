//! The first engine: every test becomes one comparison of a prepared column with a threshold, children lie side by
//! side, and several trees or rows are walked at once, so that the processor has something to do while it waits.
//!
//! Order of every sum: from the base margin, leaf by leaf in tree order, in the writer's precision. One row or many,
//! the bits are the same.

mod columns;

use super::model::{Body, Forest, Leaf, Node, Precision, Test, Tree, narrow};
use columns::Columns;

/// How many trees (one row) or rows (a batch) are walked at once.
const IN_FLIGHT: usize = 8;
/// Rows per block: their prepared columns stay in the cache while all trees pass over them.
const BLOCK: usize = 64;

/// A forest made ready for scoring.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Engine {
    F32(Plan<f32>),
    F64(Plan<f64>),
    /// Vector leaves and linear leaves are walked as they stand.
    Plain,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan<T> {
    columns: Columns,
    nodes: Vec<Packed<T>>,
    /// A leaf's value at its node's place.
    values: Vec<T>,
    trees: Vec<Root>,
    base: Vec<T>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Packed<T> {
    /// Right from here on; NaN sends everything left, and so a leaf to itself.
    threshold: T,
    column: u32,
    /// The right child is the next one.
    left: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Root {
    node: u32,
    depth: u32,
    output: u32,
}

/// The two precisions of sums.
pub(super) trait Number:
    Copy + PartialOrd + std::ops::AddAssign + std::fmt::Debug + PartialEq
{
    const NAN: Self;
    const LOW: Self;
    const HIGH: Self;
    fn from_f64(value: f64) -> Self;
    fn to_f64(self) -> f64;
    fn threshold(value: f64) -> Self;
}

impl Number for f32 {
    const NAN: f32 = f32::NAN;
    const LOW: f32 = f32::NEG_INFINITY;
    const HIGH: f32 = f32::INFINITY;
    fn from_f64(value: f64) -> f32 {
        value as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn threshold(value: f64) -> f32 {
        narrow(value)
    }
}

impl Number for f64 {
    const NAN: f64 = f64::NAN;
    const LOW: f64 = f64::NEG_INFINITY;
    const HIGH: f64 = f64::INFINITY;
    fn from_f64(value: f64) -> f64 {
        value
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn threshold(value: f64) -> f64 {
        value
    }
}

impl Engine {
    pub(super) fn new(forest: &Forest) -> Engine {
        let Body::Trees(trees) = &forest.body else { return Engine::Plain };
        let simple = |tree: &Tree| {
            tree.nodes
                .iter()
                .all(|node| !matches!(node, Node::Leaf { leaf, .. } if !matches!(leaf, Leaf::Value(_))))
        };
        if !trees.iter().all(simple) {
            return Engine::Plain;
        }
        match forest.precision {
            Precision::F32 => Plan::new(forest, trees).map_or(Engine::Plain, Engine::F32),
            Precision::F64 => Plan::new(forest, trees).map_or(Engine::Plain, Engine::F64),
        }
    }

    /// The margins of rows with the first `trees` trees: row after row, `outputs` each.
    pub(super) fn margins(&self, forest: &Forest, rows: &[f64], trees: usize, out: &mut Vec<f64>) {
        match self {
            Engine::F32(plan) => plan.margins(rows, forest.features.len(), trees, out),
            Engine::F64(plan) => plan.margins(rows, forest.features.len(), trees, out),
            Engine::Plain => {
                rows.chunks_exact(forest.features.len().max(1))
                    .for_each(|row| plain(forest, row, trees, out));
            }
        }
    }
}

/// Walks the model as it stands.
pub(super) fn plain(forest: &Forest, row: &[f64], trees: usize, out: &mut Vec<f64>) {
    let mut sums = forest.base.clone();
    let f32s = forest.precision == Precision::F32;
    let mut add = |output: usize, value: f64| {
        let sum = &mut sums[output];
        *sum = if f32s { f64::from(*sum as f32 + value as f32) } else { *sum + value };
    };
    match &forest.body {
        Body::Linear(weights) => {
            // Bias first, then feature by feature, in f32 as the library does.
            let outputs = forest.outputs();
            let bias = forest.features.len() * outputs;
            for output in 0..outputs {
                add(output, f64::from(weights[bias + output]));
            }
            for (feature, value) in row.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
                for output in 0..outputs {
                    add(output, f64::from(*value as f32 * weights[feature * outputs + output]));
                }
            }
        }
        Body::Trees(all) => {
            for tree in &all[..trees.min(all.len())] {
                match tree.leaf(row, forest.precision) {
                    Leaf::Value(value) => add(tree.output, *value),
                    Leaf::Vector(values) => values.iter().enumerate().for_each(|(k, value)| add(k, *value)),
                    Leaf::Linear { constant, terms, fallback } => {
                        let known = terms.iter().all(|(feature, _)| !row[*feature].is_nan());
                        let sum = terms.iter().fold(*constant, |sum, (feature, c)| sum + c * row[*feature]);
                        add(tree.output, if known { sum } else { *fallback });
                    }
                }
            }
        }
    }
    out.extend(sums);
}

impl<T: Number> Plan<T> {
    /// The plan of a forest of plain leaves; nothing where it has more nodes than fit.
    fn new(forest: &Forest, trees: &[Tree]) -> Option<Plan<T>> {
        let mut plan = Plan {
            columns: Columns::new(forest.precision),
            nodes: Vec::new(),
            values: Vec::new(),
            trees: Vec::new(),
            base: forest.base.iter().map(|base| T::from_f64(*base)).collect(),
        };
        for tree in trees {
            plan.add(tree)?;
        }
        plan.columns.seal();
        Some(plan)
    }

    fn add(&mut self, tree: &Tree) -> Option<()> {
        let leaf = Packed { threshold: T::NAN, column: 0, left: 0 };
        let start = u32::try_from(self.nodes.len()).ok()?;
        u32::try_from(self.nodes.len() + 2 * tree.nodes.len()).ok()?;
        self.nodes.push(leaf);
        self.values.push(T::from_f64(0.0));
        // (the tree's node, its place here, its depth)
        let mut todo = vec![(0, start as usize, 0)];
        let mut deepest = 0;
        while let Some((node, place, depth)) = todo.pop() {
            match &tree.nodes[node] {
                Node::Leaf { leaf, .. } => {
                    let Leaf::Value(value) = leaf else { return None };
                    self.values[place] = T::from_f64(*value);
                    self.nodes[place].left = place as u32;
                    deepest = deepest.max(depth);
                }
                Node::Split(split) => {
                    let left = self.nodes.len();
                    self.nodes.extend([leaf; 2]);
                    self.values.extend([T::from_f64(0.0); 2]);
                    let (column, threshold) = match &split.test {
                        // The ends stand for missing values, so a threshold at an end that keeps them and all others
                        // apart is a question of being missing.
                        Test::Below { threshold, .. }
                            if threshold.is_nan() && !split.missing_left
                                || *threshold == f64::NEG_INFINITY && split.missing_left =>
                        {
                            (self.columns.gap(split)?, T::from_f64(0.0))
                        }
                        Test::Below { threshold, .. } => (self.columns.of(split)?, T::threshold(*threshold)),
                        Test::Among { .. } => (self.columns.of(split)?, T::from_f64(0.0)),
                    };
                    self.nodes[place] = Packed { threshold, column, left: left as u32 };
                    todo.push((split.right, left + 1, depth + 1));
                    todo.push((split.left, left, depth + 1));
                }
            }
        }
        self.trees.push(Root { node: start, depth: deepest, output: tree.output as u32 });
        Some(())
    }

    fn margins(&self, rows: &[f64], width: usize, trees: usize, out: &mut Vec<f64>) {
        let trees = &self.trees[..trees.min(self.trees.len())];
        let mut sums = Vec::new();
        let mut columns = Vec::new();
        for block in rows.chunks(BLOCK * width) {
            let count = block.len() / width;
            columns.clear();
            block.chunks_exact(width).for_each(|row| self.columns.fill(row, &mut columns));
            sums.clear();
            (0..count).for_each(|_| sums.extend_from_slice(&self.base));
            if count < IN_FLIGHT {
                let wide = columns.len() / count.max(1);
                for (row, sums) in columns.chunks_exact(wide).zip(sums.chunks_exact_mut(self.base.len())) {
                    self.trees_at_once(trees, row, sums);
                }
            } else {
                self.rows_at_once(trees, &columns, count, &mut sums);
            }
            out.extend(sums.iter().map(|sum| sum.to_f64()));
        }
    }

    /// One row: several trees at once, their leaves added in tree order.
    fn trees_at_once(&self, trees: &[Root], row: &[T], sums: &mut [T]) {
        let nodes = &self.nodes[..];
        for group in trees.chunks(IN_FLIGHT) {
            let mut at = [0_u32; IN_FLIGHT];
            let mut depth = 0;
            for (at, root) in at.iter_mut().zip(group) {
                *at = root.node;
                depth = depth.max(root.depth);
            }
            for _ in 0..depth {
                for at in &mut at {
                    *at = step(nodes, *at, row);
                }
            }
            for (at, root) in at.iter().zip(group) {
                sums[root.output as usize] += self.values[*at as usize];
            }
        }
    }

    /// A block: tree by tree over all rows, several rows at once.
    fn rows_at_once(&self, trees: &[Root], columns: &[T], count: usize, sums: &mut [T]) {
        let nodes = &self.nodes[..];
        let (wide, outputs) = (columns.len() / count, self.base.len());
        for root in trees {
            for first in (0..count).step_by(IN_FLIGHT) {
                let rows = &columns[first * wide..(first + IN_FLIGHT).min(count) * wide];
                let mut at = [root.node; IN_FLIGHT];
                for _ in 0..root.depth {
                    for (at, row) in at.iter_mut().zip(rows.chunks_exact(wide)) {
                        *at = step(nodes, *at, row);
                    }
                }
                for (row, at) in at.iter().enumerate().take(rows.len() / wide) {
                    sums[(first + row) * outputs + root.output as usize] += self.values[*at as usize];
                }
            }
        }
    }
}

#[inline(always)]
#[allow(clippy::inline_always)] // the inner loop of everything
fn step<T: Number>(nodes: &[Packed<T>], at: u32, row: &[T]) -> u32 {
    let node = &nodes[at as usize];
    node.left + u32::from(row[node.column as usize] >= node.threshold)
}
