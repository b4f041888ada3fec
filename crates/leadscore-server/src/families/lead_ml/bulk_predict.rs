use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use futures_util::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::PathNumber;
use super::candidates::{Order, best};
use super::configuration::Configuration;
use super::predict::convert;
use super::prediction::MlPrediction;
use super::quota;
use super::subject::{Reuse, Subject, erased, keep, reuse};
use crate::body::OptionalBody;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;
use crate::store::PredictionKind;

/// For which leads conversions are predicted, and how.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct BulkOptions {
    /// How many leads at most, those with the highest lead score first.
    #[schema(minimum = 1, maximum = 100, default = 50)]
    limit: u32,
    /// Leads with at least this lead score.
    #[schema(minimum = 0, maximum = 100, default = 0)]
    min_score: f64,
    /// Predict anew even where a kept prediction still counts.
    #[schema(default = false)]
    force_refresh: bool,
    /// Leave the language model out.
    #[schema(default = false)]
    rule_based_only: bool,
}

/// Predictions for several leads.
#[derive(Serialize, ToSchema)]
pub(crate) struct BulkPredicted {
    /// Successful and failed together.
    processed: usize,
    successful: usize,
    failed: usize,
    predictions: Vec<PredictedLead>,
}

/// A lead's prediction, or why there is none.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PredictedLead {
    lead_id: i64,
    result: Option<MlPrediction>,
    error: Option<String>,
}

/// As many questions as a model is asked at once.
const AT_ONCE: usize = 8;

/// Predicts conversions for the leads of a configuration with the highest scores.
#[utoipa::path(
    post,
    path = "/api/lead-scoring/{configId}/ml/bulk-predict",
    params(("configId" = i64, Path, description = "The configuration's number", minimum = 1)),
    request_body = Option<BulkOptions>,
    responses(
        (status = 200, body = BulkPredicted),
        (status = 429, description = "The quota of the language model is used up")
    )
)]
pub(crate) async fn bulk_predict(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(number): PathNumber,
    OptionalBody(options): OptionalBody<BulkOptions>,
) -> Result<Json<BulkPredicted>, Fault> {
    let tenant = caller.tenant.as_str();
    let own = Configuration::load(&state, tenant, number).await?;
    let by_model = state.words.has_model() && !options.rule_based_only;
    let limit = options.limit as usize;
    let is_wanted = |lead: &super::candidates::Candidate| lead.lead_score >= options.min_score;
    let found = best(&state, tenant, &own, (Order::LeadScore, limit), is_wanted).await?;

    let pipeline = own.conversion.content_hash();
    let wanted = Reuse { kind: PredictionKind::Conversion, pipeline, by_model };
    let mut results: Vec<(i64, Option<Result<MlPrediction, Fault>>)> = Vec::with_capacity(found.len());
    let mut open = Vec::new();
    for candidate in found {
        let lead = candidate.stored.number;
        let kept = if options.force_refresh { None } else { reuse(&state, tenant, lead, wanted).await? };
        if kept.is_none() {
            open.push((results.len(), Subject { lead: candidate.lead }));
        }
        results.push((lead, kept.map(Ok)));
    }
    if by_model {
        quota::take(&state, tenant, open.len()).await?;
    }
    let (shared, configuration) = (&state, &own);
    let made: Vec<(usize, Result<MlPrediction, Fault>)> = stream::iter(open)
        .map(|(at, subject)| async move { (at, convert(shared, configuration, &subject, by_model).await) })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let (mut places, mut new) = (Vec::new(), Vec::new());
    for (at, outcome) in made {
        match outcome {
            Ok(prediction) => {
                places.push(at);
                new.push((results[at].0, prediction));
            }
            Err(fault) => results[at].1 = Some(Err(fault)),
        }
    }
    keep(&state, tenant, own.number, pipeline, &mut new).await?;
    for (at, (_, prediction)) in places.into_iter().zip(new) {
        results[at].1 = Some(if prediction.prediction_id == 0 { Err(erased()) } else { Ok(prediction) });
    }
    Ok(Json(BulkPredicted::new(results)))
}

impl BulkPredicted {
    fn new(results: Vec<(i64, Option<Result<MlPrediction, Fault>>)>) -> BulkPredicted {
        let predicted = |(lead_id, outcome): (i64, Option<Result<MlPrediction, Fault>>)| match outcome {
            Some(Ok(result)) => PredictedLead { lead_id, result: Some(result), error: None },
            Some(Err(fault)) => {
                PredictedLead { lead_id, result: None, error: Some(fault.message.into_owned()) }
            }
            None => PredictedLead { lead_id, result: None, error: Some("not predicted".to_owned()) },
        };
        let predictions: Vec<PredictedLead> = results.into_iter().map(predicted).collect();
        let successful = predictions.iter().filter(|own| own.result.is_some()).count();
        BulkPredicted {
            processed: predictions.len(),
            successful,
            failed: predictions.len() - successful,
            predictions,
        }
    }
}

impl Default for BulkOptions {
    fn default() -> BulkOptions {
        BulkOptions { limit: 50, min_score: 0.0, force_refresh: false, rule_based_only: false }
    }
}
