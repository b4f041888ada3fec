//! `t=…,v1=…` over `{t}.{body}`: Stripe's scheme, whose SDKs verify it.

use secrecy::{ExposeSecret, SecretString};

use super::{
    Digest, MAX_HEADER_BYTES, MAX_SIGNATURES, SignatureError, any_is_equal, check_time, digest, from_hex,
    hex, seconds,
};

/// The header of a body that is sent at some time, in seconds since 1970, with one signature for each secret.
///
/// ```
/// use leadscore_connect::signature::timestamped;
/// use secrecy::SecretString;
/// let secrets = ["whsec_one".to_owned().into()];
/// let header = timestamped::sign(&secrets, 1_742_034_600, b"{}");
/// assert_eq!(timestamped::verify(&header, &secrets, b"{}", 1_742_034_700, 300), Ok(()));
/// assert!(timestamped::verify(&header, &secrets, b"{ }", 1_742_034_700, 300).is_err());
/// ```
pub fn sign(secrets: &[SecretString], seconds: i64, body: &[u8]) -> String {
    let mut header = format!("t={seconds}");
    for digest in digests(secrets, &seconds.to_string(), body) {
        header += ",v1=";
        header += &hex(&digest);
    }
    header
}

/// Checks a header over the bytes as they came, with any of the secrets.
///
/// # Errors
/// Why it is not accepted. Unknown parts of the header are passed over.
pub fn verify(
    header: &str,
    secrets: &[SecretString],
    body: &[u8],
    now: i64,
    tolerance: i64,
) -> Result<(), SignatureError> {
    if header.len() > MAX_HEADER_BYTES {
        return Err(SignatureError::Malformed);
    }
    let (mut time, mut given): (Option<&str>, Vec<Digest>) = (None, Vec::new());
    let mut signature_count = 0;
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", _)) if time.is_some() => return Err(SignatureError::Malformed),
            Some(("t", text)) => time = Some(text),
            Some(("v1", text)) => {
                signature_count += 1;
                given.extend(from_hex(text));
            }
            _ => {}
        }
    }
    let time = time.ok_or(SignatureError::Malformed)?;
    let at = seconds(time).ok_or(SignatureError::Malformed)?;
    if signature_count == 0 || signature_count > MAX_SIGNATURES {
        return Err(SignatureError::Malformed);
    }
    if !any_is_equal(&given, &digests(secrets, time, body)) {
        return Err(SignatureError::Mismatch);
    }
    check_time(at, now, tolerance)
}

fn digests(secrets: &[SecretString], time: &str, body: &[u8]) -> Vec<Digest> {
    let digest =
        |secret: &SecretString| digest(secret.expose_secret().as_bytes(), &[time.as_bytes(), b".", body]);
    secrets.iter().map(digest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_malformed_is_refused() {
        let secrets = [SecretString::from("whsec_one".to_owned())];
        let good = sign(&secrets, 100, b"x");
        let check = |header: &str, now: i64| verify(header, &secrets, b"x", now, 300);
        assert_eq!(check(&good, 400), Ok(()));
        assert_eq!(check(&good, 401), Err(SignatureError::TooOld));
        assert_eq!(check(&good.replace("t=100", "t=900"), 100), Err(SignatureError::Mismatch));
        assert_eq!(check(&sign(&secrets, 900, b"x"), 100), Err(SignatureError::InFuture));
        assert_eq!(check(&format!("v0=ab,{good},x=y"), 100), Ok(()));
        for header in [
            "",
            "t=100",
            &good[6..],
            &format!("t=100,{good}"),
            &good.replace("t=100", "t=1e2"),
            &good.replace("t=100", "t=-100"),
            &good.replace("t=100", "t="),
            &format!("{good},{}", "v1=00,".repeat(10)),
            &format!("{good},{}", "x".repeat(1_024)),
        ] {
            assert_eq!(check(header, 100), Err(SignatureError::Malformed), "{header}");
        }
        for header in ["t=100,v1=", "t=100,v1=zz", &good[..good.len() - 1]] {
            assert_eq!(check(header, 100), Err(SignatureError::Mismatch), "{header}");
        }
    }
}
