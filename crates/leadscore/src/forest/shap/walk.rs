//! One tree's contributions for `R` rows in lanes, at `Q` quadrature points.

#![allow(clippy::inline_always)] // the caller's target features must reach the inner loops

use super::plan::{GROUP_POINTS, QuadratureGroup, Step, StepKind};

/// A split and its state on the way down.
#[derive(Debug, Clone, Copy)]
struct Split<'a, const Q: usize, const R: usize> {
    step: &'a Step,
    /// The product of the weight and of all factors above.
    product: [[f64; R]; Q],
    /// All bits where the row goes right.
    right: [u64; R],
    /// All bits where the row has followed the path at all splits above on the same feature.
    followed: [u64; R],
}

/// A split whose children are being visited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level<'a, const Q: usize, const R: usize> {
    split: Split<'a, Q, R>,
    /// All bits where the row follows the path to the child that is being visited.
    follows: [u64; R],
    /// The sums of the left and the right child.
    below: [[[f64; R]; Q]; 2],
}

/// The root is the left child of this split, with all of its cover.
static ABOVE_ROOT: Step = Step { pair: [1.0; 2], ..Step::NONE };

/// Adds the contributions of one group of quadrature points to `phi`, feature by feature. `right` gives, by condition
/// id, all bits in the lanes of rows that go right.
#[inline(always)]
pub(super) fn walk<'a, const Q: usize, const R: usize>(
    steps: &'a [Step],
    group: &QuadratureGroup,
    right: impl Fn(u32) -> [u64; R],
    levels: &mut Vec<Level<'a, Q, R>>,
    depth: usize,
    phi: &mut [[f64; R]],
) {
    let above = Split {
        step: &ABOVE_ROOT,
        product: std::array::from_fn(|q| [group.weights[q]; R]),
        right: [0; R],
        followed: [u64::MAX; R],
    };
    let above = Level { split: above, follows: [u64::MAX; R], below: [[[0.0; R]; Q]; 2] };
    if levels.len() < depth + 1 {
        levels.resize(depth + 1, above);
    }
    levels[0] = above;
    let mut at = 0;
    let mut rest = steps;
    while let [step, following @ ..] = rest {
        rest = following;
        let below = if step.kind == StepKind::Leaf {
            [[step.pair[0]; R]; Q]
        } else {
            let parent = &mut levels[at];
            parent.follows = parent.split.follows(step.is_right);
            let product = parent.split.product_below(step.is_right, &parent.follows, group);
            let mut followed = [u64::MAX; R];
            if step.repeat > 0 {
                let last = &levels[at + 1 - step.levels_up as usize];
                followed = both(&last.split.followed, &last.follows);
            }
            let split = Split { step, product, right: right(step.condition_id), followed };
            match (step.kind, rest) {
                (StepKind::Split, _) => {
                    at += 1;
                    levels[at].split = split;
                    continue;
                }
                (StepKind::TwoLeafPairs, [left, right_step, following @ ..]) => {
                    rest = following;
                    let rights = [right(left.condition_id), right(right_step.condition_id)];
                    let below = [
                        split.leaf_pair_below(left, rights[0], levels, at, group, phi),
                        split.leaf_pair_below(right_step, rights[1], levels, at, group, phi),
                    ];
                    split.over(&below, group, &mut phi[step.feature as usize])
                }
                _ => split.over_leaves(group, &mut phi[step.feature as usize]),
            }
        };
        levels[at].below[usize::from(step.is_right)] = below;
        for _ in 0..step.completes {
            let Level { split, below, .. } = &levels[at];
            let below = split.over(below, group, &mut phi[split.step.feature as usize]);
            let side = usize::from(split.step.is_right);
            at -= 1;
            levels[at].below[side] = below;
        }
    }
}

