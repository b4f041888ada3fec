use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;

/// How the caller's tenant is served.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the document")]
pub(crate) struct PerformanceMetrics {
    system_metrics: SystemMetrics,
    rag_metrics: RagMetrics,
    model_metrics: ModelMetrics,
}

/// Requests to the routes of heat scores since the process started, without this one.
#[derive(Serialize, ToSchema)]
pub(crate) struct SystemMetrics {
    total_requests: u64,
    avg_latency_ms: f64,
    /// The share that ended with a status of 500 and above.
    error_rate: f64,
    success_rate: f64,
}

/// E-mails that were written, from templates too.
#[derive(Serialize, ToSchema)]
pub(crate) struct RagMetrics {
    total_emails_generated: i64,
    avg_tokens_per_request: f64,
    /// The share that came from an answer that was kept.
    cache_hit_rate: f64,
    /// In US dollars; null where the price of a model is not known.
    cost_per_email: Option<f64>,
}

/// Scores of the heat model.
#[derive(Serialize, ToSchema)]
pub(crate) struct ModelMetrics {
    total_predictions: i64,
    /// Among leads with an outcome whose last class before it was hot or cold: those that were hot and converted, or cold
    /// and lost. Null where there are none.
    accuracy: Option<f64>,
    avg_confidence: f64,
    heat_score_distribution: HeatDistribution,
}

/// The share of each class; 0 where there are no scores.
#[derive(Serialize, ToSchema)]
pub(crate) struct HeatDistribution {
    hot: f64,
    warm: f64,
    cold: f64,
}

/// How the caller's tenant is served, what e-mails cost, and how the heat model holds.
#[utoipa::path(get, path = "/api/v1/metrics", operation_id = "heat_metrics", responses((status = 200, body = PerformanceMetrics)))]
pub(crate) async fn metrics(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<PerformanceMetrics>, Fault> {
    let traffic = state.traffic.counts(&caller.tenant);
    let heat = state.store.heat_statistics(&caller.tenant).await?;
    let emails = state.store.email_statistics(&caller.tenant).await?;
    let total: i64 = heat.by_class.iter().map(|(_, count)| count).sum();
    let share = |class: &str| {
        let count = heat.by_class.iter().find(|(own, _)| own == class).map_or(0, |(_, count)| *count);
        ratio(count as f64, total as f64)
    };
    let error_rate = ratio(traffic.errors as f64, traffic.requests as f64);
    Ok(Json(PerformanceMetrics {
        system_metrics: SystemMetrics {
            total_requests: traffic.requests,
            avg_latency_ms: ratio(1e3 * traffic.elapsed.as_secs_f64(), traffic.requests as f64),
            error_rate,
            success_rate: 1.0 - error_rate,
        },
        rag_metrics: RagMetrics {
            total_emails_generated: emails.count,
            avg_tokens_per_request: ratio(emails.tokens as f64, emails.count as f64),
            cache_hit_rate: ratio(emails.cached as f64, emails.count as f64),
            cost_per_email: emails.cost.map(|cost| ratio(cost, emails.count as f64)),
        },
        model_metrics: ModelMetrics {
            total_predictions: total,
            accuracy: (heat.judged > 0).then(|| heat.right as f64 / heat.judged as f64),
            avg_confidence: heat.mean_confidence.unwrap_or(0.0),
            heat_score_distribution: HeatDistribution {
                hot: share("hot"),
                warm: share("warm"),
                cold: share("cold"),
            },
        },
    }))
}

/// 0 of nothing is 0.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
