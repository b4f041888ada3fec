//! API keys and the hashes under which the store knows them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The maker of API keys.
#[derive(Debug)]
pub struct ApiKey;

impl ApiKey {
    /// How every key begins, so that a scanner for leaked secrets can find one.
    pub const PREFIX: &'static str = "ls_";

    /// A new key of 32 random bytes, `ls_` and 43 characters of base64url, and its hash.
    ///
    /// The key itself is shown once and kept nowhere.
    ///
    /// ```
    /// use leadscore_server::auth::{ApiKey, KeyHash};
    /// use secrecy::ExposeSecret;
    ///
    /// let (key, hash) = ApiKey::generate()?;
    /// assert_eq!(key.expose_secret().len(), 46);
    /// assert_eq!(KeyHash::compute(key.expose_secret()), hash);
    /// # Ok::<(), leadscore_server::auth::NoRandomness>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NoRandomness`] where the system gives no random bytes.
    pub fn generate() -> Result<(SecretString, KeyHash), NoRandomness> {
        let key = format!("{}{}", Self::PREFIX, random_text()?);
        let hash = KeyHash::compute(&key);
        Ok((SecretString::from(key), hash))
    }
}

/// 32 random bytes of the system as 43 characters of base64url.
pub(super) fn random_text() -> Result<String, NoRandomness> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The system gave no random bytes, so nothing secret can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness;

/// The SHA-256 of a whole key, compared in constant time.
///
/// A plain hash is enough for a key of 32 random bytes: nobody can try them all. `Debug` does not show it, since
/// a key that an operator chose may be guessable from it.
#[derive(Clone, Copy)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of a key as the client sent it.
    pub fn compute(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }

    /// The hash from the bytes that the store kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash as 64 lower-case hex digits.
    pub fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// The hash from 64 hex digits in either case.
    ///
    /// ```
    /// use leadscore_server::auth::KeyHash;
    ///
    /// let hash = KeyHash::compute("ls_example");
    /// assert_eq!(KeyHash::from_hex(&hash.to_hex()), Ok(hash));
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidKeyHash`] for any other text.
    pub fn from_hex(text: &str) -> Result<Self, InvalidKeyHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(InvalidKeyHash);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (nibble(pair[0])? << 4) | nibble(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl PartialEq for KeyHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for KeyHash {}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(..)")
    }
}

/// A text that is no hash of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hash of a key is 64 hex digits")]
pub struct InvalidKeyHash;

/// Bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

fn nibble(digit: u8) -> Result<u8, InvalidKeyHash> {
    char::from(digit).to_digit(16).map(|value| value as u8).ok_or(InvalidKeyHash)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_key_is_new_each_time_and_has_the_documented_form() {
        let (first, hash) = ApiKey::generate().unwrap();
        let (second, other) = ApiKey::generate().unwrap();
        let text = first.expose_secret();
        assert_eq!(text.len(), 46);
        let random = URL_SAFE_NO_PAD.decode(text.strip_prefix("ls_").unwrap()).unwrap();
        assert_eq!(random.len(), 32);
        assert_ne!(text, second.expose_secret());
        assert!(hash != other && hash == KeyHash::compute(text));
    }

    #[test]
    fn the_hash_is_sha256_of_the_whole_key() {
        // The example of FIPS 180-2 for "abc".
        let published = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(KeyHash::compute("abc").to_hex(), published);
        assert_eq!(KeyHash::from_hex(&published.to_uppercase()), Ok(KeyHash::compute("abc")));
        assert_eq!(KeyHash::from_bytes(*KeyHash::compute("abc").as_bytes()), KeyHash::compute("abc"));
    }

    #[test]
    fn no_secret_is_in_debug_output() {
        let (key, hash) = ApiKey::generate().unwrap();
        let shown = format!("{key:?} {hash:?}");
        assert!(!shown.contains(key.expose_secret()) && !shown.contains(&hash.to_hex()), "{shown}");
    }

    #[test]
    fn other_texts_are_no_hash() {
        let good = KeyHash::compute("abc").to_hex();
        for bad in
            [String::new(), good[1..].to_owned(), format!("{good}0"), good.replace('b', "g"), "é".repeat(32)]
        {
            assert_eq!(KeyHash::from_hex(&bad), Err(InvalidKeyHash), "{bad}");
        }
        // A sign is no digit, though integers may have one.
        assert_eq!(KeyHash::from_hex(&"+1".repeat(32)), Err(InvalidKeyHash));
    }

    proptest! {
        #[test]
        fn hex_round_trips(bytes: [u8; 32]) {
            let hash = KeyHash::from_bytes(bytes);
            prop_assert_eq!(KeyHash::from_hex(&hash.to_hex()), Ok(hash));
        }

        #[test]
        fn two_hashes_are_equal_only_in_every_bit(bytes: [u8; 32], at in 0_usize..256) {
            let mut other = bytes;
            other[at / 8] ^= 1 << (at % 8);
            prop_assert!(KeyHash::from_bytes(bytes) != KeyHash::from_bytes(other));
        }
    }
}
