//! Leads with all that is known of them, out of a store and into another one.

mod import;
mod labelled;
mod more;
mod suppressed;

use std::collections::BTreeMap;

use leadscore::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::db::read;
use super::{Attributes, Contact, NewActivity, Store, StoreError, StoredLead};
pub use import::{ImportOutcome, Imported};
pub use labelled::{LabelledLead, Unlabelled};
pub use more::{
    AssignmentTransfer, ConversationTransfer, CrmTransfer, IntentTransfer, MergedTransfer,
    QualificationTransfer,
};
pub use suppressed::SuppressedTransfer;

/// A lead on its way: a line of an export.
///
/// Its number stays behind, because each store counts by itself; the id goes along.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadTransfer {
    /// The version of this form, by which a line of an export is known: 1.
    pub leadscore_lead: u32,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The e-mail address, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The caller's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// What is known of it.
    #[serde(default)]
    pub attributes: Attributes,
    /// When it was first heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_contact_at: Option<Timestamp>,
    /// When it was first kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// The time of its latest activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_activity_at: Option<Timestamp>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeTransfer>,
    /// What the heat model said last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heat: Option<HeatTransfer>,
    /// The last recommendation, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommendation: Option<String>,
    /// What happened with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activities: Vec<NewActivity>,
    /// What was said in chats.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<MessageTransfer>,
    /// What the heat model said each time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heat_scores: Vec<HeatTransfer>,
    /// What was predicted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predictions: Vec<PredictionTransfer>,
    /// How it was qualified each time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub qualifications: Vec<QualificationTransfer>,
    /// The sales representative that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<AssignmentTransfer>,
    /// What it said that it wants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intents: Vec<IntentTransfer>,
    /// Where it chats.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conversations: Vec<ConversationTransfer>,
    /// Where it is in CRM systems.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crm_records: Vec<CrmTransfer>,
    /// The leads that became it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<MergedTransfer>,
}

/// How a lead ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeTransfer {
    /// `converted` or `lost`.
    pub outcome: String,
    /// When.
    pub at: Timestamp,
}

/// What the heat model said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeatTransfer {
    /// The class.
    pub class: String,
    /// Its probability.
    pub confidence: f64,
    /// When, where that is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// A message of a chat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageTransfer {
    /// Its id.
    pub id: String,
    /// The channel.
    pub source: String,
    /// Who said it.
    pub role: String,
    /// The words.
    pub content: String,
    /// When.
    pub at: Timestamp,
    /// How long the reply took, in milliseconds, where the assistant gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_ms: Option<i64>,
    /// What became of it at the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The id of the message that it answers, so that none is answered twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<String>,
}

/// A prediction that was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PredictionTransfer {
    /// The configuration it was made for.
    pub configuration: i64,
    /// What was predicted.
    pub kind: String,
    /// `model` or `rules`.
    pub author: String,
    /// The hash of the pipeline.
    pub pipeline: String,
    /// The prediction itself.
    pub body: Value,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it counts.
    pub expires_at: Timestamp,
    /// Whether it came true, once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was_accurate: Option<bool>,
    /// When that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validated_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct PredictionRow {
    lead: i64,
    configuration: i64,
    kind: String,
    author: String,
    pipeline: String,
    body: String,
    created_at: i64,
    expires_at: i64,
    was_accurate: Option<i64>,
    validated_at: Option<i64>,
}

/// Lead, id, channel, who, words, time, how long the reply took, what became of it, what it answers.
type Said = (i64, String, String, String, String, i64, Option<i64>, Option<String>, Option<String>);

impl LeadTransfer {
    /// The version that is written.
    pub const VERSION: u32 = 1;

    /// A lead of which nothing is known.
    pub fn new() -> LeadTransfer {
        LeadTransfer { leadscore_lead: LeadTransfer::VERSION, ..LeadTransfer::default() }
    }

    /// How it is told from others.
    pub(super) fn contact(&self) -> Contact {
        Contact {
            email: self.email.clone(),
            phone: self.phone.clone(),
            external_id: self.external_id.clone(),
        }
    }
}

