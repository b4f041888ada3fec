//! The form of a token: its parts, its header and its signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::MAX_TOKEN_BYTES;
use super::refused::{Reason, Refused};

/// A token whose parts are well-formed and of which nothing is believed yet.
pub(super) struct Token<'a> {
    header: Map<String, Value>,
    claims: Vec<u8>,
    /// The text that is signed: header, dot, claims.
    signed: &'a str,
    signature: &'a str,
}

impl<'a> Token<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Refused> {
        if text.len() > MAX_TOKEN_BYTES {
            return Err(Refused::because(Reason::TooLong));
        }
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refused::because(Reason::Parts));
        };
        let signed = &text[..header.len() + 1 + claims.len()];
        let [header, claims, _] = [decode(header)?, decode(claims)?, decode(signature)?];
        let header = object(&header).ok_or(Refused::because(Reason::Header))?;
        Ok(Self { header, claims, signed, signature })
    }

    /// Compares the header with what is configured. `crit` is refused in any form: no extension is known here,
    /// and the library would let it pass.
    pub(super) fn check_header(&self, configured: Algorithm) -> Result<(), Refused> {
        let name = match configured {
            Algorithm::HS256 => "HS256",
            Algorithm::RS256 => "RS256",
            _ => return Err(Refused::because(Reason::Algorithm)),
        };
        if self.header.get("alg").and_then(Value::as_str) != Some(name) {
            return Err(Refused::because(Reason::Algorithm));
        }
        if self.header.contains_key("crit") {
            return Err(Refused::because(Reason::Critical));
        }
        if self.header.get("kid").is_some_and(|kid| !kid.is_string()) {
            return Err(Refused::because(Reason::Header));
        }
        Ok(())
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    pub(super) fn check_signature(&self, key: &DecodingKey, algorithm: Algorithm) -> Result<(), Refused> {
        match jsonwebtoken::crypto::verify(self.signature, self.signed.as_bytes(), key, algorithm) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(Refused::because(Reason::Signature)),
        }
    }

    pub(super) fn claims(&self) -> Result<Map<String, Value>, Refused> {
        object(&self.claims).ok_or(Refused::because(Reason::Claims))
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::because(Reason::Base64))
}

/// A JSON object without a name that stands twice: of two values other readers might take the other one.
fn object(json: &[u8]) -> Option<Map<String, Value>> {
    struct Unique(Map<String, Value>);

    impl<'de> Deserialize<'de> for Unique {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(Names)
        }
    }

    struct Names;

    impl<'de> Visitor<'de> for Names {
        type Value = Unique;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Unique, M::Error> {
            let mut object = Map::new();
            while let Some((name, value)) = members.next_entry::<String, Value>()? {
                if object.insert(name, value).is_some() {
                    return Err(M::Error::custom("a name stands twice"));
                }
            }
            Ok(Unique(object))
        }
    }

    serde_json::from_slice::<Unique>(json).ok().map(|Unique(object)| object)
}
