//! Webhooks of tenants: where events are sent, and how that goes.

use leadscore::Timestamp;

use super::db::{LOCK, read, write};
use super::outbox::tell;
use super::{NewEvent, Store, StoreError};

/// A webhook that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Its id.
    pub id: String,
    /// Who registers it.
    pub actor: String,
    /// Where events are sent.
    pub url: String,
    /// The names of the events.
    pub events: Vec<String>,
    /// The secret, encrypted.
    pub secret: String,
    /// The name of the scheme of its signatures.
    pub scheme: String,
    /// The batch whose address it stands for. Such a webhook is not listed, and is told of its batch alone.
    pub batch: Option<String>,
}

/// A webhook as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredWebhook {
    /// Its number; rises by age.
    pub number: i64,
    /// Its id.
    pub id: String,
    /// Where events are sent.
    pub url: String,
    /// The names of the events.
    pub events: Vec<String>,
    /// The secret, encrypted.
    pub secret: String,
    /// The secret before, encrypted, and until when receivers may still have it.
    pub previous_secret: Option<(String, i64)>,
    /// The name of the scheme of its signatures.
    pub scheme: String,
    /// The batch whose address it stands for.
    pub batch: Option<String>,
    /// Whether it is told of events.
    pub is_active: bool,
    /// When it was registered.
    pub created_at: i64,
    /// When something was sent for the last time.
    pub last_delivery_at: Option<i64>,
    /// The status that was answered then, if any.
    pub last_status: Option<i64>,
    /// How many attempts have failed since one went well.
    pub failure_count: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    id: String,
    url: String,
    events: String,
    secret: String,
    previous_secret: Option<String>,
    previous_until: Option<i64>,
    scheme: String,
    batch: Option<String>,
    active: i64,
    created_at: i64,
    last_delivery_at: Option<i64>,
    last_status: Option<i64>,
    failure_count: i64,
}

/// Drops what waits, or was given up, for the webhook `$2` of the tenant `$1`.
pub(super) const DROP_DELIVERIES: &str =
    "DELETE FROM jobs WHERE tenant = $1 AND kind = 'delivery' AND lane = $2 AND state IN ('waiting', 'dead')";

impl Store {
    /// Keeps a webhook, unless whoever registers it has `most` already; then it gives false.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_webhook(
        &self,
        tenant: &str,
        webhook: &NewWebhook,
        most: u32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(write!(&self.db, transaction => {
            // Two that count at once would both find room for one more.
            sqlx::query(LOCK)
                .bind(format!("webhooks/{tenant}"))
                .bind(now.as_millis())
                .execute(&mut *transaction)
                .await?;
            let (count,): (i64,) = sqlx::query_as(
                "SELECT COUNT(*) FROM webhooks WHERE tenant = $1 AND actor = $2 AND batch IS NULL",
            )
            .bind(tenant)
            .bind(&webhook.actor)
            .fetch_one(&mut *transaction)
            .await?;
            if count >= i64::from(most) {
                return Ok(false);
            }
            sqlx::query(
                "INSERT INTO webhooks (id, tenant, actor, url, events, secret, scheme, batch, active, created_at, failure_count)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, 0)",
            )
            .bind(&webhook.id)
            .bind(tenant)
            .bind(&webhook.actor)
            .bind(&webhook.url)
            .bind(format!(",{},", webhook.events.join(",")))
            .bind(&webhook.secret)
            .bind(&webhook.scheme)
            .bind(&webhook.batch)
            .bind(now.as_millis())
            .execute(&mut *transaction)
            .await?;
            true
        }))
    }

    /// The webhooks of a tenant but those of batches, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn webhooks(&self, tenant: &str) -> Result<Vec<StoredWebhook>, StoreError> {
        let rows: Vec<Row> = read!(&self.db, pool => sqlx::query_as(
            "SELECT * FROM webhooks WHERE tenant = $1 AND batch IS NULL ORDER BY number",
        ).bind(tenant).fetch_all(pool).await?);
        Ok(rows.into_iter().map(StoredWebhook::from).collect())
    }

    /// A webhook by its id, also one of a batch.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn webhook(&self, tenant: &str, id: &str) -> Result<Option<StoredWebhook>, StoreError> {
        let row: Option<Row> = read!(&self.db, pool => sqlx::query_as(
            "SELECT * FROM webhooks WHERE tenant = $1 AND id = $2",
        ).bind(tenant).bind(id).fetch_optional(pool).await?);
        Ok(row.map(StoredWebhook::from))
    }

    /// Removes a webhook with what it has not been told yet; false where there is none of that id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_webhook(&self, tenant: &str, id: &str) -> Result<bool, StoreError> {
        Ok(write!(&self.db, transaction => {
            let gone = sqlx::query("DELETE FROM webhooks WHERE tenant = $1 AND id = $2")
                .bind(tenant)
                .bind(id)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if gone > 0 {
                sqlx::query(DROP_DELIVERIES).bind(tenant).bind(id).execute(&mut *transaction).await?;
            }
            gone > 0
        }))
    }

    /// Gives a webhook a new secret, encrypted as it is; the old one is kept until a time. False where there is no such
    /// webhook.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rotate_webhook(
        &self,
        tenant: &str,
        id: &str,
        secret: &str,
        previous_until: i64,
    ) -> Result<bool, StoreError> {
        Ok(write!(&self.db, transaction => {
            sqlx::query(
                "UPDATE webhooks SET previous_secret = secret, previous_until = $4, secret = $3
                 WHERE tenant = $1 AND id = $2 AND batch IS NULL",
            )
            .bind(tenant)
            .bind(id)
            .bind(secret)
            .bind(previous_until)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
                > 0
        }))
    }

    /// Has a webhook told of an event, whatever it wants and whether or not it is active; gives the event's id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn tell_webhook(
        &self,
        tenant: &str,
        id: &str,
        event: &NewEvent,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        let prepared = event.prepare(now);
        write!(&self.db, transaction => {
            tell!(transaction, tenant, None, event.name, &prepared, id, now);
        });
        Ok(prepared.id)
    }
}

impl From<Row> for StoredWebhook {
    fn from(row: Row) -> StoredWebhook {
        StoredWebhook {
            number: row.number,
            id: row.id,
            url: row.url,
            events: row.events.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            secret: row.secret,
            previous_secret: row.previous_secret.zip(row.previous_until),
            scheme: row.scheme,
            batch: row.batch,
            is_active: row.active == 1,
            created_at: row.created_at,
            last_delivery_at: row.last_delivery_at,
            last_status: row.last_status,
            failure_count: row.failure_count,
        }
    }
}
