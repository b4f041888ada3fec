//! Queries: owners by e-mail, and the leads that are there.

use std::collections::HashMap;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Salesforce, soql};
use crate::crm::{CrmRecord, Draft, Failure, FailureKind, Outcome, Refusal, RefusalKind, normalized_email};

/// A query travels in an address, for which Salesforce takes 16 KiB with the headers.
const MAX_QUERY: usize = 6_000;

#[derive(Deserialize)]
struct Rows {
    done: bool,
    records: Vec<Map<String, Value>>,
}

/// A record that is ready to be written.
pub(super) struct Planned<'a> {
    pub(super) at: usize,
    pub(super) record: &'a CrmRecord,
    pub(super) owner: Option<String>,
}

impl Salesforce {
    /// The records with their owners' ids; those without are refused.
    pub(super) async fn plan<'a>(
        &self,
        records: Vec<(usize, &'a CrmRecord, String)>,
        draft: &mut Draft,
    ) -> Vec<Planned<'a>> {
        let mut owners: HashMap<&str, Result<String, Outcome>> = HashMap::new();
        let mut down: Option<Outcome> = None;
        let mut planned = Vec::with_capacity(records.len());
        for (at, record, _) in records {
            if let Some(pipeline) = &record.pipeline {
                let message = format!("Salesforce leads have no pipeline: {pipeline:?} is passed over");
                draft.record(at).warnings.push(message);
            }
            let mut owner = None;
            if let Some(email) = record.owner.as_deref() {
                let found = match (owners.get(email), &down) {
                    (Some(found), _) => found.clone(),
                    (None, Some(down)) => Err(down.clone()),
                    (None, None) => self.owner(email, &mut down).await,
                };
                owners.insert(email, found.clone());
                match found {
                    Ok(id) => owner = Some(id),
                    Err(outcome) => {
                        draft.set(at, outcome);
                        continue;
                    }
                }
            }
            draft.record(at).owner_id.clone_from(&owner);
            planned.push(Planned { at, record, owner });
        }
        planned
    }

    async fn owner(&self, text: &str, down: &mut Option<Outcome>) -> Result<String, Outcome> {
        let refusal = |message| Outcome::Refused(Refusal::new(RefusalKind::Owner, message));
        let email =
            normalized_email(text).map_err(|wrong| refusal(format!("the owner: {}", wrong.message)))?;
        let query = format!(
            "SELECT Id FROM User WHERE Email = {} AND IsActive = true LIMIT 2",
            soql::literal(&email)
        );
        let rows = self.query(&query).await.map_err(|failure| {
            let outcome = failure.outcome();
            if failure.stops_all() {
                *down = Some(outcome.clone());
            }
            outcome
        })?;
        let mut ids = rows.iter().filter_map(|row| text_of(row, "Id"));
        match (ids.next(), ids.next()) {
            (Some(id), None) => Ok(id.to_owned()),
            (None, _) => Err(refusal(format!("Salesforce has no active user with the address {email:?}"))),
            (Some(_), Some(_)) => {
                Err(refusal(format!("Salesforce has more than one active user with the address {email:?}")))
            }
        }
    }

    /// The leads that are there, by their external id in lower case: Salesforce finds them in either case.
    pub(super) async fn leads(
        &self,
        ids: &[&str],
        fields: &[&str],
    ) -> Result<HashMap<String, Vec<Map<String, Value>>>, Failure> {
        let key = &self.api.external_id;
        let start = format!("SELECT {} FROM Lead WHERE {key} IN (", fields.join(","));
        let mut leads: HashMap<String, Vec<Map<String, Value>>> = HashMap::new();
        let mut rest = ids;
        while !rest.is_empty() {
            let mut query = start.clone();
            let mut count = 0;
            // At least one, so that each round comes closer to the end.
            while let Some(id) = rest.get(count) {
                let literal = soql::literal(id);
                if count > 0 && encoded_len(&query) + encoded_len(&literal) > MAX_QUERY {
                    break;
                }
                if count > 0 {
                    query.push(',');
                }
                query.push_str(&literal);
                count += 1;
            }
            query.push(')');
            rest = &rest[count..];
            for row in self.query(&query).await? {
                let Some(id) = text_of(&row, key) else {
                    let message = format!("Salesforce's answer has a lead without {key}");
                    return Err(Failure::new(FailureKind::BadAnswer, message));
                };
                leads.entry(id.to_lowercase()).or_default().push(row);
            }
        }
        Ok(leads)
    }

    async fn query(&self, query: &str) -> Result<Vec<Map<String, Value>>, Failure> {
        let rows: Rows = self.call(&Method::GET, &["query"], &[("q", query)], &[], None).await?.read()?;
        // A page has 2000 rows at the default size, and no query here asks for so many keys.
        if !rows.done {
            let message =
                "Salesforce has more leads with the ids asked for than the field's uniqueness allows";
            return Err(Failure::new(FailureKind::Invalid, message));
        }
        Ok(rows.records)
    }
}

/// The text of a row's field; names are the same in either case.
pub(super) fn text_of<'a>(row: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    value_of(row, name)?.as_str()
}

pub(super) fn value_of<'a>(row: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    row.get(name)
        .or_else(|| row.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// An upper bound of its length in an address.
fn encoded_len(text: &str) -> usize {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() || byte == b' ' { 1 } else { 3 }).sum()
}
