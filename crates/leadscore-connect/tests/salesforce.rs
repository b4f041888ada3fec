//! Salesforce, against a server that keeps what it is given and answers as the documentation says.

#![cfg(feature = "salesforce")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use leadscore_connect::crm::{CrmRecord, FailureKind, HttpLimits, Outcome, RefusalKind, SyncReport};
use leadscore_connect::salesforce::{Salesforce, SalesforceApi, SalesforceLogin};
use serde_json::{Map, Value, json};
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const UPSERT: &str = "/services/data/v66.0/composite/sobjects/Lead/Leadscore_Id__c";
const QUERY: &str = "/services/data/v66.0/query";
const TOKEN_PATH: &str = "/services/oauth2/token";

#[derive(Clone, Default)]
struct Org {
    leads: Arc<Mutex<BTreeMap<String, Map<String, Value>>>>,
    tokens: Arc<AtomicUsize>,
    /// How often a record is still locked.
    locks: Arc<AtomicUsize>,
}

impl Org {
    fn record(&self, lead: &Value) -> Value {
        let id = lead["Leadscore_Id__c"].as_str().unwrap();
        let error = |code: &str, fields: &[&str]| json!({"success": false, "errors": [{"statusCode": code, "message": "m", "fields": fields}]});
        assert_eq!(lead["attributes"], json!({"type": "Lead"}));
        if id == "locked" && self.locks.load(Ordering::SeqCst) > 0 {
            self.locks.fetch_sub(1, Ordering::SeqCst);
            return error("UNABLE_TO_LOCK_ROW", &[]);
        }
        if id == "bad" {
            return error("INVALID_EMAIL_ADDRESS", &["Email"]);
        }
        let mut leads = self.leads.lock().unwrap();
        let is_new = !leads.contains_key(id);
        let own = leads.entry(id.to_owned()).or_default();
        own.extend(lead.as_object().unwrap().clone());
        own.insert("Id".into(), json!(format!("00Q-{id}")));
        if is_new {
            own.insert("IsConverted".into(), json!(false));
            for required in ["LastName", "Company"] {
                assert!(own.contains_key(required), "{required} is required");
            }
        }
        json!({"id": format!("00Q-{id}"), "success": true, "errors": [], "created": is_new})
    }

    /// The server's own reading of the two forms of query.
    fn rows(&self, query: &str) -> Vec<Value> {
        if let Some(rest) = query.strip_prefix("SELECT Id FROM User WHERE Email = '") {
            let email = rest.strip_suffix("' AND IsActive = true LIMIT 2").unwrap();
            return match email {
                "rep@yourcompany.com" => vec![json!({"Id": "005R"})],
                r"o\'brien@x.com" => vec![json!({"Id": "005O"})],
                "two@x.com" => vec![json!({"Id": "005A"}), json!({"Id": "005B"})],
                _ => Vec::new(),
            };
        }
        let (names, ids) = query
            .strip_prefix("SELECT ")
            .unwrap()
            .split_once(" FROM Lead WHERE Leadscore_Id__c IN (")
            .unwrap();
        let ids = ids.strip_suffix(')').unwrap().split(',').map(|id| id.trim_matches('\'').to_owned());
        let leads = self.leads.lock().unwrap();
        ids.filter_map(|id| {
            let lead = leads.get(&id)?;
            let row =
                names.split(',').map(|name| (name.to_owned(), lead.get(name).cloned().unwrap_or_default()));
            Some(Value::Object(row.collect()))
        })
        .collect()
    }
}

impl Respond for Org {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let current = format!("Bearer token-{}", self.tokens.load(Ordering::SeqCst));
        if request.headers.get("authorization").is_none_or(|own| own != current.as_str()) {
            return ResponseTemplate::new(401).set_body_json(
                json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]),
            );
        }
        let body = match request.url.path() {
            QUERY => {
                assert!(request.url.as_str().len() < 16_000, "the address is too long");
                let (_, query) = request.url.query_pairs().find(|(name, _)| name == "q").unwrap();
                let rows = self.rows(&query);
                json!({"totalSize": rows.len(), "done": true, "records": rows})
            }
            UPSERT => {
                let body: Value = request.body_json().unwrap();
                assert_eq!(body["allOrNone"], false);
                let records = body["records"].as_array().unwrap();
                assert!(records.len() <= 200, "a call has at most 200 records");
                let has_owner = records.iter().any(|record| record.get("OwnerId").is_some());
                assert_eq!(request.headers.contains_key("sforce-auto-assign"), has_owner);
                Value::Array(records.iter().map(|record| self.record(record)).collect())
            }
            other => panic!("{other}"),
        };
        ResponseTemplate::new(200).set_body_json(body)
    }
}

