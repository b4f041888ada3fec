//! An address that is asked for a company by its domain.
//!
//! Its answer is a JSON object with the names that the file of companies has for columns. It is asked once a day for each
//! domain, and a request never waits for it for more than five seconds: without an answer the source is silent.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use leadscore_connect::ssrf::Guard;
use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::facts::{Fact, FactSource};
use super::record;
use crate::config::{Config, ConfigError};

/// The address, and what it said lately.
pub(crate) struct Remote {
    template: String,
    token: Option<SecretString>,
    guard: Guard,
    client: Client,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    answers: HashMap<String, (Instant, Result<Vec<Fact>, String>)>,
    failures: u32,
    /// Until when it is not asked, after several failures in a row.
    paused_until: Option<Instant>,
}

const PLACE: &str = "{domain}";
const TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(2);
/// The longest answer, in bytes.
const MOST_BYTES: usize = 64 << 10;
const FRESH: Duration = Duration::from_secs(24 * 3_600);
/// How long a failure is remembered, for its domain.
const FAILED: Duration = Duration::from_secs(60);
const MOST_KNOWN: usize = 10_000;
/// After so many failures in a row nobody waits for it for a while.
const MOST_FAILURES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(30);

impl Remote {
    /// The address that a configuration names, asked as far as the guard lets it.
    ///
    /// # Errors
    /// [`ConfigError`] for an address that cannot be asked.
    pub(crate) fn new(config: &Config, guard: Guard) -> Result<Option<Remote>, ConfigError> {
        let told = |message: String| ConfigError::new(format!("qualify.companies_url: {message}"));
        let own = &config.qualify;
        let Some(template) = own.companies_url.clone() else {
            return match own.companies_token {
                Some(_) => Err(told("is not set, and qualify.companies_token is".to_owned())),
                None => Ok(None),
            };
        };
        let (before, after) =
            template.split_once(PLACE).ok_or_else(|| told(format!("wants {PLACE} in its path or query")))?;
        if after.contains(PLACE) || before.splitn(4, '/').count() < 4 {
            return Err(told(format!("wants {PLACE} once, in its path or query")));
        }
        guard.check(&template.replace(PLACE, "acme.example")).map_err(|error| told(error.to_string()))?;
        let client = guard.client(CONNECT, TIMEOUT).map_err(|error| told(error.to_string()))?;
        let token = own.companies_token.clone();
        Ok(Some(Remote { template, token, guard, client, known: Mutex::default() }))
    }

    /// What is known of a company.
    ///
    /// # Errors
    /// Why there is no answer, in words without the address.
    pub(crate) async fn facts(&self, domain: &str) -> Result<Vec<Fact>, String> {
        if let Some(answer) = self.known(domain) {
            return answer;
        }
        let answer = match tokio::time::timeout(TIMEOUT, self.ask(domain)).await {
            Ok(answer) => answer,
            Err(_) => Err("took too long".to_owned()),
        };
        if let Err(error) = &answer {
            tracing::warn!(%error, "the address that is asked for companies did not answer");
        }
        self.remember(domain, &answer);
        answer
    }

    async fn ask(&self, domain: &str) -> Result<Vec<Fact>, String> {
        let encoded: String = form_urlencoded::byte_serialize(domain.as_bytes()).collect();
        let address = self.template.replace(PLACE, &encoded);
        let url = self.guard.check(&address).map_err(|_| "is not allowed for this domain".to_owned())?;
        let mut request = self.client.get(url).header("accept", "application/json");
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose_secret());
        }
        let told = |error: reqwest::Error| {
            if error.is_timeout() { "took too long".to_owned() } else { "could not be reached".to_owned() }
        };
        let mut response = request.send().await.map_err(told)?;
        match response.status() {
            StatusCode::OK => {}
            // It does not know the company.
            StatusCode::NOT_FOUND | StatusCode::NO_CONTENT => return Ok(Vec::new()),
            status => return Err(format!("answered {}", status.as_u16())),
        }
        let mut bytes = Vec::new();
        while let Some(part) = response.chunk().await.map_err(told)? {
            if bytes.len() + part.len() > MOST_BYTES {
                return Err(format!("answered more than {MOST_BYTES} bytes"));
            }
            bytes.extend_from_slice(&part);
        }
        let value = crate::json::parse(&bytes).map_err(|_| "answered no JSON that can be used".to_owned())?;
        let Value::Object(fields) = value else { return Err("answered no JSON object".to_owned()) };
        Ok(record::facts(|name| text(fields.get(name)?), FactSource::CompaniesUrl))
    }

    fn known(&self, domain: &str) -> Option<Result<Vec<Fact>, String>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let own = known.answers.get(domain).filter(|(at, answer)| is_fresh(*at, answer));
        if let Some((_, answer)) = own {
            return Some(answer.clone());
        }
        let is_paused = known.paused_until.is_some_and(|until| Instant::now() < until);
        is_paused.then(|| Err("failed several times, and is not asked for a while".to_owned()))
    }

    fn remember(&self, domain: &str, answer: &Result<Vec<Fact>, String>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.failures = if answer.is_ok() { 0 } else { known.failures + 1 };
        known.paused_until = (known.failures >= MOST_FAILURES).then(|| Instant::now() + PAUSE);
        if known.answers.len() >= MOST_KNOWN {
            known.answers.retain(|_, (at, answer)| is_fresh(*at, answer));
        }
        if known.answers.len() >= MOST_KNOWN {
            known.answers.clear();
        }
        known.answers.insert(domain.to_owned(), (Instant::now(), answer.clone()));
    }
}

fn is_fresh(at: Instant, answer: &Result<Vec<Fact>, String>) -> bool {
    at.elapsed() < if answer.is_ok() { FRESH } else { FAILED }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
