use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use leadscore::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::body::Body;
use crate::callers::Caller;
use crate::family::Family;
use crate::fault::Fault;
use crate::state::AppState;
use crate::store::{Attributes, Contact, LeadReference, StoredLead};

/// A lead. It is told from others by its e-mail address, its own id or its telephone number; without any it is a new one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeadBody {
    /// Your own id of it.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    id: Option<String>,
    #[schema(format = "email", max_length = 254)]
    email: Option<String>,
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    phone: Option<String>,
    #[serde(default)]
    #[schema(required = false)]
    attributes: BTreeMap<String, AttributeValue>,
}

/// The value of an attribute: a text, a number or a flag; null removes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct AttributeValue(pub(super) Value);

impl PartialSchema for AttributeValue {
    fn schema() -> RefOr<Schema> {
        let types = [Type::String, Type::Number, Type::Boolean, Type::Null];
        let schema = ObjectBuilder::new().schema_type(SchemaType::from_iter(types)).max_length(Some(10_000));
        schema.description(Some("A text, a number or a flag; null removes it.")).into()
    }
}

impl ToSchema for AttributeValue {}

/// A lead as it is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct LeadView {
    lead_id: String,
    /// The number by which the Lead ML API calls it.
    number: i64,
    /// Your own id of it.
    id: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    #[schema(value_type = BTreeMap<String, AttributeValue>)]
    attributes: Attributes,
    first_contact_at: String,
    created_at: String,
    updated_at: String,
    last_activity_at: Option<String>,
    /// `converted` or `lost`.
    outcome: Option<&'static str>,
    outcome_at: Option<String>,
}

/// Makes a lead, or merges what is new into the one that is known.
#[utoipa::path(post, path = "/api/v1/leads", operation_id = "create_lead", request_body = LeadBody,
    responses((status = 201, body = LeadView), (status = 200, description = "It was known and is merged", body = LeadView)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(body): Body<LeadBody>,
) -> Result<(StatusCode, Json<LeadView>), Fault> {
    let (contact, attributes) = body.parts();
    let saved = state.store.save_lead(&caller.tenant, &contact, &attributes, state.now()).await?;
    let status = if saved.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(saved.lead.into())))
}

/// A lead, by any of its ids.
#[utoipa::path(get, path = "/api/v1/leads/{lead}", operation_id = "get_lead", params(("lead" = String, Path)),
    responses((status = 200, body = LeadView), (status = 404, description = "No such lead")))]
pub(crate) async fn get(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(lead): Path<String>,
) -> Result<Json<LeadView>, Fault> {
    Ok(Json(find(&state, &caller, lead).await?.into()))
}

/// Changes a lead: attributes are merged, null removes one, and what the contact says replaces the old.
#[utoipa::path(patch, path = "/api/v1/leads/{lead}", operation_id = "update_lead", params(("lead" = String, Path)),
    request_body = LeadBody,
    responses((status = 200, body = LeadView), (status = 404, description = "No such lead"),
        (status = 409, description = "Another lead has this e-mail address or id")))]
pub(crate) async fn update(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(lead): Path<String>,
    Body(body): Body<LeadBody>,
) -> Result<Json<LeadView>, Fault> {
    let number = find(&state, &caller, lead).await?.number;
    let (contact, attributes) = body.parts();
    let updated = state.store.update_lead(&caller.tenant, number, &contact, &attributes, state.now()).await?;
    Ok(Json(updated.ok_or_else(no_such_lead)?.into()))
}

/// Erases a lead with its activities, messages and predictions; the texts of e-mails to it go too.
#[utoipa::path(delete, path = "/api/v1/leads/{lead}", operation_id = "delete_lead", params(("lead" = String, Path)),
    responses((status = 204, description = "It is erased"), (status = 404, description = "No such lead")))]
pub(crate) async fn delete(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(lead): Path<String>,
) -> Result<StatusCode, Fault> {
    let lead = find(&state, &caller, lead).await?;
    if !state.store.delete_lead(&caller.tenant, lead.number).await? {
        return Err(no_such_lead());
    }
    let actor = caller.actor.as_deref().unwrap_or("nobody");
    state.store.save_audit(&caller.tenant, (actor, "lead.erase", &lead.id), state.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A lead of the caller's tenant by any of its ids.
pub(super) async fn find(state: &AppState, caller: &Caller, lead: String) -> Result<StoredLead, Fault> {
    let found = state.store.lead(&caller.tenant, &LeadReference::Any(lead)).await?;
    found.ok_or_else(no_such_lead)
}

pub(super) fn no_such_lead() -> Fault {
    Fault::not_found("there is no such lead")
}

impl LeadBody {
    fn parts(self) -> (Contact, Attributes) {
        let contact = Contact {
            email: self.email.map(|email| email.trim().to_lowercase()),
            phone: self.phone.map(|phone| phone.trim().to_owned()),
            external_id: self.id.map(|id| id.trim().to_owned()),
        };
        (contact, self.attributes.into_iter().map(|(name, value)| (name, value.0)).collect())
    }
}

impl From<StoredLead> for LeadView {
    fn from(lead: StoredLead) -> LeadView {
        let time =
            |millis: i64| Timestamp::from_millis(millis).map_or(String::new(), |at| Family::Core.time(at));
        LeadView {
            lead_id: lead.id,
            number: lead.number,
            id: lead.contact.external_id,
            email: lead.contact.email,
            phone: lead.contact.phone,
            attributes: lead.attributes,
            first_contact_at: time(lead.first_contact_at),
            created_at: time(lead.created_at),
            updated_at: time(lead.updated_at),
            last_activity_at: lead.last_activity_at.map(time),
            outcome: lead.outcome.map(|(outcome, _)| outcome.as_str()),
            outcome_at: lead.outcome.map(|(_, at)| time(at)),
        }
    }
}