impl Store {
    /// The next leads of a tenant with all that is known of them, behind a lead's number; with the number of the last one.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`].
    pub async fn export_leads(
        &self,
        tenant: &str,
        after: i64,
        limit: u32,
    ) -> Result<(Vec<LeadTransfer>, Option<i64>), StoreError> {
        let leads = self.leads_after(tenant, after, limit).await?;
        let (Some(first), Some(last)) = (leads.first(), leads.last()) else { return Ok((Vec::new(), None)) };
        let (first, last) = (first.number, last.number);
        let mut found: BTreeMap<i64, LeadTransfer> = BTreeMap::new();
        for lead in leads {
            found.insert(lead.number, LeadTransfer::try_from(lead)?);
        }
        let rows: Vec<(i64, String, String, i64, Option<String>)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT lead, activities.id, kind, at, properties FROM activities JOIN leads ON leads.number = lead
             WHERE tenant = $1 AND lead BETWEEN $2 AND $3 ORDER BY activities.number",
        ).bind(tenant).bind(first).bind(last).fetch_all(pool).await?);
        for (lead, id, kind, at, properties) in rows {
            let properties = match properties {
                Some(text) => serde_json::from_str(&text).map_err(|error| damaged("activity", error))?,
                None => Attributes::new(),
            };
            let activity = NewActivity { id, kind, at: time("activity", at)?, properties };
            if let Some(own) = found.get_mut(&lead) {
                own.activities.push(activity);
            }
        }
        let rows: Vec<Said> = read!(&self.db, pool => sqlx::query_as(
            "SELECT lead, messages.id, source, role, content, at, reply_ms, status, answers FROM messages JOIN leads ON leads.number = lead
             WHERE tenant = $1 AND lead BETWEEN $2 AND $3 ORDER BY messages.number",
        ).bind(tenant).bind(first).bind(last).fetch_all(pool).await?);
        for (lead, id, source, role, content, at, reply_ms, status, answers) in rows {
            let at = time("message", at)?;
            let message = MessageTransfer { id, source, role, content, at, reply_ms, status, answers };
            if let Some(own) = found.get_mut(&lead) {
                own.messages.push(message);
            }
        }
        let rows: Vec<(i64, String, f64, i64)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT lead, class, confidence, at FROM heat_scores WHERE tenant = $1 AND lead BETWEEN $2 AND $3
             ORDER BY number",
        ).bind(tenant).bind(first).bind(last).fetch_all(pool).await?);
        for (lead, class, confidence, at) in rows {
            let score = HeatTransfer { class, confidence, at: Some(time("heat score", at)?) };
            if let Some(own) = found.get_mut(&lead) {
                own.heat_scores.push(score);
            }
        }
        let rows: Vec<PredictionRow> = read!(&self.db, pool => sqlx::query_as(
            "SELECT lead, configuration, kind, author, pipeline, body, created_at, expires_at, was_accurate, validated_at
             FROM predictions WHERE tenant = $1 AND lead BETWEEN $2 AND $3 ORDER BY number",
        ).bind(tenant).bind(first).bind(last).fetch_all(pool).await?);
        for row in rows {
            let lead = row.lead;
            let prediction = PredictionTransfer::try_from(row)?;
            if let Some(own) = found.get_mut(&lead) {
                own.predictions.push(prediction);
            }
        }
        self.export_more(tenant, (first, last), &mut found).await?;
        Ok((found.into_values().collect(), Some(last)))
    }
}

impl TryFrom<StoredLead> for LeadTransfer {
    type Error = StoreError;

    fn try_from(lead: StoredLead) -> Result<LeadTransfer, StoreError> {
        let time = |millis: i64| time("lead", millis);
        let outcome = lead.outcome.map(|(outcome, at)| {
            Ok::<_, StoreError>(OutcomeTransfer { outcome: outcome.as_str().to_owned(), at: time(at)? })
        });
        Ok(LeadTransfer {
            id: Some(lead.id),
            email: lead.contact.email,
            phone: lead.contact.phone,
            external_id: lead.contact.external_id,
            attributes: lead.attributes,
            first_contact_at: Some(time(lead.first_contact_at)?),
            created_at: Some(time(lead.created_at)?),
            updated_at: Some(time(lead.updated_at)?),
            last_activity_at: lead.last_activity_at.map(time).transpose()?,
            outcome: outcome.transpose()?,
            heat: lead.heat.map(|(class, confidence)| HeatTransfer { class, confidence, at: None }),
            recommendation: lead.recommendation,
            ..LeadTransfer::new()
        })
    }
}

impl TryFrom<PredictionRow> for PredictionTransfer {
    type Error = StoreError;

    fn try_from(row: PredictionRow) -> Result<PredictionTransfer, StoreError> {
        let time = |millis: i64| time("prediction", millis);
        Ok(PredictionTransfer {
            body: serde_json::from_str(&row.body).map_err(|error| damaged("prediction", error))?,
            configuration: row.configuration,
            kind: row.kind,
            author: row.author,
            pipeline: row.pipeline,
            created_at: time(row.created_at)?,
            expires_at: time(row.expires_at)?,
            was_accurate: row.was_accurate.map(|flag| flag != 0),
            validated_at: row.validated_at.map(time).transpose()?,
        })
    }
}

fn time(what: &'static str, millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millis(millis).map_err(|error| damaged(what, error))
}

fn damaged(what: &'static str, error: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged { what, message: error.to_string() }
}
