//! Assertions by which a user is logged in without a password: JWTs of RFC 7523, signed with RS256.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::crm::{Failure, FailureKind, SetupError};

/// Salesforce takes at most five minutes.
const SECONDS: u64 = 180;

/// Signs assertions. The key is in no message.
pub(super) struct Signer(RsaKeyPair);

impl Signer {
    pub(super) fn new(key: &SecretString) -> Result<Signer, SetupError> {
        let wrong = SetupError::Secret { name: "private key (it wants RSA as PEM)" };
        let key = match PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()) {
            Ok(PrivateKeyDer::Pkcs1(key)) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            Ok(PrivateKeyDer::Pkcs8(key)) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            _ => return Err(wrong),
        };
        key.map(Signer).map_err(|_| wrong)
    }

    /// An assertion that an app may act for a user, to whoever gives tokens.
    pub(super) fn assertion(
        &self,
        client_id: &str,
        username: &str,
        audience: &str,
        now: SystemTime,
    ) -> Result<SecretString, Failure> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let header = json!({"alg": "RS256", "typ": "JWT"});
        let claims = json!({"iss": client_id, "sub": username, "aud": audience, "exp": now + SECONDS});
        let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| Failure::new(FailureKind::Credentials, "the assertion could not be signed"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)).into())
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use base64::engine::general_purpose::STANDARD;
    use serde_json::Value;

    use super::*;

    #[test]
    fn an_assertion_says_who_for_whom_and_until_when() {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(pair.as_der().unwrap().as_ref())
        );
        let signer = Signer::new(&pem.into()).unwrap();
        let now = UNIX_EPOCH + std::time::Duration::from_secs(1_000);
        let assertion = signer.assertion("app", "me@a.example", "https://login.salesforce.com", now).unwrap();
        let (claimed, signature) = assertion.expose_secret().rsplit_once('.').unwrap();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key());
        key.verify(claimed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        let parts: Vec<Value> = claimed
            .split('.')
            .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
            .collect();
        assert_eq!(parts[0], json!({"alg": "RS256", "typ": "JWT"}));
        assert_eq!(
            parts[1],
            json!({"iss": "app", "sub": "me@a.example", "aud": "https://login.salesforce.com", "exp": 1_180})
        );
    }

    #[test]
    fn a_key_that_cannot_sign_is_refused_unseen() {
        for wrong in ["", "secret", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"] {
            let error = Signer::new(&wrong.to_owned().into()).err().unwrap().to_string();
            assert!(error.contains("private key") && !error.contains("secret"), "{error}");
        }
    }
}
