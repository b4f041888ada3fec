//! The split of a node that gains most.

use super::bins::{Binning, Bins};
use super::histogram::{Sums, add, subtract};
use super::options::{Boosting, Direction};

/// A set of bins.
pub(super) type BinSet = [u64; 4];

/// A way to part a node's rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub(super) gain: f64,
    pub(super) column: usize,
    pub(super) test: BinTest,
    pub(super) left: Sums,
    pub(super) right: Sums,
    /// The leaves' values, were the children leaves; not shrunk.
    pub(super) values: [f64; 2],
    /// What was added to `l2` for these.
    pub(super) extra_l2: f64,
}

/// Which bins go left.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum BinTest {
    /// Those up to this one, and the one for missing if `missing_left`.
    UpTo { bin: u8, missing_left: bool },
    /// All but these; the bin for missing is none of them.
    AllBut(BinSet),
}

/// What is asked of the splits of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The hessian's sum that stands for one row of weight 1.
    pub(super) hessian_of_row: f64,
    /// Between which values the leaves below must lie.
    pub(super) bounds: [f64; 2],
}

impl Limits {
    /// Whether a bin has rows here: more than the rounding of subtracted sums leaves behind.
    fn occur(&self, sums: &Sums) -> bool {
        sums[1] > 1e-6 * self.hessian_of_row
    }
}

impl BinTest {
    /// Whether a bin goes left; `missing` is the column's bin for missing values.
    pub(super) fn goes_left(&self, bin: u8, missing: usize) -> bool {
        match self {
            BinTest::UpTo { bin: last, missing_left } => {
                if usize::from(bin) == missing {
                    *missing_left
                } else {
                    bin <= *last
                }
            }
            BinTest::AllBut(set) => !contains(set, bin),
        }
    }
}

impl BinTest {
    /// For every bin whether it goes left.
    pub(super) fn table(&self, missing: usize) -> [bool; 256] {
        std::array::from_fn(|bin| self.goes_left(bin as u8, missing))
    }
}

pub(super) fn contains(set: &BinSet, bin: u8) -> bool {
    set[usize::from(bin) / 64] >> (bin % 64) & 1 == 1
}

pub(super) fn insert(set: &mut BinSet, bin: u8) {
    set[usize::from(bin) / 64] |= 1 << (bin % 64);
}

/// Compares the splits of one node.
struct Search<'a> {
    options: &'a Boosting,
    limits: Limits,
    sum: Sums,
    direction: Option<Direction>,
    column: usize,
    /// The loss that the node as a leaf takes away, and the least gain.
    floor: f64,
    /// What the children have to take away for a split to be looked at.
    wanted: f64,
    best: Option<Candidate>,
}

impl Boosting {
    /// The best value of a leaf, within bounds.
    pub(super) fn leaf_value(&self, sums: Sums, extra_l2: f64, bounds: [f64; 2]) -> f64 {
        let drawn = (sums[0].abs() - self.l1).max(0.0).copysign(sums[0]);
        let value = -drawn / (sums[1] + self.l2 + extra_l2).max(f64::MIN_POSITIVE);
        let value = if self.max_step > 0.0 { value.clamp(-self.max_step, self.max_step) } else { value };
        value.clamp(bounds[0], bounds[1])
    }

    /// By how much a leaf of this value lowers the loss, twice.
    fn taken(&self, sums: Sums, value: f64, extra_l2: f64) -> f64 {
        -(2.0 * sums[0] * value
            + (sums[1] + self.l2 + extra_l2) * value * value
            + 2.0 * self.l1 * value.abs())
    }
}

/// The best split of a node, of `best` and those of some columns, whose sums are in the part of a histogram from the place `begin` on; the
/// first of equal ones.
#[expect(clippy::too_many_arguments, reason = "what is asked, of what, and where")]
pub(super) fn best_split(
    best: Option<Candidate>,
    options: &Boosting,
    bins: &Bins,
    directions: &[Option<Direction>],
    (histogram, begin): (&[Sums], usize),
    sum: Sums,
    columns: &[u32],
    limits: Limits,
) -> Option<Candidate> {
    let value = options.leaf_value(sum, 0.0, limits.bounds);
    let floor = options.taken(sum, value, 0.0) + options.min_gain.max(1e-9);
    let wanted = a_little_below(floor + best.as_ref().map_or(0.0, |best| best.gain));
    let mut search = Search { options, limits, sum, direction: None, column: 0, floor, wanted, best };
    for column in columns {
        let column = *column as usize;
        search.column = column;
        search.direction = directions[column];
        let own = &histogram[bins.range(column, begin)];
        let (missing, values) = own.split_last().expect("every column has a bin for missing values");
        match &bins.columns[column] {
            Binning::Cuts(_) => search.numbers(values, *missing),
            Binning::Levels { .. } => search.levels(values, *missing),
        }
    }
    search.best
}

/// For the rounding of two ways to the same number.
fn a_little_below(number: f64) -> f64 {
    number - 1e-9 * number.abs()
}

