use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::checks::Checked;
use crate::crm::CrmName;
use crate::family::Family;
use crate::health::{self, Dependency};
use crate::state::AppState;

/// Jobs that should have been begun so long ago mean that nobody does them.
const OVERDUE_MILLIS: i64 = 300_000;

/// Whether the server and what it depends on are in order.
#[derive(Serialize, ToSchema)]
pub(crate) struct DetailedHealth {
    status: HealthStatus,
    timestamp: String,
    /// By name: `database`, `redis`, `openai`, `smtp`, `hubspot`, `salesforce`, `jobs`, and another vendor of language models
    /// where one is set up.
    dependencies: BTreeMap<&'static str, DependencyHealth>,
}

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HealthStatus {
    Healthy,
    /// It answers, and something that it depends on does not.
    Degraded,
    Unhealthy,
    /// It is not used.
    NotConfigured,
}

/// What was found of a dependency.
#[derive(Serialize, ToSchema)]
pub(crate) struct DependencyHealth {
    status: HealthStatus,
    /// How long the answer took.
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<f64>,
    /// When it was asked: at most 30 seconds ago.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<String>,
    /// Why it is of no use now.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// `SQLite` or `PostgreSQL`, or the name of the language model.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jobs: Option<JobsHealth>,
}

/// The work that is kept for later.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobsHealth {
    waiting: i64,
    running: i64,
    /// Given up.
    dead: i64,
    /// Waiting for more than five minutes longer than they should.
    overdue: i64,
}

/// Whether the server and what it depends on answer. They are asked: the database each time, others at most every 30 seconds.
#[utoipa::path(get, path = "/health/detailed", operation_id = "detailed_health",
    responses((status = 200, body = DetailedHealth),
        (status = 503, description = "The database does not answer", body = DetailedHealth)))]
pub(crate) async fn detailed(State(state): State<AppState>) -> Response {
    let database = health::database(&state).await;
    let is_up = database.error.is_none();
    let crm = |name| health::check(&state, Dependency::Crm(name));
    let (model, smtp, hubspot, salesforce, jobs) = tokio::join!(
        health::check(&state, Dependency::LanguageModel),
        health::check(&state, Dependency::Smtp),
        crm(CrmName::Hubspot),
        crm(CrmName::Salesforce),
        jobs(&state, is_up),
    );
    let mut database = DependencyHealth::from(Some(database));
    database.kind = Some(state.store.kind().to_owned());
    let mut dependencies = BTreeMap::from([
        ("database", database),
        // The documented system had one; this one keeps everything in its database.
        ("redis", DependencyHealth::from(None)),
        ("openai", DependencyHealth::from(None)),
        ("smtp", DependencyHealth::from(smtp)),
        ("hubspot", DependencyHealth::from(hubspot)),
        ("salesforce", DependencyHealth::from(salesforce)),
        ("jobs", jobs),
    ]);
    if let Some(own) = &state.words.checked_model {
        let mut found = DependencyHealth::from(model);
        found.kind = Some(own.name().to_owned());
        dependencies.insert(own.provider().as_str(), found);
    }
    let in_order =
        |own: &DependencyHealth| matches!(own.status, HealthStatus::Healthy | HealthStatus::NotConfigured);
    let (code, status) = match (is_up, dependencies.values().all(in_order)) {
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, HealthStatus::Unhealthy),
        (true, false) => (StatusCode::OK, HealthStatus::Degraded),
        (true, true) => (StatusCode::OK, HealthStatus::Healthy),
    };
    let timestamp = Family::Qualify.time(state.now());
    (code, Json(DetailedHealth { status, timestamp, dependencies })).into_response()
}

async fn jobs(state: &AppState, is_database_up: bool) -> DependencyHealth {
    let told = |status, error: Option<&str>, jobs| DependencyHealth {
        error: error.map(str::to_owned),
        jobs,
        ..DependencyHealth::new(status)
    };
    let unknown = || told(HealthStatus::Unhealthy, Some("the database does not answer"), None);
    if !is_database_up {
        return unknown();
    }
    let before = state.now().as_millis() - OVERDUE_MILLIS;
    let (Ok(counts), Ok(overdue)) = (state.store.job_counts().await, state.store.overdue_jobs(before).await)
    else {
        return unknown();
    };
    let count = |state: &str| counts.iter().filter(|(_, own, _)| own == state).map(|(.., count)| count).sum();
    let own =
        JobsHealth { waiting: count("waiting"), running: count("running"), dead: count("dead"), overdue };
    if overdue > 0 {
        return told(HealthStatus::Degraded, Some("jobs wait for longer than they should"), Some(own));
    }
    told(HealthStatus::Healthy, None, Some(own))
}

impl DependencyHealth {
    fn new(status: HealthStatus) -> DependencyHealth {
        DependencyHealth { status, latency_ms: None, checked_at: None, error: None, kind: None, jobs: None }
    }
}

impl From<Option<Checked>> for DependencyHealth {
    fn from(checked: Option<Checked>) -> DependencyHealth {
        let Some(Checked { latency, at, error }) = checked else {
            return DependencyHealth::new(HealthStatus::NotConfigured);
        };
        let status = if error.is_none() { HealthStatus::Healthy } else { HealthStatus::Unhealthy };
        DependencyHealth {
            latency_ms: Some(millis(latency)),
            checked_at: Some(Family::Qualify.time(at)),
            error,
            ..DependencyHealth::new(status)
        }
    }
}

/// With three decimals.
fn millis(latency: Duration) -> f64 {
    (latency.as_secs_f64() * 1e6).round() / 1e3
}
