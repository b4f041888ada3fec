//! Every route of the server, with its policy.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::auth::Scope;
use crate::families::system;
use crate::families::{b2b, capture, core, heatscore, lead_ml, qualify};
use crate::family::Family;
use crate::gate::{self, Route, guard};
use crate::openapi;
use crate::policy::Policy;
use crate::schemas::Schemas;
use crate::state::AppState;

/// A path with its operation, and the policy that it stands behind.
type Entry = (Policy, UtoipaMethodRouter<AppState>);

/// Health, metrics and documentation: always there, open to all.
fn system_routes() -> Vec<Entry> {
    vec![
        (Policy::PUBLIC, routes!(system::root::root)),
        (Policy::PUBLIC, routes!(system::health::health)),
        (Policy::PUBLIC, routes!(system::health::ready)),
        (Policy::PUBLIC, routes!(system::health::live)),
        (Policy::PUBLIC, routes!(system::status::status)),
        (Policy::PUBLIC, routes!(system::resources::resources)),
        (Policy::PUBLIC, routes!(system::metrics::metrics)),
        (Policy::PUBLIC, routes!(system::docs::openapi)),
        (Policy::PUBLIC, routes!(system::docs::swagger_ui)),
        (Policy::PUBLIC, routes!(system::docs::redoc)),
        (Policy::PUBLIC, routes!(system::docs::asset)),
        (Policy::PUBLIC, routes!(system::version::version)),
        // Mail providers send for all their users from a few addresses.
        (Policy::PUBLIC.per_minute(600), routes!(system::unsubscribe::page)),
        (Policy::PUBLIC.per_minute(600), routes!(system::unsubscribe::unsubscribe)),
    ]
}

/// The router; its documentation goes to the state.
pub(crate) fn router(state: &AppState) -> Router {
    let mut entries = system_routes();
    entries.extend(core_routes());
    entries.extend(configuration_routes());
    for family in &state.config.families {
        entries.extend(match family {
            Family::Heatscore => heatscore_routes(),
            Family::LeadMl => lead_ml_routes(),
            Family::B2b => b2b_routes(),
            Family::Qualify => qualify_routes(),
            Family::Capture => capture_routes(state.config.public_chat),
            _ => Vec::new(),
        });
    }
    let mut noted: Vec<Arc<Route>> = Vec::new();
    let mut router = OpenApiRouter::with_openapi(openapi::frame());
    for (policy, entry) in entries {
        router = router.routes(guard(state, policy, entry, &mut noted));
    }
    let (router, mut documentation) = router.split_for_parts();
    openapi::complete(&mut documentation, &noted);
    if state.config.families.contains(&Family::Qualify) {
        openapi::add_events(&mut documentation);
    }
    if let (Some(model), Some(components)) = (state.b2b.load(), &mut documentation.components)
        && let Some(features) = components.schemas.get_mut("B2bFeatures")
    {
        *features = b2b::documentation::features_schema(&model);
    }
    let text = serde_json::to_string_pretty(&documentation).expect("the documentation serializes");
    state.set_documentation(Schemas::new(&documentation), text);
    router
        .method_not_allowed_fallback(gate::method_not_allowed)
        .fallback(gate::not_found)
        .with_state(state.clone())
}

/// What the documents leave out.
fn core_routes() -> Vec<Entry> {
    let score = Policy::new(Family::Core, Scope::Score);
    let read = Policy::new(Family::Core, Scope::Read);
    let write = Policy::new(Family::Core, Scope::Write);
    vec![
        (write, routes!(core::leads::create)),
        (read, routes!(core::leads::get)),
        (write, routes!(core::leads::update)),
        (write, routes!(core::leads::delete)),
        (write, routes!(core::activities::append)),
        (write, routes!(core::outcome::set)),
        (score.body_limit(10 << 20).timeout(Duration::from_secs(60)), routes!(core::score::score)),
        (read, routes!(core::jobs::list)),
        (read, routes!(core::jobs::job)),
        (write, routes!(core::jobs::retry)),
    ]
}

fn heatscore_routes() -> Vec<Entry> {
    let score = Policy::new(Family::Heatscore, Scope::Score);
    let read = Policy::new(Family::Heatscore, Scope::Read);
    let write = Policy::new(Family::Heatscore, Scope::Write);
    let upload = write
        .per_hour(5)
        .body_limit(heatscore::upload_leads::MAX_UPLOAD + (64 << 10))
        .timeout(Duration::from_secs(120));
    // A language model may take its time.
    let slow = Duration::from_secs(60);
    vec![
        (score.per_minute(100), routes!(heatscore::score_lead::score_lead)),
        (score.timeout(slow), routes!(heatscore::recommendation::recommendation)),
        (score.per_minute(50).timeout(slow), routes!(heatscore::personalized_email::personalized_email)),
        (write.timeout(slow), routes!(heatscore::send_test_email::send_test_email)),
        (upload, routes!(heatscore::upload_leads::upload_leads)),
        (read, routes!(heatscore::leads::leads)),
        (read, routes!(heatscore::metrics::metrics)),
        (read, routes!(heatscore::feature_importance::feature_importance)),
    ]
}

