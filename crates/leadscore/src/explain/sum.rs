//! From the parts of a margin to lines in points that add up to the score.

use crate::scale::{ClassBuffers, ClassScale, SingleScale};
use crate::scorer::{ClassParts, ContributionKind, GroupTotal, MarginParts, Part, PartList, SCALE_RANGE};

/// A score with the parts of it in points: `baseline` + Σ `lines` + `rest` = `score`. Reused from row to row.
#[derive(Debug, Clone, Default)]
pub(crate) struct PointSum {
    pub(crate) score: f64,
    /// The score at the scorer's base margin; none for a score without lines.
    pub(crate) baseline: Option<f64>,
    pub(crate) rest: f64,
    pub(crate) lines: Vec<Line>,
    /// The probability of every class, where the scale has classes.
    pub(crate) class_probabilities: Vec<f64>,
    pub(crate) groups: Vec<GroupTotal>,
    /// The part of the rule that disqualified the lead.
    pub(crate) disqualified_by: Option<u32>,
}

/// One part in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Line {
    /// Index in the scorer's [`PartList`].
    pub(crate) part: u32,
    pub(crate) points: f64,
    /// The points after the rule's own range; shown to users.
    pub(crate) capped_points: f64,
}

/// A reason shows one decimal; what would show as 0.0 is none.
const MIN_REASON: f64 = 0.05;

impl PointSum {
    /// Turns the parts of one margin into points, clips to 0–100, and applies a disqualification, each as a line of its
    /// own. `lowest` is the margin of a disqualified lead.
    pub(crate) fn fill(&mut self, margin: &MarginParts, scale: &SingleScale, lowest: Option<f64>) {
        self.clear();
        let change = margin.parts.iter().fold(0.0, |sum, part| sum + part.amount);
        let (baseline, score) = (scale.score(margin.base), scale.score(margin.margin));
        let per_unit = scale.points_per_unit(margin.base, score - baseline, change);
        self.lines.extend(margin.parts.iter().map(|&Part { id, amount, capped_amount }| Line {
            part: id,
            points: amount * per_unit,
            capped_points: capped_amount * per_unit,
        }));
        self.clip(score);
        if let Some(part) = margin.disqualified_by {
            let score = disqualified_score(scale, lowest);
            self.push_limit(part, score - self.score);
            self.score = score;
            self.disqualified_by = Some(part);
        }
        self.groups.extend_from_slice(&margin.groups);
        self.add_up(baseline);
    }

    /// The same for several margins, one for each class.
    pub(crate) fn fill_classes(
        &mut self,
        margins: &ClassParts,
        scale: &ClassScale,
        buffers: &mut ClassBuffers,
    ) {
        self.clear();
        let class_count = margins.base.len();
        // The buffer of the probabilities holds the change of the margins first.
        let mut change = std::mem::take(&mut self.class_probabilities);
        change.resize(class_count, 0.0);
        for amounts in margins.amounts.chunks_exact(class_count) {
            change.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
        }
        scale.points_per_unit(&margins.base, &change, buffers);
        for (part, amounts) in margins.parts.iter().zip(margins.amounts.chunks_exact(class_count)) {
            let units = amounts.iter().zip(&buffers.points_per_unit);
            let points = units.fold(0.0, |sum, (amount, unit)| sum + amount * unit);
            self.lines.push(Line { part: *part, points, capped_points: points });
        }
        let mut probabilities = change;
        scale.probabilities_into(&margins.base, &mut probabilities);
        let baseline = scale.score_of_probabilities(&probabilities);
        scale.probabilities_into(&margins.margins, &mut probabilities);
        self.clip(scale.score_of_probabilities(&probabilities));
        self.class_probabilities = probabilities;
        self.add_up(baseline);
    }

    /// A score without lines, from one margin.
    pub(crate) fn fill_score(&mut self, scale: &SingleScale, margin: f64) {
        self.clear();
        self.score = scale.score(margin).clamp(0.0, 100.0);
    }

