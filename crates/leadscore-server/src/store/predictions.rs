//! Predictions that are kept, and whether they came true.

use leadscore::Timestamp;

use super::db::{read, write};
use super::{Store, StoreError};

/// What was predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PredictionKind {
    /// How likely a lead buys.
    Conversion,
    /// When.
    TimeToClose,
    /// Its score.
    Score,
    /// Its place in the order of work.
    Priority,
}

/// A prediction that is to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPrediction<'a> {
    /// The lead's number.
    pub lead: i64,
    /// The number of the configuration.
    pub configuration: i64,
    /// What is predicted.
    pub kind: PredictionKind,
    /// Whether a language model made it; the rules did otherwise.
    pub by_model: bool,
    /// The content hash of the pipeline.
    pub pipeline: &'a str,
    /// The prediction as JSON.
    pub body: &'a str,
    /// How long it counts, in milliseconds.
    pub time_to_live: i64,
}

/// A prediction that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPrediction {
    /// Its number.
    pub number: i64,
    /// The lead's number.
    pub lead: i64,
    /// Whether a language model made it.
    pub by_model: bool,
    /// The prediction as JSON.
    pub body: String,
    /// When it was made.
    pub created_at: i64,
    /// Until when it counts.
    pub expires_at: i64,
}

/// Predictions of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PredictionCount {
    /// What was predicted.
    pub kind: PredictionKind,
    /// All of them.
    pub total: i64,
    /// Those that somebody said something about.
    pub validated: i64,
    /// Those that were accurate.
    pub accurate: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    lead: i64,
    author: String,
    body: String,
    created_at: i64,
    expires_at: i64,
}

impl Store {
    /// Keeps predictions, all or none; gives their numbers in the same order.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_predictions(
        &self,
        tenant: &str,
        predictions: &[NewPrediction<'_>],
        now: Timestamp,
    ) -> Result<Vec<i64>, StoreError> {
        let now = now.as_millis();
        Ok(write!(&self.db, transaction => {
            let mut numbers = Vec::with_capacity(predictions.len());
            for prediction in predictions {
                let (number,): (i64,) = sqlx::query_as(
                    "INSERT INTO predictions (tenant, lead, configuration, kind, author, pipeline, body, created_at, expires_at)
                     VALUES ($1, COALESCE((SELECT lead FROM merged_leads WHERE number = $2), $2), $3, $4, $5, $6, $7, $8, $9)
                     RETURNING number",
                )
                .bind(tenant)
                .bind(prediction.lead)
                .bind(prediction.configuration)
                .bind(prediction.kind.as_str())
                .bind(author(prediction.by_model))
                .bind(prediction.pipeline)
                .bind(prediction.body)
                .bind(now)
                .bind(now.saturating_add(prediction.time_to_live))
                .fetch_one(&mut *transaction)
                .await?;
                numbers.push(number);
            }
            numbers
        }))
    }

    /// The newest prediction of a lead that still counts, by the same pipeline; by a language model or the rules, as asked.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn valid_prediction(
        &self,
        tenant: &str,
        lead: i64,
        kind: PredictionKind,
        pipeline: &str,
        by_model: bool,
        now: Timestamp,
    ) -> Result<Option<StoredPrediction>, StoreError> {
        let row: Option<Row> = read!(&self.db, pool => sqlx::query_as(
            "SELECT * FROM predictions WHERE tenant = $1 AND lead = $2 AND kind = $3 AND pipeline = $4 AND author = $5
                 AND expires_at > $6 ORDER BY created_at DESC, number DESC LIMIT 1",
        )
        .bind(tenant).bind(lead).bind(kind.as_str()).bind(pipeline).bind(author(by_model)).bind(now.as_millis())
        .fetch_optional(pool).await?);
        Ok(row.map(StoredPrediction::from))
    }

    /// The newest prediction of a lead: one that still counts, or else the newest of all.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn latest_prediction(
        &self,
        tenant: &str,
        lead: i64,
        kind: PredictionKind,
        now: Timestamp,
    ) -> Result<Option<StoredPrediction>, StoreError> {
        let row: Option<Row> = read!(&self.db, pool => sqlx::query_as(
            "SELECT * FROM predictions WHERE tenant = $1 AND lead = $2 AND kind = $3
             ORDER BY CASE WHEN expires_at > $4 THEN 0 ELSE 1 END, created_at DESC, number DESC LIMIT 1",
        ).bind(tenant).bind(lead).bind(kind.as_str()).bind(now.as_millis()).fetch_optional(pool).await?);
        Ok(row.map(StoredPrediction::from))
    }

    /// Keeps whether a prediction was accurate; a later word replaces an earlier one. False where there is no such
    /// prediction.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn validate_prediction(
        &self,
        tenant: &str,
        number: i64,
        was_accurate: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(write!(&self.db, transaction => {
            sqlx::query("UPDATE predictions SET was_accurate = $3, validated_at = $4 WHERE tenant = $1 AND number = $2")
                .bind(tenant)
                .bind(number)
                .bind(i64::from(was_accurate))
                .bind(now.as_millis())
                .execute(&mut *transaction)
                .await?
                .rows_affected()
                > 0
        }))
    }

    /// Predictions of a configuration that were made from `start` to before `end`, by kind.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn prediction_counts(
        &self,
        tenant: &str,
        configuration: i64,
        start: i64,
        end: i64,
    ) -> Result<Vec<PredictionCount>, StoreError> {
        let rows: Vec<(String, i64, i64, i64)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT kind, COUNT(*), COUNT(was_accurate), COUNT(CASE WHEN was_accurate = 1 THEN 1 END)
             FROM predictions WHERE tenant = $1 AND configuration = $2 AND created_at >= $3 AND created_at < $4
             GROUP BY kind",
        ).bind(tenant).bind(configuration).bind(start).bind(end).fetch_all(pool).await?);
        let mut counts = Vec::new();
        for (kind, total, validated, accurate) in rows {
            let message = format!("`{kind}` is no kind of prediction");
            let kind =
                PredictionKind::parse(&kind).ok_or(StoreError::Damaged { what: "prediction", message })?;
            counts.push(PredictionCount { kind, total, validated, accurate });
        }
        counts.sort_by_key(|count| count.kind);
        Ok(counts)
    }
}

impl PredictionKind {
    /// As it stands in the Lead ML API.
    pub fn as_str(self) -> &'static str {
        match self {
            PredictionKind::Conversion => "CONVERSION",
            PredictionKind::TimeToClose => "TIME_TO_CLOSE",
            PredictionKind::Score => "SCORE",
            PredictionKind::Priority => "PRIORITY",
        }
    }

    /// The kind of that name, in any case.
    pub fn parse(text: &str) -> Option<PredictionKind> {
        let all = [
            PredictionKind::Conversion,
            PredictionKind::TimeToClose,
            PredictionKind::Score,
            PredictionKind::Priority,
        ];
        all.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(text))
    }
}

impl From<Row> for StoredPrediction {
    fn from(row: Row) -> StoredPrediction {
        StoredPrediction {
            number: row.number,
            lead: row.lead,
            by_model: row.author == author(true),
            body: row.body,
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}

fn author(by_model: bool) -> &'static str {
    if by_model { "model" } else { "rules" }
}
