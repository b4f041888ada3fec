//! The ceiling: an axum server that parses what `/api/v1/score` and `/api/v1/score/batch` are sent with derived serde
//! structs, checks the key, and answers a constant.
//!
//! `API_KEY=… http-ceiling 127.0.0.1:8000`

mod lead;

use std::{env, error::Error, hint::black_box, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
    serve::ListenerExt,
};
use serde::Serialize;
use tokio::net::TcpListener;

use lead::Lead;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address =
        env::args().nth(1).ok_or("usage: http-ceiling ADDRESS:PORT, with API_KEY in the environment")?;
    let key: Arc<str> = env::var("API_KEY").map_err(|_| "API_KEY is not set")?.into();
    let routes = Router::new()
        .route("/health/ready", get(|| async { r#"{"status":"ready"}"# }))
        .route("/api/v1/score", post(score))
        .route("/api/v1/score/batch", post(score_batch))
        .with_state(key);
    let listener = TcpListener::bind(address).await?.tap_io(|stream| {
        // Where this fails, answers are late and the figures say so.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, routes).await?)
}

async fn score(State(key): State<Arc<str>>, headers: HeaderMap, Json(lead): Json<Lead>) -> Answer<Scored> {
    authorize(&headers, &key)?;
    Ok(Json(scored(lead)))
}

async fn score_batch(
    State(key): State<Arc<str>>,
    headers: HeaderMap,
    Json(leads): Json<Vec<Lead>>,
) -> Answer<Vec<Scored>> {
    authorize(&headers, &key)?;
    Ok(Json(leads.into_iter().map(scored).collect()))
}

type Answer<T> = Result<Json<T>, (StatusCode, Json<Refused>)>;

#[derive(Serialize)]
struct Refused {
    detail: &'static str,
}

#[derive(Serialize)]
struct Scored {
    request_id: &'static str,
    model: Model,
    lead_id: String,
    score: Score,
}

#[derive(Serialize)]
struct Model {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the API's own name")]
struct Score {
    raw_score: f64,
    bucket: u8,
    tier: &'static str,
}

fn authorize(headers: &HeaderMap, key: &str) -> Result<(), (StatusCode, Json<Refused>)> {
    if headers.get("x-api-key").is_some_and(|given| given == key) {
        return Ok(());
    }
    Err((StatusCode::UNAUTHORIZED, Json(Refused { detail: "Invalid or missing API key" })))
}

fn scored(lead: Lead) -> Scored {
    // Parsed in earnest, though nothing is done with it.
    black_box(&lead.features);
    Scored {
        request_id: "f7f46f8d-5b72-4d3d-9a5f-9a5b9800c123",
        model: Model { name: "constant", version: "1.0.0" },
        lead_id: lead.lead_id,
        score: Score { raw_score: 0.420_000_016_689_300_54, bucket: 3, tier: "C" },
    }
}
