use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::{Extension, Json};
use leadscore::task::ConversionTask;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::PathNumber;
use super::configuration::{Configuration, DEFAULT_NUMBER};
use super::prediction::{MlDetail, MlLlmMetadata, MlPrediction, recommendations, risk_factors};
use super::quota;
use super::subject::{Reuse, Subject, keep_one, reuse};
use crate::body::OptionalBody;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;
use crate::store::PredictionKind;
use crate::words::refuse_failure;

/// How a conversion is predicted.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct PredictOptions {
    /// Predict anew even if a kept prediction still counts.
    #[schema(default = false)]
    force_refresh: bool,
    /// Leave the language model out.
    #[schema(default = false)]
    rule_based_only: bool,
    /// Say why, in words.
    #[schema(default = true)]
    include_explanation: bool,
}

/// A prediction for a lead.
#[derive(Serialize, ToSchema)]
pub(crate) struct Predicted {
    pub(crate) prediction: MlPrediction,
}

/// Predicts how probable it is that a lead becomes a customer, or gives the prediction that still counts.
#[utoipa::path(
    post,
    path = "/api/lead-scoring/leads/{id}/ml/predict",
    operation_id = "predict_conversion",
    params(("id" = i64, Path, description = "The lead's number", minimum = 1)),
    request_body = Option<PredictOptions>,
    responses(
        (status = 200, body = Predicted),
        (status = 429, description = "The quota of the language model is used up")
    )
)]
pub(crate) async fn predict(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(id): PathNumber,
    OptionalBody(options): OptionalBody<PredictOptions>,
) -> Result<Json<Predicted>, Fault> {
    let tenant = &caller.tenant;
    let subject = Subject::load(&state, tenant, id).await?;
    let own = Configuration::load(&state, tenant, DEFAULT_NUMBER).await?;
    let by_model = state.words.has_model() && !options.rule_based_only;
    let pipeline = own.conversion.content_hash();
    let wanted = Reuse { kind: PredictionKind::Conversion, pipeline, by_model };
    let kept = if options.force_refresh { None } else { reuse(&state, tenant, id, wanted).await? };
    let mut prediction = if let Some(kept) = kept {
        kept
    } else {
        if by_model {
            quota::take(&state, tenant, 1).await?;
        }
        let made = convert(&state, &own, &subject, by_model).await?;
        keep_one(&state, tenant, &own, (pipeline, id), made).await?
    };
    if !options.include_explanation {
        prediction.explanation = None;
    }
    Ok(Json(Predicted { prediction }))
}

/// Predicts a conversion; nothing is kept.
pub(crate) async fn convert(
    state: &AppState,
    own: &Configuration,
    subject: &Subject,
    by_model: bool,
) -> Result<MlPrediction, Fault> {
    let converted = subject.conversion(state, own)?;
    let task = ConversionTask::new(&subject.lead, &converted.prediction)?;
    let began = Instant::now();
    let assisted = if by_model { state.words.assist(&task).await } else { state.words.by_rules(&task) };
    refuse_failure(&state.config, &assisted)?;
    let llm_metadata = MlLlmMetadata::new(std::slice::from_ref(&assisted), began.elapsed());
    let output = assisted.output;
    let level = own.conversion.tiers().tier(100.0 * output.probability, Some(output.probability));
    Ok(MlPrediction {
        prediction_type: PredictionKind::Conversion.as_str().to_owned(),
        probability: output.probability,
        confidence: converted.confidence,
        detail: MlDetail::Conversion {
            predicted_value: None,
            predicted_days: converted.days(),
            predicted_score_level: level.map(|tier| tier.name().to_owned()).unwrap_or_default(),
        },
        prediction_id: 0,
        risk_factors: risk_factors(&output.risks),
        explanation: Some(output.explanation),
        recommendations: recommendations(&output.recommendations),
        basis: output.basis,
        pipeline_probability: output.pipeline_probability,
        llm_metadata,
    })
}

impl Default for PredictOptions {
    fn default() -> PredictOptions {
        PredictOptions { force_refresh: false, rule_based_only: false, include_explanation: true }
    }
}
