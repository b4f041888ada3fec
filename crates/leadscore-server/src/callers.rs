//! Who calls: keys and tokens become a caller, or are refused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, Method, header};
use leadscore::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::auth::{
    KeyHash, Plan, Scopes, TokenSource, Verifier, cookie_write_allowed, loopback_call_allowed, token_of,
};
use crate::family::{Credential, Family};
use crate::fault::{Fault, FaultKind};
use crate::policy::Policy;
use crate::store::{KeyRecord, Store, StoreError};

/// Whoever sent a request, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) tenant: String,
    pub(crate) plan: Plan,
    pub(crate) scopes: Scopes,
    /// The APIs it may use; all where none is named.
    families: Option<Vec<String>>,
    /// Who it is for limits and records: the id of a key, `token`, or none without a credential.
    pub(crate) actor: Option<String>,
}

/// Checks credentials.
pub(crate) struct Callers {
    store: Store,
    verifier: Verifier,
    /// Keys from the environment, by their hashes.
    own: HashMap<[u8; 32], Arc<Caller>>,
    allowed_origins: Vec<String>,
    /// Whether the server can be reached from this machine only.
    is_on_loopback: bool,
    known: Mutex<Known>,
}

/// What the store said lately.
#[derive(Default)]
struct Known {
    keys: HashMap<[u8; 32], (Instant, Arc<Caller>)>,
    has_keys: Option<(Instant, bool)>,
}

/// A key that is revoked opens nothing after this.
const FRESH: Duration = Duration::from_secs(5);
const MOST_KNOWN: usize = 10_000;

/// Where calls without a credential and keys from the environment belong.
pub(crate) const DEFAULT_TENANT: &str = "default";

impl Callers {
    pub(crate) fn new(
        store: Store,
        verifier: Verifier,
        keys: &[SecretString],
        allowed_origins: Vec<String>,
        is_on_loopback: bool,
    ) -> Callers {
        let own = keys.iter().enumerate().map(|(index, key)| {
            let caller = Caller {
                tenant: DEFAULT_TENANT.to_owned(),
                plan: Plan::Pro,
                scopes: Scopes::USUAL,
                families: None,
                actor: Some(format!("environment key {}", index + 1)),
            };
            (*KeyHash::compute(key.expose_secret()).as_bytes(), Arc::new(caller))
        });
        let own = own.collect();
        Callers { store, verifier, own, allowed_origins, is_on_loopback, known: Mutex::default() }
    }

