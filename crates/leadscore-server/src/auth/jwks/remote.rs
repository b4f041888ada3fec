//! A key set that the issuer publishes, fetched when it is needed and kept.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use reqwest::{Client, Response, StatusCode, redirect};
use url::{Host, Url};

use super::super::config_error::ConfigError;
use super::{KeySet, KeySetError, MAX_SET_BYTES};

/// For how long a fetched set answers for itself.
const FRESH_SECONDS: i64 = 10 * 60;

/// For how long it still answers while the issuer cannot be reached. After that a key that the issuer has
/// withdrawn is no longer believed.
const USABLE_SECONDS: i64 = 60 * 60;

/// The least time between two fetches, so that tokens with invented key ids do not make us flood the issuer.
const PAUSE_SECONDS: i64 = 60;

const TIMEOUT: Duration = Duration::from_secs(5);

/// The key set at an address. All times are seconds since 1970, given by the caller.
pub(in crate::auth) struct RemoteKeys {
    shared: Arc<Shared>,
}

/// Why there is no key for a token.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::auth) enum KeyMissing {
    /// The issuer's set has no such key.
    Unknown,
    /// There is no set that could be asked.
    Unavailable,
}

struct Shared {
    client: Client,
    url: Url,
    cached: RwLock<Option<Cached>>,
    /// When the last fetch began. Held during it, so that one runs at a time.
    last_try: tokio::sync::Mutex<Option<i64>>,
}

struct Cached {
    keys: KeySet,
    at: i64,
}

impl RemoteKeys {
    /// Keys at an https address; http is for loopback alone. Nothing is fetched yet.
    pub(in crate::auth) fn new(url: &str) -> Result<Self, ConfigError> {
        let url = Url::parse(url).map_err(|_| ConfigError::Url { reason: "is no URL" })?;
        let loopback = is_loopback(&url);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => {
                return Err(ConfigError::Url {
                    reason: "must begin with https (http is for loopback alone)",
                });
            }
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ConfigError::Url { reason: "must not have a user or password" });
        }
        let builder = Client::builder()
            .timeout(TIMEOUT)
            // It would lead away from the address that the operator trusts, or from https.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("leadscore/", env!("CARGO_PKG_VERSION")));
        let builder = if loopback { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(|error| ConfigError::Client { reason: error.to_string() })?;
        let (cached, last_try) = (RwLock::new(None), tokio::sync::Mutex::new(None));
        Ok(Self { shared: Arc::new(Shared { client, url, cached, last_try }) })
    }

    /// The key with an id, fetched if the kept set is old or does not have it.
    pub(in crate::auth) async fn key(&self, id: &str, now: i64) -> Result<DecodingKey, KeyMissing> {
        if let Ok(key) = self.shared.cached(id, now, FRESH_SECONDS) {
            return Ok(key);
        }
        let (shared, wanted) = (Arc::clone(&self.shared), id.to_owned());
        // On a task of its own: a client that hangs up must not leave the fetch half done and counted.
        let fetch = tokio::spawn(async move { shared.refresh(&wanted, now).await });
        if let Err(error) = fetch.await {
            tracing::error!(%error, "fetching the issuer's keys stopped");
        }
        self.shared.cached(id, now, USABLE_SECONDS)
    }
}

impl Shared {
    /// A key of the kept set, if that is younger than `limit` seconds. A set from the future is old: the clock
    /// was put back.
    fn cached(&self, id: &str, now: i64, limit: i64) -> Result<DecodingKey, KeyMissing> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        let young = |cached: &&Cached| (0..limit).contains(&now.saturating_sub(cached.at));
        let set = cached.as_ref().filter(young).ok_or(KeyMissing::Unavailable)?;
        set.keys.key(id).cloned().ok_or(KeyMissing::Unknown)
    }

    async fn refresh(&self, id: &str, now: i64) {
        let mut last_try = self.last_try.lock().await;
        // Another caller may have fetched it while this one waited.
        if self.cached(id, now, FRESH_SECONDS).is_ok() {
            return;
        }
        if last_try.is_some_and(|at| (0..PAUSE_SECONDS).contains(&now.saturating_sub(at))) {
            return;
        }
        *last_try = Some(now);
        match self.fetch().await {
            Ok(keys) => {
                *self.cached.write().unwrap_or_else(PoisonError::into_inner) = Some(Cached { keys, at: now });
            }
            Err(error) => {
                tracing::warn!(%error, host = self.url.host_str(), "the issuer's keys could not be fetched");
            }
        }
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        let response = self.client.get(self.url.clone()).header("accept", "application/json").send().await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        Ok(KeySet::parse(&body(response).await?)?)
    }
}

/// A body of at most the size of a key set; of a larger one the rest is not read.
async fn body(mut response: Response) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_SET_BYTES {
            return Err(KeySetError::TooLarge.into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the issuer answered {0}")]
    Status(StatusCode),
    #[error(transparent)]
    Set(#[from] KeySetError),
    #[error("{0}")]
    Http(reqwest::Error),
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        // Its query may have a secret of the operator.
        Self::Http(error.without_url())
    }
}

#[cfg(test)]
mod tests;
