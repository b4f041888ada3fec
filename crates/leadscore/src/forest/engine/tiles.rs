//! Many rows at once, bit-sliced: every condition is evaluated for the whole tile, then each tree selects, with three
//! bit operations for 64 rows, the condition bits on the rows' paths. These are the bits of the leaf index.
//!
//! Trees are complete here. At each level they have all conditions from left to right, `ALWAYS_LEFT` where the tree ends
//! early, and an early leaf fills all leaf positions below it.

#![allow(clippy::inline_always)] // the caller's target features must reach the inner loops

use super::RowScratch;
use super::conditions::{ALWAYS_LEFT, ConditionBits, Conditions, MIN_RANKS, RankTest, TileValues};
use super::float::Float;
use crate::forest::tree::{Leaf, Node, Tree};

/// A leaf index is a byte.
pub(super) const MAX_DEPTH: usize = 8;
pub(super) const MAX_LEAVES: usize = 1 << MAX_DEPTH;
/// Trees walked at once for one row, so that the processor overlaps their loads.
const INTERLEAVED_TREES: usize = 8;

/// The trees of a model as complete trees.
#[derive(Debug, Clone)]
pub(super) struct TileForest<T> {
    trees: Vec<CompleteTree>,
    /// Tree by tree, level by level.
    condition_ids: Vec<u32>,
    /// The same conditions for a single row, as a heap: the root is at 1 and the children of n are at 2n and 2n + 1.
    rank_tests: Vec<RankTest>,
    /// The leaves of all trees. This and `rank_tests` are padded by `MAX_LEAVES`, so that a byte added to a tree's first
    /// index is always in range.
    leaves: Vec<T>,
}

#[derive(Debug, Clone)]
struct CompleteTree {
    depth: usize,
    output: usize,
    first_condition: usize,
    first_leaf: usize,
}

/// Inputs of one margin computation.
#[derive(Debug, Clone, Copy)]
pub(super) struct MarginRequest<'a, T> {
    pub(super) conditions: &'a Conditions,
    pub(super) base_score: &'a [T],
    /// How many trees, from the first, are summed.
    pub(super) tree_count: usize,
    /// The width of a row.
    pub(super) feature_count: usize,
}

/// Buffers of a tile.
#[derive(Debug, Default)]
pub(super) struct TileScratch<T, const W: usize> {
    pub(super) bits: ConditionBits<W>,
    values: TileValues<W>,
    selected: Vec<[u64; W]>,
    /// For each output and word the sums of its rows, in the order of `leaf_indices`.
    pub(super) sums: Vec<[[T; 64]; W]>,
}

/// Bit planes of the leaf indices of a tile's rows, the lowest bit first.
pub(super) type LeafPlanes<const W: usize> = [[u64; W]; MAX_DEPTH];

impl<T: Float, const W: usize> TileScratch<T, W> {
    /// Evaluates the conditions of a tile's rows, whose sums begin with the base score.
    #[inline(always)]
    pub(super) fn begin(&mut self, request: &MarginRequest<T>, rows: &[f64]) {
        request.conditions.evaluate_tile(rows, request.feature_count, &mut self.bits, &mut self.values);
        self.sums.clear();
        self.sums.extend(request.base_score.iter().map(|base| [[*base; 64]; W]));
    }
}

impl<T: Float> TileForest<T> {
    /// The complete trees of a model; nothing where a tree is too deep or has leaves that are no scalars.
    pub(super) fn new(trees: &[Tree], conditions: &Conditions) -> Option<TileForest<T>> {
        let mut tiles = TileForest {
            trees: Vec::new(),
            condition_ids: Vec::new(),
            rank_tests: Vec::new(),
            leaves: Vec::new(),
        };
        for tree in trees {
            tiles.add(tree, conditions)?;
        }
        tiles.rank_tests.resize(tiles.rank_tests.len() + MAX_LEAVES, RankTest::ALWAYS_LEFT);
        tiles.leaves.resize(tiles.leaves.len() + MAX_LEAVES, T::from_f64(0.0));
        Some(tiles)
    }