    /// The caller of a request to a route.
    pub(crate) async fn caller(
        &self,
        policy: &Policy,
        method: &Method,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Arc<Caller>, Fault> {
        let family = policy.family;
        let caller = match family.credential() {
            // Boxed: the state of every request would be as large as that of the rarest one.
            Credential::Token => Box::pin(self.by_token(method, headers, now)).await?,
            credential => match key(credential, headers).map_err(|()| refused(family))? {
                Some(key) => self.by_key(&key).await?.ok_or_else(|| refused(family))?,
                None => self.without_key(policy, headers).await?,
            },
        };
        if caller.families.as_ref().is_some_and(|own| !own.iter().any(|name| name == family.as_str())) {
            return Err(Fault::new(FaultKind::Forbidden, "this key is not for this API"));
        }
        match policy.scope {
            Some(scope) if !caller.scopes.contains(scope) => {
                Err(Fault::new(FaultKind::Forbidden, format!("this needs the scope `{scope}`")))
            }
            _ => Ok(caller),
        }
    }

    /// Whether there is any key.
    pub(crate) async fn has_keys(&self) -> Result<bool, StoreError> {
        if !self.own.is_empty() {
            return Ok(true);
        }
        if let Some((since, has_keys)) = self.lock().has_keys
            && since.elapsed() < FRESH
        {
            return Ok(has_keys);
        }
        let has_keys = Box::pin(self.store.has_keys()).await?;
        self.lock().has_keys = Some((Instant::now(), has_keys));
        Ok(has_keys)
    }

    async fn by_key(&self, key: &str) -> Result<Option<Arc<Caller>>, StoreError> {
        // Looked up by its hash: how long that takes tells nothing of the key.
        let hash = KeyHash::compute(key);
        if let Some(caller) = self.own.get(hash.as_bytes()) {
            return Ok(Some(Arc::clone(caller)));
        }
        if let Some((since, caller)) = self.lock().keys.get(hash.as_bytes())
            && since.elapsed() < FRESH
        {
            return Ok(Some(Arc::clone(caller)));
        }
        let Some(record) = Box::pin(self.store.key(&hash)).await? else {
            self.lock().keys.remove(hash.as_bytes());
            return Ok(None);
        };
        let caller = Arc::new(Caller::from(record));
        let mut known = self.lock();
        if known.keys.len() >= MOST_KNOWN {
            known.keys.clear();
        }
        known.keys.insert(*hash.as_bytes(), (Instant::now(), Arc::clone(&caller)));
        Ok(Some(caller))
    }

    async fn by_token(
        &self,
        method: &Method,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Arc<Caller>, Fault> {
        let refused = || Fault::new(FaultKind::Unauthorized, "Missing or invalid token");
        let (token, is_cookie) = match token_of(headers) {
            TokenSource::Header(token) => (token, false),
            TokenSource::Cookie(token) => (token, true),
            TokenSource::None | TokenSource::Conflict => return Err(refused()),
        };
        let claims = self.verifier.verify(token, now.as_millis().div_euclid(1_000)).await;
        let claims = claims.map_err(|error| {
            tracing::debug!(%error, "a token was refused");
            refused()
        })?;
        if is_cookie && !cookie_write_allowed(headers, method, &self.allowed_origins) {
            let message = "a write with a cookie must be JSON from the same origin or one of cors_origins";
            return Err(Fault::new(FaultKind::Forbidden, message));
        }
        Ok(Arc::new(Caller {
            tenant: claims.tenant,
            plan: Plan::Pro,
            scopes: claims.scopes.into_iter().collect(),
            families: None,
            actor: Some("token".to_owned()),
        }))
    }

    async fn without_key(&self, policy: &Policy, headers: &HeaderMap) -> Result<Arc<Caller>, Fault> {
        if policy.public.is_some() {
            return Ok(Arc::new(Caller::unknown(policy.scope.into_iter().collect())));
        }
        if !policy.is_open_without_keys || !self.is_on_loopback || self.has_keys().await? {
            return Err(refused(policy.family));
        }
        if !loopback_call_allowed(headers, &self.allowed_origins) {
            let message = "without a key this is open to callers on this machine alone: not through a proxy, another host \
                           name or a page of another origin";
            return Err(Fault::new(FaultKind::Forbidden, message));
        }
        Ok(Arc::new(Caller::unknown(Scopes::USUAL)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Caller {
    /// One without a credential.
    fn unknown(scopes: Scopes) -> Caller {
        Caller { tenant: DEFAULT_TENANT.to_owned(), plan: Plan::Pro, scopes, families: None, actor: None }
    }
}

impl From<KeyRecord> for Caller {
    fn from(record: KeyRecord) -> Caller {
        Caller {
            tenant: record.tenant,
            plan: record.plan,
            scopes: record.scopes,
            families: record.families,
            actor: Some(record.id),
        }
    }
}

/// The same words whether there is no key or a wrong one.
fn refused(family: Family) -> Fault {
    let message = match family {
        Family::B2b => "Invalid or missing API key",
        _ => "Missing or invalid API key",
    };
    Fault::new(FaultKind::Unauthorized, message)
}

/// The key of a request, if it has one where the family takes it; an error where it has two that differ.
fn key(credential: Credential, headers: &HeaderMap) -> Result<Option<String>, ()> {
    let mut values = headers.get_all("x-api-key").iter();
    let header = match (values.next(), values.next()) {
        (None, _) => None,
        (Some(value), None) => Some(value.to_str().map_err(|_| ())?.trim()),
        _ => return Err(()),
    };
    let bearer = match token_of_header(headers)? {
        Some(_) if credential == Credential::KeyHeader => return Ok(header.map(str::to_owned)),
        own => own,
    };
    let key = match (credential, header, bearer) {
        (Credential::KeyBearer, _, bearer) => bearer,
        (Credential::KeyAnywhere, Some(header), Some(bearer)) if header != bearer => return Err(()),
        (_, header, bearer) => header.or(bearer),
    };
    Ok(key.filter(|key| !key.is_empty()).map(str::to_owned))
}

fn token_of_header(headers: &HeaderMap) -> Result<Option<&str>, ()> {
    if !headers.contains_key(header::AUTHORIZATION) {
        return Ok(None);
    }
    match token_of(headers) {
        TokenSource::Header(token) => Ok(Some(token)),
        TokenSource::Cookie(_) | TokenSource::None | TokenSource::Conflict => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_key_may_stand() {
        let headers = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, value.parse().unwrap());
            }
            headers
        };
        let own = headers(&[("x-api-key", "a")]);
        let bearer = headers(&[("authorization", "Bearer a")]);
        let both = headers(&[("x-api-key", "a"), ("authorization", "Bearer b")]);
        let same = headers(&[("x-api-key", "a"), ("authorization", "Bearer a")]);
        let (anywhere, header, only_bearer) =
            (Credential::KeyAnywhere, Credential::KeyHeader, Credential::KeyBearer);
        let a = Ok(Some("a".to_owned()));
        assert_eq!(
            (key(anywhere, &own), key(anywhere, &bearer), key(anywhere, &same)),
            (a.clone(), a.clone(), a.clone())
        );
        assert_eq!(
            (key(header, &own), key(header, &bearer), key(header, &both)),
            (a.clone(), Ok(None), a.clone())
        );
        assert_eq!((key(only_bearer, &own), key(only_bearer, &bearer)), (Ok(None), a));
        assert_eq!(key(anywhere, &both), Err(()));
        assert_eq!(key(anywhere, &headers(&[("x-api-key", "a"), ("x-api-key", "a")])), Err(()));
    }
}
