use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use leadscore::{Timestamp, Zone};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::leads::{AttributeValue, find, no_such_lead};
use crate::body::Body;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;
use crate::store::NewActivity;

/// What happened with a lead.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivityBatch {
    #[schema(max_items = 1000)]
    activities: Vec<ActivityBody>,
}

/// Something that happened with a lead.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivityBody {
    /// Your id of the event: the same id counts once for each lead.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    id: String,
    /// Such as `email_open` or `meeting`.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    kind: String,
    at: Moment,
    #[serde(default)]
    #[schema(required = false)]
    properties: BTreeMap<String, AttributeValue>,
}

/// How many activities were new.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppendedActivities {
    accepted: u64,
    duplicates: u64,
}

/// Keeps activities of a lead, all or none.
#[utoipa::path(post, path = "/api/v1/leads/{lead}/activities", operation_id = "append_activities",
    params(("lead" = String, Path)), request_body = ActivityBatch,
    responses((status = 200, body = AppendedActivities), (status = 404, description = "No such lead")))]
pub(crate) async fn append(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(lead): Path<String>,
    Body(body): Body<ActivityBatch>,
) -> Result<Json<AppendedActivities>, Fault> {
    let number = find(&state, &caller, lead).await?.number;
    let read = |(index, activity): (usize, ActivityBody)| activity.read(index);
    let activities = body.activities.into_iter().enumerate().map(read).collect::<Result<Vec<_>, Fault>>()?;
    let appended = state.store.append_activities(&caller.tenant, number, &activities).await?;
    let appended = appended.ok_or_else(no_such_lead)?;
    Ok(Json(AppendedActivities { accepted: appended.accepted, duplicates: appended.duplicates }))
}

impl ActivityBody {
    fn read(self, index: usize) -> Result<NewActivity, Fault> {
        let at = self.at.time(&format!("activities[{index}].at"))?;
        let known = self.properties.into_iter().filter(|(_, value)| !value.0.is_null());
        let properties = known.map(|(name, value)| (name, value.0)).collect();
        Ok(NewActivity { id: self.id, kind: self.kind, at, properties })
    }
}

/// A time of a request: a day, which begins in UTC, or a time with its offset.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Moment(String);

impl Moment {
    pub(super) fn time(&self, field: &str) -> Result<Timestamp, Fault> {
        let time = Timestamp::parse(&self.0, &Zone::utc());
        time.map_err(|error| Fault::invalid(field, error.message().to_owned()))
    }
}

impl PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        let text = |format| {
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(format)))
        };
        let schema = AnyOfBuilder::new().item(text(KnownFormat::DateTime)).item(text(KnownFormat::Date));
        schema
            .description(Some("A day, which begins in UTC, or a time with its offset, as in RFC 3339."))
            .into()
    }
}

impl ToSchema for Moment {}
