//! Addresses that want no e-mails, whether or not there is a lead with them.

use leadscore::Timestamp;
use sha2::{Digest, Sha256};

use super::db::{read, write};
use super::identity::email_key;
use super::{Store, StoreError};

/// The reason where a lead has said so itself.
pub(super) const UNSUBSCRIBED: &str = "unsubscribed";

impl Store {
    /// Keeps that an address wants no e-mails, and why; the first time stays. It stays so when the lead with the address is
    /// erased or comes again, and for every way to write the address.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn suppress(
        &self,
        tenant: &str,
        email: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        write!(&self.db, transaction => suppress!(transaction, tenant, &email_key(email), reason, now.as_millis()));
        Ok(())
    }

    /// Whether an address wants no e-mails.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn is_suppressed(&self, tenant: &str, email: &str) -> Result<bool, StoreError> {
        let found: Option<(i64,)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT at FROM suppressed WHERE tenant = $1 AND address = $2",
        ).bind(tenant).bind(hash(&email_key(email))).fetch_optional(pool).await?);
        Ok(found.is_some())
    }
}

/// Keeps in a transaction that the address with a key wants no e-mails.
macro_rules! suppress {
    ($transaction:expr, $tenant:expr, $email_key:expr, $reason:expr, $at:expr) => {{
        sqlx::query(
            "INSERT INTO suppressed (tenant, address, reason, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tenant, address) DO NOTHING",
        )
        .bind($tenant)
        .bind($crate::store::suppression::hash($email_key))
        .bind($reason)
        .bind($at)
        .execute(&mut *$transaction)
        .await?;
    }};
}

/// Takes back in a transaction that the address with a key unsubscribed; other reasons for which it gets no e-mails stay.
macro_rules! take_back {
    ($transaction:expr, $tenant:expr, $email_key:expr) => {{
        sqlx::query("DELETE FROM suppressed WHERE tenant = $1 AND address = $2 AND reason = $3")
            .bind($tenant)
            .bind($crate::store::suppression::hash($email_key))
            .bind($crate::store::suppression::UNSUBSCRIBED)
            .execute(&mut *$transaction)
            .await?;
    }};
}

/// The keys of all addresses of a lead, also of those that came with leads which were merged into it.
macro_rules! email_keys {
    ($transaction:expr, $lead:expr) => {{
        let keys: Vec<(String,)> = sqlx::query_as(
            "SELECT email_key FROM leads WHERE number = $1 AND email_key IS NOT NULL
             UNION SELECT email_key FROM merged_leads WHERE lead = $1 AND email_key IS NOT NULL",
        )
        .bind($lead.number)
        .fetch_all(&mut *$transaction)
        .await?;
        keys.into_iter().map(|(key,)| key)
    }};
}

pub(super) use {email_keys, suppress, take_back};

/// An address as it is kept: it is recognized and not read. A hash without a key is the same in every store, so that the list
/// can be taken along; who may read the store could try addresses, and then learns of one that it wants no e-mails.
pub(super) fn hash(email_key: &str) -> String {
    let digest = Sha256::digest(format!("leadscore suppressed\n{email_key}"));
    digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
