//! A report while it is being made: each record is said not to be written until something is known of it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::Value;

use super::{CrmRecord, Failure, FailureKind, Outcome, RecordReport, Refusal, RefusalKind, SyncReport};

/// The longest address that RFC 5321 lets a message have.
const MAX_EMAIL: usize = 254;
/// The longest id of a lead, which is the length of the documented Salesforce field.
const MAX_EXTERNAL_ID: usize = 64;

pub(crate) struct Draft {
    records: Vec<RecordReport>,
}

impl Draft {
    pub(crate) fn new(records: &[CrmRecord]) -> Draft {
        let failure = Failure::new(FailureKind::Unavailable, "the record was not tried");
        let report = |record: &CrmRecord| RecordReport {
            external_id: record.external_id.clone(),
            outcome: Outcome::Retry { after: None, failure: failure.clone() },
            deal: None,
            deal_place: None,
            owner_id: None,
            warnings: Vec::new(),
        };
        Draft { records: records.iter().map(report).collect() }
    }

    pub(crate) fn set(&mut self, at: usize, outcome: Outcome) {
        self.records[at].outcome = outcome;
    }

    pub(crate) fn refuse(&mut self, at: usize, refusal: Refusal) {
        self.set(at, Outcome::Refused(refusal));
    }

    pub(crate) fn record(&mut self, at: usize) -> &mut RecordReport {
        &mut self.records[at]
    }

    pub(crate) fn finish(self) -> SyncReport {
        SyncReport { records: self.records }
    }
}

/// The records whose keys and values can be sent, each with its key; the others are refused.
pub(crate) fn accepted<'a>(
    records: &'a [CrmRecord],
    draft: &mut Draft,
    key: impl Fn(&CrmRecord) -> Result<String, Refusal>,
) -> Vec<(usize, &'a CrmRecord, String)> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut accepted = Vec::with_capacity(records.len());
    for (at, record) in records.iter().enumerate() {
        let key = match check(record).and_then(|()| key(record)) {
            Ok(key) => key,
            Err(refusal) => {
                draft.refuse(at, refusal);
                continue;
            }
        };
        match seen.entry(key.to_lowercase()) {
            Entry::Occupied(first) => {
                let message = format!("record {} of this call has the same key {key:?}", first.get() + 1);
                draft.refuse(at, Refusal::new(RefusalKind::Duplicate, message));
            }
            Entry::Vacant(free) => {
                free.insert(at);
                accepted.push((at, record, key));
            }
        }
    }
    accepted
}

/// An address without surrounding space and in lower case, as CRM systems compare them.
pub(crate) fn normalized_email(text: &str) -> Result<String, Refusal> {
    let email = text.trim().to_lowercase();
    let is_good = match email.rsplit_once('@') {
        Some((local, domain)) => {
            !local.is_empty()
                && !domain.is_empty()
                && !local.contains('@')
                && email.len() <= MAX_EMAIL
                && !email.chars().any(|c| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c))
        }
        None => false,
    };
    if is_good {
        return Ok(email);
    }
    let shown: String = text.chars().take(MAX_EMAIL).collect();
    Err(Refusal::new(RefusalKind::Email, format!("{shown:?} is no e-mail address")))
}

fn check(record: &CrmRecord) -> Result<(), Refusal> {
    let id = &record.external_id;
    if id.is_empty()
        || id.trim() != id
        || id.chars().count() > MAX_EXTERNAL_ID
        || id.chars().any(char::is_control)
    {
        let message =
            format!("the lead's id must have 1 to {MAX_EXTERNAL_ID} characters, without space around it");
        return Err(Refusal::new(RefusalKind::ExternalId, message));
    }
    if record.score.is_some_and(|score| !score.is_finite()) {
        return Err(Refusal::new(RefusalKind::Field, "the score is not a finite number"));
    }
    for (name, value) in &record.fields {
        if name.is_empty() || name.len() > 100 || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            let shown: String = name.chars().take(100).collect();
            return Err(Refusal::new(RefusalKind::Field, format!("{shown:?} is no name of a field")));
        }
        if matches!(value, Value::Array(_) | Value::Object(_)) {
            let message = format!("the field {name} has a list or an object, which no CRM field takes");
            return Err(Refusal::new(RefusalKind::Field, message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_in_lower_case() {
        assert_eq!(normalized_email("  John.Doe+x@ACME.com ").unwrap(), "john.doe+x@acme.com");
        for wrong in
            ["", "john", "@acme.com", "john@", "a@b@c.com", "j d@acme.com", "a@b.com,c@d.com", "a\n@b.com"]
        {
            assert_eq!(normalized_email(wrong).unwrap_err().kind, RefusalKind::Email, "{wrong:?}");
        }
        assert!(normalized_email(&format!("{}@b.com", "a".repeat(300))).is_err());
    }

    #[test]
    fn what_cannot_be_sent_is_refused_by_name() {
        let good = CrmRecord::new("l-1", "a@b.com");
        assert_eq!(check(&good), Ok(()));
        let kind = |record: &CrmRecord| check(record).unwrap_err().kind;
        assert_eq!(kind(&CrmRecord { external_id: String::new(), ..good.clone() }), RefusalKind::ExternalId);
        assert_eq!(kind(&CrmRecord { external_id: "x".repeat(65), ..good.clone() }), RefusalKind::ExternalId);
        assert_eq!(kind(&good.clone().score(f64::NAN)), RefusalKind::Field);
        assert_eq!(kind(&good.clone().field("Id FROM User--", 1)), RefusalKind::Field);
        assert_eq!(kind(&good.field("x", vec![1])), RefusalKind::Field);
    }
}
