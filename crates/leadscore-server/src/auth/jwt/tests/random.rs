//! What holds for any text, any bytes and any token that is issued.

use proptest::prelude::*;

use super::super::super::tests::{SECRET, hs256};
use super::super::*;
use super::{HOUR, NOW, good_claims, shared_secret};

fn run(verifier: &Verifier, token: &str) -> Result<Claims, Refused> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(verifier.verify(token, NOW))
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}", parts in prop::collection::vec("[A-Za-z0-9_-]{0,16}", 0..5)) {
        let verifier = shared_secret();
        prop_assert!(run(&verifier, &text).is_err());
        prop_assert!(run(&verifier, &parts.join(".")).is_err());
    }

    #[test]
    fn no_bytes_under_a_good_signature_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let verifier = shared_secret();
        let text = String::from_utf8_lossy(&bytes);
        let token = hs256(SECRET.as_bytes(), r#"{"alg":"HS256"}"#, &text);
        prop_assert!(run(&verifier, &token).is_err());
        let token = hs256(SECRET.as_bytes(), &text, &good_claims().to_string());
        prop_assert!(run(&verifier, &token).is_err());
    }

    #[test]
    fn one_wrong_bit_is_enough(at in 0_usize..2_000, bit in 0_u8..7) {
        let verifier = shared_secret();
        let token = verifier.issue("t1", Some("ana"), None, NOW, HOUR).unwrap();
        let mut bytes = token.clone().into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert!(run(&verifier, &token).is_ok());
        prop_assert!(run(&verifier, &changed).is_err(), "{changed}");
    }

    #[test]
    fn what_is_issued_is_read_back(tenant in "\\PC{1,40}", subject in "\\PC{1,40}", ttl in 1_u64..1_000_000) {
        let verifier = shared_secret();
        let token = verifier.issue(&tenant, Some(&subject), None, NOW, Duration::from_secs(ttl));
        match token {
            Ok(token) => {
                let claims = run(&verifier, &token).unwrap();
                prop_assert_eq!(claims.tenant, tenant);
                prop_assert_eq!(claims.subject, Some(subject));
            }
            Err(error) => {
                prop_assert_eq!(error, IssueError::Tenant);
                prop_assert_ne!(tenant.trim(), tenant.as_str());
            }
        }
    }
}
