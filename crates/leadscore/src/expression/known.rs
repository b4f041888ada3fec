//! Expressions of which some columns are known beforehand, simplified without changing a bit of what they give.

use super::{Case, Choice, ColumnRef, Condition, Value};

/// The columns whose values are the same for every row; the others are open.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownColumns {
    values: Vec<f64>,
    is_known: Vec<bool>,
}

impl KnownColumns {
    /// Adds the next column.
    pub(crate) fn push(&mut self, value: Option<f64>) {
        self.values.push(value.unwrap_or(f64::NAN));
        self.is_known.push(value.is_some());
    }

    fn is_known(&self, column: &ColumnRef) -> bool {
        self.is_known.get(column.index).copied().unwrap_or(false)
    }
}

impl Value {
    /// The same value where these columns are known.
    pub(crate) fn with_known(&self, known: &KnownColumns) -> Value {
        let mut is_constant = true;
        self.visit_columns(&mut |column| is_constant &= known.is_known(column));
        if is_constant {
            return Value::Number(self.evaluate(&known.values));
        }
        let inner = |value: &Value| value.with_known(known);
        let all = |values: &[Value]| values.iter().map(inner).collect();
        match self {
            Value::Number(_) | Value::Column(_) => self.clone(),
            // Every part stays, and so the order of the sum.
            Value::Sum(parts) => Value::Sum(all(parts)),
            Value::Product(parts) => Value::Product(all(parts)),
            Value::Min(parts) => Value::Min(all(parts)),
            Value::Max(parts) => Value::Max(all(parts)),
            Value::First(parts) => first(parts.iter().map(inner)),
            Value::Ratio(pair) => Value::Ratio(Box::new((inner(&pair.0), inner(&pair.1)))),
            Value::Round(part) => Value::Round(Box::new(inner(part))),
            Value::Floor(part) => Value::Floor(Box::new(inner(part))),
            Value::HalfLife(age, days) => Value::HalfLife(Box::new(inner(age)), *days),
            Value::Choice(choice) => match &**choice {
                Choice::Map { .. } => self.clone(),
                Choice::Cases { cases, otherwise } => {
                    let (cases, otherwise) = open_cases(cases, otherwise, known);
                    if cases.is_empty() {
                        return inner(otherwise);
                    }
                    let case = |case: &Case<Value>| Case { when: case.when.clone(), then: inner(&case.then) };
                    let cases = cases.into_iter().map(case).collect();
                    Value::Choice(Box::new(Choice::Cases { cases, otherwise: inner(otherwise) }))
                }
            },
        }
    }
}

/// What a condition is for all rows whose known columns have these values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ForAllRows {
    /// A column that is not known has a say.
    Open,
    /// True, false, or unknown where it rests on something missing.
    Same(Option<bool>),
}

impl Condition {
    /// What it is for every row.
    pub(crate) fn for_all(&self, known: &KnownColumns) -> ForAllRows {
        let mut is_constant = true;
        self.visit_columns(&mut |column| is_constant &= known.is_known(column));
        if is_constant { ForAllRows::Same(self.evaluate(&known.values)) } else { ForAllRows::Open }
    }
}

/// The cases that are still open, and what stands behind them: the first one that always holds ends them.
fn open_cases<'c>(
    cases: &'c [Case<Value>],
    otherwise: &'c Value,
    known: &KnownColumns,
) -> (Vec<&'c Case<Value>>, &'c Value) {
    let mut open = Vec::new();
    for case in cases {
        match case.when.for_all(known) {
            ForAllRows::Open => open.push(case),
            ForAllRows::Same(Some(true)) => return (open, &case.then),
            ForAllRows::Same(_) => {}
        }
    }
    (open, otherwise)
}

/// The first value that is not missing, without those that always are and those behind one that never is.
fn first(values: impl Iterator<Item = Value>) -> Value {
    let mut kept = Vec::new();
    for value in values {
        match value {
            Value::Number(number) if number.is_nan() => {}
            Value::Number(_) => {
                kept.push(value);
                break;
            }
            open => kept.push(open),
        }
    }
    match kept.len() {
        0 => Value::Number(f64::NAN),
        // A missing value of one kind is as good as of another: NaN is only asked for being one.
        1 => kept.remove(0),
        _ => Value::First(kept),
    }
}
