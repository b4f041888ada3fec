//! Standard Webhooks: `webhook-signature: v1,…` over `{webhook-id}.{webhook-timestamp}.{body}`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use super::{
    Digest, MAX_HEADER_BYTES, MAX_SIGNATURES, SignatureError, any_is_equal, check_time, digest, seconds,
};

/// The header `webhook-signature`, with one signature for each secret.
///
/// The key is what follows `whsec_` where that is base64 of 24 to 64 bytes, else the bytes of the whole secret.
pub fn sign(secrets: &[SecretString], id: &str, seconds: i64, body: &[u8]) -> String {
    let signatures = digests(secrets, id, &seconds.to_string(), body);
    signatures.iter().map(|digest| format!("v1,{}", STANDARD.encode(digest))).collect::<Vec<_>>().join(" ")
}

/// Checks the three headers over the bytes as they came, with any of the secrets.
///
/// # Errors
/// Why they are not accepted. Signatures of other versions are passed over.
pub fn verify(
    id: &str,
    timestamp: &str,
    header: &str,
    secrets: &[SecretString],
    body: &[u8],
    now: i64,
    tolerance: i64,
) -> Result<(), SignatureError> {
    let at = seconds(timestamp).ok_or(SignatureError::Malformed)?;
    if id.is_empty() || id.len() > MAX_HEADER_BYTES || header.len() > MAX_HEADER_BYTES {
        return Err(SignatureError::Malformed);
    }
    let signatures: Vec<&str> = header.split(' ').filter_map(|part| part.strip_prefix("v1,")).collect();
    if signatures.is_empty() || signatures.len() > MAX_SIGNATURES {
        return Err(SignatureError::Malformed);
    }
    let given: Vec<Digest> =
        signatures.iter().filter_map(|text| STANDARD.decode(text).ok()?.try_into().ok()).collect();
    if !any_is_equal(&given, &digests(secrets, id, timestamp, body)) {
        return Err(SignatureError::Mismatch);
    }
    check_time(at, now, tolerance)
}

fn digests(secrets: &[SecretString], id: &str, time: &str, body: &[u8]) -> Vec<Digest> {
    let parts = [id.as_bytes(), b".", time.as_bytes(), b".", body];
    secrets.iter().map(|secret| digest(&key(secret.expose_secret()), &parts)).collect()
}

fn key(secret: &str) -> Vec<u8> {
    let decoded = secret.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    decoded.filter(|key| (24..=64).contains(&key.len())).unwrap_or_else(|| secret.as_bytes().to_vec())
}
