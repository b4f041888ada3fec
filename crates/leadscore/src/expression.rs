//! The language of values, conditions and texts that features, rules, estimates and advice share.
//!
//! A missing value is NaN and spreads; a condition over a missing value is neither true nor false, and only *true*
//! fires. Sums run in f64 from left to right, as written.

mod format;
mod input;
mod known;
mod read;
mod scope;
mod template;
mod write;

pub(crate) use format::{format_number, push_number};
pub use input::Expression;
pub(crate) use known::{ForAllRows, KnownColumns};
pub(crate) use read::{Reading, positive};
pub(crate) use scope::{ColumnKind, Scope};
pub(crate) use template::Text;

use std::borrow::Cow;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use crate::math;

/// NFKC, lower case, trimmed: the form in which texts are compared.
pub(crate) fn normalise(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if trimmed.is_ascii() {
        if trimmed.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Cow::Owned(trimmed.to_ascii_lowercase());
        }
        return Cow::Borrowed(trimmed);
    }
    Cow::Owned(trimmed.nfkc().collect::<String>().to_lowercase().nfkc().collect::<String>().trim().to_owned())
}

/// A column of the row that an expression reads, by name and by index.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ColumnRef {
    pub(crate) name: Arc<str>,
    pub(crate) index: usize,
}

impl ColumnRef {
    fn value(&self, row: &[f64]) -> f64 {
        row[self.index]
    }
}

/// Something that has a number for a row, or NaN where it is missing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Column(ColumnRef),
    Sum(Vec<Value>),
    Product(Vec<Value>),
    Ratio(Box<(Value, Value)>),
    Min(Vec<Value>),
    Max(Vec<Value>),
    First(Vec<Value>),
    Round(Box<Value>),
    Floor(Box<Value>),
    HalfLife(Box<Value>, f64),
    Choice(Box<Choice<Value>>),
}

/// One of several things, chosen by a category or by the first condition that is true.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Choice<T> {
    Map { column: ColumnRef, branches: Vec<LevelBranch<T>>, otherwise: T },
    Cases { cases: Vec<Case<T>>, otherwise: T },
}

/// What one level of a category stands for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LevelBranch<T> {
    level: String,
    /// The level's value in a row.
    code: f64,
    then: T,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case<T> {
    when: Condition,
    then: T,
}

/// Something true, false or unknown of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    Flag(ColumnRef),
    Compare {
        value: Value,
        limits: Vec<Limit>,
    },
    /// `{"is": member}`
    Is {
        value: Value,
        member: Member,
    },
    /// `{"in": members}`
    In {
        value: Value,
        members: Vec<Member>,
    },
    Missing(ColumnRef),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limit {
    bound: Bound,
    number: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    AtLeast,
    Over,
    AtMost,
    Under,
}

/// A value to compare with: the number it is in the row, and how it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    code: f64,
    written: Written,
}

#[derive(Debug, Clone, PartialEq)]
enum Written {
    Number,
    Flag,
    Level(String),
}

impl Value {
    /// The value for a row; NaN where it is missing.
    #[inline]
    pub(crate) fn evaluate(&self, row: &[f64]) -> f64 {
        match self {
            Value::Number(number) => *number,
            Value::Column(column) => column.value(row),
            _ => self.evaluate_parts(row),
        }
    }

    fn evaluate_parts(&self, row: &[f64]) -> f64 {
        match self {
            Value::Number(_) | Value::Column(_) => self.evaluate(row),
            Value::Sum(parts) => parts.iter().fold(0.0, |sum, part| sum + part.evaluate(row)),
            Value::Product(parts) => parts.iter().fold(1.0, |product, part| product * part.evaluate(row)),
            Value::Ratio(pair) => {
                let (over, under) = (pair.0.evaluate(row), pair.1.evaluate(row));
                if under == 0.0 { f64::NAN } else { over / under }
            }
            Value::Min(parts) => extreme(parts, row, f64::min),
            Value::Max(parts) => extreme(parts, row, f64::max),
            Value::First(parts) => {
                parts.iter().map(|part| part.evaluate(row)).find(|value| !value.is_nan()).unwrap_or(f64::NAN)
            }
            Value::Round(part) => part.evaluate(row).round(),
            Value::Floor(part) => part.evaluate(row).floor(),
            Value::HalfLife(age, half_life) => {
                let age = age.evaluate(row);
                if age.is_nan() { age } else { math::half_life(age, *half_life) }
            }
            Value::Choice(choice) => choice.select(row).map_or(f64::NAN, |value| value.evaluate(row)),
        }
    }

