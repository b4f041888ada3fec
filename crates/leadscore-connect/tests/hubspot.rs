//! HubSpot, against a server that keeps what it is given and answers as the documentation says.

#![cfg(feature = "hubspot")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use leadscore_connect::crm::{CrmRecord, FailureKind, HttpLimits, Outcome, RefusalKind, SyncReport};
use leadscore_connect::hubspot::{HubSpot, HubSpotPaths, PropertyState};
use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const TOKEN: &str = "pat-na1-secret";

/// Objects by the value of their key property.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<BTreeMap<String, BTreeMap<String, String>>>>);

/// Answers the batch calls of one kind of object.
struct Objects {
    store: Store,
    key: &'static str,
    /// The key of an input that is not accepted, and whether all its batch is refused for it.
    bad: Option<(&'static str, bool)>,
}

impl Respond for Objects {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = request.body_json().unwrap();
        let inputs = body["inputs"].as_array().unwrap();
        assert!(inputs.len() <= 100, "a batch has at most 100 inputs");
        let mut store = self.store.0.lock().unwrap();
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        let object = |key: &str, properties: &BTreeMap<String, String>, extra: Value| {
            let mut object = json!({
                "id": format!("id-{key}"), "properties": properties, "archived": false,
                "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z",
            });
            object.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            object
        };
        if request.url.path().ends_with("/read") {
            assert_eq!(body["idProperty"], self.key);
            let mut missing = Vec::new();
            for input in inputs {
                let key = input["id"].as_str().unwrap();
                match store.get(key) {
                    Some(properties) => results.push(object(key, properties, json!({}))),
                    None => missing.push(key),
                }
            }
            if !missing.is_empty() {
                errors.push(json!({"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some objects",
                    "context": {"ids": missing}, "errors": [], "links": {}}));
            }
            results.reverse();
        } else {
            let has_bad = |bad: &str| inputs.iter().any(|input| input.to_string().contains(bad));
            if self.bad.is_some_and(|(bad, is_of_all)| is_of_all && has_bad(bad)) {
                return ResponseTemplate::new(400)
                    .set_body_json(json!({"status": "error", "category": "VALIDATION_ERROR",
                    "message": "Property values were not valid", "correlationId": "c"}));
            }
            for input in inputs {
                let given = input["properties"].as_object().unwrap();
                let key = input["id"].as_str().or_else(|| given.get(self.key)?.as_str()).unwrap();
                if self.bad.is_some_and(|(bad, _)| bad == key) {
                    errors.push(json!({"status": "error", "category": "VALIDATION_ERROR", "message": "Email is invalid",
                        "context": {"objectWriteTraceId": [input["objectWriteTraceId"]]}, "errors": [], "links": {}}));
                    continue;
                }
                let is_new = !store.contains_key(key);
                let properties = store.entry(key.to_owned()).or_default();
                properties.insert(self.key.to_owned(), key.to_owned());
                properties.extend(given.iter().map(|(name, value)| {
                    (name.clone(), value.as_str().expect("every value is a text").to_owned())
                }));
                let extra = json!({"new": is_new, "objectWriteTraceId": input["objectWriteTraceId"]});
                results.push(object(key, properties, extra));
            }
            results.reverse();
        }
        let status = if errors.is_empty() { 200 } else { 207 };
        ResponseTemplate::new(status).set_body_json(json!({"status": "COMPLETE", "results": results, "errors": errors,
            "numErrors": errors.len(), "startedAt": "2026-01-01T00:00:00Z", "completedAt": "2026-01-01T00:00:00Z"}))
    }
}

fn limits() -> HttpLimits {
    HttpLimits {
        first_wait: Duration::from_millis(1),
        max_wait: Duration::from_millis(50),
        total: Duration::from_secs(2),
        max_answer: 1 << 20,
        ..HttpLimits::default()
    }
}

fn hubspot(server: &MockServer) -> HubSpot {
    HubSpot::new(TOKEN.into(), &server.uri(), HubSpotPaths::default(), limits()).unwrap()
}

