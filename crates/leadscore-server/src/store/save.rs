//! Keeps what is known of leads, in one transaction for all of them.

use std::collections::HashMap;

use leadscore::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::db::{LOCK, write};
use super::leads::{Row, merge, taken};
use super::lookup::{SAME_BY_PHONE, TAKE_LEAD};
use super::merge::merge_rows;
use super::outbox::emit;
use super::qualifications::has_company;
use super::routing::route;
use super::take::take;
use super::{Attributes, BatchPlace, Contact, NewQualification, SavedLead, Store, StoreError, StoredLead};

/// What is to be kept of a lead.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewLead {
    /// How it is told from others.
    pub contact: Contact,
    /// What is known of it.
    pub attributes: Attributes,
    /// The class that the heat model gave it now, with its probability: it is kept with the lead, and counted.
    pub heat: Option<(String, f64)>,
    /// What was said of it when it was qualified now: kept with it, and told to webhooks.
    pub qualification: Option<NewQualification>,
}

/// How often a lead may be made and removed by others while it is looked for.
const MOST_TRIES: u32 = 5;
/// What is taken where a lead of a batch was kept before.
pub(crate) const BATCH_PLACE: &str = "place in the batch";

impl Store {
    /// Keeps what is known of a lead: one that can be told by its contact is updated, else a new one is made. Attributes
    /// are merged, and a null removes one. A telephone number tells a lead only where one of the two has no e-mail address.
    ///
    /// # Errors
    /// [`StoreError::Database`]; [`StoreError::Taken`] where the contact names two different leads.
    pub async fn save_lead(
        &self,
        tenant: &str,
        contact: &Contact,
        attributes: &Attributes,
        now: Timestamp,
    ) -> Result<SavedLead, StoreError> {
        let lead = NewLead { contact: contact.clone(), attributes: attributes.clone(), ..NewLead::default() };
        let mut saved = self.save_leads(tenant, &[lead], now).await?;
        Ok(saved.remove(0))
    }

