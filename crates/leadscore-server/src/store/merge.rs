//! Two leads that turn out to be one: all that is known of both, under one name.

use std::collections::BTreeSet;

use leadscore::Timestamp;
use serde_json::Value;

use super::db::{LOCK, read, write};
use super::leads::Row;
use super::lookup::LEAD_BY_ANY;
use super::take::take;
use super::{Store, StoreError, StoredLead};

/// What goes along as it is, with the column that names the lead.
pub(super) const MOVED: [&str; 9] = [
    "UPDATE heat_scores SET lead = $1 WHERE lead = $2",
    "UPDATE predictions SET lead = $1 WHERE lead = $2",
    "UPDATE qualifications SET lead = $1 WHERE lead = $2",
    "UPDATE conversations SET lead = $1 WHERE lead = $2",
    "UPDATE intents SET lead = $1 WHERE lead = $2",
    "UPDATE emails SET lead = $1 WHERE lead = $2",
    // The lane of a CRM system ends with the lead's number: two lanes would write one lead at once.
    "UPDATE jobs SET lead = $1, lane = CASE WHEN kind = 'crm_sync' THEN RTRIM(lane, '0123456789') || CAST($1 AS TEXT)
         ELSE lane END WHERE lead = $2",
    "UPDATE batch_leads SET lead = $1 WHERE lead = $2",
    "UPDATE webhook_deliveries SET lead = $1 WHERE lead = $2",
];

/// What goes along where the other lead has no such row; the rest goes with the lead that is removed.
pub(super) const MOVED_ONCE: [&str; 5] = [
    "UPDATE assignments SET lead = $1 WHERE lead = $2 AND NOT EXISTS (SELECT 1 FROM assignments WHERE lead = $1)",
    "UPDATE activities SET lead = $1 WHERE lead = $2 AND id NOT IN (SELECT id FROM activities WHERE lead = $1)",
    "UPDATE messages SET lead = $1 WHERE lead = $2 AND id NOT IN (SELECT id FROM messages WHERE lead = $1)",
    // Of two records the one with a deal stays, so that no second one is opened.
    "DELETE FROM crm_records WHERE lead = $1 AND deal IS NULL AND crm IN (
         SELECT crm FROM crm_records WHERE lead = $2 AND deal IS NOT NULL)",
    "UPDATE crm_records SET lead = $1 WHERE lead = $2 AND crm NOT IN (SELECT crm FROM crm_records WHERE lead = $1)",
];

impl Store {
    /// Makes one lead of two, by their numbers: what is known of `from` is put beside what is known of `into`, whose word
    /// counts where both know something; the later outcome counts. `from` is found by its names as before, and then is `into`.
    /// None where one of them is not there; one lead twice stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`].
    pub async fn merge_leads(
        &self,
        tenant: &str,
        into: i64,
        from: i64,
        now: Timestamp,
    ) -> Result<Option<StoredLead>, StoreError> {
        Ok(write!(&self.db, transaction => {
            // One merge of a tenant after the other, so that none waits for a row that waits for it.
            sqlx::query(LOCK)
                .bind(format!("leads/{tenant}"))
                .bind(now.as_millis())
                .execute(&mut *transaction)
                .await?;
            let (first, second) = (into.min(from), into.max(from));
            let first: Option<Row> = take!(transaction, tenant, first);
            let second: Option<Row> = take!(transaction, tenant, second);
            let (Some(first), Some(second)) = (first, second) else { return Ok(None) };
            let (first, second) = (StoredLead::try_from(first)?, StoredLead::try_from(second)?);
            if first.number == second.number {
                return Ok(Some(first));
            }
            let (into, from) = if into < from { (first, second) } else { (second, first) };
            merge_rows!(transaction, tenant, into, from, now)
        }))
    }

    /// The number of the lead that a lead has become, which is its own where it was not merged; none where there is none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn surviving_lead(&self, tenant: &str, number: i64) -> Result<Option<i64>, StoreError> {
        let row: Option<Row> = read!(&self.db, pool => {
            sqlx::query_as(LEAD_BY_ANY).bind(tenant).bind(None::<&str>).bind(number).fetch_optional(pool).await?
        });
        Ok(row.map(|row| row.number))
    }
}

