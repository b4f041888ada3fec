//! Leads into a store, as often as one likes: what is there already is not added again.

mod more;
mod statements;

use leadscore::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::super::db::write;
use super::super::leads::{Row, merge};
use super::super::lookup::LEADS_ALIKE;
use super::super::{Outcome, Store, StoreError, StoredLead};
use super::LeadTransfer;
use more::insert_more;
use statements::{
    insert_activities, insert_heat_scores, insert_lead, insert_messages, insert_predictions, update_lead,
};

/// What became of a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// It was not known before.
    Added,
    /// It was known, and now more is known of it.
    Changed,
    /// All of it was known.
    Unchanged,
    /// It was not kept: why.
    Refused(String),
}

/// What became of a lead and of what happened with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOutcome {
    /// The lead.
    pub lead: Imported,
    /// How many of its activities were not known before.
    pub activities_added: u64,
}

impl Store {
    /// Keeps leads in one transaction. One is known by its id, the caller's id, its e-mail address, or its telephone number
    /// where one of the two has no e-mail address; then attributes are merged, a null removes one, and what happened and
    /// was predicted is added.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`]; then nothing of this call is kept.
    pub async fn import_leads(
        &self,
        tenant: &str,
        leads: &[LeadTransfer],
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        Ok(write!(&self.db, transaction => {
            let mut outcomes = Vec::with_capacity(leads.len());
            for lead in leads {
                let rows: Vec<Row> = sqlx::query_as(LEADS_ALIKE)
                .bind(tenant)
                .bind(&lead.id)
                .bind(&lead.external_id)
                .bind(lead.contact().email_key())
                .bind(lead.contact().phone_to_find())
                .fetch_all(&mut *transaction)
                .await?;
                let known: Vec<StoredLead> = rows.into_iter().map(StoredLead::try_from).collect::<Result<_, _>>()?;
                let known = match the_one(&known, lead) {
                    Ok(known) => known,
                    Err(reason) => {
                        outcomes.push(ImportOutcome { lead: Imported::Refused(reason), activities_added: 0 });
                        continue;
                    }
                };
                let next = merged(known, lead, now);
                let (number, mut done) = match known {
                    Some(known) if *known == next => (known.number, Imported::Unchanged),
                    Some(known) => {
                        update_lead!(transaction, next);
                        (known.number, Imported::Changed)
                    }
                    None => (insert_lead!(transaction, tenant, next), Imported::Added),
                };
                let activities_added = insert_activities!(transaction, number, lead);
                let others_added = insert_messages!(transaction, number, lead)
                    + insert_heat_scores!(transaction, tenant, number, lead)
                    + insert_predictions!(transaction, tenant, number, lead)
                    + insert_more!(transaction, tenant, number, lead);
                if done == Imported::Unchanged && activities_added + others_added > 0 {
                    done = Imported::Changed;
                }
                outcomes.push(ImportOutcome { lead: done, activities_added });
            }
            outcomes
        }))
    }
}

/// The lead that is meant, if it is known; why none can be told where two are, or one that is somebody else.
fn the_one<'a>(known: &'a [StoredLead], lead: &LeadTransfer) -> Result<Option<&'a StoredLead>, String> {
    let is = |own: Option<&str>, other: Option<&str>| own.is_some() && own == other;
    let by_id = known.iter().find(|own| is(Some(&own.id), lead.id.as_deref()));
    let by_own_id =
        known.iter().find(|own| is(own.contact.external_id.as_deref(), lead.external_id.as_deref()));
    let email_key = lead.contact().email_key();
    let by_email = known.iter().find(|own| is(own.contact.email_key().as_deref(), email_key.as_deref()));
    let mut found: Vec<&StoredLead> = by_id.into_iter().chain(by_own_id).chain(by_email).collect();
    found.dedup_by_key(|own| own.number);
    match found[..] {
        [] => Ok(known.first()),
        [one] => {
            let own_key = one.contact.email_key();
            let differs = own_key.is_some() && email_key.is_some() && own_key != email_key;
            // An id that both have from this store's kind is proof enough; one of the caller's may be used twice.
            if by_id.is_none() && differs {
                return Err("the id is that of a lead with another e-mail address".to_owned());
            }
            Ok(Some(one))
        }
        _ => Err("the id and the e-mail address are those of two different leads".to_owned()),
    }
}

/// What is known of a lead with what now comes to it. All that is known before stays the same lead, also its times.
fn merged(known: Option<&StoredLead>, lead: &LeadTransfer, now: Timestamp) -> StoredLead {
    let millis = |time: Option<Timestamp>| time.map(Timestamp::as_millis);
    let activities = || lead.activities.iter().map(|activity| activity.at.as_millis());
    let created = millis(lead.created_at);
    let first = [millis(lead.first_contact_at), created, activities().min()].into_iter().flatten().min();
    let base = known.cloned().unwrap_or_else(|| {
        let created = created.unwrap_or(now.as_millis());
        StoredLead {
            number: 0,
            id: lead.id.clone().unwrap_or_else(|| Uuid::new_v4().to_string()),
            contact: super::super::Contact::default(),
            attributes: super::super::Attributes::new(),
            first_contact_at: first.unwrap_or(created),
            created_at: created,
            updated_at: millis(lead.updated_at).unwrap_or(now.as_millis()),
            last_activity_at: None,
            outcome: None,
            heat: None,
            recommendation: None,
        }
    });
    let mut next = base.clone();
    let own = &mut next.contact;
    own.email = own.email.take().or_else(|| lead.email.clone());
    own.phone = own.phone.take().or_else(|| lead.phone.clone());
    own.external_id = own.external_id.take().or_else(|| lead.external_id.clone());
    merge(&mut next.attributes, &lead.attributes);
    if let Some(first) = first {
        next.first_contact_at = next.first_contact_at.min(first);
    }
    let last = millis(lead.last_activity_at).into_iter().chain(activities()).max();
    next.last_activity_at = next.last_activity_at.max(last);
    if let Some(said) = &lead.outcome
        && let Some(outcome) = Outcome::parse(&said.outcome)
    {
        let at = said.at.as_millis();
        if next.outcome.is_none_or(|(_, own)| own < at) {
            next.outcome = Some((outcome, at));
        }
    }
    let heat = lead.heat.as_ref();
    next.heat = next.heat.take().or_else(|| heat.map(|heat| (heat.class.clone(), heat.confidence)));
    next.recommendation = next.recommendation.take().or_else(|| lead.recommendation.clone());
    if known.is_some() && next != base {
        next.updated_at = base.updated_at.max(millis(lead.updated_at).unwrap_or(now.as_millis()));
    }
    next
}

#[cfg(test)]
mod tests;
