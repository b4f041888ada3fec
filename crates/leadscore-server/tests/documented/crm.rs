//! A HubSpot with one owner and one pipeline, which makes whatever it is given.

use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Starts it; gives its address.
pub(crate) async fn start() -> String {
    let owners = || async {
        Json(json!({"results": [{"id": "4242", "email": "rep@yourcompany.example", "archived": false}]}))
    };
    let stage = json!({"id": "appointmentscheduled", "displayOrder": 0, "archived": false});
    let pipelines = json!({"results": [{"id": "default", "archived": false, "stages": [stage]}]});
    let router = Router::new()
        .route("/crm/v3/owners/", get(owners))
        .route("/crm/v3/pipelines/deals", get(|| async { Json(pipelines) }))
        .route("/crm/v3/objects/{object}/batch/{action}", post(objects));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

async fn objects(Path((_, action)): Path<(String, String)>, Json(body): Json<Value>) -> Json<Value> {
    let inputs = body["inputs"].as_array().unwrap();
    let made = inputs.iter().enumerate().map(|(at, input)| {
        json!({"id": (501 + at).to_string(), "properties": input["properties"], "new": true,
            "objectWriteTraceId": input["objectWriteTraceId"]})
    });
    let results: Vec<Value> = if action == "read" { Vec::new() } else { made.collect() };
    Json(json!({"status": "COMPLETE", "results": results}))
}
