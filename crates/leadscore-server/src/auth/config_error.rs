//! What is wrong with how tokens are to be checked.

use super::secret_key::MIN_SECRET_BYTES;

/// What is wrong in the configuration of tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The secret for HS256 has less than 32 bytes.
    #[error("auth.jwt: the secret for HS256 needs at least {MIN_SECRET_BYTES} bytes")]
    ShortSecret,
    /// The secret for HS256 is a key or certificate in PEM text.
    #[error("auth.jwt: the secret for HS256 is PEM text; a public key belongs to RS256")]
    SecretIsPem,
    /// The public key or key set cannot be used.
    #[error("auth.jwt: the public key cannot be used: {reason}")]
    PublicKey {
        /// Why.
        reason: String,
    },
    /// The address of the key set cannot be used.
    #[error("auth.jwt: jwks_url {reason}")]
    Url {
        /// Why.
        reason: &'static str,
    },
    /// A setting is empty.
    #[error("auth.jwt: {name} is empty")]
    Empty {
        /// Which one.
        name: &'static str,
    },
    /// The claim for the tenant has a meaning of its own.
    #[error("auth.jwt: tenant_claim cannot be `{claim}`, which means something else")]
    TenantClaim {
        /// The claim.
        claim: String,
    },
    /// No HTTP client for the key set could be made.
    #[error("auth.jwt: no HTTP client for jwks_url: {reason}")]
    Client {
        /// Why.
        reason: String,
    },
}