    /// Keeps what is known of several leads, all or none, as [`Store::save_lead`] does for one.
    ///
    /// # Errors
    /// As [`Store::save_lead`]; [`StoreError::Taken`] where a place in a batch is taken, by another server perhaps.
    #[expect(
        clippy::too_many_lines,
        reason = "one transaction, whose statements have the types of one database"
    )]
    pub async fn save_leads(
        &self,
        tenant: &str,
        leads: &[NewLead],
        now: Timestamp,
    ) -> Result<Vec<SavedLead>, StoreError> {
        let (time, now) = (now, now.as_millis());
        let order = order(leads);
        let mut saved: Vec<(usize, SavedLead)> = write!(&self.db, transaction => {
            let mut saved = Vec::with_capacity(leads.len());
            // All take locks in one order, so that nobody waits in a circle: that of merges, that of the roster, and rows.
            let mut is_alone = order.is_none() && leads.len() > 1;
            for lead in leads.iter().filter(|lead| may_merge(&lead.contact)) {
                is_alone = is_alone || has_phone_alone!(transaction, tenant, lead.contact.phone_to_find());
            }
            if is_alone {
                sqlx::query(LOCK).bind(format!("leads/{tenant}")).bind(now).execute(&mut *transaction).await?;
            }
            if leads.iter().any(|lead| lead.qualification.as_ref().is_some_and(|own| own.routing.is_some())) {
                sqlx::query(LOCK).bind(format!("reps/{tenant}")).bind(now).execute(&mut *transaction).await?;
            }
            for place in order.clone().unwrap_or_else(|| (0..leads.len()).collect()) {
                let NewLead { contact, attributes, heat, qualification } = &leads[place];
                let (email_key, phone_key) = (contact.email_key(), contact.phone_to_find());
                let mut tries = 0;
                let (row, is_new) = loop {
                    // An update that changes nothing but the time takes the row's lock, so that nobody merges at the same time.
                    let found: Option<Row> = sqlx::query_as(TAKE_LEAD)
                        .bind(tenant)
                        .bind(&email_key)
                        .bind(&contact.external_id)
                        .bind(&phone_key)
                        .bind(now)
                        .fetch_optional(&mut *transaction)
                        .await?;
                    if let Some(row) = found {
                        break (row, false);
                    }
                    let made: Option<Row> = sqlx::query_as(
                        "INSERT INTO leads (id, tenant, email, phone, external_id, attributes, first_contact_at, created_at,
                             updated_at, email_key, phone_key)
                         VALUES ($1, $2, $3, $4, $5, '{}', $6, $6, $6, $7, $8)
                         ON CONFLICT DO NOTHING RETURNING *",
                    )
                    .bind(Uuid::new_v4().to_string())
                    .bind(tenant)
                    .bind(&contact.email)
                    .bind(&contact.phone)
                    .bind(&contact.external_id)
                    .bind(now)
                    .bind(&email_key)
                    .bind(contact.phone_key())
                    .fetch_optional(&mut *transaction)
                    .await?;
                    if let Some(row) = made {
                        break (row, true);
                    }
                    // Another server has made it in the meantime, so now it is found; or has also removed it again.
                    tries += 1;
                    if tries == MOST_TRIES {
                        return Err(StoreError::Taken("id"));
                    }
                };
                let mut lead = StoredLead::try_from(row)?;
                if !is_new && may_merge(contact) {
                    let own_id = lead.contact.external_id.as_ref().or(contact.external_id.as_ref());
                    let same: Vec<(i64,)> = sqlx::query_as(SAME_BY_PHONE)
                        .bind(tenant)
                        .bind(&phone_key)
                        .bind(lead.number)
                        .bind(own_id)
                        .fetch_all(&mut *transaction)
                        .await?;
                    for (number,) in same {
                        let other: Option<Row> = take!(transaction, tenant, number);
                        let Some(other) = other.filter(|other| other.number != lead.number) else { continue };
                        let merged = merge_rows!(transaction, tenant, lead.clone(), StoredLead::try_from(other)?, time);
                        lead = merged.unwrap_or(lead);
                    }
                }
                let company = attributes.get("company").and_then(Value::as_str);
                let is_same = company.is_none_or(|company| has_company(&lead, company));
                merge(&mut lead.attributes, attributes);
                let own = &mut lead.contact;
                own.email = own.email.take().or_else(|| contact.email.clone());
                own.phone = contact.phone.clone().or_else(|| own.phone.take());
                own.external_id = own.external_id.take().or_else(|| contact.external_id.clone());
                lead.heat = heat.clone().or_else(|| lead.heat.take());
                sqlx::query(
                    "UPDATE leads SET email = $2, phone = $3, external_id = $4, attributes = $5, heat_class = $6,
                         heat_confidence = $7, email_key = $8, phone_key = $9 WHERE number = $1",
                )
                .bind(lead.number)
                .bind(&lead.contact.email)
                .bind(&lead.contact.phone)
                .bind(&lead.contact.external_id)
                .bind(Value::Object(lead.attributes.clone()).to_string())
                .bind(lead.heat.as_ref().map(|(class, _)| class))
                .bind(lead.heat.as_ref().map(|(_, confidence)| *confidence))
                .bind(lead.contact.email_key())
                .bind(lead.contact.phone_key())
                .execute(&mut *transaction)
                .await
                .map_err(taken)?;
                if let Some((class, confidence)) = heat {
                    sqlx::query(
                        "INSERT INTO heat_scores (tenant, lead, class, confidence, at) VALUES ($1, $2, $3, $4, $5)",
                    )
                    .bind(tenant)
                    .bind(lead.number)
                    .bind(class)
                    .bind(confidence)
                    .bind(now)
                    .execute(&mut *transaction)
                    .await?;
                }
                let mut rep = None;
                if let Some(own) = qualification {
                    if let Some(BatchPlace { batch, place }) = own.batch {
                        let taken = sqlx::query(
                            "UPDATE batch_leads SET state = 'done', lead = $3, score = $4, tier = $5, body = ''
                             WHERE batch = $1 AND place = $2 AND state = 'waiting'",
                        )
                        .bind(batch)
                        .bind(place)
                        .bind(lead.number)
                        .bind(own.score)
                        .bind(&own.tier)
                        .execute(&mut *transaction)
                        .await?
                        .rows_affected();
                        if taken == 0 {
                            return Err(StoreError::Taken(BATCH_PLACE));
                        }
                    }
                    // Only here, where the row is locked, is it certain what was told before.
                    let last: Option<(String,)> = sqlx::query_as(
                        "SELECT body FROM qualifications WHERE lead = $1 ORDER BY created_at DESC, number DESC LIMIT 1",
                    )
                    .bind(lead.number)
                    .fetch_optional(&mut *transaction)
                    .await?;
                    let last: Option<Value> = last.map(|(body,)| serde_json::from_str(&body).unwrap_or_default());
                    sqlx::query(
                        "INSERT INTO qualifications (tenant, lead, score, tier, body, processing_ms, created_at)
                         VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    )
                    .bind(tenant)
                    .bind(lead.number)
                    .bind(own.score)
                    .bind(&own.tier)
                    .bind(own.body.to_string())
                    .bind(own.processing_ms)
                    .bind(now)
                    .execute(&mut *transaction)
                    .await?;
                    for event in own.events_of(&lead, last.as_ref(), is_same) {
                        emit!(transaction, tenant, Some(lead.number), &event, time);
                    }
                    if let Some(routing) = &own.routing {
                        rep = route!(transaction, tenant, &lead, routing, time);
                    }
                }
                saved.push((place, SavedLead { lead, is_new, rep }));
            }
            saved
        });
        saved.sort_by_key(|(place, _)| *place);
        Ok(saved.into_iter().map(|(_, lead)| lead).collect())
    }
}