/// Gives a new token each time.
struct Tokens {
    org: Org,
    instance: String,
}

impl Respond for Tokens {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let number = self.org.tokens.fetch_add(1, Ordering::SeqCst) + 1;
        ResponseTemplate::new(200).set_body_json(json!({"access_token": format!("token-{number}"), "token_type": "Bearer",
            "instance_url": self.instance, "id": "https://login.salesforce.com/id/00D/005", "issued_at": "1742034600000"}))
    }
}

fn limits() -> HttpLimits {
    HttpLimits {
        first_wait: Duration::from_millis(1),
        max_wait: Duration::from_millis(20),
        ..HttpLimits::default()
    }
}

fn login() -> SalesforceLogin {
    SalesforceLogin::ClientCredentials { client_id: "3MVG9".into(), client_secret: "s3cret".into() }
}

fn salesforce(server: &MockServer) -> Salesforce {
    Salesforce::new(login(), &server.uri(), SalesforceApi::default(), limits()).unwrap()
}

async fn org() -> (MockServer, Org) {
    let (server, org) = (MockServer::start().await, Org::default());
    Mock::given(method("POST"))
        .and(path(TOKEN_PATH))
        .and(body_string_contains("grant_type=client_credentials&client_id=3MVG9&client_secret=s3cret"))
        .respond_with(Tokens { org: org.clone(), instance: server.uri() })
        .with_priority(2)
        .mount(&server)
        .await;
    Mock::given(path(QUERY))
        .and(method("GET"))
        .respond_with(org.clone())
        .with_priority(5)
        .mount(&server)
        .await;
    Mock::given(path(UPSERT))
        .and(method("PATCH"))
        .respond_with(org.clone())
        .with_priority(5)
        .mount(&server)
        .await;
    (server, org)
}

async fn count(server: &MockServer, end: &str) -> usize {
    server.received_requests().await.unwrap().iter().filter(|request| request.url.path() == end).count()
}

fn kind(report: &SyncReport, at: usize) -> RefusalKind {
    match &report.records[at].outcome {
        Outcome::Refused(refusal) => refusal.kind,
        other => panic!("{other:?}"),
    }
}

fn failure(outcome: &Outcome) -> FailureKind {
    match outcome {
        Outcome::Retry { failure, .. } => failure.kind,
        other => panic!("{other:?}"),
    }
}

fn records(count: usize) -> Vec<CrmRecord> {
    (0..count)
        .map(|at| CrmRecord::new(&format!("l-{at}"), &format!("a{at}@b.com")).score(at as f64))
        .collect()
}

#[tokio::test]
async fn a_second_run_writes_nothing() {
    let (server, org) = org().await;
    let salesforce = salesforce(&server);
    let mut john = CrmRecord::new("lead_8f3k2j1", " John@Acme.com ")
        .score(86.6)
        .tier("HOT")
        .owner("Rep@yourcompany.com");
    john.name = Some("John Smith".into());
    john.pipeline = Some("default".into());
    let records = [john.field("Title", "VP Sales"), CrmRecord::new("l-2", "zoe@acme.com")];
    let first = salesforce.sync(&records).await;
    assert_eq!(first.records[0].outcome, Outcome::Created { id: "00Q-lead_8f3k2j1".into() });
    assert_eq!(first.records[0].owner_id.as_deref(), Some("005R"));
    assert!(first.records[0].warnings[0].contains("no pipeline"), "{first:?}");
    assert_eq!(first.records[1].outcome, Outcome::Created { id: "00Q-l-2".into() });
    let leads = org.leads.lock().unwrap().clone();
    for (name, value) in [
        ("FirstName", json!("John")),
        ("LastName", json!("Smith")),
        ("Company", json!("[not provided]")),
        ("Email", json!("john@acme.com")),
        ("OwnerId", json!("005R")),
        ("Rating", json!("Hot")),
        ("Title", json!("VP Sales")),
        ("Leadscore_Score__c", json!(87)),
        ("Leadscore_Tier__c", json!("HOT")),
    ] {
        assert_eq!(leads["lead_8f3k2j1"][name], value, "{name}");
    }
    assert_eq!(leads["l-2"]["LastName"], "zoe");
    let writes = count(&server, UPSERT).await;
    let second = salesforce.sync(&records).await;
    assert_eq!(second.records[0].outcome, Outcome::Unchanged { id: "00Q-lead_8f3k2j1".into() });
    assert_eq!(second.records[1].outcome, Outcome::Unchanged { id: "00Q-l-2".into() });
    assert_eq!((count(&server, UPSERT).await, count(&server, TOKEN_PATH).await), (writes, 1));

    // A company that someone has filled in is not replaced by what stands for none.
    org.leads.lock().unwrap().get_mut("l-2").unwrap().insert("Company".into(), json!("Acme"));
    let third = salesforce.sync(&[CrmRecord::new("l-2", "zoe@acme.com").score(50.0)]).await;
    assert_eq!(third.records[0].outcome, Outcome::Updated { id: "00Q-l-2".into() });
    assert_eq!(org.leads.lock().unwrap()["l-2"]["Company"], "Acme");
}

