//! Calls with a token: bounded in time and size, and repeated where that is harmless.

use std::error::Error;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::{Host, Url};

use super::{Failure, FailureKind, SetupError};
use crate::answer::{cause, retry_after, shortened};

/// Bounds of the calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpLimits {
    /// How long a connection may take. 5 s.
    pub connect: Duration,
    /// How long one try may take. 20 s.
    pub total: Duration,
    /// How often a call is tried. 4.
    pub tries: u32,
    /// The wait after the first try that failed; it doubles with each, with a random part. 250 ms.
    pub first_wait: Duration,
    /// The longest wait between two tries. Where the CRM system asks for more, the record is reported with that wait. 30 s.
    pub max_wait: Duration,
    /// The largest answer, in bytes. 16 MiB.
    pub max_answer: usize,
}

impl Default for HttpLimits {
    fn default() -> HttpLimits {
        HttpLimits {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(20),
            tries: 4,
            first_wait: Duration::from_millis(250),
            max_wait: Duration::from_secs(30),
            max_answer: 16 << 20,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Http {
    client: reqwest::Client,
    limits: HttpLimits,
}

pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) token: Option<&'a SecretString>,
    /// What else no message may repeat.
    pub(crate) secrets: &'a [&'a SecretString],
    pub(crate) headers: &'a [(&'static str, &'static str)],
    pub(crate) body: Body<'a>,
    /// Whether doing it twice is the same as doing it once.
    pub(crate) is_repeatable: bool,
}

