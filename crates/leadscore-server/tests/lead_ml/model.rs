//! A language model is asked, fails, and is asked for no more than the quota.

use leadscore_server::store::Store;
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::language_model::{model, settings};
use crate::samples::{assert_shape, conversion_sample};
use crate::setup::{BASE, Leads, add_lead, get, leads, of, post};
use crate::support::Running;

#[tokio::test]
async fn a_model_is_asked_and_its_answers_are_kept_apart() {
    let Leads { folder, john, .. } = leads().await;
    let model = model().await;
    let base = format!("{}/v1", model.uri());
    let server = Running::start_in(folder, &settings(&base)).await;
    let predict = format!("/leads/{john}/ml/predict");
    let (status, own) = post(&server, "acme", &predict, json!({})).await;
    assert_eq!(status, 200, "{own}");
    // The call, its tokens and the statements of the store are counted.
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    let value = |name: &str, label: &str| {
        let line = metrics.lines().find(|line| line.starts_with(name) && line.contains(label));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .unwrap_or_else(|| panic!("{name}: {metrics}"))
    };
    assert_eq!(value("leadscore_llm_calls_total", "outcome=\"answered\""), 1.0);
    assert_eq!(value("leadscore_llm_tokens_total", "direction=\"input\""), 700.0);
    assert!(value("leadscore_store_query_seconds_count", "operation=\"write\"") > 0.0);
    assert!(value("leadscore_store_query_seconds_count", "operation=\"read\"") > 0.0);
    let mut sample = conversion_sample();
    sample.as_object_mut().unwrap().remove("riskFactors");
    sample.as_object_mut().unwrap().remove("recommendations");
    sample["llmMetadata"] =
        json!({"model": "gpt-4o-mini", "tokensUsed": 850, "latencyMs": 1_200, "estimatedCost": 0.0012});
    assert_shape(
        "",
        &own["prediction"],
        &sample,
        &["basis", "pipelineProbability", "riskFactors", "recommendations"],
    );
    let prediction = &own["prediction"];
    assert_eq!(
        (&prediction["basis"], &prediction["explanation"]),
        (&json!("llm"), &json!("The lead reacts."))
    );
    let gap =
        prediction["probability"].as_f64().unwrap() - prediction["pipelineProbability"].as_f64().unwrap();
    assert!(gap != 0.0 && gap.abs() <= 0.25, "{prediction}");
    assert_eq!(prediction["llmMetadata"]["tokensUsed"], 850);
    // 700 and 150 tokens at 0.15 and 0.60 dollars a million.
    let cost = prediction["llmMetadata"]["estimatedCost"].as_f64().unwrap();
    assert!((cost - 0.000_195).abs() < 1e-12, "{cost}");

    let (_, again) = post(&server, "acme", &predict, json!({})).await;
    assert_eq!(again, own);
    let (_, rules) = post(&server, "acme", &predict, json!({"ruleBasedOnly": true})).await;
    assert_eq!(rules["prediction"]["basis"], "rules");
    assert!(rules["prediction"].get("llmMetadata").is_none());
    let asked = model.received_requests().await.unwrap().len();
    assert_eq!(asked, 1);

    // An answer that cannot be taken leaves the rules' one, and the score never asks.
    let (status, time) = post(&server, "acme", &format!("/leads/{john}/ml/predict-time"), json!({})).await;
    assert_eq!((status, &time["prediction"]["basis"]), (200, &json!("rules")), "{time}");
    assert!(time["prediction"].get("llmMetadata").is_none(), "{time}");
    assert!(model.received_requests().await.unwrap().len() > asked);
    let asked = model.received_requests().await.unwrap().len();
    post(&server, "acme", &format!("/leads/{john}/ml/predict-score"), json!({})).await;
    get(&server, "acme", "/1/ml/ranked-leads?useLLM=false").await;
    assert_eq!(model.received_requests().await.unwrap().len(), asked);
    // Silent leads do not come before one with many more points, whatever a model says.
    let (status, ranked) = get(&server, "acme", "/1/ml/ranked-leads").await;
    assert_eq!((status, &ranked["rankings"][0]["leadId"]), (200, &json!(john)), "{ranked}");
    assert!(ranked.get("llmMetadata").is_none(), "{ranked}");
    assert!(model.received_requests().await.unwrap().len() > asked);
}