#[tokio::test]
async fn many_records_go_in_calls_of_200_and_one_that_fails_is_named() {
    let (server, org) = org().await;
    org.locks.store(2, Ordering::SeqCst);
    let mut given = records(450);
    given[7].external_id = "bad".into();
    given[8].external_id = "locked".into();
    let report = salesforce(&server).sync(&given).await;
    assert_eq!(kind(&report, 7), RefusalKind::Crm);
    assert_eq!(report.records[8].outcome, Outcome::Created { id: "00Q-locked".into() });
    assert_eq!(report.unwritten().map(|record| record.external_id.as_str()).collect::<Vec<_>>(), ["bad"]);
    // Three calls, and two for the record that was locked.
    assert_eq!(count(&server, UPSERT).await, 5);
    assert!(format!("{:?}", report.records[7].outcome).contains("INVALID_EMAIL_ADDRESS"));
}

#[tokio::test]
async fn a_record_that_stays_locked_is_to_be_tried_later() {
    let (server, org) = org().await;
    org.locks.store(100, Ordering::SeqCst);
    let report = salesforce(&server)
        .sync(&[CrmRecord::new("locked", "a@b.com"), CrmRecord::new("l-1", "c@b.com")])
        .await;
    assert_eq!(failure(&report.records[0].outcome), FailureKind::Locked);
    assert!(report.records[1].outcome.is_written());
    assert_eq!(count(&server, UPSERT).await, 4);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_and_the_rest_goes_on() {
    use RefusalKind::{Converted, Duplicate, ExternalId, Field, Owner};
    let (server, org) = org().await;
    let converted =
        json!({"Id": "00Q1", "Leadscore_Id__c": "l-5", "IsConverted": true, "ConvertedContactId": "003C"});
    org.leads.lock().unwrap().insert("l-5".into(), converted.as_object().unwrap().clone());
    let mut nameless = CrmRecord::new("l-6", "");
    nameless.email = None;
    let given = [
        CrmRecord::new("l-0", "a@b.com").owner("o'brien@x.com"),
        CrmRecord::new("L-0", "b@b.com"),
        CrmRecord::new("l-2", "c@b.com").owner("nobody@x.com"),
        CrmRecord::new("l-3", "d@b.com").owner("two@x.com"),
        CrmRecord::new("l-4", "e@b.com").field("rating__c", 1).field("email", "x@y.com"),
        CrmRecord::new("l-5", "f@b.com"),
        nameless,
        CrmRecord::new("", "g@b.com"),
    ];
    let report = salesforce(&server).sync(&given).await;
    assert_eq!(report.records[0].owner_id.as_deref(), Some("005O"));
    assert!(report.records[0].outcome.is_written());
    let expected = [Duplicate, Owner, Owner, Field, Converted, Field, ExternalId];
    for (at, expected) in expected.into_iter().enumerate() {
        assert_eq!(kind(&report, at + 1), expected, "{}", at + 1);
    }
}

#[tokio::test]
async fn a_token_that_expires_is_renewed_once() {
    let (server, org) = org().await;
    let salesforce = salesforce(&server);
    assert_eq!(salesforce.sync(&records(1)).await.unwritten().count(), 0);
    // Salesforce ends the session.
    org.tokens.fetch_add(1, Ordering::SeqCst);
    let report = salesforce.sync(&records(2)).await;
    assert_eq!(report.unwritten().count(), 0, "{report:?}");
    assert_eq!(count(&server, TOKEN_PATH).await, 2);

    // One that is never accepted is fetched once more and no more.
    let refused = ResponseTemplate::new(401)
        .set_body_json(json!([{"message": "m", "errorCode": "INVALID_SESSION_ID"}]));
    Mock::given(path(QUERY)).respond_with(refused).with_priority(1).mount(&server).await;
    let report = salesforce.sync(&records(250)).await;
    assert_eq!((kind(&report, 0), kind(&report, 249)), (RefusalKind::Credentials, RefusalKind::Credentials));
    assert_eq!(count(&server, TOKEN_PATH).await, 3);
}

#[tokio::test]
async fn a_login_that_fails_is_said_without_its_secret() {
    let server = MockServer::start().await;
    let answer = json!({"error": "invalid_client", "error_description": "invalid client credentials s3cret"});
    Mock::given(path(TOKEN_PATH))
        .respond_with(ResponseTemplate::new(400).set_body_json(answer))
        .expect(1..)
        .mount(&server)
        .await;
    let report = salesforce(&server).sync(&records(1)).await;
    assert_eq!(kind(&report, 0), RefusalKind::Credentials);
    let shown = format!("{report:?} {:?} {:?}", salesforce(&server), login());
    assert!(shown.contains("invalid_client") && !shown.contains("s3cret"), "{shown}");
}

#[tokio::test]
async fn a_token_is_not_sent_to_a_host_that_is_not_salesforce() {
    let (server, elsewhere) = (MockServer::start().await, MockServer::start().await);
    let tokens = Tokens { org: Org::default(), instance: elsewhere.uri() };
    Mock::given(path(TOKEN_PATH)).respond_with(tokens).mount(&server).await;
    let report = salesforce(&server).sync(&records(1)).await;
    assert_eq!(kind(&report, 0), RefusalKind::Credentials);
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_refresh_token_is_a_login_too() {
    let (server, org) = org().await;
    Mock::given(path(TOKEN_PATH))
        .and(body_string_contains("grant_type=refresh_token&client_id=3MVG9&refresh_token=5Aep%2Bx"))
        .respond_with(Tokens { org, instance: server.uri() })
        .with_priority(1)
        .expect(1)
        .mount(&server)
        .await;
    let login = SalesforceLogin::RefreshToken {
        client_id: "3MVG9".into(),
        client_secret: None,
        refresh_token: "5Aep+x".into(),
    };
    let salesforce = Salesforce::new(login, &server.uri(), SalesforceApi::default(), limits()).unwrap();
    assert_eq!(salesforce.sync(&records(1)).await.unwritten().count(), 0);
}

#[tokio::test]
async fn limits_and_answers_that_are_none_are_said() {
    let limit = json!([{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]);
    for (at, answer, expected, tries) in [
        (QUERY, ResponseTemplate::new(403).set_body_json(&limit), FailureKind::DailyLimit, 1),
        (UPSERT, ResponseTemplate::new(403).set_body_json(&limit), FailureKind::DailyLimit, 1),
        (QUERY, ResponseTemplate::new(503).set_body_string("<html>"), FailureKind::Unavailable, 4),
        (QUERY, ResponseTemplate::new(200).set_body_string("<html>"), FailureKind::BadAnswer, 2),
        (UPSERT, ResponseTemplate::new(200).set_body_json(json!([])), FailureKind::BadAnswer, 2),
        (UPSERT, ResponseTemplate::new(200).set_body_json(json!({"x": 1})), FailureKind::BadAnswer, 2),
    ] {
        let (server, _) = org().await;
        Mock::given(path(at)).respond_with(answer).with_priority(1).mount(&server).await;
        let report = salesforce(&server).sync(&records(250)).await;
        assert_eq!(
            (failure(&report.records[0].outcome), failure(&report.records[249].outcome)),
            (expected, expected)
        );
        let per_batch = if at == QUERY { count(&server, QUERY).await } else { count(&server, UPSERT).await };
        assert_eq!(per_batch, tries, "{at} {expected:?}");
    }
}
