//! The documentation: the document itself, and two pages that show it without asking another host for anything.

mod assets;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::fault::{Fault, FaultKind};
use crate::state::AppState;

/// Nothing from elsewhere and no script in the page; both programs write styles, and `ReDoc` searches in a worker.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self'; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// The documentation of all routes, OpenAPI 3.1.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn openapi(State(state): State<AppState>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], state.documentation()).into_response()
}

/// The documentation as a page where requests can be tried out: Swagger UI.
#[utoipa::path(get, path = "/docs", operation_id = "swagger_ui", responses((status = 200, body = String, content_type = "text/html")))]
pub(crate) async fn swagger_ui() -> Response {
    page(include_str!("../../../assets/swagger.html"))
}

/// The documentation as a page to read: ReDoc.
#[utoipa::path(get, path = "/redoc", operation_id = "redoc", responses((status = 200, body = String, content_type = "text/html")))]
pub(crate) async fn redoc() -> Response {
    page(include_str!("../../../assets/redoc.html"))
}

/// A file of the documentation pages.
#[utoipa::path(
    get,
    path = "/docs/assets/{file}",
    operation_id = "docs_asset",
    params(("file" = String, Path, description = "The name of the file.")),
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/javascript"),
        (status = 304, description = "The caller has it")
    )
)]
pub(crate) async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Result<Response, Fault> {
    let asset = assets::find(&file).ok_or_else(|| Fault::new(FaultKind::NotFound, "Not Found"))?;
    asset.answer(&headers)
}

fn page(html: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, html).into_response()
}
