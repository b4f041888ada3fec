use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use utoipa::ToSchema;

use crate::body::bytes;
use crate::fault::Fault;
use crate::state::AppState;

/// What a mail program sends, after RFC 8058.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the documentation: the form is read by hand")]
pub(crate) struct OneClick {
    /// `One-Click`.
    #[schema(rename = "List-Unsubscribe", pattern = "^One-Click$")]
    list_unsubscribe: String,
}

/// The page behind the link in an e-mail. It changes nothing, since programs follow links too.
#[utoipa::path(get, path = "/u/{token}", operation_id = "unsubscribe_page", params(("token" = String, Path)),
    responses((status = 200, body = String, content_type = "text/html"),
        (status = 404, description = "Not a link of this server", body = String, content_type = "text/html")))]
pub(crate) async fn page(
    State(state): State<AppState>,
    token: Result<Path<String>, PathRejection>,
) -> Response {
    // Nothing is looked up: what is shown says whether the link is whole, and not whether there is a lead.
    match lead_of(&state, token) {
        Some(_) => shown(StatusCode::OK, ASKED),
        None => shown(StatusCode::NOT_FOUND, UNKNOWN),
    }
}

/// Unsubscribes the lead of a link from e-mails. A lead that is no longer there is answered the same.
#[utoipa::path(post, path = "/u/{token}", operation_id = "unsubscribe", params(("token" = String, Path)),
    request_body(content = OneClick, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = String, content_type = "text/html"),
        (status = 400, description = "Not `List-Unsubscribe=One-Click`", body = String, content_type = "text/html"),
        (status = 404, description = "Not a link of this server", body = String, content_type = "text/html")))]
pub(crate) async fn unsubscribe(
    State(state): State<AppState>,
    token: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Fault> {
    let Some(lead) = lead_of(&state, token) else { return Ok(shown(StatusCode::NOT_FOUND, UNKNOWN)) };
    if !is_one_click(request, &state).await? {
        return Ok(shown(StatusCode::BAD_REQUEST, INCOMPLETE));
    }
    state.store.unsubscribe(&lead, state.now()).await?;
    Ok(shown(StatusCode::OK, DONE))
}

fn lead_of(state: &AppState, token: Result<Path<String>, PathRejection>) -> Option<String> {
    state.links.lead_of(&token.ok()?)
}

/// Whether the form has the one field, in either of its two forms.
async fn is_one_click(request: Request, state: &AppState) -> Result<bool, Fault> {
    let (name, wanted) = ("List-Unsubscribe", "One-Click");
    let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().to_ascii_lowercase();
    if !media_type.starts_with("multipart/form-data") {
        let form = bytes(request, state).await?;
        return Ok(form_urlencoded::parse(&form).any(|(own, value)| own == name && value == wanted));
    }
    let Ok(mut form) = Multipart::from_request(request, state).await else { return Ok(false) };
    while let Ok(Some(part)) = form.next_field().await {
        let is_named = part.name() == Some(name);
        if is_named && part.text().await.is_ok_and(|text| text.trim() == wanted) {
            return Ok(true);
        }
    }
    Ok(false)
}

const ASKED: &str = "<h1>Unsubscribe</h1><p>You will get no more e-mails from us at this address.</p>\
    <form method=\"post\"><button name=\"List-Unsubscribe\" value=\"One-Click\">Unsubscribe</button></form>";
const DONE: &str = "<h1>Unsubscribed</h1><p>You will get no more e-mails from us at this address.</p>";
const INCOMPLETE: &str = "<h1>Not unsubscribed</h1><p>Open the link of the e-mail and press the button.</p>";
const UNKNOWN: &str = "<h1>Not unsubscribed</h1><p>This link is not complete. Copy the whole link from the e-mail, or \
    answer the e-mail.</p>";

/// A page that no one else may keep, frame or learn the address of.
fn shown(status: StatusCode, content: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>E-mails</title><style>body{{font:1.1rem sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}}\
         button{{font:inherit;padding:.5rem 1rem}}</style>{content}</html>"
    );
    let mut response = (status, Html(page)).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