    /// Calls `visit` with every column read.
    pub(crate) fn visit_columns(&self, visit: &mut dyn FnMut(&ColumnRef)) {
        match self {
            Value::Number(_) => {}
            Value::Column(column) => visit(column),
            Value::Sum(parts)
            | Value::Product(parts)
            | Value::Min(parts)
            | Value::Max(parts)
            | Value::First(parts) => parts.iter().for_each(|part| part.visit_columns(visit)),
            Value::Ratio(pair) => {
                pair.0.visit_columns(visit);
                pair.1.visit_columns(visit);
            }
            Value::Round(part) | Value::Floor(part) | Value::HalfLife(part, _) => part.visit_columns(visit),
            Value::Choice(choice) => {
                choice.visit_columns(visit);
                choice.branches().for_each(|value| value.visit_columns(visit));
            }
        }
    }
}

/// The smallest or largest of some values; missing as soon as one of them is.
fn extreme(parts: &[Value], row: &[f64], pick: fn(f64, f64) -> f64) -> f64 {
    let mut values = parts.iter().map(|part| part.evaluate(row));
    let first = values.next().unwrap_or(f64::NAN);
    values.fold(first, |a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { pick(a, b) })
}

impl<T> Choice<T> {
    /// The branch for a row; none where the category is missing.
    pub(crate) fn select(&self, row: &[f64]) -> Option<&T> {
        match self {
            Choice::Map { column, branches, otherwise } => {
                let code = column.value(row);
                if code.is_nan() {
                    return None;
                }
                Some(
                    branches
                        .iter()
                        .find(|branch| branch.code == code)
                        .map_or(otherwise, |branch| &branch.then),
                )
            }
            Choice::Cases { cases, otherwise } => {
                let hit = cases.iter().find(|case| case.when.evaluate(row) == Some(true));
                Some(hit.map_or(otherwise, |case| &case.then))
            }
        }
    }

    /// Calls `visit` with every column the choice itself reads, without its branches.
    pub(crate) fn visit_columns(&self, visit: &mut dyn FnMut(&ColumnRef)) {
        match self {
            Choice::Map { column, .. } => visit(column),
            Choice::Cases { cases, .. } => cases.iter().for_each(|case| case.when.visit_columns(visit)),
        }
    }

    pub(crate) fn branches(&self) -> Box<dyn Iterator<Item = &T> + '_> {
        match self {
            Choice::Map { branches, otherwise, .. } => {
                Box::new(branches.iter().map(|branch| &branch.then).chain(std::iter::once(otherwise)))
            }
            Choice::Cases { cases, otherwise } => {
                Box::new(cases.iter().map(|case| &case.then).chain(std::iter::once(otherwise)))
            }
        }
    }
}

impl Condition {
    /// Whether it holds for a row; none where a missing value leaves that open.
    pub(crate) fn evaluate(&self, row: &[f64]) -> Option<bool> {
        match self {
            Condition::Flag(column) => known(column.value(row)).map(|value| value != 0.0),
            Condition::Compare { value, limits } => {
                let value = known(value.evaluate(row))?;
                Some(limits.iter().all(|limit| match limit.bound {
                    Bound::AtLeast => value >= limit.number,
                    Bound::Over => value > limit.number,
                    Bound::AtMost => value <= limit.number,
                    Bound::Under => value < limit.number,
                }))
            }
            Condition::Is { value, member } => known(value.evaluate(row)).map(|value| member.code == value),
            Condition::In { value, members } => {
                let value = known(value.evaluate(row))?;
                Some(members.iter().any(|member| member.code == value))
            }
            Condition::Missing(column) => Some(column.value(row).is_nan()),
            Condition::All(parts) => kleene(parts, row, false),
            Condition::Any(parts) => kleene(parts, row, true),
            Condition::Not(part) => part.evaluate(row).map(|holds| !holds),
        }
    }

    /// Calls `visit` with every column read.
    pub(crate) fn visit_columns(&self, visit: &mut dyn FnMut(&ColumnRef)) {
        match self {
            Condition::Flag(column) | Condition::Missing(column) => visit(column),
            Condition::Compare { value, .. } | Condition::Is { value, .. } | Condition::In { value, .. } => {
                value.visit_columns(visit);
            }
            Condition::All(parts) | Condition::Any(parts) => {
                for part in parts {
                    part.visit_columns(visit);
                }
            }
            Condition::Not(part) => part.visit_columns(visit),
        }
    }
}

fn known(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}

/// Three-valued *and* (`decisive` false) and *or* (`decisive` true): one decisive part decides, else one unknown part
/// leaves the whole unknown.
fn kleene(parts: &[Condition], row: &[f64], decisive: bool) -> Option<bool> {
    let mut unknown = false;
    for part in parts {
        match part.evaluate(row) {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(!decisive) }
}
