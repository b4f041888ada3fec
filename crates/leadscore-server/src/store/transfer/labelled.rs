//! Leads with a known outcome as they were before it: what a model may learn from, and nothing that came later.

use leadscore::Timestamp;
use serde::Serialize;

use super::super::{Attributes, NewActivity};
use super::{HeatTransfer, LeadTransfer};

/// A lead as it was at a moment before its outcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelledLead {
    /// The version of this form: 1.
    pub leadscore_labelled: u32,
    /// Its id.
    pub id: String,
    /// `converted` or `lost`.
    pub outcome: String,
    /// When that was.
    pub outcome_at: Timestamp,
    /// The moment of which everything else speaks.
    pub as_of: Timestamp,
    /// When it was first heard of.
    pub first_contact_at: Option<Timestamp>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// What was known of it.
    pub attributes: Attributes,
    /// Whether attributes or contact changed after `as_of`, so that they may tell of the future. Such a lead is written only
    /// where that is wanted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub changed_later: bool,
    /// What had happened with it.
    pub activities: Vec<NewActivity>,
    /// What the heat model had said last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heat: Option<HeatTransfer>,
    /// The score that it had when it was last qualified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualification_score: Option<f64>,
}

/// Why a lead is not among those that a model may learn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlabelled {
    /// It has no outcome yet.
    NoOutcome,
    /// It was not heard of at the moment that is asked for.
    NotKnown,
    /// Attributes or contact changed later, and what they were is not kept.
    ChangedLater,
}

impl LabelledLead {
    /// A lead as it was so many milliseconds, and one more, before its outcome.
    ///
    /// # Errors
    /// Why it is left out.
    pub fn new(lead: LeadTransfer, before: i64, with_changed: bool) -> Result<LabelledLead, Unlabelled> {
        let Some(outcome) = lead.outcome else { return Err(Unlabelled::NoOutcome) };
        let moment = outcome.at.as_millis().saturating_sub(before.max(0)).saturating_sub(1);
        let as_of = Timestamp::from_millis(moment).map_err(|_| Unlabelled::NotKnown)?;
        let first = lead.first_contact_at.or(lead.created_at);
        if first.is_none_or(|first| first > as_of) {
            return Err(Unlabelled::NotKnown);
        }
        let changed_later = lead.updated_at.is_none_or(|updated| updated > as_of);
        if changed_later && !with_changed {
            return Err(Unlabelled::ChangedLater);
        }
        let mut activities = lead.activities;
        activities.retain(|activity| activity.at <= as_of);
        activities.sort_by_key(|activity| activity.at);
        let heat = lead.heat_scores.into_iter().filter(|score| score.at.is_some_and(|at| at <= as_of));
        let qualified = lead.qualifications.iter().filter(|own| own.created_at <= as_of);
        Ok(LabelledLead {
            leadscore_labelled: 1,
            id: lead.id.unwrap_or_default(),
            outcome: outcome.outcome,
            outcome_at: outcome.at,
            as_of,
            first_contact_at: first,
            email: lead.email,
            phone: lead.phone,
            attributes: lead.attributes,
            changed_later,
            activities,
            heat: heat.max_by_key(|score| score.at),
            qualification_score: qualified.max_by_key(|own| own.created_at).map(|own| own.score),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::OutcomeTransfer;
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    fn lead() -> LeadTransfer {
        let activity = |id: &str, millis| NewActivity {
            id: id.into(),
            kind: "visit".into(),
            at: at(millis),
            properties: Attributes::new(),
        };
        let heat =
            |class: &str, millis| HeatTransfer { class: class.into(), confidence: 0.5, at: Some(at(millis)) };
        LeadTransfer {
            id: Some("l".into()),
            first_contact_at: Some(at(100)),
            updated_at: Some(at(150)),
            outcome: Some(OutcomeTransfer { outcome: "converted".into(), at: at(1_000) }),
            // One at the moment of the outcome may be the outcome itself: the order of it.
            activities: vec![
                activity("c", 1_000),
                activity("b", 999),
                activity("a", 500),
                activity("d", 1_001),
            ],
            heat_scores: vec![heat("hot", 600), heat("cold", 200), heat("warm", 1_000)],
            ..LeadTransfer::new()
        }
    }

    #[test]
    fn nothing_of_the_future_is_in_it() {
        let own = LabelledLead::new(lead(), 0, false).unwrap();
        let ids = |own: &LabelledLead| own.activities.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        assert_eq!((own.as_of, own.outcome_at, own.changed_later), (at(999), at(1_000), false));
        assert_eq!(
            (ids(&own), own.heat.as_ref().unwrap().class.as_str()),
            (vec!["a".into(), "b".into()], "hot")
        );
        let earlier = LabelledLead::new(lead(), 450, false).unwrap();
        assert_eq!((earlier.as_of, ids(&earlier)), (at(549), vec!["a".to_owned()]));
        assert_eq!(earlier.heat.unwrap().class, "cold");
    }

    #[test]
    fn what_cannot_be_told_from_the_future_is_left_out() {
        let because = |lead, before| LabelledLead::new(lead, before, false).unwrap_err();
        assert_eq!(because(LeadTransfer { outcome: None, ..lead() }, 0), Unlabelled::NoOutcome);
        assert_eq!(because(lead(), 900), Unlabelled::NotKnown);
        assert_eq!(because(LeadTransfer { first_contact_at: None, ..lead() }, 0), Unlabelled::NotKnown);
        let changed = || LeadTransfer { updated_at: Some(at(1_000)), ..lead() };
        assert_eq!(because(changed(), 0), Unlabelled::ChangedLater);
        assert_eq!(because(lead(), 850), Unlabelled::ChangedLater);
        assert!(LabelledLead::new(changed(), 0, true).unwrap().changed_later);
    }
}
