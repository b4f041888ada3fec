//! Leads: who they are, what is known of them, and how it ended.

use leadscore::{Activity, Lead, Timestamp};
use serde_json::Value;

use super::db::{read, write};
use super::identity::{email_key, phone_key};
use super::lookup::{LEAD_BY_ANY, LEAD_BY_CONTACT};
use super::suppression::{email_keys, take_back};
use super::take::take;
use super::{Store, StoreError, UNSUBSCRIBED_AT};

/// What is known of a lead, by name: texts, numbers and flags.
pub type Attributes = serde_json::Map<String, Value>;

/// How a lead can be told from others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// The e-mail address as it was written; it decides, and other ways to write it are the same one.
    pub email: Option<String>,
    /// The telephone number as it was written; it is compared in E.164, or by its digits where no country is written.
    pub phone: Option<String>,
    /// The caller's own id.
    pub external_id: Option<String>,
}

/// How a lead ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It bought.
    Converted,
    /// It did not.
    Lost,
}

/// A lead as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredLead {
    /// The number by which some APIs call it; rises by age.
    pub number: i64,
    /// The id by which the others call it.
    pub id: String,
    /// How it is told from others.
    pub contact: Contact,
    /// What is known of it.
    pub attributes: Attributes,
    /// When it was first heard of.
    pub first_contact_at: i64,
    /// When it was first kept.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// The time of its latest activity.
    pub last_activity_at: Option<i64>,
    /// How it ended, and when.
    pub outcome: Option<(Outcome, i64)>,
    /// The last class of the heat model, with its probability.
    pub heat: Option<(String, f64)>,
    /// The last recommendation, as JSON.
    pub recommendation: Option<String>,
}

/// What [`Store::save_lead`] did.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedLead {
    /// The lead as it is now.
    pub lead: StoredLead,
    /// Whether it was not known before.
    pub is_new: bool,
    /// The sales representative that it belongs to, where it was routed.
    pub rep: Option<String>,
}

/// A lead by one of its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeadReference {
    /// Its number.
    Number(i64),
    /// Its id, the caller's id or its number as text, whichever fits first.
    Any(String),
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) number: i64,
    id: String,
    pub(super) tenant: String,
    email: Option<String>,
    phone: Option<String>,
    external_id: Option<String>,
    attributes: String,
    first_contact_at: i64,
    created_at: i64,
    pub(super) updated_at: i64,
    last_activity_at: Option<i64>,
    outcome: Option<String>,
    outcome_at: Option<i64>,
    heat_class: Option<String>,
    heat_confidence: Option<f64>,
    recommendation: Option<String>,
}

impl Store {
    /// A lead by one of its names.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn lead(
        &self,
        tenant: &str,
        reference: &LeadReference,
    ) -> Result<Option<StoredLead>, StoreError> {
        let (number, text) = match reference {
            LeadReference::Number(number) => (Some(*number), None),
            LeadReference::Any(text) => (text.parse::<i64>().ok(), Some(text.as_str())),
        };
        let row: Option<Row> = read!(&self.db, pool => {
            sqlx::query_as(LEAD_BY_ANY).bind(tenant).bind(text).bind(number).fetch_optional(pool).await?
        });
        row.map(StoredLead::try_from).transpose()
    }

    /// The lead that [`Store::save_lead`] would update for a contact.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn lead_by_contact(
        &self,
        tenant: &str,
        contact: &Contact,
    ) -> Result<Option<StoredLead>, StoreError> {
        let row: Option<Row> = read!(&self.db, pool => {
            sqlx::query_as(LEAD_BY_CONTACT)
                .bind(tenant)
                .bind(contact.email_key())
                .bind(&contact.external_id)
                .bind(contact.phone_to_find())
                .fetch_optional(pool)
                .await?
        });
        row.map(StoredLead::try_from).transpose()
    }

    /// Changes a lead: attributes are merged, and a contact that is given replaces the old one.
    ///
    /// # Errors
    /// [`StoreError::Database`]; [`StoreError::Taken`] where another lead has the e-mail address or id.
    pub async fn update_lead(
        &self,
        tenant: &str,
        number: i64,
        contact: &Contact,
        attributes: &Attributes,
        now: Timestamp,
    ) -> Result<Option<StoredLead>, StoreError> {
        Ok(write!(&self.db, transaction => {
            let row: Option<Row> = take!(transaction, tenant, number);
            let Some(row) = row else { return Ok(None) };
            let mut lead = StoredLead::try_from(row)?;
            merge(&mut lead.attributes, attributes);
            let row: Row = sqlx::query_as(
                "UPDATE leads SET email = COALESCE($2, email), phone = COALESCE($3, phone),
                     external_id = COALESCE($4, external_id), attributes = $5, email_key = COALESCE($6, email_key),
                     phone_key = COALESCE($7, phone_key), updated_at = $8 WHERE number = $1 RETURNING *",
            )
            .bind(lead.number)
            .bind(&contact.email)
            .bind(&contact.phone)
            .bind(&contact.external_id)
            .bind(Value::Object(lead.attributes.clone()).to_string())
            .bind(contact.email_key())
            .bind(contact.phone_key())
            .bind(now.as_millis())
            .fetch_one(&mut *transaction)
            .await
            .map_err(taken)?;
            if attributes.get(UNSUBSCRIBED_AT).is_some_and(Value::is_null) {
                // Whoever takes the word back for a lead takes it back for its addresses.
                for key in email_keys!(transaction, lead) {
                    take_back!(transaction, tenant, &key);
                }
            }
            Some(StoredLead::try_from(row)?)
        }))
    }

    /// Leads whose number is above `after`, in the order of their numbers.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn leads_after(
        &self,
        tenant: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<StoredLead>, StoreError> {
        let rows: Vec<Row> = read!(&self.db, pool => sqlx::query_as(
            "SELECT * FROM leads WHERE tenant = $1 AND number > $2 ORDER BY number LIMIT $3",
        ).bind(tenant).bind(after).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(StoredLead::try_from).collect()
    }

    /// Leads that the heat model has scored, of one class or of all, the latest first, and how many there are.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn heat_leads(
        &self,
        tenant: &str,
        class: Option<&str>,
        limit: u32,
        offset: i64,
    ) -> Result<(Vec<StoredLead>, i64), StoreError> {
        let rows: Vec<Row> = read!(&self.db, pool => sqlx::query_as(
            "SELECT * FROM leads WHERE tenant = $1 AND heat_class IS NOT NULL AND heat_class = COALESCE($2, heat_class)
             ORDER BY number DESC LIMIT $3 OFFSET $4",
        ).bind(tenant).bind(class).bind(i64::from(limit)).bind(offset).fetch_all(pool).await?);
        let (count,): (i64,) = read!(&self.db, pool => sqlx::query_as(
            "SELECT COUNT(*) FROM leads
             WHERE tenant = $1 AND heat_class IS NOT NULL AND heat_class = COALESCE($2, heat_class)",
        ).bind(tenant).bind(class).fetch_one(pool).await?);
        Ok((rows.into_iter().map(StoredLead::try_from).collect::<Result<_, _>>()?, count))
    }

    /// Keeps how a lead ended; a later word replaces an earlier one. False where there is no such lead.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_outcome(
        &self,
        tenant: &str,
        number: i64,
        outcome: Outcome,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(write!(&self.db, transaction => {
            let row: Option<Row> = take!(transaction, tenant, number);
            let Some(row) = row else { return Ok(false) };
            sqlx::query("UPDATE leads SET outcome = $2, outcome_at = $3 WHERE number = $1")
                .bind(row.number)
                .bind(outcome.as_str())
                .bind(at.as_millis())
                .execute(&mut *transaction)
                .await?;
            true
        }))
    }
}

