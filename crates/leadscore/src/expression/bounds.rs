//! What values and conditions can be, given the ranges of the columns: interval arithmetic, so never too little.

use super::{Bound, Choice, Condition, Limit, Value};
use crate::json::Range;

const ALL: Range = Range { low: f64::NEG_INFINITY, high: f64::INFINITY };

impl Value {
    /// The range of its values, given those of the columns; interval arithmetic, so never too small.
    pub(crate) fn bounds(&self, columns: &[Range]) -> Range {
        let all = |parts: &[Value]| parts.iter().map(|part| part.bounds(columns)).collect::<Vec<_>>();
        match self {
            Value::Number(number) => Range { low: *number, high: *number },
            Value::Column(column) => columns.get(column.index).copied().unwrap_or(ALL),
            Value::Sum(parts) => all(parts)
                .into_iter()
                .reduce(|a, b| Range { low: a.low + b.low, high: a.high + b.high })
                .unwrap_or(ALL),
            Value::Product(parts) => all(parts).into_iter().reduce(product).unwrap_or(ALL),
            Value::Ratio(pair) => {
                let (over, under) = (pair.0.bounds(columns), pair.1.bounds(columns));
                if under.low > 0.0 {
                    product(over, Range { low: 1.0 / under.high, high: 1.0 / under.low })
                } else {
                    ALL
                }
            }
            Value::Min(parts) => all(parts)
                .into_iter()
                .reduce(|a, b| Range { low: a.low.min(b.low), high: a.high.min(b.high) })
                .unwrap_or(ALL),
            Value::Max(parts) => all(parts)
                .into_iter()
                .reduce(|a, b| Range { low: a.low.max(b.low), high: a.high.max(b.high) })
                .unwrap_or(ALL),
            Value::First(parts) => all(parts).into_iter().reduce(union).unwrap_or(ALL),
            Value::Round(part) => {
                let own = part.bounds(columns);
                Range { low: own.low.round(), high: own.high.round() }
            }
            Value::Floor(part) => {
                let own = part.bounds(columns);
                Range { low: own.low.floor(), high: own.high.floor() }
            }
            Value::HalfLife(..) => Range { low: 0.0, high: 1.0 },
            Value::Choice(choice) => {
                let choice: &Choice<Value> = choice;
                choice.branches().map(|branch| branch.bounds(columns)).reduce(union).unwrap_or(ALL)
            }
        }
    }
}

fn union(a: Range, b: Range) -> Range {
    Range { low: a.low.min(b.low), high: a.high.max(b.high) }
}

fn product(a: Range, b: Range) -> Range {
    // Nothing times anything is nothing, however large.
    let times = |x: f64, y: f64| if x == 0.0 || y == 0.0 { 0.0 } else { x * y };
    let ends = [times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)];
    Range {
        low: ends.iter().copied().fold(f64::INFINITY, f64::min),
        high: ends.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    }
}

impl Condition {
    /// Whether it can be true of a row; where that is not certain, it can.
    pub(crate) fn can_be_true(&self, columns: &[Range]) -> bool {
        match self {
            Condition::Flag(_) | Condition::Missing(_) | Condition::Not(_) => true,
            Condition::Compare { value, limits } => {
                let bounds = value.bounds(columns);
                // Two limits of one condition can exclude each other, whatever the value is.
                let mut wanted = columns_of(limits, ALL);
                wanted.low = wanted.low.max(bounds.low);
                wanted.high = wanted.high.min(bounds.high);
                wanted.low <= wanted.high && limits.iter().all(|limit| limit.can_hold(wanted))
            }
            Condition::Is { value, member } => value.bounds(columns).contains(member.code),
            Condition::In { value, members } => {
                let bounds = value.bounds(columns);
                members.iter().any(|member| bounds.contains(member.code))
            }
            Condition::All(parts) => {
                let mut narrowed = columns.to_vec();
                for part in parts {
                    part.narrow(&mut narrowed);
                }
                narrowed.iter().all(|range| range.low <= range.high)
                    && parts.iter().all(|part| part.can_be_true(&narrowed))
            }
            Condition::Any(parts) => parts.iter().any(|part| part.can_be_true(columns)),
        }
    }

    /// Leaves of the columns what they can be where it is true.
    fn narrow(&self, columns: &mut [Range]) {
        if let Condition::Compare { value: Value::Column(column), limits } = self
            && let Some(range) = columns.get_mut(column.index)
        {
            *range = columns_of(limits, *range);
        }
    }

    /// Leaves of the columns what they can be where it is not true; only what one limit says of one column is understood.
    fn narrow_by_failing(&self, columns: &mut [Range]) {
        if let Condition::Compare { value: Value::Column(column), limits } = self
            && let [limit] = limits.as_slice()
            && let Some(range) = columns.get_mut(column.index)
        {
            match limit.bound {
                Bound::AtLeast => range.high = range.high.min(limit.number.next_down()),
                Bound::Over => range.high = range.high.min(limit.number),
                Bound::AtMost => range.low = range.low.max(limit.number.next_up()),
                Bound::Under => range.low = range.low.max(limit.number),
            }
        }
    }
}

impl Limit {
    fn can_hold(self, range: Range) -> bool {
        match self.bound {
            Bound::AtLeast => range.high >= self.number,
            Bound::Over => range.high > self.number,
            Bound::AtMost => range.low <= self.number,
            Bound::Under => range.low < self.number,
        }
    }
}

/// What of a range is inside all limits.
fn columns_of(limits: &[Limit], range: Range) -> Range {
    limits.iter().fold(range, |range, limit| match limit.bound {
        Bound::AtLeast => Range { low: range.low.max(limit.number), ..range },
        Bound::Over => Range { low: range.low.max(limit.number.next_up()), ..range },
        Bound::AtMost => Range { high: range.high.min(limit.number), ..range },
        Bound::Under => Range { high: range.high.min(limit.number.next_down()), ..range },
    })
}

impl Value {
    /// Calls `found` with the number, from 0, of every case of a `cases` in it that no row reaches.
    pub(crate) fn visit_unreached_cases(&self, columns: &[Range], found: &mut dyn FnMut(usize)) {
        match self {
            Value::Number(_) | Value::Column(_) => {}
            Value::Sum(parts)
            | Value::Product(parts)
            | Value::Min(parts)
            | Value::Max(parts)
            | Value::First(parts) => parts.iter().for_each(|part| part.visit_unreached_cases(columns, found)),
            Value::Ratio(pair) => {
                pair.0.visit_unreached_cases(columns, found);
                pair.1.visit_unreached_cases(columns, found);
            }
            Value::Round(part) | Value::Floor(part) | Value::HalfLife(part, _) => {
                part.visit_unreached_cases(columns, found);
            }
            Value::Choice(choice) => {
                if let Choice::Cases { cases, .. } = &**choice {
                    let mut left = columns.to_vec();
                    for (at, case) in cases.iter().enumerate() {
                        if !case.when.can_be_true(&left) {
                            found(at);
                        }
                        case.when.narrow_by_failing(&mut left);
                    }
                }
                choice.branches().for_each(|value| value.visit_unreached_cases(columns, found));
            }
        }
    }
}
