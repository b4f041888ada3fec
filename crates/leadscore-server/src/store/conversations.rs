//! Conversations: who chats where, what the chat remembers, and which request answers at the moment.
//!
//! A message is answered in two transactions: what it says is kept first, then the reply with all that follows from it.
//! Between them a language model may be asked, for seconds; so the conversation is held by a name and until a time that
//! all servers see, and not by a lock of the database.

use leadscore::Timestamp;
use uuid::Uuid;

use super::db::{read, write};
use super::identity::phone_key;
use super::intents::FIRST_INTENT;
use super::leads::Row;
use super::lookup::TAKE_LEAD;
use super::take::take;
use super::{Contact, Store, StoreError, StoredLead};

/// Who chats, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chatter {
    /// `website`, `whatsapp` or `instagram`.
    pub source: String,
    /// The id that the source has for the person.
    pub user_id: String,
    /// An id that the source had for the same person earlier.
    pub former_id: Option<String>,
}

/// What a new conversation begins with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Beginning {
    /// The telephone number of the person, where the source tells it: a lead that has it is the one.
    pub phone: Option<String>,
    /// When the first message was written, in milliseconds since 1970.
    pub at: i64,
}

/// A conversation that one request may answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldConversation {
    /// The number of its lead.
    pub lead: i64,
    /// What the chat remembers, as JSON; nothing yet in a new one.
    pub state: Option<String>,
}

