//! Verifiers of Stripe, Standard Webhooks and Octokit take our signatures and refuse what was changed.

use leadscore_connect::signature::{body, standard, timestamped};
use leadscore_connect::webhook::{Endpoint, Event, SignatureScheme};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::program::{node, python};

const BODY: &str = "{\"event\":\"lead.scored\",\"data\":{\"email\":\"zoë@exämple.com\",\"score\":50}}";
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OLD_SECRET: &str = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Deliveries with what a verifier is to say of them.
fn cases() -> Value {
    let event = Event::new("evt_01JPCQ7Z8X3S5K9M2N4P6R8T0V", "lead.scored", BODY).unwrap();
    let both = || vec![secret(SECRET), secret(OLD_SECRET)];
    let headers = |seconds: i64, scheme: SignatureScheme| -> Value {
        let endpoint = Endpoint::new("https://hooks.example.com/", both()).unwrap().scheme(scheme);
        endpoint
            .headers(&event, seconds, "d-1")
            .into_iter()
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect()
    };
    let case = |name: &str, headers: &Value, body: &str, secret: &str, accepted: bool| json!({"name": name, "headers": headers, "body": body, "secret": secret, "accepted": accepted});
    let fresh = headers(now(), SignatureScheme::Timestamped);
    let old = headers(now() - 3_600, SignatureScheme::Timestamped);
    let other = "whsec_QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
    json!({
        "timestamped": [
            case("fresh", &fresh, BODY, SECRET, true),
            case("the secret it replaces", &fresh, BODY, OLD_SECRET, true),
            case("another secret", &fresh, BODY, other, false),
            case("another body", &fresh, &BODY.replace("50", "99"), SECRET, false),
            case("an old one", &old, BODY, SECRET, false),
        ],
        "body": [
            case("as it is", &headers(now(), SignatureScheme::Body), BODY, SECRET, true),
            case("another body", &headers(now(), SignatureScheme::Body), "{}", SECRET, false),
            case("another secret", &headers(now(), SignatureScheme::Body), BODY, other, false),
        ],
    })
}

#[test]
#[ignore = "wants the packages of `make test-third-party`"]
fn verifiers_of_others_agree_with_ours() {
    let cases = cases().to_string();
    for said in [python("verify.py", &[&cases]), node("verify.mjs", &[&cases])] {
        let said: Value = serde_json::from_str(&said).unwrap();
        let checked = said["checked"].as_array().unwrap();
        for checked in checked {
            assert_eq!(checked["said"], checked["accepted"], "{checked}");
        }
        let verifiers: std::collections::BTreeSet<&str> =
            checked.iter().map(|own| own["verifier"].as_str().unwrap()).collect();
        assert!(verifiers.contains("stripe") && verifiers.contains("standardwebhooks"), "{verifiers:?}");

        // And what they sign, we take.
        let signed = &said["signed"];
        let (secrets, text) = ([secret(SECRET)], |name: &str| signed[name].as_str().unwrap());
        let stripe = text("stripe");
        assert_eq!(timestamped::verify(stripe, &secrets, BODY.as_bytes(), now(), 300), Ok(()));
        assert!(timestamped::verify(stripe, &secrets, b"{}", now(), 300).is_err());
        let time = signed["time"].as_i64().unwrap().to_string();
        let ours = standard::verify("msg_1", &time, text("standard"), &secrets, BODY.as_bytes(), now(), 300);
        assert_eq!(ours, Ok(()));
        if let Some(octokit) = signed["octokit"].as_str() {
            assert_eq!(body::verify(octokit, &secret(SECRET), BODY.as_bytes()), Ok(()));
        }
    }
}
