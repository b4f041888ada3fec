//! `leadscore serve`, `leadscore keys` and `leadscore store`: the reference server, its keys and its leads.

mod demo;
mod keys;
mod serve;
mod settings;
mod store;

use std::future::Future;

use leadscore::Timestamp;
use leadscore_server::store::{BackupError, FolderLock, Store, StoreError, has_store};
use leadscore_server::{Config, StartError};

use crate::args::server::{KeysCommand, PlaceArgs, StoreCommand};
use crate::failure::Failure;
pub(crate) use demo::demo;
pub(crate) use serve::serve;
pub(crate) use store::labelled_rows;

/// Who is named in the audit log.
const ACTOR: &str = "command line";

/// Makes, lists and revokes keys.
pub(crate) fn keys(command: &KeysCommand) -> Result<bool, Failure> {
    block_on(async {
        match command {
            KeysCommand::Create(args) => keys::create(args).await,
            KeysCommand::List(args) => keys::list(args).await,
            KeysCommand::Revoke(args) => keys::revoke(args).await,
            KeysCommand::Token(args) => keys::token(args).await,
        }
    })
}

/// Backs up, moves and erases leads.
pub(crate) fn store(command: &StoreCommand) -> Result<bool, Failure> {
    block_on(async {
        match command {
            StoreCommand::Backup(args) => store::backup(args).await,
            StoreCommand::Restore(args) => store::restore(args).await,
            StoreCommand::Export(args) => store::export::run(args).await,
            StoreCommand::Import(args) => store::import::run(args).await,
            StoreCommand::Erase(args) => store::erase(args).await,
        }
    })
}

/// A store that is open, and in use for others.
struct OpenStore {
    store: Store,
    _lock: Option<FolderLock>,
}

impl OpenStore {
    /// Opens the store of the settings; a folder without one gets an empty one.
    async fn open(place: &PlaceArgs) -> Result<OpenStore, Failure> {
        OpenStore::with_config(settings::config(place)?).await
    }

    /// The same where there must be one already.
    async fn open_existing(place: &PlaceArgs) -> Result<OpenStore, Failure> {
        let config = settings::config(place)?;
        if config.database_url.is_none() && !has_store(&config.data) {
            return Err(Failure::message(format!(
                "{}: no store is in this folder; --data names another one",
                config.data.display()
            )));
        }
        OpenStore::with_config(config).await
    }

    async fn with_config(config: Config) -> Result<OpenStore, Failure> {
        let lock = leadscore_server::serve::lock_folder(&config)?;
        let store = leadscore_server::serve::open_store(&config).await?;
        Ok(OpenStore { store, _lock: lock })
    }

    /// Notes in the audit log what was done.
    async fn audit(&self, tenant: &str, action: &str, subject: &str) -> Result<(), Failure> {
        Ok(self.store.save_audit(tenant, (ACTOR, action, subject), crate::input::now()?).await?)
    }

    /// Ends the connections, so that SQLite puts its log into the file.
    async fn close(self) {
        self.store.close().await;
    }
}

/// A name of a tenant that the server takes too.
fn check_tenant(tenant: &str) -> Result<(), Failure> {
    if tenant.is_empty() || tenant.len() > 128 || tenant.contains(char::is_control) || tenant.trim() != tenant
    {
        return Err(Failure::message("--tenant: wants 1 to 128 characters, without blanks at its ends"));
    }
    Ok(())
}

/// A time in milliseconds since 1970, for people.
fn shown_time(millis: i64) -> String {
    Timestamp::from_millis(millis).map_or_else(|_| millis.to_string(), |time| time.to_string())
}

fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::message(format!("no asynchronous runtime: {error}")))?.block_on(work)
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::message(error.to_string())
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Failure {
        Failure::message(error.to_string())
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Failure {
        Failure::message(error.to_string())
    }
}