    /// The score of a disqualified lead, without lines.
    pub(crate) fn fill_disqualified_score(&mut self, scale: &SingleScale, lowest: Option<f64>) {
        self.clear();
        self.score = disqualified_score(scale, lowest);
    }

    /// A score without lines, from one margin for each class.
    pub(crate) fn fill_class_score(&mut self, scale: &ClassScale, margins: &[f64]) {
        self.clear();
        scale.probabilities_into(margins, &mut self.class_probabilities);
        self.score = scale.score_of_probabilities(&self.class_probabilities).clamp(0.0, 100.0);
    }

    /// Fills `out` with the indexes of the lines that are reasons, the strongest first, ties in the scorer's order. A
    /// rule counts with the points it has after its own range.
    pub(crate) fn strongest(&self, parts: &PartList, limit: usize, out: &mut Vec<u32>) {
        out.clear();
        let size = |index: u32| self.lines[index as usize].capped_points.abs();
        // Insertion keeps the few that are asked for in order; of equal ones the earlier line is first. Most lines are too
        // weak, and what they are about need not be looked up.
        for (index, line) in (0_u32..).zip(&self.lines) {
            let strength = line.capped_points.abs();
            let is_full = out.len() == limit;
            let is_too_weak = is_full && out.last().is_none_or(|&weakest| strength <= size(weakest));
            if is_too_weak || strength < MIN_REASON || strength.is_nan() {
                continue;
            }
            let kind = parts.get(line.part).kind;
            if !matches!(kind, ContributionKind::Feature | ContributionKind::Rule) {
                continue;
            }
            if is_full {
                out.pop();
            }
            let at = out.iter().rposition(|&stronger| size(stronger) >= strength);
            out.insert(at.map_or(0, |at| at + 1), index);
        }
    }

    fn clear(&mut self) {
        self.baseline = None;
        self.rest = 0.0;
        self.lines.clear();
        self.class_probabilities.clear();
        self.groups.clear();
        self.disqualified_by = None;
    }

    /// The score within 0 and 100, with a line for what that cuts off.
    fn clip(&mut self, score: f64) {
        self.score = score.clamp(0.0, 100.0);
        if self.score != score {
            self.push_limit(SCALE_RANGE, self.score - score);
        }
    }

    fn push_limit(&mut self, part: u32, points: f64) {
        self.lines.push(Line { part, points, capped_points: points });
    }

    fn add_up(&mut self, baseline: f64) {
        self.baseline = Some(baseline);
        self.rest = self.score - self.lines.iter().fold(baseline, |sum, line| sum + line.points);
    }
}

fn disqualified_score(scale: &SingleScale, lowest: Option<f64>) -> f64 {
    lowest.map_or(0.0, |margin| scale.score(margin).clamp(0.0, 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scorer::PartInfo;

    #[test]
    fn the_strongest_come_first_and_equal_ones_keep_their_order() {
        let mut parts = PartList::new();
        let mut lines = Vec::new();
        let rule = |kind| PartInfo { kind, ..PartInfo::limit("r".into(), None, "r".into()) };
        for (points, kind) in [
            (1.0, ContributionKind::Rule),
            (-3.0, ContributionKind::Feature),
            (9.0, ContributionKind::Limit),
            (3.0, ContributionKind::Rule),
            (0.049, ContributionKind::Rule),
            (9.0, ContributionKind::Model),
            (0.05, ContributionKind::Rule),
            (-1.0, ContributionKind::Rule),
            (3.0, ContributionKind::Rule),
        ] {
            let part = parts.push(rule(kind));
            lines.push(Line { part, points: 0.0, capped_points: points });
        }
        let sum = PointSum { lines, ..PointSum::default() };
        let all = [1, 3, 8, 0, 7, 6];
        let mut found = vec![77];
        for limit in [0, 1, 2, 3, 5, 6, 7, usize::MAX] {
            sum.strongest(&parts, limit, &mut found);
            assert_eq!(found, all[..limit.min(all.len())], "{limit}");
        }
    }
}
