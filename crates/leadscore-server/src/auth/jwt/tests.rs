//! Every rule for a token under each configuration, and tokens that the server issues.

use serde_json::json;

use super::super::tests::{FIRST, SECOND, SECRET, hs256};
use super::*;

mod random;

const NOW: i64 = 1_750_000_000;
const HOUR: Duration = Duration::from_secs(3600);

fn config(algorithm: Algorithm) -> JwtConfig {
    JwtConfig {
        algorithm,
        issuer: "https://issuer.example".to_owned(),
        audience: "leadscore".to_owned(),
        tenant_claim: "tenantId".to_owned(),
    }
}

fn shared_secret() -> Verifier {
    Verifier::new(config(Algorithm::Hs256 { secret: SECRET.into() })).unwrap()
}

fn with_keys(key: RsaKeys) -> Result<Verifier, ConfigError> {
    Verifier::new(config(Algorithm::Rs256 { key }))
}

type Sign = fn(Value, &Value) -> String;

/// Each configuration with a way to sign for it.
fn configurations() -> Vec<(&'static str, Verifier, Sign)> {
    fn by_secret(mut header: Value, claims: &Value) -> String {
        complete(&mut header, "HS256");
        hs256(SECRET.as_bytes(), &header.to_string(), &claims.to_string())
    }
    fn by_rsa(mut header: Value, claims: &Value) -> String {
        complete(&mut header, "RS256");
        FIRST.token(&header, claims)
    }
    /// Adds what the test's header does not set.
    fn complete(header: &mut Value, algorithm: &str) {
        for (name, value) in [("alg", algorithm), ("kid", "first")] {
            if header.get(name).is_none() {
                header[name] = value.into();
            }
        }
    }
    let set = json!({"keys": [SECOND.jwk("second"), FIRST.jwk("first")]}).to_string();
    vec![
        ("HS256", shared_secret(), by_secret),
        ("RS256 with X.509 PEM", with_keys(RsaKeys::Pem(FIRST.pem())).unwrap(), by_rsa),
        ("RS256 with PKCS #1 PEM", with_keys(RsaKeys::Pem(FIRST.pkcs1_pem())).unwrap(), by_rsa),
        ("RS256 with a key set", with_keys(RsaKeys::KeySet(set)).unwrap(), by_rsa),
    ]
}

fn good_claims() -> Value {
    json!({"iss": "https://issuer.example", "aud": "leadscore", "sub": "42", "tenantId": "t1", "exp": NOW + 100})
}

/// The good claims with one changed, or without it where the value is null.
fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = good_claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

fn reason(result: Result<Claims, Refused>) -> Option<Reason> {
    result.err().map(Refused::reason)
}

#[tokio::test]
async fn each_claim_has_its_rule_under_every_configuration() {
    let nothing = Value::Null;
    let table = [
        ("exp", json!(NOW - 59), None),
        ("exp", json!(NOW - 60), Some(Reason::Expired)),
        ("exp", json!(NOW as f64 - 59.5), None),
        ("exp", json!(NOW as f64 - 60.5), Some(Reason::Expired)),
        ("exp", json!(-1), Some(Reason::Expired)),
        ("exp", json!(0), Some(Reason::Expired)),
        ("exp", json!(u64::MAX), None),
        ("exp", nothing.clone(), Some(Reason::Expiry)),
        ("exp", json!((NOW + 100).to_string()), Some(Reason::Expiry)),
        ("exp", json!(true), Some(Reason::Expiry)),
        ("nbf", json!(NOW + 60), None),
        ("nbf", json!(NOW + 61), Some(Reason::NotYetValid)),
        ("nbf", json!("0"), Some(Reason::NotYetValid)),
        ("nbf", json!([]), Some(Reason::NotYetValid)),
        ("iss", nothing.clone(), Some(Reason::Issuer)),
        ("iss", json!("https://issuer.example/"), Some(Reason::Issuer)),
        ("iss", json!(["https://issuer.example"]), Some(Reason::Issuer)),
        ("aud", json!(["x", "leadscore"]), None),
        ("aud", json!(["x"]), Some(Reason::Audience)),
        ("aud", json!([]), Some(Reason::Audience)),
        ("aud", json!(["leadscore", 1]), Some(Reason::Audience)),
        ("aud", json!({"leadscore": true}), Some(Reason::Audience)),
        ("aud", json!("leadscore2"), Some(Reason::Audience)),
        ("aud", nothing.clone(), Some(Reason::Audience)),
        ("sub", nothing.clone(), Some(Reason::Subject)),
        ("sub", json!(""), Some(Reason::Subject)),
        ("sub", json!(42), Some(Reason::Subject)),
        // The subject is never taken for the tenant.
        ("tenantId", nothing, Some(Reason::Tenant)),
        ("tenantId", json!(""), Some(Reason::Tenant)),
        ("tenantId", json!(" t1"), Some(Reason::Tenant)),
        ("tenantId", json!("t\u{0}1"), Some(Reason::Tenant)),
        ("tenantId", json!(1), Some(Reason::Tenant)),
        ("tenantId", json!(["t1"]), Some(Reason::Tenant)),
        ("scope", json!(["read"]), Some(Reason::Scope)),
        ("unknown", json!({"deep": [1, 2]}), None),
    ];
    for (configuration, verifier, sign) in configurations() {
        for (name, value, expected) in &table {
            let token = sign(json!({}), &claims_with(name, value.clone()));
            let found = reason(verifier.verify(&token, NOW).await);
            assert_eq!(found, *expected, "{configuration}: {name} = {value}");
        }
    }
}

