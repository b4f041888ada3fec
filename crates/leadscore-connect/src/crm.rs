//! The words that the CRM connectors share: a record, what became of it, and why a call failed.

mod draft;
mod failure;
mod http;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

pub(crate) use crate::answer::shortened;
pub(crate) use draft::{Draft, accepted, normalized_email};
pub use failure::{Failure, FailureKind};
pub use http::HttpLimits;
#[cfg(feature = "salesforce")]
pub(crate) use http::is_loopback;
pub(crate) use http::{Answer, Body, Call, Http, base_url, is_sendable, path_url};

/// A lead as it is to be in a CRM system.
///
/// ```
/// use leadscore_connect::crm::CrmRecord;
///
/// let record = CrmRecord::new("lead_8f3k2j1", "John@Acme.com")
///     .score(87.0)
///     .tier("HOT")
///     .owner("rep@yourcompany.com")
///     .field("jobtitle", "VP Sales");
/// assert_eq!(record.external_id, "lead_8f3k2j1");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CrmRecord {
    /// Our id of the lead. Salesforce finds the record by it; HubSpot keeps it in a property.
    pub external_id: String,
    /// HubSpot finds the contact by it, in lower case and without surrounding space.
    pub email: Option<String>,
    /// The full name. The last word is the family name.
    pub name: Option<String>,
    /// The company's name.
    pub company: Option<String>,
    /// The telephone number, as it is to be shown.
    pub phone: Option<String>,
    /// The score, 0 to 100.
    pub score: Option<f64>,
    /// The tier. `HOT`, `WARM` and `COLD` also set Salesforce's rating and the life cycle stage of a new HubSpot contact.
    pub tier: Option<String>,
    /// The reasons of the score as a text.
    pub reasoning: Option<String>,
    /// The e-mail address of the user who is to own the record.
    pub owner: Option<String>,
    /// The id of the HubSpot pipeline in which the lead has a deal.
    pub pipeline: Option<String>,
    /// Further fields by the CRM system's own names: texts, numbers, flags, and null for empty.
    pub fields: BTreeMap<String, Value>,
}

impl CrmRecord {
    /// A record with nothing but its keys.
    pub fn new(external_id: &str, email: &str) -> CrmRecord {
        CrmRecord {
            external_id: external_id.to_owned(),
            email: Some(email.to_owned()),
            ..CrmRecord::default()
        }
    }

    /// With a score, 0 to 100.
    #[must_use]
    pub fn score(mut self, score: f64) -> CrmRecord {
        self.score = Some(score);
        self
    }

    /// With a tier.
    #[must_use]
    pub fn tier(mut self, tier: &str) -> CrmRecord {
        self.tier = Some(tier.to_owned());
        self
    }

    /// With an owner, by e-mail address.
    #[must_use]
    pub fn owner(mut self, email: &str) -> CrmRecord {
        self.owner = Some(email.to_owned());
        self
    }

    /// With one more field, by the CRM system's own name.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> CrmRecord {
        self.fields.insert(name.to_owned(), value.into());
        self
    }
}

/// What became of each record, in the order in which they were given.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a record that was not written is named nowhere else"]
pub struct SyncReport {
    /// One for each record given.
    pub records: Vec<RecordReport>,
}

impl SyncReport {
    /// The records that are not in the CRM system as they were given, with their deals.
    pub fn unwritten(&self) -> impl Iterator<Item = &RecordReport> {
        self.records.iter().filter(|record| {
            !record.outcome.is_written() || record.deal.as_ref().is_some_and(|deal| !deal.is_written())
        })
    }
}

/// What became of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordReport {
    /// Our id of the lead.
    pub external_id: String,
    /// What became of the contact or lead.
    pub outcome: Outcome,
    /// What became of its deal, where a pipeline was given.
    pub deal: Option<Outcome>,
    /// Where the deal is, where that is known.
    pub deal_place: Option<DealPlace>,
    /// The CRM system's id of the owner, where one was given and found.
    pub owner_id: Option<String>,
    /// What was passed over, one sentence each.
    pub warnings: Vec<String>,
}

/// Where a deal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DealPlace {
    /// The id of its pipeline.
    pub pipeline: String,
    /// The id of its stage.
    pub stage: String,
}

/// What became of a record or deal.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was new.
    Created {
        /// The CRM system's id.
        id: String,
    },
    /// It was there and was changed.
    Updated {
        /// The CRM system's id.
        id: String,
    },
    /// It was there with the same values, so nothing was written.
    Unchanged {
        /// The CRM system's id.
        id: String,
    },
    /// It was not written and will not be as it is.
    Refused(Refusal),
    /// It may not have been written: a later call may succeed, and writing twice is harmless.
    Retry {
        /// How long to wait, where that is known.
        after: Option<Duration>,
        /// What happened.
        failure: Failure,
    },
}

impl Outcome {
    /// The CRM system's id of what is there now.
    pub fn id(&self) -> Option<&str> {
        match self {
            Outcome::Created { id } | Outcome::Updated { id } | Outcome::Unchanged { id } => Some(id),
            Outcome::Refused(_) | Outcome::Retry { .. } => None,
        }
    }

    /// Whether it is in the CRM system as it was given.
    pub fn is_written(&self) -> bool {
        self.id().is_some()
    }
}

/// Why a record was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What the reason is about.
    pub kind: RefusalKind,
    /// The reason, a sentence.
    pub message: String,
}

impl Refusal {
    pub(crate) fn new(kind: RefusalKind, message: impl Into<String>) -> Refusal {
        Refusal { kind, message: message.into() }
    }
}

/// What the reason of a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalKind {
    /// The e-mail address is missing or is none.
    Email,
    /// Our id of the lead is missing or too long.
    ExternalId,
    /// An earlier record of the call has the same key.
    Duplicate,
    /// No user, or more than one, has the owner's address.
    Owner,
    /// There is no such pipeline.
    Pipeline,
    /// A field's name or value cannot be sent.
    Field,
    /// The lead has been converted and can no longer be changed.
    Converted,
    /// More than one record of the CRM system has the key.
    Ambiguous,
    /// The CRM system does not accept our credentials, or they lack a permission.
    Credentials,
    /// The CRM system does not accept the record.
    Crm,
}

/// Why a connector cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The address is none, or would send a token in the clear.
    #[error("the address {url:?} cannot be used: {reason}")]
    Address {
        /// The address as given, without a query.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// A token or secret has characters that no header can have, or is empty.
    #[error("the {name} is empty or has characters that cannot be sent")]
    Secret {
        /// Which one.
        name: &'static str,
    },
    /// A setting has a value that cannot be used.
    #[error("the {name} {value:?} cannot be used")]
    Setting {
        /// Which one.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// The HTTP client cannot be made.
    #[error("no HTTP client can be made: {reason}")]
    NoClient {
        /// What the client says.
        reason: String,
    },
}