#[tokio::test]
async fn a_model_may_change_the_order_of_leads_that_are_close() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    let mut numbers = Vec::new();
    for at in 0..3 {
        let known = json!({"company": format!("Company {at}"), "title": "Director"});
        numbers
            .push(add_lead(&store, "acme", &format!("p{at}@acme.example"), known, &[("page_view", 1)]).await);
    }
    store.close().await;
    let model = model().await;
    let base = format!("{}/v1", model.uri());
    let server = Running::start_in(folder, &settings(&base)).await;
    let ids = |own: &Value| -> Vec<i64> {
        own["rankings"].as_array().unwrap().iter().map(|own| own["leadId"].as_i64().unwrap()).collect()
    };
    let (_, rules) = get(&server, "acme", "/1/ml/ranked-leads?useLLM=false").await;
    assert_eq!(ids(&rules), numbers);
    let (status, own) = get(&server, "acme", "/1/ml/ranked-leads").await;
    numbers.reverse();
    assert_eq!((status, ids(&own)), (200, numbers.clone()), "{own}");
    assert_eq!(
        (&own["rankings"][0]["priorityRank"], &own["rankings"][0]["reasoning"]),
        (&json!(1), &json!("The lead reacts."))
    );
    assert_eq!(
        (&own["llmMetadata"]["model"], &own["llmMetadata"]["tokensUsed"]),
        (&json!("gpt-4o-mini"), &json!(850))
    );
    let (_, kept) = get(&server, "acme", &format!("/leads/{}/ml/prediction?type=PRIORITY", numbers[0])).await;
    assert_eq!(
        (&kept["prediction"]["basis"], &kept["prediction"]["priorityRank"]),
        (&json!("llm"), &json!(1)),
        "{kept}"
    );
}

#[tokio::test]
async fn the_quota_counts_every_prediction_of_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    for at in 0..60 {
        let known = json!({"company": format!("Company {at}"), "title": "Director"});
        add_lead(&store, "acme", &format!("p{at}@acme.example"), known, &[]).await;
    }
    let other = add_lead(&store, "other", "x@other.example", json!({}), &[]).await;
    store.close().await;
    let model = model().await;
    let base = format!("{}/v1", model.uri());
    let server = Running::start_in(folder, &settings(&base)).await;
    let bulk = |body: Value| post(&server, "acme", "/1/ml/bulk-predict", body);
    let (status, own) = bulk(json!({"limit": 60})).await;
    assert_eq!((status, &own["successful"]), (200, &json!(60)), "{own}");
    assert!(
        own["predictions"].as_array().unwrap().iter().all(|own| own["result"]["basis"] == "llm"),
        "{own}"
    );
    // What still counts costs nothing.
    assert_eq!(bulk(json!({"limit": 60})).await.0, 200);
    // 60 of 100 are used up: 41 more are too many, and are not asked for; 40 are not.
    let before = model.received_requests().await.unwrap().len();
    let request =
        server.post(&format!("{BASE}/1/ml/bulk-predict"), &json!({"limit": 41, "forceRefresh": true}));
    let response = of("acme", request).send().await.unwrap();
    assert_eq!(response.status(), 429);
    let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let text = response.text().await.unwrap();
    assert!(text.contains("\"RATE_LIMITED\""), "{text}");
    assert_eq!(model.received_requests().await.unwrap().len(), before);
    assert_eq!(bulk(json!({"limit": 41, "forceRefresh": true, "ruleBasedOnly": true})).await.0, 200);
    assert_eq!(bulk(json!({"limit": 40, "forceRefresh": true})).await.0, 200);
    let (status, own) = get(&server, "acme", "/1/ml/ranked-leads?limit=1").await;
    assert_eq!((status, &own["code"]), (429, &json!("RATE_LIMITED")), "{own}");
    assert_eq!(get(&server, "acme", "/1/ml/ranked-leads?limit=1&useLLM=false").await.0, 200);
    assert_eq!(post(&server, "other", &format!("/leads/{other}/ml/predict"), json!({})).await.0, 200);
}

#[tokio::test]
async fn a_failing_model_is_a_fallback_or_an_error() {
    for (failure, wanted) in [("fallback", 200), ("error", 503)] {
        let Leads { folder, john, .. } = leads().await;
        let model = MockServer::start().await;
        Mock::given(method("POST")).respond_with(ResponseTemplate::new(401)).mount(&model).await;
        let base = format!("{}/v1", model.uri());
        let mut settings = settings(&base);
        settings.push(("LEADSCORE_LLM_FAILURE", failure));
        let server = Running::start_in(folder, &settings).await;
        for path in ["predict", "predict-time"] {
            let (status, own) = post(&server, "acme", &format!("/leads/{john}/ml/{path}"), json!({})).await;
            assert_eq!(status, wanted, "{path}: {own}");
            let basis = &own["prediction"]["basis"];
            assert_eq!(basis, &if wanted == 200 { json!("rules") } else { Value::Null });
        }
        let (status, bulk) = post(&server, "acme", "/1/ml/bulk-predict", json!({})).await;
        let failed = if wanted == 200 { 0 } else { 3 };
        assert_eq!((status, &bulk["failed"], &bulk["processed"]), (200, &json!(failed), &json!(3)), "{bulk}");
        let first = &bulk["predictions"][0];
        assert_eq!((first["error"].is_string(), first["result"].is_null()), (failed > 0, failed > 0));
    }
}
