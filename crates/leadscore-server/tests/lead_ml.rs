//! The Lead ML API's routes, as the document has them.

mod support;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use leadscore::Timestamp;
use leadscore_server::auth::{Algorithm, JwtConfig, Scope, Verifier};
use leadscore_server::store::{Attributes, Contact, NewActivity, NewPrediction, PredictionKind, Store};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use support::{JWT_SECRET, Running, json};
use tempfile::TempDir;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Respond, ResponseTemplate};

const BASE: &str = "/api/lead-scoring";
const DAY: i64 = 86_400_000;

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn token(tenant: &str, scopes: Option<&[Scope]>) -> String {
    let config = JwtConfig {
        algorithm: Algorithm::Hs256 { secret: JWT_SECRET.to_owned().into() },
        issuer: "leadscore".to_owned(),
        audience: "leadscore".to_owned(),
        tenant_claim: JwtConfig::TENANT_CLAIM.to_owned(),
    };
    let verifier = Verifier::new(config).unwrap();
    verifier.issue(tenant, None, scopes, now() / 1_000, Duration::from_secs(3_600)).unwrap()
}

/// Sends with a token of a tenant.
fn of(tenant: &str, request: RequestBuilder) -> RequestBuilder {
    request.bearer_auth(token(tenant, None))
}

async fn get(server: &Running, tenant: &str, path: &str) -> (u16, Value) {
    json(of(tenant, server.get(&format!("{BASE}{path}")))).await
}

async fn post(server: &Running, tenant: &str, path: &str, body: Value) -> (u16, Value) {
    json(of(tenant, server.post(&format!("{BASE}{path}"), &body))).await
}

fn attributes(value: Value) -> Attributes {
    value.as_object().unwrap().clone()
}

/// Keeps a lead with activities, each so many hours ago; gives its number.
async fn add_lead(store: &Store, tenant: &str, email: &str, known: Value, done: &[(&str, i64)]) -> i64 {
    let contact = Contact { email: Some(email.to_owned()), ..Contact::default() };
    let time = |millis| Timestamp::from_millis(millis).unwrap();
    let saved = store.save_lead(tenant, &contact, &attributes(known), time(now() - DAY / 2)).await.unwrap();
    let activities: Vec<NewActivity> = done
        .iter()
        .enumerate()
        .map(|(at, (kind, hours))| NewActivity {
            id: format!("a{at}"),
            kind: (*kind).to_owned(),
            at: time(now() - hours * DAY / 24),
            properties: Attributes::new(),
        })
        .collect();
    store.append_activities(tenant, saved.lead.number, &activities).await.unwrap();
    saved.lead.number
}

struct Leads {
    folder: TempDir,
    john: i64,
    mary: i64,
    silent: i64,
}

/// Three leads of `acme`: one that reacts, one that does little, one of whom only the address is known.
async fn leads() -> Leads {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    let known = json!({"name": "John Smith", "company": "ACME Corp", "title": "VP Engineering", "region": "US",
        "company_size": "medium", "enrolled_in_sequence": true, "sequence_step": 2, "sequence_length": 5});
    let done = [
        ("email_sent", 30),
        ("email_sent", 28),
        ("email_open", 27),
        ("email_click", 26),
        ("page_view", 25),
        ("form_submit", 24),
        ("meeting", 6),
        ("call", 5),
        ("page_view", 4),
        ("email_open", 3),
        ("email_click", 2),
    ];
    let john = add_lead(&store, "acme", "john@acme.com", known, &done).await;
    let mary = json!({"name": "Mary", "company": "Bolt", "title": "Manager", "region": "FR"});
    let mary = add_lead(&store, "acme", "mary@bolt.example", mary, &[("page_view", 400)]).await;
    let silent = add_lead(&store, "acme", "who@gmail.com", json!({}), &[]).await;
    store.close().await;
    Leads { folder, john, mary, silent }
}

/// Whether a value has every key of a sample, and a value of the same type under each; keys of `extra` may be there too.
fn assert_shape(place: &str, value: &Value, sample: &Value, extra: &[&str]) {
    match (value, sample) {
        (Value::Object(own), Value::Object(wanted)) => {
            for (key, sample) in wanted {
                let value = own.get(key).unwrap_or_else(|| panic!("{place}.{key} is missing: {value}"));
                assert_shape(&format!("{place}.{key}"), value, sample, extra);
            }
            for key in own.keys() {
                assert!(
                    wanted.contains_key(key) || extra.contains(&key.as_str()),
                    "{place}.{key} is not documented"
                );
            }
        }
        (Value::Array(own), Value::Array(wanted)) => {
            assert!(!own.is_empty(), "{place} is empty");
            for (at, value) in own.iter().enumerate() {
                assert_shape(&format!("{place}[{at}]"), value, &wanted[0], extra);
            }
        }
        // What the record does not say is null.
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Number(own), Value::Number(wanted)) => {
            assert!(wanted.is_f64() || !own.is_f64(), "{place}: {own} is no whole number");
        }
        (own, wanted) => {
            assert_eq!(
                std::mem::discriminant(own),
                std::mem::discriminant(wanted),
                "{place}: {own} for {wanted}"
            );
        }
    }
}

const ADDED: &[&str] = &["basis", "pipelineProbability"];

