//! Requests to the Graph API.

use std::fmt;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use thiserror::Error;
use url::{Host, Url};

use super::Object;
use super::failure::{GraphError, no_answer, told};
use crate::answer::shortened;

/// The longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 1 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(20);

/// The Graph API with a token. The token is kept as a secret: it is neither in `Debug` nor in any message. Cheap to clone.
#[derive(Clone)]
pub struct GraphClient {
    client: reqwest::Client,
    base: Url,
    version: String,
    authorization: HeaderValue,
    token: SecretString,
}

/// Why a client cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GraphSettingsError {
    /// The address is none, or would send the token in clear.
    #[error("the address of the Graph API {reason}")]
    BadAddress {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The version is not of the form `v26.0`.
    #[error("the version of the Graph API is not of the form v26.0")]
    BadVersion,
    /// The token is empty or has characters that no header takes.
    #[error("the access token is empty or has characters that it cannot have")]
    BadToken,
    /// An account or phone number is no id.
    #[error("{field} is no id: digits only, or `me` for the account of the token")]
    BadId {
        /// Which one.
        field: &'static str,
    },
    /// There is no HTTP client.
    #[error("no HTTP client: {reason}")]
    NoClient {
        /// What the system says.
        reason: String,
    },
}

impl GraphClient {
    /// WhatsApp, and Instagram by Facebook Login.
    pub const FACEBOOK: &'static str = "https://graph.facebook.com";
    /// Instagram by Instagram Login.
    pub const INSTAGRAM: &'static str = "https://graph.instagram.com";

    /// A client for an address, a version of the API such as `v26.0`, and a token.
    ///
    /// # Errors
    /// What is wrong with which of them. The address must be `https`, except on this machine: else the token is sent in clear.
    pub fn new(address: &str, version: &str, token: SecretString) -> Result<GraphClient, GraphSettingsError> {
        let base = base(address)?;
        let digits = |text: &str| {
            !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let numbers = version.strip_prefix('v').and_then(|version| version.split_once('.'));
        if !numbers.is_some_and(|(major, minor)| digits(major) && digits(minor)) {
            return Err(GraphSettingsError::BadVersion);
        }
        let secret = token.expose_secret();
        if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(GraphSettingsError::BadToken);
        }
        let authorization = HeaderValue::from_str(&format!("Bearer {secret}"));
        let mut authorization = authorization.map_err(|_| GraphSettingsError::BadToken)?;
        authorization.set_sensitive(true);
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("leadscore/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| GraphSettingsError::NoClient { reason: error.to_string() })?;
        Ok(GraphClient { client, base, version: version.to_owned(), authorization, token })
    }

    /// Posts to a node's edge: `{base}/{version}/{node}/messages`.
    pub(crate) async fn post_message(&self, node: &str, body: &Value) -> Result<Value, GraphError> {
        self.attempt(node, body).await.map_err(|mut error| {
            error.message = self.without_token(&error.message);
            error.trace = error.trace.map(|trace| self.without_token(&trace));
            error
        })
    }

    /// A text that may be shown. It is shortened last: half a token would not be found any more.
    fn without_token(&self, text: &str) -> String {
        shortened(&text.replace(self.token.expose_secret(), "[token]"))
    }

    async fn attempt(&self, node: &str, body: &Value) -> Result<Value, GraphError> {
        let base = self.base.as_str().trim_end_matches('/');
        let url = format!("{base}/{}/{node}/messages", self.version);
        let request = self.client.post(url).header(AUTHORIZATION, self.authorization.clone()).json(body);
        let mut response = request.send().await.map_err(|error| no_answer(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                let message = format!("the answer has more than {} KiB", MAX_ANSWER_BYTES >> 10);
                return Err(GraphError {
                    status: Some(status.as_u16()),
                    ..GraphError::bad_response(&message)
                });
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            return Err(told(status.as_u16(), &headers, &body));
        }
        match serde_json::from_slice(&body) {
            Ok(answer) if Object(&answer).has("error") => Err(told(status.as_u16(), &headers, &body)),
            Ok(answer) => Ok(answer),
            Err(error) => Err(GraphError::bad_response(&format!("the answer cannot be read: {error}"))),
        }
    }
}

impl fmt::Debug for GraphClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphClient")
            .field("base", &self.base.as_str())
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// An id that becomes a part of a path.
pub(crate) fn checked_id(id: &str, field: &'static str) -> Result<String, GraphSettingsError> {
    let is_id = !id.is_empty() && id.len() <= 40 && id.bytes().all(|byte| byte.is_ascii_digit());
    if is_id || id == "me" { Ok(id.to_owned()) } else { Err(GraphSettingsError::BadId { field }) }
}

fn base(address: &str) -> Result<Url, GraphSettingsError> {
    let wrong = |reason| GraphSettingsError::BadAddress { reason };
    let url = Url::parse(address.trim()).map_err(|_| wrong("is no URL"))?;
    let is_local = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if is_local => {}
        _ => return Err(wrong("is not https")),
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(wrong("has a name, password, query or fragment in it"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_sends_its_token_to_nobody_in_clear() {
        let new = |address: &str, version: &str, token: &str| {
            GraphClient::new(address, version, token.into()).map(|_| ())
        };
        assert!(
            new(GraphClient::FACEBOOK, "v26.0", "EAAG").is_ok()
                && new("http://127.0.0.1:1/x/", "v17.0", "t").is_ok()
        );
        for address in [
            "http://graph.facebook.com",
            "ftp://x",
            "graph.facebook.com",
            "https://a:b@x",
            "https://x/?a=b",
            "http://127.0.0.1.example.com",
        ] {
            assert!(
                matches!(new(address, "v26.0", "t"), Err(GraphSettingsError::BadAddress { .. })),
                "{address}"
            );
        }
        for version in ["", "26.0", "v26", "v26.", "v26.0/../me", "v1234.0"] {
            assert_eq!(
                new(GraphClient::FACEBOOK, version, "t"),
                Err(GraphSettingsError::BadVersion),
                "{version}"
            );
        }
        for token in ["", "a b", "a\r\nHost: x", "ä"] {
            assert_eq!(
                new(GraphClient::FACEBOOK, "v26.0", token),
                Err(GraphSettingsError::BadToken),
                "{token}"
            );
        }
        let client = GraphClient::new(GraphClient::FACEBOOK, "v26.0", "EAAGsecret".into()).unwrap();
        assert!(!format!("{client:?}").contains("secret"));
        for id in ["", "1/2", "a", "..", &"1".repeat(41)] {
            assert!(checked_id(id, "phone_number_id").is_err(), "{id}");
        }
    }
}
