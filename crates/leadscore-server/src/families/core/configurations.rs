//! Configurations of a tenant.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use leadscore::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::callers::Caller;
use crate::families::lead_ml::PathNumber;
use crate::families::lead_ml::configuration::{ConfigurationBody, DEFAULT_NUMBER};
use crate::family::Family;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::StoredConfiguration;

/// A configuration of the tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConfigurationView {
    /// Its number within the tenant.
    id: i64,
    #[serde(flatten)]
    body: ConfigurationBody,
    /// When it was made; null for the one that every tenant has from the start.
    created_at: Option<String>,
    /// When it last changed; null likewise.
    updated_at: Option<String>,
}

/// All configurations of the tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConfigurationList {
    configurations: Vec<ConfigurationView>,
}

/// All configurations of the tenant, by number. Number 1 is always there.
#[utoipa::path(get, path = "/api/v1/configurations", operation_id = "list_configurations", responses((status = 200, body = ConfigurationList)))]
pub(crate) async fn configurations(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<ConfigurationList>, Fault> {
    let stored = state.store.configurations(&caller.tenant).await?;
    let mut all: Vec<ConfigurationView> =
        stored.iter().map(ConfigurationView::new).collect::<Result<_, _>>()?;
    if all.first().is_none_or(|first| first.id != DEFAULT_NUMBER) {
        all.insert(0, ConfigurationView::default());
    }
    Ok(Json(ConfigurationList { configurations: all }))
}

/// Makes a configuration under the next number.
#[utoipa::path(
    post,
    path = "/api/v1/configurations", operation_id = "create_configuration",
    request_body = ConfigurationBody,
    responses((status = 201, body = ConfigurationView))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(body): Body<ConfigurationBody>,
) -> Result<(StatusCode, Json<ConfigurationView>), Fault> {
    Ok((StatusCode::CREATED, Json(save(&state, &caller, None, &body).await?)))
}

/// A configuration.
#[utoipa::path(
    get,
    path = "/api/v1/configurations/{id}", operation_id = "get_configuration",
    params(("id" = i64, Path, description = "The configuration's number", minimum = 1)),
    responses((status = 200, body = ConfigurationView))
)]
pub(crate) async fn configuration(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(id): PathNumber,
) -> Result<Json<ConfigurationView>, Fault> {
    match state.store.configuration(&caller.tenant, id).await? {
        Some(stored) => Ok(Json(ConfigurationView::new(&stored)?)),
        None if id == DEFAULT_NUMBER => Ok(Json(ConfigurationView::default())),
        None => Err(unknown()),
    }
}

/// Replaces a configuration.
#[utoipa::path(
    put,
    path = "/api/v1/configurations/{id}", operation_id = "replace_configuration",
    params(("id" = i64, Path, description = "The configuration's number", minimum = 1)),
    request_body = ConfigurationBody,
    responses((status = 200, body = ConfigurationView))
)]
pub(crate) async fn replace(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(id): PathNumber,
    Body(body): Body<ConfigurationBody>,
) -> Result<Json<ConfigurationView>, Fault> {
    if id != DEFAULT_NUMBER && state.store.configuration(&caller.tenant, id).await?.is_none() {
        return Err(unknown());
    }
    Ok(Json(save(&state, &caller, Some(id), &body).await?))
}

/// Removes a configuration; predictions that were made by it stay. Number 1 cannot be removed.
#[utoipa::path(
    delete,
    path = "/api/v1/configurations/{id}", operation_id = "delete_configuration",
    params(("id" = i64, Path, description = "The configuration's number", minimum = 1)),
    responses((status = 204, description = "It is removed"), (status = 409, description = "Number 1 cannot be removed"))
)]
pub(crate) async fn remove(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(id): PathNumber,
) -> Result<StatusCode, Fault> {
    if id == DEFAULT_NUMBER {
        return Err(Fault::new(
            FaultKind::Conflict,
            "configuration 1 is there for every tenant; replace it instead",
        ));
    }
    if !state.store.delete_configuration(&caller.tenant, id).await? {
        return Err(unknown());
    }
    note(&state, &caller, "configuration.remove", id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn save(
    state: &AppState,
    caller: &Caller,
    id: Option<i64>,
    body: &ConfigurationBody,
) -> Result<ConfigurationView, Fault> {
    body.check(state)?;
    let text = serde_json::to_string(body).expect("a configuration serializes");
    let stored = state.store.save_configuration(&caller.tenant, id, &text, state.now()).await?;
    note(state, caller, "configuration.save", stored.number).await?;
    ConfigurationView::new(&stored)
}

async fn note(state: &AppState, caller: &Caller, action: &str, id: i64) -> Result<(), Fault> {
    let actor = caller.actor.as_deref().unwrap_or("unknown");
    let subject = format!("configuration {id}");
    Ok(state.store.save_audit(&caller.tenant, (actor, action, &subject), state.now()).await?)
}

fn unknown() -> Fault {
    Fault::not_found("there is no such configuration")
}

impl ConfigurationView {
    fn new(stored: &StoredConfiguration) -> Result<ConfigurationView, Fault> {
        let time = |millis| Timestamp::from_millis(millis).ok().map(|time| Family::Core.time(time));
        Ok(ConfigurationView {
            id: stored.number,
            body: ConfigurationBody::parse(&stored.body)?,
            created_at: time(stored.created_at),
            updated_at: time(stored.updated_at),
        })
    }
}

impl Default for ConfigurationView {
    /// The one that every tenant has from the start.
    fn default() -> ConfigurationView {
        let body = ConfigurationBody::default();
        ConfigurationView { id: DEFAULT_NUMBER, body, created_at: None, updated_at: None }
    }
}