fn advice() -> Value {
    json!({
        "riskFactors": [{"factor": "Low Activity Velocity", "impact": "medium", "currentValue": 0.5, "trend": "stable",
            "description": "Lead has low engagement frequency"}],
        "explanation": "High conversion probability based on...",
        "recommendations": [{"priority": "high", "action": "Schedule a demo call",
            "rationale": "Lead has shown strong interest", "expectedImpact": "Accelerate sales cycle",
            "timeframe": "Within 3 days"}]
    })
}

fn with_advice(mut sample: Value) -> Value {
    for (name, value) in advice().as_object().unwrap() {
        sample[name] = value.clone();
    }
    sample
}

fn conversion_sample() -> Value {
    with_advice(
        json!({"predictionType": "CONVERSION", "probability": 0.72, "confidence": 0.85, "predictedValue": null,
        "predictedDays": 14, "predictedScoreLevel": "HOT", "predictionId": 123}),
    )
}

#[tokio::test]
async fn predictions_have_the_document_s_shape() {
    let Leads { folder, john, .. } = leads().await;
    let server = Running::start_in(folder, &[]).await;
    let (status, own) = post(&server, "acme", &format!("/leads/{john}/ml/predict"), json!({})).await;
    assert_eq!(status, 200, "{own}");
    assert_shape("", &own, &json!({"prediction": conversion_sample()}), ADDED);
    let prediction = &own["prediction"];
    assert_eq!(
        (&prediction["basis"], &prediction["predictionType"]),
        (&json!("rules"), &json!("CONVERSION"))
    );
    assert_eq!(prediction["probability"], prediction["pipelineProbability"]);
    let probability = prediction["probability"].as_f64().unwrap();
    let level = match probability {
        0.7.. => "HOT",
        0.4.. => "WARM",
        0.15.. => "COLD",
        _ => "DEAD",
    };
    assert_eq!(prediction["predictedScoreLevel"], level, "{probability}");

    let (status, kept) = get(&server, "acme", &format!("/leads/{john}/ml/prediction?type=CONVERSION")).await;
    assert_eq!(status, 200, "{kept}");
    assert_eq!(kept, json!({"id": prediction["predictionId"], "isExpired": false, "prediction": prediction}));

    let (status, own) = post(&server, "acme", &format!("/leads/{john}/ml/predict-time"), json!({})).await;
    assert_eq!(status, 200, "{own}");
    let sample =
        with_advice(json!({"predictionType": "TIME_TO_CLOSE", "probability": 0.65, "confidence": 0.78,
        "predictedDays": 21, "confidenceInterval": {"low": 14, "high": 30}, "predictionId": 124}));
    assert_shape("", &own, &json!({"prediction": sample}), ADDED);
    let days = |name: &str| own["prediction"].pointer(name).unwrap().as_i64().unwrap();
    assert!(days("/confidenceInterval/low") <= days("/predictedDays"));
    assert!(days("/predictedDays") <= days("/confidenceInterval/high"));

    let (status, own) = post(&server, "acme", &format!("/leads/{john}/ml/predict-score"), json!({})).await;
    assert_eq!(status, 200, "{own}");
    let sample = with_advice(json!({"predictionType": "SCORE", "probability": 0.75, "confidence": 0.82,
        "predictedScore": 78, "scoreBreakdown": {"demographic": 22, "behavioral": 28, "temporal": 15, "engagement": 13},
        "predictionId": 125}));
    assert_shape("", &own, &json!({"prediction": sample}), ADDED);
    let parts = own["prediction"]["scoreBreakdown"].as_object().unwrap();
    let sum: i64 = parts.values().map(|part| part.as_i64().unwrap()).sum();
    assert_eq!(Some(sum), own["prediction"]["predictedScore"].as_i64(), "{own}");
    // Company and title, two clicks, a form and a meeting: 20, and 40 at most.
    assert_eq!((&parts["demographic"], &parts["behavioral"]), (&json!(20), &json!(40)));
}

