//! `sha256=…` over the body alone: GitHub's and Meta's scheme. Nothing in it keeps an old message from being sent again.

use secrecy::{ExposeSecret, SecretString};

use super::{SignatureError, digest, from_hex, hex, is_equal};

/// The header of a body.
///
/// ```
/// use leadscore_connect::signature::body;
/// let secret = "It's a Secret to Everybody".to_owned().into();
/// let header = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
/// assert_eq!(body::sign(&secret, b"Hello, World!"), header);
/// assert!(body::verify(header, &secret, b"Hello, World!").is_ok());
/// ```
pub fn sign(secret: &SecretString, body: &[u8]) -> String {
    format!("sha256={}", hex(&digest(secret.expose_secret().as_bytes(), &[body])))
}

/// Checks a header over the bytes as they came.
///
/// # Errors
/// Why it is not accepted.
pub fn verify(header: &str, secret: &SecretString, body: &[u8]) -> Result<(), SignatureError> {
    let given = header.strip_prefix("sha256=").and_then(from_hex).ok_or(SignatureError::Malformed)?;
    let made = digest(secret.expose_secret().as_bytes(), &[body]);
    if is_equal(&given, &made) { Ok(()) } else { Err(SignatureError::Mismatch) }
}
