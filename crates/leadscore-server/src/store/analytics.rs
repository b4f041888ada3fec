//! Qualifications of a period, counted in the database.

use futures_util::TryStreamExt;

use super::db::read;
use super::{Store, StoreError};

/// The leads of a quarter of an hour and a tier, each with its latest qualification.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct AnalyticsSlot {
    /// Quarters of an hour since 1970.
    pub slot: i64,
    /// `HOT`, `WARM` or `COLD`.
    pub tier: String,
    /// How many leads.
    pub leads: i64,
    /// The sum of their scores.
    pub score: f64,
    /// The sum of the times that they took, in milliseconds.
    pub processing_ms: i64,
    /// How many of them converted.
    pub converted: i64,
}

/// A quarter of an hour: every time zone of today differs from UTC by a multiple of it.
pub const SLOT_MILLIS: i64 = 900_000;

/// Rows are read in the order of their slots, so that nothing but the current bucket is kept in mind.
const SLOTS: &str = "SELECT own.created_at / 900000 AS slot, own.tier AS tier, COUNT(*) AS leads, SUM(own.score) AS score,
        CAST(SUM(own.processing_ms) AS BIGINT) AS processing_ms,
        SUM(CASE WHEN leads.outcome = 'converted' THEN 1 ELSE 0 END) AS converted
    FROM qualifications own JOIN leads ON leads.number = own.lead
    WHERE own.tenant = $1 AND own.created_at >= $2 AND own.created_at < $3
        AND NOT EXISTS (SELECT 1 FROM qualifications later WHERE later.lead = own.lead AND later.created_at < $3
            AND (later.created_at > own.created_at
                OR (later.created_at = own.created_at AND later.number > own.number)))
    GROUP BY own.created_at / 900000, own.tier ORDER BY 1";

impl Store {
    /// The leads that a tenant qualified from `start` on and before `end`, each once with its latest qualification in that
    /// time, by its quarter of an hour and tier; in the order of time.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn qualification_slots(
        &self,
        tenant: &str,
        (start, end): (i64, i64),
        mut each: impl FnMut(AnalyticsSlot) + Send,
    ) -> Result<(), StoreError> {
        read!(&self.db, pool => {
            let mut rows = sqlx::query_as(SLOTS).bind(tenant).bind(start).bind(end).fetch(pool);
            while let Some(slot) = rows.try_next().await? {
                each(slot);
            }
        });
        Ok(())
    }
}
