//! A request that is sent again under the same `Idempotency-Key` is answered as before.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use super::Route;
use crate::auth::hex;
use crate::callers::Caller;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{Claim, KeptAnswer};

const MAX_KEY_BYTES: usize = 255;

/// Answers a request, or gives the answer that was given to the same one before.
pub(super) async fn answer_once(
    state: &AppState,
    route: &Route,
    caller: &Caller,
    key: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, Fault> {
    let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= MAX_KEY_BYTES);
    let key = key.ok_or_else(|| Fault::invalid("Idempotency-Key", "must be 1 to 255 visible characters"))?;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, route.policy.body_limit)
        .await
        .map_err(|_| Fault::new(FaultKind::TooLarge, "the body is longer than this route takes"))?;
    // The path with its ids and the query belong to the request as much as its body.
    let mut hash = Sha256::new();
    for part in [parts.uri.path(), parts.uri.query().unwrap_or_default()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.update(&body);
    let hash = hex(&hash.finalize());
    let (tenant, template) = (caller.tenant.as_str(), route.template.as_str());
    match state.store.claim_key(tenant, template, key, &hash, 2 * route.policy.timeout, state.now()).await? {
        Claim::New => {}
        Claim::Answered(kept) if route.policy.has_secret_answer => {
            let body = state.vault.open(&place(tenant, template, key), &kept.body).map_err(|error| {
                tracing::error!(%error, "a kept answer cannot be read");
                Fault::new(FaultKind::Internal, "the answer that was given before cannot be read")
            })?;
            return Ok(again(KeptAnswer { body: body.expose_secret().to_owned(), ..kept }));
        }
        Claim::Answered(kept) => return Ok(again(kept)),
        Claim::Running => {
            let message = "a request with this Idempotency-Key is still being answered";
            return Err(Fault::new(FaultKind::Conflict, message));
        }
        Claim::Other => {
            let message = "this Idempotency-Key belongs to another request";
            return Err(Fault::new(FaultKind::Conflict, message));
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    // A refusal or a failure is not kept: it may go better the next time.
    if !response.status().is_success() || response.extensions().get::<Fault>().is_some() {
        state.store.release_key(tenant, template, key).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.map_err(|_| Fault::new(FaultKind::Internal, "no answer"))?;
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let body = String::from_utf8_lossy(&bytes).into_owned();
    let kept = KeptAnswer {
        status: parts.status.as_u16(),
        content_type: content_type.map(str::to_owned),
        body: if route.policy.has_secret_answer {
            state.vault.seal(&place(tenant, template, key), &body.into())
        } else {
            body
        },
    };
    state.store.keep_answer(tenant, template, key, &kept).await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

/// The name of a kept answer in the [`Vault`](crate::vault::Vault): it is decrypted under this name alone.
fn place<'a>(tenant: &'a str, template: &'a str, key: &'a str) -> [&'a str; 4] {
    ["answer", tenant, template, key]
}

fn again(kept: KeptAnswer) -> Response {
    let mut response = Response::new(Body::from(kept.body));
    *response.status_mut() = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    if let Some(value) = kept.content_type.and_then(|value| HeaderValue::from_str(&value).ok()) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    headers.insert(HeaderName::from_static("idempotent-replay"), HeaderValue::from_static("true"));
    response
}
