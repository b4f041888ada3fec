//! Bodies and queries of requests: read, checked against the schema that the documentation shows, and every problem told.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use crate::json::parse;

use crate::json::NO_NUL;

use crate::fault::{Fault, FaultKind};
use crate::state::AppState;

/// A JSON body of a type, checked against its schema.
pub(crate) struct Body<T>(pub(crate) T);

/// The same where no body, or `null`, means the defaults.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<T: DeserializeOwned + ToSchema> FromRequest<AppState> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &AppState) -> Result<Body<T>, Fault> {
        let is_json = is_json(&request);
        let bytes = bytes(request, state).await?;
        if !is_json {
            return Err(Fault::new(FaultKind::UnsupportedMediaType, "the body must be application/json"));
        }
        read(&bytes, state).map(Body)
    }
}

impl<T: DeserializeOwned + ToSchema + Default> FromRequest<AppState> for OptionalBody<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &AppState) -> Result<OptionalBody<T>, Fault> {
        let is_json = is_json(&request);
        let bytes = bytes(request, state).await?;
        let text = bytes.trim_ascii();
        if bytes.is_empty() || (is_json && text == b"null") {
            return Ok(OptionalBody(T::default()));
        }
        if !is_json {
            return Err(Fault::new(FaultKind::UnsupportedMediaType, "the body must be application/json"));
        }
        read(&bytes, state).map(OptionalBody)
    }
}

fn read<T: DeserializeOwned + ToSchema>(bytes: &[u8], state: &AppState) -> Result<T, Fault> {
    typed(parse(bytes)?, state)
}

/// A value of a type, checked against the type's schema.
pub(crate) fn typed<T: DeserializeOwned + ToSchema>(value: Value, state: &AppState) -> Result<T, Fault> {
    state.schemas().check(&T::name(), &value)?;
    serde_json::from_value(with_integers(value)).map_err(|error| Fault::invalid("", error.to_string()))
}

/// The same where `15.0` is the integer that it is to a schema.
fn with_integers(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let whole = number.as_f64().filter(|own| own.trunc() == *own && own.abs() < 9e15);
            whole.map_or(Value::Number(number), |own| Value::from(own as i64))
        }
        Value::Array(items) => items.into_iter().map(with_integers).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, own)| (name, with_integers(own))).collect(),
        other => other,
    }
}

/// The bytes of a body, at most as many as the route takes.
pub(crate) async fn bytes(request: Request, state: &AppState) -> Result<Bytes, Fault> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Fault::new(FaultKind::TooLarge, "the body is longer than this route takes")
        } else {
            Fault::invalid("", "the body could not be read to its end")
        }
    })
}

/// Whether a body says that it is JSON.
pub(crate) fn is_json(request: &Request) -> bool {
    let Some(value) = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

/// The parameters of a query, each at most once.
pub(crate) struct Query(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query, Fault> {
        let text = parts.uri.query().unwrap_or_default();
        let all: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        match all.iter().find(|(name, value)| name.contains('\0') || value.contains('\0')) {
            Some((name, _)) => Err(Fault::invalid(name.replace('\0', ""), NO_NUL)),
            None => Ok(Query(all)),
        }
    }
}

impl Query {
    /// A parameter as it stands; a second one of the name is refused.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Fault> {
        let mut found = self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str());
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            _ => Err(Fault::invalid(name, "is given more than once")),
        }
    }

    /// A whole number within bounds, or the default where it is not given.
    pub(crate) fn whole(&self, name: &str, default: u32, (low, high): (u32, u32)) -> Result<u32, Fault> {
        let Some(text) = self.text(name)? else { return Ok(default) };
        match text.parse::<u32>() {
            Ok(number) if (low..=high).contains(&number) && !text.starts_with('+') => Ok(number),
            _ => Err(Fault::invalid(name, format!("must be a whole number from {low} to {high}"))),
        }
    }

    /// A number within bounds.
    pub(crate) fn number(&self, name: &str, (low, high): (f64, f64)) -> Result<Option<f64>, Fault> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(number) if (low..=high).contains(&number) => Ok(Some(number)),
            _ => Err(Fault::invalid(name, format!("must be a number from {low} to {high}"))),
        }
    }

    /// A flag, or the default where it is not given.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool, Fault> {
        match self.text(name)? {
            None => Ok(default),
            Some("true" | "True" | "1") => Ok(true),
            Some("false" | "False" | "0") => Ok(false),
            Some(_) => Err(Fault::invalid(name, "must be true or false")),
        }
    }
}
