use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// The server's version.
#[derive(Serialize, ToSchema)]
pub(crate) struct Version {
    name: &'static str,
    version: &'static str,
}

/// The server's version.
#[utoipa::path(get, path = "/api/v1/version", responses((status = 200, body = Version)))]
pub(crate) async fn version() -> Json<Version> {
    Json(Version { name: "leadscore", version: env!("CARGO_PKG_VERSION") })
}
