//! Messages of a conversation that is held, and the answers to them.

use leadscore::Timestamp;
use serde_json::Value;

use super::activities::{INSERT_ACTIVITY, TAKE_AT};
use super::db::{LOCK, write};
use super::held::take_held;
use super::identity::{email_key, phone_key};
use super::intents::{NewIntent, OnHot, record_intent};
use super::jobs::INSERT;
use super::leads::{Row, taken};
use super::lookup::NUMBER_BY_EMAIL;
use super::merge::merge_rows;
use super::take::take;
use super::{Store, StoreError, StoredLead};

/// A message of a person, with what it tells of the lead.
#[derive(Debug, Clone, PartialEq)]
pub struct InboundMessage {
    /// Its id: the same is kept once.
    pub id: String,
    /// Where it came from.
    pub source: String,
    /// What it says.
    pub content: String,
    /// When it was written.
    pub at: Timestamp,
    /// What it tells of the lead.
    pub details: Vec<LearnedDetail>,
}

/// Something that a message tells of its lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LearnedDetail {
    /// `email`, `phone`, or the name of an attribute.
    pub name: &'static str,
    /// What it is.
    pub value: String,
    /// What the same chat said of it before, which it corrects; none where it only fills a gap.
    pub corrects: Option<String>,
}

/// What became of a message that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptMessage {
    /// The lead, with what the message tells of it.
    pub lead: StoredLead,
    /// Whether it was answered before.
    pub is_answered: bool,
}

/// The answer to a message, and what follows from it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewTurn {
    /// What the chat remembers now, as JSON.
    pub state: String,
    /// The id of the message that it answers.
    pub answers: String,
    /// Where it goes.
    pub source: String,
    /// What was sent.
    pub replies: Vec<NewReply>,
    /// What the message says about the wish to buy, where it says anything.
    pub intent: Option<NewIntent>,
}

/// A reply that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReply {
    /// Its id.
    pub id: String,
    /// What it says.
    pub content: String,
    /// How long the person waited for it, in milliseconds.
    pub reply_ms: Option<i64>,
}

impl Store {
    /// Keeps a message of a conversation that is held: its words, an activity, and what it tells of the lead. None where
    /// somebody else holds it by now.
    ///
    /// # Errors
    /// [`StoreError::Database`]; [`StoreError::Taken`] where another lead has the e-mail address that it tells.
    pub async fn keep_message(
        &self,
        holder: &str,
        message: &InboundMessage,
        now: Timestamp,
    ) -> Result<Option<KeptMessage>, StoreError> {
        let (at, now) = (message.at.as_millis(), now.as_millis());
        Ok(write!(&self.db, transaction => {
            let Some((row, tenant, own)) = take_held!(transaction, holder) else { return Ok(None) };
            let number = row.number;
            let held = sqlx::query(
                "UPDATE conversations SET updated_at = $3, made_lead = $5,
                     last_inbound_at = CASE WHEN last_inbound_at > $2 THEN last_inbound_at ELSE $2 END
                 WHERE holder = $1 AND lead = $4",
            )
            .bind(holder)
            .bind(at)
            .bind(now)
            .bind(number)
            .bind(own)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if held == 0 {
                return Ok(None);
            }
            sqlx::query(TAKE_AT).bind(&tenant).bind(number).bind(at).bind(at).execute(&mut *transaction).await?;
            let row: Row = sqlx::query_as("UPDATE leads SET updated_at = $2 WHERE number = $1 RETURNING *")
                .bind(number)
                .bind(now)
                .fetch_one(&mut *transaction)
                .await?;
            let mut lead = StoredLead::try_from(row)?;
            sqlx::query(
                "INSERT INTO messages (lead, id, source, role, content, at) VALUES ($1, $2, $3, 'user', $4, $5)
                 ON CONFLICT (lead, id) DO NOTHING",
            )
            .bind(number)
            .bind(&message.id)
            .bind(&message.source)
            .bind(&message.content)
            .bind(at)
            .execute(&mut *transaction)
            .await?;
            sqlx::query(INSERT_ACTIVITY)
                .bind(number)
                .bind(format!("message:{}", message.id))
                .bind("chat_message")
                .bind(at)
                .bind(serde_json::json!({"channel": "chat", "source": message.source}).to_string())
                .execute(&mut *transaction)
                .await?;
            learn(&mut lead, &message.source, &message.details, own.is_some());
            sqlx::query("UPDATE leads SET email = $2, phone = $3, attributes = $4, email_key = $5, phone_key = $6 WHERE number = $1")
                .bind(number)
                .bind(&lead.contact.email)
                .bind(&lead.contact.phone)
                .bind(Value::Object(lead.attributes.clone()).to_string())
                .bind(lead.contact.email_key())
                .bind(lead.contact.phone_key())
                .execute(&mut *transaction)
                .await
                .map_err(taken)?;
            let answered: Option<(i64,)> =
                sqlx::query_as("SELECT number FROM messages WHERE lead = $1 AND answers = $2 LIMIT 1")
                    .bind(number)
                    .bind(&message.id)
                    .fetch_optional(&mut *transaction)
                    .await?;
            Some(KeptMessage { lead, is_answered: answered.is_some() })
        }))
    }