/// Whether a lead without an e-mail address may turn out to be this one.
fn may_merge(contact: &Contact) -> bool {
    contact.email_key().is_some() && contact.phone_to_find().is_some()
}

/// Whether there is a lead with a telephone number and without an e-mail address.
macro_rules! has_phone_alone {
    ($transaction:expr, $tenant:expr, $phone_key:expr) => {{
        let found: Option<(i64,)> = sqlx::query_as(
            "SELECT number FROM leads WHERE tenant = $1 AND phone_key = $2 AND email_key IS NULL LIMIT 1",
        )
        .bind($tenant)
        .bind($phone_key)
        .fetch_optional(&mut *$transaction)
        .await?;
        found.is_some()
    }};
}

use has_phone_alone;

/// The order in which rows are locked: by name, so that two uploads of the same leads do not wait for each other's rows.
/// None where rows may be one lead under different names: they keep their order, since the later one has the last word.
fn order(leads: &[NewLead]) -> Option<Vec<usize>> {
    let by_email: Option<Vec<String>> = leads.iter().map(|lead| lead.contact.email_key()).collect();
    let by_id = || leads.iter().map(|lead| lead.contact.external_id.clone()).collect();
    let has_email = leads.iter().any(|lead| lead.contact.email.is_some());
    let names: Vec<String> = by_email.or_else(|| if has_email { None } else { by_id() })?;
    let mut others: HashMap<(bool, String), &String> = HashMap::new();
    for (lead, name) in leads.iter().zip(&names) {
        let contact = [(true, lead.contact.external_id.clone()), (false, lead.contact.phone_to_find())];
        for (is_id, other) in contact {
            let Some(other) = other else { continue };
            if others.insert((is_id, other), name).is_some_and(|before| before != name) {
                return None;
            }
        }
    }
    let mut order: Vec<usize> = (0..leads.len()).collect();
    order.sort_by(|one, other| names[*one].cmp(&names[*other]));
    Some(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_ordered_unless_they_may_be_one_lead() {
        let lead = |email: &str, id: &str, phone: &str| {
            let own = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let contact = Contact { email: own(email), external_id: own(id), phone: own(phone) };
            NewLead { contact, ..NewLead::default() }
        };
        let table: [(&[NewLead], Option<&[usize]>); 7] = [
            (&[lead("c", "", ""), lead("a", "", ""), lead("b", "", "")], Some(&[1, 2, 0])),
            (
                &[lead("b", "", "5550101"), lead("a", "", "5550102"), lead("b", "", "5550101")],
                Some(&[1, 0, 2]),
            ),
            (&[lead("", "2", ""), lead("", "1", "")], Some(&[1, 0])),
            // One telephone, one id, or no name that all have: who comes first matters.
            (&[lead("b", "", "5550101"), lead("a", "", "555 01 01")], None),
            (&[lead("b", "1", ""), lead("a", "1", "")], None),
            (&[lead("b", "1", ""), lead("", "0", "")], None),
            (&[lead("", "", "2"), lead("", "", "1")], None),
        ];
        for (leads, wanted) in table {
            assert_eq!(order(leads).as_deref(), wanted, "{leads:?}");
        }
    }
}