impl Store {
    /// Holds a conversation until a time, unless somebody else does. With a beginning it is begun where there is none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn hold_conversation(
        &self,
        tenant: &str,
        chatter: &Chatter,
        beginning: Option<&Beginning>,
        (holder, held_until): (&str, i64),
        now: Timestamp,
    ) -> Result<Option<HeldConversation>, StoreError> {
        let now = now.as_millis();
        let contact = Contact { phone: beginning.and_then(|own| own.phone.clone()), ..Contact::default() };
        Ok(write!(&self.db, transaction => {
            if let Some(former) = &chatter.former_id {
                sqlx::query(
                    "UPDATE conversations SET user_id = $3 WHERE tenant = $1 AND source = $2 AND user_id = $4
                     AND (held_until IS NULL OR held_until <= $5) AND NOT EXISTS (
                         SELECT 1 FROM conversations WHERE tenant = $1 AND source = $2 AND user_id = $3)",
                )
                .bind(tenant)
                .bind(&chatter.source)
                .bind(&chatter.user_id)
                .bind(former)
                .bind(now)
                .execute(&mut *transaction)
                .await?;
            }
            let held: Option<(i64, String)> = sqlx::query_as(
                "UPDATE conversations SET holder = $4, held_until = $5 WHERE tenant = $1 AND source = $2 AND user_id = $3
                 AND (held_until IS NULL OR held_until <= $6) RETURNING lead, state",
            )
            .bind(tenant)
            .bind(&chatter.source)
            .bind(&chatter.user_id)
            .bind(holder)
            .bind(held_until)
            .bind(now)
            .fetch_optional(&mut *transaction)
            .await?;
            if let Some((lead, state)) = held {
                Some(HeldConversation { lead, state: Some(state).filter(|state| !state.is_empty()) })
            } else if let Some(Beginning { phone, at }) = beginning {
            let known: Option<Row> = match phone {
                None => None,
                Some(_) => sqlx::query_as(TAKE_LEAD)
                    .bind(tenant)
                    .bind(None::<String>)
                    .bind(None::<String>)
                    .bind(contact.phone_to_find())
                    .bind(now)
                    .fetch_optional(&mut *transaction)
                    .await?,
            };
            let is_made = known.is_none();
            let row = match known {
                Some(row) => row,
                None => sqlx::query_as(
                    "INSERT INTO leads (id, tenant, phone, phone_key, attributes, first_contact_at, created_at, updated_at)
                     VALUES ($1, $2, $3, $5, '{}', $4, $4, $4) RETURNING *",
                )
                .bind(Uuid::new_v4().to_string())
                .bind(tenant)
                .bind(phone)
                .bind(now)
                        .bind(contact.phone_key())
                .fetch_one(&mut *transaction)
                .await?,
            };
            let lead = StoredLead::try_from(row)?.number;
            sqlx::query(FIRST_INTENT).bind(lead).bind("chat").bind(at).execute(&mut *transaction).await?;
            let begun = sqlx::query(
                "INSERT INTO conversations (tenant, source, user_id, lead, state, created_at, updated_at, last_inbound_at,
                     holder, held_until, made_lead)
                 VALUES ($1, $2, $3, $4, '', $5, $5, 0, $6, $7, $8) ON CONFLICT DO NOTHING",
            )
            .bind(tenant)
            .bind(&chatter.source)
            .bind(&chatter.user_id)
            .bind(lead)
            .bind(now)
            .bind(holder)
            .bind(held_until)
            .bind(is_made.then_some(lead))
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if begun == 0 {
                // It is there, so somebody holds it; the lead that was made for it is undone.
                return Ok(None);
            }
            Some(HeldConversation { lead, state: None })
            } else {
                None
            }
        }))
    }

    /// Holds a conversation for longer; false where somebody else has it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn extend_conversation(&self, holder: &str, held_until: i64) -> Result<bool, StoreError> {
        Ok(write!(&self.db, transaction => {
            sqlx::query("UPDATE conversations SET held_until = $2 WHERE holder = $1")
                .bind(holder)
                .bind(held_until)
                .execute(&mut *transaction)
                .await?
                .rows_affected()
                > 0
        }))
    }

    /// Lets go of a conversation without an answer.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn release_conversation(&self, holder: &str) -> Result<(), StoreError> {
        write!(&self.db, transaction => {
            sqlx::query("UPDATE conversations SET holder = NULL, held_until = NULL WHERE holder = $1")
                .bind(holder)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// Gives a person who has another telephone number their conversation under it, and the lead the number; false where there is
    /// no such conversation. Ids that do not name the number stay.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn move_number(
        &self,
        tenant: &str,
        (source, user_ids): (&str, &[String]),
        user_id: &str,
        phone: &str,
    ) -> Result<bool, StoreError> {
        Ok(write!(&self.db, transaction => {
            let mut found: Vec<(i64, &String)> = Vec::new();
            for old in user_ids {
                let row: Option<(i64,)> = sqlx::query_as(
                    "SELECT lead FROM conversations WHERE tenant = $1 AND source = $2 AND user_id = $3",
                )
                .bind(tenant)
                .bind(source)
                .bind(old)
                .fetch_optional(&mut *transaction)
                .await?;
                found.extend(row.map(|(lead,)| (lead, old)));
            }
            // The leads come before their conversations, in the order of their numbers, as they do where leads are merged.
            found.sort_unstable();
            let mut is_known = false;
            for (lead, old) in found {
                let row: Option<Row> = take!(transaction, tenant, lead);
                let Some(Row { number, .. }) = row else { continue };
                let moved = sqlx::query(
                    "UPDATE conversations SET user_id = CASE WHEN EXISTS (
                         SELECT 1 FROM conversations WHERE tenant = $1 AND source = $2 AND user_id = $4)
                         THEN user_id ELSE $4 END
                     WHERE tenant = $1 AND source = $2 AND user_id = $3 AND lead = $5",
                )
                .bind(tenant)
                .bind(source)
                .bind(old)
                .bind(user_id)
                .bind(number)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
                if moved == 0 {
                    continue;
                }
                is_known = true;
                sqlx::query("UPDATE leads SET phone = $2, phone_key = $3 WHERE number = $1")
                    .bind(number)
                    .bind(phone)
                    .bind(phone_key(phone))
                    .execute(&mut *transaction)
                    .await?;
            }
            is_known
        }))
    }

    /// How many conversations a tenant has.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn conversation_count(&self, tenant: &str) -> Result<i64, StoreError> {
        let (count,): (i64,) = read!(&self.db, pool => sqlx::query_as(
            "SELECT COUNT(*) FROM conversations WHERE tenant = $1",
        ).bind(tenant).fetch_one(pool).await?);
        Ok(count)
    }
}
