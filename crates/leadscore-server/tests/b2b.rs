//! The B2B API, as the document has it.

mod support;

use serde_json::{Value, json};
use support::{KEY, Running, json};

fn sample() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/sample_request_1.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[tokio::test]
async fn the_document_s_requests_are_answered_in_its_shape() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let keyed = |request: reqwest::RequestBuilder| json(request.header("x-api-key", KEY));
    let (status, one) = keyed(server.post("/api/v1/score", &sample())).await;
    assert_eq!((status, &one["lead_id"]), (200, &json!("LEAD-12345")), "{one}");
    assert_eq!(one["model"], json!({"name": "xgboost_lead_score_v100", "version": "1.0.0"}));
    let mut keys: Vec<&String> = one.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["lead_id", "model", "request_id", "score"]);
    let (status, details) = keyed(server.post("/api/v1/score?include_details=true", &sample())).await;
    assert_eq!((status, &details["score"]["raw_score"]), (200, &one["score"]["raw_score"]));
    assert!(details["timing"]["latency_ms"].is_number() && details["api_version"] == "1.0.0", "{details}");
    let (status, batch) = keyed(server.post("/api/v1/score/batch", &json!([sample(), sample()]))).await;
    assert_eq!((status, batch.as_array().map(Vec::len)), (200, Some(2)), "{batch}");
    let many = Value::Array(vec![sample(); 101]);
    let (status, refused) = keyed(server.post("/api/v1/score/batch", &many)).await;
    assert_eq!((status, refused), (400, json!({"detail": "Maximum 100 leads per batch request"})));

    let mut lacking = sample();
    lacking["features"].as_object_mut().unwrap().remove("company_revenue");
    let (status, invalid) = keyed(server.post("/api/v1/score", &lacking)).await;
    let expected = json!({"detail": [{"loc": ["body", "features", "company_revenue"], "msg": "field required",
        "type": "value_error.missing"}]});
    assert_eq!((status, invalid), (422, expected));
    for header in [None, Some(("x-api-key", "wrong")), Some(("authorization", "Bearer demo-api-key-123"))] {
        let mut request = server.post("/api/v1/score", &sample());
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401, "{header:?}");
        assert_eq!(response.headers()["www-authenticate"], "ApiKey");
        assert_eq!(response.json::<Value>().await.unwrap(), json!({"detail": "Invalid or missing API key"}));
    }
    let (status, info) = keyed(server.get("/api/v1/model/info")).await;
    assert_eq!((status, &info["n_features"], &info["metadata"]["is_stub"]), (200, &json!(50), &json!(true)));
    let (status, features) = keyed(server.get("/api/v1/model/features")).await;
    assert_eq!(
        (status, &features["count"], &features["features"][0]),
        (200, &json!(50), &json!("company_revenue"))
    );
    let response = server.get("/api/v1/model/importance").header("x-api-key", KEY).send().await.unwrap();
    let text = response.text().await.unwrap();
    let importance: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(importance["top_10"].as_array().unwrap().len(), 10);
    let first = importance["top_10"][0][0].as_str().unwrap();
    assert!(text.starts_with(&format!("{{\"importance\":{{\"{first}\"")), "in order: {text}");

    for (path, key) in [
        ("/", "service"),
        ("/health", "status"),
        ("/health/ready", "model_version"),
        ("/health/live", "uptime_seconds"),
        ("/status", "environment"),
        ("/resources", "cpu"),
    ] {
        let (status, body) = json(server.get(path)).await;
        assert!(status == 200 && body.get(key).is_some(), "{path}: {body}");
    }
    let metrics = server.get("/metrics").send().await.unwrap();
    assert_eq!(metrics.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = metrics.text().await.unwrap();
    let tier = one["score"]["tier"].as_str().unwrap();
    assert!(
        text.contains(&format!("model_predictions_total{{endpoint_provider=\"local\",tier=\"{tier}\"}} 4")),
        "{text}"
    );
    assert!(
        text.contains("http_requests_total{endpoint=\"/api/v1/score\",method=\"POST\",status=\"200\"} 2"),
        "{text}"
    );
}
