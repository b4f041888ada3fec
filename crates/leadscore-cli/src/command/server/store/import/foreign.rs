//! Records of JSON lines: of an export of a store, or of another database, such as `mongoexport` writes them.

use std::collections::BTreeSet;

use leadscore::{Activity, Timestamp, Zone};
use leadscore_files::Mapping;
use leadscore_server::store::{Attributes, LeadTransfer, SuppressedTransfer};
use serde_json::{Number, Value};

use super::table::{activities, identify};

/// Reads records as leads.
pub(super) struct ForeignRecords {
    pub(super) mapping: Mapping,
    pub(super) zone: Zone,
    /// The names of fields that are lists or objects.
    pub(super) nested: BTreeSet<String>,
}

/// What a line holds.
pub(super) enum Transfer {
    Lead(Box<LeadTransfer>),
    Suppressed(SuppressedTransfer),
}

/// Fields that hold the caller's id; the first that is there counts.
const IDS: [&str; 6] = ["_id", "id", "lead_id", "leadId", "external_id", "externalId"];
/// Other names of what tells who a lead is, and since when.
const OTHER_NAMES: [(&str, &[&str]); 3] = [
    ("email", &["Email", "e_mail", "emailAddress", "email_address"]),
    ("phone", &["Phone", "phoneNumber", "phone_number", "telephone", "mobile"]),
    ("created_at", &["createdAt", "created"]),
];
const MOST_NAMES: usize = 20;

impl ForeignRecords {
    /// The lead of a record, or the address that wants no e-mails, or why it is neither.
    pub(super) fn transfer(&mut self, text: &[u8]) -> Result<Transfer, String> {
        let value: Value = serde_json::from_slice(text).map_err(|error| format!("no JSON: {error}"))?;
        let Value::Object(fields) = value else { return Err("not a JSON object".to_owned()) };
        if let Some(version) = fields.get("leadscore_lead") {
            if version.as_u64() != Some(u64::from(LeadTransfer::VERSION)) {
                return Err(format!("the form {version} of an export is not known; this version reads 1"));
            }
            let lead = serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())?;
            return Ok(Transfer::Lead(Box::new(lead)));
        }
        if let Some(version) = fields.get("leadscore_suppressed") {
            if version.as_u64() != Some(u64::from(SuppressedTransfer::VERSION)) {
                return Err(format!("the form {version} of an export is not known; this version reads 1"));
            }
            let own: SuppressedTransfer =
                serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())?;
            if !own.is_hash() {
                return Err("the address of leadscore_suppressed is not a hash of 64 hex digits".to_owned());
            }
            return Ok(Transfer::Suppressed(own));
        }
        if fields.contains_key("leadscore_labelled") {
            return Err("a labelled export is for training; import an export without --labelled".to_owned());
        }
        self.foreign(fields).map(|lead| Transfer::Lead(Box::new(lead)))
    }

    fn foreign(&mut self, fields: Attributes) -> Result<LeadTransfer, String> {
        let mut transfer = LeadTransfer::new();
        let attributes = &mut transfer.attributes;
        for (name, value) in fields {
            let value = plain(value);
            // Nothing is said by a null; in the store it would remove what is known.
            if !value.is_null() {
                attributes.insert(name, value);
            }
        }
        if let Some(name) = self.mapping.lead_id() {
            transfer.external_id = attributes.remove(name).as_ref().and_then(id_text);
        }
        for (attribute, field) in self.mapping.attributes() {
            if let Some(value) = attributes.remove(field) {
                attributes.insert(attribute.to_owned(), value);
            }
        }
        if transfer.external_id.is_none()
            && let Some(name) = IDS.into_iter().find(|name| attributes.contains_key(*name))
        {
            let value = attributes.remove(name).unwrap_or_default();
            transfer.external_id =
                Some(id_text(&value).ok_or_else(|| format!("{name}: no text or whole number"))?);
        }
        for (name, others) in OTHER_NAMES {
            if attributes.contains_key(name) {
                continue;
            }
            if let Some(value) = others.iter().find_map(|other| attributes.remove(*other)) {
                attributes.insert(name.to_owned(), value);
            }
        }
        if let Some(Value::Array(items)) = attributes.get("activities") {
            let read = items.iter().enumerate().map(|(index, item)| {
                let read = Activity::from_json(&item.to_string(), &self.zone);
                read.map_err(|error| format!("activities[{index}]: {error}"))
            });
            let read: Vec<Activity> = read.collect::<Result<_, _>>()?;
            attributes.remove("activities");
            transfer.activities = activities(&read);
        }
        for (name, value) in &transfer.attributes {
            if (value.is_array() || value.is_object()) && self.nested.len() < MOST_NAMES {
                self.nested.insert(name.clone());
            }
        }
        identify(&mut transfer, &self.zone)?;
        Ok(transfer)
    }
}

fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// A value without the type names of MongoDB's Extended JSON: `{"$numberInt": "5"}` is 5.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(plain).collect()),
        Value::Object(fields) if fields.len() == 1 => {
            let typed = fields.iter().next().and_then(|(name, inner)| typed(name, inner));
            typed.unwrap_or_else(|| inner(fields))
        }
        Value::Object(fields) => inner(fields),
        other => other,
    }
}