#[tokio::test]
async fn each_header_has_its_rule_under_every_configuration() {
    let table = [
        (json!({"typ": "JWT"}), None),
        (json!({"alg": "none"}), Some(Reason::Algorithm)),
        (json!({"alg": "NoNe"}), Some(Reason::Algorithm)),
        (json!({"alg": "hs256"}), Some(Reason::Algorithm)),
        (json!({"alg": "HS512"}), Some(Reason::Algorithm)),
        (json!({"alg": "PS256"}), Some(Reason::Algorithm)),
        (json!({"alg": ["HS256", "RS256"]}), Some(Reason::Algorithm)),
        (json!({"alg": null}), Some(Reason::Algorithm)),
        (json!({"crit": ["exp"]}), Some(Reason::Critical)),
        (json!({"crit": []}), Some(Reason::Critical)),
        (json!({"crit": null}), Some(Reason::Critical)),
        (json!({"b64": false, "crit": ["b64"]}), Some(Reason::Critical)),
        (json!({"kid": 7}), Some(Reason::Header)),
        (json!({"kid": ["first"]}), Some(Reason::Header)),
        // A key that the token brings along is not looked at.
        (json!({"jwk": SECOND.jwk("first"), "jku": "https://evil.example/"}), None),
    ];
    for (configuration, verifier, sign) in configurations() {
        for (header, expected) in &table {
            let token = sign(header.clone(), &good_claims());
            assert_eq!(reason(verifier.verify(&token, NOW).await), *expected, "{configuration}: {header}");
        }
    }
}

#[tokio::test]
async fn a_token_names_its_key_where_there_is_a_set() {
    for (configuration, verifier, sign) in configurations() {
        let expected = (configuration == "RS256 with a key set").then_some(Reason::KeyId);
        for kid in ["third", "", "FIRST"] {
            let token = sign(json!({"kid": kid}), &good_claims());
            assert_eq!(reason(verifier.verify(&token, NOW).await), expected, "{configuration}: {kid}");
        }
    }
    let set = json!({"keys": [SECOND.jwk("second"), FIRST.jwk("first")]}).to_string();
    let verifier = with_keys(RsaKeys::KeySet(set)).unwrap();
    let unnamed = FIRST.token(&json!({"alg": "RS256"}), &good_claims());
    assert_eq!(reason(verifier.verify(&unnamed, NOW).await), Some(Reason::KeyId));
    // The other key of the set, and the wrong one.
    let second = SECOND.token(&json!({"alg": "RS256", "kid": "second"}), &good_claims());
    assert_eq!(reason(verifier.verify(&second, NOW).await), None);
    let mixed = SECOND.token(&json!({"alg": "RS256", "kid": "first"}), &good_claims());
    assert_eq!(reason(verifier.verify(&mixed, NOW).await), Some(Reason::Signature));
}

