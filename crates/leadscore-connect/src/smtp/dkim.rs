//! DKIM: a signature by which receivers know that a message comes from its domain and has not been changed.
//!
//! Sources: RFC 6376, 8301 (the keys and hashes that are left) and 8463 (Ed25519).

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use url::Host;

/// Signs messages for a domain. The key is kept as a secret: it is not in `Debug`. Cheap to clone.
///
/// The domain is the one of the sender's address or one above it, for else the signature counts nothing to DMARC.
#[derive(Clone)]
pub struct Dkim {
    domain: String,
    selector: String,
    key: Arc<Key>,
    /// What the DNS record says of the key.
    public_key: String,
}

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// What is wrong with the settings of DKIM. No message has the key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DkimError {
    /// The domain is none.
    #[error("the domain of the signature is no domain name")]
    BadDomain,
    /// The selector is none.
    #[error(
        "the selector of the signature is no name: letters, digits, hyphens and dots, at most 63 between dots"
    )]
    BadSelector,
    /// The key cannot be used.
    #[error(
        "the key of the signature cannot be used: {reason}; wants a private key as PEM, RSA with 2048 to 8192 bits or Ed25519"
    )]
    BadKey {
        /// What is wrong with it.
        reason: String,
    },
}

/// The headers that are signed where they are there. They are signed as often as they are there and once more, so that nobody
/// adds a second one, which some programs would show instead.
const SIGNED: [&str; 12] = [
    "from",
    "to",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
];

/// A line of the signature, in characters.
const LINE: usize = 72;

impl Dkim {
    /// For a domain, with a selector and a private key as PEM: PKCS#8, or PKCS#1 for RSA.
    ///
    /// # Errors
    /// What is wrong with which of them.
    ///
    /// ```
    /// use leadscore_connect::smtp::Dkim;
    ///
    /// # let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
    /// let dkim = Dkim::new("example.com", "2026-11", &key.into()).unwrap();
    /// let (name, record) = dkim.dns_record();
    /// assert_eq!(name, "2026-11._domainkey.example.com");
    /// assert!(record.starts_with("v=DKIM1; k=ed25519; p="));
    /// ```
    pub fn new(domain: &str, selector: &str, key: &SecretString) -> Result<Dkim, DkimError> {
        let domain = match Host::parse(domain) {
            Ok(Host::Domain(domain)) if domain.len() <= 253 && is_name(&domain) && domain.contains('.') => {
                domain
            }
            _ => return Err(DkimError::BadDomain),
        };
        if selector.len() > 189 || !is_name(selector) {
            return Err(DkimError::BadSelector);
        }
        let key = Key::from_pem(key.expose_secret().as_bytes())?;
        let public_key = key.public()?;
        Ok(Dkim { domain, selector: selector.to_owned(), key: Arc::new(key), public_key })
    }

    /// The TXT record that receivers look up: its name and its text.
    pub fn dns_record(&self) -> (String, String) {
        let name = format!("{}._domainkey.{}", self.selector, self.domain);
        (name, format!("v=DKIM1; {}", self.public_key))
    }

    /// A message with its signature before it.
    pub(super) fn signed(&self, message: &[u8], now: SystemTime) -> Vec<u8> {
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let (headers, body) = parts(message);
        let fields = fields(headers);
        let names = signed_names(&fields);
        let algorithm = match &*self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let hash = STANDARD.encode(digest(&SHA256, &relaxed_body(body)));
        let unsigned = format!(
            "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed;\r\n d={}; s={};\r\n t={seconds};\r\n h={};\r\n bh={hash};\r\n b=",
            self.domain,
            self.selector,
            names.join(":\r\n  "),
        );
        let signature = STANDARD.encode(self.key.sign(&signed_data(&fields, &names, unsigned.as_bytes())));
        let mut signed = unsigned.into_bytes();
        for line in signature.as_bytes().chunks(LINE) {
            signed.extend_from_slice(b"\r\n  ");
            signed.extend_from_slice(line);
        }
        signed.extend_from_slice(b"\r\n");
        signed.extend_from_slice(message);
        signed
    }
}

impl Key {
    fn from_pem(pem: &[u8]) -> Result<Key, DkimError> {
        let wrong = |reason: String| DkimError::BadKey { reason };
        let rejected = |reason: aws_lc_rs::error::KeyRejected| wrong(reason.to_string());
        match PrivateKeyDer::from_pem_slice(pem) {
            Ok(PrivateKeyDer::Pkcs1(key)) => {
                RsaKeyPair::from_der(key.secret_pkcs1_der()).map(Key::Rsa).map_err(rejected)
            }
            Ok(PrivateKeyDer::Pkcs8(key)) => {
                let key = key.secret_pkcs8_der();
                Ed25519KeyPair::from_pkcs8_maybe_unchecked(key)
                    .map(Key::Ed25519)
                    .or_else(|_| RsaKeyPair::from_pkcs8(key).map(Key::Rsa))
                    .map_err(rejected)
            }
            Ok(_) => Err(wrong("it is of another kind".to_owned())),
            Err(_) => Err(wrong("it is no PEM of a private key".to_owned())),
        }
    }

