//! Signatures of webhooks, made and checked: HMAC-SHA256 over the bytes as they are sent.
//!
//! | scheme | header | signed | digest |
//! |---|---|---|---|
//! | [`timestamped`], as Stripe has it | `t=…,v1=…` | `{t}.{body}` | hex |
//! | [`standard`], of Standard Webhooks | `webhook-signature: v1,…` | `{id}.{t}.{body}` | base64 |
//! | [`body`], as GitHub and Meta have it | `sha256=…` | `{body}` | hex |
//! | [`hubspot`], HubSpot's version 3 | `X-HubSpot-Signature-v3` | `{method}{uri}{body}{t}` | base64 |
//!
//! Several secrets sign and verify at once, so that one can be replaced by another. Digests are compared in constant time.

pub mod body;
pub mod hubspot;
pub mod standard;
pub mod timestamped;

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// How far the time of a signature may be from now, in seconds.
pub const TOLERANCE_SECONDS: i64 = 300;

/// The longest header that is looked at, in bytes.
const MAX_HEADER_BYTES: usize = 1_024;
/// The most signatures of one header.
const MAX_SIGNATURES: usize = 10;

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The header is not of the scheme's form.
    #[error("the signature has not the form of its scheme")]
    Malformed,
    /// No signature is that of one of the secrets over this body.
    #[error("no signature is that of the body")]
    Mismatch,
    /// It was made too long ago.
    #[error("the signature is too old")]
    TooOld,
    /// It says that it was made in the future.
    #[error("the signature is of the future")]
    InFuture,
}

type Digest = [u8; 32];

fn digest(key: &[u8], parts: &[&[u8]]) -> Digest {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn is_equal(a: &Digest, b: &Digest) -> bool {
    a.ct_eq(b).into()
}

fn hex(digest: &Digest) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hex(text: &str) -> Option<Digest> {
    let digits = text.as_bytes();
    let mut digest = Digest::default();
    if digits.len() != 2 * digest.len() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(digest)
}

/// Seconds since 1970 as a header has them.
fn seconds(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

fn check_time(seconds: i64, now: i64, tolerance: i64) -> Result<(), SignatureError> {
    if seconds < now.saturating_sub(tolerance) {
        return Err(SignatureError::TooOld);
    }
    if seconds > now.saturating_add(tolerance) {
        return Err(SignatureError::InFuture);
    }
    Ok(())
}

/// Whether any of some signatures is any of some digests; all are compared, whatever comes out.
fn any_is_equal(given: &[Digest], made: &[Digest]) -> bool {
    given
        .iter()
        .flat_map(|given| made.iter().map(move |made| is_equal(given, made)))
        .fold(false, |a, b| a | b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_back_and_nothing_else_is() {
        let digest = digest(b"key", &[b"message"]);
        assert_eq!(from_hex(&hex(&digest)), Some(digest));
        assert_eq!(from_hex(&hex(&digest).to_uppercase()), Some(digest));
        for text in ["", "00", &"0".repeat(63), &"g".repeat(64), &"ä".repeat(32), &"+1".repeat(32)] {
            assert_eq!(from_hex(text), None, "{text}");
        }
    }
}
