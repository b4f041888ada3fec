//! Leads, tokens and requests of tests.

use std::time::{SystemTime, UNIX_EPOCH};

use leadscore::Timestamp;
use leadscore_server::auth::{KeyHash, Plan, Scope, Scopes};
use leadscore_server::store::{Attributes, Contact, NewActivity, NewKey, Store};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Running, json, token};

pub(crate) const BASE: &str = "/api/lead-scoring";
pub(crate) const DAY: i64 = 86_400_000;

pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Sends with a token of a tenant.
pub(crate) fn of(tenant: &str, request: RequestBuilder) -> RequestBuilder {
    request.bearer_auth(token(tenant, None))
}

pub(crate) async fn get(server: &Running, tenant: &str, path: &str) -> (u16, Value) {
    json(of(tenant, server.get(&format!("{BASE}{path}")))).await
}

pub(crate) async fn post(server: &Running, tenant: &str, path: &str, body: Value) -> (u16, Value) {
    json(of(tenant, server.post(&format!("{BASE}{path}"), &body))).await
}

/// Keeps a lead with activities, each so many hours ago; gives its number.
pub(crate) async fn add_lead(
    store: &Store,
    tenant: &str,
    email: &str,
    known: Value,
    done: &[(&str, i64)],
) -> i64 {
    let Value::Object(known) = known else { panic!("{known}") };
    let contact = Contact { email: Some(email.to_owned()), ..Contact::default() };
    let time = |millis| Timestamp::from_millis(millis).unwrap();
    let saved = store.save_lead(tenant, &contact, &known, time(now() - DAY / 2)).await.unwrap();
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
    if !activities.is_empty() {
        store.append_activities(tenant, saved.lead.number, &activities).await.unwrap();
    }
    saved.lead.number
}

/// A key that may change configurations.
pub(crate) async fn admin_key(store: &Store, tenant: &str) -> String {
    let key = "ls_a-key-of-tests-that-may-do-all-there-is";
    let scopes = Scope::ALL.into_iter().collect::<Scopes>();
    let new = NewKey { name: "tests", tenant, plan: Plan::Pro, scopes, families: None };
    store.save_key(&new, &KeyHash::compute(key), Timestamp::from_millis(now()).unwrap()).await.unwrap();
    key.to_owned()
}

pub(crate) struct Leads {
    pub(crate) folder: TempDir,
    pub(crate) john: i64,
    pub(crate) mary: i64,
    pub(crate) silent: i64,
}

/// Three leads of `acme`: one that reacts, one that does little, one of whom only the address is known.
pub(crate) async fn leads() -> Leads {
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
