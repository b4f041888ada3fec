//! From the parts of a margin to reasons in points that add up to the score.

mod sum;
mod value;
mod words;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(crate) use sum::PointSum;
pub use value::{FeatureValue, FeatureValues, NamedValue};
pub(crate) use words::Wording;

use crate::TierScheme;
use crate::scorer::ContributionKind;

/// One line of the sum that makes a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Contribution {
    /// The rule's, feature's or limit's code.
    pub code: Arc<str>,
    /// The scorecard group it belongs to, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Arc<str>>,
    /// What kind of thing it is.
    pub kind: ContributionKind,
    /// The features it is about, with the lead's values.
    pub features: FeatureValues,
    /// Points of score, 0–100 scale, added (or taken away, when negative).
    pub points: f64,
    /// In words.
    pub text: Arc<str>,
}

/// One of the things that moved the score most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reason {
    /// The contribution's code.
    pub code: Arc<str>,
    /// Points of score; negative when it is against the lead.
    pub points: f64,
    /// What a sales representative reads.
    pub text: Arc<str>,
}

/// The rule that ruled a lead out; as JSON its words.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Disqualification {
    /// The rule's code.
    pub code: Arc<str>,
    /// Why, in words.
    pub text: Arc<str>,
}

impl Disqualification {
    pub(crate) fn new(sum: &PointSum, wording: &Wording<'_>) -> Option<Disqualification> {
        let part = sum.disqualified_by?;
        let code = wording.parts.get(part).code.clone();
        Some(Disqualification { code, text: wording.text(part, &mut String::new()) })
    }
}

impl std::fmt::Display for Disqualification {
    /// Why, in words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Disqualification {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Why a score is what it is: `baseline` + Σ `contributions` + `rest` = score, within 1e-9.
///
/// Without a baseline there are no reasons: the pipeline gives none, or none were asked for.
///
/// ```
/// use leadscore::{AsOf, Lead, Pipeline, Zone};
/// let lead = Lead::new("l-1").with("company", "Acme").with("title", "CEO");
/// let prediction = Pipeline::builtin("conversion")?.score(&lead, &AsOf::parse("2026-11-22", &Zone::utc())?)?;
/// let explanation = &prediction.explanation;
/// let points: f64 = explanation.contributions.iter().map(|line| line.points).sum();
/// assert!((explanation.baseline.unwrap() + points + explanation.rest - prediction.score).abs() <= 1e-9);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The score at the baseline margin, in points. It is not the base rate.
    pub baseline: Option<f64>,
    /// Every line of the sum, in the scorer's order.
    pub contributions: Vec<Contribution>,
    /// The strongest features and rules, by absolute points after a rule's own range.
    pub reasons: Vec<Reason>,
    /// Clips of groups and of the score, rounding and disqualification; they are among the contributions too.
    pub limits: Vec<Reason>,
    /// What rounding leaves over, in points; |rest| ≤ 1e-3.
    pub rest: f64,
    /// The whole in one line.
    pub summary: String,
}

/// What of an explanation is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExplanationDetail {
    /// Everything.
    Full,
    /// Neither contributions nor the summary.
    Reasons,
}

/// What an explanation is to say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExplanationOptions<'a> {
    /// The tier's name, for the summary.
    pub(crate) tier: Option<&'a str>,
    /// The tiers, which decide how a score is rounded in the summary.
    pub(crate) tiers: &'a TierScheme,
    /// The most reasons to name.
    pub(crate) reason_limit: usize,
    pub(crate) detail: ExplanationDetail,
}

impl Explanation {
    pub(crate) fn new(sum: &PointSum, wording: &Wording<'_>, options: ExplanationOptions<'_>) -> Explanation {
        let mut buffer = String::new();
        let is_full = options.detail == ExplanationDetail::Full;
        let lines = if is_full { &*sum.lines } else { &[] };
        let contributions: Vec<Contribution> = lines
            .iter()
            .map(|line| {
                let part = wording.parts.get(line.part);
                let value = |column: &crate::expression::ColumnRef| {
                    let feature = wording.schema.column(column.index)?;
                    let value = FeatureValue::new(feature, wording.row[column.index]);
                    Some(NamedValue { name: column.name.clone(), value })
                };
                Contribution {
                    code: part.code.clone(),
                    group: part.group.clone(),
                    kind: part.kind,
                    features: part.columns.iter().filter_map(value).collect(),
                    points: line.points,
                    text: wording.text(line.part, &mut buffer),
                }
            })
            .collect();
        let mut reason = |index: usize, points: f64| {
            let part = sum.lines[index].part;
            let text = match contributions.get(index) {
                Some(contribution) => contribution.text.clone(),
                None => wording.text(part, &mut buffer),
            };
            Reason { code: wording.parts.get(part).code.clone(), points, text }
        };
        let mut strongest = Vec::new();
        sum.strongest(wording.parts, options.reason_limit, &mut strongest);
        let reasons: Vec<Reason> = strongest
            .iter()
            .map(|index| reason(*index as usize, sum.lines[*index as usize].capped_points))
            .collect();
        let is_limit = |part: u32| {
            let part = wording.parts.get(part);
            part.kind == ContributionKind::Limit && !part.is_rule_cap
        };
        let limits = (0..sum.lines.len())
            .filter(|index| is_limit(sum.lines[*index].part))
            .map(|index| reason(index, sum.lines[index].points))
            .collect();
        let summary = if is_full {
            let disqualified = sum.disqualified_by.map(|part| wording.text(part, &mut buffer));
            summary(&options.tiers.shown_score(sum.score), options.tier, &reasons, disqualified.as_deref())
        } else {
            String::new()
        };
        Explanation { baseline: sum.baseline, contributions, reasons, limits, rest: sum.rest, summary }
    }
}

