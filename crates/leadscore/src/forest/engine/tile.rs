//! Many rows at once, as bits: every question is answered for the whole tile, then each tree picks, with three
//! operations for 64 rows, the answers that its rows come by. Those are the bits of the leaf's number.
//!
//! Trees are full trees here: at each level, all questions from left to right, `NEVER` where the tree ends early, and
//! its leaf in every place below.

#![allow(clippy::inline_always)] // the caller's target features must reach the inner loops

use super::Number;
use super::questions::{Above, Answers, NEVER, Questions};
use crate::forest::model::{Leaf, Node, Tree};

/// Deeper trees would need more than a byte for a leaf's number.
const DEEPEST: usize = 8;
/// Columns of a row that need no check of bounds.
pub(super) const COLUMNS: usize = 512;
/// Trees walked at once for one row.
const IN_FLIGHT: usize = 8;
/// The leaves that a byte can tell apart.
const LEAVES: usize = 1 << DEEPEST;

/// The trees of a forest as full trees.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tiles<T> {
    trees: Vec<Full>,
    /// Level by level.
    asked: Vec<u32>,
    /// The same from place 1 on, for one row.
    above: Vec<Above>,
    /// The leaves of all trees. These two go on for `LEAVES` more, so that there are as many behind each tree's first.
    leaves: Vec<T>,
}

#[derive(Debug, Clone, PartialEq)]
struct Full {
    depth: usize,
    output: usize,
    asked: usize,
    leaves: usize,
}

/// What is asked of the tiles: the margins of rows of that width with the first trees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task<'a, T> {
    pub(super) questions: &'a Questions,
    pub(super) base: &'a [T],
    pub(super) trees: usize,
    pub(super) width: usize,
}

/// Buffers of a tile.
#[derive(Debug, Default)]
pub(super) struct Scratch<T, const W: usize> {
    answers: Answers<W>,
    copied: Vec<[f64; 8]>,
    chosen: Vec<[u64; W]>,
    /// For each output and word, the sums of its rows in the order that `numbers` gives.
    sums: Vec<[[T; 64]; W]>,
}

impl<T: Number> Tiles<T> {
    /// The tiles' form of a forest; nothing where a tree is too deep.
    pub(super) fn new(trees: &[Tree], questions: &Questions) -> Option<Tiles<T>> {
        let mut tiles = Tiles { trees: Vec::new(), asked: Vec::new(), above: Vec::new(), leaves: Vec::new() };
        for tree in trees {
            let depth = deepest(tree);
            if depth > DEEPEST {
                return None;
            }
            let full =
                Full { depth, output: tree.output, asked: tiles.asked.len(), leaves: tiles.leaves.len() };
            tiles.asked.resize(full.asked + (1 << depth) - 1, NEVER);
            tiles.above.resize(tiles.asked.len() + 1, Above::NEVER);
            tiles.leaves.resize(full.leaves + (1 << depth), T::from_f64(0.0));
            let mut todo = vec![(0, 0, 0)];
            while let Some((node, level, place)) = todo.pop() {
                match &tree.nodes[node] {
                    Node::Split(split) => {
                        let at = full.asked + (1 << level) - 1 + place;
                        tiles.asked[at] = questions.of(split);
                        tiles.above[at + 1] = questions.above(split)?;
                        todo.push((split.left, level + 1, 2 * place));
                        todo.push((split.right, level + 1, 2 * place + 1));
                    }
                    Node::Leaf { leaf, .. } => {
                        let Leaf::Value(value) = leaf else { return None };
                        let (first, below) = (full.leaves + (place << (depth - level)), 1 << (depth - level));
                        tiles.leaves[first..first + below].fill(T::from_f64(*value));
                    }
                }
            }
            tiles.trees.push(full);
        }
        tiles.above.resize(tiles.above.len() + LEAVES, Above::NEVER);
        tiles.leaves.resize(tiles.leaves.len() + LEAVES, T::from_f64(0.0));
        Some(tiles)
    }

