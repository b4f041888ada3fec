//! Starts and stops the server.

mod chores;
mod connections;
mod notes;
mod signals;

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use leadscore::Timestamp;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tower::Layer;
use tower::util::MapRequestLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::auth::{Algorithm, JwtConfig, RsaKeys, SecretKey, SecretKeyError, Verifier};
use crate::b2b::current::CurrentModel;
use crate::b2b::model::{B2bModel, ModelError};
use crate::b2b::model_file::ModelFile;
use crate::callers::Callers;
use crate::channels::Channels;
use crate::config::{Config, ConfigError};
use crate::crm::Crms;
use crate::jobs;
use crate::knowledge::Knowledge;
use crate::observe::metrics::{Metrics, MetricsError, StoreOperation};
use crate::observe::resources::Sampler;
use crate::pipelines::Pipelines;
use crate::router::router;
use crate::state::{AppState, Inner};
use crate::store::{BackupError, FolderLock, Store, StoreError};
use crate::unsubscribe::Links;
use crate::vault::Vault;
use crate::webhooks::Webhooks;
use crate::words::Words;

use notes::warn_of_open_webhooks;
use signals::Hangups;
pub use signals::stop_signal;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A setting does not fit another one, or what it names.
    #[error("{0}")]
    Setting(String),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder of the store cannot be used.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// There is no secret key.
    #[error(transparent)]
    SecretKey(#[from] SecretKeyError),
    /// The address cannot be listened at.
    #[error("{address}: {}", listen_problem(.error))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The model of the b2b API cannot be used.
    #[error("b2b_model: {0}")]
    Model(#[from] ModelError),
    /// An included pipeline cannot be used.
    #[error(transparent)]
    Pipeline(#[from] leadscore::Error),
    /// The metrics cannot be set up.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
}

fn listen_problem(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there; stop it, or choose another address with --listen".to_owned()
        }
        io::ErrorKind::PermissionDenied => "not allowed; choose a port above 1023 with --listen".to_owned(),
        _ => error.to_string(),
    }
}

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    router: Router,
    state: AppState,
    model_file: Option<ModelFile>,
    lock: Option<FolderLock>,
    hangups: Hangups,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("listener", &self.listener).finish_non_exhaustive()
    }
}

impl Server {
    /// Opens the store, loads what is scored by, and listens.
    ///
    /// # Errors
    /// Whatever keeps it from starting: [`StartError`].
    pub async fn start(config: Config) -> Result<Server, StartError> {
        // Before anybody is told that it listens: until it is waited for, the signal ends the process.
        let hangups = Hangups::listen();
        let lock = lock_folder(&config)?;
        let store = open_store(&config).await?;
        let secret_key = secret_key(&config)?;
        let verifier = verifier(&config, &secret_key)?;
        let is_on_loopback = config.listen.ip().is_loopback();
        let callers = Callers::new(
            store.clone(),
            verifier,
            &config.api_keys,
            config.cors_origins.clone(),
            is_on_loopback,
        );
        if !is_on_loopback && !callers.has_keys().await? {
            let message = "listen: beyond this machine the server wants a key: make one with `leadscore keys create`, or \
                           set API_KEY";
            return Err(StartError::Setting(message.to_owned()));
        }
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|error| StartError::Listen { address: config.listen, error })?;
        let sampler = Arc::new(Mutex::new(Sampler::default()));
        let metrics = Metrics::new("local", &config.data, Arc::clone(&sampler))?;
        let count = metrics.store_queries();
        store.watch(move |may_write, seconds| {
            count(if may_write { StoreOperation::Write } else { StoreOperation::Read }, seconds);
        });
        let words = Words::new(&config, &metrics)?;
        let channels = Channels::new(&config)?;
        let b2b = CurrentModel::default();
        let mut model_file =
            config.b2b_model.as_ref().map(|path| ModelFile::new(path, config.b2b_version.clone()));
        match &mut model_file {
            None => b2b.replace(B2bModel::builtin()?),
            Some(file) => {
                b2b.reload(file, Ok)?;
            }
        }
        let crms = Crms::new(&config)?;
        let links = Links::new(&secret_key, config.public_url.as_deref());
        let vault = Vault::new(&secret_key);
        let webhooks = Webhooks::new(&config)
            .map_err(|error| StartError::Setting(format!("webhooks cannot be sent: {error}")))?;
        let knowledge = Knowledge::open(&config, webhooks.guard.clone()).await?;
        let pipelines = Pipelines::builtin()?;
        let inner = Inner::new(
            config, store, callers, metrics, sampler, pipelines, knowledge, words, channels, links, vault,
            webhooks, b2b, crms,
        );
        let state = AppState::new(inner);
        warn_of_open_webhooks(&state.config);
        let router = router(&state);
        Ok(Server { listener, router, state, model_file, lock, hangups })
    }

    /// The address it listens at.
    ///
    /// # Errors
    /// As the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The time by its clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.state.now()
    }

    /// Answers requests until `stop` is ready; then those that came are answered, and nothing new is taken.
    ///
    /// # Errors
    /// As the system says.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let Server { listener, router, state, model_file, lock, hangups } = self;
        // They end with this call, whichever way it ends.
        let _chores = chores::start(&state, model_file, hangups);
        let (stop_jobs, are_stopped) = tokio::sync::watch::channel(false);
        let jobs = tokio::spawn(jobs::run(state.clone(), are_stopped));
        let router = match cors(&state.config.cors_origins) {
            Some(cors) => router.layer(cors),
            None => router,
        };
        let service = MapRequestLayer::new(without_trailing_slash::<axum::body::Body>).layer(router);
        connections::serve(listener, service, state.config.header_timeout, stop).await;
        let _ = stop_jobs.send(true);
        let _ = jobs.await;
        state.store.close().await;
        drop(lock);
        Ok(())
    }
}