async fn account(bad: Option<(&'static str, bool)>) -> (MockServer, Store, Store) {
    let server = MockServer::start().await;
    let (contacts, deals) = (Store::default(), Store::default());
    for (object, store, key, bad, actions) in [
        ("contacts", &contacts, "email", bad, ["read", "upsert"]),
        ("deals", &deals, "leadscore_lead_id", None, ["read", "create"]),
    ] {
        for action in actions {
            Mock::given(method("POST"))
                .and(path(format!("/crm/v3/objects/{object}/batch/{action}")))
                .and(header("authorization", format!("Bearer {TOKEN}")))
                .respond_with(Objects { store: store.clone(), key, bad })
                .mount(&server)
                .await;
        }
    }
    Mock::given(method("GET"))
        .and(path("/crm/v3/owners/"))
        .and(query_param("email", "rep@yourcompany.com"))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({"results": [{"id": "4242", "email": "Rep@yourcompany.com",
            "type": "PERSON", "archived": false}]})),
        )
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/crm/v3/owners/"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"results": []})))
        .with_priority(9)
        .mount(&server)
        .await;
    let stage = |id: &str, order: i64| json!({"id": id, "label": id, "displayOrder": order, "archived": false, "metadata": {}});
    Mock::given(method("GET"))
        .and(path("/crm/v3/pipelines/deals"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"results": [{"id": "default", "label": "Sales",
            "displayOrder": 0, "archived": false, "stages": [stage("qualifiedtobuy", 1), stage("appointmentscheduled", 0)]}]})))
        .mount(&server)
        .await;
    (server, contacts, deals)
}

async fn calls(server: &MockServer, end: &str) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    let own = requests.iter().filter(|request| request.url.path().ends_with(end));
    own.map(|request| request.body_json().unwrap_or(Value::Null)).collect()
}

fn kind(report: &SyncReport, at: usize) -> RefusalKind {
    match &report.records[at].outcome {
        Outcome::Refused(refusal) => refusal.kind,
        other => panic!("{other:?}"),
    }
}

fn failure(outcome: &Outcome) -> (FailureKind, Option<Duration>) {
    match outcome {
        Outcome::Retry { after, failure } => (failure.kind, *after),
        other => panic!("{other:?}"),
    }
}

fn john() -> CrmRecord {
    let mut record = CrmRecord::new("lead_8f3k2j1", " John@Acme.com ")
        .score(87.0)
        .tier("HOT")
        .owner("REP@yourcompany.com");
    record.pipeline = Some("default".into());
    record.name = Some("John Smith".into());
    record.company = Some("Acme".into());
    record.field("jobtitle", "VP Sales")
}