/// Makes one lead of two whose rows are locked; gives it.
macro_rules! merge_rows {
    ($transaction:expr, $tenant:expr, $into:expr, $from:expr, $now:expr) => {{
        let (into, from): ($crate::store::StoredLead, $crate::store::StoredLead) = ($into, $from);
        // Its names are free for the other one. Changing a key also waits for whoever adds something to this lead at the
        // moment, and from now on nobody can: the row goes.
        sqlx::query(
            "UPDATE leads SET id = 'merged/' || id, email_key = NULL, phone_key = NULL, external_id = NULL WHERE number = $1",
        )
        .bind(from.number)
        .execute(&mut *$transaction)
        .await?;
        for statement in
            $crate::store::merge::MOVED_ONCE.into_iter().chain($crate::store::merge::MOVED)
        {
            sqlx::query(statement).bind(into.number).bind(from.number).execute(&mut *$transaction).await?;
        }
        let mut merged = $crate::store::merge::united(&into, &from);
        let heat: Option<(String, f64)> = sqlx::query_as(
            "SELECT class, confidence FROM heat_scores WHERE lead = $1 ORDER BY at DESC, number DESC LIMIT 1",
        )
        .bind(into.number)
        .fetch_optional(&mut *$transaction)
        .await?;
        merged.heat = heat.or(merged.heat);
        merged.updated_at = $now.as_millis();
        sqlx::query(
            "UPDATE leads SET email = $2, phone = $3, external_id = $4, attributes = $5, first_contact_at = $6,
                 created_at = $7, updated_at = $8, last_activity_at = $9, outcome = $10, outcome_at = $11, heat_class = $12,
                 heat_confidence = $13, recommendation = $14, email_key = $15, phone_key = $16 WHERE number = $1",
        )
        .bind(merged.number)
        .bind(&merged.contact.email)
        .bind(&merged.contact.phone)
        .bind(&merged.contact.external_id)
        .bind(serde_json::Value::Object(merged.attributes.clone()).to_string())
        .bind(merged.first_contact_at)
        .bind(merged.created_at)
        .bind(merged.updated_at)
        .bind(merged.last_activity_at)
        .bind(merged.outcome.map(|(outcome, _)| outcome.as_str()))
        .bind(merged.outcome.map(|(_, at)| at))
        .bind(merged.heat.as_ref().map(|(class, _)| class))
        .bind(merged.heat.as_ref().map(|(_, confidence)| *confidence))
        .bind(&merged.recommendation)
        .bind(merged.contact.email_key())
        .bind(merged.contact.phone_key())
        .execute(&mut *$transaction)
        .await?;
        sqlx::query("UPDATE merged_leads SET lead = $1 WHERE lead = $2")
            .bind(merged.number)
            .bind(from.number)
            .execute(&mut *$transaction)
            .await?;
        let left = $crate::store::merge::names_left(&merged, &from);
        sqlx::query(
            "INSERT INTO merged_leads (id, number, tenant, external_id, email, email_key, phone, lead, merged_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&from.id)
        .bind(from.number)
        .bind($tenant)
        .bind(&left.external_id)
        .bind(&left.email)
        .bind(left.email_key())
        .bind(&left.phone)
        .bind(merged.number)
        .bind($now.as_millis())
        .execute(&mut *$transaction)
        .await?;
        sqlx::query("DELETE FROM leads WHERE number = $1").bind(from.number).execute(&mut *$transaction).await?;
        sqlx::query("INSERT INTO audit (tenant, actor, action, subject, at) VALUES ($1, $2, $3, $4, $5)")
            .bind($tenant)
            .bind("identity")
            .bind("lead.merge")
            .bind($crate::store::merge::note(&into, &from))
            .bind($now.as_millis())
            .execute(&mut *$transaction)
            .await?;
        Some(merged)
    }};
}

pub(super) use merge_rows;

/// What is known of two leads; the word of the first one counts.
pub(super) fn united(into: &StoredLead, from: &StoredLead) -> StoredLead {
    let mut merged = into.clone();
    for (name, value) in &from.attributes {
        let own = merged.attributes.entry(name.clone()).or_insert(Value::Null);
        if own.is_null() {
            own.clone_from(value);
        }
    }
    let (own, other) = (&mut merged.contact, &from.contact);
    own.email = own.email.take().or_else(|| other.email.clone());
    own.phone = own.phone.take().or_else(|| other.phone.clone());
    own.external_id = own.external_id.take().or_else(|| other.external_id.clone());
    merged.first_contact_at = into.first_contact_at.min(from.first_contact_at);
    merged.created_at = into.created_at.min(from.created_at);
    merged.last_activity_at = into.last_activity_at.max(from.last_activity_at);
    if into.outcome.is_none_or(|(_, own)| from.outcome.is_some_and(|(_, other)| other > own)) {
        merged.outcome = from.outcome;
    }
    merged.heat = merged.heat.take().or_else(|| from.heat.clone());
    merged.recommendation = merged.recommendation.take().or_else(|| from.recommendation.clone());
    merged
}

/// The names of a merged lead that the other one did not take.
pub(super) fn names_left(merged: &StoredLead, from: &StoredLead) -> super::Contact {
    let mut left = from.contact.clone();
    if left.email_key() == merged.contact.email_key() {
        left.email = None;
    }
    // Numbers without a key are compared as they are written.
    let is_same_phone = match left.phone_to_find() {
        Some(key) => merged.contact.phone_to_find() == Some(key),
        None => left.phone == merged.contact.phone,
    };
    if is_same_phone {
        left.phone = None;
    }
    if left.external_id == merged.contact.external_id {
        left.external_id = None;
    }
    left
}

/// What the audit log says, without personal data. Of two outcomes one counts, and both are told.
pub(super) fn note(into: &StoredLead, from: &StoredLead) -> String {
    let mut note = format!("number {} into number {}", from.number, into.number);
    if let (Some(_), Some(_)) = (into.outcome, from.outcome) {
        let all: BTreeSet<(i64, &str)> = [into.outcome, from.outcome]
            .into_iter()
            .flatten()
            .map(|(outcome, at)| (at, outcome.as_str()))
            .collect();
        for (at, outcome) in all {
            let at = Timestamp::from_millis(at).map_or_else(|_| at.to_string(), |at| at.to_string());
            note.push_str(&format!(", {outcome} at {at}"));
        }
    }
    note
}
