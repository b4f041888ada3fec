//! A walk through the documented workflow, on a store of its own, with leads that are made up and partners on this machine.
//!
//! Nothing leaves the machine: WhatsApp, HubSpot and the receiver of webhooks are small programs beside the server, and
//! e-mails become files.

mod leads;
mod partners;
mod walk;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use secrecy::SecretString;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::config::Layers;
use crate::serve::{Server, StartError, token_issuer};
use partners::Partners;
use walk::Walk;
pub use walk::WalkError;

/// A server with made-up leads, and what it talks to.
pub struct Demo {
    folder: TempDir,
    server: Server,
    walk: Walk,
}

/// Why the demonstration cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The server does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A file or an address of this machine cannot be used.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A call went another way than it should.
    #[error(transparent)]
    Walk(#[from] WalkError),
}

/// The secrets of the demonstration: they open nothing else.
const API_KEY: &str = "demo-key-of-this-machine-only";
const WHATSAPP_SECRET: &str = "demo app secret";
const WEBHOOK_SECRET: &str = "whsec_demo_signing_secret";
const TOKEN_LIFE: Duration = Duration::from_secs(24 * 3_600);

impl std::fmt::Debug for Demo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Demo").field("folder", &self.folder.path()).finish_non_exhaustive()
    }
}

impl Demo {
    /// Starts a server at an address of this machine, on a folder that is removed at the end.
    ///
    /// # Errors
    /// [`DemoError`].
    pub async fn start(listen: SocketAddr) -> Result<Demo, DemoError> {
        let folder = tempfile::tempdir()?;
        let partners = Partners::start(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?)?;
        let reps = folder.path().join("reps.json");
        std::fs::write(&reps, leads::REPS)?;
        let companies = folder.path().join("companies.csv");
        std::fs::write(&companies, leads::COMPANIES)?;
        let text = |path: &std::path::Path| path.display().to_string();
        let settings = [
            ("LISTEN", listen.to_string()),
            ("DATA", text(folder.path())),
            ("API_KEYS", API_KEY.to_owned()),
            ("NOTIFICATION_EMAILS", "sales@example.com".to_owned()),
            ("SENDER_NAME", "Robin Example".to_owned()),
            ("SENDER_COMPANY", "Example Learning".to_owned()),
            ("SENDER_ADDRESS", "1 Example Street, Example Town".to_owned()),
            ("SENDER_UNSUBSCRIBE", "https://example.com/unsubscribe".to_owned()),
            ("QUALIFY_REPS", text(&reps)),
            ("QUALIFY_COMPANIES", text(&companies)),
            ("HUBSPOT_ACCESS_TOKEN", "demo-token".to_owned()),
            ("HUBSPOT_BASE_URL", partners.url("")),
            ("WHATSAPP_APP_SECRET", WHATSAPP_SECRET.to_owned()),
            ("WHATSAPP_VERIFY_TOKEN", "demo-verify-token".to_owned()),
            ("WHATSAPP_ACCESS_TOKEN", "demo-token".to_owned()),
            ("WHATSAPP_PHONE_NUMBER_ID", "100000000000001".to_owned()),
            ("WHATSAPP_BASE_URL", partners.url("")),
            ("ALLOW_INSECURE_WEBHOOKS", "true".to_owned()),
            ("WEBHOOK_ALLOWLIST", "127.0.0.1/32".to_owned()),
        ];
        let settings = settings.map(|(name, value)| (format!("LEADSCORE_{name}"), value));
        let config = Layers::new().environment(settings).and_then(|layers| layers.build());
        let config = config.map_err(StartError::from)?;
        let issuer = token_issuer(&config)?;
        let server = Server::start(config).await?;
        let base = format!("http://{}", server.address()?);
        let now = server.now().as_millis() / 1_000;
        let token = issuer.issue("default", None, None, now, TOKEN_LIFE);
        let token = token.map_err(|error| StartError::Setting(error.to_string()))?;
        let outbox = folder.path().join("outbox");
        let walk = Walk::new(base, API_KEY, SecretString::from(token), partners, outbox);
        Ok(Demo { folder, server, walk })
    }

    /// Walks through the workflow and tells each call to `say`, a line at a time; then it stays up until `stop`, if there is one.
    ///
    /// # Errors
    /// [`DemoError`] where a call went another way than it should.
    pub async fn run(
        self,
        mut say: impl FnMut(&str),
        stop: Option<impl Future<Output = ()> + Send + 'static>,
    ) -> Result<(), DemoError> {
        let Demo { folder, server, walk } = self;
        let (end, ended) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.run(async {
            let _ = ended.await;
        }));
        let walked = walk.go(&mut say).await;
        if walked.is_ok()
            && let Some(stop) = stop
        {
            walk.invite(&mut say);
            stop.await;
        }
        let _ = end.send(());
        serving.await.map_err(std::io::Error::other)??;
        drop(folder);
        Ok(walked?)
    }
}
