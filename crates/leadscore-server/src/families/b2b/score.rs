use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use leadscore::pipeline::ScoreWorkspace;
use serde::Serialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use crate::b2b::answer::{write_batch, write_one};
use crate::b2b::body::{BatchError, read_batch, read_one};
use crate::b2b::model::{B2bModel, Scored};
use crate::body::{Query, bytes, is_json};
use crate::callers::Caller;
use crate::fault::{Fault, FaultKind};
use crate::observe::metrics::PredictionFailure;
use crate::state::AppState;
use crate::store::{Attributes, Contact, NewLead};

/// A lead and its features.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the documentation: bodies are read straight into rows")]
pub(crate) struct B2bLead {
    #[schema(min_length = 1, max_length = 200)]
    lead_id: String,
    features: B2bFeatures,
}

/// The features of the model in use; see docs/FEATURES.md for those of the included one. Others are ignored.
#[derive(ToSchema)]
#[schema(value_type = Object)]
pub(crate) struct B2bFeatures(());

/// The score of a lead.
#[derive(Serialize, ToSchema)]
pub(crate) struct B2bAnswer {
    #[schema(format = "uuid")]
    request_id: String,
    model: B2bModelName,
    lead_id: String,
    score: B2bScore,
    /// With `include_details` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    timing: Option<B2bTiming>,
    /// With `include_details` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    api_version: Option<String>,
}

/// Which model.
#[derive(Serialize, ToSchema)]
pub(crate) struct B2bModelName {
    name: String,
    version: String,
}

/// How likely the lead converts.
#[derive(Serialize, ToSchema)]
pub(crate) struct B2bScore {
    /// The probability.
    #[schema(minimum = 0, maximum = 1)]
    raw_score: f64,
    #[schema(minimum = 1, maximum = 5)]
    bucket: u8,
    /// A to E.
    #[schema(pattern = "^[A-E]$")]
    tier: String,
    /// With `include_details` alone: what the tiers mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    ranking: Option<()>,
}

/// How long it took.
#[derive(Serialize, ToSchema)]
pub(crate) struct B2bTiming {
    latency_ms: f64,
}

/// What to tell beside the score.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the documentation: the query is read by name")]
pub(crate) struct DetailsQuery {
    /// Timing, what the tiers mean, and the version of the API.
    #[param(default = false)]
    include_details: Option<bool>,
}

thread_local! {
    static WORKSPACE: RefCell<ScoreWorkspace> = RefCell::default();
}

/// Scores a lead; nothing is kept.
#[utoipa::path(post, path = "/api/v1/score", params(DetailsQuery), request_body = B2bLead,
    responses((status = 200, body = B2bAnswer)))]
pub(crate) async fn score(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    query: Query,
    request: Request,
) -> Result<Response, Fault> {
    let began = Instant::now();
    let Some(has_details) = include_details(&query) else { return Ok(bad_details()) };
    let model = model(&state)?;
    let body = json_bytes(request, &state).await?;
    let lead = match read_one(&body, &model) {
        Ok(lead) => lead,
        Err(invalid) => {
            state.metrics.record_prediction_error(PredictionFailure::InvalidInput);
            return Ok(unprocessable(&invalid));
        }
    };
    let kept = state.config.is_b2b_stored.then(|| lead.row.clone());
    let scored = WORKSPACE.with_borrow_mut(|workspace| model.score_row(lead.row, workspace));
    let scored = scored.map_err(|error| internal(&state, &error))?;
    record(&state, &[scored], began);
    if let Some(values) = kept {
        // Boxed: else the state of every request would be as large as that of those that are kept.
        Box::pin(keep(&state, &caller, &model, &[lead.lead_id.as_ref()], &values)).await?;
    }
    let mut out = Vec::with_capacity(512);
    write_one(&mut out, &model, &lead.lead_id, scored, has_details.then(|| milliseconds(began)));
    Ok(answer(StatusCode::OK, out))
}

/// Scores up to 100 leads, all or none; nothing is kept.
#[utoipa::path(post, path = "/api/v1/score/batch", params(DetailsQuery), request_body = Vec<B2bLead>,
    responses((status = 200, body = Vec<B2bAnswer>), (status = 400, description = "More than 100 leads")))]
