use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use leadscore::{Timestamp, Zone};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::PathNumber;
use super::configuration::Configuration;
use crate::body::Query;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;
use crate::store::PredictionCount;

/// How often the predictions of a configuration came true.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PredictionAccuracy {
    /// Predictions of all types.
    total_predictions: i64,
    /// Those that somebody said something about.
    validated_count: i64,
    /// Those that came true.
    accurate_count: i64,
    /// Of the validated ones, the share that came true; 0 where there is none.
    accuracy: f64,
    /// By the type of prediction; types of which none is validated are left out.
    by_type: BTreeMap<&'static str, AccuracyOfType>,
}

/// How often predictions of one type came true.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct AccuracyOfType {
    /// Predictions that somebody said something about.
    total: i64,
    accurate: i64,
    accuracy: f64,
}

/// Predictions of which time.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "for the documentation: the query is read by name")]
pub(crate) struct PeriodQuery {
    /// Made on this day or at this time, or later; ISO 8601, UTC where no offset is given.
    #[param(example = "2026-11-01", format = Date)]
    start_date: Option<String>,
    /// Made on this day or at this time, or before.
    #[param(example = "2026-11-30", format = Date)]
    end_date: Option<String>,
}

/// How often the predictions of a configuration came true.
#[utoipa::path(
    get,
    path = "/api/lead-scoring/{configId}/ml/accuracy",
    operation_id = "prediction_accuracy",
    params(("configId" = i64, Path, description = "The configuration's number", minimum = 1), PeriodQuery),
    responses((status = 200, body = PredictionAccuracy))
)]
pub(crate) async fn accuracy(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(number): PathNumber,
    query: Query,
) -> Result<Json<PredictionAccuracy>, Fault> {
    let start = query.text("startDate")?.map(|text| moment("startDate", text)).transpose()?;
    let end = query.text("endDate")?.map(|text| moment("endDate", text)).transpose()?;
    let start = start.map_or(i64::MIN, |(first, _)| first);
    let end = end.map_or(i64::MAX, |(_, after)| after);
    if start >= end {
        return Err(Fault::invalid("startDate", "lies after endDate"));
    }
    let own = Configuration::load(&state, &caller.tenant, number).await?;
    let counts = state.store.prediction_counts(&caller.tenant, own.number, start, end).await?;
    Ok(Json(PredictionAccuracy::new(&counts)))
}

/// A day or a time: its first millisecond, and the one after its last.
fn moment(name: &str, text: &str) -> Result<(i64, i64), Fault> {
    let wrong = || Fault::invalid(name, "must be a date or time such as 2026-11-30 or 2026-11-30T12:00:00Z");
    // In a query, the plus sign of an offset arrives as a space where it was not escaped.
    let text = text.trim().replace(' ', "+");
    let text = if text.matches('+').count() == 1 && text.len() > 10 && text.as_bytes()[10] == b'+' {
        text.replace('+', "T")
    } else {
        text
    };
    let first = Timestamp::parse(&text, &Zone::utc()).map_err(|_| wrong())?;
    let is_day = text.len() == "2026-11-30".len();
    let after = if is_day { first.plus_days(1).as_millis() } else { first.as_millis() + 1 };
    Ok((first.as_millis(), after))
}

impl PredictionAccuracy {
    fn new(counts: &[PredictionCount]) -> PredictionAccuracy {
        let sum = |part: fn(&PredictionCount) -> i64| counts.iter().map(part).sum::<i64>();
        let (validated_count, accurate_count) = (sum(|own| own.validated), sum(|own| own.accurate));
        let of_type = |own: &PredictionCount| AccuracyOfType {
            total: own.validated,
            accurate: own.accurate,
            accuracy: share(own.accurate, own.validated),
        };
        let validated = counts.iter().filter(|own| own.validated > 0);
        PredictionAccuracy {
            total_predictions: sum(|own| own.total),
            validated_count,
            accurate_count,
            accuracy: share(accurate_count, validated_count),
            by_type: validated.map(|own| (own.kind.as_str(), of_type(own))).collect(),
        }
    }
}

fn share(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::PredictionKind;

    #[test]
    fn the_sample_of_the_document() {
        let count = |kind, total, validated, accurate| PredictionCount { kind, total, validated, accurate };
        let own = PredictionAccuracy::new(&[
            count(PredictionKind::Conversion, 300, 100, 85),
            count(PredictionKind::TimeToClose, 150, 50, 35),
            count(PredictionKind::Priority, 50, 0, 0),
        ]);
        let sample = serde_json::json!({
            "totalPredictions": 500, "validatedCount": 150, "accurateCount": 120, "accuracy": 0.8,
            "byType": {
                "CONVERSION": {"total": 100, "accurate": 85, "accuracy": 0.85},
                "TIME_TO_CLOSE": {"total": 50, "accurate": 35, "accuracy": 0.7},
            }
        });
        assert_eq!(serde_json::to_value(own).unwrap(), sample);
        assert_eq!(PredictionAccuracy::new(&[]).accuracy, 0.0);
    }

    #[test]
    fn days_are_whole_and_times_are_one_moment() {
        let day = moment("endDate", "2026-11-30").unwrap();
        assert_eq!(day.1 - day.0, 86_400_000);
        let noon = moment("endDate", "2026-11-30T12:00:00Z").unwrap();
        assert_eq!((noon.0 - day.0, noon.1 - noon.0), (43_200_000, 1));
        assert_eq!(moment("endDate", "2026-11-30T14:00:00 02:00").unwrap(), noon);
        assert_eq!(moment("endDate", "2026-11-30 12:00").unwrap(), noon);
        for wrong in ["", "yesterday", "2026-13-01", "20261130"] {
            assert!(moment("endDate", wrong).is_err(), "{wrong}");
        }
    }
}