#[tokio::test]
async fn features_and_their_importance_have_the_document_s_shape() {
    let Leads { folder, john, silent, .. } = leads().await;
    let server = Running::start_in(folder, &[]).await;
    let sample = json!({"features": {
        "demographic": {"hasCompany": true, "hasTitle": true, "hasPhone": true, "emailDomainType": "corporate",
            "titleSeniority": "vp", "companySizeEstimate": "medium", "emailDomain": "acme.com"},
        "behavioral": {"emailOpenCount": 12, "emailClickCount": 5, "pageViewCount": 8, "formSubmitCount": 2,
            "meetingCount": 1, "callCount": 1, "activityVelocity": 1.8, "channelDiversity": 5,
            "highValueActionCount": 4, "totalActivities": 30},
        "temporal": {"daysSinceCreated": 14, "daysSinceLastActivity": 1, "recencyScore": 0.92, "activityBurst": false,
            "dayPattern": "weekday", "timePattern": "business_hours", "leadAgeWeeks": 2},
        "engagement": {"totalEngagementScore": 75, "emailOpenRate": 0.67, "emailClickRate": 0.28,
            "sequenceEngagement": 0.6, "avgResponseTime": 7200.5, "isInActiveSequence": true, "currentSequenceStep": 3}
    }});
    for lead in [john, silent] {
        let (status, own) = get(&server, "acme", &format!("/leads/{lead}/ml/features")).await;
        assert_eq!(status, 200, "{own}");
        assert_shape("", &own, &sample, &[]);
    }
    let (_, own) = get(&server, "acme", &format!("/leads/{john}/ml/features")).await;
    let own = &own["features"];
    // Counted by hand from the activities that were put in.
    for (place, wanted) in [
        ("/demographic/hasPhone", json!(false)),
        ("/demographic/companySizeEstimate", json!("medium")),
        ("/demographic/titleSeniority", json!("vp")),
        ("/demographic/emailDomain", json!("acme.com")),
        ("/behavioral/emailOpenCount", json!(2)),
        ("/behavioral/emailClickCount", json!(2)),
        ("/behavioral/pageViewCount", json!(2)),
        ("/behavioral/highValueActionCount", json!(3)),
        ("/behavioral/totalActivities", json!(11)),
        ("/behavioral/channelDiversity", json!(5)),
        ("/temporal/daysSinceCreated", json!(1)),
        ("/temporal/activityBurst", json!(true)),
        ("/engagement/emailOpenRate", json!(1.0)),
        ("/engagement/sequenceEngagement", json!(0.6)),
        ("/engagement/currentSequenceStep", json!(2)),
    ] {
        assert_eq!(own.pointer(place), Some(&wanted), "{place}");
    }

    let (status, own) = get(&server, "acme", "/1/ml/feature-importance").await;
    assert_eq!(status, 200, "{own}");
    assert_shape(
        "",
        &own,
        &json!({"importance": [{"name": "Email Clicks", "importance": 0.15, "category": "x"}]}),
        &[],
    );
    let all = own["importance"].as_array().unwrap();
    let shares: Vec<f64> = all.iter().map(|own| own["importance"].as_f64().unwrap()).collect();
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9 && shares.is_sorted_by(|a, b| a >= b));
    for name in ["Email Clicks", "Form Submissions", "Title Seniority"] {
        assert!(all.iter().any(|own| own["name"] == name), "{name} is missing: {own}");
    }
    let categories = ["demographic", "behavioral", "temporal", "engagement"];
    assert!(all.iter().all(|own| categories.contains(&own["category"].as_str().unwrap())));
}

#[tokio::test]
async fn rankings_have_the_document_s_shape_and_order() {
    let Leads { folder, john, mary, silent } = leads().await;
    let server = Running::start_in(folder, &[]).await;
    let lead = json!({"leadId": 1, "email": "john@acme.com", "name": "John Smith", "company": "ACME Corp",
        "title": "VP Engineering", "score": 85, "scoreLevel": "HOT", "priorityRank": 1, "priorityTier": "top",
        "priorityScore": 92, "conversionProbability": 0.78, "reasoning": "High engagement, decision-maker title"});
    let (status, own) = get(&server, "acme", "/1/ml/ranked-leads").await;
    assert_eq!(status, 200, "{own}");
    let insights = json!({"topLeadCount": 5, "avgConversionProbability": 0.65, "commonPatterns": []});
    assert_shape("", &own["rankings"], &json!([lead]), &[]);
    assert_eq!(own.as_object().unwrap().keys().collect::<Vec<_>>(), ["insights", "rankings"]);
    assert!(insights.as_object().unwrap().keys().eq(own["insights"].as_object().unwrap().keys()), "{own}");
    let ids = |leads: &Value| -> Vec<i64> {
        leads.as_array().unwrap().iter().map(|own| own["leadId"].as_i64().unwrap()).collect()
    };
    let rankings = own["rankings"].as_array().unwrap();
    assert_eq!(ids(&own["rankings"]).first(), Some(&john));
    assert_eq!(rankings.len(), 3);
    let mut before = i64::MAX;
    let (mut sum, mut top) = (0.0, 0);
    for (at, lead) in rankings.iter().enumerate() {
        let score = lead["priorityScore"].as_i64().unwrap();
        let tier = match score {
            75.. => "top",
            50.. => "high",
            25.. => "medium",
            _ => "low",
        };
        assert_eq!((&lead["priorityTier"], &lead["priorityRank"]), (&json!(tier), &json!(at + 1)), "{lead}");
        assert!(score <= before, "{own}");
        before = score;
        sum += lead["conversionProbability"].as_f64().unwrap();
        top += usize::from(tier == "top");
    }
    let average = own["insights"]["avgConversionProbability"].as_f64().unwrap();
    assert!((average - sum / 3.0).abs() <= 0.005 + 1e-9, "{own}");
    assert_eq!(own["insights"]["topLeadCount"], top);

    // What was ranked is kept as a prediction, once for as long as it says the same.
    let (status, kept) = get(&server, "acme", &format!("/leads/{john}/ml/prediction?type=PRIORITY")).await;
    assert_eq!((status, &kept["prediction"]["priorityRank"]), (200, &json!(1)), "{kept}");
    get(&server, "acme", "/1/ml/ranked-leads").await;
    let (_, again) = get(&server, "acme", &format!("/leads/{john}/ml/prediction?type=priority")).await;
    assert_eq!(again["id"], kept["id"]);

    let (status, own) = get(&server, "acme", "/1/ml/top-leads?n=2").await;
    assert_eq!(status, 200, "{own}");
    assert_shape("", &own, &json!({"leads": [lead]}), &[]);
    assert_eq!(ids(&own["leads"]), ids(&Value::from(rankings[..2].to_vec())));

    let mut seen = Vec::new();
    for tier in ["top", "high", "medium", "low"] {
        let (status, own) = get(&server, "acme", &format!("/1/ml/leads-by-tier?tier={tier}")).await;
        assert_eq!(status, 200, "{own}");
        assert!(own["leads"].as_array().unwrap().iter().all(|lead| lead["priorityTier"] == tier), "{own}");
        seen.extend(ids(&own["leads"]));
    }
    seen.sort_unstable();
    assert_eq!(seen, [john, mary, silent]);

    // Filters hold for each lead that is returned, and leave out the others.
    let probability = rankings[1]["conversionProbability"].as_f64().unwrap();
    let kept = |min: f64| {
        rankings.iter().filter(|own| own["conversionProbability"].as_f64().unwrap() >= min).count()
    };
    let (_, own) =
        get(&server, "acme", &format!("/1/ml/ranked-leads?minProbability={probability}&useLLM=false")).await;
    assert_eq!(own["rankings"].as_array().unwrap().len(), kept(probability), "{own}");
    let (_, own) = get(&server, "acme", "/1/ml/ranked-leads?minScore=50").await;
    assert_eq!(ids(&own["rankings"]), [john]);
    let (status, own) = get(&server, "nobody", "/1/ml/ranked-leads").await;
    assert_eq!(status, 200);
    let nothing = json!({"topLeadCount": 0, "avgConversionProbability": 0.0, "commonPatterns": []});
    assert_eq!(own, json!({"rankings": [], "insights": nothing}));
}

