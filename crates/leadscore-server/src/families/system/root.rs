use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// Where to look further.
#[derive(Serialize, ToSchema)]
pub(crate) struct Root {
    message: &'static str,
    service: &'static str,
    version: &'static str,
    docs: &'static str,
    health: &'static str,
}

/// The service and where to look further.
#[utoipa::path(get, path = "/", responses((status = 200, body = Root)))]
pub(crate) async fn root() -> Json<Root> {
    Json(Root {
        message: "AI Lead Capture & Automation System is running!",
        service: "B2B Lead Scoring API",
        version: "1.0.0",
        docs: "/docs",
        health: "/health",
    })
}
