//! Who calls, and what that caller may do: tokens, keys, scopes, plans and the rules for browsers.
//!
//! Nothing here knows the web framework or the store. A token is checked against a configuration and a time,
//! a key becomes a hash, and headers become decisions; the routes put these together.

mod browser;
mod config_error;
mod jwks;
mod jwt;
mod key;
mod plan;
mod scope;
mod secret_key;

pub use browser::{TokenSource, cookie_write_allowed, loopback_call_allowed, token_of};
pub use config_error::ConfigError;
pub use jwt::{
    Algorithm, Claims, IssueError, JwtConfig, MAX_TOKEN_BYTES, Reason, Refused, RsaKeys, Verifier,
};
pub(crate) use key::hex;
pub use key::{ApiKey, InvalidKeyHash, KeyHash, NoRandomness};
pub use plan::{Plan, UnknownPlan};
pub use scope::{Scope, Scopes, UnknownScope};
pub use secret_key::{MIN_SECRET_BYTES, SecretKey, SecretKeyError};

#[cfg(test)]
mod tests;
