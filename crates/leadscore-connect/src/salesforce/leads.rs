//! Leads: what they are to have, what they have, and the difference.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Salesforce;
use super::failure::{CONVERTED, record_failure};
use super::lookup::{Planned, text_of, value_of};
use crate::crm::{CrmRecord, Draft, Failure, FailureKind, Outcome, Refusal, RefusalKind};

/// The most records that a call takes.
const BATCH: usize = 200;
/// The ratings that Salesforce ships with.
const RATINGS: [&str; 3] = ["Hot", "Warm", "Cold"];

#[derive(Deserialize)]
struct Saved {
    #[serde(default)]
    id: Option<String>,
    success: bool,
    #[serde(default)]
    created: Option<bool>,
    #[serde(default)]
    errors: Vec<SaveError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaveError {
    status_code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    fields: Vec<String>,
}

/// A lead to be written.
struct Write<'a> {
    at: usize,
    fields: Map<String, Value>,
    is_new: bool,
    external_id: &'a str,
}

impl Salesforce {
    pub(super) async fn write_leads(&self, planned: &[Planned<'_>], draft: &mut Draft) {
        let mut stop: Option<Failure> = None;
        // Assignment rules would take a lead from the owner it is given, and are wanted where none is.
        for has_owner in [true, false] {
            let group: Vec<&Planned<'_>> =
                planned.iter().filter(|planned| planned.owner.is_some() == has_owner).collect();
            for batch in group.chunks(BATCH) {
                if let Some(failure) = &stop {
                    for planned in batch {
                        draft.set(planned.at, failure.outcome());
                    }
                    continue;
                }
                if let Err(failure) = self.lead_batch(batch, has_owner, draft).await {
                    stop = failure.stops_all().then_some(failure);
                }
            }
        }
    }

    /// An error has been told of every record of the batch.
    async fn lead_batch(
        &self,
        batch: &[&Planned<'_>],
        has_owner: bool,
        draft: &mut Draft,
    ) -> Result<(), Failure> {
        let wanted: Vec<Map<String, Value>> =
            batch.iter().map(|planned| self.fields(planned.record, planned.owner.clone())).collect();
        let mut names: BTreeSet<&str> = wanted.iter().flatten().map(|(name, _)| name.as_str()).collect();
        names.extend(["Id", "IsConverted", "ConvertedContactId", &self.api.external_id]);
        let names: Vec<&str> = names.into_iter().collect();
        let ids: Vec<&str> = batch.iter().map(|planned| planned.record.external_id.as_str()).collect();
        let there = match self.leads(&ids, &names).await {
            Ok(there) => there,
            Err(failure) => {
                for planned in batch {
                    draft.set(planned.at, failure.outcome());
                }
                return Err(failure);
            }
        };
        let mut writes = Vec::new();
        for (planned, mut fields) in batch.iter().zip(wanted) {
            let external_id = planned.record.external_id.as_str();
            let rows = there.get(&external_id.to_lowercase()).map_or(&[][..], Vec::as_slice);
            let outcome = match rows {
                [] => match complete(&mut fields, planned.record) {
                    Ok(()) => None,
                    Err(refusal) => Some(Outcome::Refused(refusal)),
                },
                [row] => outcome_of_row(row, &fields),
                _ => {
                    let message = format!("{} leads have the id {external_id:?}", rows.len());
                    Some(Outcome::Refused(Refusal::new(RefusalKind::Ambiguous, message)))
                }
            };
            match outcome {
                Some(outcome) => draft.set(planned.at, outcome),
                None => writes.push(Write { at: planned.at, fields, is_new: rows.is_empty(), external_id }),
            }
        }
        self.upsert(writes, has_owner, draft).await
    }

    async fn upsert(
        &self,
        mut writes: Vec<Write<'_>>,
        has_owner: bool,
        draft: &mut Draft,
    ) -> Result<(), Failure> {
        let headers: &[_] = if has_owner { &[("sforce-auto-assign", "FALSE")] } else { &[] };
        let limits = self.http.limits();
        let mut wait: Duration = limits.first_wait;
        for tries_left in (0..limits.tries.max(1)).rev() {
            if writes.is_empty() {
                return Ok(());
            }
            let records: Vec<Value> = writes.iter().map(|write| self.body(write)).collect();
            let body = json!({"allOrNone": false, "records": records});
            let path = ["composite", "sobjects", "Lead", &self.api.external_id];
            let saved = match self.call(&Method::PATCH, &path, &[], headers, Some(&body)).await {
                Ok(answer) => answer.read::<Vec<Saved>>().and_then(|saved| matching(saved, writes.len())),
                Err(failure) => Err(failure),
            };
            let saved = match saved {
                Ok(saved) => saved,
                Err(failure) => {
                    for write in writes {
                        draft.set(write.at, failure.outcome());
                    }
                    return Err(failure);
                }
            };
            let mut locked = Vec::new();
            for (write, saved) in writes.into_iter().zip(saved) {
                match saved.outcome(write.is_new) {
                    // Another process holds the record for a moment.
                    Outcome::Retry { failure, .. }
                        if failure.kind == FailureKind::Locked && tries_left > 0 =>
                    {
                        locked.push(write);
                    }
                    outcome => draft.set(write.at, outcome),
                }
            }
            writes = locked;
            if !writes.is_empty() {
                tokio::time::sleep(wait.min(limits.max_wait)).await;
                wait = wait.saturating_mul(2);
            }
        }
        Ok(())
    }

    fn body(&self, write: &Write<'_>) -> Value {
        let mut body = write.fields.clone();
        body.insert("attributes".to_owned(), json!({"type": "Lead"}));
        body.insert(self.api.external_id.clone(), json!(write.external_id));
        Value::Object(body)
    }

    /// All fields that a lead is to have, but for its key.
    fn fields(&self, record: &CrmRecord, owner: Option<String>) -> Map<String, Value> {
        let mut fields = self.own_fields(record, owner);
        fields.remove(&self.api.external_id);
        fields.extend(record.fields.clone());
        fields
    }

    /// Those that have a place of their own in a record, with the key.
    pub(super) fn own_fields(&self, record: &CrmRecord, owner: Option<String>) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        };
        let filled = |text: &Option<String>| {
            let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        put(&self.api.external_id, Some(json!(record.external_id)));
        put("Email", record.email.as_deref().map(|email| json!(email.trim().to_lowercase())));
        if let Some(name) = filled(&record.name) {
            match name.rsplit_once(char::is_whitespace) {
                Some((first, last)) => {
                    put("FirstName", Some(json!(first.trim_end())));
                    put("LastName", Some(json!(last)));
                }
                None => put("LastName", Some(json!(name))),
            }
        }
        put("Company", filled(&record.company).map(Value::from));
        put("Phone", filled(&record.phone).map(Value::from));
        put("OwnerId", owner.map(Value::from));
        put(&self.api.score, record.score.map(|score| json!(score.round() as i64)));
        put(&self.api.tier, record.tier.clone().map(Value::from));
        put(&self.api.reasoning, record.reasoning.clone().map(Value::from));
        let tier = record.tier.as_deref().unwrap_or_default();
        let rating = RATINGS.iter().find(|rating| tier.eq_ignore_ascii_case(rating));
        let is_given = record.fields.keys().any(|name| name.eq_ignore_ascii_case("Rating"));
        put("Rating", rating.filter(|_| !is_given).map(|rating| json!(rating)));
        fields
    }
}

/// A new lead has what Salesforce takes none without.
fn complete(fields: &mut Map<String, Value>, record: &CrmRecord) -> Result<(), Refusal> {
    let is_missing = |fields: &Map<String, Value>, name: &str| {
        value_of(fields, name)
            .is_none_or(|value| value.is_null() || value.as_str().is_some_and(str::is_empty))
    };
    if is_missing(fields, "LastName") {
        let local =
            record.email.as_deref().and_then(|email| email.trim().rsplit_once('@')).map(|(local, _)| local);
        let Some(local) = local else {
            let message = "a new lead needs a name or an e-mail address, and there is neither";
            return Err(Refusal::new(RefusalKind::Field, message));
        };
        fields.insert("LastName".to_owned(), json!(local));
    }
    if is_missing(fields, "Company") {
        fields.insert("Company".to_owned(), json!("[not provided]"));
    }
    Ok(())
}

/// None if the lead is to be written.
fn outcome_of_row(row: &Map<String, Value>, wanted: &Map<String, Value>) -> Option<Outcome> {
    if row.get("IsConverted") == Some(&Value::Bool(true)) {
        let message = match text_of(row, "ConvertedContactId") {
            Some(contact) => format!("the lead has been converted to the contact {contact}"),
            None => "the lead has been converted".to_owned(),
        };
        return Some(Outcome::Refused(Refusal::new(RefusalKind::Converted, message)));
    }
    let is_same =
        wanted.iter().all(|(name, value)| is_same(value_of(row, name).unwrap_or(&Value::Null), value));
    let id = text_of(row, "Id").filter(|_| is_same)?;
    Some(Outcome::Unchanged { id: id.to_owned() })
}

fn is_same(own: &Value, wanted: &Value) -> bool {
    let is_empty = |value: &Value| value.is_null() || value.as_str().is_some_and(str::is_empty);
    if own == wanted || (is_empty(own) && is_empty(wanted)) {
        return true;
    }
    match (own, wanted) {
        (Value::Number(own), Value::Number(wanted)) => own.as_f64() == wanted.as_f64(),
        // Salesforce takes the space around a text away.
        (Value::String(own), Value::String(wanted)) => {
            own == wanted.trim()
                || matches!((time(own), time(wanted)), (Some(own), Some(wanted)) if own == wanted)
        }
        _ => false,
    }
}

/// A time, which Salesforce writes as `2025-03-15T10:30:05.000+0000`.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).ok())
}

