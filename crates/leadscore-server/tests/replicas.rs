//! Two servers on one PostgreSQL: what is counted or known once is so for both.

#[path = "support/language_model.rs"]
mod language_model;
#[path = "support/postgres.rs"]
mod postgres;
mod support;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use language_model::{model, settings};
use leadscore::Timestamp;
use leadscore_server::auth::{ApiKey, Plan, Scopes};
use leadscore_server::store::{Contact, NewKey, NewLead, Store};
use postgres::Postgres;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use support::{KEY, Running, json, token};

const SECRET_KEY: &str = "a key of tests that is long enough for it";
/// How long a revoked key may open something, after docs/server.md.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);

struct Pair {
    one: Running,
    two: Running,
    store: Store,
    _postgres: Postgres,
}

async fn pair(more: &[(&str, &str)]) -> Option<Pair> {
    let postgres = Postgres::start()?;
    let url = postgres.url();
    let settings = [&[("DATABASE_URL", url.as_str()), ("SECRET_KEY", SECRET_KEY)], more].concat();
    // Both at once: one makes the tables.
    let (one, two) = tokio::join!(Running::start(&settings), Running::start(&settings));
    let store = Store::open_postgres(&url).await.unwrap();
    Some(Pair { one, two, store, _postgres: postgres })
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    Timestamp::from_millis(i64::try_from(since).unwrap()).unwrap()
}

