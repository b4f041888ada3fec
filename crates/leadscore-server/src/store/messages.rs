//! What was said in chats.

use super::db::{read, write};
use super::{Store, StoreError};

/// A message of a chat.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredMessage {
    /// Its id.
    pub id: String,
    /// `user` or `assistant`.
    pub role: String,
    /// What it says.
    pub content: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// What became of it at the platform, where it was sent by one.
    pub status: Option<String>,
}

/// How far a status is: a later one takes the place of an earlier one, which may come after it.
const RANK: &str = "CASE COALESCE(status, '') WHEN 'sent' THEN 1 WHEN 'delivered' THEN 2 WHEN 'read' THEN 3
    WHEN 'played' THEN 4 WHEN 'failed' THEN 5 ELSE 0 END";

impl Store {
    /// The messages of a lead, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn messages(&self, lead: i64) -> Result<Vec<StoredMessage>, StoreError> {
        Ok(read!(&self.db, pool => sqlx::query_as(
            "SELECT id, role, content, at, status FROM messages WHERE lead = $1 ORDER BY at, number",
        ).bind(lead).fetch_all(pool).await?))
    }

    /// Keeps what became of a message of ours, unless more is known already; false where there is no such message.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_message_status(
        &self,
        tenant: &str,
        (source, id): (&str, &str),
        (status, rank): (&str, i64),
    ) -> Result<bool, StoreError> {
        let statement: sqlx::SqlStr = sqlx::SqlSafeStr::into_sql_str(sqlx::AssertSqlSafe(format!(
            "UPDATE messages SET status = CASE WHEN {RANK} < $5 THEN $4 ELSE status END
             WHERE id = $1 AND source = $2 AND role = 'assistant' AND lead IN (SELECT number FROM leads WHERE tenant = $3)"
        )));
        Ok(write!(&self.db, transaction => {
            sqlx::query(statement.clone())
                .bind(id)
                .bind(source)
                .bind(tenant)
                .bind(status)
                .bind(rank)
                .execute(&mut *transaction)
                .await?
                .rows_affected()
                > 0
        }))
    }

    /// Gives a message of a person another text, or removes it where there is none; gives the old text, or none where there is
    /// no such message.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn amend_message(
        &self,
        tenant: &str,
        (source, id): (&str, &str),
        content: Option<&str>,
    ) -> Result<Option<String>, StoreError> {
        Ok(write!(&self.db, transaction => {
            let found: Option<(i64, String)> = sqlx::query_as(
                "SELECT messages.number, content FROM messages JOIN leads ON leads.number = messages.lead
                 WHERE messages.id = $1 AND source = $2 AND role = 'user' AND tenant = $3",
            )
            .bind(id)
            .bind(source)
            .bind(tenant)
            .fetch_optional(&mut *transaction)
            .await?;
            let Some((number, old)) = found else { return Ok(None) };
            let statement = match content {
                Some(_) => "UPDATE messages SET content = $2 WHERE number = $1",
                None => "DELETE FROM messages WHERE number = $1 AND $2 IS NULL",
            };
            sqlx::query(statement).bind(number).bind(content).execute(&mut *transaction).await?;
            Some(old)
        }))
    }

    /// Keeps a message that the business itself wrote on a platform, with the lead of the conversation; false where there is no
    /// such conversation.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn keep_echo(
        &self,
        tenant: &str,
        (source, user_ids): (&str, &[String]),
        (id, content, at): (&str, &str, i64),
    ) -> Result<bool, StoreError> {
        Ok(write!(&self.db, transaction => {
            let mut lead: Option<(i64,)> = None;
            for user_id in user_ids {
                lead = sqlx::query_as(
                    "SELECT lead FROM conversations WHERE tenant = $1 AND source = $2 AND user_id = $3",
                )
                .bind(tenant)
                .bind(source)
                .bind(user_id)
                .fetch_optional(&mut *transaction)
                .await?;
                if lead.is_some() {
                    break;
                }
            }
            let Some((lead,)) = lead else { return Ok(false) };
            sqlx::query(
                "INSERT INTO messages (lead, id, source, role, content, at) VALUES ($1, $2, $3, 'assistant', $4, $5)
                 ON CONFLICT (lead, id) DO NOTHING",
            )
            .bind(lead)
            .bind(id)
            .bind(source)
            .bind(content)
            .bind(at)
            .execute(&mut *transaction)
            .await?;
            true
        }))
    }
}
