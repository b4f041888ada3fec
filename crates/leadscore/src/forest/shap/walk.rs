//! One tree's contributions for `R` rows in lanes, at `Q` quadrature points.

use super::plan::{Kind, Points, Step};

/// Where the walk stands: a split, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level<const Q: usize, const R: usize> {
    /// The product of the weight and of all factors above.
    product: [[f64; R]; Q],
    /// What the left and the right child came to.
    below: [[[f64; R]; Q]; 2],
    /// All bits where the row goes right.
    right: [u64; R],
    /// All bits where the row follows the way to the child that is being visited.
    follows: [u64; R],
    /// All bits where the row has followed the way at all splits above on the same feature.
    followed: [u64; R],
    shares: [f64; 2],
    feature: usize,
    again: usize,
    is_right: bool,
}

impl<const Q: usize, const R: usize> Level<Q, R> {
    /// A level above the root: the root is its left child, with all of its cover.
    const ABOVE: Self = Level {
        product: [[0.0; R]; Q],
        below: [[[0.0; R]; Q]; 2],
        right: [0; R],
        follows: [0; R],
        followed: [u64::MAX; R],
        shares: [1.0; 2],
        feature: 0,
        again: 0,
        is_right: false,
    };
}

/// Adds one walk's contributions to `phi`, feature by feature. `right` tells, with all bits, where the rows go right
/// on a question.
#[inline(always)]
#[allow(clippy::inline_always)] // the caller's target features must reach it
pub(super) fn walk<const Q: usize, const R: usize>(
    steps: &[Step],
    points: &Points,
    right: impl Fn(u32) -> [u64; R],
    levels: &mut Vec<Level<Q, R>>,
    depth: usize,
    phi: &mut [[f64; R]],
) {
    if levels.len() < depth + 1 {
        levels.resize(depth + 1, Level::ABOVE);
    }
    levels[0] = Level::ABOVE;
    levels[0].product = std::array::from_fn(|q| [points.weights[q]; R]);
    let mut at = 0;
    for step in steps {
        let side = usize::from(step.is_right);
        if step.kind == Kind::Leaf {
            levels[at].below[side] = [[step.pair[0]; R]; Q];
        } else {
            let parent = &mut levels[at];
            parent.follows = if step.is_right { parent.right } else { parent.right.map(|right| !right) };
            let product = product(parent, side, points);
            let right = right(step.question);
            let mut followed = [u64::MAX; R];
            if step.again > 0 {
                let last = &levels[at + 1 - step.back as usize];
                followed = std::array::from_fn(|r| last.followed[r] & last.follows[r]);
            }
            if step.kind == Kind::Bottom {
                let below = bottom(step, &product, &right, &followed, points, &mut phi[step.feature as usize]);
                levels[at].below[side] = below;
            } else {
                at += 1;
                let level = &mut levels[at];
                level.product = product;
                level.right = right;
                level.followed = followed;
                level.shares = step.pair;
                level.feature = step.feature as usize;
                level.again = step.again as usize;
                level.is_right = step.is_right;
            }
        }
        for _ in 0..step.completes {
            let level = &levels[at];
            let (below, side) = (complete(level, points, &mut phi[level.feature]), usize::from(level.is_right));
            at -= 1;
            levels[at].below[side] = below;
        }
    }
}

/// The product of factors under a split, for the child that is visited.
#[inline(always)]
#[allow(clippy::inline_always)] // the caller's target features must reach it
fn product<const Q: usize, const R: usize>(
    level: &Level<Q, R>,
    side: usize,
    points: &Points,
) -> [[f64; R]; Q] {
    let share = level.shares[side];
    let more: [f64; R] = std::array::from_fn(|r| keep(1.0, level.follows[r]) - share);
    let mut product = level.product;
    if level.again == 0 {
        for (product, own) in product.iter_mut().zip(points.at) {
            for (product, more) in product.iter_mut().zip(more) {
                *product *= share + own * more;
            }
        }
    } else {
        let again = &points.again[level.again - 1];
        for (product, own) in product.iter_mut().zip(again.own) {
            for r in 0..R {
                product[r] *= share + keep(own, level.followed[r]) * more[r];
            }
        }
    }
    product
}

/// What a split over two leaves comes to.
#[inline(always)]
#[allow(clippy::inline_always)] // the caller's target features must reach it
fn bottom<const Q: usize, const R: usize>(
    step: &Step,
    product: &[[f64; R]; Q],
    right: &[u64; R],
    followed: &[u64; R],
    points: &Points,
    phi: &mut [f64; R],
) -> [[f64; R]; Q] {
    let mut far: [f64; R] =
        std::array::from_fn(|r| choose(right[r], step.pair[0], step.pair[1]) - step.mean);
    let mut total = product[0];
    let own = if step.again == 0 {
        for product in &product[1..] {
            total.iter_mut().zip(product).for_each(|(total, product)| *total += product);
        }
        points.at
    } else {
        let again = &points.again[step.again as usize - 1];
        far = std::array::from_fn(|r| keep(far[r], followed[r]));
        total = total.map(|product| product * again.weight[0]);
        for (product, weight) in product[1..].iter().zip(&again.weight[1..]) {
            total.iter_mut().zip(product).for_each(|(total, product)| *total += product * weight);
        }
        again.own
    };
    for r in 0..R {
        phi[r] += total[r] * far[r];
    }
    std::array::from_fn(|q| far.map(|far| step.mean + own[q] * far))
}

/// What a split comes to when both children are done.
#[inline(always)]
#[allow(clippy::inline_always)] // the caller's target features must reach it
fn complete<const Q: usize, const R: usize>(
    level: &Level<Q, R>,
    points: &Points,
    phi: &mut [f64; R],
) -> [[f64; R]; Q] {
    let ([left, right], [left_share, right_share]) = (&level.below, level.shares);
    let mut below = [[0.0; R]; Q];
    let mut part = [0.0; R];
    for q in 0..Q {
        for r in 0..R {
            let mean = left_share * left[q][r] + right_share * right[q][r];
            let far = choose(level.right[r], left[q][r], right[q][r]) - mean;
            let (own, far, product) = if level.again == 0 {
                (points.at[q], far, level.product[q][r])
            } else {
                let again = &points.again[level.again - 1];
                (again.own[q], keep(far, level.followed[r]), level.product[q][r] * again.weight[q])
            };
            part[r] = if q == 0 { product * far } else { part[r] + product * far };
            below[q][r] = mean + own * far;
        }
    }
    for r in 0..R {
        phi[r] += part[r];
    }
    below
}

/// The value, or zero.
#[inline(always)]
#[allow(clippy::inline_always)] // the inner loop of everything
fn keep(value: f64, bits: u64) -> f64 {
    f64::from_bits(value.to_bits() & bits)
}

#[inline(always)]
#[allow(clippy::inline_always)] // the inner loop of everything
fn choose(bits: u64, clear: f64, set: f64) -> f64 {
    f64::from_bits(clear.to_bits() & !bits | set.to_bits() & bits)
}