/// Asks the language model about so many leads of a tenant.
async fn bulk(server: &Running, tenant: &str, limit: u32) -> (u16, Option<u64>, Value) {
    let body = json!({"limit": limit, "forceRefresh": true});
    let request = server.post("/api/lead-scoring/1/ml/bulk-predict", &body).bearer_auth(token(tenant, None));
    let response = request.send().await.unwrap();
    let wait = response.headers().get("retry-after").map(|value| value.to_str().unwrap().parse().unwrap());
    (response.status().as_u16(), wait, response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_share_one_database() {
    let Some(postgres) = Postgres::start() else { return };
    let one = Running::start(&[("DATABASE_URL", &postgres.url()), ("SECRET_KEY", SECRET_KEY)]).await;
    let two = Running::start(&[("DATABASE_URL", &postgres.url()), ("SECRET_KEY", SECRET_KEY)]).await;
    let lead = json!({"name": "Ann", "email": "ann@acme.example", "role": "CEO", "page_views": 30});
    let ((first, own), (second, other)) = tokio::join!(
        json(one.post("/api/v1/score-lead", &lead)),
        json(two.post("/api/v1/score-lead", &lead))
    );
    assert_eq!((first, second), (200, 200), "{own} {other}");
    assert_eq!(own["lead_id"], other["lead_id"]);
    for server in [&one, &two] {
        let (_, page) = json(server.get("/api/v1/leads")).await;
        assert_eq!(page["pagination"]["total_leads"], 1, "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_is_one_for_both() {
    let model = model().await;
    let base = format!("{}/v1", model.uri());
    let Some(Pair { one, two, store, _postgres }) = pair(&settings(&base)).await else { return };
    for tenant in ["acme", "bolt"] {
        let lead = |at| NewLead {
            contact: Contact { email: Some(format!("l{at}@{tenant}.example")), ..Contact::default() },
            ..NewLead::default()
        };
        store.save_leads(tenant, &(0..60).map(lead).collect::<Vec<_>>(), now()).await.unwrap();
    }
    // 100 predictions a minute.
    let (status, _, own) = bulk(&one, "acme", 60).await;
    assert_eq!((status, &own["successful"]), (200, &json!(60)), "{own}");
    let asked = async || model.received_requests().await.unwrap().len();
    let before = asked().await;
    let (status, wait, own) = bulk(&two, "acme", 41).await;
    assert_eq!((status, &own["code"]), (429, &json!("RATE_LIMITED")), "{own}");
    assert!((1..=60).contains(&wait.unwrap()), "{wait:?}");
    assert_eq!(asked().await, before, "what is refused is not asked for");
    assert_eq!(bulk(&two, "acme", 40).await.0, 200);
    let before = asked().await;
    for server in [&one, &two] {
        assert_eq!(bulk(server, "acme", 1).await.0, 429);
    }
    assert_eq!(asked().await, before);
    // Another tenant has its own; of two bulks of 60 at once it has room for one.
    let (first, second) = tokio::join!(bulk(&one, "bolt", 60), bulk(&two, "bolt", 60));
    let mut statuses = [first.0, second.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 429], "{first:?} {second:?}");
}

async fn keyed(server: &Running, key: &str, body: &Value) -> (u16, bool, Value) {
    let request = server.post("/api/v1/leads", body).header("x-api-key", KEY).header("idempotency-key", key);
    let response = request.send().await.unwrap();
    let is_replay = response.headers().contains_key("idempotent-replay");
    (response.status().as_u16(), is_replay, response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_is_known_to_both() {
    let Some(Pair { one, two, store, _postgres }) = pair(&[("API_KEY", KEY)]).await else { return };
    // A lead without a name is a new one each time, so that one too many would be seen.
    let body = json!({"attributes": {"company": "Acme"}});
    let (status, is_replay, own) = keyed(&one, "first", &body).await;
    assert_eq!((status, is_replay), (201, false), "{own}");
    for server in [&two, &one] {
        assert_eq!(keyed(server, "first", &body).await, (201, true, own.clone()));
        let (status, _, fault) = keyed(server, "first", &json!({"attributes": {"company": "Bolt"}})).await;
        assert_eq!((status, &fault["error"]["code"]), (409, &json!("CONFLICT")), "{fault}");
    }
    for round in 0..20 {
        let key = format!("at once {round}");
        let (first, second) = tokio::join!(keyed(&one, &key, &body), keyed(&two, &key, &body));
        let answers: Vec<&(u16, bool, Value)> =
            [&first, &second].into_iter().filter(|own| own.0 == 201).collect();
        let is_refused = |own: &(u16, bool, Value)| own.0 == 409 && own.2["error"]["code"] == "CONFLICT";
        match answers[..] {
            [answer] => {
                assert!(!answer.1 && (is_refused(&first) || is_refused(&second)), "{first:?} {second:?}");
            }
            [one, other] => assert!(one.2 == other.2 && one.1 != other.1, "{one:?} {other:?}"),
            _ => panic!("{first:?} {second:?}"),
        }
        // Afterwards both know it.
        assert_eq!(keyed(&one, &key, &body).await, keyed(&two, &key, &body).await);
    }
    let leads = store.leads_after("default", 0, 100).await.unwrap();
    assert_eq!(leads.len(), 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_opens_neither() {
    let Some(Pair { one, two, store, _postgres }) = pair(&[]).await else { return };
    let mut keys = Vec::new();
    for name in ["goes", "stays"] {
        let (secret, hash) = ApiKey::generate().unwrap();
        let new = NewKey { name, tenant: "acme", plan: Plan::Pro, scopes: Scopes::USUAL, families: None };
        let id = store.save_key(&new, &hash, now()).await.unwrap();
        keys.push((secret.expose_secret().to_owned(), id));
    }
    let [(goes, id), (stays, _)] = keys.try_into().unwrap();
    let status = async |server: &Running, key: &str| {
        server.get("/api/v1/leads").header("x-api-key", key).send().await.unwrap().status().as_u16()
    };
    for server in [&one, &two] {
        assert_eq!((status(server, &goes).await, status(server, &stays).await), (200, 200));
    }
    // What `leadscore keys revoke` does, on whichever machine it runs.
    assert!(store.revoke_key(&id, now()).await.unwrap());
    let began = Instant::now();
    for server in [&one, &two] {
        while status(server, &goes).await != 401 {
            // Whoever keeps asking does not keep the key alive.
            assert!(began.elapsed() < REVOKED_WITHIN + Duration::from_secs(1), "a revoked key still opens");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    for server in [&one, &two] {
        assert_eq!((status(server, &goes).await, status(server, &stays).await), (401, 200));
    }
}
