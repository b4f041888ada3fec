//! Who may deliver: the handshake, and the signature of each delivery.

use std::borrow::Cow;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use thiserror::Error;
use url::form_urlencoded;

use crate::signature::body;

/// The largest body of a delivery, in bytes: Meta sends at most 3 MB.
pub const MAX_BODY_BYTES: usize = 3 << 20;

/// The longest challenge that is given back, in bytes.
const MAX_CHALLENGE_BYTES: usize = 1_024;

/// The secrets of a webhook of Meta: the verify token of the handshake, and the app secrets that deliveries are signed with.
#[derive(Clone)]
pub struct Webhook {
    verify_token: SecretString,
    app_secrets: Vec<SecretString>,
}

/// Why a webhook cannot be set up. Whatever is missing would let anybody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WebhookSettingsError {
    /// An empty token is what a request without one has.
    #[error("the verify token is empty")]
    NoVerifyToken,
    /// Without a secret no delivery can be told from a forged one.
    #[error(
        "there is no app secret, or one is empty; it is found in the app's basic settings, and it is not the access token"
    )]
    NoAppSecret,
}

/// Why a handshake is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// A parameter is missing, is there twice, or is none that Meta sends: answer with 400.
    #[error(
        "hub.mode, hub.verify_token and hub.challenge must be there once each, with a printable challenge of at most 1 KiB"
    )]
    Malformed,
    /// The token or the mode is another: answer with 403.
    #[error("the verify token or the mode is not the one")]
    Refused,
}

/// Why a delivery is refused, before its body is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The body is larger than any of Meta's: answer with 413.
    #[error("the body has more than 3 MiB")]
    TooLarge,
    /// There is no `X-Hub-Signature-256`: answer with 401.
    #[error("the signature is missing")]
    Missing,
    /// It is that of another body or secret, or none at all: answer with 401.
    #[error("the signature is not that of the body")]
    Invalid,
    /// The signature is right, and the body is no JSON: answer with 400.
    #[error("the body is no JSON")]
    NotJson,
}

impl Webhook {
    /// A webhook with its verify token and its app secrets: several where one replaces another, or two products share the address.
    ///
    /// # Errors
    /// A token or secret is empty or missing.
    pub fn new(
        verify_token: SecretString,
        app_secrets: impl IntoIterator<Item = SecretString>,
    ) -> Result<Webhook, WebhookSettingsError> {
        let app_secrets: Vec<_> = app_secrets.into_iter().collect();
        let is_empty = |secret: &SecretString| secret.expose_secret().trim().is_empty();
        if is_empty(&verify_token) {
            return Err(WebhookSettingsError::NoVerifyToken);
        }
        if app_secrets.is_empty() || app_secrets.iter().any(is_empty) {
            return Err(WebhookSettingsError::NoAppSecret);
        }
        Ok(Webhook { verify_token, app_secrets })
    }

    /// Answers the GET of the handshake, by its query string. The answer goes back as `text/plain` with
    /// `X-Content-Type-Options: nosniff`.
    ///
    /// # Errors
    /// Why it is refused.
    ///
    /// ```
    /// use leadscore_connect::meta::Webhook;
    /// let webhook = Webhook::new("token".into(), ["app secret".into()]).unwrap();
    /// let query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=token";
    /// assert_eq!(webhook.challenge(query).unwrap(), "1158201444");
    /// ```
    pub fn challenge(&self, query: &str) -> Result<String, HandshakeError> {
        let (mode, token) = (parameter(query, "hub.mode")?, parameter(query, "hub.verify_token")?);
        let challenge = parameter(query, "hub.challenge")?;
        let is_same = token.as_bytes().ct_eq(self.verify_token.expose_secret().as_bytes());
        if !bool::from(is_same) || mode != "subscribe" {
            return Err(HandshakeError::Refused);
        }
        let is_printable = |byte: u8| (b' '..=b'~').contains(&byte);
        if challenge.is_empty()
            || challenge.len() > MAX_CHALLENGE_BYTES
            || !challenge.bytes().all(is_printable)
        {
            return Err(HandshakeError::Malformed);
        }
        Ok(challenge.into_owned())
    }

    /// Checks the header `X-Hub-Signature-256` over the bytes as they came: Meta writes `ä` as `\u00e4`, and what is parsed and
    /// written again has another signature.
    ///
    /// # Errors
    /// Why the delivery is refused.
    pub fn verify(&self, header: Option<&str>, body: &[u8]) -> Result<(), DeliveryError> {
        if body.len() > MAX_BODY_BYTES {
            return Err(DeliveryError::TooLarge);
        }
        let header = header.ok_or(DeliveryError::Missing)?;
        // All are tried, whichever fits.
        let fitting =
            self.app_secrets.iter().filter(|secret| body::verify(header, secret, body).is_ok()).count();
        if fitting > 0 { Ok(()) } else { Err(DeliveryError::Invalid) }
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("app_secrets", &self.app_secrets.len()).finish_non_exhaustive()
    }
}

