//! Risk factors and recommendations as a model answers them.

use serde::Deserialize;

use super::grounding::Sources;
use super::reply::plain_text;
use super::{Rejection, RejectionKind};
use crate::pipeline::{Impact, Priority, Recommendation, RiskFactor, Trend};

const MAX_FACTORS: usize = 6;
const MAX_RECOMMENDATIONS: usize = 5;
const MAX_TEXT: usize = 400;
const MAX_LABEL: usize = 80;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FactorReply {
    factor: String,
    impact: Impact,
    trend: Trend,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecommendationReply {
    priority: Priority,
    action: String,
    rationale: String,
    expected_impact: String,
    timeframe: String,
}

/// The properties `risk_factors` and `recommendations` of a JSON Schema.
pub(super) fn schema_of_advice() -> String {
    let texts = |names: &[&str]| -> String {
        names.iter().map(|name| format!(r#""{name}":{{"type":"string"}}"#)).collect::<Vec<_>>().join(",")
    };
    let words = |words: &[&str]| format!(r#"{{"type":"string","enum":["{}"]}}"#, words.join("\",\""));
    let list = |name: &str, properties: String, required: &[&str]| {
        format!(
            r#""{name}":{{"type":"array","items":{{"type":"object","properties":{{{properties}}},"required":["{}"],"additionalProperties":false}}}}"#,
            required.join("\",\"")
        )
    };
    let factor = format!(
        r#"{},"impact":{},"trend":{}"#,
        texts(&["factor", "text"]),
        words(&["high", "medium", "low"]),
        words(&["improving", "stable", "declining"])
    );
    let recommendation = format!(
        r#""priority":{},{}"#,
        words(&["urgent", "high", "medium", "low"]),
        texts(&["action", "rationale", "expected_impact", "timeframe"])
    );
    format!(
        "{},{}",
        list("risk_factors", factor, &["factor", "text", "impact", "trend"]),
        list(
            "recommendations",
            recommendation,
            &["priority", "action", "rationale", "expected_impact", "timeframe"]
        )
    )
}

/// The risk factors of an answer, checked.
pub(super) fn factors(replies: Vec<FactorReply>, sources: &Sources) -> Result<Vec<RiskFactor>, Rejection> {
    at_most("risk_factors", replies.len(), MAX_FACTORS)?;
    let factor = |(at, reply): (usize, FactorReply)| {
        let path = |name: &str| format!("risk_factors[{at}].{name}");
        Ok(RiskFactor {
            code: "model".to_owned(),
            factor: grounded(&path("factor"), &reply.factor, MAX_LABEL, sources)?,
            impact: reply.impact,
            trend: reply.trend,
            value: None,
            text: grounded(&path("text"), &reply.text, MAX_TEXT, sources)?,
        })
    };
    replies.into_iter().enumerate().map(factor).collect()
}

/// The recommendations of an answer, checked.
pub(super) fn recommendations(
    replies: Vec<RecommendationReply>,
    sources: &Sources,
) -> Result<Vec<Recommendation>, Rejection> {
    at_most("recommendations", replies.len(), MAX_RECOMMENDATIONS)?;
    let recommendation = |(at, reply): (usize, RecommendationReply)| {
        let text = |name: &str, text: &str| {
            grounded(&format!("recommendations[{at}].{name}"), text, MAX_TEXT, sources)
        };
        // A deadline that the seller sets for himself is no statement about the lead.
        let timeframe = plain_text(&format!("recommendations[{at}].timeframe"), &reply.timeframe, MAX_LABEL)?;
        Ok(Recommendation {
            code: "model".to_owned(),
            priority: reply.priority,
            action: text("action", &reply.action)?,
            rationale: text("rationale", &reply.rationale)?,
            expected_impact: text("expected_impact", &reply.expected_impact)?,
            timeframe,
        })
    };
    replies.into_iter().enumerate().map(recommendation).collect()
}

/// A plain text that states only what the sources say.
pub(super) fn grounded(
    path: &str,
    text: &str,
    max_chars: usize,
    sources: &Sources,
) -> Result<String, Rejection> {
    let text = plain_text(path, text, max_chars)?;
    // A heading has capitals of its own: `High-Value Engagement`.
    let is_heading = max_chars == MAX_LABEL;
    sources.check(path, &if is_heading { heading(&text) } else { text.clone() })?;
    Ok(text)
}

/// A heading as a sentence: `Recent Activity` ▶ `Recent activity`, `VP` stays.
fn heading(text: &str) -> String {
    let word = |word: &str| {
        let has_small = word.chars().any(char::is_lowercase);
        if has_small { word.to_lowercase() } else { word.to_owned() }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn at_most(path: &str, count: usize, limit: usize) -> Result<(), Rejection> {
    if count <= limit {
        return Ok(());
    }
    Err(Rejection::new(RejectionKind::OutOfRange, path, format!("{count} entries; wants at most {limit}")))
}