impl Contact {
    /// The form by which the e-mail address is compared.
    pub(super) fn email_key(&self) -> Option<String> {
        self.email.as_deref().map(email_key)
    }

    /// The form by which the telephone number is compared; empty where it tells nobody from others.
    pub(super) fn phone_key(&self) -> Option<String> {
        self.phone.as_deref().map(phone_key)
    }

    /// The form by which leads with the telephone number are looked for.
    pub(super) fn phone_to_find(&self) -> Option<String> {
        self.phone_key().filter(|key| !key.is_empty())
    }
}

impl StoredLead {
    /// The lead as a pipeline reads it, with its activities.
    ///
    /// The contact and the time of the first contact are attributes too, unless the lead has its own of that name.
    pub fn to_lead(&self, activities: Vec<Activity>) -> Lead {
        let mut lead = Lead::new(self.id.clone());
        lead.activities = activities;
        let contact = [("email", &self.contact.email), ("phone", &self.contact.phone)];
        for (name, value) in contact {
            lead = lead.with(name, value.as_deref());
        }
        lead = lead
            .with("created_at", Timestamp::from_millis(self.first_contact_at).ok().map(|at| at.to_string()));
        for (name, value) in &self.attributes {
            lead = match value {
                Value::String(text) => lead.with(name, text.as_str()),
                Value::Number(number) => lead.with(name, number.as_f64()),
                Value::Bool(flag) => lead.with(name, *flag),
                Value::Null | Value::Array(_) | Value::Object(_) => lead,
            };
        }
        lead
    }

    /// An attribute as text, if it is one and not blank.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
    }
}

impl Outcome {
    /// `converted` or `lost`.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Converted => "converted",
            Outcome::Lost => "lost",
        }
    }

    /// The outcome of that name.
    pub fn parse(text: &str) -> Option<Outcome> {
        [Outcome::Converted, Outcome::Lost].into_iter().find(|outcome| outcome.as_str() == text)
    }
}

impl TryFrom<Row> for StoredLead {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<StoredLead, StoreError> {
        let attributes = serde_json::from_str(&row.attributes)
            .map_err(|error| StoreError::Damaged { what: "lead", message: error.to_string() })?;
        Ok(StoredLead {
            number: row.number,
            id: row.id,
            contact: Contact { email: row.email, phone: row.phone, external_id: row.external_id },
            attributes,
            first_contact_at: row.first_contact_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            last_activity_at: row.last_activity_at,
            outcome: row.outcome.as_deref().and_then(Outcome::parse).zip(row.outcome_at),
            heat: row.heat_class.zip(row.heat_confidence),
            recommendation: row.recommendation,
        })
    }
}

/// Puts new attributes beside those there are; a null removes one.
pub(super) fn merge(own: &mut Attributes, new: &Attributes) {
    for (name, value) in new {
        if value.is_null() {
            own.remove(name);
        } else {
            own.insert(name.clone(), value.clone());
        }
    }
}

/// A broken unique index means that somebody else has the name.
pub(super) fn taken(error: sqlx::Error) -> StoreError {
    match error.as_database_error() {
        Some(own) if own.is_unique_violation() && own.message().contains("external_id") => {
            StoreError::Taken("id")
        }
        Some(own) if own.is_unique_violation() => StoreError::Taken("e-mail address"),
        _ => StoreError::Database(error),
    }
}
