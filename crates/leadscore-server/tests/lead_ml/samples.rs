//! What the document shows, and whether an answer is of its shape.

use serde_json::{Value, json};

/// Whether a value has every key of a sample, and a value of the same type under each; keys of `extra` may be there too.
pub(crate) fn assert_shape(place: &str, value: &Value, sample: &Value, extra: &[&str]) {
    match (value, sample) {
        (Value::Object(own), Value::Object(wanted)) => {
            for (key, sample) in wanted {
                let value = own.get(key).unwrap_or_else(|| panic!("{place}.{key} is missing: {value}"));
                assert_shape(&format!("{place}.{key}"), value, sample, extra);
            }
            for key in own.keys() {
                assert!(
                    wanted.contains_key(key) || extra.contains(&key.as_str()),
                    "{place}.{key} is not documented"
                );
            }
        }
        (Value::Array(own), Value::Array(wanted)) => {
            assert!(!own.is_empty(), "{place} is empty");
            for (at, value) in own.iter().enumerate() {
                assert_shape(&format!("{place}[{at}]"), value, &wanted[0], extra);
            }
        }
        // What the record does not say is null.
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Number(own), Value::Number(wanted)) => {
            assert!(wanted.is_f64() || !own.is_f64(), "{place}: {own} is no whole number");
        }
        (own, wanted) => {
            assert_eq!(
                std::mem::discriminant(own),
                std::mem::discriminant(wanted),
                "{place}: {own} for {wanted}"
            );
        }
    }
}

pub(crate) const ADDED: &[&str] = &["basis", "pipelineProbability"];

pub(crate) fn advice() -> Value {
    json!({
        "riskFactors": [{"factor": "Low Activity Velocity", "impact": "medium", "currentValue": 0.5, "trend": "stable",
            "description": "Lead has low engagement frequency"}],
        "explanation": "High conversion probability based on...",
        "recommendations": [{"priority": "high", "action": "Schedule a demo call",
            "rationale": "Lead has shown strong interest", "expectedImpact": "Accelerate sales cycle",
            "timeframe": "Within 3 days"}]
    })
}

pub(crate) fn with_advice(mut sample: Value) -> Value {
    for (name, value) in advice().as_object().unwrap() {
        sample[name] = value.clone();
    }
    sample
}

pub(crate) fn conversion_sample() -> Value {
    with_advice(
        json!({"predictionType": "CONVERSION", "probability": 0.72, "confidence": 0.85, "predictedValue": null,
        "predictedDays": 14, "predictedScoreLevel": "HOT", "predictionId": 123}),
    )
}
