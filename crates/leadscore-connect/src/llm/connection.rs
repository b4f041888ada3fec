//! Requests to a provider, with its key.

use std::sync::Arc;
use std::time::Duration;

use leadscore::task::{FailureKind, ModelFailure, Usage};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep};
use url::Url;

use super::failure::{connection_failure, presentable, status_failure};
use super::pace::Pace;
use super::provider::{Provider, SpecError};
use super::request::Request;

/// A provider at an address. The key is kept as a secret. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) provider: Provider,
    pub(super) address: Url,
    key: Option<SecretString>,
    client: reqwest::Client,
    pace: Arc<Pace>,
}

/// Who has to wait longer for the vendor's limit is told so at once, and may do something else.
const LONGEST_WAIT: Duration = Duration::from_secs(8);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

impl Connection {
    pub(super) fn new(
        provider: Provider,
        key: Option<SecretString>,
        address: &str,
    ) -> Result<Connection, SpecError> {
        if key.as_ref().is_some_and(|key| HeaderValue::from_str(key.expose_secret()).is_err()) {
            return Err(SpecError::BadKey { provider });
        }
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("leadscore/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| SpecError::NoClient { reason: error.to_string() })?;
        Ok(Connection {
            provider,
            address: self::address(provider, address)?,
            key,
            client,
            pace: Arc::default(),
        })
    }

    #[cfg(test)]
    pub(super) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The answer's body, of at most so many bytes, to a request of about so many tokens.
    pub(super) async fn post(
        &self,
        request: Request,
        tokens: u64,
        max_bytes: usize,
    ) -> Result<Vec<u8>, ModelFailure> {
        self.wait_for_room(tokens).await?;
        let Request { path, headers, body } = request;
        let url = format!("{}{path}", self.address.as_str().trim_end_matches('/'));
        let request = self.client.post(url).headers(self.headers(headers)?).body(body);
        let mut response = request.send().await.map_err(|error| connection_failure(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        self.pace.learn(&headers, Instant::now());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| connection_failure(&error))? {
            if body.len() + chunk.len() > max_bytes {
                let message = format!("the answer has more than {} KiB", max_bytes >> 10);
                return Err(ModelFailure::new(FailureKind::BadResponse, message));
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() { Ok(body) } else { Err(status_failure(status, &headers, &body)) }
    }

    /// Makes a request that reads, whose answer is of no interest.
    pub(super) async fn check(
        &self,
        path: &str,
        headers: Vec<(&'static str, String)>,
    ) -> Result<(), ModelFailure> {
        let url = format!("{}{path}", self.address.as_str().trim_end_matches('/'));
        let request = self.client.get(url).headers(self.headers(headers)?);
        let response = request.send().await.map_err(|error| connection_failure(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status.is_success() { Ok(()) } else { Err(status_failure(status, &headers, &[])) }
    }

    /// Waits until the vendor takes a request, by what it said with its last answers.
    async fn wait_for_room(&self, tokens: u64) -> Result<(), ModelFailure> {
        while let Err(wait) = self.pace.take(tokens, Instant::now()) {
            if wait > LONGEST_WAIT {
                let message = "nothing was sent, for the vendor's rate limit is used up";
                return Err(ModelFailure::new(FailureKind::RateLimited, message).retry_after(wait));
            }
            sleep(wait).await;
        }
        Ok(())
    }

    /// The headers of a request, with the key.
    fn headers(&self, own: Vec<(&'static str, String)>) -> Result<HeaderMap, ModelFailure> {
        let wrong =
            |_| ModelFailure::new(FailureKind::BadRequest, "a header has characters that none can have");
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        for (name, value) in own {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value).map_err(wrong)?);
        }
        if let Some(key) = &self.key {
            let key = key.expose_secret();
            let (name, value) = match self.provider {
                Provider::Gemini => ("x-goog-api-key", key.to_owned()),
                Provider::Anthropic => ("x-api-key", key.to_owned()),
                _ => ("authorization", format!("Bearer {key}")),
            };
            let mut value = HeaderValue::from_str(&value).map_err(wrong)?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(headers)
    }

    /// A failure that may be shown: its message without the key.
    pub(super) fn presentable(&self, mut failure: ModelFailure) -> ModelFailure {
        failure.message = presentable(&failure.message, self.key.as_ref());
        failure.usage = counted(failure.usage);
        failure
    }
}

/// The name of a model, which becomes a part of an address.
pub(super) fn checked_name(name: &str) -> Result<String, SpecError> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.:/@".contains(c);
    if name.is_empty() || name.len() > 200 || !name.chars().all(is_name) || name.contains("..") {
        return Err(SpecError::BadName { name: name.chars().take(200).collect() });
    }
    Ok(name.to_owned())
}

/// No question has no tokens: who says so does not count.
pub(super) fn counted(usage: Option<Usage>) -> Option<Usage> {
    usage.filter(|usage| usage.input_tokens > 0)
}

fn address(provider: Provider, text: &str) -> Result<Url, SpecError> {
    let text = text.trim();
    let wrong = |address: &str, reason: String| SpecError::BadAddress {
        provider,
        address: address.to_owned(),
        reason,
    };
    let url = Url::parse(text).map_err(|error| {
        // It may hold a password, which cannot be found in what is no address.
        let shown = if text.contains('@') { "…" } else { text };
        wrong(shown, format!("cannot be read: {error}"))
    })?;
    let shown = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(&shown, "has a scheme other than http and https".to_owned()));
    }
    if url.password().is_some() || !url.username().is_empty() {
        return Err(wrong(&shown, "has a name or password in it; keys come from the environment".to_owned()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(&shown, "has a query or fragment, behind which no path can be".to_owned()));
    }
    Ok(url)
}
