//! Contacts: what they are to have, what they have, and the difference.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::HubSpot;
use super::batch::{BATCH, Object, Properties};
use crate::crm::{CrmRecord, Draft, Failure, Outcome};

/// A record that is ready to be written.
pub(super) struct Planned<'a> {
    pub(super) at: usize,
    pub(super) record: &'a CrmRecord,
    pub(super) email: String,
    pub(super) owner: Option<String>,
    /// The first stage of its pipeline.
    pub(super) stage: Option<String>,
}

impl HubSpot {
    pub(super) async fn write_contacts(&self, planned: &[Planned<'_>], draft: &mut Draft) {
        let mut stop: Option<Failure> = None;
        for batch in planned.chunks(BATCH) {
            let outcomes = match &stop {
                Some(failure) => batch.iter().map(|_| failure.outcome()).collect(),
                None => self.contact_batch(batch, &mut stop).await,
            };
            for (planned, outcome) in batch.iter().zip(outcomes) {
                draft.set(planned.at, outcome);
            }
        }
    }

    async fn contact_batch(&self, batch: &[Planned<'_>], stop: &mut Option<Failure>) -> Vec<Outcome> {
        let wanted: Vec<BTreeMap<String, String>> = batch.iter().map(Planned::properties).collect();
        let mut names: BTreeSet<&str> = wanted.iter().flatten().map(|(name, _)| name.as_str()).collect();
        names.extend(["email", "hs_additional_emails"]);
        let names: Vec<&str> = names.into_iter().collect();
        let emails = batch.iter().map(|planned| planned.email.as_str());
        let there = match self.read_batch("contacts", "email", emails, &names).await {
            Ok(there) => there,
            Err(failure) => {
                let outcomes = batch.iter().map(|_| failure.outcome()).collect();
                *stop = failure.stops_all().then_some(failure);
                return outcomes;
            }
        };
        let place: HashMap<&str, usize> =
            batch.iter().enumerate().map(|(at, planned)| (planned.email.as_str(), at)).collect();
        let find = |object: &Object| addresses(object).find_map(|email| place.get(email.as_str()).copied());
        let mut found: Vec<Option<&Object>> = vec![None; batch.len()];
        for object in &there {
            // A contact with two addresses may be the contact of two records.
            for email in addresses(object) {
                if let Some(at) = place.get(email.as_str()) {
                    found[*at] = Some(object);
                }
            }
        }
        let mut outcomes: Vec<Option<Outcome>> = vec![None; batch.len()];
        let (mut inputs, mut ats) = (Vec::new(), Vec::new());
        for (at, (planned, mut wanted)) in batch.iter().zip(wanted).enumerate() {
            match found[at] {
                Some(object) if is_same(&wanted, &object.properties) => {
                    outcomes[at] = Some(Outcome::Unchanged { id: object.id.clone() });
                    continue;
                }
                Some(_) => {}
                None => planned.add_stage(&mut wanted),
            }
            let trace = inputs.len().to_string();
            inputs.push(json!({
                "idProperty": "email", "id": planned.email, "objectWriteTraceId": trace, "properties": wanted,
            }));
            ats.push(at);
        }
        if !inputs.is_empty() {
            let key = |object: &Object| ats.iter().position(|at| Some(*at) == find(object));
            let results = self.write_batch("contacts", "upsert", inputs, true, key).await;
            for (at, result) in ats.iter().zip(results) {
                outcomes[*at] = Some(match result {
                    Ok(Object { id, new: true, .. }) => Outcome::Created { id },
                    Ok(Object { id, .. }) => Outcome::Updated { id },
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

/// The name of a further field that has a place of its own.
pub(super) fn taken_name(record: &CrmRecord) -> Option<&str> {
    let own = own_properties(record, record.owner.clone());
    let is_taken = |name: &&String| {
        ["email", "hs_additional_emails"].contains(&name.as_str()) || own.contains_key(*name)
    };
    record.fields.keys().find(is_taken).map(String::as_str)
}

fn own_properties(record: &CrmRecord, owner: Option<String>) -> BTreeMap<String, String> {
    let mut properties: BTreeMap<String, String> = BTreeMap::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            properties.insert(name.to_owned(), value);
        }
    };
    let words = record.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    if let Some(name) = words {
        match name.rsplit_once(char::is_whitespace) {
            Some((first, last)) => {
                put("firstname", Some(first.trim_end().to_owned()));
                put("lastname", Some(last.to_owned()));
            }
            None => put("lastname", Some(name.to_owned())),
        }
    }
    put("company", record.company.clone());
    put("phone", record.phone.clone());
    put("hubspot_owner_id", owner);
    put("leadscore_lead_id", Some(record.external_id.clone()));
    put("leadscore_score", record.score.map(|score| score.to_string()));
    put("leadscore_tier", record.tier.clone());
    put("leadscore_reasoning", record.reasoning.clone());
    properties
}

impl Planned<'_> {
    fn properties(&self) -> BTreeMap<String, String> {
        let mut properties = own_properties(self.record, self.owner.clone());
        properties.extend(self.record.fields.iter().map(|(name, value)| (name.clone(), text(value))));
        properties
    }

    /// The life cycle stage of a new contact.
    fn add_stage(&self, properties: &mut BTreeMap<String, String>) {
        let tier = self.record.tier.as_deref().unwrap_or_default();
        let stages = [("hot", "salesqualifiedlead"), ("warm", "marketingqualifiedlead"), ("cold", "lead")];
        if let Some((_, stage)) = stages.iter().find(|(name, _)| tier.eq_ignore_ascii_case(name)) {
            properties.entry("lifecyclestage".to_owned()).or_insert_with(|| (*stage).to_owned());
        }
    }
}

/// Its addresses, the first one first.
fn addresses(object: &Object) -> impl Iterator<Item = String> {
    let value = |name: &str| object.properties.get(name).and_then(Option::as_deref).unwrap_or_default();
    let all = std::iter::once(value("email")).chain(value("hs_additional_emails").split(';'));
    all.map(|email| email.trim().to_lowercase()).filter(|email| !email.is_empty())
}

/// HubSpot has every value as a text, and an empty one for none.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn is_same(wanted: &BTreeMap<String, String>, there: &Properties) -> bool {
    wanted.iter().all(|(name, value)| {
        let own = there.get(name).and_then(Option::as_deref).unwrap_or_default();
        own == value
            || (name == "leadscore_score" && is_same_number(own, value))
            || matches!((own.parse::<Timestamp>(), value.parse::<Timestamp>()), (Ok(a), Ok(b)) if a == b)
    })
}

fn is_same_number(a: &str, b: &str) -> bool {
    matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(record: &CrmRecord) -> Planned<'_> {
        Planned { at: 0, record, email: "a@b.com".into(), owner: None, stage: None }
    }

    #[test]
    fn values_are_texts_and_names_are_split() {
        let mut record = CrmRecord::new("l-1", "a@b.com").score(87.0).tier("Hot").field("vip", true);
        record.name = Some(" Mary  Ann Jones ".into());
        let mut properties = planned(&record).properties();
        let pairs = [
            ("firstname", "Mary  Ann"),
            ("lastname", "Jones"),
            ("leadscore_lead_id", "l-1"),
            ("leadscore_score", "87"),
            ("leadscore_tier", "Hot"),
            ("vip", "true"),
        ];
        assert_eq!(properties, pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect());
        planned(&record).add_stage(&mut properties);
        assert_eq!(properties["lifecyclestage"], "salesqualifiedlead");
    }

    #[test]
    fn numbers_and_times_are_compared_by_value() {
        let wanted = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let there = |name: &str, value: &str| Properties::from([(name.to_owned(), Some(value.to_owned()))]);
        assert!(is_same(&wanted("leadscore_score", "87"), &there("leadscore_score", "87.0")));
        assert!(is_same(&wanted("at", "2025-03-15T10:30:05Z"), &there("at", "2025-03-15T10:30:05.000Z")));
        // A telephone number is a text.
        assert!(!is_same(&wanted("phone", "0123"), &there("phone", "123")));
        assert!(is_same(&wanted("x", ""), &Properties::new()));
        assert!(!is_same(&wanted("x", "1"), &Properties::new()));
    }
}
