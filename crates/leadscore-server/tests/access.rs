//! Who may call which route: every operation of the documentation, by credential, scope and tenant.

mod support;

use leadscore::Timestamp;
use leadscore_server::auth::{ApiKey, Plan, Scope, Scopes};
use leadscore_server::store::{NewKey, Store};
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use support::{KEY, Running, json};

/// Paths that are open to all.
const PUBLIC: [&str; 9] = [
    "/",
    "/health",
    "/health/ready",
    "/health/live",
    "/status",
    "/resources",
    "/metrics",
    "/openapi.json",
    "/api/v1/version",
];

struct Operation {
    method: Method,
    path: String,
    family: String,
    is_public: bool,
}

/// Routes of the platforms: a signature or a word of theirs is the credential.
const SIGNED: &[&str] = &["/api/v1/webhook/whatsapp", "/api/v1/webhook/instagram"];

/// A path with something in its parts.
fn filled(path: &str) -> String {
    let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        None => part.to_owned(),
        Some("name") => "heat".to_owned(),
        Some(name @ ("token" | "file")) => name.to_owned(),
        Some(_) => "1".to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn operations(server: &Running) -> Vec<Operation> {
    let (_, document) = json(server.get("/openapi.json")).await;
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: filled(path),
                family: operation["tags"][0].as_str().unwrap().to_owned(),
                is_public: operation["security"].is_null(),
            });
        }
    }
    all
}

fn request(server: &Running, operation: &Operation) -> RequestBuilder {
    let request =
        server.client.request(operation.method.clone(), format!("{}{}", server.base, operation.path));
    match operation.method {
        Method::GET | Method::DELETE => request,
        _ => request.header("content-type", "application/json").body("{}"),
    }
}

/// A key of a tenant with some scopes, as the command line makes it.
async fn key(store: &Store, tenant: &str, scopes: Scopes, families: Option<&[String]>) -> String {
    let (secret, hash) = ApiKey::generate().unwrap();
    let new = NewKey { name: "test", tenant, plan: Plan::Pro, scopes, families };
    store.save_key(&new, &hash, Timestamp::from_millis(0).unwrap()).await.unwrap();
    secret.expose_secret().to_owned()
}

/// A request with a key where the family of the operation takes it.
fn with_key(request: RequestBuilder, operation: &Operation, key: &str) -> RequestBuilder {
    match operation.family.as_str() {
        "qualify" => request.bearer_auth(key),
        _ => request.header("x-api-key", key),
    }
}

#[tokio::test]
async fn without_a_credential_only_public_routes_answer() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    for operation in operations(&server).await {
        let name = format!("{} {}", operation.method, operation.path);
        let (status, body) = json(request(&server, &operation)).await;
        if SIGNED.contains(&operation.path.as_str()) {
            // Without an app secret; and the word that a handshake shows is none of ours.
            let refused = if operation.method == Method::GET { 403 } else { 503 };
            assert_eq!(status, refused, "{name}: {body}");
            continue;
        }
        if operation.is_public {
            let is_known = PUBLIC.contains(&operation.path.as_str())
                || operation.path == "/u/token"
                || operation.path.starts_with("/docs")
                || operation.path.starts_with("/redoc");
            assert!(is_known, "{name} is open to all");
            // No such file, and no link of this server.
            let is_found = !operation.path.starts_with("/docs/") && operation.path != "/u/token";
            assert_eq!(status, if is_found { 200 } else { 404 }, "{name}");
            continue;
        }
        assert_eq!(status, 401, "{name}: {body}");
        // A wrong credential is refused in the same words as none.
        for (header, value) in [("x-api-key", "ls_wrong"), ("authorization", "Bearer ls_wrong")] {
            let (status, wrong) = json(request(&server, &operation).header(header, value)).await;
            let words = |body: &Value| {
                body["error"]["message"]
                    .as_str()
                    .map(str::to_owned)
                    .unwrap_or(body["error"].to_string() + &body["detail"].to_string())
            };
            assert_eq!((status, words(&wrong)), (401, words(&body)), "{name} with {header}");
        }
    }
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    let mut keys = Vec::new();
    for scope in Scope::ALL {
        keys.push((scope, key(&store, "default", Scopes::NONE.with(scope), None).await));
    }
    let only_b2b = key(&store, "default", Scopes::USUAL, Some(&["b2b".to_owned()])).await;
    let server = Running::start_in(folder, &[]).await;
    for operation in operations(&server).await {
        if operation.is_public || SIGNED.contains(&operation.path.as_str()) || operation.family == "lead-ml" {
            continue;
        }
        let name = format!("{} {}", operation.method, operation.path);
        let mut allowed = Vec::new();
        for (scope, key) in &keys {
            let (status, body) = json(with_key(request(&server, &operation), &operation, key)).await;
            assert_ne!(status, 401, "{name}: {body}");
            if status != 403 {
                allowed.push(*scope);
            }
        }
        assert_eq!(allowed.len(), 1, "{name} is for {allowed:?}");
        let (status, _) = json(with_key(request(&server, &operation), &operation, &only_b2b)).await;
        assert_eq!(status == 403, operation.family != "b2b", "{name} with a key for b2b: {status}");
    }
}

#[tokio::test]
async fn what_belongs_to_another_tenant_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    let ours = key(&store, "ours", Scopes::USUAL, None).await;
    let theirs = key(&store, "theirs", Scopes::USUAL, None).await;
    let server = Running::start_in(folder, &[]).await;
    let lead = json!({"name": "Ann", "email": "ann@acme.example", "page_views": 9});
    let (_, scored) = json(server.post("/api/v1/score-lead", &lead).header("x-api-key", &ours)).await;
    let id = scored["lead_id"].as_str().unwrap();
    let (_, own) = json(server.get(&format!("/api/v1/leads/{id}")).header("x-api-key", &ours)).await;
    assert_eq!(own["email"], "ann@acme.example", "{own}");
    let (status, missing) = json(server.get("/api/v1/leads/no-such-lead").header("x-api-key", &theirs)).await;
    assert_eq!(status, 404);
    for name in [id, "1"] {
        for (method, path, body) in [
            (Method::GET, format!("/api/v1/leads/{name}"), Value::Null),
            (Method::PATCH, format!("/api/v1/leads/{name}"), json!({"attributes": {"company": "x"}})),
            (Method::DELETE, format!("/api/v1/leads/{name}"), Value::Null),
            (Method::POST, format!("/api/v1/leads/{name}/activities"), json!({"activities": []})),
            (Method::POST, format!("/api/v1/leads/{name}/outcome"), json!({"outcome": "lost"})),
        ] {
            let request = server.client.request(method.clone(), format!("{}{path}", server.base));
            let request = request.header("x-api-key", &theirs).header("content-type", "application/json");
            let request = if body.is_null() { request } else { request.body(body.to_string()) };
            let (status, answer) = json(request).await;
            assert_eq!(
                (status, &answer["error"]["message"]),
                (404, &missing["error"]["message"]),
                "{method} {path}"
            );
        }
    }
    let (_, page) = json(server.get("/api/v1/leads").header("x-api-key", &theirs)).await;
    assert_eq!(page["pagination"]["total_leads"], 0);
    // The same address is another lead there.
    let (_, other) = json(server.post("/api/v1/score-lead", &lead).header("x-api-key", &theirs)).await;
    assert_ne!(other["lead_id"], scored["lead_id"]);
    let (_, metrics) = json(server.get("/api/v1/metrics").header("x-api-key", &theirs)).await;
    assert_eq!(metrics["model_metrics"]["total_predictions"], 1, "{metrics}");
}