fn parameter<'a>(query: &'a str, name: &str) -> Result<Cow<'a, str>, HandshakeError> {
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
    match (values.next(), values.next()) {
        (Some((_, value)), None) => Ok(value),
        _ => Err(HandshakeError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook() -> Webhook {
        Webhook::new("my token+1".into(), ["test_app_secret".into(), "older".into()]).unwrap()
    }

    #[test]
    fn the_challenge_is_given_back_for_the_token_alone() {
        let answer = |query: &str| webhook().challenge(query);
        let good = "hub.mode=subscribe&hub.verify_token=my%20token%2B1&hub.challenge=115%2F8&other=x";
        assert_eq!(answer(good), Ok("115/8".to_owned()));
        for (query, error) in [
            ("", HandshakeError::Malformed),
            ("hub.mode=subscribe&hub.verify_token=my%20token%2B1", HandshakeError::Malformed),
            ("hub_mode=subscribe&hub_verify_token=my%20token%2B1&hub_challenge=1", HandshakeError::Malformed),
            (
                "hub.mode=subscribe&hub.verify_token=x&hub.verify_token=my%20token%2B1&hub.challenge=1",
                HandshakeError::Malformed,
            ),
            ("hub.mode=subscribe&hub.verify_token=&hub.challenge=1", HandshakeError::Refused),
            ("hub.mode=subscribe&hub.verify_token=my%20token&hub.challenge=1", HandshakeError::Refused),
            ("hub.mode=subscribe&hub.verify_token=MY%20token%2B1&hub.challenge=1", HandshakeError::Refused),
            ("hub.mode=unsubscribe&hub.verify_token=my%20token%2B1&hub.challenge=1", HandshakeError::Refused),
            ("hub.mode=subscribe&hub.verify_token=my%20token%2B1&hub.challenge=", HandshakeError::Malformed),
            (
                "hub.mode=subscribe&hub.verify_token=my%20token%2B1&hub.challenge=a%0Ab",
                HandshakeError::Malformed,
            ),
            (
                "hub.mode=subscribe&hub.verify_token=my%20token%2B1&hub.challenge=%C3%A4",
                HandshakeError::Malformed,
            ),
        ] {
            assert_eq!(answer(query), Err(error), "{query}");
        }
        let long =
            format!("hub.mode=subscribe&hub.verify_token=my%20token%2B1&hub.challenge={}", "1".repeat(1_025));
        assert_eq!(answer(&long), Err(HandshakeError::Malformed));
    }

    #[test]
    fn what_is_empty_lets_nobody_in() {
        let new = |token: &str, secrets: &[&str]| {
            Webhook::new(token.into(), secrets.iter().map(|&secret| secret.into())).map(|_| ()).unwrap_err()
        };
        assert_eq!(new("", &["s"]), WebhookSettingsError::NoVerifyToken);
        assert_eq!(new(" ", &["s"]), WebhookSettingsError::NoVerifyToken);
        assert_eq!(new("t", &[]), WebhookSettingsError::NoAppSecret);
        assert_eq!(new("t", &["s", ""]), WebhookSettingsError::NoAppSecret);
    }

    #[test]
    fn deliveries_are_signed_by_one_of_the_secrets() {
        let body = br#"{"object":"whatsapp_business_account","entry":[]}"#;
        let header = "sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756";
        assert_eq!(webhook().verify(Some(header), body), Ok(()));
        let upper = format!("sha256={}", header[7..].to_uppercase());
        assert_eq!(webhook().verify(Some(&upper), body), Ok(()));
        let older = crate::signature::body::sign(&"older".into(), body);
        assert_eq!(webhook().verify(Some(&older), body), Ok(()));
        assert_eq!(webhook().verify(None, body), Err(DeliveryError::Missing));
        let other = crate::signature::body::sign(&"another".into(), body);
        for header in ["", "sha256=", &header[7..], &header[..70], &other, &header.replace("sha256", "sha1")]
        {
            assert_eq!(webhook().verify(Some(header), body), Err(DeliveryError::Invalid), "{header}");
        }
        assert_eq!(webhook().verify(Some(header), b"{}"), Err(DeliveryError::Invalid));
        assert_eq!(
            webhook().verify(Some(header), &vec![b' '; MAX_BODY_BYTES + 1]),
            Err(DeliveryError::TooLarge)
        );
        assert!(!format!("{:?}", webhook()).contains("secret\""));
    }
}
