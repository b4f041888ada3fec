//! What a rule can give at most, and the ends of all scores, by the ranges of what rules read.

use super::{Effect, MAX_POINTS, Rounding, Rule, RuleGroup, Scorecard, ScorecardUnit};
use crate::expression::{Condition, Value};
use crate::json::Range;

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

/// Log-odds beyond these say nothing more: 10 are a probability of 99.995 %.
const MOST_LOG_ODDS: f64 = 10.0;

impl Scorecard {
    /// The rules that can give or take points, given the ranges of the features, or rule a lead out.
    pub(crate) fn weighing_rules<'s>(&'s self, columns: &'s [Range]) -> impl Iterator<Item = &'s Rule> {
        let groups = self.groups.iter().filter(|group| group.weight != 0.0 && !group.gives_nothing());
        groups.flat_map(|group| &group.rules).filter(|rule| rule.disqualifies() || rule.weighs(columns))
    }

    /// How far the sum of some of the rules reaches, from the lowest to the highest, after the caps of rule and group and the
    /// weights; a rule or group that nothing bounds reaches as far as the whole score.
    pub(crate) fn points_in_reach(&self, columns: &[Range], counts: impl Fn(&Rule) -> bool) -> f64 {
        let most = match (self.range, self.unit) {
            (Some(range), _) if (range.high - range.low).is_finite() => range.high - range.low,
            (_, ScorecardUnit::Points) => 100.0,
            (_, ScorecardUnit::LogOdds) => MOST_LOG_ODDS,
        };
        let reach = |group: &RuleGroup| {
            let bounded = |range: Range| Range { low: range.low.max(-most), high: range.high.min(most) };
            let sum = group
                .sum_of(|rule| counts(rule) && rule.weighs(columns), |rule| bounded(rule.bounds(columns)));
            ((sum.high - sum.low) * group.weight.abs()).min(most)
        };
        self.groups.iter().map(reach).sum()
    }

    /// The range of its margins, given those of the features; a rule that does not fire gives nothing.
    pub(crate) fn margin_bounds(&self, columns: &[Range]) -> Range {
        let mut all = Range { low: self.base, high: self.base };
        for group in &self.groups {
            let sum = group.sum_of(|_| true, |rule| rule.bounds(columns));
            let ends = [sum.low * group.weight, sum.high * group.weight];
            if group.weight != 0.0 {
                all = Range { low: all.low + ends[0].min(ends[1]), high: all.high + ends[0].max(ends[1]) };
            }
        }
        let all = match self.round {
            Some(Rounding::Down) => Range { low: all.low.floor(), high: all.high.floor() },
            Some(Rounding::Nearest) => Range { low: all.low.round(), high: all.high.round() },
            None => all,
        };
        self.range.map_or(all, |range| clipped(all, range))
    }
}

fn clipped(own: Range, range: Range) -> Range {
    Range { low: range.clip(own.low), high: range.clip(own.high) }
}

impl RuleGroup {
    /// The range of the sum of some of its rules, within its own range; a rule that does not fire gives nothing.
    fn sum_of(&self, counts: impl Fn(&Rule) -> bool, bounds: impl Fn(&Rule) -> Range) -> Range {
        let mut sum = Range { low: 0.0, high: 0.0 };
        for rule in self.rules.iter().filter(|rule| counts(rule)) {
            let own = bounds(rule);
            sum = Range { low: sum.low + own.low.min(0.0), high: sum.high + own.high.max(0.0) };
        }
        self.range.map_or(sum, |range| clipped(sum, range))
    }

    /// Whether its range leaves nothing of any sum.
    fn gives_nothing(&self) -> bool {
        self.range.is_some_and(|range| range.low == range.high)
    }
}

impl Rule {
    /// Whether it can give or take points, given the ranges of the features.
    fn weighs(&self, columns: &[Range]) -> bool {
        let bounds = self.bounds(columns);
        let can_fire = self.when.as_ref().is_none_or(|when| when.can_be_true(columns));
        can_fire && (bounds.low != 0.0 || bounds.high != 0.0)
    }

    /// The range of its points where it fires.
    pub(crate) fn bounds(&self, columns: &[Range]) -> Range {
        let Effect::Points { points, range } = &self.effect else { return Range { low: 0.0, high: 0.0 } };
        let bounds = points.bounds(columns);
        range.map_or(bounds, |range| clipped(bounds, range))
    }

    /// When it fires, where it does not always.
    pub(crate) fn when(&self) -> Option<&Condition> {
        self.when.as_ref()
    }

    /// Its points, unless it rules leads out.
    pub(crate) fn points(&self) -> Option<&Value> {
        match &self.effect {
            Effect::Points { points, .. } => Some(points),
            Effect::Disqualify => None,
        }
    }

    fn largest_points(&self, columns: &[Range]) -> f64 {
        let bounds = self.bounds(columns);
        let largest = bounds.low.abs().max(bounds.high.abs());
        if largest > MAX_POINTS { f64::INFINITY } else { largest }
    }
}
