use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use leadscore::{Context, Pipeline};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::body::{bytes, is_json};
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;

/// Records, and how to score them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScoreRecords<'a> {
    /// Lead records: `{"id", "attributes": {…}, "activities": […]}`, or the attributes flat. What is none is refused alone.
    #[serde(borrow)]
    #[schema(value_type = Vec<serde_json::Value>)]
    records: &'a RawValue,
    /// `as_of`, `zone`, `mode`, `reasons` and `brief`; as of now where no time is given.
    #[serde(borrow, default)]
    #[schema(value_type = Option<Object>)]
    context: Option<&'a RawValue>,
}

/// A prediction for each record, in their order; `{"error": …}` for one that is refused.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the documentation: the core writes the text")]
pub(crate) struct Predictions {
    #[schema(value_type = Vec<Object>)]
    predictions: (),
}

/// Scores records by an included pipeline; nothing is kept.
#[utoipa::path(post, path = "/api/v1/pipelines/{name}/score", operation_id = "score_records",
    params(("name" = String, Path)), request_body = ScoreRecords,
    responses((status = 200, body = Predictions), (status = 404, description = "No such pipeline")))]
pub(crate) async fn score(
    State(state): State<AppState>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    if !is_json(&request) {
        return Err(Fault::new(FaultKind::UnsupportedMediaType, "the body must be application/json"));
    }
    let pipeline =
        Pipeline::builtin(&name).map_err(|_| Fault::not_found(format!("there is no pipeline `{name}`")))?;
    let bytes = bytes(request, &state).await?;
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let body: ScoreRecords<'_> =
        serde_json::from_slice(text).map_err(|error| Fault::invalid("", error.to_string()))?;
    if !body.records.get().starts_with('[') {
        return Err(Fault::invalid("records", "must be an array"));
    }
    let context = body.context.map(RawValue::get).filter(|text| *text != "null");
    let now = format!("{{\"as_of\":{}}}", state.now().as_millis());
    let has_time = context.is_some_and(|text| text.contains("\"as_of\""));
    let context = match context {
        Some(text) if has_time => text.to_owned(),
        Some(text) => with_time(text, state.now().as_millis()),
        None => now,
    };
    let context = Context::from_json(&context)?;
    let records = body.records.get().to_owned();
    // Many records keep a core busy for long: other requests go on meanwhile.
    let scored = tokio::task::spawn_blocking(move || pipeline.score_many_json(&records, 0, &context)).await;
    let predictions = scored.map_err(|_| Fault::new(FaultKind::Internal, "scoring failed"))??;
    let answer = format!("{{\"predictions\":{predictions}}}");
    Ok(([(header::CONTENT_TYPE, "application/json")], answer).into_response())
}

/// The same context, as of now.
fn with_time(context: &str, now: i64) -> String {
    match context.trim_start().strip_prefix('{') {
        Some(rest) if rest.trim_start().starts_with('}') => format!("{{\"as_of\":{now}}}"),
        Some(rest) => format!("{{\"as_of\":{now},{rest}"),
        None => context.to_owned(),
    }
}
