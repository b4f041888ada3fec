//! A lead with what the pipelines of a configuration say of it, and the predictions that are kept of it.

use leadscore::{Estimate, Lead, Prediction};

use super::configuration::Configuration;
use super::prediction::{DayInterval, MlPrediction};
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{LeadReference, NewPrediction, PredictionKind, StoreError};

/// A lead of a tenant as pipelines read it.
pub(crate) struct Subject {
    pub(crate) lead: Lead,
}

impl Subject {
    /// The lead of a number, with its activities.
    pub(crate) async fn load(state: &AppState, tenant: &str, number: i64) -> Result<Subject, Fault> {
        let stored = state.store.lead(tenant, &LeadReference::Number(number)).await?;
        let stored = stored.ok_or_else(erased)?;
        let activities = state.store.activities(stored.number).await?;
        Ok(Subject { lead: stored.to_lead(activities) })
    }

    /// What the pipeline of conversions says.
    pub(crate) fn conversion(&self, state: &AppState, own: &Configuration) -> Result<Converted, Fault> {
        Converted::new(own.conversion.score(&self.lead, &state.as_of())?)
    }
}

/// A prediction of a pipeline that gives a probability.
pub(crate) struct Converted {
    pub(crate) prediction: Prediction,
    pub(crate) probability: f64,
    pub(crate) confidence: f64,
}

impl Converted {
    pub(crate) fn new(prediction: Prediction) -> Result<Converted, Fault> {
        let missing = || Fault::new(FaultKind::Internal, "the pipeline of conversions gives no probability");
        let probability = prediction.probability.ok_or_else(missing)?;
        let confidence = prediction.estimate("confidence").and_then(Estimate::number);
        let confidence = confidence.unwrap_or(prediction.completeness);
        // Sums of hundredths have digits that nobody computed.
        let confidence = (1e4 * confidence).round() / 1e4;
        Ok(Converted { prediction, probability, confidence })
    }

    /// Days until the lead signs, in whole days.
    pub(crate) fn days(&self) -> Option<i64> {
        self.prediction.estimate("days_to_close").and_then(Estimate::number).map(whole)
    }
}

/// To the nearest whole number, halves away from zero.
pub(crate) fn whole(number: f64) -> i64 {
    number.round() as i64
}

/// An interval in whole days that holds some days.
pub(crate) fn interval_around(days: i64, low: f64, high: f64) -> DayInterval {
    DayInterval { low: (low.floor() as i64).min(days), high: (high.ceil() as i64).max(days) }
}

/// Which kept prediction may be given again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reuse<'a> {
    pub(crate) kind: PredictionKind,
    pub(crate) pipeline: &'a str,
    /// Whether a language model must have made it; the rules otherwise.
    pub(crate) by_model: bool,
}

/// A prediction that still counts.
pub(crate) async fn reuse(
    state: &AppState,
    tenant: &str,
    lead: i64,
    wanted: Reuse<'_>,
) -> Result<Option<MlPrediction>, Fault> {
    let Reuse { kind, pipeline, by_model } = wanted;
    let stored = state.store.valid_prediction(tenant, lead, kind, pipeline, by_model, state.now()).await?;
    stored.as_ref().map(MlPrediction::parse).transpose()
}

/// Keeps predictions of leads and gives them their numbers; one whose lead was erased in the meantime is not kept and has
/// the number 0.
pub(crate) async fn keep(
    state: &AppState,
    tenant: &str,
    configuration: i64,
    pipeline: &str,
    predictions: &mut [(i64, MlPrediction)],
) -> Result<(), Fault> {
    let mut rows: Vec<&mut (i64, MlPrediction)> = predictions.iter_mut().collect();
    let Err(error) = save(state, tenant, (configuration, pipeline), &mut rows).await else { return Ok(()) };
    let count = rows.len();
    let mut there = Vec::with_capacity(count);
    for row in rows {
        if state.store.lead(tenant, &LeadReference::Number(row.0)).await?.is_some() {
            there.push(row);
        }
    }
    if there.len() == count {
        return Err(error.into());
    }
    Ok(save(state, tenant, (configuration, pipeline), &mut there).await?)
}

async fn save(
    state: &AppState,
    tenant: &str,
    (configuration, pipeline): (i64, &str),
    rows: &mut [&mut (i64, MlPrediction)],
) -> Result<(), StoreError> {
    let bodies: Vec<String> = rows.iter().map(|row| row.1.to_body()).collect();
    let time_to_live = i64::try_from(state.config.prediction_ttl.as_millis()).unwrap_or(i64::MAX);
    let new = rows.iter().zip(&bodies).map(|(row, body)| NewPrediction {
        lead: row.0,
        configuration,
        kind: row.1.kind(),
        by_model: row.1.is_by_model(),
        pipeline,
        body,
        time_to_live,
    });
    let new: Vec<NewPrediction<'_>> = new.collect();
    let numbers = state.store.save_predictions(tenant, &new, state.now()).await?;
    for (row, number) in rows.iter_mut().zip(numbers) {
        row.1.prediction_id = number;
    }
    Ok(())
}

/// Keeps one prediction.
pub(crate) async fn keep_one(
    state: &AppState,
    tenant: &str,
    own: &Configuration,
    (pipeline, lead): (&str, i64),
    prediction: MlPrediction,
) -> Result<MlPrediction, Fault> {
    let mut all = [(lead, prediction)];
    keep(state, tenant, own.number, pipeline, &mut all).await?;
    let [(_, prediction)] = all;
    if prediction.prediction_id == 0 {
        return Err(erased());
    }
    Ok(prediction)
}

/// The lead is not there, or no more.
pub(crate) fn erased() -> Fault {
    Fault::not_found("Lead not found")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero_and_intervals_hold_the_days() {
        assert_eq!((whole(2.5), whole(3.5), whole(0.49)), (3, 4, 0));
        assert_eq!(interval_around(21, 14.0, 30.0), DayInterval { low: 14, high: 30 });
        assert_eq!(interval_around(33, 14.2, 30.1), DayInterval { low: 14, high: 33 });
    }
}