    /// The margins of rows, one after another.
    pub(super) fn rows(&self, task: &Task<T>, rows: &[f64], out: &mut Vec<f64>) {
        let trees = &self.trees[..task.trees.min(self.trees.len())];
        let (mut ranks, mut sums) = (Vec::new(), Vec::new());
        for row in rows.chunks_exact(task.width) {
            task.questions.ranks(row, &mut ranks);
            sums.clear();
            sums.extend_from_slice(task.base);
            if let Ok(ranks) = <&[u16; COLUMNS]>::try_from(ranks.as_flattened()) {
                self.walk(trees, |column| ranks[usize::from(column) % COLUMNS], &mut sums);
            } else {
                self.walk(trees, |column| ranks.as_flattened()[usize::from(column)], &mut sums);
            }
            out.extend(sums.iter().map(|sum| sum.to_f64()));
        }
    }

    /// Adds the leaves of a row.
    #[inline(always)]
    fn walk(&self, trees: &[Full], rank: impl Fn(u16) -> u16, sums: &mut [T]) {
        let (whole, rest) = trees.as_chunks();
        for trees in whole {
            self.walk_some::<IN_FLIGHT>(trees, &rank, sums);
        }
        for tree in rest {
            self.walk_some(std::array::from_ref(tree), &rank, sums);
        }
    }

    /// Adds the leaves of some trees, which are walked at once. No branch depends on the row.
    #[inline(always)]
    fn walk_some<const N: usize>(&self, trees: &[Full; N], rank: &impl Fn(u16) -> u16, sums: &mut [T]) {
        let levels = trees[0].depth;
        if N > 1 && trees.iter().any(|tree| tree.depth != levels) {
            return trees.iter().for_each(|tree| self.walk_some(std::array::from_ref(tree), rank, sums));
        }
        let windows = trees.each_ref().map(|tree| window(&self.above, tree.asked));
        // The root is 1, and the children of n are 2n and 2n + 1.
        let mut at = [1; N];
        for _ in 0..levels {
            for (at, above) in at.iter_mut().zip(&windows) {
                let above = above[*at % LEAVES];
                *at = *at + *at + usize::from(above.rank < rank(above.column));
            }
        }
        let output = trees[0].output;
        let (mut sum, one) = (sums[output], trees.iter().all(|tree| tree.output == output));
        for (at, tree) in at.iter().zip(trees) {
            let leaf = self.leaves[tree.leaves + at - (1 << levels)];
            if one {
                sum += leaf;
            } else {
                sums[tree.output] += leaf;
            }
        }
        if one {
            sums[output] = sum;
        }
    }

    /// The margins of up to `64 · W` rows.
    #[inline(always)]
    pub(super) fn margins<const W: usize>(
        &self,
        task: &Task<T>,
        rows: &[f64],
        scratch: &mut Scratch<T, W>,
        out: &mut Vec<f64>,
    ) {
        let Scratch { answers, copied, chosen, sums } = scratch;
        task.questions.answer(rows, task.width, answers, copied);
        chosen.resize(LEAVES / 4, [0; W]);
        sums.clear();
        sums.extend(task.base.iter().map(|base| [[*base; 64]; W]));
        for tree in &self.trees[..task.trees.min(self.trees.len())] {
            let asked = &self.asked[tree.asked..][..(1 << tree.depth) - 1];
            let planes = tree.planes(asked, answers, chosen);
            let Some(Ok(leaves)) =
                self.leaves.get(tree.leaves..tree.leaves + LEAVES).map(<&[T; LEAVES]>::try_from)
            else {
                continue;
            };
            for (word, sums) in sums[tree.output].iter_mut().enumerate() {
                let numbers = numbers(planes.map(|plane| plane[word]));
                for (sum, number) in sums.iter_mut().zip(numbers.as_flattened()) {
                    *sum += leaves[usize::from(*number)];
                }
            }
        }
        for row in 0..rows.len() / task.width {
            let (word, bit) = (row % W, row / W);
            out.extend(sums.iter().map(|sums| sums[word][bit % 8 * 8 + bit / 8].to_f64()));
        }
    }
}

