//! What expressions are for a row, or for many rows at once.
//!
//! Columns come as arrays of `N` values, one for each row. With one row that is a plain walk over the expression; with
//! many, one walk does for all of them, and the inner loops have a fixed length that the compiler turns into vector
//! instructions. It is the same code, so the bits are the same.

use super::{Bound, Case, Choice, ColumnRef, Condition, Value};
use crate::math;

/// How many rows expressions are worked out for at once: the columns of a schema stay in the processor's first cache.
pub(crate) const ROWS: usize = 64;

/// Fewer rows are cheaper one by one.
pub(crate) const FEW_ROWS: usize = 12;

const TRUE: f64 = Condition::TRUE;
const FALSE: f64 = Condition::FALSE;
/// Like a missing value, and like it to be asked for with `is_nan`.
const UNKNOWN: f64 = f64::NAN;

impl Value {
    /// The value for a row; NaN where it is missing.
    #[inline]
    pub(crate) fn evaluate(&self, row: &[f64]) -> f64 {
        let [value] = self.evaluate_rows(single(row));
        value
    }

    /// The values for as many rows as the columns have.
    #[inline]
    pub(crate) fn evaluate_rows<const N: usize>(&self, columns: &[[f64; N]]) -> [f64; N] {
        match self {
            Value::Number(number) => [*number; N],
            Value::Column(column) => columns[column.index],
            _ => self.evaluate_parts(columns),
        }
    }

    fn evaluate_parts<const N: usize>(&self, columns: &[[f64; N]]) -> [f64; N] {
        let all = |part: &Value| part.evaluate_rows(columns);
        match self {
            Value::Number(_) | Value::Column(_) => self.evaluate_rows(columns),
            Value::Sum(parts) => fold(parts, [0.0; N], columns, |sum, part| sum + part),
            Value::Product(parts) => fold(parts, [1.0; N], columns, |product, part| product * part),
            Value::Ratio(pair) => {
                zip(
                    all(&pair.0),
                    all(&pair.1),
                    |over, under| if under == 0.0 { f64::NAN } else { over / under },
                )
            }
            Value::Min(parts) => extreme(parts, columns, |a, b| if b < a { b } else { a }),
            Value::Max(parts) => extreme(parts, columns, |a, b| if b > a { b } else { a }),
            Value::First(parts) => {
                let mut found = [f64::NAN; N];
                for part in parts {
                    found = zip(found, all(part), |found, next| if found.is_nan() { next } else { found });
                    if !found.iter().any(|value| value.is_nan()) {
                        break;
                    }
                }
                found
            }
            Value::Round(part) => all(part).map(f64::round),
            Value::Floor(part) => all(part).map(f64::floor),
            Value::HalfLife(age, half_life) => {
                all(age).map(|age| if age.is_nan() { age } else { math::half_life(age, *half_life) })
            }
            Value::Choice(choice) => choice.evaluate_rows(columns),
        }
    }
}

impl Choice<Value> {
    fn evaluate_rows<const N: usize>(&self, columns: &[[f64; N]]) -> [f64; N] {
        if N == 1 {
            let chosen = self.select(columns.as_flattened());
            return chosen.map_or([f64::NAN; N], |value| value.evaluate_rows(columns));
        }
        // Later branches first: where several hold, the first one is written last.
        match self {
            Choice::Map { column, branches, otherwise } => {
                let codes = columns[column.index];
                let mut chosen = otherwise.evaluate_rows(columns);
                for branch in branches.iter().rev() {
                    let then = branch.then.evaluate_rows(columns);
                    for ((chosen, then), code) in chosen.iter_mut().zip(then).zip(codes) {
                        *chosen = if code == branch.code { then } else { *chosen };
                    }
                }
                zip(codes, chosen, |code, chosen| if code.is_nan() { f64::NAN } else { chosen })
            }
            Choice::Cases { cases, otherwise } => {
                let mut chosen = otherwise.evaluate_rows(columns);
                for Case { when, then } in cases.iter().rev() {
                    let then = then.evaluate_rows(columns);
                    for ((chosen, then), holds) in
                        chosen.iter_mut().zip(then).zip(when.evaluate_rows(columns))
                    {
                        *chosen = if holds == TRUE { then } else { *chosen };
                    }
                }
                chosen
            }
        }
    }
}

