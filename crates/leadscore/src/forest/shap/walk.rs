//! One tree's contributions for `R` rows in lanes, at `Q` quadrature points.

#![allow(clippy::inline_always)] // the caller's target features must reach the inner loops

use super::plan::{Kind, MOST_POINTS, Points, Step};

/// A split, and what is known of it on the way down.
#[derive(Debug, Clone, Copy)]
struct Split<'a, const Q: usize, const R: usize> {
    step: &'a Step,
    /// The product of the weight and of all factors above.
    product: [[f64; R]; Q],
    /// All bits where the row goes right.
    right: [u64; R],
    /// All bits where the row has followed the way at all splits above on the same feature.
    followed: [u64; R],
}

/// A split whose children are being visited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level<'a, const Q: usize, const R: usize> {
    split: Split<'a, Q, R>,
    /// All bits where the row follows the way to the child that is being visited.
    follows: [u64; R],
    /// What the left and the right child came to.
    below: [[[f64; R]; Q]; 2],
}

/// The root is the left child of this, with all of its cover.
static ABOVE: Step = Step { pair: [1.0; 2], ..Step::NONE };

/// Adds one walk's contributions to `phi`, feature by feature. `right` tells, with all bits, where the rows go right
/// on a question.
#[inline(always)]
pub(super) fn walk<'a, const Q: usize, const R: usize>(
    steps: &'a [Step],
    points: &Points,
    right: impl Fn(u32) -> [u64; R],
    levels: &mut Vec<Level<'a, Q, R>>,
    depth: usize,
    phi: &mut [[f64; R]],
) {
    let above = Split {
        step: &ABOVE,
        product: std::array::from_fn(|q| [points.weights[q]; R]),
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
    while let [step, behind @ ..] = rest {
        rest = behind;
        let below = if step.kind == Kind::Leaf {
            [[step.pair[0]; R]; Q]
        } else {
            let parent = &mut levels[at];
            parent.follows = parent.split.follows(step.is_right);
            let product = parent.split.product_below(step.is_right, &parent.follows, points);
            let mut followed = [u64::MAX; R];
            if step.again > 0 {
                let last = &levels[at + 1 - step.back as usize];
                followed = both(&last.split.followed, &last.follows);
            }
            let split = Split { step, product, right: right(step.question), followed };
            match (step.kind, rest) {
                (Kind::Split, _) => {
                    at += 1;
                    levels[at].split = split;
                    continue;
                }
                (Kind::Pair, [left, right_step, behind @ ..]) => {
                    rest = behind;
                    let rights = [right(left.question), right(right_step.question)];
                    let below = [
                        split.bottom_below(left, rights[0], levels, at, points, phi),
                        split.bottom_below(right_step, rights[1], levels, at, points, phi),
                    ];
                    split.over(&below, points, &mut phi[step.feature as usize])
                }
                _ => split.over_leaves(points, &mut phi[step.feature as usize]),
            }
        };
        levels[at].below[usize::from(step.is_right)] = below;
        for _ in 0..step.completes {
            let Level { split, below, .. } = &levels[at];
            let below = split.over(below, points, &mut phi[split.step.feature as usize]);
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
    fn product_below(&self, is_right: bool, follows: &[u64; R], points: &Points) -> [[f64; R]; Q] {
        let share = self.step.pair[usize::from(is_right)];
        let more: [f64; R] = std::array::from_fn(|r| keep(1.0, follows[r]) - share);
        if self.step.again == 0 {
            grid(|q, r| self.product[q][r] * (share + points.at[q] * more[r]))
        } else {
            let own = points.again[self.step.again as usize - 1].own;
            grid(|q, r| self.product[q][r] * (share + keep(own[q], self.followed[r]) * more[r]))
        }
    }

    /// What a child over two leaves comes to. The split itself is below `levels[at]`.
    #[inline(always)]
    fn bottom_below(
        &self,
        step: &Step,
        right: [u64; R],
        levels: &[Level<'_, Q, R>],
        at: usize,
        points: &Points,
        phi: &mut [[f64; R]],
    ) -> [[f64; R]; Q] {
        let follows = self.follows(step.is_right);
        let product = self.product_below(step.is_right, &follows, points);
        let followed = match step.back as usize {
            0 => [u64::MAX; R],
            1 => both(&self.followed, &follows),
            back => both(&levels[at + 2 - back].split.followed, &levels[at + 2 - back].follows),
        };
        Split { step, product, right, followed }.over_leaves(points, &mut phi[step.feature as usize])
    }

    /// What a split over two leaves comes to.
    #[inline(always)]
    fn over_leaves(&self, points: &Points, phi: &mut [f64; R]) -> [[f64; R]; Q] {
        let Step { pair: [left, right], mean, again, .. } = *self.step;
        let mut far: [f64; R] = std::array::from_fn(|r| choose(self.right[r], left, right) - mean);
        let (mut product, mut own): (_, [f64; MOST_POINTS]) = (self.product, points.at);
        if again > 0 {
            let again = &points.again[again as usize - 1];
            far = std::array::from_fn(|r| keep(far[r], self.followed[r]));
            product = grid(|q, r| product[q][r] * again.weight[q]);
            own = again.own;
        }
        let total = sum(&product);
        for r in 0..R {
            phi[r] += total[r] * far[r];
        }
        grid(|q, r| mean + own[q] * far[r])
    }

    /// What a split comes to when both children are done.
    #[inline(always)]
    fn over(&self, [left, right]: &[[[f64; R]; Q]; 2], points: &Points, phi: &mut [f64; R]) -> [[f64; R]; Q] {
        let [left_share, right_share] = self.step.pair;
        let mean: [[f64; R]; Q] = grid(|q, r| left_share * left[q][r] + right_share * right[q][r]);
        let mut far: [[f64; R]; Q] = grid(|q, r| choose(self.right[r], left[q][r], right[q][r]) - mean[q][r]);
        let (mut product, mut own) = (self.product, points.at);
        if self.step.again > 0 {
            let again = &points.again[self.step.again as usize - 1];
            far = grid(|q, r| keep(far[q][r], self.followed[r]));
            product = grid(|q, r| product[q][r] * again.weight[q]);
            own = again.own;
        }
        let part = sum::<Q, R>(&grid(|q, r| product[q][r] * far[q][r]));
        for r in 0..R {
            phi[r] += part[r];
        }
        grid(|q, r| mean[q][r] + own[q] * far[q][r])
    }
}

#[inline(always)]
fn grid<const Q: usize, const R: usize>(value: impl Fn(usize, usize) -> f64) -> [[f64; R]; Q] {
    let mut grid = [[0.0; R]; Q];
    for (q, row) in grid.iter_mut().enumerate() {
        for (r, place) in row.iter_mut().enumerate() {
            *place = value(q, r);
        }
    }
    grid
}

/// The sums over the points, from the first.
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

/// The value, or zero.
#[inline(always)]
fn keep(value: f64, bits: u64) -> f64 {
    f64::from_bits(value.to_bits() & bits)
}

#[inline(always)]
fn choose(bits: u64, clear: f64, set: f64) -> f64 {
    f64::from_bits(clear.to_bits() & !bits | set.to_bits() & bits)
}
