//! Every kind of mistake, and what is told of it.

use serde_json::{Value, json};

use super::super::super::tests::REQUEST;
use super::super::{BatchError, read_batch, read_one};
use super::builtin;

/// The 422 for one lead.
fn refused(body: &str) -> Vec<Value> {
    let invalid = read_one(body.as_bytes(), &builtin()).expect_err(body);
    let Value::Array(detail) = serde_json::to_value(&invalid).unwrap()["detail"].take() else { panic!() };
    detail
}

/// The documented request with another value for a feature.
fn with(name: &str, value: &str) -> String {
    let start = REQUEST.find(&format!("\"{name}\":")).unwrap() + name.len() + 3;
    let end = start + REQUEST[start..].find([',', '}']).unwrap();
    format!("{}{value}{}", &REQUEST[..start], &REQUEST[end..])
}

#[test]
fn values_of_features() {
    let integer = ("value is not a valid integer", "type_error.integer", Value::Null);
    let float = ("value is not a valid float", "type_error.float", Value::Null);
    let null = ("none is not an allowed value", "type_error.none.not_allowed", Value::Null);
    let low = |text, limit: i64| (text, "value_error.number.not_ge", json!({"limit_value": limit}));
    let high = |text, limit: i64| (text, "value_error.number.not_le", json!({"limit_value": limit}));
    let at_least_0 = low("ensure this value is greater than or equal to 0", 0);
    let at_least_1 = low("ensure this value is greater than or equal to 1", 1);
    let at_most_1 = high("ensure this value is less than or equal to 1", 1);
    let at_most_3 = high("ensure this value is less than or equal to 3", 3);
    let cases = [
        ("company_revenue", "-0.5", &at_least_0),
        ("company_revenue", "-1e300", &at_least_0),
        ("company_revenue", "\"5\"", &float),
        ("company_revenue", "true", &float),
        ("company_revenue", "null", &null),
        ("company_revenue", "[1, 2]", &float),
        ("company_revenue", "{\"a\": 1}", &float),
        ("company_employee_count", "0", &at_least_1),
        ("company_employee_count", "1.5", &integer),
        ("company_employee_count", "1e-1", &integer),
        ("company_employee_count", "\"7\"", &integer),
        ("company_employee_count", "true", &integer),
        ("company_employee_count", "null", &null),
        ("industry_tech_score", "1.0000000000000002", &at_most_1),
        ("industry_tech_score", "-1e-300", &at_least_0),
        ("geographic_tier", "4", &at_most_3),
        ("geographic_tier", "0", &at_least_1),
        ("company_public_status", "2", &at_most_1),
        ("company_public_status", "-1", &at_least_0),
        ("company_public_status", "0.5", &integer),
        ("company_public_status", "\"true\"", &integer),
        ("company_public_status", "null", &null),
        ("email_open_rate", "null", &null),
        ("email_open_rate", "65", &at_most_1),
        (
            "deployment_preference",
            "99999999999999999999999",
            &high("ensure this value is less than or equal to 2", 2),
        ),
    ];
    for (name, value, (msg, kind, ctx)) in cases {
        let detail = refused(&with(name, value));
        let mut expected = json!({"loc": ["body", "features", name], "msg": msg, "type": kind});
        if !ctx.is_null() {
            expected["ctx"] = ctx.clone();
        }
        assert_eq!(detail, [expected], "{name}: {value}");
    }
}

#[test]
fn values_that_are_good() {
    let cases = [
        ("company_employee_count", "1.0", 1.0),
        ("company_employee_count", "5e1", 50.0),
        ("company_employee_count", "12345678901234567890123", 1.234_567_890_123_456_8e22),
        ("company_public_status", "true", 1.0),
        ("company_public_status", "false", 0.0),
        ("company_public_status", "1.0", 1.0),
        ("company_public_status", "-0", 0.0),
        ("company_growth_rate", "-0.25", -0.25),
        ("company_growth_rate", "1e-400", 0.0),
        ("industry_tech_score", "0.30000000000000004", 0.300_000_000_000_000_04),
        ("industry_tech_score", "0.1234567890123456789012345678901234567890", 0.123_456_789_012_345_68),
        ("company_revenue", "1.7976931348623157e308", f64::MAX),
    ];
    let model = builtin();
    for (name, text, value) in cases {
        let body = with(name, text);
        let lead =
            read_one(body.as_bytes(), &model).unwrap_or_else(|error| panic!("{name}: {text}: {error:?}"));
        let column = model.info().features.iter().position(|own| own == name).unwrap();
        assert_eq!(lead.row[column], value, "{name}: {text}");
    }
}

