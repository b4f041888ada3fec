//! One deal for each lead, found by our id of the lead, so that a second call opens none.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::HubSpot;
use super::batch::{BATCH, Object};
use super::contacts::Planned;
use crate::crm::{DealPlace, Draft, Failure, Outcome};

/// The property of a deal with our id of the lead, which is unique.
pub(super) const LEAD_ID: &str = "leadscore_lead_id";
/// HubSpot's own association of a deal with a contact.
const DEAL_TO_CONTACT: u32 = 3;

impl HubSpot {
    /// Opens the deals that are not there. Those that are there keep their stage, owner and pipeline.
    pub(super) async fn open_deals(&self, planned: &[Planned<'_>], draft: &mut Draft) {
        let mut wanted: Vec<(&Planned<'_>, String)> = Vec::new();
        let mut seen = HashSet::new();
        for planned in planned.iter().filter(|planned| planned.stage.is_some()) {
            let Some(contact) = draft.record(planned.at).outcome.id().map(str::to_owned) else { continue };
            if seen.insert(planned.record.external_id.to_lowercase()) {
                wanted.push((planned, contact));
            } else {
                let message = "another contact of this call has the same lead, which has one deal";
                draft.record(planned.at).warnings.push(message.to_owned());
            }
        }
        let mut stop: Option<Failure> = None;
        for batch in wanted.chunks(BATCH) {
            let outcomes = match &stop {
                Some(failure) => batch.iter().map(|_| failure.outcome()).collect(),
                None => self.deal_batch(batch, &mut stop, draft).await,
            };
            for ((planned, _), outcome) in batch.iter().zip(outcomes) {
                draft.record(planned.at).deal = Some(outcome);
            }
        }
    }

    async fn deal_batch(
        &self,
        batch: &[(&Planned<'_>, String)],
        stop: &mut Option<Failure>,
        draft: &mut Draft,
    ) -> Vec<Outcome> {
        let ids = batch.iter().map(|(planned, _)| planned.record.external_id.as_str());
        let there = match self.read_batch("deals", LEAD_ID, ids, &[LEAD_ID, "pipeline", "dealstage"]).await {
            Ok(there) => there,
            Err(failure) => {
                let outcomes = batch.iter().map(|_| failure.outcome()).collect();
                *stop = failure.stops_all().then_some(failure);
                return outcomes;
            }
        };
        let lead = |object: &Object| object.properties.get(LEAD_ID).cloned().flatten();
        let there: HashMap<String, Object> =
            there.into_iter().filter_map(|object| Some((lead(&object)?.to_lowercase(), object))).collect();
        let mut outcomes: Vec<Option<Outcome>> = vec![None; batch.len()];
        let (mut inputs, mut ats) = (Vec::new(), Vec::new());
        for (at, (planned, contact)) in batch.iter().enumerate() {
            let record = planned.record;
            if let Some(object) = there.get(&record.external_id.to_lowercase()) {
                let own = object.properties.get("pipeline").and_then(Option::as_deref);
                let stage = object.properties.get("dealstage").and_then(Option::as_deref);
                draft.record(planned.at).deal_place = own.zip(stage).map(|(pipeline, stage)| DealPlace {
                    pipeline: pipeline.to_owned(),
                    stage: stage.to_owned(),
                });
                if own.is_some() && own != record.pipeline.as_deref() {
                    let message =
                        format!("the deal is in the pipeline {:?} and stays there", own.unwrap_or_default());
                    draft.record(planned.at).warnings.push(message);
                }
                outcomes[at] = Some(Outcome::Unchanged { id: object.id.clone() });
                continue;
            }
            let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
            let name = filled(&record.company).or_else(|| filled(&record.name));
            let mut properties = json!({
                "dealname": name.unwrap_or_else(|| planned.email.clone()),
                "pipeline": record.pipeline, "dealstage": planned.stage, LEAD_ID: record.external_id,
            });
            if let Some(owner) = &planned.owner {
                properties["hubspot_owner_id"] = json!(owner);
            }
            inputs.push(json!({
                "associations": [{
                    "to": {"id": contact},
                    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": DEAL_TO_CONTACT}],
                }],
                "objectWriteTraceId": inputs.len().to_string(), "properties": properties,
            }));
            ats.push(at);
        }
        if !inputs.is_empty() {
            let own = |at: usize| batch[at].0.record.external_id.to_lowercase();
            let key = |object: &Object| {
                let lead = lead(object)?.to_lowercase();
                ats.iter().position(|at| own(*at) == lead)
            };
            // Not repeated when the answer is lost: the next synchronisation reads before it writes.
            for (at, result) in ats.iter().zip(self.write_batch("deals", "create", inputs, false, key).await)
            {
                outcomes[*at] = Some(match result {
                    Ok(object) => {
                        let planned = batch[*at].0;
                        let place = planned.record.pipeline.clone().zip(planned.stage.clone());
                        draft.record(planned.at).deal_place =
                            place.map(|(pipeline, stage)| DealPlace { pipeline, stage });
                        Outcome::Created { id: object.id }
                    }
                    Err(failure) => {
                        if failure.stops_all() {
                            *stop = Some(failure.clone());
                        }
                        failure.outcome()
                    }
                });
            }
        }
        outcomes.into_iter().flatten().collect()
    }
}
