//! Leads, predictions, keys and what else is kept: a SQLite file, or a PostgreSQL database for several servers.
//!
//! Both are spoken to in the same statements. A write is one transaction: when a call returns, it is kept.

mod activities;
mod audit;
mod backup;
mod configurations;
mod consent;
mod db;
mod emails;
mod erase;
mod heat;
mod idempotency;
mod jobs;
mod keys;
mod leads;
mod lookup;
mod model_calls;
mod outbox;
mod predictions;
mod qualifications;
mod save;
mod transfer;

use std::path::Path;

pub use activities::{Appended, NewActivity};
pub use audit::AuditEntry;
pub use backup::{BackupError, FolderLock, STORE_FILE, has_store};
pub use configurations::StoredConfiguration;
pub(crate) use consent::UNSUBSCRIBED_AT;
pub use emails::{EmailRecord, EmailStatistics};
pub use heat::HeatStatistics;
pub use idempotency::{Claim, KeptAnswer};
pub use jobs::{Job, JobConclusion, JobKind, JobState, NewJob};
pub use keys::{KeyRecord, NewKey};
pub use leads::{Attributes, Contact, LeadReference, NewLead, Outcome, SavedLead, StoredLead};
pub use outbox::{LeadEvent, NewEvent};
pub use predictions::{NewPrediction, PredictionCount, PredictionKind, StoredPrediction};
pub use qualifications::{BatchPlace, NewQualification, StoredQualification};
pub use transfer::{
    HeatTransfer, ImportOutcome, Imported, LeadTransfer, MessageTransfer, OutcomeTransfer, PredictionTransfer,
};

use crate::observe::metrics::StoreFailure;
use db::Db;

/// Where everything is kept; a cheap handle, shared by all requests.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
}

/// Why something could not be kept or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database refused or could not be reached.
    #[error("the store: {0}")]
    Database(#[from] sqlx::Error),
    /// The tables could not be brought to this version.
    #[error("the store's tables: {0}")]
    Migration(sqlx::migrate::MigrateError),
    /// A newer version of leadscore made the tables; they are left as they are.
    #[error(
        "the store was made by a newer version of leadscore (its tables have version {0}): use that one, or a backup"
    )]
    Newer(i64),
    /// The folder of the SQLite file could not be made.
    #[error("{path}: {error}")]
    Folder {
        /// The folder.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// What was found is not what this version writes.
    #[error("the store has a damaged {what}: {message}")]
    Damaged {
        /// The kind of record.
        what: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// Another lead of the tenant has this e-mail address or id.
    #[error("another lead has this {0}")]
    Taken(&'static str),
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> StoreError {
        match error {
            sqlx::migrate::MigrateError::VersionMissing(version) => StoreError::Newer(version),
            error => StoreError::Migration(error),
        }
    }
}

impl StoreError {
    /// Whether the disk of the database has no room left.
    pub(crate) fn is_full(&self) -> bool {
        let StoreError::Database(sqlx::Error::Database(own)) = self else { return false };
        // SQLite: full, and no room for the index of the log; PostgreSQL: disk full.
        matches!(own.code().as_deref(), Some("13" | "4874" | "53100"))
    }

    /// Whether the same transaction may go well when it is tried again: two got into each other's way.
    pub(crate) fn is_conflict(&self) -> bool {
        let StoreError::Database(sqlx::Error::Database(own)) = self else { return false };
        // PostgreSQL: serialization failure, deadlock.
        matches!(own.code().as_deref(), Some("40001" | "40P01"))
    }

    /// As what it counts in the metrics.
    pub(crate) fn failure(&self) -> StoreFailure {
        match self {
            _ if self.is_full() => StoreFailure::Full,
            _ if self.is_conflict() => StoreFailure::Busy,
            StoreError::Taken(_) => StoreFailure::Constraint,
            StoreError::Database(sqlx::Error::PoolTimedOut) => StoreFailure::Busy,
            StoreError::Database(
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed,
            ) => StoreFailure::Connection,
            StoreError::Database(sqlx::Error::Database(own))
                if own.kind() != sqlx::error::ErrorKind::Other =>
            {
                StoreFailure::Constraint
            }
            // 5 is SQLite's busy; PostgreSQL's classes are 08, connection, and 57P, shutdown.
            StoreError::Database(sqlx::Error::Database(own)) => match own.code().as_deref() {
                Some("5" | "261" | "517") => StoreFailure::Busy,
                Some(code) if code.starts_with("08") || code.starts_with("57P") => StoreFailure::Connection,
                _ => StoreFailure::Other,
            },
            _ => StoreFailure::Other,
        }
    }
}

impl Store {
    /// Opens the SQLite file `leadscore.db` of a folder, which is made if it is not there, and brings its tables to this
    /// version.
    ///
    /// # Errors
    /// [`StoreError::Folder`], [`StoreError::Database`], [`StoreError::Migration`] and [`StoreError::Newer`].
    pub async fn open_folder(folder: &Path) -> Result<Store, StoreError> {
        backup::make_folder(folder)
            .map_err(|error| StoreError::Folder { path: folder.display().to_string(), error })?;
        Ok(Store { db: Db::open_sqlite(&folder.join(STORE_FILE)).await? })
    }

    /// Opens a PostgreSQL database by its URL, and brings its tables to this version.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Migration`] and [`StoreError::Newer`].
    pub async fn open_postgres(url: &str) -> Result<Store, StoreError> {
        Ok(Store { db: Db::open_postgres(url).await? })
    }

    /// Has the time of every statement and transaction told, in seconds, and whether it may write.
    pub fn watch(&self, watcher: impl Fn(bool, f64) + Send + Sync + 'static) {
        self.db.watch(Box::new(watcher));
    }

    /// Whether the database answers and, where it had no room for the last write, has some again.
    ///
    /// # Errors
    /// [`StoreError::Database`] where it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        db::read!(&self.db, pool => sqlx::query("SELECT 1").execute(pool).await.map(|_| ())?);
        // While nobody sends writes, because this says that none can be kept, nothing else would find out.
        if self.db.is_full() { self.try_to_write().await } else { Ok(()) }
    }

    /// Writes a row and removes it.
    async fn try_to_write(&self) -> Result<(), StoreError> {
        db::write!(&self.db, transaction => {
            for statement in [
                "INSERT INTO audit (tenant, actor, action, subject, at) VALUES ('', '', 'probe', '', 0)",
                "DELETE FROM audit WHERE tenant = '' AND action = 'probe'",
            ] {
                sqlx::query(statement).execute(&mut *transaction).await?;
            }
        });
        Ok(())
    }

    /// What the database is, for people: `SQLite` or `PostgreSQL`.
    pub fn kind(&self) -> &'static str {
        self.db.kind()
    }

    /// Ends all connections; what is under way is finished first.
    pub async fn close(&self) {
        self.db.close().await;
    }
}
