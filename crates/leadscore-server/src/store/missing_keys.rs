//! Fills in, for leads that an older version kept, the forms by which their addresses and numbers are compared.

use leadscore::Timestamp;

use super::db::{read, write};
use super::leads::Row;
use super::merge::merge_rows;
use super::take::take;
use super::{Store, StoreError, StoredLead};

/// How many leads are looked at in one transaction.
const AT_ONCE: i64 = 500;

impl Store {
    /// Fills in what is missing. Two leads whose addresses are two ways to write one are merged into the older one.
    pub(super) async fn fill_keys(&self) -> Result<(), StoreError> {
        loop {
            let found: Vec<(i64, String)> = read!(&self.db, pool => sqlx::query_as(
                "SELECT number, tenant FROM leads
                 WHERE (email IS NOT NULL AND email_key IS NULL) OR (phone IS NOT NULL AND phone_key IS NULL)
                 ORDER BY number LIMIT $1",
            ).bind(AT_ONCE).fetch_all(pool).await?);
            if found.is_empty() {
                return Ok(());
            }
            write!(&self.db, transaction => {
                for (number, tenant) in &found {
                    let row: Option<Row> = take!(transaction, tenant, *number);
                    let Some(row) = row else { continue };
                    let time = Timestamp::from_millis(row.updated_at)
                        .map_err(|error| StoreError::Damaged { what: "lead", message: error.to_string() })?;
                    let mut lead = StoredLead::try_from(row)?;
                    let twin: Option<Row> = sqlx::query_as(
                        "SELECT * FROM leads WHERE tenant = $1 AND email_key = $2 AND number <> $3",
                    )
                    .bind(tenant)
                    .bind(lead.contact.email_key())
                    .bind(lead.number)
                    .fetch_optional(&mut *transaction)
                    .await?;
                    if let Some(twin) = twin {
                        let twin = StoredLead::try_from(twin)?;
                        let (into, from) = if twin.number < lead.number { (twin, lead) } else { (lead, twin) };
                        let merged = merge_rows!(transaction, tenant, into, from, time);
                        let Some(merged) = merged else { continue };
                        lead = merged;
                    }
                    sqlx::query("UPDATE leads SET email_key = $2, phone_key = $3 WHERE number = $1")
                        .bind(lead.number)
                        .bind(lead.contact.email_key())
                        .bind(lead.contact.phone_key())
                        .execute(&mut *transaction)
                        .await?;
                }
            });
        }
    }
}
