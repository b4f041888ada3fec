//! The language of values, conditions and texts that features, rules, estimates and advice share.
//!
//! A missing value is NaN and spreads; a condition over a missing value is neither true nor false, and only *true*
//! fires. Sums run in f64 from left to right, as written.

mod read;
mod template;
mod write;

pub(crate) use read::{Reading, Scope, SlotKind, positive};
use template::Template;
pub(crate) use template::{Text, plain};

use std::borrow::Cow;

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

/// A named place in the row that an expression reads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) index: usize,
}

impl Slot {
    fn of(&self, row: &[f64]) -> f64 {
        row[self.index]
    }
}

/// Something that has a number for a row, or NaN where it is missing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Slot(Slot),
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
    Map { of: Slot, map: Vec<(String, f64, T)>, otherwise: T },
    Cases { cases: Vec<(Condition, T)>, otherwise: T },
}

/// Something true, false or unknown of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    Flag(Slot),
    Compare { of: Value, bounds: Vec<(Bound, f64)> },
    Among { of: Value, members: Vec<Member>, one: bool },
    Missing(Slot),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bound {
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
    pub(crate) fn of(&self, row: &[f64]) -> f64 {
        match self {
            Value::Number(number) => *number,
            Value::Slot(slot) => slot.of(row),
            Value::Sum(parts) => parts.iter().fold(0.0, |sum, part| sum + part.of(row)),
            Value::Product(parts) => parts.iter().fold(1.0, |product, part| product * part.of(row)),
            Value::Ratio(pair) => {
                let (over, under) = (pair.0.of(row), pair.1.of(row));
                if under == 0.0 { f64::NAN } else { over / under }
            }
            Value::Min(parts) => extreme(parts, row, f64::min),
            Value::Max(parts) => extreme(parts, row, f64::max),
            Value::First(parts) => parts.iter().map(|p| p.of(row)).find(|v| !v.is_nan()).unwrap_or(f64::NAN),
            Value::Round(part) => part.of(row).round(),
            Value::Floor(part) => part.of(row).floor(),
            Value::HalfLife(age, half_life) => {
                let age = age.of(row);
                if age.is_nan() { age } else { math::half_life(age, *half_life) }
            }
            Value::Choice(choice) => choice.of(row).map_or(f64::NAN, |value| value.of(row)),
        }
    }

    /// Calls `see` with every place read.
    pub(crate) fn slots(&self, see: &mut dyn FnMut(&Slot)) {
        match self {
            Value::Number(_) => {}
            Value::Slot(slot) => see(slot),
            Value::Sum(parts)
            | Value::Product(parts)
            | Value::Min(parts)
            | Value::Max(parts)
            | Value::First(parts) => parts.iter().for_each(|part| part.slots(see)),
            Value::Ratio(pair) => {
                pair.0.slots(see);
                pair.1.slots(see);
            }
            Value::Round(part) | Value::Floor(part) | Value::HalfLife(part, _) => part.slots(see),
            Value::Choice(choice) => {
                choice.slots(see);
                choice.branches().for_each(|value| value.slots(see));
            }
        }
    }
}

/// The smallest or largest of some values; missing as soon as one of them is.
fn extreme(parts: &[Value], row: &[f64], pick: fn(f64, f64) -> f64) -> f64 {
    let mut values = parts.iter().map(|part| part.of(row));
    let first = values.next().unwrap_or(f64::NAN);
    values.fold(first, |a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { pick(a, b) })
}

impl<T> Choice<T> {
    /// The branch for a row; nothing where the category is missing.
    pub(crate) fn of(&self, row: &[f64]) -> Option<&T> {
        match self {
            Choice::Map { of, map, otherwise } => {
                let code = of.of(row);
                if code.is_nan() {
                    return None;
                }
                Some(map.iter().find(|(_, c, _)| *c == code).map_or(otherwise, |(_, _, branch)| branch))
            }
            Choice::Cases { cases, otherwise } => {
                let hit = cases.iter().find(|(condition, _)| condition.of(row) == Some(true));
                Some(hit.map_or(otherwise, |(_, branch)| branch))
            }
        }
    }

    /// Calls `see` with every place the choice itself reads.
    pub(crate) fn slots(&self, see: &mut dyn FnMut(&Slot)) {
        match self {
            Choice::Map { of, .. } => see(of),
            Choice::Cases { cases, .. } => cases.iter().for_each(|(condition, _)| condition.slots(see)),
        }
    }

    pub(crate) fn branches(&self) -> Box<dyn Iterator<Item = &T> + '_> {
        match self {
            Choice::Map { map, otherwise, .. } => {
                Box::new(map.iter().map(|(_, _, branch)| branch).chain(std::iter::once(otherwise)))
            }
            Choice::Cases { cases, otherwise } => {
                Box::new(cases.iter().map(|(_, branch)| branch).chain(std::iter::once(otherwise)))
            }
        }
    }
}

impl Condition {
    /// Whether it holds for a row; unknown where it rests on something missing.
    pub(crate) fn of(&self, row: &[f64]) -> Option<bool> {
        match self {
            Condition::Flag(slot) => known(slot.of(row)).map(|value| value != 0.0),
            Condition::Compare { of, bounds } => {
                let value = known(of.of(row))?;
                Some(bounds.iter().all(|(bound, limit)| match bound {
                    Bound::AtLeast => value >= *limit,
                    Bound::Over => value > *limit,
                    Bound::AtMost => value <= *limit,
                    Bound::Under => value < *limit,
                }))
            }
            Condition::Among { of, members, .. } => {
                let value = known(of.of(row))?;
                Some(members.iter().any(|member| member.code == value))
            }
            Condition::Missing(slot) => Some(slot.of(row).is_nan()),
            Condition::All(parts) => kleene(parts, row, false),
            Condition::Any(parts) => kleene(parts, row, true),
            Condition::Not(part) => part.of(row).map(|holds| !holds),
        }
    }

    /// Calls `see` with every place read.
    pub(crate) fn slots(&self, see: &mut dyn FnMut(&Slot)) {
        match self {
            Condition::Flag(slot) | Condition::Missing(slot) => see(slot),
            Condition::Compare { of, .. } | Condition::Among { of, .. } => of.slots(see),
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| part.slots(see)),
            Condition::Not(part) => part.slots(see),
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
        match part.of(row) {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(!decisive) }
}
