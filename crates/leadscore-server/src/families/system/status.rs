use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::family::Family;
use crate::state::AppState;

/// The service, its model and where it runs.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the document")]
pub(crate) struct Status {
    /// `operational`, or `degraded` where the model or the store is missing.
    status: &'static str,
    uptime_seconds: f64,
    model: ModelStatus,
    environment: Environment,
    store: StoreStatus,
    timestamp: String,
}

/// The model of the b2b API.
#[derive(Serialize, ToSchema)]
struct ModelStatus {
    version: Option<String>,
    loaded: bool,
    n_features: Option<usize>,
    endpoint_provider: &'static str,
}

/// Where the service runs.
#[derive(Serialize, ToSchema)]
struct Environment {
    /// There is no Python: this says so, and which language there is.
    python_version: &'static str,
    hostname: String,
}

/// Where data is kept.
#[derive(Serialize, ToSchema)]
struct StoreStatus {
    /// `SQLite` or `PostgreSQL`.
    kind: &'static str,
    /// Whether it answers.
    available: bool,
    /// Variables of another database that are set and not used.
    unused_variables: Vec<String>,
}

/// The service, its model and where it runs.
#[utoipa::path(get, path = "/status", responses((status = 200, body = Status)))]
pub(crate) async fn status(State(state): State<AppState>) -> Json<Status> {
    let model = state.b2b.load();
    let available = state.store.ping().await.is_ok();
    Json(Status {
        status: if available && model.is_some() { "operational" } else { "degraded" },
        uptime_seconds: state.started.elapsed().as_secs_f64(),
        model: ModelStatus {
            version: model.as_ref().map(|model| model.version().to_owned()),
            loaded: model.is_some(),
            n_features: model.as_ref().map(|model| model.info().n_features),
            endpoint_provider: "local",
        },
        environment: Environment { python_version: "n/a (rust)", hostname: hostname() },
        store: StoreStatus {
            kind: state.store.kind(),
            available,
            unused_variables: state.config.unused_variables.clone(),
        },
        timestamp: Family::System.time(state.now()),
    })
}

fn hostname() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    name
}