    fn add(&mut self, tree: &Tree, conditions: &Conditions) -> Option<()> {
        let depth = depth(tree);
        if depth > MAX_DEPTH {
            return None;
        }
        let complete = CompleteTree {
            depth,
            output: tree.output,
            first_condition: self.condition_ids.len(),
            first_leaf: self.leaves.len(),
        };
        self.condition_ids.resize(complete.first_condition + (1 << depth) - 1, ALWAYS_LEFT);
        self.rank_tests.resize(self.condition_ids.len() + 1, RankTest::ALWAYS_LEFT);
        self.leaves.resize(complete.first_leaf + (1 << depth), T::from_f64(0.0));
        // (node, its level, its index within the level)
        let mut todo = vec![(0, 0, 0)];
        while let Some((node, level, index)) = todo.pop() {
            match &tree.nodes[node] {
                Node::Split(split) => {
                    let at = complete.first_condition + (1 << level) - 1 + index;
                    self.condition_ids[at] = conditions.condition_id(split);
                    self.rank_tests[at + 1] = conditions.rank_test(split)?;
                    todo.push((split.left, level + 1, 2 * index));
                    todo.push((split.right, level + 1, 2 * index + 1));
                }
                Node::Leaf { leaf, .. } => {
                    let Leaf::Value(value) = leaf else { return None };
                    let below = depth - level;
                    let first = complete.first_leaf + (index << below);
                    self.leaves[first..first + (1 << below)].fill(T::from_f64(*value));
                }
            }
        }
        self.trees.push(complete);
        Some(())
    }

    /// The margins of rows, one after another.
    pub(super) fn margins_by_row(
        &self,
        request: &MarginRequest<T>,
        rows: &[f64],
        scratch: &mut RowScratch<T>,
        out: &mut Vec<f64>,
    ) {
        let trees = &self.trees[..request.tree_count.min(self.trees.len())];
        let RowScratch { ranks, sums, .. } = scratch;
        for row in rows.chunks_exact(request.feature_count) {
            request.conditions.ranks(row, ranks);
            sums.clear();
            sums.extend_from_slice(request.base_score);
            if let Ok(ranks) = <&[u16; MIN_RANKS]>::try_from(ranks.as_flattened()) {
                self.add_leaves(trees, |column| ranks[usize::from(column) % MIN_RANKS], sums);
            } else {
                self.add_leaves(trees, |column| ranks.as_flattened()[usize::from(column)], sums);
            }
            out.extend(sums.iter().map(|sum| sum.to_f64()));
        }
    }

    /// Adds the leaves of a row in tree order.
    #[inline(always)]
    fn add_leaves(&self, trees: &[CompleteTree], rank: impl Fn(u16) -> u16, sums: &mut [T]) {
        let (groups, rest) = trees.as_chunks();
        for trees in groups {
            self.add_interleaved::<INTERLEAVED_TREES>(trees, &rank, sums);
        }
        for tree in rest {
            self.add_interleaved(std::array::from_ref(tree), &rank, sums);
        }
    }

    /// Adds the leaves of some trees, which are walked level by level together. No branch depends on the row.
    #[inline(always)]
    fn add_interleaved<const N: usize>(
        &self,
        trees: &[CompleteTree; N],
        rank: &impl Fn(u16) -> u16,
        sums: &mut [T],
    ) {
        let depth = trees[0].depth;
        if N > 1 && trees.iter().any(|tree| tree.depth != depth) {
            return trees
                .iter()
                .for_each(|tree| self.add_interleaved(std::array::from_ref(tree), rank, sums));
        }
        let heaps = trees.each_ref().map(|tree| heap(&self.rank_tests, tree.first_condition));
        let mut nodes = [1; N];
        for _ in 0..depth {
            for (node, heap) in nodes.iter_mut().zip(&heaps) {
                let test = heap[*node % MAX_LEAVES];
                *node = *node + *node + usize::from(test.rank < rank(test.column));
            }
        }
        let output = trees[0].output;
        let (mut sum, one_output) = (sums[output], trees.iter().all(|tree| tree.output == output));
        for (node, tree) in nodes.iter().zip(trees) {
            let leaf = self.leaves[tree.first_leaf + node - (1 << depth)];
            if one_output {
                sum += leaf;
            } else {
                sums[tree.output] += leaf;
            }
        }
        if one_output {
            sums[output] = sum;
        }
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
        let TileScratch { bits, selected, sums, .. } = scratch;
        selected.resize(MAX_LEAVES / 4, [0; W]);
        for tree in &self.trees[..request.tree_count.min(self.trees.len())] {
            let ids = &self.condition_ids[tree.first_condition..][..(1 << tree.depth) - 1];
            let planes = tree.leaf_index_planes(ids, bits, selected);
            add_leaves_of_tile(&planes, &self.leaves, tree.first_leaf, &mut sums[tree.output]);
        }
        push_margins(sums, rows.len() / request.feature_count, out);
    }
}

