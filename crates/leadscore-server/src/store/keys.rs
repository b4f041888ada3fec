//! API keys: what they may do, never what they are.

use leadscore::Timestamp;
use uuid::Uuid;

use super::db::{read, write};
use super::{Store, StoreError};
use crate::auth::{KeyHash, Plan, Scopes};

/// A key that is to be kept.
#[derive(Debug, Clone)]
pub struct NewKey<'a> {
    /// What people call it.
    pub name: &'a str,
    /// Whose leads it reaches.
    pub tenant: &'a str,
    /// How much it may do.
    pub plan: Plan,
    /// What it may do.
    pub scopes: Scopes,
    /// The APIs it opens; all where none is named.
    pub families: Option<&'a [String]>,
}

/// A key as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its id, which is no secret.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whose leads it reaches.
    pub tenant: String,
    /// How much it may do.
    pub plan: Plan,
    /// What it may do.
    pub scopes: Scopes,
    /// The APIs it opens; all where none is named.
    pub families: Option<Vec<String>>,
    /// When it was made.
    pub created_at: i64,
    /// Since when it opens nothing.
    pub revoked_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    tenant: String,
    name: String,
    plan: String,
    scopes: String,
    families: Option<String>,
    created_at: i64,
    revoked_at: Option<i64>,
}

impl Store {
    /// Keeps a key by its hash; gives its id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_key(
        &self,
        key: &NewKey<'_>,
        hash: &KeyHash,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        let id = format!("key_{}", Uuid::new_v4().simple());
        write!(&self.db, transaction => {
            sqlx::query(
                "INSERT INTO keys (id, tenant, name, hash, plan, scopes, families, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(&id)
            .bind(key.tenant)
            .bind(key.name)
            .bind(hash.to_hex())
            .bind(key.plan.to_string())
            .bind(key.scopes.to_string())
            .bind(key.families.map(|families| families.join(",")))
            .bind(now.as_millis())
            .execute(&mut *transaction)
            .await?;
        });
        Ok(id)
    }

    /// The key of that hash, unless it was revoked.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`].
    pub async fn key(&self, hash: &KeyHash) -> Result<Option<KeyRecord>, StoreError> {
        let row: Option<Row> = read!(&self.db, pool => sqlx::query_as(
            "SELECT * FROM keys WHERE hash = $1 AND revoked_at IS NULL",
        ).bind(hash.to_hex()).fetch_optional(pool).await?);
        row.map(KeyRecord::try_from).transpose()
    }

    /// All keys, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`].
    pub async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let rows: Vec<Row> = read!(&self.db, pool => sqlx::query_as(
            "SELECT * FROM keys ORDER BY created_at, id",
        ).fetch_all(pool).await?);
        rows.into_iter().map(KeyRecord::try_from).collect()
    }

    /// Whether any key opens anything.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn has_keys(&self) -> Result<bool, StoreError> {
        let (count,): (i64,) = read!(&self.db, pool => sqlx::query_as(
            "SELECT COUNT(*) FROM keys WHERE revoked_at IS NULL",
        ).fetch_one(pool).await?);
        Ok(count > 0)
    }

    /// Makes a key open nothing any more; false where there is none of that id, or it was revoked before.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn revoke_key(&self, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        Ok(write!(&self.db, transaction => {
            sqlx::query("UPDATE keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
                .bind(id)
                .bind(now.as_millis())
                .execute(&mut *transaction)
                .await?
                .rows_affected()
                > 0
        }))
    }
}

impl TryFrom<Row> for KeyRecord {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<KeyRecord, StoreError> {
        let damaged = |message: String| StoreError::Damaged { what: "key", message };
        Ok(KeyRecord {
            plan: row.plan.parse().map_err(|_| damaged(format!("`{}` is no plan", row.plan)))?,
            scopes: row.scopes.parse().map_err(|_| damaged(format!("`{}` are no scopes", row.scopes)))?,
            id: row.id,
            name: row.name,
            tenant: row.tenant,
            families: row.families.map(|families| families.split(',').map(str::to_owned).collect()),
            created_at: row.created_at,
            revoked_at: row.revoked_at,
        })
    }
}
