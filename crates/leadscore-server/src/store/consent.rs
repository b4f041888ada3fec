//! Leads that want no e-mails.

use leadscore::Timestamp;
use serde_json::Value;

use super::db::write;
use super::leads::Row;
use super::suppression::{UNSUBSCRIBED, email_keys, suppress};
use super::{Store, StoreError, StoredLead, UNSUBSCRIBED_AT};

impl Store {
    /// Keeps with a lead, by its id, that it wants no e-mails, and since when; the first time stays. Its addresses are kept
    /// apart from it, so that they get none when it is erased and comes again. False where there is no such lead.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn unsubscribe(&self, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        Ok(write!(&self.db, transaction => {
            // As in every merge, the row's lock comes first.
            let row: Option<Row> = sqlx::query_as(
                "UPDATE leads SET updated_at = updated_at WHERE number = (
                     SELECT number FROM leads WHERE id = $1 UNION ALL SELECT lead FROM merged_leads WHERE id = $1 LIMIT 1)
                 RETURNING *",
            )
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await?;
            let Some(row) = row else { return Ok(false) };
            let (tenant, mut lead) = (row.tenant.clone(), StoredLead::try_from(row)?);
            for key in email_keys!(transaction, lead) {
                suppress!(transaction, &tenant, &key, UNSUBSCRIBED, now.as_millis());
            }
            if lead.text(UNSUBSCRIBED_AT).is_none() {
                lead.attributes.insert(UNSUBSCRIBED_AT.to_owned(), now.to_string().into());
                sqlx::query("UPDATE leads SET attributes = $2, updated_at = $3 WHERE number = $1")
                    .bind(lead.number)
                    .bind(Value::Object(lead.attributes).to_string())
                    .bind(now.as_millis())
                    .execute(&mut *transaction)
                    .await?;
                sqlx::query("INSERT INTO audit (tenant, actor, action, subject, at) VALUES ($1, $2, $3, $4, $5)")
                    .bind(tenant)
                    .bind("link")
                    .bind("lead.unsubscribe")
                    .bind(format!("number {}", lead.number))
                    .bind(now.as_millis())
                    .execute(&mut *transaction)
                    .await?;
            }
            true
        }))
    }
}