impl<T> Choice<T> {
    /// The branch for a row; none where the category is missing.
    pub(crate) fn select(&self, row: &[f64]) -> Option<&T> {
        match self {
            Choice::Map { column, branches, otherwise } => {
                let code = row[column.index];
                if code.is_nan() {
                    return None;
                }
                let branch = branches.iter().find(|branch| branch.code == code);
                Some(branch.map_or(otherwise, |branch| &branch.then))
            }
            Choice::Cases { cases, otherwise } => {
                let hit = cases.iter().find(|case| case.when.evaluate(row) == Some(true));
                Some(hit.map_or(otherwise, |case| &case.then))
            }
        }
    }
}

impl Condition {
    /// What [`Condition::evaluate_rows`] gives where it holds.
    pub(crate) const TRUE: f64 = 1.0;
    /// What it gives where it does not.
    pub(crate) const FALSE: f64 = 0.0;

    /// Whether it holds for a row; none where a missing value leaves that open.
    pub(crate) fn evaluate(&self, row: &[f64]) -> Option<bool> {
        let [holds] = self.evaluate_rows(single(row));
        (!holds.is_nan()).then_some(holds == TRUE)
    }

    /// For as many rows as the columns have: [`Condition::TRUE`], [`Condition::FALSE`], or NaN where a missing value leaves
    /// it open.
    pub(crate) fn evaluate_rows<const N: usize>(&self, columns: &[[f64; N]]) -> [f64; N] {
        match self {
            Condition::Flag(column) => known(column.evaluate_rows(columns), |value| value != 0.0),
            Condition::Compare { value, limits } => {
                let values = value.evaluate_rows(columns);
                let mut all = values.map(|value| if value.is_nan() { UNKNOWN } else { TRUE });
                for limit in limits {
                    let number = limit.number;
                    all = match limit.bound {
                        Bound::AtLeast => {
                            zip(all, values, |all, value| if value >= number { all } else { all * FALSE })
                        }
                        Bound::Over => {
                            zip(all, values, |all, value| if value > number { all } else { all * FALSE })
                        }
                        Bound::AtMost => {
                            zip(all, values, |all, value| if value <= number { all } else { all * FALSE })
                        }
                        Bound::Under => {
                            zip(all, values, |all, value| if value < number { all } else { all * FALSE })
                        }
                    };
                }
                all
            }
            Condition::Is { value, member } => {
                known(value.evaluate_rows(columns), |value| member.code == value)
            }
            Condition::In { value, members } => {
                known(value.evaluate_rows(columns), |value| members.iter().any(|member| member.code == value))
            }
            Condition::Missing(column) => column.evaluate_rows(columns).map(|value| flag(value.is_nan())),
            Condition::All(parts) => three_valued(parts, columns, FALSE),
            Condition::Any(parts) => three_valued(parts, columns, TRUE),
            Condition::Not(part) => part.evaluate_rows(columns).map(|holds| TRUE - holds),
        }
    }
}

impl ColumnRef {
    fn evaluate_rows<const N: usize>(&self, columns: &[[f64; N]]) -> [f64; N] {
        columns[self.index]
    }
}

/// A row as columns of one value.
fn single(row: &[f64]) -> &[[f64; 1]] {
    row.as_chunks().0
}

/// What is true of values, unknown where they are missing.
#[inline]
fn known<const N: usize>(values: [f64; N], holds: impl Fn(f64) -> bool) -> [f64; N] {
    values.map(|value| if value.is_nan() { UNKNOWN } else { flag(holds(value)) })
}

fn flag(holds: bool) -> f64 {
    if holds { TRUE } else { FALSE }
}

#[inline]
fn zip<const N: usize>(mut a: [f64; N], b: [f64; N], combine: impl Fn(f64, f64) -> f64) -> [f64; N] {
    for (a, b) in a.iter_mut().zip(b) {
        *a = combine(*a, b);
    }
    a
}

#[inline]
fn fold<const N: usize>(
    parts: &[Value],
    start: [f64; N],
    columns: &[[f64; N]],
    combine: impl Fn(f64, f64) -> f64,
) -> [f64; N] {
    parts.iter().fold(start, |total, part| zip(total, part.evaluate_rows(columns), &combine))
}

/// The smallest or largest of some values; missing as soon as one of them is.
#[inline]
fn extreme<const N: usize>(
    parts: &[Value],
    columns: &[[f64; N]],
    pick: impl Fn(f64, f64) -> f64,
) -> [f64; N] {
    let Some((first, others)) = parts.split_first() else { return [f64::NAN; N] };
    fold(others, first.evaluate_rows(columns), columns, |a, b| {
        if a.is_nan() || b.is_nan() { f64::NAN } else { pick(a, b) }
    })
}

