//! What cannot be answered, and what others may not see.

use leadscore_server::auth::Scope;
use serde_json::{Value, json};

use crate::setup::{BASE, Leads, get, leads, post};
use crate::support::{Running, json, token};

#[tokio::test]
async fn what_cannot_be_answered_is_told() {
    let Leads { folder, john, .. } = leads().await;
    let server = Running::start_in(folder, &[]).await;
    let table = [
        (400, "GET", "/leads/0/ml/features".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/leads/abc/ml/features".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/leads/-1/ml/prediction".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/leads/%ff/ml/prediction".to_owned(), "BAD_REQUEST"),
        (400, "GET", format!("/leads/{john}/ml/prediction?type="), "BAD_REQUEST"),
        (400, "GET", format!("/leads/{john}/ml/prediction?type=MOOD"), "BAD_REQUEST"),
        (404, "GET", format!("/leads/{john}/ml/prediction?type=SCORE"), "NOT_FOUND"),
        (404, "GET", "/leads/999999/ml/prediction".to_owned(), "NOT_FOUND"),
        (404, "GET", "/leads/999999/ml/features".to_owned(), "NOT_FOUND"),
        (404, "POST", "/leads/999999/ml/predict".to_owned(), "NOT_FOUND"),
        (404, "POST", "/leads/999999/ml/predict-time".to_owned(), "NOT_FOUND"),
        (404, "POST", "/leads/999999/ml/predict-score".to_owned(), "NOT_FOUND"),
        (400, "POST", "/leads/x/ml/predict".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/leads/ml/accuracy".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/x/ml/top-leads".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/top-leads?n=0".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/top-leads?n=101".to_owned(), "BAD_REQUEST"),
        (404, "GET", "/2/ml/top-leads".to_owned(), "NOT_FOUND"),
        (404, "GET", "/2/ml/accuracy".to_owned(), "NOT_FOUND"),
        (404, "POST", "/2/ml/bulk-predict".to_owned(), "NOT_FOUND"),
        (400, "GET", "/1/ml/ranked-leads?limit=0".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/ranked-leads?minProbability=1.5".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/ranked-leads?minScore=abc".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/ranked-leads?useLLM=maybe".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/leads-by-tier".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/leads-by-tier?tier=hot".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/accuracy?startDate=2026-02-01&endDate=2026-01-01".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/accuracy?startDate=soon".to_owned(), "BAD_REQUEST"),
        (405, "GET", format!("/leads/{john}/ml/predict"), "METHOD_NOT_ALLOWED"),
        (404, "GET", "/nothing".to_owned(), "NOT_FOUND"),
    ];
    for (wanted, method, path, code) in table {
        let (status, body) = match method {
            "GET" => get(&server, "acme", &path).await,
            _ => post(&server, "acme", &path, Value::Null).await,
        };
        assert_eq!((status, &body["code"]), (wanted, &json!(code)), "{method} {path}: {body}");
        assert!(body["error"].is_string() && body["details"].is_object(), "{path}: {body}");
    }
    let bodies = [
        (format!("/leads/{john}/ml/predict"), json!({"forceRefresh": "yes"})),
        (format!("/leads/{john}/ml/predict"), json!([])),
        ("/1/ml/bulk-predict".to_owned(), json!({"limit": 0})),
        ("/1/ml/bulk-predict".to_owned(), json!({"limit": 101})),
        ("/1/ml/bulk-predict".to_owned(), json!({"limit": 1.5})),
        ("/1/ml/bulk-predict".to_owned(), json!({"minScore": -1})),
        ("/predictions/1/validate".to_owned(), json!({})),
        ("/predictions/1/validate".to_owned(), json!({"wasAccurate": "true"})),
    ];
    for (path, body) in bodies {
        let (status, answer) = post(&server, "acme", &path, body.clone()).await;
        assert_eq!((status, &answer["code"]), (400, &json!("BAD_REQUEST")), "{path} {body}: {answer}");
    }
    let (status, own) =
        post(&server, "acme", "/predictions/999999/validate", json!({"wasAccurate": true})).await;
    assert_eq!((status, &own["code"]), (404, &json!("NOT_FOUND")), "{own}");

    let routes = [
        ("GET", format!("/leads/{john}/ml/features"), Scope::Read),
        ("GET", "/1/ml/ranked-leads".to_owned(), Scope::Read),
        ("POST", format!("/leads/{john}/ml/predict"), Scope::Score),
        ("POST", "/1/ml/bulk-predict".to_owned(), Scope::Score),
        ("POST", "/predictions/1/validate".to_owned(), Scope::Write),
    ];
    for (method, path, scope) in routes {
        let request = || match method {
            "GET" => server.get(&format!("{BASE}{path}")),
            _ => server.post(&format!("{BASE}{path}"), &Value::Null),
        };
        let (status, body) = json(request()).await;
        assert_eq!((status, &body["code"]), (401, &json!("UNAUTHORIZED")), "{path}: {body}");
        let others: Vec<Scope> = Scope::ALL.into_iter().filter(|own| *own != scope).collect();
        let (status, body) = json(request().bearer_auth(token("acme", Some(&others)))).await;
        assert_eq!((status, &body["code"]), (403, &json!("FORBIDDEN")), "{path}: {body}");
        let cookie = format!("token={}", token("acme", Some(&[scope])));
        let (status, body) = json(request().header("cookie", cookie)).await;
        assert!(status != 401 && status != 403, "{path}: {status} {body}");
    }
}

#[tokio::test]
async fn tenants_see_their_own() {
    let Leads { folder, john, .. } = leads().await;
    let server = Running::start_in(folder, &[]).await;
    let (_, own) = post(&server, "acme", &format!("/leads/{john}/ml/predict"), json!({})).await;
    let id = own["prediction"]["predictionId"].as_i64().unwrap();
    for path in ["prediction", "features"] {
        assert_eq!(get(&server, "other", &format!("/leads/{john}/ml/{path}")).await.0, 404, "{path}");
    }
    for path in ["predict", "predict-time", "predict-score"] {
        assert_eq!(
            post(&server, "other", &format!("/leads/{john}/ml/{path}"), json!({})).await.0,
            404,
            "{path}"
        );
    }
    let validate = format!("/predictions/{id}/validate");
    assert_eq!(post(&server, "other", &validate, json!({"wasAccurate": true})).await.0, 404);
    assert_eq!(get(&server, "other", "/1/ml/top-leads").await.1, json!({"leads": []}));
    assert_eq!(get(&server, "other", "/1/ml/accuracy").await.1["totalPredictions"], 0);
    assert_eq!(post(&server, "other", "/1/ml/bulk-predict", json!({})).await.1["processed"], 0);
    assert_eq!(get(&server, "acme", "/1/ml/accuracy").await.1["totalPredictions"], 1);
}