    /// Algorithm and public key, as in the DNS record.
    fn public(&self) -> Result<String, DkimError> {
        let (algorithm, key) = match self {
            Key::Rsa(key) => {
                let key: Result<PublicKeyX509Der<'_>, _> = key.public_key().as_der();
                let key = key.map_err(|_| DkimError::BadKey { reason: "it has no public key".to_owned() })?;
                ("rsa", STANDARD.encode(key.as_ref()))
            }
            Key::Ed25519(key) => ("ed25519", STANDARD.encode(key.public_key())),
        };
        Ok(format!("k={algorithm}; p={key}"))
    }

    fn sign(&self, data: &[u8]) -> Vec<u8> {
        match self {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                let signed = key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), data, &mut signature);
                signed.expect("a key that was accepted signs into a buffer of its own length");
                signature
            }
            // The hash is what is signed, after RFC 8463.
            Key::Ed25519(key) => key.sign(digest(&SHA256, data).as_ref()).as_ref().to_vec(),
        }
    }
}

impl fmt::Debug for Dkim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dkim")
            .field("domain", &self.domain)
            .field("selector", &self.selector)
            .finish_non_exhaustive()
    }
}

fn is_name(text: &str) -> bool {
    text.split('.').all(|label| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (1..=63).contains(&label.len())
            && label.chars().all(fits)
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

/// The headers with their last line break, and the body behind the empty line.
fn parts(message: &[u8]) -> (&[u8], &[u8]) {
    match message.windows(4).position(|window| window == b"\r\n\r\n") {
        Some(at) => (&message[..at + 2], &message[at + 4..]),
        None => (message, &[]),
    }
}

/// Each header with its folded lines: name in lower case, and value.
fn fields(headers: &[u8]) -> Vec<(String, &[u8])> {
    let mut fields = Vec::new();
    let mut start = 0;
    while start < headers.len() {
        let rest = &headers[start..];
        let is_end =
            |at: &usize| rest[*at..].starts_with(b"\r\n") && !matches!(rest.get(at + 2), Some(b' ' | b'\t'));
        let length = (0..rest.len()).find(is_end).map_or(rest.len(), |at| at + 2);
        let field = &rest[..length];
        if let Some(colon) = field.iter().position(|&byte| byte == b':') {
            let name = String::from_utf8_lossy(&field[..colon]).trim().to_ascii_lowercase();
            fields.push((name, &field[colon + 1..]));
        }
        start += length;
    }
    fields
}

fn signed_names(fields: &[(String, &[u8])]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for own in SIGNED {
        let count = fields.iter().filter(|(name, _)| name == own).count();
        names.extend(std::iter::repeat_n(own, count + 1));
    }
    names
}

/// The signed headers in the order of their names, the last one of a name first, and then the signature without its value.
fn signed_data(fields: &[(String, &[u8])], names: &[&str], unsigned: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    for (at, own) in names.iter().enumerate() {
        let before = names[..at].iter().filter(|name| name == &own).count();
        // A name that is listed more often than the header occurs adds nothing to the data.
        if let Some((name, value)) = fields.iter().rev().filter(|(name, _)| name == own).nth(before) {
            data.extend_from_slice(&relaxed_header(name, value));
            data.extend_from_slice(b"\r\n");
        }
    }
    let colon = unsigned.iter().position(|&byte| byte == b':').unwrap_or_default();
    data.extend_from_slice(&relaxed_header("dkim-signature", &unsigned[colon + 1..]));
    data
}

/// A header on one line, with single spaces and none at its ends.
fn relaxed_header(name: &str, value: &[u8]) -> Vec<u8> {
    let mut line = name.as_bytes().to_vec();
    line.push(b':');
    let words =
        value.split(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).filter(|word| !word.is_empty());
    for (at, word) in words.enumerate() {
        if at > 0 {
            line.push(b' ');
        }
        line.extend_from_slice(word);
    }
    line
}

/// A body with single spaces, none at the ends of lines, and no empty lines at its end.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len() + 2);
    let mut rest = body;
    while !rest.is_empty() {
        let end = rest.windows(2).position(|window| window == b"\r\n");
        let (line, next) = end.map_or((rest, &rest[rest.len()..]), |at| (&rest[..at], &rest[at + 2..]));
        let mut has_space = false;
        for &byte in line {
            if matches!(byte, b' ' | b'\t') {
                has_space = true;
                continue;
            }
            if std::mem::take(&mut has_space) {
                relaxed.push(b' ');
            }
            relaxed.push(byte);
        }
        relaxed.extend_from_slice(b"\r\n");
        rest = next;
    }
    while relaxed.ends_with(b"\r\n\r\n") {
        relaxed.truncate(relaxed.len() - 2);
    }
    if relaxed == b"\r\n" {
        relaxed.clear();
    }
    relaxed
}

#[cfg(test)]
mod tests;
