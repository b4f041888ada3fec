//! Who did what: keys, configurations, leads that were erased.

use leadscore::Timestamp;

use super::db::{read, write};
use super::{Store, StoreError};

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditEntry {
    /// Who: the id of a key, `token`, `command line`, or `link` for a link in an e-mail.
    pub actor: String,
    /// What, such as `lead.erase`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

impl Store {
    /// Keeps what was done.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_audit(
        &self,
        tenant: &str,
        (actor, action, subject): (&str, &str, &str),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        write!(&self.db, transaction => {
            sqlx::query("INSERT INTO audit (tenant, actor, action, subject, at) VALUES ($1, $2, $3, $4, $5)")
                .bind(tenant)
                .bind(actor)
                .bind(action)
                .bind(subject)
                .bind(now.as_millis())
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// What was done, the latest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn audit(&self, tenant: &str, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(read!(&self.db, pool => sqlx::query_as(
            "SELECT actor, action, subject, at FROM audit WHERE tenant = $1 ORDER BY number DESC LIMIT $2",
        ).bind(tenant).bind(i64::from(limit)).fetch_all(pool).await?))
    }
}
