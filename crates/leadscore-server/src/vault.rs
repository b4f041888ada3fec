//! Encrypts what is secret and must be kept: secrets of webhooks, and answers that have them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use secrecy::zeroize::{Zeroize, Zeroizing};
use secrecy::{ExposeSecret, SecretString};

use crate::auth::SecretKey;

/// The purpose for which the key is derived.
const PURPOSE: &str = "vault";

/// Encrypts by AES-256-GCM with a key of the secret one, and a nonce at random for each text.
pub(crate) struct Vault(RandomizedNonceKey);

/// What was kept cannot be read: the secret key is another one, or the text was changed or stands at another place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it was encrypted with another secret key, or changed since")]
pub(crate) struct Unreadable;

impl Vault {
    pub(crate) fn new(secret_key: &SecretKey) -> Vault {
        let key = Zeroizing::new(secret_key.derive(PURPOSE));
        Vault(RandomizedNonceKey::new(&AES_256_GCM, &*key).expect("a key of 32 bytes is one of AES-256"))
    }

    /// The encrypted text; it is read by [`Vault::open`] at the same place alone, such as tenant and id of its owner.
    ///
    /// # Panics
    /// Where the system has no random numbers.
    pub(crate) fn seal(&self, place: &[&str], text: &SecretString) -> String {
        let mut bytes = text.expose_secret().as_bytes().to_vec();
        bytes.reserve_exact(AES_256_GCM.tag_len());
        let nonce = self.0.seal_in_place_append_tag(Aad::from(name(place)), &mut bytes);
        let nonce = nonce.expect("the system gives random numbers");
        STANDARD_NO_PAD.encode([nonce.as_ref().as_slice(), &bytes].concat())
    }

    /// What was encrypted.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub(crate) fn open(&self, place: &[&str], sealed: &str) -> Result<SecretString, Unreadable> {
        let mut bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| Unreadable)?;
        let (nonce, text) = bytes.split_at_mut_checked(NONCE_LEN).ok_or(Unreadable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unreadable)?;
        let opened = self.0.open_in_place(nonce, Aad::from(name(place)), text).map_err(|_| Unreadable)?;
        let text = std::str::from_utf8(opened).map(SecretString::from).map_err(|_| Unreadable);
        bytes.zeroize();
        text
    }
}

/// The parts of a place, none of which can be taken for a piece of another.
fn name(place: &[&str]) -> Vec<u8> {
    let mut name = Vec::new();
    for part in place {
        name.extend_from_slice(&(part.len() as u64).to_be_bytes());
        name.extend_from_slice(part.as_bytes());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(secret: &str) -> Vault {
        Vault::new(&SecretKey::from_text(secret.to_owned().into()).unwrap())
    }

    #[test]
    fn a_text_is_read_with_its_key_and_at_its_place_alone() {
        let own = vault("a secret key of tests that is long enough");
        let text = SecretString::from("whsec_your_signing_secret");
        let sealed = own.seal(&["acme", "wh_1"], &text);
        assert_eq!(own.open(&["acme", "wh_1"], &sealed).unwrap().expose_secret(), text.expose_secret());
        assert!(!sealed.contains("whsec"), "{sealed}");
        assert_ne!(own.seal(&["acme", "wh_1"], &text), sealed, "each has a nonce of its own");
        for place in [&["acme", "wh_2"][..], &["other", "wh_1"], &["acmew", "h_1"], &["acmewh_1"], &[]] {
            assert_eq!(own.open(place, &sealed).err(), Some(Unreadable), "{place:?}");
        }
        let other = vault("another secret key of tests, long enough");
        assert_eq!(other.open(&["acme", "wh_1"], &sealed).err(), Some(Unreadable));
        // Every bit of it counts.
        let bytes = STANDARD_NO_PAD.decode(&sealed).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = STANDARD_NO_PAD.encode(changed);
            assert_eq!(own.open(&["acme", "wh_1"], &changed).err(), Some(Unreadable), "bit {bit}");
        }
        for wrong in ["", "x", "AAAA", &sealed[1..], "\u{fc}"] {
            assert_eq!(own.open(&["acme", "wh_1"], wrong).err(), Some(Unreadable), "{wrong}");
        }
    }
}
