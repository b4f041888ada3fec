//! A server in this process, on a port of its own, with a folder of its own.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use leadscore_server::auth::{Algorithm, JwtConfig, Scope, Verifier};
use leadscore_server::{Layers, Server};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Signs the tokens of tests.
pub(crate) const JWT_SECRET: &str = "a secret of tests that is long enough";
/// A key of the tenant `default`.
pub(crate) const KEY: &str = "demo-api-key-123";

/// A token of a tenant, for two hours; of all scopes where none are named.
pub(crate) fn token(tenant: &str, scopes: Option<&[Scope]>) -> String {
    let config = JwtConfig {
        algorithm: Algorithm::Hs256 { secret: JWT_SECRET.to_owned().into() },
        issuer: "leadscore".to_owned(),
        audience: "leadscore".to_owned(),
        tenant_claim: JwtConfig::TENANT_CLAIM.to_owned(),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let verifier = Verifier::new(config).unwrap();
    verifier.issue(tenant, None, scopes, i64::try_from(now).unwrap(), Duration::from_secs(7_200)).unwrap()
}

pub(crate) struct Running {
    pub(crate) base: String,
    pub(crate) client: Client,
    folder: Option<TempDir>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Starts a server with an empty store; settings are those of the environment, such as `API_KEY`.
    pub(crate) async fn start(settings: &[(&str, &str)]) -> Running {
        Running::start_in(tempfile::tempdir().unwrap(), settings).await
    }

    pub(crate) async fn start_in(folder: TempDir, settings: &[(&str, &str)]) -> Running {
        let mut all = vec![
            ("LEADSCORE_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            ("LEADSCORE_DATA".to_owned(), folder.path().display().to_string()),
            ("LEADSCORE_AUTH_JWT_SECRET".to_owned(), JWT_SECRET.to_owned()),
            // Servers on one database must have the same.
            ("SECRET_KEY".to_owned(), "a secret key of tests that is long enough".to_owned()),
        ];
        all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let config = Layers::new().environment(all).unwrap().build().unwrap();
        let server = Box::pin(Server::start(config)).await.unwrap();
        let base = format!("http://{}", server.address().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Running { base, client: Client::new(), folder: Some(folder), stop: Some(stop), task }
    }

    /// Stops it; its folder is still there.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.stop.take().unwrap().send(()).unwrap();
        // A connection that the client keeps open would be waited for.
        self.client = Client::new();
        self.task.await.unwrap().unwrap();
        self.folder.take().unwrap()
    }

    /// Where its store is.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.as_ref().expect("it is there until the server is stopped").path()
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client
            .post(format!("{}{path}", self.base))
            .header("content-type", "application/json")
            .body(body.to_string())
    }
}

/// The status and the body of a response.
pub(crate) async fn json(request: RequestBuilder) -> (u16, Value) {
    let response: Response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