fn inner(fields: Attributes) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name, plain(value))).collect())
}

fn typed(name: &str, value: &Value) -> Option<Value> {
    let text = value.as_str();
    match name {
        "$oid" | "$uuid" | "$symbol" => text.map(Value::from),
        "$numberInt" | "$numberLong" => text?.parse::<i64>().ok().map(Value::from),
        // What is no finite number is missing.
        "$numberDouble" => Some(Number::from_f64(text?.parse().ok()?).map_or(Value::Null, Value::Number)),
        // One with more digits than fit into a float stays a text, with all of them.
        "$numberDecimal" => {
            let text = text?;
            let number = text.parse().ok().and_then(Number::from_f64);
            let is_whole =
                |number: &Number| number.to_string().trim_end_matches(".0") == text.trim_end_matches(".0");
            Some(number.filter(is_whole).map_or_else(|| text.into(), Value::Number))
        }
        "$date" => match plain(value.clone()) {
            Value::String(text) => Some(Value::String(text)),
            Value::Number(millis) => {
                Timestamp::from_millis(millis.as_i64()?).ok().map(|time| Value::from(time.to_string()))
            }
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<LeadTransfer, String> {
        read_by(&mut records(), text)
    }

    fn read_by(records: &mut ForeignRecords, text: &str) -> Result<LeadTransfer, String> {
        match records.transfer(text.as_bytes())? {
            Transfer::Lead(lead) => Ok(*lead),
            Transfer::Suppressed(_) => panic!("{text} is no lead"),
        }
    }

    fn records() -> ForeignRecords {
        ForeignRecords { mapping: Mapping::default(), zone: Zone::utc(), nested: BTreeSet::new() }
    }

    #[test]
    fn a_line_of_mongoexport_is_a_lead() {
        // Canonical and relaxed Extended JSON v2, as the MongoDB specification has them.
        let lead = read(
            r#"{"_id":{"$oid":"507f1f77bcf86cd799439011"},"Email":"ADA@a.example","name":"Ada","employees":{"$numberInt":"42"},
                "revenue":{"$numberLong":"9000000000"},"rate":{"$numberDouble":"0.25"},"bad":{"$numberDouble":"NaN"},
                "price":{"$numberDecimal":"12.5"},"exact":{"$numberDecimal":"0.1000000000000000000000001"},
                "createdAt":{"$date":{"$numberLong":"1763632800000"}},"seen":{"$date":"2026-11-20T10:00:00Z"},
                "tags":["a",{"$numberInt":"1"}],"gone":null,"score":7.5,"is_open":true}"#,
        )
        .unwrap();
        assert_eq!(lead.external_id.as_deref(), Some("507f1f77bcf86cd799439011"));
        assert_eq!(lead.email.as_deref(), Some("ada@a.example"));
        assert_eq!(lead.first_contact_at.unwrap().as_millis(), 1_763_632_800_000);
        let expected = serde_json::json!({
            "name": "Ada", "employees": 42, "revenue": 9_000_000_000_i64, "rate": 0.25, "price": 12.5,
            "exact": "0.1000000000000000000000001", "seen": "2026-11-20T10:00:00Z", "tags": ["a", 1], "score": 7.5,
            "is_open": true,
        });
        assert_eq!(Value::Object(lead.attributes), expected);
    }

    #[test]
    fn the_first_id_counts_and_others_stay() {
        let lead = read(r#"{"_id":"a","id":9,"phone":"+1"}"#).unwrap();
        assert_eq!((lead.external_id.as_deref(), lead.phone.as_deref()), (Some("a"), Some("+1")));
        assert_eq!(lead.attributes["id"], 9);
        assert!(read(r#"{"_id":{"a":1,"b":2},"email":"a@b.example"}"#).unwrap_err().starts_with("_id"));
    }

    #[test]
    fn activities_and_mapped_fields_are_read() {
        let mut records = records();
        records.mapping.set_column("Firma", "company");
        records.mapping.set_column("Nr", "lead_id");
        let text = r#"{"Nr":5,"Firma":"Acme","activities":[{"id":"1","kind":"call","at":"2026-11-20"}],"owner":{"a":1}}"#;
        let lead = read_by(&mut records, text).unwrap();
        assert_eq!(
            (lead.external_id.as_deref(), &lead.attributes["company"]),
            (Some("5"), &Value::from("Acme"))
        );
        assert_eq!((lead.activities.len(), lead.activities[0].id.as_str()), (1, "1"));
        assert_eq!(records.nested.iter().collect::<Vec<_>>(), ["owner"]);
        let error = read_by(&mut records, r#"{"Nr":5,"activities":[{"kind":"call"}]}"#).unwrap_err();
        assert!(error.starts_with("activities[0]"), "{error}");
    }

    #[test]
    fn what_is_no_lead_is_refused() {
        assert!(read("[1]").unwrap_err().contains("not a JSON object"));
        assert!(read("{").unwrap_err().contains("no JSON"));
        assert!(read(r#"{"company":"Acme"}"#).unwrap_err().contains("who it is"));
        assert!(read(r#"{"leadscore_lead":2}"#).unwrap_err().contains("not known"));
        assert!(read(r#"{"leadscore_lead":1,"emial":"x"}"#).unwrap_err().contains("emial"));
    }
}
