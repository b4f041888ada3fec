//! What is exported of a lead besides: chats, intents, qualifications, its sales representative, CRM systems, and the leads that became it.

use std::collections::BTreeMap;

use leadscore::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::db::read;
use super::super::{Store, StoreError};
use super::{LeadTransfer, damaged, time};

/// Who chats where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConversationTransfer {
    /// The channel.
    pub source: String,
    /// The user's id there.
    pub user_id: String,
    /// What the chat remembers; null where nothing was answered yet.
    pub state: Value,
    /// When it began.
    pub created_at: Timestamp,
    /// When something was last said.
    pub updated_at: Timestamp,
    /// When the user last said something.
    pub last_inbound_at: Timestamp,
}

/// What a lead said that it wants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntentTransfer {
    /// The intent.
    pub intent: String,
    /// Where it said so.
    pub origin: String,
    /// When.
    pub at: Timestamp,
}

/// A qualification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualificationTransfer {
    /// 0 to 100.
    pub score: f64,
    /// The tier.
    pub tier: String,
    /// What was answered besides.
    pub body: Value,
    /// How long it took, in milliseconds.
    pub processing_ms: i64,
    /// When.
    pub created_at: Timestamp,
}

/// The sales representative that a lead belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignmentTransfer {
    /// The id in the roster.
    pub rep: String,
    /// Since when.
    pub at: Timestamp,
}

/// Where a lead is in a CRM system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrmTransfer {
    /// The CRM system.
    pub crm: String,
    /// Our id of the lead as the CRM system knows it.
    pub external_id: String,
    /// The CRM system's id of the record.
    pub record: String,
    /// Its id of the deal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deal: Option<String>,
    /// When it was last written.
    pub synced_at: Timestamp,
}

/// A lead that became this one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergedTransfer {
    /// The id it had.
    pub id: String,
    /// The caller's id it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The e-mail address it had, where this one has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The telephone number it had, where this one has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// When they were merged.
    pub merged_at: Timestamp,
}

/// Lead, id, the caller's id, e-mail address, telephone number, time.
type Merged = (i64, String, Option<String>, Option<String>, Option<String>, i64);

impl Store {
    /// Adds these to leads of a range of numbers.
    pub(super) async fn export_more(
        &self,
        tenant: &str,
        (first, last): (i64, i64),
        found: &mut BTreeMap<i64, LeadTransfer>,
    ) -> Result<(), StoreError> {
        let json =
            |what, text: &str| serde_json::from_str::<Value>(text).map_err(|error| damaged(what, error));
        let rows: Vec<(i64, String, String, String, i64, i64, i64)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT lead, source, user_id, state, created_at, updated_at, last_inbound_at FROM conversations
             WHERE tenant = $1 AND lead BETWEEN $2 AND $3 ORDER BY lead, created_at, source, user_id",
        ).bind(tenant).bind(first).bind(last).fetch_all(pool).await?);
        for (lead, source, user_id, state, created_at, updated_at, last_inbound_at) in rows {
            let conversation = ConversationTransfer {
                source,
                user_id,
                state: if state.is_empty() { Value::Null } else { json("conversation", &state)? },
                created_at: time("conversation", created_at)?,
                updated_at: time("conversation", updated_at)?,
                last_inbound_at: time("conversation", last_inbound_at)?,
            };
            if let Some(own) = found.get_mut(&lead) {
                own.conversations.push(conversation);
            }
        }
        let rows: Vec<(i64, String, String, i64)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT lead, intent, origin, at FROM intents JOIN leads ON leads.number = lead
             WHERE tenant = $1 AND lead BETWEEN $2 AND $3 ORDER BY intents.number",
        ).bind(tenant).bind(first).bind(last).fetch_all(pool).await?);
        for (lead, intent, origin, at) in rows {
            let intent = IntentTransfer { intent, origin, at: time("intent", at)? };
            if let Some(own) = found.get_mut(&lead) {
                own.intents.push(intent);
            }
        }
        let rows: Vec<(i64, f64, String, String, i64, i64)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT lead, score, tier, body, processing_ms, created_at FROM qualifications
             WHERE tenant = $1 AND lead BETWEEN $2 AND $3 ORDER BY number",
        ).bind(tenant).bind(first).bind(last).fetch_all(pool).await?);
        for (lead, score, tier, body, processing_ms, created_at) in rows {
            let body = json("qualification", &body)?;
            let created_at = time("qualification", created_at)?;
            if let Some(own) = found.get_mut(&lead) {
                own.qualifications.push(QualificationTransfer {
                    score,
                    tier,
                    body,
                    processing_ms,
                    created_at,
                });
            }
        }
        let rows: Vec<(i64, String, i64)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT lead, rep, at FROM assignments WHERE tenant = $1 AND lead BETWEEN $2 AND $3",
        ).bind(tenant).bind(first).bind(last).fetch_all(pool).await?);
        for (lead, rep, at) in rows {
            let assignment = AssignmentTransfer { rep, at: time("assignment", at)? };
            if let Some(own) = found.get_mut(&lead) {
                own.assignment = Some(assignment);
            }
        }
        let rows: Vec<(i64, String, String, String, Option<String>, i64)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT lead, crm, external_id, record, deal, synced_at FROM crm_records
             WHERE tenant = $1 AND lead BETWEEN $2 AND $3 ORDER BY lead, crm",
        ).bind(tenant).bind(first).bind(last).fetch_all(pool).await?);
        for (lead, crm, external_id, record, deal, synced_at) in rows {
            let synced_at = time("CRM record", synced_at)?;
            if let Some(own) = found.get_mut(&lead) {
                own.crm_records.push(CrmTransfer { crm, external_id, record, deal, synced_at });
            }
        }
        let rows: Vec<Merged> = read!(&self.db, pool => sqlx::query_as(
            "SELECT lead, id, external_id, email, phone, merged_at FROM merged_leads
             WHERE tenant = $1 AND lead BETWEEN $2 AND $3 ORDER BY lead, merged_at, id",
        ).bind(tenant).bind(first).bind(last).fetch_all(pool).await?);
        for (lead, id, external_id, email, phone, merged_at) in rows {
            let merged_at = time("merged lead", merged_at)?;
            if let Some(own) = found.get_mut(&lead) {
                own.merged.push(MergedTransfer { id, external_id, email, phone, merged_at });
            }
        }
        Ok(())
    }
}
