//! JSON Web Tokens: how they are configured, checked and issued.

mod claims;
mod refused;
mod token;

use std::fmt;
use std::time::Duration;

use jsonwebtoken::{DecodingKey, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::config_error::ConfigError;
use super::jwks::{KeyMissing, KeySet, RemoteKeys, public_key_of_pem};
use super::key::hex;
use super::scope::Scope;
use super::secret_key::{MIN_SECRET_BYTES, SecretKey};
pub use claims::Claims;
use claims::{RESERVED, Rules, UNNAMED_SUBJECT, is_tenant};
pub use refused::{Reason, Refused};
use token::Token;

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The last second of the year 9999, which is as far as written dates go.
const LAST_SECOND: i64 = 253_402_300_799;

/// Which tokens the server accepts.
#[derive(Debug, Clone)]
pub struct JwtConfig {
    /// How they are signed. The token's own word on it must agree and never decides.
    pub algorithm: Algorithm,
    /// What `iss` must be.
    pub issuer: String,
    /// What `aud` must be, or have in its list.
    pub audience: String,
    /// The name of the claim that is the tenant.
    pub tenant_claim: String,
}

impl JwtConfig {
    /// The claim that is the tenant where nothing else is configured.
    pub const TENANT_CLAIM: &'static str = "tenantId";

    /// The configuration where none is given: HS256 with a key derived from the server's secret, and
    /// `leadscore` as issuer and audience.
    pub fn derived(secret: &SecretKey) -> Self {
        Self {
            algorithm: Algorithm::Hs256 { secret: hex(&secret.derive("jwt")).into() },
            issuer: "leadscore".to_owned(),
            audience: "leadscore".to_owned(),
            tenant_claim: Self::TENANT_CLAIM.to_owned(),
        }
    }
}

/// How tokens are signed.
#[derive(Debug, Clone)]
pub enum Algorithm {
    /// HMAC with SHA-256: who can check a token can issue one.
    Hs256 {
        /// The key's text, at least 32 bytes.
        secret: SecretString,
    },
    /// RSA (PKCS #1 v1.5) with SHA-256: the server has only the public key and issues nothing.
    Rs256 {
        /// Where the public key is.
        key: RsaKeys,
    },
}

/// Where the public keys for RS256 come from.
#[derive(Debug, Clone)]
pub enum RsaKeys {
    /// One key in PEM text. `kid` of a token is not looked at.
    Pem(String),
    /// A JSON Web Key Set as text. A token must name one of its keys in `kid`.
    KeySet(String),
    /// A JSON Web Key Set that the issuer publishes. A token must name one of its keys in `kid`.
    Jwks {
        /// Its address: https, or http on loopback.
        url: String,
    },
}

/// Checks tokens against one configuration, and issues them under HS256.
///
/// ```
/// use std::time::Duration;
/// use leadscore_server::auth::{JwtConfig, SecretKey, Verifier};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let secret = SecretKey::from_text("an example of a secret of 32 bytes".to_owned().into())?;
/// let verifier = Verifier::new(JwtConfig::derived(&secret))?;
/// let token = verifier.issue("acme", Some("ana"), None, 1_700_000_000, Duration::from_secs(3600))?;
/// let claims = verifier.verify(&token, 1_700_000_010).await?;
/// assert_eq!(claims.tenant, "acme");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Verifier {
    keys: Keys,
    rules: Rules,
}

enum Keys {
    Shared { check: DecodingKey, sign: EncodingKey },
    Pem(DecodingKey),
    Set(KeySet),
    Remote(RemoteKeys),
}

impl Verifier {
    /// Checks the configuration. A published key set is first asked for when a token needs it.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with what is wrong in the configuration.
    pub fn new(config: JwtConfig) -> Result<Self, ConfigError> {
        let JwtConfig { algorithm, issuer, audience, tenant_claim } = config;
        for (name, text) in [("issuer", &issuer), ("audience", &audience), ("tenant_claim", &tenant_claim)] {
            if text.trim().is_empty() {
                return Err(ConfigError::Empty { name });
            }
        }
        if RESERVED.contains(&tenant_claim.as_str()) {
            return Err(ConfigError::TenantClaim { claim: tenant_claim });
        }
        Ok(Self { keys: Keys::for_algorithm(algorithm)?, rules: Rules { issuer, audience, tenant_claim } })
    }

    /// The claims of a token that stands up to every rule at a time in seconds since 1970.
    ///
    /// Clocks may differ by 60 seconds. With a published key set this may wait for the issuer, at most some
    /// seconds, and must run on Tokio.
    ///
    /// # Errors
    ///
    /// [`Refused`], which is the same to a client whatever the reason.
    pub async fn verify(&self, token: &str, now_seconds: i64) -> Result<Claims, Refused> {
        let token = Token::parse(token)?;
        token.check_header(self.keys.algorithm())?;
        let key = self.keys.find(token.key_id(), now_seconds).await?;
        token.check_signature(&key, self.keys.algorithm())?;
        self.rules.check(&token.claims()?, now_seconds)
    }

