//! The largest points a rule can give, by the ranges of what it reads.

use super::{Effect, MAX_POINTS, Rule, Scorecard, ScorecardUnit};
use crate::expression::{Choice, Value};
use crate::json::Range;

const ALL: Range = Range { low: f64::NEG_INFINITY, high: f64::INFINITY };

impl Scorecard {
    /// For every rule the largest points it can give or take, after the caps of rule and group and the weight; infinite
    /// where nothing bounds it. `columns` are the ranges of the features.
    pub(crate) fn largest_points(&self, columns: &[Range]) -> Vec<f64> {
        let score_width = match (self.range, self.unit) {
            (Some(range), _) => range.high - range.low,
            (None, ScorecardUnit::Points) => 100.0,
            (None, ScorecardUnit::LogOdds) => f64::INFINITY,
        };
        let mut all = Vec::new();
        for group in &self.groups {
            let group_cap = group.range.map_or(f64::INFINITY, |range| range.high.abs().max(range.low.abs()));
            let largest = |rule: &Rule| rule.largest_points(columns).min(group_cap) * group.weight.abs();
            all.extend(group.rules.iter().map(largest).map(|points| points.min(score_width)));
        }
        all
    }
}

impl Rule {
    fn largest_points(&self, columns: &[Range]) -> f64 {
        let Effect::Points { points, range } = &self.effect else { return 0.0 };
        let bounds = points.bounds(columns);
        let bounds = range
            .map_or(bounds, |range| Range { low: range.clip(bounds.low), high: range.clip(bounds.high) });
        let largest = bounds.low.abs().max(bounds.high.abs());
        if largest > MAX_POINTS { f64::INFINITY } else { largest }
    }
}

impl Value {
    /// The range of its values, given those of the columns; interval arithmetic, so never too small.
    fn bounds(&self, columns: &[Range]) -> Range {
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