#[tokio::test]
async fn bulk_predictions_count_and_are_reused() {
    let Leads { folder, john, mary, silent } = leads().await;
    let server = Running::start_in(folder, &[]).await;
    let (status, own) = post(&server, "acme", "/1/ml/bulk-predict", Value::Null).await;
    assert_eq!(status, 200, "{own}");
    let counts = (&own["processed"], &own["successful"], &own["failed"]);
    assert_eq!(counts, (&json!(3), &json!(3), &json!(0)));
    let of = |lead: i64| {
        let all = own["predictions"].as_array().unwrap();
        all.iter().find(|own| own["leadId"] == lead).unwrap().clone()
    };
    for lead in [john, mary, silent] {
        assert_eq!(of(lead)["error"], Value::Null);
        assert_shape("", &of(lead)["result"], &conversion_sample(), ADDED);
    }
    assert_eq!(own["predictions"][0]["leadId"], john);
    // The single route gives the same prediction, until it is told not to.
    let predict = format!("/leads/{mary}/ml/predict");
    let (_, single) = post(&server, "acme", &predict, json!({"ruleBasedOnly": true})).await;
    assert_eq!(single["prediction"], of(mary)["result"]);
    let (_, short) = post(&server, "acme", &predict, json!({"includeExplanation": false})).await;
    assert_eq!(short["prediction"]["predictionId"], single["prediction"]["predictionId"]);
    assert!(short["prediction"].get("explanation").is_none(), "{short}");
    let (_, anew) = post(&server, "acme", &predict, json!({"forceRefresh": true})).await;
    assert_ne!(anew["prediction"]["predictionId"], single["prediction"]["predictionId"]);
    let (_, latest) = get(&server, "acme", &format!("/leads/{mary}/ml/prediction")).await;
    assert_eq!(latest["id"], anew["prediction"]["predictionId"]);

    let (_, few) = post(&server, "acme", "/1/ml/bulk-predict", json!({"limit": 1})).await;
    assert_eq!((&few["processed"], &few["predictions"][0]["leadId"]), (&json!(1), &json!(john)));
    let (_, good) = post(&server, "acme", "/1/ml/bulk-predict", json!({"minScore": 50})).await;
    assert_eq!((&good["processed"], &good["predictions"][0]["leadId"]), (&json!(1), &json!(john)));
}

#[tokio::test]
async fn an_expired_prediction_is_told_and_not_reused() {
    let Leads { folder, john, .. } = leads().await;
    let server = Running::start_in(folder, &[("LEADSCORE_PREDICTION_TTL", "1s")]).await;
    let predict = format!("/leads/{john}/ml/predict");
    let (_, first) = post(&server, "acme", &predict, json!({})).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let (status, kept) = get(&server, "acme", &format!("/leads/{john}/ml/prediction")).await;
    assert_eq!((status, &kept["isExpired"]), (200, &json!(true)), "{kept}");
    assert_eq!(kept["id"], first["prediction"]["predictionId"]);
    let (_, second) = post(&server, "acme", &predict, json!({})).await;
    assert_ne!(second["prediction"]["predictionId"], first["prediction"]["predictionId"]);
}

