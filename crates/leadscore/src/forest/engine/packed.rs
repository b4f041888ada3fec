//! Trees of any depth, row by row: every split is one comparison of a virtual column with a threshold, siblings are
//! neighbours in memory, and several trees are walked at once, so that the processor overlaps their loads.

use super::RowScratch;
use super::categories::CategoryTables;
use super::float::Float;
use super::tiles::MarginRequest;
use super::virtual_columns::VirtualColumns;
use crate::forest::tree::{Leaf, Node, Test, Tree};

/// How many trees are walked at once.
const INTERLEAVED_TREES: usize = 8;

#[derive(Debug, Clone)]
pub(super) struct PackedForest<T> {
    columns: VirtualColumns,
    nodes: Vec<PackedNode<T>>,
    /// A leaf's value at its node's index.
    values: Vec<T>,
    roots: Vec<Root>,
}

#[derive(Debug, Clone, Copy)]
struct PackedNode<T> {
    /// Values from here on go right; NaN sends everything left, and so a leaf to itself.
    threshold: T,
    column: u32,
    /// The right child is the next node.
    left: u32,
}

#[derive(Debug, Clone, Copy)]
struct Root {
    node: u32,
    depth: u32,
    output: u32,
}

impl<T: Float> PackedForest<T> {
    /// The packed trees; nothing where leaves are no scalars or there are more nodes than a u32 counts.
    pub(super) fn new(trees: &[Tree], categories: &CategoryTables) -> Option<PackedForest<T>> {
        let mut packed = PackedForest {
            columns: VirtualColumns::default(),
            nodes: Vec::new(),
            values: Vec::new(),
            roots: Vec::new(),
        };
        for tree in trees {
            packed.add(tree, categories)?;
        }
        packed.columns.ensure_not_empty();
        Some(packed)
    }

    fn add(&mut self, tree: &Tree, categories: &CategoryTables) -> Option<()> {
        let leaf = PackedNode { threshold: T::NAN, column: 0, left: 0 };
        let start = u32::try_from(self.nodes.len()).ok()?;
        u32::try_from(self.nodes.len() + 2 * tree.nodes.len()).ok()?;
        self.nodes.push(leaf);
        self.values.push(T::from_f64(0.0));
        // (the tree's node, its index here, its depth)
        let mut todo = vec![(0, start as usize, 0)];
        let mut tree_depth = 0;
        while let Some((node, index, depth)) = todo.pop() {
            match &tree.nodes[node] {
                Node::Leaf { leaf, .. } => {
                    let Leaf::Value(value) = leaf else { return None };
                    self.values[index] = T::from_f64(*value);
                    self.nodes[index].left = index as u32;
                    tree_depth = tree_depth.max(depth);
                }
                Node::Split(split) => {
                    let left = self.nodes.len();
                    self.nodes.extend([leaf; 2]);
                    self.values.extend([T::from_f64(0.0); 2]);
                    let (column, threshold) = match &split.test {
                        // Missing values are infinities here, so a threshold at an infinity that separates nothing
                        // but missing values is a test for being missing.
                        Test::Numerical { threshold, .. }
                            if threshold.is_nan() && !split.default_left
                                || *threshold == f64::NEG_INFINITY && split.default_left =>
                        {
                            (self.columns.index_for_missing_test(split)?, T::from_f64(0.0))
                        }
                        Test::Numerical { threshold, .. } => {
                            (self.columns.index_for(split, categories)?, T::threshold(*threshold))
                        }
                        Test::Categorical { .. } => {
                            (self.columns.index_for(split, categories)?, T::from_f64(0.0))
                        }
                    };
                    self.nodes[index] = PackedNode { threshold, column, left: left as u32 };
                    todo.push((split.right, left + 1, depth + 1));
                    todo.push((split.left, left, depth + 1));
                }
            }
        }
        self.roots.push(Root { node: start, depth: tree_depth, output: tree.output as u32 });
        Some(())
    }

    /// Appends the margins of rows, one after another.
    pub(super) fn margins(
        &self,
        request: &MarginRequest<T>,
        rows: &[f64],
        scratch: &mut RowScratch<T>,
        out: &mut Vec<f64>,
    ) {
        let roots = &self.roots[..request.tree_count.min(self.roots.len())];
        let RowScratch { columns, places, sums, .. } = scratch;
        for row in rows.chunks_exact(request.feature_count) {
            request.conditions.categories().places(row, places);
            self.columns.fill(row, places, columns);
            sums.clear();
            sums.extend_from_slice(request.base_score);
            self.add_leaves(roots, columns, sums);
            out.extend(sums.iter().map(|sum| sum.to_f64()));
        }
    }

    /// Adds the leaves of a row in tree order; several trees are walked at once.
    fn add_leaves(&self, roots: &[Root], row: &[T], sums: &mut [T]) {
        let nodes = &self.nodes[..];
        for roots in roots.chunks(INTERLEAVED_TREES) {
            let mut at = [0_u32; INTERLEAVED_TREES];
            let mut depth = 0;
            for (at, root) in at.iter_mut().zip(roots) {
                *at = root.node;
                depth = depth.max(root.depth);
            }
            for _ in 0..depth {
                for at in &mut at {
                    *at = child(nodes, *at, row);
                }
            }
            for (at, root) in at.iter().zip(roots) {
                sums[root.output as usize] += self.values[*at as usize];
            }
        }
    }
}

#[inline(always)]
#[allow(clippy::inline_always)] // the inner loop of everything
fn child<T: Float>(nodes: &[PackedNode<T>], at: u32, row: &[T]) -> u32 {
    let node = &nodes[at as usize];
    node.left + u32::from(row[node.column as usize] >= node.threshold)
}
