//! What the heat model said of leads, and how it held.

use super::db::{read, write};
use super::leads::Row;
use super::take::take;
use super::{Store, StoreError};

/// How often the heat model was asked, and how it held.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeatStatistics {
    /// How often each class came out.
    pub by_class: Vec<(String, i64)>,
    /// The mean probability of the class that came out.
    pub mean_confidence: Option<f64>,
    /// Leads with an outcome whose last class before it was hot or cold.
    pub judged: i64,
    /// Those of them that were hot and converted, or cold and lost.
    pub right: i64,
}

impl Store {
    /// Keeps a recommendation with its lead, as JSON.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_recommendation(&self, tenant: &str, lead: i64, text: &str) -> Result<(), StoreError> {
        write!(&self.db, transaction => {
            let row: Option<Row> = take!(transaction, tenant, lead);
            let Some(row) = row else { return Ok(()) };
            sqlx::query("UPDATE leads SET recommendation = $2 WHERE number = $1")
                .bind(row.number)
                .bind(text)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// How often the heat model was asked for a tenant, and how it held.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn heat_statistics(&self, tenant: &str) -> Result<HeatStatistics, StoreError> {
        let by_class: Vec<(String, i64)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT class, COUNT(*) FROM heat_scores WHERE tenant = $1 GROUP BY class ORDER BY class",
        ).bind(tenant).fetch_all(pool).await?);
        let (mean_confidence,): (Option<f64>,) = read!(&self.db, pool => sqlx::query_as(
            "SELECT AVG(confidence) FROM heat_scores WHERE tenant = $1",
        ).bind(tenant).fetch_one(pool).await?);
        let (judged, right): (i64, i64) = read!(&self.db, pool => sqlx::query_as(
            "SELECT COUNT(*), COUNT(CASE WHEN (class = 'hot' AND outcome = 'converted')
                                           OR (class = 'cold' AND outcome = 'lost') THEN 1 END)
             FROM (SELECT outcome, (SELECT class FROM heat_scores
                                    WHERE heat_scores.lead = leads.number AND heat_scores.at <= leads.outcome_at
                                    ORDER BY heat_scores.at DESC, heat_scores.number DESC LIMIT 1) AS class
                   FROM leads WHERE tenant = $1 AND outcome IS NOT NULL) AS ended
             WHERE class IN ('hot', 'cold')",
        ).bind(tenant).fetch_one(pool).await?);
        Ok(HeatStatistics { by_class, mean_confidence, judged, right })
    }
}
