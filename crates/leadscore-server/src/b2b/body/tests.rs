mod mistakes;
mod oracle;

use std::borrow::Cow;

use super::super::tests::REQUEST;
use super::*;

fn builtin() -> B2bModel {
    B2bModel::builtin().unwrap()
}

#[test]
fn the_documented_request_is_a_row_in_the_order_of_the_schema() {
    let model = builtin();
    let lead = read_one(REQUEST.as_bytes(), &model).unwrap();
    assert_eq!(lead.lead_id, "LEAD-12345");
    let value: serde_json::Value = serde_json::from_str(REQUEST).unwrap();
    let expected: Vec<f64> =
        model.info().features.iter().map(|name| value["features"][name].as_f64().unwrap()).collect();
    assert_eq!(lead.row, expected);
    // Nothing in it needs a second look, and both ways read the same.
    assert_eq!(fast::one(REQUEST, model.fields()), Some(lead.clone()));
    assert_eq!(checked::one(REQUEST, model.fields()), Ok(lead));
}

#[test]
fn a_batch_keeps_the_order_of_its_leads() {
    let model = builtin();
    let leads: Vec<String> =
        (0..MAX_BATCH).map(|at| REQUEST.replace("LEAD-12345", &format!("L-{at}"))).collect();
    let body = format!(" [{}]\n", leads.join(" , "));
    let batch = read_batch(body.as_bytes(), &model).unwrap();
    assert_eq!(batch.len(), MAX_BATCH);
    assert!(batch.lead_ids.iter().enumerate().all(|(at, id)| *id == format!("L-{at}")));
    assert_eq!(fast::batch(&body, model.fields()), Some(batch.clone()));
    assert_eq!(checked::batch(&body, model.fields()), Ok(batch));
    assert!(read_batch(b" [ ] ", &model).unwrap().is_empty());
}

#[test]
fn more_than_a_hundred_leads_are_too_many_whatever_they_are() {
    let model = builtin();
    let list = |item: &str, count: usize| format!("[{}]", vec![item; count].join(","));
    for item in [REQUEST, "null", "{}", "[[1]]", "\"x\""] {
        let is_too_many =
            |count| read_batch(list(item, count).as_bytes(), &model) == Err(BatchError::TooMany);
        assert_eq!((is_too_many(100), is_too_many(101)), (false, true), "{item}");
    }
    assert_eq!(BatchError::TooMany.to_string(), "Maximum 100 leads per batch request");
    // What is no JSON has no number of leads.
    let broken = list("{}", 101).replace(']', "");
    assert!(matches!(read_batch(broken.as_bytes(), &model), Err(BatchError::Invalid(_))));
}

#[test]
fn a_byte_order_mark_and_keys_that_nobody_knows_are_passed_over() {
    let model = builtin();
    let expected = read_one(REQUEST.as_bytes(), &model).unwrap();
    let marked = format!("\u{feff}{REQUEST}");
    assert_eq!(read_one(marked.as_bytes(), &model).unwrap(), expected);
    let unknown = REQUEST.replacen(
        "\"features\": {",
        "\"extra\": [{\"a\": [1, null]}], \"features\": {\"x\": \"\\u00e9\", \"y\": {},",
        1,
    );
    assert_ne!(unknown, REQUEST);
    assert_eq!(read_one(unknown.as_bytes(), &model).unwrap(), expected);
}

#[test]
fn single_values_that_nobody_knows_need_no_second_look() {
    let model = builtin();
    let with =
        |value: &str| REQUEST.replacen("\"features\": {", &format!("\"features\": {{\"x\": {value},"), 1);
    for value in ["null", "true", "false", "\"é\"", "-1.5e3", "0"] {
        let body = with(value);
        let lead = fast::one(&body, model.fields()).expect(value);
        assert_eq!(checked::one(&body, model.fields()), Ok(lead), "{value}");
    }
    for value in ["nul", "truefalse", "01", "1e999", "\"\t\"", "", "[1]"] {
        assert_eq!(fast::one(&with(value), model.fields()), None, "{value}");
    }
}

#[test]
fn ids_may_hold_escapes_and_200_characters_of_any_length() {
    let model = builtin();
    let with_id = |id: &str| REQUEST.replace("LEAD-12345", id);
    let long = "é".repeat(MAX_ID_LENGTH);
    assert_eq!(read_one(with_id(&long).as_bytes(), &model).unwrap().lead_id, long);
    let escaped = with_id("a\\\"\\u00e9\\n");
    let lead = read_one(escaped.as_bytes(), &model).unwrap();
    assert_eq!(lead.lead_id, Cow::<str>::Owned("a\"é\n".to_owned()));
    let body = with_id(&"é".repeat(MAX_ID_LENGTH + 1));
    assert_eq!(
        read_one(body.as_bytes(), &model).unwrap_err().detail[0].kind,
        "value_error.any_str.max_length"
    );
}

#[test]
fn depth_is_bounded() {
    let model = builtin();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        for body in [deep.clone(), REQUEST.replacen('{', &format!("{{\"x\": {deep},"), 1)] {
            let invalid = read_one(body.as_bytes(), &model).unwrap_err();
            assert_eq!(invalid.detail[0].kind, "value_error.jsondecode");
        }
    }
}