fn b2b_routes() -> Vec<Entry> {
    let score = Policy::new(Family::B2b, Scope::Score);
    let read = Policy::new(Family::B2b, Scope::Read);
    vec![
        (score, routes!(b2b::score::score)),
        (score, routes!(b2b::score::score_batch)),
        (read, routes!(b2b::info::info)),
        (read, routes!(b2b::info::features)),
        (read, routes!(b2b::info::importance)),
    ]
}

fn lead_ml_routes() -> Vec<Entry> {
    let score = Policy::new(Family::LeadMl, Scope::Score);
    let read = Policy::new(Family::LeadMl, Scope::Read);
    let write = Policy::new(Family::LeadMl, Scope::Write);
    // A language model may take its time; several questions after each other take more of it.
    let (slow, slowest) = (Duration::from_secs(60), Duration::from_secs(300));
    vec![
        (score.timeout(slow), routes!(lead_ml::predict::predict)),
        (read, routes!(lead_ml::prediction_route::prediction)),
        (score.timeout(slow), routes!(lead_ml::predict_time::predict_time)),
        (score, routes!(lead_ml::predict_score::predict_score)),
        (read, routes!(lead_ml::features::features)),
        (score.timeout(slowest), routes!(lead_ml::bulk_predict::bulk_predict)),
        (read.timeout(slowest), routes!(lead_ml::ranked_leads::ranked_leads)),
        (read.timeout(slow), routes!(lead_ml::top_leads::top_leads)),
        (read.timeout(slow), routes!(lead_ml::leads_by_tier::leads_by_tier)),
        (write, routes!(lead_ml::validate::validate)),
        (read, routes!(lead_ml::accuracy::accuracy)),
        (read, routes!(lead_ml::feature_importance::feature_importance)),
    ]
}

fn qualify_routes() -> Vec<Entry> {
    let score = Policy::new(Family::Qualify, Scope::Score);
    let read = Policy::new(Family::Qualify, Scope::Read);
    // A language model may take its time.
    let slow = Duration::from_secs(60);
    let write = Policy::new(Family::Qualify, Scope::Write);
    let mut routes: Vec<Entry> = vec![
        (score.timeout(slow), routes!(qualify::qualify::qualify)),
        (
            score.body_limit(10 << 20).timeout(slow).secret_answer(),
            routes!(qualify::batch_qualify::batch_qualify),
        ),
        (read, routes!(qualify::batch_status::batch_status)),
        (score, routes!(qualify::batch_cancel::batch_cancel)),
        (write.timeout(slow), routes!(qualify::crm_sync::crm_sync)),
        (read, routes!(qualify::health_detailed::detailed)),
        (read, routes!(qualify::analytics::analytics)),
    ];
    routes.extend(webhook_routes());
    routes
}

fn webhook_routes() -> Vec<Entry> {
    let read = Policy::new(Family::Qualify, Scope::Read);
    let write = Policy::new(Family::Qualify, Scope::Write);
    vec![
        (write.secret_answer(), routes!(qualify::webhooks::register)),
        (read, routes!(qualify::webhooks::list)),
        (read, routes!(qualify::webhooks::webhook)),
        (write, routes!(qualify::webhooks::remove)),
        (write.secret_answer(), routes!(qualify::webhook_upkeep::rotate)),
        (write, routes!(qualify::webhook_upkeep::ping)),
        (read, routes!(qualify::webhook_upkeep::deliveries)),
    ]
}

fn capture_routes(is_chat_public: bool) -> Vec<Entry> {
    let read = Policy::new(Family::Capture, Scope::Read);
    let write = Policy::new(Family::Capture, Scope::Write);
    // A language model may take its time, and an earlier message too.
    let chat =
        Policy::new(Family::Capture, Scope::Score).open_without_keys().timeout(Duration::from_secs(90));
    let chat = if is_chat_public { chat.public_per_minute(30) } else { chat };
    // The platforms have no key: they sign what they deliver.
    let platform = Policy { family: Family::Capture, ..Policy::PUBLIC };
    let delivery = platform.body_limit(capture::webhook::MOST_BYTES);
    vec![
        (chat, routes!(capture::chat::respond)),
        (write, routes!(capture::lead::create)),
        (read, routes!(capture::lead::get)),
        (platform, routes!(capture::webhook::whatsapp_handshake)),
        (delivery, routes!(capture::webhook::whatsapp)),
        (platform, routes!(capture::webhook::instagram_handshake)),
        (delivery, routes!(capture::webhook::instagram)),
        (read, routes!(capture::summary::summary)),
    ]
}

/// Which pipelines score which leads, which the documents leave out.
fn configuration_routes() -> Vec<Entry> {
    let read = Policy::new(Family::Core, Scope::Read);
    let admin = Policy::new(Family::Core, Scope::Admin);
    vec![
        (read, routes!(core::configurations::configurations)),
        (admin, routes!(core::configurations::create)),
        (read, routes!(core::configurations::configuration)),
        (admin, routes!(core::configurations::replace)),
        (admin, routes!(core::configurations::remove)),
    ]
}