/// Adds to each row's sum the leaf of its index; those of a tree begin at `first`.
#[inline(always)]
pub(super) fn add_leaves_of_tile<T: Float, const W: usize>(
    planes: &LeafPlanes<W>,
    leaves: &[T],
    first: usize,
    sums: &mut [[T; 64]; W],
) {
    let own = leaves.get(first..first + MAX_LEAVES).map(<&[T; MAX_LEAVES]>::try_from);
    let Some(Ok(leaves)) = own else { return };
    for (word, sums) in sums.iter_mut().enumerate() {
        let indices = leaf_indices(planes.map(|plane| plane[word]));
        for (sum, index) in sums.iter_mut().zip(indices.as_flattened()) {
            *sum += leaves[usize::from(*index)];
        }
    }
}

/// Appends the sums of a tile's rows, row after row.
#[inline(always)]
pub(super) fn push_margins<T: Float, const W: usize>(
    sums: &[[[T; 64]; W]],
    row_count: usize,
    out: &mut Vec<f64>,
) {
    for row in 0..row_count {
        let (word, bit) = (row % W, row / W);
        out.extend(sums.iter().map(|sums| sums[word][bit % 8 * 8 + bit / 8].to_f64()));
    }
}

/// As many entries as the largest tree has, so that a byte index needs no bounds check.
#[inline(always)]
fn heap<V>(values: &[V], first: usize) -> &[V; MAX_LEAVES] {
    values[first..first + MAX_LEAVES].try_into().expect("a slice of the array's length")
}

impl CompleteTree {
    #[inline(always)]
    fn leaf_index_planes<const W: usize>(
        &self,
        condition_ids: &[u32],
        bits: &[[u64; W]],
        selected: &mut [[u64; W]],
    ) -> LeafPlanes<W> {
        let mut planes = [[0; W]; MAX_DEPTH];
        let bits_of = |id: u32| &bits[id as usize];
        for level in 0..self.depth {
            let ids = &condition_ids[(1 << level) - 1..][..1 << level];
            let plane = if level == 0 {
                *bits_of(ids[0])
            } else {
                // A multiplexer: the root's bit selects between left and right half, the next bit between its quarters…
                let (left, right) = ids.split_at(1 << (level - 1));
                let root = &planes[self.depth - 1];
                for ((selected, left), right) in selected.iter_mut().zip(left).zip(right) {
                    *selected = select(root, bits_of(*left), bits_of(*right));
                }
                for above in 1..level {
                    let half = 1 << (level - 1 - above);
                    let (left, right) = selected[..2 * half].split_at_mut(half);
                    for (left, right) in left.iter_mut().zip(right) {
                        *left = select(&planes[self.depth - 1 - above], left, right);
                    }
                }
                selected[0]
            };
            planes[self.depth - 1 - level] = plane;
        }
        planes
    }
}

/// Bit by bit `right` where `bits` is set, else `left`.
#[inline(always)]
pub(super) fn select<const W: usize>(bits: &[u64; W], left: &[u64; W], right: &[u64; W]) -> [u64; W] {
    std::array::from_fn(|word| left[word] ^ (left[word] ^ right[word]) & bits[word])
}

/// Transposes eight bit planes into bytes: the byte of bit b is at `[b % 8][b / 8]`.
///
/// In every byte column, eight bytes are an 8×8 bit matrix; it is transposed in three steps, which exchange blocks of
/// four, then two, then one (Warren, *Hacker's Delight*, 7-3).
#[inline(always)]
fn leaf_indices(mut planes: [u64; 8]) -> [[u8; 8]; 8] {
    const STEPS: [(usize, u64); 3] =
        [(4, 0x0f0f_0f0f_0f0f_0f0f), (2, 0x3333_3333_3333_3333), (1, 0x5555_5555_5555_5555)];
    for (distance, mask) in STEPS {
        for at in (0..8).filter(|at| at & distance == 0) {
            let swap = (planes[at] >> distance ^ planes[at + distance]) & mask;
            planes[at + distance] ^= swap;
            planes[at] ^= swap << distance;
        }
    }
    planes.map(u64::to_le_bytes)
}

fn depth(tree: &Tree) -> usize {
    let mut levels = vec![0; tree.nodes.len()];
    let mut depth = 0;
    for (node, kind) in tree.nodes.iter().enumerate() {
        if let Node::Split(split) = kind {
            (levels[split.left], levels[split.right]) = (levels[node] + 1, levels[node] + 1);
            depth = depth.max(levels[node] + 1);
        }
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_become_leaf_indices() {
        let planes: [u64; 8] =
            std::array::from_fn(|plane| 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(2 * plane as u64 + 1));
        let indices = leaf_indices(planes);
        for bit in 0..64 {
            let expected = (0..8).map(|plane| ((planes[plane] >> bit & 1) as u8) << plane).sum::<u8>();
            assert_eq!(indices[bit % 8][bit / 8], expected);
        }
    }
}
