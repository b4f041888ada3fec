use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::{Extension, Json};
use leadscore::task::TimeToCloseTask;
use serde::Deserialize;
use utoipa::ToSchema;

use super::PathNumber;
use super::configuration::{Configuration, DEFAULT_NUMBER};
use super::predict::Predicted;
use super::prediction::{MlDetail, MlLlmMetadata, MlPrediction, recommendations, risk_factors};
use super::quota;
use super::subject::{Reuse, Subject, interval_around, keep_one, reuse, whole};
use crate::body::OptionalBody;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;
use crate::store::PredictionKind;
use crate::words::refuse_failure;

/// Whether a kept prediction may be given again.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct RefreshOptions {
    /// Predict anew even if a kept prediction still counts.
    #[schema(default = false)]
    pub(crate) force_refresh: bool,
}

/// Predicts how many days it takes until a lead signs, if it does, or gives the prediction that still counts.
#[utoipa::path(
    post,
    path = "/api/lead-scoring/leads/{id}/ml/predict-time",
    params(("id" = i64, Path, description = "The lead's number", minimum = 1)),
    request_body = Option<RefreshOptions>,
    responses(
        (status = 200, body = Predicted),
        (status = 429, description = "The quota of the language model is used up")
    )
)]
pub(crate) async fn predict_time(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(id): PathNumber,
    OptionalBody(options): OptionalBody<RefreshOptions>,
) -> Result<Json<Predicted>, Fault> {
    let tenant = &caller.tenant;
    let subject = Subject::load(&state, tenant, id).await?;
    let own = Configuration::load(&state, tenant, DEFAULT_NUMBER).await?;
    let by_model = state.words.has_model();
    let pipeline = own.conversion.content_hash();
    let wanted = Reuse { kind: PredictionKind::TimeToClose, pipeline, by_model };
    if !options.force_refresh
        && let Some(prediction) = reuse(&state, tenant, id, wanted).await?
    {
        return Ok(Json(Predicted { prediction }));
    }
    if by_model {
        quota::take(&state, tenant, 1).await?;
    }
    let made = time(&state, &own, &subject).await?;
    let prediction = keep_one(&state, tenant, &own, (pipeline, id), made).await?;
    Ok(Json(Predicted { prediction }))
}

async fn time(state: &AppState, own: &Configuration, subject: &Subject) -> Result<MlPrediction, Fault> {
    let converted = subject.conversion(state, own)?;
    let task = TimeToCloseTask::new(&subject.lead, &converted.prediction)?;
    let began = Instant::now();
    let assisted = state.words.assist(&task).await;
    refuse_failure(&state.config, &assisted)?;
    let llm_metadata = MlLlmMetadata::new(std::slice::from_ref(&assisted), began.elapsed());
    let output = assisted.output;
    let days = whole(output.days);
    // Without an interval: the less is known, the wider, up to half of the days.
    let half = (1.0 - converted.confidence) * output.days * 0.5;
    let (low, high) =
        output.interval.map_or((output.days - half, output.days + half), |own| (own.low, own.high));
    Ok(MlPrediction {
        prediction_type: PredictionKind::TimeToClose.as_str().to_owned(),
        probability: converted.probability,
        confidence: converted.confidence,
        // A model may go beyond the pipeline's interval, which then reaches to its days.
        detail: MlDetail::Time {
            predicted_days: days,
            confidence_interval: interval_around(days, low, high),
        },
        prediction_id: 0,
        risk_factors: risk_factors(&output.risks),
        explanation: Some(output.explanation),
        recommendations: recommendations(&converted.prediction.recommendations),
        basis: output.basis,
        pipeline_probability: converted.probability,
        llm_metadata,
    })
}
