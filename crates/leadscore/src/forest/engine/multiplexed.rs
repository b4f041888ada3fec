//! Many rows at once through trees of any shape, bit-sliced like [`tiles`](super::tiles), where a tree that is deep in few
//! places would have to be padded to many times its size.
//!
//! The leaves of a tree are numbered from left to right. At every node, a bit of the number of the leaf that a row ends in is
//! that bit of the right child where the node's condition holds, and that of the left child elsewhere: a multiplexer for
//! each node and bit, from the leaves up. Where all leaves below a node have a bit in common, there is none.

#![allow(clippy::inline_always)] // the caller's target features must reach the inner loops

use super::conditions::Conditions;
use super::float::Float;
use super::tiles::{
    LeafPlanes, MAX_DEPTH, MAX_LEAVES, MarginRequest, TileScratch, add_leaves_of_tile, push_margins, select,
};
use crate::forest::tree::{Leaf, Node, Tree};

/// The slots of a tree that is computed: a power of two. The child with more leaves comes first, so that as many nodes wait
/// at once as doublings make a tree of [`MAX_LEAVES`] leaves, each with its bits, beside the two constants.
const SLOTS: usize = 128;
/// The slots that are 0 and 1 for every row.
const CONSTANTS: usize = 2;

#[derive(Debug, Clone)]
pub(super) struct MultiplexedForest<T> {
    trees: Vec<MultiplexedTree>,
    steps: Vec<Multiplexer>,
    /// The leaves of all trees, padded by [`MAX_LEAVES`].
    leaves: Vec<T>,
}

#[derive(Debug, Clone)]
struct MultiplexedTree {
    output: usize,
    first_step: usize,
    /// Behind its last step.
    end: usize,
    first_leaf: usize,
    /// The slots of the bits of the leaf's number in the end, the lowest first.
    planes: [u8; MAX_DEPTH],
}

/// One bit of a node.
#[derive(Debug, Clone, Copy)]
struct Multiplexer {
    condition: u32,
    left: u8,
    right: u8,
    result: u8,
}

impl<T: Float> MultiplexedForest<T> {
    /// Nothing where a tree has more leaves than a byte counts, or leaves that are no scalars.
    pub(super) fn new(trees: &[Tree], conditions: &Conditions) -> Option<MultiplexedForest<T>> {
        let mut forest = MultiplexedForest { trees: Vec::new(), steps: Vec::new(), leaves: Vec::new() };
        for tree in trees {
            forest.add(tree, conditions)?;
        }
        forest.leaves.resize(forest.leaves.len() + MAX_LEAVES, T::from_f64(0.0));
        Some(forest)
    }

    fn add(&mut self, tree: &Tree, conditions: &Conditions) -> Option<()> {
        // Children come after their parents.
        let mut leaf_counts = vec![1; tree.nodes.len()];
        for (at, node) in tree.nodes.iter().enumerate().rev() {
            if let Node::Split(split) = node {
                leaf_counts[at] = leaf_counts[split.left] + leaf_counts[split.right];
            }
        }
        if leaf_counts[0] > MAX_LEAVES {
            return None;
        }
        let first_leaf = self.leaves.len();
        self.leaves.resize(first_leaf + leaf_counts[0], T::from_f64(0.0));
        let first_step = self.steps.len();
        let mut growth = Growth {
            tree,
            conditions,
            leaf_counts: &leaf_counts,
            steps: &mut self.steps,
            leaves: &mut self.leaves[first_leaf..],
            free: (CONSTANTS as u8..SLOTS as u8).rev().collect(),
        };
        let planes = growth.planes(0, 0)?;
        let end = self.steps.len();
        self.trees.push(MultiplexedTree { output: tree.output, first_step, end, first_leaf, planes });
        Some(())
    }

    /// The margins of up to `64 · W` rows.
    #[inline(always)]
    pub(super) fn margins_of_tile<const W: usize>(
        &self,
        request: &MarginRequest<T>,
        rows: &[f64],
        scratch: &mut TileScratch<T, W>,
        out: &mut Vec<f64>,
    ) {
        scratch.begin(request, rows);
        let TileScratch { bits, sums, .. } = scratch;
        let mut slots = [[0; W]; SLOTS];
        slots[1] = [u64::MAX; W];
        for tree in &self.trees[..request.tree_count.min(self.trees.len())] {
            for step in &self.steps[tree.first_step..tree.end] {
                let [left, right, result] =
                    [step.left, step.right, step.result].map(|slot| usize::from(slot) % SLOTS);
                slots[result] = select(&bits[step.condition as usize], &slots[left], &slots[right]);
            }
            let planes: LeafPlanes<W> = tree.planes.map(|slot| slots[usize::from(slot) % SLOTS]);
            add_leaves_of_tile(&planes, &self.leaves, tree.first_leaf, &mut sums[tree.output]);
        }
        push_margins(sums, rows.len() / request.feature_count, out);
    }
}

/// A tree that is made into steps.
struct Growth<'a, T> {
    tree: &'a Tree,
    conditions: &'a Conditions,
    /// By node.
    leaf_counts: &'a [usize],
    steps: &'a mut Vec<Multiplexer>,
    leaves: &'a mut [T],
    free: Vec<u8>,
}

impl<T: Float> Growth<'_, T> {
    /// The slots of the bits below a node, of which the leaves are numbered from `first` on.
    fn planes(&mut self, node: usize, first: usize) -> Option<[u8; MAX_DEPTH]> {
        let split = match &self.tree.nodes[node] {
            Node::Leaf { leaf: Leaf::Value(value), .. } => {
                self.leaves[first] = T::from_f64(*value);
                return Some(std::array::from_fn(|bit| (first >> bit & 1) as u8));
            }
            Node::Leaf { .. } => return None,
            Node::Split(split) => split,
        };
        let (left, right) = (split.left, split.right);
        let middle = first + self.leaf_counts[left];
        let (left, right) = if self.leaf_counts[left] >= self.leaf_counts[right] {
            let left = self.planes(left, first)?;
            (left, self.planes(right, middle)?)
        } else {
            let right = self.planes(right, middle)?;
            (self.planes(left, first)?, right)
        };
        let condition = self.conditions.condition_id(split);
        let mut planes = left;
        for (plane, (left, right)) in planes.iter_mut().zip(left.into_iter().zip(right)) {
            if left != right {
                // A step may write where it reads.
                let mut computed = [left, right].into_iter().filter(|slot| usize::from(*slot) >= CONSTANTS);
                let result = match computed.next() {
                    Some(slot) => slot,
                    None => self.free.pop()?,
                };
                self.free.extend(computed);
                self.steps.push(Multiplexer { condition, left, right, result });
                *plane = result;
            }
        }
        Some(planes)
    }
}
