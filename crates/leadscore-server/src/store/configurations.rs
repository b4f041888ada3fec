//! Which pipelines score which leads, by tenant. Number 1 is there for every tenant.

use leadscore::Timestamp;

use super::db::{read, write};
use super::{Store, StoreError};

/// A configuration as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredConfiguration {
    /// Its number within the tenant.
    pub number: i64,
    /// What it says, as JSON.
    pub body: String,
    /// When it was made.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    body: String,
    created_at: i64,
    updated_at: i64,
}

impl Store {
    /// A configuration of a tenant by its number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn configuration(
        &self,
        tenant: &str,
        number: i64,
    ) -> Result<Option<StoredConfiguration>, StoreError> {
        let row: Option<Row> = read!(&self.db, pool => sqlx::query_as(
            "SELECT number, body, created_at, updated_at FROM configurations WHERE tenant = $1 AND number = $2",
        ).bind(tenant).bind(number).fetch_optional(pool).await?);
        Ok(row.map(StoredConfiguration::from))
    }

    /// The configurations of a tenant, by number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn configurations(&self, tenant: &str) -> Result<Vec<StoredConfiguration>, StoreError> {
        let rows: Vec<Row> = read!(&self.db, pool => sqlx::query_as(
            "SELECT number, body, created_at, updated_at FROM configurations WHERE tenant = $1 ORDER BY number",
        ).bind(tenant).fetch_all(pool).await?);
        Ok(rows.into_iter().map(StoredConfiguration::from).collect())
    }

    /// Keeps a configuration: under a number, or under the next one from 2 on.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_configuration(
        &self,
        tenant: &str,
        number: Option<i64>,
        body: &str,
        now: Timestamp,
    ) -> Result<StoredConfiguration, StoreError> {
        let row: Row = write!(&self.db, transaction => {
            sqlx::query_as(
                "INSERT INTO configurations (tenant, number, body, created_at, updated_at)
                 VALUES ($1, COALESCE($2, (SELECT COALESCE(MAX(number), 1) + 1 FROM configurations WHERE tenant = $1)),
                     $3, $4, $4)
                 ON CONFLICT (tenant, number) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at
                 RETURNING number, body, created_at, updated_at",
            )
            .bind(tenant)
            .bind(number)
            .bind(body)
            .bind(now.as_millis())
            .fetch_one(&mut *transaction)
            .await?
        });
        Ok(row.into())
    }

    /// Removes a configuration; false where there is none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_configuration(&self, tenant: &str, number: i64) -> Result<bool, StoreError> {
        Ok(write!(&self.db, transaction => {
            sqlx::query("DELETE FROM configurations WHERE tenant = $1 AND number = $2")
                .bind(tenant)
                .bind(number)
                .execute(&mut *transaction)
                .await?
                .rows_affected()
                > 0
        }))
    }
}

impl From<Row> for StoredConfiguration {
    fn from(row: Row) -> StoredConfiguration {
        StoredConfiguration {
            number: row.number,
            body: row.body,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
