//! Links by which a lead unsubscribes from e-mails: each names its lead, and is signed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::auth::SecretKey;

/// The purpose for which the key is derived, so that a signature made for anything else is not valid here.
const PURPOSE: &str = "unsubscribe";
/// Half of the hash: 128 bits cannot be guessed, and the link stays short.
const SIGNATURE_BYTES: usize = 16;
/// More than any token: the longest id of a lead is 200 characters.
const MAX_TOKEN_BYTES: usize = 2_000;

/// Makes links and reads them.
pub(crate) struct Links {
    key: [u8; 32],
    base: Option<String>,
}

impl Links {
    /// Links to the address that others reach the server by, signed with a key of the secret one.
    pub(crate) fn new(secret_key: &SecretKey, public_url: Option<&str>) -> Links {
        Links { key: secret_key.derive(PURPOSE), base: public_url.map(str::to_owned) }
    }

    /// The link of a lead; none where the server does not know its own address.
    pub(crate) fn link(&self, lead: &str) -> Option<String> {
        Some(format!("{}/u/{}", self.base.as_ref()?, self.token(lead)))
    }

    /// The id of the lead that a token names, if the token is one of ours.
    pub(crate) fn lead_of(&self, token: &str) -> Option<String> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (signature, lead) = bytes.split_at_checked(SIGNATURE_BYTES)?;
        self.signer(lead).verify_truncated_left(signature).ok()?;
        String::from_utf8(lead.to_vec()).ok()
    }

    fn token(&self, lead: &str) -> String {
        let signature = self.signer(lead.as_bytes()).finalize().into_bytes();
        let mut bytes = signature[..SIGNATURE_BYTES].to_vec();
        bytes.extend_from_slice(lead.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn signer(&self, lead: &[u8]) -> Hmac<Sha256> {
        let mut signer = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        signer.update(lead);
        signer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(secret: &str) -> Links {
        Links::new(&SecretKey::from_text(secret.to_owned().into()).unwrap(), Some("https://leads.example"))
    }

    #[test]
    fn a_token_names_its_lead_and_cannot_be_made_by_others() {
        let own = links("a secret key of tests that is long enough");
        let lead = "7b0c4f0e-52a1-4a9e-9a39-0c4f1f5f1c55";
        let link = own.link(lead).unwrap();
        let token = link.strip_prefix("https://leads.example/u/").unwrap();
        assert_eq!(own.lead_of(token).as_deref(), Some(lead));
        assert_eq!(links("another secret key of tests, long enough").lead_of(token), None);
        // Every bit of it counts.
        let bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(own.lead_of(&URL_SAFE_NO_PAD.encode(changed)), None, "bit {bit}");
        }
        for wrong in ["", "x", &token[1..], &format!("{token}="), &format!("{token}A"), &"A".repeat(5_000)] {
            assert_eq!(own.lead_of(wrong), None, "{wrong}");
        }
        assert_eq!(
            Links { base: None, ..links("a secret key of tests that is long enough") }.link(lead),
            None
        );
    }
}
