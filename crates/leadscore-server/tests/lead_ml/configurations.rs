//! Configurations choose leads and pipelines.

use leadscore_server::store::Store;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::setup::{Leads, admin_key, get, leads, post};
use crate::support::{Running, json};

#[tokio::test]
async fn configurations_choose_leads_and_pipelines() {
    let Leads { folder, john, mary, .. } = leads().await;
    let store = Store::open_folder(folder.path()).await.unwrap();
    let key = admin_key(&store, "acme").await;
    store.close().await;
    let server = Running::start_in(folder, &[]).await;
    let core = |request: RequestBuilder| request.header("x-api-key", &key);
    let url = |path: &str| format!("{}/api/v1/configurations{path}", server.base);
    let send = async |method: Method, path: &str, body: Option<Value>| {
        let request = core(server.client.request(method, url(path)));
        json(match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        })
        .await
    };
    let (status, all) = send(Method::GET, "", None).await;
    assert_eq!((status, &all["configurations"][0]["id"]), (200, &json!(1)), "{all}");
    let body = json!({"name": "Europe", "pipelines": {"conversion": "conversion-compat"},
        "filter": {"region": {"one_of": ["fr", "de"]}}});
    let (status, made) = send(Method::POST, "", Some(body.clone())).await;
    assert_eq!(
        (status, &made["id"], &made["pipelines"]["priority"]),
        (201, &json!(2), &json!("priority")),
        "{made}"
    );
    let (_, again) = send(Method::GET, "/2", None).await;
    assert_eq!(again, made);

    let (_, ranked) = get(&server, "acme", "/2/ml/ranked-leads").await;
    assert_eq!(
        (ranked["rankings"].as_array().unwrap().len(), &ranked["rankings"][0]["leadId"]),
        (1, &json!(mary))
    );
    let (_, bulk) = post(&server, "acme", "/2/ml/bulk-predict", json!({})).await;
    let (_, single) = post(&server, "acme", &format!("/leads/{mary}/ml/predict"), json!({})).await;
    // Another pipeline gives another probability, and its predictions are kept apart.
    assert_ne!(bulk["predictions"][0]["result"]["probability"], single["prediction"]["probability"]);
    assert_eq!(get(&server, "acme", "/2/ml/accuracy").await.1["totalPredictions"], 2);

    let replaced =
        json!({"name": "US", "filter": {"region": {"equals": "US"}, "sequence_step": {"min": 1, "max": 2}}});
    assert_eq!(send(Method::PUT, "/2", Some(replaced)).await.0, 200);
    let (_, top) = get(&server, "acme", "/2/ml/top-leads").await;
    assert_eq!((top["leads"].as_array().unwrap().len(), &top["leads"][0]["leadId"]), (1, &json!(john)));

    for wrong in [
        json!({"name": " "}),
        json!({"filter": {}}),
        json!({"name": "x", "pipelines": {"conversion": "heat"}}),
        json!({"name": "x", "pipelines": {"priority": "lead-score"}}),
        json!({"name": "x", "filter": {"region": {}}}),
        json!({"name": "x", "filter": {"region": {"equals": {"a": 1}}}}),
        json!({"name": "x", "filter": {"region": {"like": "U%"}}}),
        json!({"name": "x", "filter": {"n": {"min": 3, "max": 1}}}),
    ] {
        let (status, own) = send(Method::POST, "", Some(wrong.clone())).await;
        assert_eq!((status, &own["error"]["code"]), (400, &json!("VALIDATION_ERROR")), "{wrong}: {own}");
    }
    assert_eq!(send(Method::PUT, "/9", Some(body)).await.0, 404);
    assert_eq!(send(Method::DELETE, "/1", None).await.0, 409);
    assert_eq!(send(Method::DELETE, "/2", None).await.0, 204);
    assert_eq!(send(Method::DELETE, "/2", None).await.0, 404);
    assert_eq!(get(&server, "acme", "/2/ml/top-leads").await.0, 404);
    assert_eq!(json(server.get("/api/v1/configurations")).await.0, 401);
}