fn matching(saved: Vec<Saved>, count: usize) -> Result<Vec<Saved>, Failure> {
    if saved.len() == count {
        return Ok(saved);
    }
    let message = format!("Salesforce's answer has {} results for {count} records", saved.len());
    Err(Failure::new(FailureKind::BadAnswer, message))
}

impl Saved {
    fn outcome(self, is_new: bool) -> Outcome {
        match (self.success, self.id, self.errors.first()) {
            (true, Some(id), _) if self.created.unwrap_or(is_new) => Outcome::Created { id },
            (true, Some(id), _) => Outcome::Updated { id },
            (false, _, Some(error)) if error.status_code == CONVERTED => {
                Outcome::Refused(Refusal::new(RefusalKind::Converted, "the lead has been converted"))
            }
            (false, _, Some(error)) => {
                let fields = if error.fields.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", error.fields.join(", "))
                };
                record_failure(&error.status_code, &format!("{}{fields}", error.message)).outcome()
            }
            _ => Failure::new(FailureKind::BadAnswer, "Salesforce's answer does not say what became of it")
                .outcome(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_as_salesforce_keeps_them() {
        assert!(is_same(&json!(87.0), &json!(87)));
        assert!(is_same(&Value::Null, &json!("")));
        assert!(is_same(&json!("a"), &json!(" a ")));
        assert!(is_same(&json!("2025-03-15T10:30:05.000+0000"), &json!("2025-03-15T10:30:05Z")));
        assert!(!is_same(&json!("1"), &json!(1)));
        assert!(!is_same(&Value::Null, &json!(0)));
    }
}
