//! What the core makes of the JSON texts that other languages write for their own values: each row of
//! `fixtures/conformance/host_values.json` gives the value it names, or is missing with its reason, or is an error.

use std::fs;

use leadscore::{Context, Error, Pipeline};
use serde_json::{Value, json};

#[test]
fn every_text_gives_what_its_row_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/conformance/host_values.json");
    let table: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let pipeline = Pipeline::from_json(&table["pipeline"].to_string()).unwrap();
    let context =
        Context::from_json(&json!({"as_of": table["as_of"], "zone": table["zone"]}).to_string()).unwrap();
    let (mut texts, mut errors, mut wrong) = (0, 0, Vec::new());
    for row in table["rows"].as_array().unwrap() {
        let name = &row["name"];
        let Some(text) = row.get("json") else {
            // No text at all: a host refuses the value, and names the same code and place as the others.
            assert!(row["error"]["code"] == "invalid_lead" && row["error"]["path"].is_string(), "{name}");
            errors += 1;
            continue;
        };
        let found = outcome(&pipeline, text.as_str().unwrap(), &context, &row["core"]);
        if !same(&found, &row["core"]) {
            wrong.push(format!("{name}: {found} is not {}", row["core"]));
        }
        texts += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(texts > 150 && errors > 40, "{texts} texts and {errors} errors");
}

/// What became of a record, in the words of the row: a feature's value, why it is missing, the lead's id, or an error.
fn outcome(pipeline: &Pipeline, text: &str, context: &Context, expected: &Value) -> Value {
    let read = || -> Result<(Value, Value), Error> {
        let features = pipeline.features_json(text, context)?;
        let prediction = pipeline.score_json(text, context)?;
        Ok((serde_json::from_str(&features).unwrap(), serde_json::from_str(&prediction).unwrap()))
    };
    let (features, prediction) = match read() {
        Ok(both) => both,
        Err(error) => return json!({"error": {"code": error.code(), "path": error.path().to_string()}}),
    };
    if expected.get("lead_id").is_some() {
        return json!({"lead_id": prediction["lead_id"]});
    }
    let feature = expected["feature"].as_str().unwrap_or("number");
    let missing = prediction["missing"].as_array().unwrap().iter().find(|one| one["name"] == feature);
    let Some(missing) = missing else {
        return json!({"feature": feature, "value": features[feature]});
    };
    // A count of nothing is 0, and not known.
    let is_unknown_count = missing["reason"] == "absent" && features[feature].as_f64() == Some(0.0);
    assert!(features[feature].is_null() || is_unknown_count, "{feature} is missing and has a value");
    // Whatever the record said that could not be used is a warning, so that nothing is lost in silence.
    let found = missing.get("found");
    let warned = prediction["warnings"].to_string();
    assert!(found.is_none_or(|found| warned.contains(found.as_str().unwrap())), "{warned}");
    match found {
        None => json!({"feature": feature, "missing": missing["reason"]}),
        Some(found) => json!({"feature": feature, "missing": missing["reason"], "found": found}),
    }
}

/// Equal to the last bit; −0 is not 0.
fn same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            found.len() == expected.len()
                && found.iter().all(|(key, value)| expected.get(key).is_some_and(|own| same(value, own)))
        }
        (Value::Number(found), Value::Number(expected)) => {
            found.as_f64().map(f64::to_bits) == expected.as_f64().map(f64::to_bits)
        }
        _ => found == expected,
    }
}
