//! The documentation has every route.

use serde_json::json;

use crate::setup::BASE;
use crate::support::{Running, json};

#[tokio::test]
async fn the_documentation_has_every_route_and_checks_what_it_shows() {
    let server = Running::start(&[]).await;
    let (_, own) = json(server.get("/openapi.json")).await;
    let routes = [
        ("post", "/leads/{id}/ml/predict"),
        ("get", "/leads/{id}/ml/prediction"),
        ("post", "/leads/{id}/ml/predict-time"),
        ("post", "/leads/{id}/ml/predict-score"),
        ("get", "/leads/{id}/ml/features"),
        ("post", "/{configId}/ml/bulk-predict"),
        ("get", "/{configId}/ml/ranked-leads"),
        ("get", "/{configId}/ml/top-leads"),
        ("get", "/{configId}/ml/leads-by-tier"),
        ("post", "/predictions/{id}/validate"),
        ("get", "/{configId}/ml/accuracy"),
        ("get", "/{configId}/ml/feature-importance"),
    ];
    for (method, path) in routes {
        let operation = &own["paths"][format!("{BASE}{path}")][method];
        for status in ["200", "400", "401", "403", "404", "500"] {
            assert!(operation["responses"][status].is_object(), "{path} {status}: {operation}");
        }
        assert_eq!(operation["tags"], json!(["lead-ml"]), "{path}");
    }
    let bulk = &own["components"]["schemas"]["BulkOptions"]["properties"];
    assert_eq!(
        (&bulk["limit"]["minimum"], &bulk["limit"]["maximum"], &bulk["limit"]["default"]),
        (&json!(1), &json!(100), &json!(50))
    );
    assert_eq!(
        (&bulk["minScore"]["maximum"], &bulk["ruleBasedOnly"]["default"]),
        (&json!(100), &json!(false))
    );
    let operations =
        own["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let mut ids: Vec<&str> = operations.filter_map(|operation| operation["operationId"].as_str()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "two operations have the same name");
}
