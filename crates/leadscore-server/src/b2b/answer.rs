//! The responses of `/api/v1/score` and `/api/v1/score/batch`, written straight into bytes.

use std::borrow::Cow;

use serde::Serialize;
use uuid::Uuid;

use super::model::{B2bModel, Scored};

/// The version that details speak of.
pub const API_VERSION: &str = "1.0.0";

/// What `include_details` adds to the score, the time and the version.
const RANKING: &str = r#","ranking":{"tier_definition":{"A":"Highest conversion likelihood (bucket 5)","B":"High conversion likelihood (bucket 4)","C":"Medium conversion likelihood (bucket 3)","D":"Low conversion likelihood (bucket 2)","E":"Lowest conversion likelihood (bucket 1)"}}"#;

/// How many bytes an answer without details has, more or less, besides the model and the id.
const USUAL_LENGTH: usize = 160;

/// Appends the answer about one lead, with a new request id. Details are added where the latency is given, in
/// milliseconds; it is rounded to two decimals.
///
/// ```
/// use leadscore_server::b2b::answer::write_one;
/// use leadscore_server::b2b::model::{B2bModel, Scored, Tier};
/// let (model, mut answer) = (B2bModel::builtin()?, Vec::new());
/// let scored = Scored { raw_score: 0.82, bucket: 4, tier: Tier::B };
/// write_one(&mut answer, &model, "LEAD-12345", scored, None);
/// let answer: serde_json::Value = serde_json::from_slice(&answer)?;
/// assert_eq!(answer["score"]["raw_score"], 0.82);
/// assert_eq!(answer["model"]["name"], "xgboost_lead_score_v100");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_one(
    out: &mut Vec<u8>,
    model: &B2bModel,
    lead_id: &str,
    scored: Scored,
    latency_ms: Option<f64>,
) {
    out.extend_from_slice(b"{\"request_id\":\"");
    out.extend_from_slice(Uuid::new_v4().hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
    out.extend_from_slice(b"\",");
    out.extend_from_slice(model.answer_part().as_bytes());
    out.extend_from_slice(b",\"lead_id\":");
    write_json(out, lead_id);
    out.extend_from_slice(b",\"score\":{\"raw_score\":");
    write_json(out, &scored.raw_score);
    out.extend_from_slice(b",\"bucket\":");
    write_json(out, &scored.bucket);
    out.extend_from_slice(b",\"tier\":\"");
    out.extend_from_slice(scored.tier.letter().as_bytes());
    out.push(b'"');
    if latency_ms.is_some() {
        out.extend_from_slice(RANKING.as_bytes());
    }
    out.push(b'}');
    if let Some(latency) = latency_ms {
        out.extend_from_slice(b",\"timing\":{\"latency_ms\":");
        write_json(out, &((100.0 * latency).round() / 100.0));
        out.extend_from_slice(b"},\"api_version\":");
        write_json(out, API_VERSION);
    }
    out.push(b'}');
}

/// Appends the list of answers about a batch, in its order; ids and scores are as many.
pub fn write_batch(
    out: &mut Vec<u8>,
    model: &B2bModel,
    lead_ids: &[Cow<'_, str>],
    scores: &[Scored],
    latency_ms: Option<f64>,
) {
    debug_assert_eq!(lead_ids.len(), scores.len(), "a score for each lead");
    let ids: usize = lead_ids.iter().map(|id| id.len()).sum();
    let details = if latency_ms.is_some() { RANKING.len() + USUAL_LENGTH / 2 } else { 0 };
    out.reserve(ids + scores.len() * (USUAL_LENGTH + model.answer_part().len() + details) + 2);
    out.push(b'[');
    for (at, (lead_id, scored)) in lead_ids.iter().zip(scores).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_one(out, model, lead_id, *scored, latency_ms);
    }
    out.push(b']');
}

fn write_json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(out, value)
        .expect("texts and numbers have a JSON form, and a vector takes all of it");
}