#[tokio::test]
async fn what_cannot_be_answered_is_told() {
    let Leads { folder, john, .. } = leads().await;
    let server = Running::start_in(folder, &[]).await;
    let table = [
        (400, "GET", "/leads/0/ml/features".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/leads/abc/ml/features".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/leads/-1/ml/prediction".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/leads/%ff/ml/prediction".to_owned(), "BAD_REQUEST"),
        (400, "GET", format!("/leads/{john}/ml/prediction?type="), "BAD_REQUEST"),
        (400, "GET", format!("/leads/{john}/ml/prediction?type=MOOD"), "BAD_REQUEST"),
        (404, "GET", format!("/leads/{john}/ml/prediction?type=SCORE"), "NOT_FOUND"),
        (404, "GET", "/leads/999999/ml/prediction".to_owned(), "NOT_FOUND"),
        (404, "GET", "/leads/999999/ml/features".to_owned(), "NOT_FOUND"),
        (404, "POST", "/leads/999999/ml/predict".to_owned(), "NOT_FOUND"),
        (404, "POST", "/leads/999999/ml/predict-time".to_owned(), "NOT_FOUND"),
        (404, "POST", "/leads/999999/ml/predict-score".to_owned(), "NOT_FOUND"),
        (400, "POST", "/leads/x/ml/predict".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/leads/ml/accuracy".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/x/ml/top-leads".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/top-leads?n=0".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/top-leads?n=101".to_owned(), "BAD_REQUEST"),
        (404, "GET", "/2/ml/top-leads".to_owned(), "NOT_FOUND"),
        (404, "GET", "/2/ml/accuracy".to_owned(), "NOT_FOUND"),
        (404, "POST", "/2/ml/bulk-predict".to_owned(), "NOT_FOUND"),
        (400, "GET", "/1/ml/ranked-leads?limit=0".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/ranked-leads?minProbability=1.5".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/ranked-leads?minScore=abc".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/ranked-leads?useLLM=maybe".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/leads-by-tier".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/leads-by-tier?tier=hot".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/accuracy?startDate=2026-02-01&endDate=2026-01-01".to_owned(), "BAD_REQUEST"),
        (400, "GET", "/1/ml/accuracy?startDate=soon".to_owned(), "BAD_REQUEST"),
        (405, "GET", format!("/leads/{john}/ml/predict"), "METHOD_NOT_ALLOWED"),
        (404, "GET", "/nothing".to_owned(), "NOT_FOUND"),
    ];
    for (wanted, method, path, code) in table {
        let (status, body) = match method {
            "GET" => get(&server, "acme", &path).await,
            _ => post(&server, "acme", &path, Value::Null).await,
        };
        assert_eq!((status, &body["code"]), (wanted, &json!(code)), "{method} {path}: {body}");
        assert!(body["error"].is_string() && body["details"].is_object(), "{path}: {body}");
    }
    let bodies = [
        (format!("/leads/{john}/ml/predict"), json!({"forceRefresh": "yes"})),
        (format!("/leads/{john}/ml/predict"), json!([])),
        ("/1/ml/bulk-predict".to_owned(), json!({"limit": 0})),
        ("/1/ml/bulk-predict".to_owned(), json!({"limit": 101})),
        ("/1/ml/bulk-predict".to_owned(), json!({"limit": 1.5})),
        ("/1/ml/bulk-predict".to_owned(), json!({"minScore": -1})),
        ("/predictions/1/validate".to_owned(), json!({})),
        ("/predictions/1/validate".to_owned(), json!({"wasAccurate": "true"})),
    ];
    for (path, body) in bodies {
        let (status, answer) = post(&server, "acme", &path, body.clone()).await;
        assert_eq!((status, &answer["code"]), (400, &json!("BAD_REQUEST")), "{path} {body}: {answer}");
    }
    let (status, own) =
        post(&server, "acme", "/predictions/999999/validate", json!({"wasAccurate": true})).await;
    assert_eq!((status, &own["code"]), (404, &json!("NOT_FOUND")), "{own}");

    let routes = [
        ("GET", format!("/leads/{john}/ml/features"), Scope::Read),
        ("GET", "/1/ml/ranked-leads".to_owned(), Scope::Read),
        ("POST", format!("/leads/{john}/ml/predict"), Scope::Score),
        ("POST", "/1/ml/bulk-predict".to_owned(), Scope::Score),
        ("POST", "/predictions/1/validate".to_owned(), Scope::Write),
    ];
    for (method, path, scope) in routes {
        let request = || match method {
            "GET" => server.get(&format!("{BASE}{path}")),
            _ => server.post(&format!("{BASE}{path}"), &Value::Null),
        };
        let (status, body) = json(request()).await;
        assert_eq!((status, &body["code"]), (401, &json!("UNAUTHORIZED")), "{path}: {body}");
        let others: Vec<Scope> = Scope::ALL.into_iter().filter(|own| *own != scope).collect();
        let (status, body) = json(request().bearer_auth(token("acme", Some(&others)))).await;
        assert_eq!((status, &body["code"]), (403, &json!("FORBIDDEN")), "{path}: {body}");
        let cookie = format!("token={}", token("acme", Some(&[scope])));
        let (status, body) = json(request().header("cookie", cookie)).await;
        assert!(status != 401 && status != 403, "{path}: {status} {body}");
    }
}

#[tokio::test]
async fn tenants_see_their_own() {
    let Leads { folder, john, .. } = leads().await;
    let server = Running::start_in(folder, &[]).await;
    let (_, own) = post(&server, "acme", &format!("/leads/{john}/ml/predict"), json!({})).await;
    let id = own["prediction"]["predictionId"].as_i64().unwrap();
    for path in ["prediction", "features"] {
        assert_eq!(get(&server, "other", &format!("/leads/{john}/ml/{path}")).await.0, 404, "{path}");
    }
    for path in ["predict", "predict-time", "predict-score"] {
        assert_eq!(
            post(&server, "other", &format!("/leads/{john}/ml/{path}"), json!({})).await.0,
            404,
            "{path}"
        );
    }
    let validate = format!("/predictions/{id}/validate");
    assert_eq!(post(&server, "other", &validate, json!({"wasAccurate": true})).await.0, 404);
    assert_eq!(get(&server, "other", "/1/ml/top-leads").await.1, json!({"leads": []}));
    assert_eq!(get(&server, "other", "/1/ml/accuracy").await.1["totalPredictions"], 0);
    assert_eq!(post(&server, "other", "/1/ml/bulk-predict", json!({})).await.1["processed"], 0);
    assert_eq!(get(&server, "acme", "/1/ml/accuracy").await.1["totalPredictions"], 1);
}

#[tokio::test]
async fn accuracy_is_what_was_validated() {
    let Leads { folder, john, mary, silent } = leads().await;
    // One of yesterday, that periods tell apart.
    let store = Store::open_folder(folder.path()).await.unwrap();
    let old = NewPrediction {
        lead: john,
        configuration: 1,
        kind: PredictionKind::Priority,
        by_model: false,
        pipeline: "old",
        body: "{}",
        time_to_live: 1,
    };
    let yesterday = Timestamp::from_millis(now() - DAY).unwrap();
    store.save_predictions("acme", &[old], yesterday).await.unwrap();
    store.close().await;
    let server = Running::start_in(folder, &[]).await;
    let (mut total, mut said): (usize, Vec<(&str, bool)>) = (1, Vec::new());
    for (at, lead) in [john, mary, silent].into_iter().enumerate() {
        for (path, kind) in
            [("predict", "CONVERSION"), ("predict-time", "TIME_TO_CLOSE"), ("predict-score", "SCORE")]
        {
            let (_, own) = post(&server, "acme", &format!("/leads/{lead}/ml/{path}"), json!({})).await;
            total += 1;
            if kind == "SCORE" {
                continue;
            }
            let was_accurate = at != 1 && kind == "CONVERSION";
            let validate = format!("/predictions/{}/validate", own["prediction"]["predictionId"]);
            // The first word is replaced.
            for word in [!was_accurate, was_accurate] {
                let (status, own) = post(&server, "acme", &validate, json!({"wasAccurate": word})).await;
                assert_eq!((status, own), (200, json!({"success": true})));
            }
            said.push((kind, was_accurate));
        }
    }
    let accurate = said.iter().filter(|(_, was)| *was).count();
    let share = |part: usize, whole: usize| part as f64 / whole as f64;
    let mut by_type = json!({});
    for kind in ["CONVERSION", "TIME_TO_CLOSE"] {
        let own: Vec<bool> = said.iter().filter(|(own, _)| *own == kind).map(|(_, was)| *was).collect();
        let good = own.iter().filter(|was| **was).count();
        by_type[kind] = json!({"total": own.len(), "accurate": good, "accuracy": share(good, own.len())});
    }
    let wanted = json!({"totalPredictions": total, "validatedCount": said.len(), "accurateCount": accurate,
        "accuracy": share(accurate, said.len()), "byType": by_type});
    let (status, own) = get(&server, "acme", "/1/ml/accuracy").await;
    assert_eq!((status, own), (200, wanted));

    let day = |millis: i64| Timestamp::from_millis(millis).unwrap().to_string()[..10].to_owned();
    let (today, before) = (day(now()), day(now() - DAY));
    let count = async |query: String| {
        get(&server, "acme", &format!("/1/ml/accuracy?{query}")).await.1["totalPredictions"].clone()
    };
    assert_eq!(count(format!("endDate={before}")).await, 1);
    assert_eq!(count(format!("startDate={today}&endDate={today}")).await, total - 1);
    assert_eq!(count(format!("startDate={before}T00:00:00Z")).await, total);
    assert_eq!(count("startDate=2100-01-01".to_owned()).await, 0);
}

#[tokio::test]
async fn configurations_choose_leads_and_pipelines() {
    let Leads { folder, john, mary, .. } = leads().await;
    let store = Store::open_folder(folder.path()).await.unwrap();
    let key = support::admin_key(&store, "acme").await;
    store.close().await;
    let server = Running::start_in(folder, &[]).await;
    let core = |request: RequestBuilder| request.header("x-api-key", &key);
    let url = |path: &str| format!("{}/api/v1/configurations{path}", server.base);
    let send = async |method: reqwest::Method, path: &str, body: Option<Value>| {
        let request = core(server.client.request(method, url(path)));
        json(match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        })
        .await
    };
    use reqwest::Method;
    let (status, all) = send(Method::GET, "", None).await;
    assert_eq!((status, &all["configurations"][0]["id"]), (200, &json!(1)), "{all}");
    let body = json!({"name": "Europe", "pipelines": {"conversion": "conversion-compat"},
        "filter": {"region": {"one_of": ["fr", "de"]}}});
    let (status, made) = send(Method::POST, "", Some(body.clone())).await;
    assert_eq!(
        (status, &made["id"], &made["pipelines"]["priority"]),
        (201, &json!(2), &json!("priority")),
        "{made}"
    );
    let (_, again) = send(Method::GET, "/2", None).await;
    assert_eq!(again, made);

    let (_, ranked) = get(&server, "acme", "/2/ml/ranked-leads").await;
    assert_eq!(
        (ranked["rankings"].as_array().unwrap().len(), &ranked["rankings"][0]["leadId"]),
        (1, &json!(mary))
    );
    let (_, bulk) = post(&server, "acme", "/2/ml/bulk-predict", json!({})).await;
    let (_, single) = post(&server, "acme", &format!("/leads/{mary}/ml/predict"), json!({})).await;
    // Another pipeline gives another probability, and its predictions are kept apart.
    assert_ne!(bulk["predictions"][0]["result"]["probability"], single["prediction"]["probability"]);
    assert_eq!(get(&server, "acme", "/2/ml/accuracy").await.1["totalPredictions"], 2);

    let replaced =
        json!({"name": "US", "filter": {"region": {"equals": "US"}, "sequence_step": {"min": 1, "max": 2}}});
    assert_eq!(send(Method::PUT, "/2", Some(replaced)).await.0, 200);
    let (_, top) = get(&server, "acme", "/2/ml/top-leads").await;
    assert_eq!((top["leads"].as_array().unwrap().len(), &top["leads"][0]["leadId"]), (1, &json!(john)));

    for wrong in [
        json!({"name": " "}),
        json!({"filter": {}}),
        json!({"name": "x", "pipelines": {"conversion": "heat"}}),
        json!({"name": "x", "pipelines": {"priority": "lead-score"}}),
        json!({"name": "x", "filter": {"region": {}}}),
        json!({"name": "x", "filter": {"region": {"equals": {"a": 1}}}}),
        json!({"name": "x", "filter": {"region": {"like": "U%"}}}),
        json!({"name": "x", "filter": {"n": {"min": 3, "max": 1}}}),
    ] {
        let (status, own) = send(Method::POST, "", Some(wrong.clone())).await;
        assert_eq!((status, &own["error"]["code"]), (400, &json!("VALIDATION_ERROR")), "{wrong}: {own}");
    }
    assert_eq!(send(Method::PUT, "/9", Some(body)).await.0, 404);
    assert_eq!(send(Method::DELETE, "/1", None).await.0, 409);
    assert_eq!(send(Method::DELETE, "/2", None).await.0, 204);
    assert_eq!(send(Method::DELETE, "/2", None).await.0, 404);
    assert_eq!(get(&server, "acme", "/2/ml/top-leads").await.0, 404);
    assert_eq!(json(server.get("/api/v1/configurations")).await.0, 401);
}

