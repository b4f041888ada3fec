//! A row or a few: every test becomes one comparison of a prepared column with a threshold, children lie side by side,
//! and several trees are walked at once, so that the processor has something to do while it waits.

use super::Number;
use super::columns::Columns;
use crate::forest::model::{Forest, Leaf, Node, Test, Tree};

/// How many trees are walked at once.
const IN_FLIGHT: usize = 8;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rows<T> {
    columns: Columns,
    nodes: Vec<Packed<T>>,
    /// A leaf's value at its node's place.
    values: Vec<T>,
    trees: Vec<Root>,
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

impl<T: Number> Rows<T> {
    /// The plan of a forest of plain leaves; nothing where it has more nodes than fit.
    pub(super) fn new(forest: &Forest, trees: &[Tree]) -> Option<Rows<T>> {
        let mut plan = Rows {
            columns: Columns::new(forest.precision),
            nodes: Vec::new(),
            values: Vec::new(),
            trees: Vec::new(),
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

    /// The margins of rows, one after another.
    pub(super) fn margins(&self, base: &[T], rows: &[f64], width: usize, trees: usize, out: &mut Vec<f64>) {
        let trees = &self.trees[..trees.min(self.trees.len())];
        let (mut columns, mut sums) = (Vec::new(), Vec::new());
        for row in rows.chunks_exact(width) {
            columns.clear();
            self.columns.fill(row, &mut columns);
            sums.clear();
            sums.extend_from_slice(base);
            self.trees_at_once(trees, &columns, &mut sums);
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
}

#[inline(always)]
#[allow(clippy::inline_always)] // the inner loop of everything
fn step<T: Number>(nodes: &[Packed<T>], at: u32, row: &[T]) -> u32 {
    let node = &nodes[at as usize];
    node.left + u32::from(row[node.column as usize] >= node.threshold)
}