/// As many values as a tree may have, so that a byte needs no check of bounds.
#[inline(always)]
fn window<V>(values: &[V], first: usize) -> &[V; LEAVES] {
    values[first..first + LEAVES].try_into().expect("as many values as asked for")
}

impl Full {
    /// The bits of the leaves' numbers, the lowest first.
    #[inline(always)]
    fn planes<const W: usize>(
        &self,
        asked: &[u32],
        answers: &[[u64; W]],
        chosen: &mut [[u64; W]],
    ) -> [[u64; W]; DEEPEST] {
        let mut planes = [[0; W]; DEEPEST];
        let answer = |question: u32| &answers[question as usize];
        for level in 0..self.depth {
            let asked = &asked[(1 << level) - 1..][..1 << level];
            let plane = if level == 0 {
                *answer(asked[0])
            } else {
                // The first answer tells the right half from the left, the second the right quarter of it, …
                let (left, right) = asked.split_at(1 << (level - 1));
                let first = &planes[self.depth - 1];
                for ((chosen, left), right) in chosen.iter_mut().zip(left).zip(right) {
                    *chosen = choose(first, answer(*left), answer(*right));
                }
                for above in 1..level {
                    let half = 1 << (level - 1 - above);
                    let (left, right) = chosen[..2 * half].split_at_mut(half);
                    for (left, right) in left.iter_mut().zip(right) {
                        *left = choose(&planes[self.depth - 1 - above], left, right);
                    }
                }
                chosen[0]
            };
            planes[self.depth - 1 - level] = plane;
        }
        planes
    }
}

#[inline(always)]
fn choose<const W: usize>(bits: &[u64; W], clear: &[u64; W], set: &[u64; W]) -> [u64; W] {
    std::array::from_fn(|word| clear[word] ^ (clear[word] ^ set[word]) & bits[word])
}

/// Eight planes of bits as numbers: bit b's number stands at `[b % 8][b / 8]`.
///
/// In every byte column, eight bytes of eight bits are a square that is turned over its diagonal, in three steps: halves
/// change places, then quarters, then single bits.
#[inline(always)]
fn numbers(mut planes: [u64; 8]) -> [[u8; 8]; 8] {
    const STEPS: [(usize, u64); 3] =
        [(4, 0x0f0f_0f0f_0f0f_0f0f), (2, 0x3333_3333_3333_3333), (1, 0x5555_5555_5555_5555)];
    for (far, mask) in STEPS {
        for at in (0..8).filter(|at| at & far == 0) {
            let swap = (planes[at] >> far ^ planes[at + far]) & mask;
            planes[at + far] ^= swap;
            planes[at] ^= swap << far;
        }
    }
    planes.map(u64::to_le_bytes)
}

fn deepest(tree: &Tree) -> usize {
    let mut depth = vec![0; tree.nodes.len()];
    let mut deepest = 0;
    for (at, node) in tree.nodes.iter().enumerate() {
        if let Node::Split(split) = node {
            (depth[split.left], depth[split.right]) = (depth[at] + 1, depth[at] + 1);
            deepest = deepest.max(depth[at] + 1);
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_become_numbers() {
        let planes: [u64; 8] =
            std::array::from_fn(|plane| 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(2 * plane as u64 + 1));
        let numbers = numbers(planes);
        for bit in 0..64 {
            let wanted = (0..8).map(|plane| ((planes[plane] >> bit & 1) as u8) << plane).sum::<u8>();
            assert_eq!(numbers[bit % 8][bit / 8], wanted);
        }
    }
}