    /// Makes the lead of a conversation that is held and the lead of an e-mail address one, where they are two: the one of
    /// the address stays. A lead that has an address of its own, which others know it by, stays by itself: whoever chats may
    /// name any address.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`].
    pub async fn unite_held(&self, holder: &str, email: &str, now: Timestamp) -> Result<(), StoreError> {
        write!(&self.db, transaction => {
            let held: Option<(i64, String)> = sqlx::query_as("SELECT lead, tenant FROM conversations WHERE holder = $1")
                .bind(holder)
                .fetch_optional(&mut *transaction)
                .await?;
            let Some((number, tenant)) = held else { return Ok(()) };
            let known: Option<(i64,)> =
                sqlx::query_as(NUMBER_BY_EMAIL).bind(&tenant).bind(email_key(email)).fetch_optional(&mut *transaction).await?;
            let Some((into,)) = known.filter(|(into,)| *into != number) else { return Ok(()) };
            // One merge of a tenant after the other, and the rows in the order of their numbers.
            sqlx::query(LOCK)
                .bind(format!("leads/{tenant}"))
                .bind(now.as_millis())
                .execute(&mut *transaction)
                .await?;
            let first: Option<Row> = take!(transaction, &tenant, number.min(into));
            let second: Option<Row> = take!(transaction, &tenant, number.max(into));
            let (Some(first), Some(second)) = (first, second) else { return Ok(()) };
            let (from, into) = if number < into { (first, second) } else { (second, first) };
            let Some((_, _, own)) = take_held!(transaction, holder) else { return Ok(()) };
            let (from, into) = (StoredLead::try_from(from)?, StoredLead::try_from(into)?);
            let may_merge = from.contact.email.is_none() || own == Some(from.number);
            if from.number != into.number && may_merge {
                merge_rows!(transaction, &tenant, into, from, now);
            }
        });
        Ok(())
    }

    /// Keeps the answer to a message with what follows from it, and lets go of the conversation; false, and nothing is
    /// kept, where somebody else holds it by now.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn keep_turn(
        &self,
        holder: &str,
        turn: &NewTurn,
        on_hot: OnHot<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let now = now.as_millis();
        Ok(write!(&self.db, transaction => {
            let Some((row, tenant, own)) = take_held!(transaction, holder) else { return Ok(false) };
            let number = row.number;
            let held = sqlx::query(
                "UPDATE conversations SET state = $2, updated_at = $3, made_lead = $5, holder = NULL, held_until = NULL
                 WHERE holder = $1 AND lead = $4",
            )
            .bind(holder)
            .bind(&turn.state)
            .bind(now)
            .bind(number)
            .bind(own)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if held == 0 {
                return Ok(false);
            }
            for reply in &turn.replies {
                // An echo of the reply may have come first: then it is known already, without how long it took.
                sqlx::query(
                    "INSERT INTO messages (lead, id, source, role, content, at, reply_ms, answers)
                     VALUES ($1, $2, $3, 'assistant', $4, $5, $6, $7)
                     ON CONFLICT (lead, id) DO UPDATE SET reply_ms = excluded.reply_ms, answers = excluded.answers",
                )
                .bind(number)
                .bind(&reply.id)
                .bind(&turn.source)
                .bind(&reply.content)
                .bind(now)
                .bind(reply.reply_ms)
                .bind(&turn.answers)
                .execute(&mut *transaction)
                .await?;
            }
            if let Some(intent) = &turn.intent {
                record_intent!(transaction, &tenant, number, intent, on_hot, now);
            }
            true
        }))
    }
}

/// Puts what a message tells of its lead beside what is known. The first source stays, and so does the address by which
/// others know the lead: only what the chat alone has said of its own lead is corrected.
fn learn(lead: &mut StoredLead, source: &str, details: &[LearnedDetail], is_own: bool) {
    if lead.text("source").is_none() {
        lead.attributes.insert("source".to_owned(), source.into());
    }
    for LearnedDetail { name, value, corrects } in details {
        let (contact, key): (_, fn(&str) -> String) = match *name {
            "email" => (&mut lead.contact.email, email_key),
            "phone" => (&mut lead.contact.phone, phone_key),
            _ => {
                let known = lead.text(name);
                if known.is_none() || corrects.is_some() && (is_own || known == corrects.as_deref()) {
                    lead.attributes.insert((*name).to_owned(), value.as_str().into());
                }
                continue;
            }
        };
        let is_same = |own: &String| own == value || !key(own).is_empty() && key(own) == key(value);
        match contact {
            Some(own) if !(is_own && corrects.is_some()) => {
                // Nothing that was said is lost.
                if !is_same(own) {
                    lead.attributes.insert(format!("other_{name}"), value.as_str().into());
                }
            }
            _ => *contact = Some(value.clone()),
        }
    }
}
