//! Tokens that another library signed, under every configuration of the server.

mod shared;

use leadscore_server::auth::Reason::{self, KeyId, NotYetValid, Signature};
use leadscore_server::auth::{Algorithm, JwtConfig, Refused, RsaKeys, Scope, Verifier};
use serde_json::Value;
use shared::shared;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// 15 June 2025, between the `nbf` and the `exp` of the good tokens.
const NOW: i64 = 1_750_000_000;

/// What a token meets under HS256, RS256 with a PEM key and RS256 with a key set: nothing if it is accepted.
type Expected = [Option<Reason>; 3];

const OTHER: Option<Reason> = Some(Reason::Algorithm);

/// Every token of the vectors. Under RS256 a token of HS256 is refused before anything else of it is read, and
/// the other way round; `kid` is looked at only where there is a set to look in.
const TABLE: [(&str, Expected); 12] = [
    ("jwt_hs256_valid", [None, OTHER, OTHER]),
    ("jwt_aud_array", [None, OTHER, OTHER]),
    ("jwt_expired", [Some(Reason::Expired), OTHER, OTHER]),
    ("jwt_not_yet_valid", [Some(NotYetValid), OTHER, OTHER]),
    ("jwt_wrong_aud", [Some(Reason::Audience), OTHER, OTHER]),
    ("jwt_alg_none", [OTHER, OTHER, OTHER]),
    ("jwt_alg_None_case", [OTHER, OTHER, OTHER]),
    ("jwt_bad_signature", [Some(Signature), OTHER, OTHER]),
    ("jwt_no_exp", [Some(Reason::Expiry), OTHER, OTHER]),
    ("jwt_crit", [Some(Reason::Critical), OTHER, OTHER]),
    ("jwt_rs256_valid", [OTHER, None, None]),
    ("jwt_unknown_kid", [OTHER, None, Some(KeyId)]),
];

/// The attack with the public key as HMAC secret: refused by its algorithm under RS256, and under HS256 because
/// the server's secret is another.
const CONFUSION: (&str, Expected) = ("jwt_alg_confusion", [Some(Signature), OTHER, OTHER]);

fn vectors() -> Option<Value> {
    let path = shared("protocols/vectors.json")?;
    Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn verifier(algorithm: Algorithm) -> Verifier {
    let config = JwtConfig {
        algorithm,
        issuer: "leadscore-test".to_owned(),
        audience: "leadscore".to_owned(),
        tenant_claim: JwtConfig::TENANT_CLAIM.to_owned(),
    };
    Verifier::new(config).unwrap()
}

fn with_secret(vectors: &Value) -> Verifier {
    let secret = text(&vectors["jwt_hs256_valid"]["secret"]);
    verifier(Algorithm::Hs256 { secret: secret.into() })
}

fn with_keys(key: RsaKeys) -> Verifier {
    verifier(Algorithm::Rs256 { key })
}

#[tokio::test]
async fn every_vector_meets_its_answer_under_every_configuration() {
    let Some(vectors) = vectors() else { return };
    let rsa = &vectors["jwt_rs256_valid"];
    let server = MockServer::start().await;
    let published = ResponseTemplate::new(200).set_body_json(&rsa["jwks"]);
    Mock::given(path("/jwks")).respond_with(published).mount(&server).await;
    let configurations = [
        ("HS256", 0, with_secret(&vectors)),
        ("RS256 with PEM", 1, with_keys(RsaKeys::Pem(text(&rsa["public_pem"]).to_owned()))),
        ("RS256 with a key set", 2, with_keys(RsaKeys::KeySet(rsa["jwks"].to_string()))),
        ("RS256 with a published set", 2, with_keys(RsaKeys::Jwks { url: format!("{}/jwks", server.uri()) })),
    ];
    let names: Vec<&String> =
        vectors.as_object().unwrap().keys().filter(|name| name.starts_with("jwt_")).collect();
    assert_eq!(names.len(), TABLE.len() + 1, "a vector without a row: {names:?}");
    for (name, expected) in TABLE.iter().chain([&CONFUSION]) {
        let token = text(&vectors[*name]["token"]);
        for (configuration, column, verifier) in &configurations {
            match (verifier.verify(token, NOW).await, expected[*column]) {
                (Ok(claims), None) => {
                    assert_eq!((claims.tenant.as_str(), claims.subject.as_deref()), ("t1", Some("42")));
                    assert_eq!(claims.scopes, [Scope::Score, Scope::Read, Scope::Write]);
                }
                (answer, expected) => {
                    let reason = answer.err().map(Refused::reason);
                    assert_eq!(reason, expected, "{name} under {configuration}");
                }
            }
        }
    }
}

/// The file's own word on each token agrees with the table: nothing is accepted that it says is refused.
#[test]
fn the_table_agrees_with_the_vectors() {
    let Some(vectors) = vectors() else { return };
    for (name, [hs256, _, key_set]) in TABLE.iter().chain([&CONFUSION]) {
        let accepted = hs256.is_none() || key_set.is_none();
        let expect = text(&vectors[*name]["expect"]);
        assert_eq!(expect.starts_with("accept"), accepted, "{name}: {expect}");
        assert_eq!(expect.starts_with("401"), !accepted, "{name}: {expect}");
    }
}

#[tokio::test]
async fn the_good_vectors_end_and_begin_with_their_times() {
    let Some(vectors) = vectors() else { return };
    let verifier = with_secret(&vectors);
    let table = [
        ("jwt_hs256_valid", 1_700_000_000 - 60, None),
        ("jwt_hs256_valid", 1_700_000_000 - 61, Some(NotYetValid)),
        ("jwt_hs256_valid", 4_102_444_800 + 59, None),
        ("jwt_hs256_valid", 4_102_444_800 + 60, Some(Reason::Expired)),
        ("jwt_expired", 1_700_000_001 + 59, None),
        ("jwt_not_yet_valid", 4_000_000_000 - 60, None),
    ];
    for (name, now, expected) in table {
        let answer = verifier.verify(text(&vectors[name]["token"]), now).await;
        assert_eq!(answer.err().map(Refused::reason), expected, "{name} at {now}");
    }
}

/// Another issuer, another audience and another secret refuse the good token; another tenant claim finds none.
#[tokio::test]
async fn a_good_token_is_good_for_its_own_server_alone() {
    let Some(vectors) = vectors() else { return };
    let token = text(&vectors["jwt_hs256_valid"]["token"]);
    let secret = text(&vectors["jwt_hs256_valid"]["secret"]);
    let good = || JwtConfig {
        algorithm: Algorithm::Hs256 { secret: secret.into() },
        issuer: "leadscore-test".to_owned(),
        audience: "leadscore".to_owned(),
        tenant_claim: "tenantId".to_owned(),
    };
    let other_secret = Algorithm::Hs256 { secret: "f".repeat(32).into() };
    let table = [
        (good(), None),
        (JwtConfig { issuer: "leadscore".to_owned(), ..good() }, Some(Reason::Issuer)),
        (JwtConfig { audience: "other".to_owned(), ..good() }, Some(Reason::Audience)),
        (JwtConfig { tenant_claim: "org".to_owned(), ..good() }, Some(Reason::Tenant)),
        (JwtConfig { algorithm: other_secret, ..good() }, Some(Signature)),
    ];
    for (config, expected) in table {
        let shown = format!("{config:?}");
        let answer = Verifier::new(config).unwrap().verify(token, NOW).await;
        assert_eq!(answer.err().map(Refused::reason), expected, "{shown}");
    }
}
