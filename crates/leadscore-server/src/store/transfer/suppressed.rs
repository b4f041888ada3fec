//! The list of addresses that want no e-mails, out of a store and into another one.

use leadscore::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::db::{read, write};
use super::super::{Store, StoreError};
use super::time;

/// An address on its way: a line of an export, after those of the leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuppressedTransfer {
    /// The version of this form, by which a line of an export is known: 1.
    pub leadscore_suppressed: u32,
    /// The address as a hash.
    pub address: String,
    /// Why it gets no e-mails.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
}

impl SuppressedTransfer {
    /// The version that is written.
    pub const VERSION: u32 = 1;

    /// Whether the address is a hash as stores keep it.
    pub fn is_hash(&self) -> bool {
        self.address.len() == 64
            && self.address.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    }
}

impl Store {
    /// The next addresses of a tenant that want no e-mails, in the order of their hashes, behind one.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`].
    pub async fn export_suppressed(
        &self,
        tenant: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<SuppressedTransfer>, StoreError> {
        let rows: Vec<(String, String, i64)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT address, reason, at FROM suppressed WHERE tenant = $1 AND address > $2 ORDER BY address LIMIT $3",
        ).bind(tenant).bind(after).bind(i64::from(limit)).fetch_all(pool).await?);
        let transfer = |(address, reason, at)| {
            let at = time("suppressed address", at)?;
            Ok(SuppressedTransfer { leadscore_suppressed: SuppressedTransfer::VERSION, address, reason, at })
        };
        rows.into_iter().map(transfer).collect()
    }

    /// Keeps addresses that want no e-mails; gives how many were not known before.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn import_suppressed(
        &self,
        tenant: &str,
        all: &[SuppressedTransfer],
    ) -> Result<u64, StoreError> {
        Ok(write!(&self.db, transaction => {
            let mut added = 0;
            for own in all {
                added += sqlx::query(
                    "INSERT INTO suppressed (tenant, address, reason, at) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (tenant, address) DO NOTHING",
                )
                .bind(tenant)
                .bind(&own.address)
                .bind(&own.reason)
                .bind(own.at.as_millis())
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            }
            added
        }))
    }
}
