//! How many predictions language models made for a tenant: the quota is shared by all servers.

use leadscore::Timestamp;

use super::db::{LOCK, write};
use super::{Store, StoreError};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

impl Store {
    /// Takes so many predictions from the quota of a tenant, of which there are so many a minute and so many an hour; or
    /// says in how many milliseconds there may be room again, and takes none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn take_model_calls(
        &self,
        tenant: &str,
        predictions: u32,
        (a_minute, an_hour): (u32, u32),
        now: Timestamp,
    ) -> Result<Result<(), i64>, StoreError> {
        let now = now.as_millis();
        Ok(write!(&self.db, transaction => {
            // An insert beside another waits for nobody: each would see only its own.
            sqlx::query(LOCK).bind(format!("quota/{tenant}")).bind(now).execute(&mut *transaction).await?;
            sqlx::query("DELETE FROM model_calls WHERE tenant = $1 AND at <= $2")
                .bind(tenant)
                .bind(now - HOUR)
                .execute(&mut *transaction)
                .await?;
            let (number,): (i64,) =
                sqlx::query_as("INSERT INTO model_calls (tenant, at, predictions) VALUES ($1, $2, $3) RETURNING number")
                    .bind(tenant)
                    .bind(now)
                    .bind(i64::from(predictions))
                    .fetch_one(&mut *transaction)
                    .await?;
            let (hour, minute, oldest, oldest_of_minute): (Option<i64>, Option<i64>, Option<i64>, Option<i64>) =
                sqlx::query_as(
                    "SELECT CAST(SUM(predictions) AS BIGINT),
                         CAST(SUM(CASE WHEN at > $2 THEN predictions END) AS BIGINT),
                         MIN(at), MIN(CASE WHEN at > $2 THEN at END)
                     FROM model_calls WHERE tenant = $1",
                )
                .bind(tenant)
                .bind(now - MINUTE)
                .fetch_one(&mut *transaction)
                .await?;
            let wait = if hour.unwrap_or(0) > i64::from(an_hour) {
                Some(oldest.unwrap_or(now) + HOUR - now)
            } else if minute.unwrap_or(0) > i64::from(a_minute) {
                Some(oldest_of_minute.unwrap_or(now) + MINUTE - now)
            } else {
                None
            };
            match wait {
                None => Ok(()),
                Some(wait) => {
                    sqlx::query("DELETE FROM model_calls WHERE number = $1")
                        .bind(number)
                        .execute(&mut *transaction)
                        .await?;
                    Err(wait)
                }
            }
        }))
    }
}
