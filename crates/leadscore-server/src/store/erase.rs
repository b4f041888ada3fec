//! Leads that go: one by one, or when nothing happened with them for long.

use std::collections::{BTreeMap, BTreeSet};

use leadscore::Timestamp;

use super::db::{read, write};
use super::identity::email_key;
use super::leads::Row;
use super::lookup::NUMBER_BY_EMAIL;
use super::suppression::{UNSUBSCRIBED, email_keys, suppress};
use super::take::take;
use super::traces::{containing, erase_batch_rows, erase_messages};
use super::{LeadReference, Store, StoreError, StoredLead, UNSUBSCRIBED_AT};

/// How many leads go in one transaction: others wait for it.
const AT_ONCE: i64 = 200;

impl Store {
    /// The number of a lead by any of its names: its id, the caller's id, its number, or its e-mail address.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn lead_number(&self, tenant: &str, name: &str) -> Result<Option<i64>, StoreError> {
        if let Some(lead) = self.lead(tenant, &LeadReference::Any(name.to_owned())).await? {
            return Ok(Some(lead.number));
        }
        let row: Option<(i64,)> = read!(&self.db, pool => {
            sqlx::query_as(NUMBER_BY_EMAIL).bind(tenant).bind(email_key(name)).fetch_optional(pool).await?
        });
        Ok(row.map(|(number,)| number))
    }

    /// Removes a lead with all that is kept of it, also where answers that are kept for repeated requests name it; false
    /// where there is none. E-mails to it stay for the count of them, without their words.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_lead(&self, tenant: &str, number: i64) -> Result<bool, StoreError> {
        Ok(write!(&self.db, transaction => {
            let row: Option<Row> = take!(transaction, tenant, number);
            let Some(row) = row else { return Ok(false) };
            let (number, lead) = (row.number, StoredLead::try_from(row)?);
            let email_keys: BTreeSet<String> = email_keys!(transaction, lead).collect();
            if lead.text(UNSUBSCRIBED_AT).is_some() {
                for key in &email_keys {
                    suppress!(transaction, tenant, key, UNSUBSCRIBED, lead.updated_at);
                }
            }
            erase_messages!(transaction, tenant, number);
            erase_batch_rows!(transaction, tenant, &email_keys);
            let mut names: Vec<(String, Option<String>)> =
                sqlx::query_as("SELECT id, email FROM merged_leads WHERE lead = $1")
                    .bind(number)
                    .fetch_all(&mut *transaction)
                    .await?;
            names.push((lead.id, lead.contact.email));
            for (id, email) in names {
                sqlx::query(
                    "DELETE FROM idempotency
                     WHERE tenant = $1 AND (body LIKE $2 ESCAPE '!' OR LOWER(body) LIKE $3 ESCAPE '!')",
                )
                .bind(tenant)
                .bind(containing(&id))
                .bind(email.map(|email| containing(&email.to_lowercase())))
                .execute(&mut *transaction)
                .await?;
            }
            sqlx::query("UPDATE emails SET subject = '', content = '' WHERE lead = $1 AND tenant = $2")
                .bind(number)
                .bind(tenant)
                .execute(&mut *transaction)
                .await?;
            sqlx::query("UPDATE batch_leads SET email = NULL, body = '' WHERE lead = $1")
                .bind(number)
                .execute(&mut *transaction)
                .await?;
            sqlx::query("DELETE FROM leads WHERE tenant = $1 AND number = $2")
                .bind(tenant)
                .bind(number)
                .execute(&mut *transaction)
                .await?
                .rows_affected()
                > 0
        }))
    }

    /// Erases leads of all tenants that did not change, and of which no activity and no outcome is known, since some
    /// moment; gives how many by tenant, each noted in the tenant's audit log.
    ///
    /// # Errors
    /// [`StoreError::Database`]; what was erased before it stays so.
    pub async fn erase_unchanged_since(
        &self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut erased: BTreeMap<String, u64> = BTreeMap::new();
        loop {
            let found: Vec<(i64, String)> = read!(&self.db, pool => sqlx::query_as(
                "SELECT number, tenant FROM leads WHERE updated_at < $1 AND COALESCE(last_activity_at, 0) < $1
                     AND COALESCE(outcome_at, 0) < $1 ORDER BY number LIMIT $2",
            ).bind(since.as_millis()).bind(AT_ONCE).fetch_all(pool).await?);
            let last = found.last().map(|(number, _)| *number);
            let gone = write!(&self.db, transaction => {
                // Counted anew where the transaction is run again.
                let mut gone = Vec::new();
                let mut email_keys: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
                for (number, tenant) in &found {
                    // Asked again: it may have changed in the meantime.
                    let row: Option<Row> = sqlx::query_as(
                        "UPDATE leads SET updated_at = updated_at WHERE number = $1 AND updated_at < $2
                             AND COALESCE(last_activity_at, 0) < $2 AND COALESCE(outcome_at, 0) < $2 RETURNING *",
                    )
                    .bind(number)
                    .bind(since.as_millis())
                    .fetch_optional(&mut *transaction)
                    .await?;
                    let Some(row) = row else { continue };
                    let lead = StoredLead::try_from(row)?;
                    let own: BTreeSet<String> = email_keys!(transaction, lead).collect();
                    if lead.text(UNSUBSCRIBED_AT).is_some() {
                        for key in &own {
                            suppress!(transaction, tenant, key, UNSUBSCRIBED, lead.updated_at);
                        }
                    }
                    email_keys.entry(tenant).or_default().extend(own);
                    erase_messages!(transaction, tenant, number);
                    // E-mails stay for the count of them, without their words.
                    sqlx::query("UPDATE emails SET subject = '', content = '' WHERE lead = $1")
                        .bind(number)
                        .execute(&mut *transaction)
                        .await?;
                    sqlx::query("DELETE FROM leads WHERE number = $1").bind(number).execute(&mut *transaction).await?;
                    gone.push(tenant);
                }
                for (tenant, email_keys) in &email_keys {
                    erase_batch_rows!(transaction, tenant, email_keys);
                }
                sqlx::query(
                    "UPDATE batch_leads SET email = NULL WHERE lead IS NULL AND state = 'done' AND email IS NOT NULL",
                )
                .execute(&mut *transaction)
                .await?;
                gone
            });
            for tenant in gone {
                *erased.entry(tenant.clone()).or_default() += 1;
            }
            if found.len() < AT_ONCE as usize || last.is_none() {
                break;
            }
        }
        for (tenant, count) in &erased {
            let subject = format!("{count} leads, unchanged since {since}");
            self.save_audit(tenant, ("retention", "lead.erase", &subject), now).await?;
        }
        Ok(erased)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::{Attributes, Claim, Contact, KeptAnswer, NewActivity};

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    #[tokio::test]
    async fn leads_go_when_nothing_happened_with_them_for_long() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_folder(folder.path()).await.unwrap();
        let mut numbers = Vec::new();
        for (email, millis) in
            [("old@a.example", 1_000), ("new@a.example", 9_000), ("active@a.example", 1_000)]
        {
            let contact = Contact { email: Some(email.to_owned()), ..Contact::default() };
            let saved = store.save_lead("t", &contact, &Attributes::new(), at(millis)).await.unwrap();
            numbers.push(saved.lead.number);
        }
        let activity = |at| NewActivity {
            id: "1".to_owned(),
            kind: "call".to_owned(),
            at,
            properties: Attributes::new(),
        };
        store.append_activities("t", numbers[0], &[activity(at(2_000))]).await.unwrap();
        store.append_activities("t", numbers[2], &[activity(at(8_000))]).await.unwrap();
        let erased = store.erase_unchanged_since(at(5_000), at(10_000)).await.unwrap();
        assert_eq!(erased, BTreeMap::from([("t".to_owned(), 1)]));
        let left: Vec<i64> =
            store.leads_after("t", 0, 9).await.unwrap().iter().map(|lead| lead.number).collect();
        assert_eq!(left, numbers[1..]);
        assert!(store.activities(numbers[0]).await.unwrap().is_empty());
        let audit = store.audit("t", 9).await.unwrap();
        assert_eq!((audit.len(), audit[0].action.as_str()), (1, "lead.erase"));
        assert!(!audit[0].subject.contains('@'), "{}", audit[0].subject);
        assert!(store.erase_unchanged_since(at(5_000), at(10_000)).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_lead_is_found_by_any_of_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_folder(folder.path()).await.unwrap();
        let contact =
            Contact { email: Some("ada@a.example".into()), phone: None, external_id: Some("crm-7".into()) };
        let lead = store.save_lead("t", &contact, &Attributes::new(), at(1)).await.unwrap().lead;
        for name in [lead.id.as_str(), "crm-7", " Ada@A.example", &lead.number.to_string()] {
            assert_eq!(store.lead_number("t", name).await.unwrap(), Some(lead.number), "{name}");
            assert_eq!(store.lead_number("other", name).await.unwrap(), None);
        }
        assert_eq!(store.lead_number("t", "nobody").await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_kept_answer_that_names_the_lead_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_folder(folder.path()).await.unwrap();
        let contact = Contact { email: Some("a_b@a.example".into()), ..Contact::default() };
        let lead = store.save_lead("t", &contact, &Attributes::new(), at(1)).await.unwrap().lead;
        let bodies =
            [format!("{{\"lead_id\":\"{}\"}}", lead.id), "A_B@a.example".into(), "axb@a.example".into()];
        for (key, body) in ["1", "2", "3"].into_iter().zip(bodies) {
            store.claim_key("t", "r", key, "request", Duration::from_secs(60), at(1)).await.unwrap();
            let answer = KeptAnswer { status: 200, content_type: None, body };
            store.keep_answer("t", "r", key, &answer).await.unwrap();
        }
        assert!(store.delete_lead("t", lead.number).await.unwrap());
        assert!(!store.delete_lead("t", lead.number).await.unwrap());
        let mut kept = Vec::new();
        for key in ["1", "2", "3"] {
            kept.push(matches!(
                store.claim_key("t", "r", key, "request", Duration::from_secs(60), at(2)).await.unwrap(),
                Claim::Answered(_)
            ));
        }
        assert_eq!(kept, [false, false, true]);
    }
}