#[test]
fn the_lead_as_a_whole() {
    let missing = ("field required", "value_error.missing");
    let null = ("none is not an allowed value", "type_error.none.not_allowed");
    let (dict, text) =
        (("value is not a valid dict", "type_error.dict"), ("str type expected", "type_error.str"));
    let twice = ("the key is given twice", "value_error.duplicate_key");
    let good = REQUEST.find("\"features\":").unwrap();
    let features = REQUEST[good..].trim_end().strip_suffix('}').unwrap();
    let id = r#""lead_id": "L""#;
    let cases = [
        ("null".to_owned(), vec![(json!(["body"]), null)]),
        ("[]".to_owned(), vec![(json!(["body"]), dict)]),
        ("7".to_owned(), vec![(json!(["body"]), dict)]),
        ("-7.5".to_owned(), vec![(json!(["body"]), dict)]),
        ("false".to_owned(), vec![(json!(["body"]), dict)]),
        ("\"a\"".to_owned(), vec![(json!(["body"]), dict)]),
        (String::new(), vec![(json!(["body"]), missing)]),
        (
            "{}".to_owned(),
            vec![(json!(["body", "lead_id"]), missing), (json!(["body", "features"]), missing)],
        ),
        (format!("{{{id}, \"features\": null}}"), vec![(json!(["body", "features"]), null)]),
        (format!("{{{id}, \"features\": []}}"), vec![(json!(["body", "features"]), dict)]),
        (format!("{{{id}, \"features\": \"x\"}}"), vec![(json!(["body", "features"]), dict)]),
        (format!("{{{features}}}"), vec![(json!(["body", "lead_id"]), missing)]),
        (format!("{{\"lead_id\": null, {features}}}"), vec![(json!(["body", "lead_id"]), null)]),
        (format!("{{\"lead_id\": 12345, {features}}}"), vec![(json!(["body", "lead_id"]), text)]),
        (format!("{{\"lead_id\": [\"a\"], {features}}}"), vec![(json!(["body", "lead_id"]), text)]),
        (format!("{{{id}, {id}, {id}, {features}}}"), vec![(json!(["body", "lead_id"]), twice)]),
        (format!("{{{id}, {features}, \"features\": 1}}"), vec![(json!(["body", "features"]), twice)]),
    ];
    for (body, expected) in cases {
        let expected: Vec<Value> = expected
            .into_iter()
            .map(|(loc, (msg, kind))| json!({"loc": loc, "msg": msg, "type": kind}))
            .collect();
        assert_eq!(refused(&body), expected, "{body}");
    }
    let empty = &refused(&REQUEST.replace("LEAD-12345", ""))[0];
    assert_eq!(empty["ctx"], json!({"limit_value": 1}));
    assert_eq!(empty["msg"], "ensure this value has at least 1 characters");
}

#[test]
fn features_that_are_missing_or_come_twice_are_told_in_the_order_of_the_schema() {
    let detail = refused(
        r#"{"features": {"bounce_rate": 0.1, "company_revenue": -1, "bounce_rate": 2, "bounce_rate": 3}, "lead_id": ""}"#,
    );
    let names: Vec<&str> = detail.iter().filter_map(|one| one["loc"][2].as_str()).collect();
    assert_eq!(detail[0]["loc"], json!(["body", "lead_id"]));
    assert_eq!(names[..2], ["company_revenue", "company_employee_count"]);
    let order: Vec<usize> = names
        .iter()
        .map(|name| builtin().info().features.iter().position(|own| own == name).unwrap())
        .collect();
    assert!(order.is_sorted(), "{names:?}");
    let of = |kind: &str| detail.iter().filter(|one| one["type"] == kind).count();
    assert_eq!((of("value_error.missing"), of("value_error.duplicate_key")), (21, 1));
    // The documented answer to a missing feature.
    assert_eq!(
        refused(&REQUEST.replace("\"company_revenue\": 5000000.0,", "")),
        [
            json!({"loc": ["body", "features", "company_revenue"], "msg": "field required", "type": "value_error.missing"})
        ]
    );
}

#[test]
fn what_is_no_json_is_told_with_its_place() {
    let offset = |body: &[u8]| {
        let invalid = read_one(body, &builtin()).unwrap_err();
        let value = serde_json::to_value(&invalid).unwrap();
        assert_eq!(value["detail"].as_array().unwrap().len(), 1);
        assert_eq!(value["detail"][0]["type"], "value_error.jsondecode", "{value}");
        assert_eq!(value["detail"][0]["loc"][0], "body");
        value["detail"][0]["loc"][1].as_u64().unwrap()
    };
    assert_eq!(offset(b"{\"lead_id\": nul}"), 15);
    assert_eq!(offset("{\"é\": 1,\n\"b\": x}".as_bytes()), 14);
    assert_eq!(offset(b"[1, 2"), 4);
    assert_eq!(offset(b"{} {}"), 3);
    assert_eq!(offset(b"\"a\xff\""), 2);
    for value in
        ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "01", "1.", ".5", "+1", "1e", "0x1", "--1", "- 1"]
    {
        offset(with("company_growth_rate", value).as_bytes());
    }
    for body in ["{'lead_id': 1}", "{\"a\": 1,}", "[1,]", "{\"a\" 1}", "\"\\ud800\"", "\"\t\"", " ", "{"] {
        offset(body.as_bytes());
    }
}

#[test]
fn a_batch_tells_all_mistakes_of_all_leads() {
    let model = builtin();
    let body =
        format!("[{REQUEST}, {{\"lead_id\": 1, \"features\": []}}, null, {}]", with("bounce_rate", "2"));
    let Err(BatchError::Invalid(invalid)) = read_batch(body.as_bytes(), &model) else { panic!() };
    let value = serde_json::to_value(&invalid).unwrap();
    let places: Vec<&Value> = value["detail"].as_array().unwrap().iter().map(|one| &one["loc"]).collect();
    assert_eq!(
        places,
        [
            &json!(["body", 1, "lead_id"]),
            &json!(["body", 1, "features"]),
            &json!(["body", 2]),
            &json!(["body", 3, "features", "bounce_rate"]),
        ]
    );
    for (body, kind) in
        [("{}", "type_error.list"), ("null", "type_error.none.not_allowed"), ("1", "type_error.list")]
    {
        let Err(BatchError::Invalid(invalid)) = read_batch(body.as_bytes(), &model) else { panic!("{body}") };
        assert_eq!((invalid.detail.len(), invalid.detail[0].kind), (1, kind), "{body}");
    }
}