#[tokio::test]
async fn a_second_run_writes_nothing_and_opens_no_second_deal() {
    let (server, contacts, deals) = account(None).await;
    let hubspot = hubspot(&server);
    let records = [john(), CrmRecord::new("l-2", "zoë@acme.com").score(12.5).tier("COLD")];
    let first = hubspot.sync(&records).await;
    assert_eq!(first.records[0].outcome, Outcome::Created { id: "id-john@acme.com".into() });
    assert_eq!(first.records[0].deal, Some(Outcome::Created { id: "id-lead_8f3k2j1".into() }));
    assert_eq!(first.records[0].owner_id.as_deref(), Some("4242"));
    assert_eq!(first.records[1].outcome, Outcome::Created { id: "id-zoë@acme.com".into() });
    assert_eq!(first.unwritten().count(), 0);
    {
        let contacts = contacts.0.lock().unwrap();
        let john = &contacts["john@acme.com"];
        for (name, value) in [
            ("firstname", "John"),
            ("lastname", "Smith"),
            ("company", "Acme"),
            ("jobtitle", "VP Sales"),
            ("leadscore_score", "87"),
            ("leadscore_tier", "HOT"),
            ("leadscore_lead_id", "lead_8f3k2j1"),
            ("hubspot_owner_id", "4242"),
            ("lifecyclestage", "salesqualifiedlead"),
        ] {
            assert_eq!(john[name], value, "{name}");
        }
        let deals = deals.0.lock().unwrap();
        assert_eq!(deals["lead_8f3k2j1"]["dealstage"], "appointmentscheduled");
        assert_eq!(deals["lead_8f3k2j1"]["pipeline"], "default");
    }
    let created = calls(&server, "/deals/batch/create").await;
    assert_eq!(
        created[0]["inputs"][0]["associations"],
        json!([{"to": {"id": "id-john@acme.com"},
        "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 3}]}])
    );

    let second = hubspot.sync(&records).await;
    assert_eq!(second.records[0].outcome, Outcome::Unchanged { id: "id-john@acme.com".into() });
    assert_eq!(second.records[0].deal, Some(Outcome::Unchanged { id: "id-lead_8f3k2j1".into() }));
    assert_eq!(calls(&server, "/contacts/batch/upsert").await.len(), 1);
    assert_eq!(calls(&server, "/deals/batch/create").await.len(), 1);

    // A new score changes the contact, and its life cycle stage is left alone.
    let third = hubspot.sync(&[john().score(20.0).tier("COLD")]).await;
    assert_eq!(third.records[0].outcome, Outcome::Updated { id: "id-john@acme.com".into() });
    let john = contacts.0.lock().unwrap()["john@acme.com"].clone();
    assert_eq!(
        (john["leadscore_score"].as_str(), john["lifecyclestage"].as_str()),
        ("20", "salesqualifiedlead")
    );
}

#[tokio::test]
async fn a_contact_is_known_by_its_second_address() {
    let (server, contacts, _) = account(None).await;
    let record = CrmRecord::new("l-1", "old@acme.com").score(1.0);
    let _ = hubspot(&server).sync(std::slice::from_ref(&record)).await;
    {
        let mut store = contacts.0.lock().unwrap();
        let own = store.get_mut("old@acme.com").unwrap();
        own.insert("email".into(), "new@acme.com".into());
        own.insert("hs_additional_emails".into(), "x@y.com;Old@acme.com".into());
    }
    let report = hubspot(&server).sync(&[record]).await;
    assert_eq!(report.records[0].outcome, Outcome::Unchanged { id: "id-old@acme.com".into() });
}

#[tokio::test]
async fn one_bad_record_of_a_batch_is_named_and_the_others_are_written() {
    for whole_batch in [false, true] {
        let (server, contacts, _) = account(Some(("bad@acme.com", whole_batch))).await;
        let records: Vec<CrmRecord> = (0..130)
            .map(|at| {
                CrmRecord::new(
                    &format!("l-{at}"),
                    &if at == 37 { "bad@acme.com".into() } else { format!("a{at}@b.com") },
                )
            })
            .collect();
        let report = hubspot(&server).sync(&records).await;
        assert_eq!(report.records.len(), 130);
        for (at, record) in report.records.iter().enumerate() {
            if at == 37 {
                assert_eq!(kind(&report, at), RefusalKind::Crm, "{record:?}");
            } else {
                assert_eq!(record.outcome, Outcome::Created { id: format!("id-a{at}@b.com") }, "{at}");
            }
        }
        assert_eq!(contacts.0.lock().unwrap().len(), 129);
        assert_eq!(
            report.unwritten().map(|record| record.external_id.as_str()).collect::<Vec<_>>(),
            ["l-37"]
        );
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_any_call_and_the_rest_goes_on() {
    use RefusalKind::{Duplicate, Email, Field, Owner, Pipeline};
    let (server, contacts, _) = account(None).await;
    let mut no_email = CrmRecord::new("l-1", "");
    no_email.email = None;
    let mut no_pipeline = CrmRecord::new("l-6", "f@b.com");
    no_pipeline.pipeline = Some("other".into());
    let records = [
        CrmRecord::new("l-0", "a@b.com"),
        no_email,
        CrmRecord::new("l-2", "no address"),
        CrmRecord::new("l-3", "A@B.com "),
        CrmRecord::new("l-4", "d@b.com").owner("nobody@b.com"),
        CrmRecord::new("l-5", "e@b.com").field("leadscore_lead_id", "x"),
        no_pipeline,
    ];
    let report = hubspot(&server).sync(&records).await;
    assert!(report.records[0].outcome.is_written());
    for (at, expected) in [(1, Email), (2, Email), (3, Duplicate), (4, Owner), (5, Field), (6, Pipeline)] {
        assert_eq!(kind(&report, at), expected, "{at}");
    }
    assert_eq!(contacts.0.lock().unwrap().len(), 1);
}

async fn answering(answer: ResponseTemplate) -> (MockServer, SyncReport) {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    let records: Vec<CrmRecord> =
        (0..150).map(|at| CrmRecord::new(&format!("l-{at}"), &format!("a{at}@b.com"))).collect();
    let report = hubspot(&server).sync(&records).await;
    assert_eq!(report.unwritten().count(), 150);
    (server, report)
}

#[tokio::test]
async fn limits_are_kept_and_told() {
    let limit = |policy: &str| {
        json!({"status": "error", "message": format!("You have reached your {} limit.", policy.to_lowercase()),
            "errorType": "RATE_LIMIT", "correlationId": "c", "policyName": policy})
    };
    // The limit of ten seconds is longer than this client waits: it says so and makes no further call.
    let (server, report) =
        answering(ResponseTemplate::new(429).set_body_json(limit("TEN_SECONDLY_ROLLING"))).await;
    for record in [0, 149] {
        let expected = (FailureKind::RateLimited, Some(Duration::from_secs(10)));
        assert_eq!(failure(&report.records[record].outcome), expected);
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    let (server, report) = answering(ResponseTemplate::new(429).set_body_json(limit("DAILY"))).await;
    assert_eq!(failure(&report.records[0].outcome), (FailureKind::DailyLimit, None));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    let later = ResponseTemplate::new(429).insert_header("retry-after", "7").set_body_json(limit("SECONDLY"));
    let (_, report) = answering(later).await;
    assert_eq!(failure(&report.records[0].outcome), (FailureKind::RateLimited, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn a_short_wait_is_waited() {
    let (server, _, _) = account(None).await;
    let busy =
        ResponseTemplate::new(429).insert_header("retry-after", "0").set_body_json(json!({"message": "m"}));
    Mock::given(method("POST")).respond_with(busy).up_to_n_times(2).with_priority(1).mount(&server).await;
    let report = hubspot(&server).sync(&[CrmRecord::new("l-1", "a@b.com")]).await;
    assert!(report.records[0].outcome.is_written(), "{report:?}");
    assert_eq!(server.received_requests().await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_stops_all_and_is_never_shown() {
    let body = json!({"status": "error", "category": "EXPIRED_AUTHENTICATION", "correlationId": "c",
        "message": format!("{}The token {TOKEN} expired", "x".repeat(277))});
    let (server, report) = answering(ResponseTemplate::new(401).set_body_json(body)).await;
    assert_eq!(kind(&report, 0), RefusalKind::Credentials);
    assert_eq!(kind(&report, 149), RefusalKind::Credentials);
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    // Cut at 300 characters, which lies within the token.
    let shown = format!("{report:?} {:?}", hubspot(&server));
    assert!(shown.contains("The token [") && !shown.contains("pat-na1"), "{shown}");
}

#[tokio::test]
async fn answers_that_are_none_are_said() {
    for body in ["", "<html>", "[]", "{}", r#"{"results": 1}"#] {
        let (_, report) = answering(ResponseTemplate::new(200).set_body_string(body)).await;
        assert_eq!(failure(&report.records[0].outcome).0, FailureKind::BadAnswer, "{body}");
    }
    let (_, report) = answering(ResponseTemplate::new(200).set_body_bytes(vec![b' '; (1 << 20) + 1])).await;
    assert_eq!(failure(&report.records[0].outcome).0, FailureKind::BadAnswer);
    assert!(format!("{:?}", report.records[0].outcome).contains("more than 1048576 bytes"));
    // Nothing is there, and the answer to the write names no record.
    let (_, report) =
        answering(ResponseTemplate::new(200).set_body_json(json!({"status": "COMPLETE", "results": []})))
            .await;
    assert_eq!(failure(&report.records[149].outcome).0, FailureKind::BadAnswer);
    let (_, report) =
        answering(ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:9/")).await;
    assert_eq!(failure(&report.records[0].outcome).0, FailureKind::BadAnswer);
    let (server, report) = answering(ResponseTemplate::new(503)).await;
    assert_eq!(failure(&report.records[0].outcome).0, FailureKind::Unavailable);
    assert_eq!(server.received_requests().await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_property_that_does_not_exist_is_said_at_once() {
    let (server, _, _) = account(None).await;
    Mock::given(method("POST"))
        .and(path("/crm/v3/objects/contacts/batch/upsert"))
        .respond_with(ResponseTemplate::new(400).set_body_json(json!({"status": "error", "category": "VALIDATION_ERROR",
            "message": "Property \"leadscore_score\" does not exist", "errors": [{"message": "m", "code": "PROPERTY_DOESNT_EXIST"}]})))
        .with_priority(1)
        .expect(1)
        .mount(&server)
        .await;
    let report =
        hubspot(&server).sync(&[CrmRecord::new("l-1", "a@b.com"), CrmRecord::new("l-2", "c@b.com")]).await;
    assert_eq!((kind(&report, 0), kind(&report, 1)), (RefusalKind::Crm, RefusalKind::Crm));
}

#[tokio::test]
async fn properties_are_made_where_they_are_missing() {
    let server = MockServer::start().await;
    let property = |kind: &str, unique: bool| json!({"name": "n", "label": "l", "type": kind, "fieldType": "text", "hasUniqueValue": unique});
    for (object, name, answer) in [
        ("contacts", "leadscore_tier", property("enumeration", false)),
        ("contacts", "leadscore_score", property("string", false)),
        ("deals", "leadscore_lead_id", property("string", false)),
    ] {
        Mock::given(method("GET"))
            .and(path(format!("/crm/v3/properties/{object}/{name}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(&server)
            .await;
    }
    Mock::given(method("POST"))
        .and(path("/crm/v3/properties/contacts"))
        .and(body_partial_json(json!({"groupName": "contactinformation"})))
        .respond_with(ResponseTemplate::new(201).set_body_json(property("string", false)))
        .expect(3)
        .mount(&server)
        .await;
    let checks = hubspot(&server).ensure_properties().await.unwrap();
    let state = |object: &str, name: &str| {
        checks.iter().find(|check| check.object == object && check.name == name).unwrap().state.clone()
    };
    assert_eq!(state("contacts", "leadscore_lead_id"), PropertyState::Created);
    assert_eq!(state("contacts", "leadscore_tier"), PropertyState::Present);
    assert!(matches!(state("contacts", "leadscore_score"), PropertyState::Unsuitable { .. }));
    assert!(matches!(state("deals", "leadscore_lead_id"), PropertyState::Unsuitable { .. }));
}
