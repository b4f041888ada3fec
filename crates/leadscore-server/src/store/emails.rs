//! What was written to leads.

use leadscore::Timestamp;

use super::db::{read, write};
use super::{Store, StoreError};

/// An e-mail that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct EmailRecord<'a> {
    /// The lead's number, if it is a lead that is kept.
    pub lead: Option<i64>,
    /// `rag` where a language model wrote it, `template` where not, `test` for one that was sent as a test.
    pub kind: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// Its text.
    pub content: &'a str,
    /// Tokens that a model read and wrote.
    pub tokens: (u64, u64),
    /// What that cost, in 10⁻¹² US dollars; none where the price is not known.
    pub cost_picodollars: Option<u64>,
    /// Whether an answer that was kept was used again.
    pub was_cached: bool,
    /// The id of the message, where it was sent.
    pub message_id: Option<&'a str>,
}

/// What e-mails cost.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EmailStatistics {
    /// E-mails that were written for a request.
    pub count: i64,
    /// Tokens of all of them.
    pub tokens: i64,
    /// Those that came from a kept answer.
    pub cached: i64,
    /// The cost of all of them in US dollars; none where the price of one is not known.
    pub cost: Option<f64>,
}

impl Store {
    /// Keeps an e-mail; gives its number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_email(
        &self,
        tenant: &str,
        email: &EmailRecord<'_>,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        Ok(write!(&self.db, transaction => {
            let (number,): (i64,) = sqlx::query_as(
                "INSERT INTO emails (tenant, lead, type, subject, content, input_tokens, output_tokens, cost_picodollars,
                     was_cached, message_id, created_at)
                 VALUES ($1, COALESCE((SELECT lead FROM merged_leads WHERE number = $2), $2), $3, $4, $5, $6, $7, $8, $9, $10, $11)
                 RETURNING number",
            )
            .bind(tenant)
            .bind(email.lead)
            .bind(email.kind)
            .bind(email.subject)
            .bind(email.content)
            .bind(whole(email.tokens.0))
            .bind(whole(email.tokens.1))
            .bind(email.cost_picodollars.map(whole))
            .bind(i64::from(email.was_cached))
            .bind(email.message_id)
            .bind(now.as_millis())
            .fetch_one(&mut *transaction)
            .await?;
            number
        }))
    }

    /// What the e-mails of a tenant cost, without those that were sent as a test.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn email_statistics(&self, tenant: &str) -> Result<EmailStatistics, StoreError> {
        let (count, tokens, cached, unknown, cost): (i64, Option<i64>, i64, i64, Option<f64>) = read!(&self.db, pool => sqlx::query_as(
                "SELECT COUNT(*), CAST(SUM(input_tokens + output_tokens) AS BIGINT),
                     COUNT(CASE WHEN was_cached = 1 THEN 1 END),
                     COUNT(CASE WHEN cost_picodollars IS NULL THEN 1 END),
                     CAST(SUM(cost_picodollars) AS DOUBLE PRECISION)
                 FROM emails WHERE tenant = $1 AND type <> 'test'",
            ).bind(tenant).fetch_one(pool).await?);
        let cost = if unknown > 0 { None } else { Some(cost.unwrap_or(0.0) / 1e12) };
        Ok(EmailStatistics { count, tokens: tokens.unwrap_or(0), cached, cost })
    }
}