impl Search<'_> {
    fn numbers(&mut self, values: &[Sums], missing: Sums) {
        let has_missing = self.limits.occur(&missing);
        // Without missing values the last bin parts nothing; with them it parts these from all others.
        let ends = if has_missing { values.len() } else { values.len().saturating_sub(1) };
        let mut left = [0.0; 2];
        for (bin, sums) in values[..ends].iter().enumerate() {
            left = add(left, *sums);
            if self.may_gain(left) {
                let right = subtract(self.sum, left);
                // Where none is missing, one that comes later goes with the heavier side.
                let missing_left = !has_missing && left[1] >= right[1];
                self.offer(left, right, 0.0, || BinTest::UpTo { bin: bin as u8, missing_left });
            }
        }
        if has_missing {
            let mut left = missing;
            for (bin, sums) in values[..values.len().saturating_sub(1)].iter().enumerate() {
                left = add(left, *sums);
                if self.may_gain(left) {
                    let right = subtract(self.sum, left);
                    self.offer(left, right, 0.0, || BinTest::UpTo { bin: bin as u8, missing_left: true });
                }
            }
        }
    }

    /// Whether a split could be the best, by the gain of leaves without limits: limits only lower it. Few splits pass, and
    /// this is cheaper than [`Search::offer`]: a/b + c/d > e as a·d + c·b > e·b·d.
    fn may_gain(&self, left: Sums) -> bool {
        let right = subtract(self.sum, left);
        let (left_weight, right_weight) = (left[1] + self.options.l2, right[1] + self.options.l2);
        let taken = left[0] * left[0] * right_weight + right[0] * right[0] * left_weight;
        taken >= self.wanted * (left_weight * right_weight)
    }

    fn levels(&mut self, values: &[Sums], missing: Sums) {
        let enough = self.options.category_smoothing * self.limits.hessian_of_row;
        let smoothing = enough.max(f64::MIN_POSITIVE);
        let present = values.iter().chain([&missing]).filter(|sums| self.limits.occur(sums)).count();
        if present < 2 {
            return;
        }
        let all = || values.iter().chain([&missing]).enumerate().map(|(bin, sums)| (bin as u8, *sums));
        if present <= 4 {
            let present: Vec<(u8, Sums)> = all().filter(|(_, sums)| self.limits.occur(sums)).collect();
            for (bin, sums) in present {
                self.offer_set(&[bin], sums, values, missing, 0.0);
            }
            return;
        }
        // Those with too few rows are not told apart from the rest.
        let mut order: Vec<(u8, Sums)> =
            all().filter(|(_, sums)| sums[1] >= enough && self.limits.occur(sums)).collect();
        let key = |sums: &Sums| sums[0] / (sums[1] + smoothing);
        order.sort_by(|a, b| key(&a.1).total_cmp(&key(&b.1)).then(a.0.cmp(&b.0)));
        let most = self.options.max_split_categories.min(order.len().div_ceil(2));
        for backwards in [false, true] {
            if backwards {
                order.reverse();
            }
            let mut held = [0.0; 2];
            let mut members = Vec::with_capacity(most);
            for (bin, sums) in order.iter().take(most) {
                held = add(held, *sums);
                members.push(*bin);
                self.offer_set(&members, held, values, missing, self.options.category_l2);
            }
        }
    }

    /// Some bins against all others of the node. Missing values and levels that come later go left: where none is
    /// missing here, with the heavier side.
    fn offer_set(&mut self, members: &[u8], held: Sums, values: &[Sums], missing: Sums, extra_l2: f64) {
        let rest = subtract(self.sum, held);
        let members_left =
            members.contains(&(values.len() as u8)) || (!self.limits.occur(&missing) && held[1] > rest[1]);
        let limits = self.limits;
        let set = || {
            let goes_right =
                |bin: &u8| members.contains(bin) != members_left && limits.occur(&values[usize::from(*bin)]);
            let mut set = BinSet::default();
            (0..values.len() as u8).filter(goes_right).for_each(|bin| insert(&mut set, bin));
            BinTest::AllBut(set)
        };
        let (left, right) = if members_left { (held, rest) } else { (rest, held) };
        self.offer(left, right, extra_l2, set);
    }

    fn offer(&mut self, left: Sums, right: Sums, extra_l2: f64, test: impl FnOnce() -> BinTest) {
        let options = self.options;
        let rows = options.min_child_rows * self.limits.hessian_of_row;
        let least = options.min_child_weight.max(rows).max(f64::MIN_POSITIVE);
        if left[1] < least || right[1] < least {
            return;
        }
        let values = [left, right].map(|sums| options.leaf_value(sums, extra_l2, self.limits.bounds));
        let wrong_way = match self.direction {
            Some(Direction::Rising) => values[0] > values[1],
            Some(Direction::Falling) => values[0] < values[1],
            None => false,
        };
        if wrong_way {
            return;
        }
        let taken = options.taken(left, values[0], extra_l2) + options.taken(right, values[1], extra_l2);
        let gain = taken - self.floor;
        if gain > self.best.as_ref().map_or(0.0, |best| best.gain) {
            self.wanted = a_little_below(self.floor + gain);
            let column = self.column;
            self.best = Some(Candidate { gain, column, test: test(), left, right, values, extra_l2 });
        }
    }
}
