//! The language of values, conditions and texts that features, rules, estimates and advice share.
//!
//! A missing value is NaN and spreads; a condition over a missing value is neither true nor false, and only *true*
//! fires. Sums run in f64 from left to right, as written.

mod bounds;
mod evaluate;
mod format;
mod input;
mod known;
mod read;
mod scope;
mod template;
mod write;

pub(crate) use evaluate::{FEW_ROWS, ROWS};
pub(crate) use format::{format_number, push_number_of};
pub use input::Expression;
pub(crate) use known::{ForAllRows, KnownColumns};
pub(crate) use read::{Reading, positive};
pub(crate) use scope::{ColumnKind, Scope};
pub(crate) use template::Text;

use std::borrow::Cow;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

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

impl<T> Choice<T> {
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