pub(crate) async fn score_batch(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    query: Query,
    request: Request,
) -> Result<Response, Fault> {
    let began = Instant::now();
    let Some(has_details) = include_details(&query) else { return Ok(bad_details()) };
    let model = model(&state)?;
    let body = json_bytes(request, &state).await?;
    let batch = match read_batch(&body, &model) {
        Ok(batch) => batch,
        Err(error) => {
            state.metrics.record_prediction_error(PredictionFailure::InvalidInput);
            return Ok(match error {
                BatchError::TooMany => {
                    answer(StatusCode::BAD_REQUEST, json!({"detail": error.to_string()}).to_string().into())
                }
                BatchError::Invalid(invalid) => unprocessable(&invalid),
            });
        }
    };
    state.metrics.record_batch(batch.len());
    let kept = state.config.is_b2b_stored.then(|| batch.values.clone());
    let scores = WORKSPACE.with_borrow_mut(|workspace| model.score_rows(batch.values, workspace));
    let scores = scores.map_err(|error| internal(&state, &error))?;
    record(&state, &scores, began);
    if let Some(values) = kept {
        let ids: Vec<&str> = batch.lead_ids.iter().map(AsRef::as_ref).collect();
        Box::pin(keep(&state, &caller, &model, &ids, &values)).await?;
    }
    let mut out = Vec::new();
    write_batch(&mut out, &model, &batch.lead_ids, &scores, has_details.then(|| milliseconds(began)));
    Ok(answer(StatusCode::OK, out))
}

fn model(state: &AppState) -> Result<Arc<B2bModel>, Fault> {
    state.b2b.load().ok_or_else(|| {
        state.metrics.record_prediction_error(PredictionFailure::NotLoaded);
        Fault::new(FaultKind::NotReady, "Model not loaded").retry_after(5)
    })
}

async fn json_bytes(request: Request, state: &AppState) -> Result<axum::body::Bytes, Fault> {
    if !is_json(&request) {
        return Err(Fault::new(FaultKind::UnsupportedMediaType, "Unsupported Media Type"));
    }
    bytes(request, state).await
}

fn include_details(query: &Query) -> Option<bool> {
    query.flag("include_details", false).ok()
}

fn bad_details() -> Response {
    let detail = json!({"loc": ["query", "include_details"], "msg": "value could not be parsed to a boolean",
        "type": "type_error.bool"});
    answer(StatusCode::UNPROCESSABLE_ENTITY, json!({"detail": [detail]}).to_string().into())
}

fn unprocessable(invalid: &crate::b2b::invalid::Invalid) -> Response {
    answer(StatusCode::UNPROCESSABLE_ENTITY, serde_json::to_vec(invalid).expect("texts serialize"))
}

fn internal(state: &AppState, error: &leadscore::Error) -> Fault {
    state.metrics.record_prediction_error(PredictionFailure::Internal);
    tracing::error!(%error, "the model cannot score");
    Fault::new(FaultKind::Internal, "Internal server error")
}

fn answer(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn record(state: &AppState, scores: &[Scored], began: Instant) {
    let seconds = began.elapsed().as_secs_f64() / scores.len().max(1) as f64;
    for scored in scores {
        state.metrics.record_prediction(scored.raw_score, scored.bucket, scored.tier.letter(), seconds);
    }
}

fn milliseconds(began: Instant) -> f64 {
    1e3 * began.elapsed().as_secs_f64()
}

/// Keeps leads with their features, where the operator wants it.
async fn keep(
    state: &AppState,
    caller: &Caller,
    model: &B2bModel,
    ids: &[&str],
    values: &[f64],
) -> Result<(), Fault> {
    let names = &model.info().features;
    let lead = |(id, row): (&&str, &[f64])| {
        let contact = Contact { external_id: Some((*id).to_owned()), ..Contact::default() };
        let known = names.iter().zip(row).filter(|(_, value)| value.is_finite());
        let attributes: Attributes = known.map(|(name, value)| (name.clone(), (*value).into())).collect();
        NewLead { contact, attributes, heat: None, qualification: None }
    };
    let leads: Vec<_> = ids.iter().zip(values.chunks(names.len().max(1))).map(lead).collect();
    state.store.save_leads(&caller.tenant, &leads, state.now()).await?;
    Ok(())
}