#[cfg(test)]
mod tests {
    use leadscore::pipeline::ScoreWorkspace;
    use serde_json::{Value, json};

    use super::super::body::{read_batch, read_one};
    use super::super::model::Tier;
    use super::super::tests::REQUEST;
    use super::*;

    #[test]
    fn the_documented_request_is_answered_in_the_documented_shape() {
        let model = B2bModel::builtin().unwrap();
        let lead = read_one(REQUEST.as_bytes(), &model).unwrap();
        let scored = model.score_row(lead.row, &mut ScoreWorkspace::default()).unwrap();
        let mut out = Vec::new();
        write_one(&mut out, &model, &lead.lead_id, scored, None);
        let answer: Value = serde_json::from_slice(&out).unwrap();
        let id = Uuid::parse_str(answer["request_id"].as_str().unwrap()).unwrap();
        assert_eq!(id.get_version_num(), 4);
        let expected = json!({
            "request_id": answer["request_id"],
            "model": {"name": "xgboost_lead_score_v100", "version": "1.0.0"},
            "lead_id": "LEAD-12345",
            "score": {"raw_score": scored.raw_score, "bucket": scored.bucket, "tier": scored.tier.letter()},
        });
        assert_eq!(answer, expected);
        // The same bytes in the documented order of keys.
        let order =
            ["request_id", "model", "name", "version", "lead_id", "score", "raw_score", "bucket", "tier"];
        assert!(positions(&out, &order).is_sorted());
    }

    #[test]
    fn details_are_the_tiers_the_time_and_the_version() {
        let model = B2bModel::builtin().unwrap();
        let scored = Scored { raw_score: 0.82, bucket: 4, tier: Tier::B };
        let mut out = Vec::new();
        write_one(&mut out, &model, "a\"\n", scored, Some(12.4961));
        let answer: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(answer["lead_id"], "a\"\n");
        assert_eq!(answer["timing"], json!({"latency_ms": 12.5}));
        assert_eq!(answer["api_version"], "1.0.0");
        let tiers = json!({
            "A": "Highest conversion likelihood (bucket 5)",
            "B": "High conversion likelihood (bucket 4)",
            "C": "Medium conversion likelihood (bucket 3)",
            "D": "Low conversion likelihood (bucket 2)",
            "E": "Lowest conversion likelihood (bucket 1)",
        });
        let score =
            json!({"raw_score": 0.82, "bucket": 4, "tier": "B", "ranking": {"tier_definition": tiers}});
        assert_eq!(answer["score"], score);
        assert!(positions(&out, &["score", "ranking", "timing", "api_version"]).is_sorted());
    }

    #[test]
    fn a_batch_is_a_list_of_answers_with_ids_of_their_own() {
        let model = B2bModel::builtin().unwrap();
        let body = format!("[{REQUEST},{}]", REQUEST.replace("LEAD-12345", "L-2"));
        let batch = read_batch(body.as_bytes(), &model).unwrap();
        let scores = model.score_rows(batch.values, &mut ScoreWorkspace::default()).unwrap();
        let mut out = Vec::new();
        write_batch(&mut out, &model, &batch.lead_ids, &scores, Some(0.0));
        let Value::Array(answers) = serde_json::from_slice(&out).unwrap() else { panic!() };
        assert_eq!((&answers[0]["lead_id"], &answers[1]["lead_id"]), (&json!("LEAD-12345"), &json!("L-2")));
        assert_eq!(answers[0]["score"], answers[1]["score"]);
        assert_ne!(answers[0]["request_id"], answers[1]["request_id"]);
        out.clear();
        write_batch(&mut out, &model, &[], &[], None);
        assert_eq!(out, b"[]");
    }

    /// Where each key stands.
    fn positions(json: &[u8], keys: &[&str]) -> Vec<usize> {
        let text = std::str::from_utf8(json).unwrap();
        keys.iter().map(|key| text.find(&format!("\"{key}\":")).unwrap()).collect()
    }
}