/// Answers as a model of `OpenAI` would: with what the question of a lead wants, or with nothing of use.
struct Answers;

impl Respond for Answers {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let question = String::from_utf8_lossy(&request.body).into_owned();
        let content = if question.contains("whole days") {
            json!({"days": 1_000, "explanation": "No."})
        } else if question.contains("\\\"lead\\\"") {
            json!({"ranking": []})
        } else {
            json!({"probability": own_probability(&question), "explanation": "The lead reacts.", "risk_factors": [],
                "recommendations": []})
        };
        let usage = json!({"prompt_tokens": 700, "completion_tokens": 150, "total_tokens": 850});
        ResponseTemplate::new(200).set_body_json(json!({"id": "c", "object": "chat.completion", "model": "gpt-4o-mini",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content.to_string()}}],
            "usage": usage}))
    }
}

/// A little above the pipeline's probability, as the question has it.
fn own_probability(question: &str) -> f64 {
    let number =
        question.split("probability\\\\\\\":").nth(1).or_else(|| question.split("probability\\\":").nth(1));
    let digits: String = number
        .unwrap_or("0.3")
        .chars()
        .skip_while(|letter| *letter == ' ')
        .take_while(|letter| letter.is_ascii_digit() || *letter == '.')
        .collect();
    (digits.parse::<f64>().unwrap_or(0.3) + 0.05).min(0.99)
}

