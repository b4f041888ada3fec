//! What happened with leads.

use std::collections::BTreeMap;

use leadscore::{Activity, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::db::{read, write};
use super::leads::Row;
use super::take::take;
use super::{Attributes, Store, StoreError};

/// Something that happened with a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewActivity {
    /// The caller's id of the event: the same id is kept once for each lead.
    pub id: String,
    /// What happened.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// More about it.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub properties: Attributes,
}

/// How many activities were new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Appended {
    /// Kept.
    pub accepted: u64,
    /// Known before.
    pub duplicates: u64,
}

/// Locks the lead `$2` of the tenant `$1`, with the times of its first (`$3`) and latest (`$4`) activity, where they are not
/// within what is known.
pub(super) const TAKE_AT: &str =
    "UPDATE leads SET first_contact_at = CASE WHEN first_contact_at < COALESCE($3, first_contact_at)
    THEN first_contact_at ELSE COALESCE($3, first_contact_at) END,
    last_activity_at = CASE WHEN COALESCE(last_activity_at, $4) > COALESCE($4, last_activity_at)
    THEN last_activity_at ELSE COALESCE($4, last_activity_at) END
    WHERE tenant = $1 AND number = $2";

/// Keeps an activity, unless its id is known.
pub(super) const INSERT_ACTIVITY: &str =
    "INSERT INTO activities (lead, id, kind, at, properties) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (lead, id) DO NOTHING";

impl Store {
    /// Keeps activities of a lead, all or none; one whose id is known is left as it is. None where there is no such lead.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn append_activities(
        &self,
        tenant: &str,
        lead: i64,
        activities: &[NewActivity],
    ) -> Result<Option<Appended>, StoreError> {
        let latest = activities.iter().map(|activity| activity.at.as_millis()).max();
        let first = activities.iter().map(|activity| activity.at.as_millis()).min();
        Ok(write!(&self.db, transaction => {
            let row: Option<Row> = take!(transaction, tenant, lead);
            let Some(Row { number: lead, .. }) = row else { return Ok(None) };
            sqlx::query(TAKE_AT)
            .bind(tenant)
            .bind(lead)
            .bind(first)
            .bind(latest)
            .execute(&mut *transaction)
            .await?;
            let mut accepted = 0;
            for activity in activities {
                accepted += sqlx::query(INSERT_ACTIVITY)
                .bind(lead)
                .bind(&activity.id)
                .bind(&activity.kind)
                .bind(activity.at.as_millis())
                .bind((!activity.properties.is_empty()).then(|| Value::Object(activity.properties.clone()).to_string()))
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            }
            Some(Appended { accepted, duplicates: activities.len() as u64 - accepted })
        }))
    }

    /// The activities of a lead, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`].
    pub async fn activities(&self, lead: i64) -> Result<Vec<Activity>, StoreError> {
        Ok(self.activities_of(lead, lead).await?.remove(&lead).unwrap_or_default())
    }

    /// The activities of all leads whose number lies in a range, oldest first, by the number of the lead.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`].
    pub async fn activities_of(
        &self,
        first: i64,
        last: i64,
    ) -> Result<BTreeMap<i64, Vec<Activity>>, StoreError> {
        let rows: Vec<(i64, String, String, i64, Option<String>)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT lead, id, kind, at, properties FROM activities WHERE lead BETWEEN $1 AND $2 ORDER BY at, number",
        ).bind(first).bind(last).fetch_all(pool).await?);
        let damaged = |message: String| StoreError::Damaged { what: "activity", message };
        let mut activities: BTreeMap<i64, Vec<Activity>> = BTreeMap::new();
        for (lead, id, kind, at, properties) in rows {
            let at = Timestamp::from_millis(at).map_err(|error| damaged(error.to_string()))?;
            let mut activity = Activity::new(kind, at).with_id(id);
            if let Some(text) = properties {
                let properties: Attributes =
                    serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
                for (name, value) in properties {
                    activity = match value {
                        Value::String(text) => activity.with(name, text),
                        Value::Number(number) => activity.with(name, number.as_f64()),
                        Value::Bool(flag) => activity.with(name, flag),
                        Value::Null | Value::Array(_) | Value::Object(_) => activity,
                    };
                }
            }
            activities.entry(lead).or_default().push(activity);
        }
        Ok(activities)
    }
}