/// Three-valued *and* (`decisive` false) and *or* (`decisive` true): one decisive part decides, else one unknown part
/// leaves the whole unknown.
fn three_valued<const N: usize>(parts: &[Condition], columns: &[[f64; N]], decisive: f64) -> [f64; N] {
    let mut whole = [TRUE - decisive; N];
    for part in parts {
        whole = zip(whole, part.evaluate_rows(columns), |whole, part| {
            if whole == decisive || part == decisive {
                decisive
            } else if whole.is_nan() {
                whole
            } else {
                part
            }
        });
        if whole.iter().all(|&holds| holds == decisive) {
            break;
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expression::{LevelBranch, Limit, Member, Written};

    const COLUMNS: usize = 4;

    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![
            prop::sample::select(vec![0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 1e300, f64::INFINITY, f64::NAN]),
            -10.0..10.0,
        ]
    }

    fn column() -> impl Strategy<Value = ColumnRef> {
        (0..COLUMNS).prop_map(|index| ColumnRef { name: "x".into(), index })
    }

    /// A value, with conditions in its cases.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![number().prop_map(Value::Number), column().prop_map(Value::Column)];
        leaf.prop_recursive(4, 40, 3, |inner| {
            let some = prop::collection::vec(inner.clone(), 1..4);
            let boxed = inner.clone().prop_map(Box::new);
            let case = (condition(inner.clone()), inner.clone()).prop_map(|(when, then)| Case { when, then });
            let branch = (0..3_u8, inner.clone()).prop_map(|(code, then)| LevelBranch {
                level: code.to_string(),
                code: f64::from(code),
                then,
            });
            let cases = (prop::collection::vec(case, 1..4), inner.clone())
                .prop_map(|(cases, otherwise)| Choice::Cases { cases, otherwise });
            let map = (column(), prop::collection::vec(branch, 1..4), inner.clone())
                .prop_map(|(column, branches, otherwise)| Choice::Map { column, branches, otherwise });
            prop_oneof![
                some.clone().prop_map(Value::Sum),
                some.clone().prop_map(Value::Product),
                some.clone().prop_map(Value::Min),
                some.clone().prop_map(Value::Max),
                some.prop_map(Value::First),
                (inner.clone(), inner).prop_map(|pair| Value::Ratio(Box::new(pair))),
                boxed.clone().prop_map(Value::Round),
                boxed.clone().prop_map(Value::Floor),
                (boxed, 0.1..9.0).prop_map(|(age, days)| Value::HalfLife(age, days)),
                prop_oneof![cases, map].prop_map(|choice| Value::Choice(Box::new(choice))),
            ]
        })
    }

    fn condition(value: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Condition> {
        let bound = prop::sample::select(vec![Bound::AtLeast, Bound::Over, Bound::AtMost, Bound::Under]);
        let limit = (bound, -3.0..3.0).prop_map(|(bound, number)| Limit { bound, number });
        let member = || (0..3_u8).prop_map(|code| Member { code: f64::from(code), written: Written::Number });
        let leaf = prop_oneof![
            column().prop_map(Condition::Flag),
            column().prop_map(Condition::Missing),
            (value.clone(), prop::collection::vec(limit, 1..3))
                .prop_map(|(value, limits)| Condition::Compare { value, limits }),
            (value.clone(), member()).prop_map(|(value, member)| Condition::Is { value, member }),
            (value, prop::collection::vec(member(), 1..3))
                .prop_map(|(value, members)| Condition::In { value, members }),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            let some = prop::collection::vec(inner.clone(), 1..3);
            prop_oneof![
                some.clone().prop_map(Condition::All),
                some.prop_map(Condition::Any),
                inner.prop_map(|part| Condition::Not(Box::new(part))),
            ]
        })
    }

    proptest! {
        #[test]
        fn many_rows_have_the_bits_of_each_alone(
            value in value(),
            rows in prop::collection::vec(prop::array::uniform4(number()), 64),
        ) {
            let columns: Vec<[f64; 64]> = (0..COLUMNS).map(|at| std::array::from_fn(|row| rows[row][at])).collect();
            let bits = |value: f64| if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
            for (row, found) in rows.iter().zip(value.evaluate_rows(&columns)) {
                prop_assert_eq!(bits(found), bits(value.evaluate(row)), "{:?} {:?}", value, row);
            }
        }
    }
}