    /// A new token for a tenant, good from `now_seconds` (since 1970) for `ttl` in whole seconds.
    ///
    /// A token must have a subject, so without one it gets a placeholder, which [`Claims::subject`] reads as
    /// none. Without `scopes` the claim is left out, and the token may score, read and write.
    ///
    /// # Errors
    ///
    /// [`IssueError`] under RS256, for a tenant or subject that no token may have, and for a lifetime of less
    /// than a second or beyond the year 9999.
    pub fn issue(
        &self,
        tenant: &str,
        subject: Option<&str>,
        scopes: Option<&[Scope]>,
        now_seconds: i64,
        ttl: Duration,
    ) -> Result<String, IssueError> {
        let Keys::Shared { sign, .. } = &self.keys else { return Err(IssueError::NotOurKey) };
        if !is_tenant(tenant) {
            return Err(IssueError::Tenant);
        }
        let subject = subject.unwrap_or(UNNAMED_SUBJECT);
        if subject.is_empty() {
            return Err(IssueError::Subject);
        }
        let seconds = i64::try_from(ttl.as_secs()).ok().filter(|seconds| *seconds > 0);
        let expires = seconds.and_then(|seconds| now_seconds.checked_add(seconds));
        let expires = expires.filter(|at| *at <= LAST_SECOND).ok_or(IssueError::Lifetime)?;
        let mut claims = Map::new();
        claims.insert("iss".to_owned(), self.rules.issuer.as_str().into());
        claims.insert("aud".to_owned(), self.rules.audience.as_str().into());
        claims.insert("sub".to_owned(), subject.into());
        claims.insert(self.rules.tenant_claim.clone(), tenant.into());
        claims.insert("iat".to_owned(), now_seconds.into());
        claims.insert("nbf".to_owned(), now_seconds.into());
        claims.insert("exp".to_owned(), expires.into());
        if let Some(scopes) = scopes {
            let names: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
            claims.insert("scope".to_owned(), names.join(" ").into());
        }
        let header = Header::new(jsonwebtoken::Algorithm::HS256);
        let token = jsonwebtoken::encode(&header, &Value::Object(claims), sign);
        let token = token.map_err(|error| IssueError::Signing { reason: error.to_string() })?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(IssueError::TooLong);
        }
        Ok(token)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Keys {
    fn for_algorithm(algorithm: Algorithm) -> Result<Self, ConfigError> {
        match algorithm {
            Algorithm::Hs256 { secret } => {
                let secret = secret.expose_secret();
                if secret.len() < MIN_SECRET_BYTES {
                    return Err(ConfigError::ShortSecret);
                }
                // Everybody may have a public key, so a MAC under it proves nothing.
                if secret.trim_start().starts_with("-----BEGIN") {
                    return Err(ConfigError::SecretIsPem);
                }
                let secret = secret.as_bytes();
                Ok(Self::Shared {
                    check: DecodingKey::from_secret(secret),
                    sign: EncodingKey::from_secret(secret),
                })
            }
            Algorithm::Rs256 { key: RsaKeys::Pem(text) } => public_key_of_pem(&text).map(Self::Pem),
            Algorithm::Rs256 { key: RsaKeys::KeySet(text) } => {
                let set = KeySet::parse(text.as_bytes());
                set.map(Self::Set).map_err(|error| ConfigError::PublicKey { reason: error.to_string() })
            }
            Algorithm::Rs256 { key: RsaKeys::Jwks { url } } => RemoteKeys::new(&url).map(Self::Remote),
        }
    }

    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Shared { .. } => jsonwebtoken::Algorithm::HS256,
            Self::Pem(_) | Self::Set(_) | Self::Remote(_) => jsonwebtoken::Algorithm::RS256,
        }
    }

    async fn find(&self, key_id: Option<&str>, now_seconds: i64) -> Result<DecodingKey, Refused> {
        let of_set = || key_id.ok_or(Refused::because(Reason::KeyId));
        match self {
            Self::Shared { check, .. } => Ok(check.clone()),
            Self::Pem(key) => Ok(key.clone()),
            Self::Set(set) => set.key(of_set()?).cloned().ok_or(Refused::because(Reason::KeyId)),
            Self::Remote(keys) => keys.key(of_set()?, now_seconds).await.map_err(|missing| match missing {
                KeyMissing::Unknown => Refused::because(Reason::KeyId),
                KeyMissing::Unavailable => Refused::because(Reason::KeysUnavailable),
            }),
        }
    }
}

/// Why a token was not issued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// Under RS256 the issuer has the private key, and this server does not.
    #[error("tokens are signed by another issuer (RS256), so this server cannot issue one")]
    NotOurKey,
    /// The tenant is empty, or has control characters or spaces around it.
    #[error("a tenant is a text without control characters and without spaces around it")]
    Tenant,
    /// The subject is empty.
    #[error("the subject is empty")]
    Subject,
    /// The token would live for less than a second or beyond the year 9999.
    #[error("a token lives for at least a second and not beyond the year 9999")]
    Lifetime,
    /// The token would be longer than what the server accepts.
    #[error("the token would have more than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
    /// The signature failed.
    #[error("the token could not be signed: {reason}")]
    Signing {
        /// Why.
        reason: String,
    },
}

#[cfg(test)]
mod tests;