#[tokio::test]
async fn any_change_of_a_token_breaks_it() {
    for (configuration, verifier, sign) in configurations() {
        let token = sign(json!({}), &good_claims());
        assert_eq!(reason(verifier.verify(&token, NOW).await), None, "{configuration}");
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let table = [
            (String::new(), Reason::Parts),
            (signed.to_owned(), Reason::Parts),
            (format!("{token}."), Reason::Parts),
            (format!("{token}.{signature}"), Reason::Parts),
            (format!("{token}="), Reason::Base64),
            (format!("{token}\n"), Reason::Base64),
            (format!(" {token}"), Reason::Base64),
            (format!("{header}.{claims}+.{signature}"), Reason::Base64),
            (format!("{header}.é.{signature}"), Reason::Base64),
            (format!("{signed}."), Reason::Signature),
            (format!("{header}.e30.{signature}"), Reason::Signature),
            (format!("{signed}.{}", &signature[4..]), Reason::Signature),
            (format!(".{claims}.{signature}"), Reason::Header),
            (format!("W10.{claims}.{signature}"), Reason::Header),
            ("a".repeat(MAX_TOKEN_BYTES + 1), Reason::TooLong),
        ];
        for (changed, expected) in table {
            assert_eq!(
                reason(verifier.verify(&changed, NOW).await),
                Some(expected),
                "{configuration}: {changed}"
            );
        }
    }
}

#[tokio::test]
async fn a_token_of_exactly_the_limit_is_read() {
    let verifier = shared_secret();
    let header = r#"{"alg":"HS256"}"#;
    let (mut last_read, mut first_refused) = (0, usize::MAX);
    for filler in 5_800..6_100 {
        let token =
            hs256(SECRET.as_bytes(), header, &claims_with("x", "x".repeat(filler).into()).to_string());
        match reason(verifier.verify(&token, NOW).await) {
            None => last_read = last_read.max(token.len()),
            Some(Reason::TooLong) => first_refused = first_refused.min(token.len()),
            Some(other) => panic!("{other}"),
        }
    }
    assert!(last_read <= MAX_TOKEN_BYTES && last_read + 2 >= MAX_TOKEN_BYTES, "{last_read}");
    assert!(first_refused > MAX_TOKEN_BYTES && first_refused <= MAX_TOKEN_BYTES + 2, "{first_refused}");
}

