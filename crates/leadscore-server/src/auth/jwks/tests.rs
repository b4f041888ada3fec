//! Key sets and PEM texts that can be used, and those that cannot.

use serde_json::{Value, json};

use super::super::tests::{FIRST, SECOND, pem};
use super::*;

fn parse(keys: &Value) -> Result<KeySet, KeySetError> {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
}

/// The first key with one member changed, or without it where the value is null.
fn changed(name: &str, value: Value) -> Value {
    let mut key = FIRST.jwk("first");
    if value.is_null() {
        key.as_object_mut().unwrap().remove(name);
    } else {
        key[name] = value;
    }
    key
}

#[test]
fn a_key_is_used_only_for_what_it_is_meant() {
    let short = URL_SAFE_NO_PAD.encode([0xff; 255]);
    let padded = URL_SAFE_NO_PAD.encode([[0; 2].as_slice(), &[0xff; 255]].concat());
    let long = URL_SAFE_NO_PAD.encode([0xff; 1025]);
    let table = [
        (changed("use", Value::Null), true),
        (changed("alg", Value::Null), true),
        (changed("key_ops", json!(["verify"])), true),
        (changed("x5c", json!(["not looked at"])), true),
        (changed("use", json!("enc")), false),
        (changed("alg", json!("RS512")), false),
        (changed("alg", json!("PS256")), false),
        (changed("alg", json!("HS256")), false),
        (changed("key_ops", json!(["sign"])), false),
        (changed("kty", json!("EC")), false),
        (changed("kty", json!("oct")), false),
        (changed("kty", Value::Null), false),
        (changed("kid", Value::Null), false),
        (changed("kid", json!(7)), false),
        (changed("n", Value::Null), false),
        (changed("e", Value::Null), false),
        (changed("e", json!("")), false),
        (changed("e", json!("AQAB=")), false),
        (changed("n", json!("+/")), false),
        // 2040 bits, the same behind zeros, and more than is worth checking.
        (changed("n", short.into()), false),
        (changed("n", padded.into()), false),
        (changed("n", long.into()), false),
        (json!("a text"), false),
        (json!(null), false),
    ];
    for (key, expected) in table {
        // The other key shows that one bad entry does not spoil the set.
        let set = parse(&json!([key, SECOND.jwk("second")])).unwrap();
        assert_eq!(set.key("first").is_some(), expected, "{key}");
        assert!(set.key("second").is_some() && set.key("third").is_none());
    }
}

#[test]
fn two_keys_of_one_id_are_neither() {
    let set = parse(&json!([FIRST.jwk("a"), SECOND.jwk("a"), SECOND.jwk("b")])).unwrap();
    assert!(set.key("a").is_none() && set.key("b").is_some());
    // A third one does not bring it back.
    let set = parse(&json!([FIRST.jwk("a"), FIRST.jwk("a"), FIRST.jwk("a"), SECOND.jwk("b")])).unwrap();
    assert!(set.key("a").is_none());
}

#[test]
fn a_set_without_a_usable_key_is_an_error() {
    assert_eq!(parse(&json!([])).err(), Some(KeySetError::NoKey));
    assert_eq!(parse(&json!([changed("use", json!("enc"))])).err(), Some(KeySetError::NoKey));
    assert_eq!(parse(&json!([FIRST.jwk("a"), SECOND.jwk("a")])).err(), Some(KeySetError::NoKey));
    for text in ["", "[]", "{}", "{\"keys\":{}}", "\u{feff}", "<html>", "{\"keys\":[]} x"] {
        assert!(matches!(KeySet::parse(text.as_bytes()), Err(KeySetError::Malformed(_))), "{text}");
    }
    assert!(matches!(KeySet::parse(&[0xff; 10]), Err(KeySetError::Malformed(_))));
}

#[test]
fn a_set_has_a_largest_size() {
    let text = json!({"keys": [FIRST.jwk("first")]}).to_string();
    let padded = |length: usize| format!("{text}{}", " ".repeat(length - text.len()));
    assert!(KeySet::parse(padded(MAX_SET_BYTES).as_bytes()).is_ok());
    assert_eq!(KeySet::parse(padded(MAX_SET_BYTES + 1).as_bytes()).err(), Some(KeySetError::TooLarge));
}

#[test]
fn only_one_public_rsa_key_is_taken_from_pem() {
    assert!(public_key_of_pem(&FIRST.pem()).is_ok() && public_key_of_pem(&FIRST.pkcs1_pem()).is_ok());
    assert!(public_key_of_pem(&format!("the issuer's key\n{}", FIRST.pem())).is_ok());
    let ed25519 = "302a300506032b657003210000112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let ed25519: Vec<u8> = (0..ed25519.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&ed25519[at..at + 2], 16).unwrap())
        .collect();
    let table = [
        String::new(),
        "secret".to_owned(),
        FIRST.pem() + &SECOND.pem(),
        FIRST.pem().replace("PUBLIC", "PRIVATE"),
        FIRST.pem().replace("PUBLIC KEY", "CERTIFICATE"),
        FIRST.pem().replace('M', "N"),
        FIRST.pem().replace("-----END", "----END"),
        pem("PUBLIC KEY", &ed25519),
        pem("PUBLIC KEY", b""),
        pem("RSA PUBLIC KEY", &[0x30, 0x00]),
        // A whole and valid structure whose modulus is 3.
        pem("RSA PUBLIC KEY", &[0x30, 6, 2, 1, 3, 2, 1, 3]),
    ];
    for text in table {
        let error = public_key_of_pem(&text).err();
        assert!(matches!(error, Some(ConfigError::PublicKey { .. })), "{text}: {error:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}", base64 in "[A-Za-z0-9+/=\n]{0,120}") {
        let _ = KeySet::parse(text.as_bytes());
        for label in ["PUBLIC KEY", "RSA PUBLIC KEY"] {
            let pem = format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n");
            proptest::prop_assert!(public_key_of_pem(&pem).is_err());
        }
    }
}