fn summary(score: &str, tier: Option<&str>, reasons: &[Reason], disqualified: Option<&str>) -> String {
    let mut out = String::new();
    if let Some(tier) = tier {
        out.push_str(tier);
        out.push_str(", ");
    }
    out.push_str(score);
    out.push_str(" of 100");
    if let Some(why) = disqualified {
        out.push_str(". Ruled out: ");
        out.push_str(why);
    } else {
        for (heading, is_for) in [(". For: ", true), (". Against: ", false)] {
            let mut separator = heading;
            for reason in reasons.iter().filter(|reason| (reason.points > 0.0) == is_for) {
                out.push_str(separator);
                out.push_str(&reason.text);
                separator = "; ";
            }
        }
    }
    out.push('.');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_says_what_speaks_for_and_against() {
        let reason = |points: f64, text: &str| Reason { code: "r".into(), points, text: text.into() };
        let reasons = [reason(9.0, "A"), reason(-4.0, "B"), reason(0.5, "C"), reason(-0.1, "D")];
        assert_eq!(
            summary("71.5", Some("HOT"), &reasons, None),
            "HOT, 71.5 of 100. For: A; C. Against: B; D."
        );
        assert_eq!(summary("71.4", None, &reasons[..1], None), "71.4 of 100. For: A.");
        assert_eq!(summary("3.0", Some("COLD"), &reasons[1..2], None), "COLD, 3.0 of 100. Against: B.");
        assert_eq!(summary("3.0", None, &[], None), "3.0 of 100.");
        assert_eq!(
            summary("0.0", Some("COLD"), &reasons, Some("Is a student")),
            "COLD, 0.0 of 100. Ruled out: Is a student."
        );
    }

    #[test]
    fn an_explanation_is_read_back_as_it_was() {
        let values = [
            ("gone", FeatureValue::Missing),
            ("count", FeatureValue::Number(3.0)),
            ("rate", FeatureValue::Number(0.1 + 0.2)),
            ("minus", FeatureValue::Number(-0.0)),
            ("large", FeatureValue::Number(1e300)),
            ("yes", FeatureValue::Flag(true)),
            ("level", FeatureValue::Text("Überall \"x\"".to_owned())),
        ];
        let line = |group: Option<&str>, kind| Contribution {
            code: "code".into(),
            group: group.map(Arc::from),
            kind,
            features: values.iter().map(|(name, value)| NamedValue::new(*name, value.clone())).collect(),
            points: -1.25,
            text: "in words".into(),
        };
        let reason = Reason { code: "code".into(), points: 1e-9, text: "w".into() };
        let mut explanation = Explanation {
            baseline: Some(12.5),
            contributions: vec![
                line(None, ContributionKind::Limit),
                line(Some("g"), ContributionKind::Model),
            ],
            reasons: vec![reason.clone()],
            limits: vec![reason],
            rest: -1e-15,
            summary: "A, 3 of 100.".to_owned(),
        };
        for baseline in [Some(12.5), None] {
            explanation.baseline = baseline;
            let text = serde_json::to_string(&explanation).unwrap();
            let back: Explanation = serde_json::from_str(&text).unwrap();
            assert_eq!(back, explanation);
            assert_eq!(serde_json::to_string(&back).unwrap(), text);
        }
        assert!(serde_json::from_str::<NamedOnly>(r#"{"features":{"list":[1]}}"#).is_err());
    }

    #[derive(Deserialize)]
    struct NamedOnly {
        #[expect(dead_code, reason = "only its refusal is looked at")]
        features: FeatureValues,
    }
}