pub(crate) enum Body<'a> {
    None,
    Json(&'a Value),
    #[cfg(feature = "salesforce")]
    Form(&'a [(&'a str, &'a str)]),
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Http {
    pub(crate) fn new(limits: HttpLimits) -> Result<Http, SetupError> {
        let client = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            // A redirect would take the token elsewhere.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("leadscore/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| SetupError::NoClient { reason: error.to_string() })?;
        Ok(Http { client, limits })
    }

    #[cfg(feature = "salesforce")]
    pub(crate) fn limits(&self) -> &HttpLimits {
        &self.limits
    }

    /// The answer with a status from 200 to 299; another one is a failure, which `failure` tells.
    pub(crate) async fn send(
        &self,
        call: Call<'_>,
        failure: impl Fn(&Answer) -> Failure,
    ) -> Result<Answer, Failure> {
        let waits = ExponentialBuilder::new()
            .with_min_delay(self.limits.first_wait)
            .with_max_delay(self.limits.max_wait)
            .with_max_times(self.limits.tries.saturating_sub(1) as usize)
            .with_jitter()
            .build();
        let mut waits = waits.into_iter();
        loop {
            let failed = match self.once(&call).await {
                Ok(answer) if (200..300).contains(&answer.status) => return Ok(answer),
                // Secrets go before a message is cut, for the cut may lie within one.
                Ok(answer) => {
                    let answer = answer.without(call.token.into_iter().chain(call.secrets.iter().copied()));
                    failure(&answer).after_header(&answer.headers)
                }
                Err(failed) => failed,
            };
            if !failed.is_brief() || !(call.is_repeatable || failed.changed_nothing()) {
                return Err(failed);
            }
            let Some(wait) = waits.next() else { return Err(failed) };
            let wait = failed.retry_after.unwrap_or(wait.min(self.limits.max_wait));
            if wait > self.limits.max_wait {
                return Err(failed);
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn once(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let mut request = self.client.request(call.method.clone(), call.url.clone());
        if let Some(token) = call.token {
            let mut value = bearer(token)
                .ok_or_else(|| Failure::new(FailureKind::Credentials, "the token cannot be sent"))?;
            value.set_sensitive(true);
            request = request.header("authorization", value);
        }
        for (name, value) in call.headers {
            request = request.header(*name, *value);
        }
        request = match call.body {
            Body::None => request,
            Body::Json(body) => request.json(body),
            #[cfg(feature = "salesforce")]
            Body::Form(fields) => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                form.extend_pairs(fields);
                request.header("content-type", "application/x-www-form-urlencoded").body(form.finish())
            }
        };
        let mut answer = request.send().await.map_err(|error| no_answer(&error))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| no_answer(&error))? {
            if body.len() + chunk.len() > self.limits.max_answer {
                let message = format!("the answer has more than {} bytes", self.limits.max_answer);
                return Err(Failure::new(FailureKind::BadAnswer, message));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

impl Answer {
    /// The answer with other words where it repeats a secret.
    fn without<'a>(mut self, secrets: impl Iterator<Item = &'a SecretString>) -> Answer {
        for secret in secrets.map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty()) {
            let text = String::from_utf8_lossy(&self.body);
            if text.contains(secret) {
                self.body = text.replace(secret, "[secret]").into_bytes();
            }
        }
        self
    }

    /// The body, as the documentation has it.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // serde_json quotes what it met; the place is enough, and has no personal data.
            let place = format!("line {}, column {}", error.line(), error.column());
            let message = format!("the answer is not of the documented form ({place})");
            Failure::new(FailureKind::BadAnswer, message)
        })
    }
}

impl Failure {
    fn after_header(self, headers: &HeaderMap) -> Failure {
        match retry_after(headers) {
            // The daily limit ends when the CRM system's day does, whatever a header in front of it says.
            Some(wait) if self.kind != FailureKind::DailyLimit => self.after(Some(wait)),
            _ => self,
        }
    }
}

/// Whether a header can have it.
pub(crate) fn is_sendable(token: &SecretString) -> bool {
    bearer(token).is_some()
}

fn bearer(token: &SecretString) -> Option<HeaderValue> {
    let token = token.expose_secret();
    let is_good = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    is_good.then(|| HeaderValue::from_str(&format!("Bearer {token}")).ok()).flatten()
}

/// An address to append paths to: https, or http to this machine.
pub(crate) fn base_url(text: &str) -> Result<Url, SetupError> {
    let wrong = |reason: &str| {
        let shown = text.split(['?', '#']).next().unwrap_or_default();
        let shown = if shown.contains('@') { "(an address with a user)" } else { shown };
        SetupError::Address { url: shown.chars().take(200).collect(), reason: reason.to_owned() }
    };
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if url.host().is_none() || !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it is not an http or https address"));
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(wrong("it must have no user, query or fragment"));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(wrong("a token is sent in the clear only to this machine; use https"));
    }
    Ok(url)
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A path appended to a base, each segment percent-encoded.
pub(crate) fn path_url<'a>(base: &Url, segments: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

fn no_answer(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        return Failure::new(FailureKind::Timeout, "no answer in time");
    }
    // The cause alone: the errors before it have the address, with a query in it.
    let said = if error.source().is_some() { shortened(&cause(error)) } else { "the call failed".to_owned() };
    Failure::new(FailureKind::Connection, format!("no answer: {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_over_https_or_stays_on_this_machine() {
        for good in
            ["https://api.hubapi.com", "http://127.0.0.1:80", "http://[::1]:80/x", "http://localhost:1"]
        {
            assert!(base_url(good).is_ok(), "{good}");
        }
        for wrong in
            ["http://api.hubapi.com", "ftp://localhost", "https://u:p@x.com", "https://x.com/?a=1", "x"]
        {
            let error = base_url(wrong).unwrap_err().to_string();
            assert!(!error.contains("u:p"), "{error}");
        }
    }

    #[test]
    fn segments_are_encoded() {
        let base = Url::parse("http://localhost/root/").unwrap();
        let url = path_url(&base, ["a", "j/o?hn@x.com", ".."]);
        assert_eq!(url.as_str(), "http://localhost/root/a/j%2Fo%3Fhn@x.com");
    }

    #[test]
    fn waits_are_seconds_or_dates() {
        let wait = |text: &str| {
            retry_after(&HeaderMap::from_iter([("retry-after".parse().unwrap(), text.parse().unwrap())]))
        };
        assert_eq!(wait("2"), Some(Duration::from_secs(2)));
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        for nonsense in ["-1", "soon", "NaN", "1e300"] {
            assert_eq!(wait(nonsense), None, "{nonsense}");
        }
    }
}