#[tokio::test]
async fn json_that_two_readers_could_read_differently_is_refused() {
    let verifier = shared_secret();
    let claims = good_claims().to_string();
    let twice = claims.replacen('{', r#"{"tenantId":"t2","#, 1);
    let table = [
        (r#"{"alg":"HS256","alg":"HS256"}"#, claims.as_str(), Reason::Header),
        (r#"{"alg":"HS256"} x"#, &claims, Reason::Header),
        (r#"{"alg":"HS256""#, &claims, Reason::Header),
        (r#"{"alg":"HS256"}"#, &twice, Reason::Claims),
        (r#"{"alg":"HS256"}"#, "[]", Reason::Claims),
        (r#"{"alg":"HS256"}"#, "", Reason::Claims),
        (r#"{"alg":"HS256"}"#, r#"{"exp":1e999}"#, Reason::Claims),
        (r#"{"alg":"HS256"}"#, &format!("{{\"a\":{}", "[".repeat(5000)), Reason::Claims),
    ];
    for (header, claims, expected) in table {
        let token = hs256(SECRET.as_bytes(), header, claims);
        assert_eq!(reason(verifier.verify(&token, NOW).await), Some(expected), "{header} {claims}");
    }
}

#[tokio::test]
async fn a_public_key_is_never_an_hmac_secret() {
    for (pem, set) in [(FIRST.pem(), false), (FIRST.pkcs1_pem(), false), (FIRST.pem(), true)] {
        let set = set.then(|| json!({"keys": [FIRST.jwk("first")]}).to_string());
        let keys = set.map_or(RsaKeys::Pem(pem.clone()), RsaKeys::KeySet);
        let verifier = with_keys(keys).unwrap();
        for name in ["HS256", "RS256"] {
            let header = json!({"alg": name, "kid": "first"}).to_string();
            let token = hs256(pem.as_bytes(), &header, &good_claims().to_string());
            let expected = if name == "HS256" { Reason::Algorithm } else { Reason::Signature };
            assert_eq!(reason(verifier.verify(&token, NOW).await), Some(expected));
        }
    }
}

#[tokio::test]
async fn scopes_are_those_of_the_claim_or_the_usual_ones() {
    let verifier = shared_secret();
    let table = [
        (Value::Null, vec![Scope::Score, Scope::Read, Scope::Write]),
        (json!(""), vec![]),
        (json!("read"), vec![Scope::Read]),
        (json!("openid admin read admin"), vec![Scope::Read, Scope::Admin]),
        (json!("READ"), vec![]),
    ];
    for (claim, expected) in table {
        let claims = claims_with("scope", claim).to_string();
        let token = hs256(SECRET.as_bytes(), r#"{"alg":"HS256"}"#, &claims);
        assert_eq!(verifier.verify(&token, NOW).await.unwrap().scopes, expected, "{claims}");
    }
}

#[test]
fn a_configuration_that_protects_nothing_is_an_error() {
    let secret = |text: &str| Verifier::new(config(Algorithm::Hs256 { secret: text.into() })).unwrap_err();
    assert_eq!(secret(&SECRET[1..]), ConfigError::ShortSecret);
    assert_eq!(secret(&FIRST.pem()), ConfigError::SecretIsPem);
    let good = || config(Algorithm::Hs256 { secret: SECRET.into() });
    for claim in RESERVED {
        let wrong = JwtConfig { tenant_claim: claim.to_owned(), ..good() };
        assert_eq!(Verifier::new(wrong).unwrap_err(), ConfigError::TenantClaim { claim: claim.to_owned() });
    }
    let empty = |name| ConfigError::Empty { name };
    assert_eq!(Verifier::new(JwtConfig { issuer: String::new(), ..good() }).unwrap_err(), empty("issuer"));
    assert_eq!(
        Verifier::new(JwtConfig { audience: " ".to_owned(), ..good() }).unwrap_err(),
        empty("audience")
    );
    let wrong = JwtConfig { tenant_claim: String::new(), ..good() };
    assert_eq!(Verifier::new(wrong).unwrap_err(), empty("tenant_claim"));
}

#[test]
fn no_secret_is_shown() {
    let config = config(Algorithm::Hs256 { secret: SECRET.into() });
    let shown = format!("{config:?} {:?}", Verifier::new(config.clone()).unwrap());
    assert!(!shown.contains(SECRET), "{shown}");
    let refusals = [Reason::Expired, Reason::Signature].map(|reason| Refused::because(reason).to_string());
    assert_eq!(refusals[0], refusals[1]);
}

#[tokio::test]
async fn an_issued_token_says_what_was_asked_for() {
    let secret = SecretKey::from_text(SECRET.into()).unwrap();
    let verifier = Verifier::new(JwtConfig::derived(&secret)).unwrap();
    let token = verifier.issue("t1", Some("ana"), Some(&[Scope::Admin, Scope::Read]), NOW, HOUR).unwrap();
    let claims = verifier.verify(&token, NOW).await.unwrap();
    let expected =
        Claims { tenant: "t1".into(), subject: Some("ana".into()), scopes: vec![Scope::Read, Scope::Admin] };
    assert_eq!(claims, expected);
    // It begins and ends with its time, give or take the leeway.
    for (at, expected) in [
        (NOW - 60, None),
        (NOW - 61, Some(Reason::NotYetValid)),
        (NOW + 3659, None),
        (NOW + 3660, Some(Reason::Expired)),
    ] {
        assert_eq!(reason(verifier.verify(&token, at).await), expected, "{at}");
    }
    let plain = verifier.issue("t1", None, None, NOW, HOUR).unwrap();
    let claims = verifier.verify(&plain, NOW).await.unwrap();
    assert_eq!((claims.subject, claims.scopes.len()), (None, 3));
    let none = verifier.issue("t1", None, Some(&[]), NOW, HOUR).unwrap();
    assert!(verifier.verify(&none, NOW).await.unwrap().scopes.is_empty());
    // Another server's secret makes another key.
    let other = SecretKey::from_text("another secret of at least 32 bytes".into()).unwrap();
    let other = Verifier::new(JwtConfig::derived(&other)).unwrap();
    assert_eq!(reason(other.verify(&token, NOW).await), Some(Reason::Signature));
}

#[test]
fn what_no_token_may_say_is_not_issued() {
    let verifier = shared_secret();
    for tenant in ["", " ", "t1 ", "t\n1"] {
        assert_eq!(verifier.issue(tenant, None, None, NOW, HOUR), Err(IssueError::Tenant), "{tenant:?}");
    }
    assert_eq!(verifier.issue("t1", Some(""), None, NOW, HOUR), Err(IssueError::Subject));
    for ttl in
        [Duration::ZERO, Duration::from_millis(999), Duration::MAX, Duration::from_secs(i64::MAX as u64)]
    {
        assert_eq!(verifier.issue("t1", None, None, NOW, ttl), Err(IssueError::Lifetime), "{ttl:?}");
    }
    assert_eq!(verifier.issue(&"t".repeat(7000), None, None, NOW, HOUR), Err(IssueError::TooLong));
    let rsa = with_keys(RsaKeys::Pem(FIRST.pem())).unwrap();
    assert_eq!(rsa.issue("t1", None, None, NOW, HOUR), Err(IssueError::NotOurKey));
}
