//! Answers that are given again when a request is sent again under the same key.

use std::time::Duration;

use leadscore::Timestamp;

use super::db::write;
use super::{Store, StoreError};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// An answer that was given before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Its status.
    pub status: u16,
    /// Its content type.
    pub content_type: Option<String>,
    /// Its body.
    pub body: String,
}

/// What is known of a request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nothing: it is to be answered, and then kept or released.
    New,
    /// It was answered.
    Answered(KeptAnswer),
    /// It is being answered.
    Running,
    /// The key belongs to another request.
    Other,
}

/// The request, and the status, the content type and the body of its answer.
type Row = (String, Option<i64>, Option<String>, Option<String>);

impl Store {
    /// Takes a key for a request, which is told by a hash; keys are kept for a day, and those
    /// without an answer for as long as the request may take: after that it was given up, and its server perhaps killed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn claim_key(
        &self,
        tenant: &str,
        route: &str,
        key: &str,
        request: &str,
        abandoned_after: Duration,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        let now = now.as_millis();
        let abandoned_after = i64::try_from(abandoned_after.as_millis()).unwrap_or(DAY);
        Ok(write!(&self.db, transaction => {
            sqlx::query(
                "DELETE FROM idempotency
                 WHERE tenant = $1 AND (created_at <= $2 OR (status IS NULL AND created_at <= $3))",
            )
            .bind(tenant)
            .bind(now - DAY)
            .bind(now - abandoned_after)
            .execute(&mut *transaction)
            .await?;
            let is_new = sqlx::query(
                "INSERT INTO idempotency (tenant, route, key, request, created_at) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (tenant, route, key) DO NOTHING",
            )
            .bind(tenant)
            .bind(route)
            .bind(key)
            .bind(request)
            .bind(now)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
                > 0;
            if is_new {
                Claim::New
            } else {
                let found: Option<Row> =
                    sqlx::query_as(
                        "SELECT request, status, content_type, body FROM idempotency
                         WHERE tenant = $1 AND route = $2 AND key = $3",
                    )
                    .bind(tenant)
                    .bind(route)
                    .bind(key)
                    .fetch_optional(&mut *transaction)
                    .await?;
                // Another server may have given the key back since: the caller tries again.
                let Some((own, status, content_type, body)) = found else { return Ok(Claim::Running) };
                match status {
                    _ if own != request => Claim::Other,
                    None => Claim::Running,
                    Some(status) => Claim::Answered(KeptAnswer {
                        status: u16::try_from(status).unwrap_or(500),
                        content_type,
                        body: body.unwrap_or_default(),
                    }),
                }
            }
        }))
    }

    /// Keeps the answer of a request whose key was taken.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn keep_answer(
        &self,
        tenant: &str,
        route: &str,
        key: &str,
        answer: &KeptAnswer,
    ) -> Result<(), StoreError> {
        write!(&self.db, transaction => {
            sqlx::query(
                "UPDATE idempotency SET status = $4, content_type = $5, body = $6
                 WHERE tenant = $1 AND route = $2 AND key = $3",
            )
            .bind(tenant)
            .bind(route)
            .bind(key)
            .bind(i64::from(answer.status))
            .bind(&answer.content_type)
            .bind(&answer.body)
            .execute(&mut *transaction)
            .await?;
        });
        Ok(())
    }

    /// Gives a key back whose request came to nothing, so that it may be tried again.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn release_key(&self, tenant: &str, route: &str, key: &str) -> Result<(), StoreError> {
        write!(&self.db, transaction => {
            sqlx::query(
                "DELETE FROM idempotency WHERE tenant = $1 AND route = $2 AND key = $3 AND status IS NULL",
            )
            .bind(tenant)
            .bind(route)
            .bind(key)
            .execute(&mut *transaction)
            .await?;
        });
        Ok(())
    }
}
