//! HubSpot's signatures of version 3, over method, address, body and time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use super::{SignatureError, check_time, digest, is_equal};

/// Checks `X-HubSpot-Signature-v3` with the app's secret. `timestamp` is the header of milliseconds, `uri` the whole address
/// that HubSpot has, and the time of now in seconds.
///
/// # Errors
/// Why it is not accepted.
pub fn verify(
    header: &str,
    timestamp: &str,
    secret: &SecretString,
    request: (&str, &str, &[u8]),
    now: i64,
    tolerance: i64,
) -> Result<(), SignatureError> {
    let (method, uri, body) = request;
    let is_number = timestamp.len() <= 15 && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let millis: i64 = timestamp.parse().ok().filter(|_| is_number).ok_or(SignatureError::Malformed)?;
    let given = STANDARD
        .decode(header)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(SignatureError::Malformed)?;
    let made = digest(
        secret.expose_secret().as_bytes(),
        &[method.as_bytes(), uri.as_bytes(), body, timestamp.as_bytes()],
    );
    if !is_equal(&given, &made) {
        return Err(SignatureError::Mismatch);
    }
    check_time(millis / 1_000, now, tolerance)
}
