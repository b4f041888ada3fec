use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use leadscore::{Basis, Prediction};

use super::PathNumber;
use super::configuration::{Configuration, DEFAULT_NUMBER};
use super::predict::Predicted;
use super::predict_time::RefreshOptions;
use super::prediction::{MlDetail, MlPrediction, ScoreBreakdown, recommendations, risk_factors};
use super::subject::{Reuse, Subject, keep_one, reuse, whole};
use crate::body::OptionalBody;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::pipelines::GROUPS;
use crate::state::AppState;
use crate::store::PredictionKind;

/// Predicts the score of a lead with its four parts, by rules, or gives the prediction that still counts.
#[utoipa::path(
    post,
    path = "/api/lead-scoring/leads/{id}/ml/predict-score",
    params(("id" = i64, Path, description = "The lead's number", minimum = 1)),
    request_body = Option<RefreshOptions>,
    responses((status = 200, body = Predicted))
)]
pub(crate) async fn predict_score(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(id): PathNumber,
    OptionalBody(options): OptionalBody<RefreshOptions>,
) -> Result<Json<Predicted>, Fault> {
    let tenant = &caller.tenant;
    let subject = Subject::load(&state, tenant, id).await?;
    let own = Configuration::load(&state, tenant, DEFAULT_NUMBER).await?;
    let pipeline = own.score_hash();
    let wanted = Reuse { kind: PredictionKind::Score, pipeline: &pipeline, by_model: false };
    if !options.force_refresh
        && let Some(prediction) = reuse(&state, tenant, id, wanted).await?
    {
        return Ok(Json(Predicted { prediction }));
    }
    let made = score(&state, &own, &subject)?;
    let prediction = keep_one(&state, tenant, &own, (&pipeline, id), made).await?;
    Ok(Json(Predicted { prediction }))
}

fn score(state: &AppState, own: &Configuration, subject: &Subject) -> Result<MlPrediction, Fault> {
    let converted = subject.conversion(state, own)?;
    let scored = own.lead_score.score(&subject.lead, &state.as_of())?;
    let predicted_score = whole(scored.score);
    Ok(MlPrediction {
        prediction_type: PredictionKind::Score.as_str().to_owned(),
        probability: converted.probability,
        confidence: converted.confidence,
        detail: MlDetail::Score { predicted_score, score_breakdown: breakdown(&scored, predicted_score) },
        prediction_id: 0,
        risk_factors: risk_factors(&converted.prediction.risks),
        explanation: Some(scored.explanation.summary),
        recommendations: recommendations(&converted.prediction.recommendations),
        basis: Basis::Rules,
        pipeline_probability: converted.probability,
        llm_metadata: None,
    })
}

fn breakdown(scored: &Prediction, total: i64) -> ScoreBreakdown {
    let of =
        |group: &str| scored.breakdown.iter().find(|own| own.group == group).map_or(0.0, |own| own.weighted);
    let [demographic, behavioral, temporal, engagement] = shares(GROUPS.map(of), total);
    ScoreBreakdown { demographic, behavioral, temporal, engagement }
}

/// Whole parts that sum to a total, by the largest remainder: each is its share, rounded down, and what is left goes to
/// those that lost most, ties in their order.
fn shares<const N: usize>(parts: [f64; N], total: i64) -> [i64; N] {
    let parts = parts.map(|part| part.max(0.0));
    let sum: f64 = parts.iter().sum();
    if sum <= 0.0 {
        // Nothing but the base of the score: it belongs to no part more than to the first.
        let mut all = [0; N];
        if let Some(first) = all.first_mut() {
            *first = total;
        }
        return all;
    }
    let exact = parts.map(|part| part * total as f64 / sum);
    // Computing shares may lose the last bit of a whole number.
    let mut whole = exact.map(|part| (part + 1e-9).floor() as i64);
    let mut order: [usize; N] = std::array::from_fn(|at| at);
    let before = whole;
    let lost = |at: usize| exact[at] - before[at] as f64;
    order.sort_by(|a, b| lost(*b).total_cmp(&lost(*a)));
    let left = usize::try_from(total - whole.iter().sum::<i64>()).unwrap_or(0);
    for at in order.into_iter().cycle().take(left) {
        whole[at] += 1;
    }
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_by_the_largest_remainder() {
        assert_eq!(shares([22.0, 28.0, 15.0, 13.0], 78), [22, 28, 15, 13]);
        assert_eq!(shares([1.0, 1.0, 1.0, 0.0], 100), [34, 33, 33, 0]);
        assert_eq!(shares([2.5, 2.5, 0.0, 0.0], 5), [3, 2, 0, 0]);
        assert_eq!(shares([0.0; 4], 0), [0; 4]);
        // Parts beyond the score's limit are cut down in proportion.
        assert_eq!(shares([60.0, 60.0, 0.0, 0.0], 100), [50, 50, 0, 0]);
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_score(parts in prop::array::uniform4(0.0..60.0f64)) {
            let total = whole(parts.iter().sum::<f64>().min(100.0));
            let own = shares(parts, total);
            prop_assert_eq!(own.iter().sum::<i64>(), total);
            prop_assert!(own.iter().all(|part| *part >= 0));
        }
    }
}