/// Opens the store that a configuration names.
///
/// # Errors
/// [`StoreError`].
pub async fn open_store(config: &Config) -> Result<Store, StoreError> {
    match &config.database_url {
        Some(url) => Store::open_postgres(url.expose_secret()).await,
        None => Store::open_folder(&config.data).await,
    }
}

/// The documentation of all routes, as `openapi.json` has it.
///
/// # Errors
/// [`StartError`], as [`Server::start`]; nothing is listened at.
pub async fn documentation(config: Config, folder: &Path) -> Result<String, StartError> {
    let config = Config { data: folder.to_owned(), listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..config };
    let server = Server::start(config).await?;
    Ok(String::from_utf8_lossy(&server.state.documentation()).into_owned())
}

/// Takes part in using the folder of a SQLite store, so that nobody puts a backup in its place meanwhile.
///
/// # Errors
/// [`StartError::Backup`] while somebody does.
pub fn lock_folder(config: &Config) -> Result<Option<FolderLock>, StartError> {
    match config.database_url {
        Some(_) => Ok(None),
        None => Ok(Some(FolderLock::shared(&config.data)?)),
    }
}

/// What issues tokens that a server of this configuration takes.
///
/// # Errors
/// [`StartError`] where the settings of tokens or the secret key cannot be used.
pub fn token_issuer(config: &Config) -> Result<Verifier, StartError> {
    verifier(config, &secret_key(config)?)
}

fn secret_key(config: &Config) -> Result<SecretKey, StartError> {
    match (&config.secret_key, &config.database_url) {
        (Some(text), _) => Ok(SecretKey::from_text(text.clone())?),
        (None, None) => Ok(SecretKey::open_or_create(&config.data)?),
        (None, Some(_)) => {
            let message =
                "secret_key: with PostgreSQL set SECRET_KEY, at least 32 bytes, the same for all servers";
            Err(StartError::Setting(message.to_owned()))
        }
    }
}

fn verifier(config: &Config, secret_key: &SecretKey) -> Result<Verifier, StartError> {
    let jwt = &config.jwt;
    let derived = JwtConfig::derived(secret_key);
    let told = |message: &str| StartError::Setting(format!("auth.jwt: {message}"));
    let algorithm = match (jwt.algorithm.as_deref(), &jwt.secret, &jwt.public_key, &jwt.jwks_url) {
        (None | Some("HS256"), Some(secret), None, None) => Algorithm::Hs256 { secret: secret.clone() },
        (None | Some("HS256"), None, None, None) => derived.algorithm,
        (Some("RS256"), None, Some(key), None) => {
            let pem = if key.contains("-----BEGIN") {
                key.clone()
            } else {
                std::fs::read_to_string(key).map_err(|error| told(&format!("public_key: {key}: {error}")))?
            };
            Algorithm::Rs256 { key: RsaKeys::Pem(pem) }
        }
        (Some("RS256"), None, None, Some(url)) => {
            Algorithm::Rs256 { key: RsaKeys::Jwks { url: url.clone() } }
        }
        _ => return Err(told("set algorithm HS256 with secret, or RS256 with public_key or jwks_url")),
    };
    let config = JwtConfig {
        algorithm,
        issuer: jwt.issuer.clone(),
        audience: jwt.audience.clone(),
        tenant_claim: jwt.tenant_claim.clone(),
    };
    Verifier::new(config).map_err(|error| told(&error.to_string()))
}

/// The layer that lets pages of other origins read answers, where there are such origins.
fn cors(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    if origins.is_empty() {
        return None;
    }
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("x-api-key"),
            HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers([
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("x-ratelimit-limit"),
            HeaderName::from_static("x-ratelimit-remaining"),
            HeaderName::from_static("x-ratelimit-reset"),
            header::RETRY_AFTER,
        ])
        .allow_credentials(true)
        .max_age(Duration::from_secs(600));
    Some(cors)
}

/// A path with a slash at its end is the same as without.
fn without_trailing_slash<B>(mut request: axum::http::Request<B>) -> axum::http::Request<B> {
    let path = request.uri().path();
    if path.len() > 1 && path.ends_with('/') && !path.ends_with("//") {
        let trimmed = &path[..path.len() - 1];
        let text = match request.uri().query() {
            Some(query) => format!("{trimmed}?{query}"),
            None => trimmed.to_owned(),
        };
        if let Ok(uri) = text.parse::<Uri>() {
            *request.uri_mut() = uri;
        }
    }
    request
}