impl<const Q: usize, const R: usize> Split<'_, Q, R> {
    #[inline(always)]
    fn follows(&self, is_right: bool) -> [u64; R] {
        let left = u64::from(is_right).wrapping_sub(1);
        self.right.map(|right| right ^ left)
    }

    /// The product of factors for a child.
    #[inline(always)]
    fn product_below(&self, is_right: bool, follows: &[u64; R], group: &QuadratureGroup) -> [[f64; R]; Q] {
        let fraction = self.step.pair[usize::from(is_right)];
        let more: [f64; R] = std::array::from_fn(|r| keep(1.0, follows[r]) - fraction);
        if self.step.repeat == 0 {
            grid(|q, r| self.product[q][r] * (fraction + group.points[q] * more[r]))
        } else {
            let slope = group.repeats[self.step.repeat as usize - 1].slope;
            grid(|q, r| self.product[q][r] * (fraction + keep(slope[q], self.followed[r]) * more[r]))
        }
    }

    /// The sum of a child over two leaves. The split itself is below `levels[at]`.
    #[inline(always)]
    fn leaf_pair_below(
        &self,
        step: &Step,
        right: [u64; R],
        levels: &[Level<'_, Q, R>],
        at: usize,
        group: &QuadratureGroup,
        phi: &mut [[f64; R]],
    ) -> [[f64; R]; Q] {
        let follows = self.follows(step.is_right);
        let product = self.product_below(step.is_right, &follows, group);
        let followed = match step.levels_up as usize {
            0 => [u64::MAX; R],
            1 => both(&self.followed, &follows),
            levels_up => {
                both(&levels[at + 2 - levels_up].split.followed, &levels[at + 2 - levels_up].follows)
            }
        };
        Split { step, product, right, followed }.over_leaves(group, &mut phi[step.feature as usize])
    }

    /// The sum of a split over two leaves.
    #[inline(always)]
    fn over_leaves(&self, group: &QuadratureGroup, phi: &mut [f64; R]) -> [[f64; R]; Q] {
        let Step { pair: [left, right], mean, repeat, .. } = *self.step;
        let mut deviation: [f64; R] = std::array::from_fn(|r| choose(self.right[r], left, right) - mean);
        let (mut product, mut slope): (_, [f64; GROUP_POINTS]) = (self.product, group.points);
        if repeat > 0 {
            let factors = &group.repeats[repeat as usize - 1];
            deviation = std::array::from_fn(|r| keep(deviation[r], self.followed[r]));
            product = grid(|q, r| product[q][r] * factors.weight[q]);
            slope = factors.slope;
        }
        let total = sum(&product);
        for r in 0..R {
            phi[r] += total[r] * deviation[r];
        }
        grid(|q, r| mean + slope[q] * deviation[r])
    }

    /// The sum of a split from those of its children.
    #[inline(always)]
    fn over(
        &self,
        [left, right]: &[[[f64; R]; Q]; 2],
        group: &QuadratureGroup,
        phi: &mut [f64; R],
    ) -> [[f64; R]; Q] {
        let [left_fraction, right_fraction] = self.step.pair;
        let mean: [[f64; R]; Q] = grid(|q, r| left_fraction * left[q][r] + right_fraction * right[q][r]);
        let mut deviation: [[f64; R]; Q] =
            grid(|q, r| choose(self.right[r], left[q][r], right[q][r]) - mean[q][r]);
        let (mut product, mut slope) = (self.product, group.points);
        if self.step.repeat > 0 {
            let factors = &group.repeats[self.step.repeat as usize - 1];
            deviation = grid(|q, r| keep(deviation[q][r], self.followed[r]));
            product = grid(|q, r| product[q][r] * factors.weight[q]);
            slope = factors.slope;
        }
        let part = sum::<Q, R>(&grid(|q, r| product[q][r] * deviation[q][r]));
        for r in 0..R {
            phi[r] += part[r];
        }
        grid(|q, r| mean[q][r] + slope[q] * deviation[q][r])
    }
}

#[inline(always)]
fn grid<const Q: usize, const R: usize>(value: impl Fn(usize, usize) -> f64) -> [[f64; R]; Q] {
    let mut grid = [[0.0; R]; Q];
    for (q, row) in grid.iter_mut().enumerate() {
        for (r, cell) in row.iter_mut().enumerate() {
            *cell = value(q, r);
        }
    }
    grid
}

/// The sums over the quadrature points, from the first.
#[inline(always)]
fn sum<const Q: usize, const R: usize>(grid: &[[f64; R]; Q]) -> [f64; R] {
    let mut sum = grid[0];
    for row in &grid[1..] {
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    sum
}

#[inline(always)]
fn both<const R: usize>(a: &[u64; R], b: &[u64; R]) -> [u64; R] {
    std::array::from_fn(|r| a[r] & b[r])
}

/// The value where all bits are set, zero where none is.
#[inline(always)]
fn keep(value: f64, bits: u64) -> f64 {
    f64::from_bits(value.to_bits() & bits)
}

#[inline(always)]
fn choose(bits: u64, clear: f64, set: f64) -> f64 {
    f64::from_bits(clear.to_bits() & !bits | set.to_bits() & bits)
}
