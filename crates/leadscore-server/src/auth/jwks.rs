//! Public keys of an issuer: one in PEM text, or a JSON Web Key Set (RFC 7517).

mod remote;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use serde::Deserialize;

use super::config_error::ConfigError;
pub(super) use remote::{KeyMissing, RemoteKeys};

/// The most bytes that a key set may have.
pub(super) const MAX_SET_BYTES: usize = 64 * 1024;

/// RSA keys of 2048 to 8192 bits are taken: less is broken soon, more costs too much to check.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// The keys of a set that can check RS256 signatures, by their ids.
pub(super) struct KeySet {
    /// Nothing where two different keys have one id: which of them is meant cannot be known.
    keys: HashMap<String, Option<DecodingKey>>,
}

impl KeySet {
    /// Reads a set. Keys for other purposes or algorithms, keys without an id and weak ones are left out.
    pub(super) fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        if json.len() > MAX_SET_BYTES {
            return Err(KeySetError::TooLarge);
        }
        let set: Set =
            serde_json::from_slice(json).map_err(|error| KeySetError::Malformed(error.to_string()))?;
        let mut keys = HashMap::new();
        for (id, key) in set.keys.into_iter().filter_map(usable) {
            match keys.entry(id) {
                Entry::Vacant(entry) => {
                    entry.insert(Some(key));
                }
                Entry::Occupied(mut entry) => {
                    entry.insert(None);
                }
            }
        }
        if keys.values().all(Option::is_none) {
            return Err(KeySetError::NoKey);
        }
        Ok(Self { keys })
    }

    pub(super) fn key(&self, id: &str) -> Option<&DecodingKey> {
        self.keys.get(id)?.as_ref()
    }
}

/// Why a key set cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeySetError {
    #[error("the key set has more than {MAX_SET_BYTES} bytes")]
    TooLarge,
    #[error("the key set is malformed: {0}")]
    Malformed(String),
    #[error("the key set has no RSA key of 2048 to 8192 bits with an id for RS256 signatures")]
    NoKey,
}

/// The one public key in a PEM text, as `PUBLIC KEY` or `RSA PUBLIC KEY`.
pub(super) fn public_key_of_pem(text: &str) -> Result<DecodingKey, ConfigError> {
    let unusable = |reason: &str| ConfigError::PublicKey { reason: reason.to_owned() };
    // The library also takes private keys, which must not lie about here, and cuts wrong pieces from certificates.
    let (spki, pkcs1) = ("-----BEGIN PUBLIC KEY-----", "-----BEGIN RSA PUBLIC KEY-----");
    if text.matches("-----BEGIN").count() != 1 || !(text.contains(spki) || text.contains(pkcs1)) {
        return Err(unusable("PEM text with one `PUBLIC KEY` is needed"));
    }
    let key = DecodingKey::from_rsa_pem(text.as_bytes()).map_err(|_| unusable("it is no RSA public key"))?;
    let der = key.try_get_as_bytes().map_err(|_| unusable("it is no RSA public key"))?;
    let parts = (DEFAULT_PROVIDER.key_utils.rsa_pub_components_from_public_key)(der);
    let (modulus, exponent) = parts.map_err(|_| unusable("it is no RSA public key of 2048 to 8192 bits"))?;
    rsa_key(&modulus, &exponent).ok_or_else(|| unusable("an RSA key needs 2048 to 8192 bits"))
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct JsonWebKey {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

/// A key's id and the key, if it checks RS256 signatures. `use` and `alg` are optional members; where they are
/// there they must fit.
fn usable(key: serde_json::Value) -> Option<(String, DecodingKey)> {
    let key: JsonWebKey = serde_json::from_value(key).ok()?;
    let fits = key.kty == "RSA"
        && key.usage.is_none_or(|usage| usage == "sig")
        && key.alg.is_none_or(|alg| alg == "RS256")
        && key.key_ops.is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
    if !fits {
        return None;
    }
    let modulus = URL_SAFE_NO_PAD.decode(key.n?).ok()?;
    let exponent = URL_SAFE_NO_PAD.decode(key.e?).ok()?;
    Some((key.kid?, rsa_key(&modulus, &exponent)?))
}

fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Option<DecodingKey> {
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let modulus = &modulus[zeros..];
    let sound = MODULUS_BYTES.contains(&modulus.len()) && (1..=8).contains(&exponent.len());
    sound.then(|| DecodingKey::from_rsa_raw_components(modulus, exponent))
}

#[cfg(test)]
mod tests;
