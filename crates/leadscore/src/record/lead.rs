//! A lead as the caller knows it: an id, attributes, and what happened when.

use std::collections::BTreeMap;

use serde::Serialize;

use super::attribute::{Attribute, AttributeRef, IntoAttribute};
use super::names::AttributeKey;
use super::{Activities, Activity, Record};

/// A person or company that may buy, as the caller's records know it.
///
/// ```
/// use leadscore::{Activity, Lead, Timestamp, Zone};
/// let lead = Lead::new("l-1")
///     .with("company", "Acme")
///     .with("employees", 250)
///     .with("phone", None::<&str>)
///     .activity(Activity::new("email_open", Timestamp::parse("2026-11-20", &Zone::utc())?));
/// assert_eq!((lead.attributes.len(), lead.activities.len()), (2, 1));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Lead {
    /// The caller's id, handed back with the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// The activities, in any order.
    pub activities: Vec<Activity>,
}

impl Lead {
    /// A lead without attributes and activities.
    pub fn new(id: impl Into<String>) -> Lead {
        Lead { id: Some(id.into()), ..Lead::default() }
    }

    /// The same lead with one attribute more; an absent value adds none.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl IntoAttribute) -> Lead {
        if let Some(value) = value.into_attribute() {
            self.attributes.insert(name.into(), value);
        }
        self
    }

    /// The same lead with one activity more.
    #[must_use]
    pub fn activity(mut self, activity: Activity) -> Lead {
        self.activities.push(activity);
        self
    }
}

impl Record for Lead {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    fn attribute(&self, key: AttributeKey<'_>) -> Option<AttributeRef<'_>> {
        self.attributes.get(key.name()).map(Attribute::as_ref)
    }

    fn activities(&self) -> Activities<'_> {
        self.activities.as_slice().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_into_an_attribute() {
        let lead = Lead::new("a")
            .with("n", 3_u8)
            .with("big", 2_i64)
            .with("none", None::<f64>)
            .with("some", Some("x"));
        assert_eq!(lead.attributes["n"], Attribute::Number(3.0));
        assert_eq!(lead.attributes.len(), 3);
    }
}
