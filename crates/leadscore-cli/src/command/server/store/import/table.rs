//! A lead as the readers of `score` give it, on its way into the store.

use std::collections::BTreeMap;

use leadscore::{Activity, Attribute, Lead, Timestamp, Zone};
use leadscore_server::store::{Attributes, LeadTransfer, NewActivity};
use serde_json::{Number, Value};

/// The lead, or why it cannot be kept.
pub(super) fn transfer(lead: &Lead, zone: &Zone) -> Result<LeadTransfer, String> {
    if lead.attributes.contains_key("leadscore_lead") {
        return Err("an export has its activities in it; import it without --activities".to_owned());
    }
    let mut transfer = LeadTransfer::new();
    for (name, value) in &lead.attributes {
        if let Some(value) = value_of(value) {
            transfer.attributes.insert(name.clone(), value);
        }
    }
    transfer.external_id = lead.id.as_deref().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned);
    identify(&mut transfer, zone)?;
    transfer.activities = activities(&lead.activities);
    Ok(transfer)
}

/// Takes out of the attributes who the lead is and when it was first heard of.
pub(super) fn identify(transfer: &mut LeadTransfer, zone: &Zone) -> Result<(), String> {
    let mut take = |name: &str| match transfer.attributes.remove(name)? {
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text.trim().to_owned()),
        other => Some(other.to_string()),
    };
    let (email, phone, created) = (take("email"), take("phone"), take("created_at"));
    transfer.email = email.map(|email| email.to_lowercase());
    transfer.phone = phone;
    if let Some(text) = created {
        match Timestamp::parse(&text, zone) {
            Ok(time) => transfer.first_contact_at = Some(time),
            // What is no time for us may be one for people.
            Err(_) => drop(transfer.attributes.insert("created_at".to_owned(), text.into())),
        }
    }
    match &transfer.email {
        Some(email) if !is_address(email) => Err(format!("`{email}` is no e-mail address")),
        None if transfer.phone.is_none() && transfer.external_id.is_none() => {
            Err("nothing tells who it is: no id, no e-mail address and no phone".to_owned())
        }
        _ => Ok(()),
    }
}

/// Activities with ids. Those without one get one that is the same the next time: by kind, time, and which of its like it
/// is.
pub(super) fn activities(activities: &[Activity]) -> Vec<NewActivity> {
    let mut seen: BTreeMap<(&str, i64), usize> = BTreeMap::new();
    let mut new = Vec::with_capacity(activities.len());
    for activity in activities {
        let id = activity.id.clone().unwrap_or_else(|| {
            let count = seen.entry((&activity.kind, activity.at.as_millis())).or_default();
            *count += 1;
            format!("{} {} {count}", activity.kind, activity.at)
        });
        let properties: Attributes = activity
            .properties
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value_of(value)?)))
            .collect();
        new.push(NewActivity { id, kind: activity.kind.clone(), at: activity.at, properties });
    }
    new
}

/// The value as JSON; none where it is missing.
fn value_of(value: &Attribute) -> Option<Value> {
    /// Up to here every whole number is one.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Attribute::Text(text) if text.trim().is_empty() => None,
        Attribute::Text(text) => Some(Value::from(text.as_str())),
        Attribute::Number(number) if number.fract() == 0.0 && number.abs() < EXACT => {
            Some(Value::from(*number as i64))
        }
        Attribute::Number(number) => Number::from_f64(*number).map(Value::Number),
        Attribute::Flag(flag) => Some(Value::from(*flag)),
        other => Some(Value::from(other.as_ref().to_text().into_owned())),
    }
}

/// Whether a text looks like an e-mail address: what is none would make one lead of many.
fn is_address(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else { return false };
    text.len() <= 254
        && !name.is_empty()
        && !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_it_is_is_no_attribute() {
        let lead = Lead::new("7")
            .with("email", " Ada@A.example ")
            .with("phone", "")
            .with("company", "Acme")
            .with("employees", 12.0)
            .with("share", 0.5)
            .with("revenue", f64::NAN)
            .with("created_at", "2026-11-20");
        let transfer = transfer(&lead, &Zone::named("Europe/Berlin").unwrap()).unwrap();
        assert_eq!(transfer.email.as_deref(), Some("ada@a.example"));
        assert_eq!((transfer.phone, transfer.external_id.as_deref()), (None, Some("7")));
        assert_eq!(transfer.first_contact_at.unwrap().to_string(), "2026-11-19T23:00:00Z");
        let attributes = Value::Object(transfer.attributes).to_string();
        assert_eq!(attributes, r#"{"company":"Acme","employees":12,"share":0.5}"#);
    }

    #[test]
    fn what_tells_nobody_is_refused() {
        let refused = |lead: Lead| transfer(&lead, &Zone::utc()).unwrap_err();
        assert!(refused(Lead::default().with("company", "Acme")).contains("who it is"));
        for text in ["n/a", "@a.example", "a@", "a b@c.example"] {
            assert!(refused(Lead::new("1").with("email", text)).contains("no e-mail address"), "{text}");
        }
    }

    #[test]
    fn activities_have_the_same_ids_each_time() {
        let at = Timestamp::from_millis(1_000).unwrap();
        let own =
            [Activity::new("call", at), Activity::new("call", at), Activity::new("call", at).with_id("x")];
        let ids = |all: &[Activity]| activities(all).into_iter().map(|one| one.id).collect::<Vec<_>>();
        assert_eq!(ids(&own), ["call 1970-01-01T00:00:01Z 1", "call 1970-01-01T00:00:01Z 2", "x"]);
        assert_eq!(ids(&own), ids(&own));
    }
}