async fn model() -> MockServer {
    let model = MockServer::start().await;
    Mock::given(method("POST")).and(path("/v1/chat/completions")).respond_with(Answers).mount(&model).await;
    model
}

fn settings(base: &str) -> Vec<(&str, &str)> {
    vec![("OPENAI_API_KEY", "sk-test"), ("OPENAI_BASE_URL", base), ("AI_MODEL", "gpt-4o-mini")]
}

#[tokio::test]
async fn a_model_is_asked_and_its_answers_are_kept_apart() {
    let Leads { folder, john, .. } = leads().await;
    let model = model().await;
    let base = format!("{}/v1", model.uri());
    let server = Running::start_in(folder, &settings(&base)).await;
    let predict = format!("/leads/{john}/ml/predict");
    let (status, own) = post(&server, "acme", &predict, json!({})).await;
    assert_eq!(status, 200, "{own}");
    let mut sample = conversion_sample();
    sample.as_object_mut().unwrap().remove("riskFactors");
    sample.as_object_mut().unwrap().remove("recommendations");
    sample["llmMetadata"] =
        json!({"model": "gpt-4o-mini", "tokensUsed": 850, "latencyMs": 1_200, "estimatedCost": 0.0012});
    assert_shape(
        "",
        &own["prediction"],
        &sample,
        &["basis", "pipelineProbability", "riskFactors", "recommendations"],
    );
    let prediction = &own["prediction"];
    assert_eq!(
        (&prediction["basis"], &prediction["explanation"]),
        (&json!("llm"), &json!("The lead reacts."))
    );
    let gap =
        prediction["probability"].as_f64().unwrap() - prediction["pipelineProbability"].as_f64().unwrap();
    assert!(gap != 0.0 && gap.abs() <= 0.25, "{prediction}");
    assert_eq!(prediction["llmMetadata"]["tokensUsed"], 850);
    // 700 and 150 tokens at 0.15 and 0.60 dollars a million.
    let cost = prediction["llmMetadata"]["estimatedCost"].as_f64().unwrap();
    assert!((cost - 0.000_195).abs() < 1e-12, "{cost}");

    let (_, again) = post(&server, "acme", &predict, json!({})).await;
    assert_eq!(again, own);
    let (_, rules) = post(&server, "acme", &predict, json!({"ruleBasedOnly": true})).await;
    assert_eq!(rules["prediction"]["basis"], "rules");
    assert!(rules["prediction"].get("llmMetadata").is_none());
    let asked = model.received_requests().await.unwrap().len();
    assert_eq!(asked, 1);

    // An answer that cannot be taken leaves the rules' one, and the score never asks.
    let (status, time) = post(&server, "acme", &format!("/leads/{john}/ml/predict-time"), json!({})).await;
    assert_eq!((status, &time["prediction"]["basis"]), (200, &json!("rules")), "{time}");
    assert!(time["prediction"].get("llmMetadata").is_none(), "{time}");
    assert!(model.received_requests().await.unwrap().len() > asked);
    let asked = model.received_requests().await.unwrap().len();
    post(&server, "acme", &format!("/leads/{john}/ml/predict-score"), json!({})).await;
    get(&server, "acme", "/1/ml/ranked-leads?useLLM=false").await;
    assert_eq!(model.received_requests().await.unwrap().len(), asked);
    let (status, ranked) = get(&server, "acme", "/1/ml/ranked-leads").await;
    assert_eq!((status, &ranked["rankings"][0]["leadId"]), (200, &json!(john)), "{ranked}");
    assert!(model.received_requests().await.unwrap().len() > asked);
}

