//! What names a person beside the lead: messages of platforms that wait or were given up, and rows of batches.

/// Removes in a transaction, before the lead goes, the jobs for messages of its conversations: they hold what the person
/// wrote, and a telephone number.
macro_rules! erase_messages {
    ($transaction:expr, $tenant:expr, $lead:expr) => {{
        let lanes: Vec<(String,)> = sqlx::query_as(
            "SELECT user_id FROM conversations WHERE lead = $1 AND tenant = $2 AND source <> 'website'",
        )
        .bind($lead)
        .bind($tenant)
        .fetch_all(&mut *$transaction)
        .await?;
        for (lane,) in lanes {
            sqlx::query("DELETE FROM jobs WHERE tenant = $1 AND kind = 'message' AND lane = $2")
                .bind($tenant)
                .bind(&lane)
                .execute(&mut *$transaction)
                .await?;
            // The platform may name the person by another id first; those that are done have no body.
            sqlx::query(
                "DELETE FROM jobs WHERE tenant = $1 AND kind = 'message' AND state IN ('waiting', 'running', 'dead')
                     AND body LIKE $2 ESCAPE '!'",
            )
            .bind($tenant)
            .bind($crate::store::traces::naming(&lane))
            .execute(&mut *$transaction)
            .await?;
        }
    }};
}

/// Blanks in a transaction the rows of a tenant's batches with addresses of erased leads, by the addresses' keys. What waits
/// fails: it would make the lead again.
macro_rules! erase_batch_rows {
    ($transaction:expr, $tenant:expr, $email_keys:expr) => {{
        let email_keys: &std::collections::BTreeSet<String> = $email_keys;
        let mut last = (0_i64, -1_i64);
        while !email_keys.is_empty() {
            let rows: Vec<(i64, i64, String)> = sqlx::query_as(
                "SELECT batch, place, email FROM batch_leads
                 WHERE batch IN (SELECT number FROM batches WHERE tenant = $1) AND state IN ('waiting', 'failed')
                     AND email IS NOT NULL AND (batch > $2 OR (batch = $2 AND place > $3))
                 ORDER BY batch, place LIMIT $4",
            )
            .bind($tenant)
            .bind(last.0)
            .bind(last.1)
            .bind($crate::store::traces::PAGE)
            .fetch_all(&mut *$transaction)
            .await?;
            let Some((batch, place, _)) = rows.last() else { break };
            last = (*batch, *place);
            for (batch, place, email) in rows {
                if !email_keys.contains(&$crate::store::identity::email_key(&email)) {
                    continue;
                }
                sqlx::query(
                    "UPDATE batch_leads SET error = CASE WHEN state = 'waiting' THEN $3 ELSE error END,
                         state = 'failed', body = '', email = NULL
                     WHERE batch = $1 AND place = $2 AND state IN ('waiting', 'failed')",
                )
                .bind(batch)
                .bind(place)
                .bind($crate::store::traces::ERASED)
                .execute(&mut *$transaction)
                .await?;
            }
        }
    }};
}

pub(super) use {erase_batch_rows, erase_messages};

/// How many rows of batches are read at once.
pub(super) const PAGE: i64 = 1_000;
/// Why a lead of a batch failed that was erased before its turn.
pub(super) const ERASED: &str = "the lead was erased";

/// The pattern of LIKE for JSON texts that name the person of a lane such as `whatsapp:4930901820`.
pub(super) fn naming(lane: &str) -> String {
    let id = lane.split_once(':').map_or(lane, |(_, id)| id);
    containing(&format!("\"{id}\""))
}

/// The pattern of LIKE for texts with another one in them.
pub(super) fn containing(text: &str) -> String {
    let mut pattern = "%".to_owned();
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