#[tokio::test]
async fn the_quota_counts_every_prediction_of_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    for at in 0..60 {
        let known = json!({"company": format!("Company {at}"), "title": "Director"});
        add_lead(&store, "acme", &format!("p{at}@acme.example"), known, &[]).await;
    }
    let other = add_lead(&store, "other", "x@other.example", json!({}), &[]).await;
    store.close().await;
    let model = model().await;
    let base = format!("{}/v1", model.uri());
    let server = Running::start_in(folder, &settings(&base)).await;
    let bulk = |body: Value| post(&server, "acme", "/1/ml/bulk-predict", body);
    let (status, own) = bulk(json!({"limit": 60})).await;
    assert_eq!((status, &own["successful"]), (200, &json!(60)), "{own}");
    assert!(
        own["predictions"].as_array().unwrap().iter().all(|own| own["result"]["basis"] == "llm"),
        "{own}"
    );
    // What still counts costs nothing.
    assert_eq!(bulk(json!({"limit": 60})).await.0, 200);
    // 60 of 100 are used up: 41 more are too many, and are not asked for; 40 are not.
    let before = model.received_requests().await.unwrap().len();
    let request =
        server.post(&format!("{BASE}/1/ml/bulk-predict"), &json!({"limit": 41, "forceRefresh": true}));
    let response = of("acme", request).send().await.unwrap();
    assert_eq!(response.status(), 429);
    let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let text = response.text().await.unwrap();
    assert!(text.contains("\"RATE_LIMITED\""), "{text}");
    assert_eq!(model.received_requests().await.unwrap().len(), before);
    assert_eq!(bulk(json!({"limit": 41, "forceRefresh": true, "ruleBasedOnly": true})).await.0, 200);
    assert_eq!(bulk(json!({"limit": 40, "forceRefresh": true})).await.0, 200);
    let (status, own) = get(&server, "acme", "/1/ml/ranked-leads?limit=1").await;
    assert_eq!((status, &own["code"]), (429, &json!("RATE_LIMITED")), "{own}");
    assert_eq!(get(&server, "acme", "/1/ml/ranked-leads?limit=1&useLLM=false").await.0, 200);
    assert_eq!(post(&server, "other", &format!("/leads/{other}/ml/predict"), json!({})).await.0, 200);
}

#[tokio::test]
async fn a_failing_model_is_a_fallback_or_an_error() {
    for (failure, wanted) in [("fallback", 200), ("error", 503)] {
        let Leads { folder, john, .. } = leads().await;
        let model = MockServer::start().await;
        Mock::given(method("POST")).respond_with(ResponseTemplate::new(401)).mount(&model).await;
        let base = format!("{}/v1", model.uri());
        let mut settings = settings(&base);
        settings.push(("LEADSCORE_LLM_FAILURE", failure));
        let server = Running::start_in(folder, &settings).await;
        for path in ["predict", "predict-time"] {
            let (status, own) = post(&server, "acme", &format!("/leads/{john}/ml/{path}"), json!({})).await;
            assert_eq!(status, wanted, "{path}: {own}");
            let basis = &own["prediction"]["basis"];
            assert_eq!(basis, &if wanted == 200 { json!("rules") } else { Value::Null });
        }
        let (status, bulk) = post(&server, "acme", "/1/ml/bulk-predict", json!({})).await;
        let failed = if wanted == 200 { 0 } else { 3 };
        assert_eq!((status, &bulk["failed"], &bulk["processed"]), (200, &json!(failed), &json!(3)), "{bulk}");
        let first = &bulk["predictions"][0];
        assert_eq!((first["error"].is_string(), first["result"].is_null()), (failed > 0, failed > 0));
    }
}
