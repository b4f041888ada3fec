//! Leads, predictions, keys and what else is kept: a SQLite file, or a PostgreSQL database for several servers.
//!
//! Both are spoken to in the same statements. A write is one transaction: when a call returns, it is kept.

mod activities;
mod analytics;
mod audit;
mod backup;
mod batch_work;
mod batches;
mod configurations;
mod consent;
mod conversations;
mod crm;
mod db;
mod deliveries;
mod emails;
mod erase;
mod exchanges;
mod heat;
mod held;
mod idempotency;
mod identity;
mod intents;
mod job_list;
mod jobs;
mod keys;
mod leads;
mod lookup;
mod merge;
mod messages;
mod missing_keys;
mod model_calls;
mod outbox;
mod predictions;
mod qualifications;
mod routing;
mod save;
mod suppression;
mod take;
mod traces;
mod transfer;
mod webhooks;

use std::path::Path;

pub use activities::{Appended, NewActivity};
pub use analytics::{AnalyticsSlot, SLOT_MILLIS};
pub use audit::AuditEntry;
pub use backup::{BackupError, FolderLock, STORE_FILE, has_store};
pub use batch_work::{BatchEnd, OpenBatch, WaitingLead};
pub(crate) use batches::status_url;
pub use batches::{
    BatchPriority, BatchResult, BatchState, BatchWebhook, NewBatch, NewBatchLead, StoredBatch,
};
pub use configurations::StoredConfiguration;
pub use conversations::{Beginning, Chatter, HeldConversation};
pub use crm::{CrmPlace, JobResult};
pub use deliveries::{DeliveryState, NewAttempt, StoredDelivery};
pub use emails::{EmailRecord, EmailStatistics};
pub use exchanges::{InboundMessage, KeptMessage, LearnedDetail, NewReply, NewTurn};
pub use heat::HeatStatistics;
pub use idempotency::{Claim, KeptAnswer};
pub use intents::{CaptureStatistics, NewIntent, OnHot};
pub use job_list::JobEntry;
pub use jobs::{Job, JobConclusion, JobKind, JobState, NewJob};
pub use keys::{KeyRecord, NewKey};
pub use leads::{Attributes, Contact, LeadReference, Outcome, SavedLead, StoredLead};
pub use messages::StoredMessage;
pub use outbox::{LeadEvent, NewEvent};
pub use predictions::{NewPrediction, PredictionCount, PredictionKind, StoredPrediction};
pub use qualifications::{BatchPlace, NewQualification, StoredQualification};
pub(crate) use qualifications::{FACTS, FILLED, has_company};
pub use routing::{RepFit, Routing};
pub(crate) use save::BATCH_PLACE;
pub use save::NewLead;
pub use transfer::{
    AssignmentTransfer, ConversationTransfer, CrmTransfer, HeatTransfer, ImportOutcome, Imported,
    IntentTransfer, LabelledLead, LeadTransfer, MergedTransfer, MessageTransfer, OutcomeTransfer,
    PredictionTransfer, QualificationTransfer, SuppressedTransfer, Unlabelled,
};
pub use webhooks::{NewWebhook, StoredWebhook};

use crate::observe::metrics::StoreFailure;
use db::Db;

/// The attribute that tells when a lead unsubscribed.
pub(crate) const UNSUBSCRIBED_AT: &str = "unsubscribed_at";

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
        // PostgreSQL: serialization failure, deadlock, and a lead that was merged in the meantime: then its names say where to.
        matches!(own.code().as_deref(), Some("40001" | "40P01" | "23503"))
    }

    /// Whether it is about what was to be kept, so that another attempt with the same would end the same.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            StoreError::Taken(_) | StoreError::Damaged { .. } => true,
            // PostgreSQL's classes are 22, a value that cannot be, and 23, a rule of the tables.
            StoreError::Database(sqlx::Error::Database(own)) => {
                own.kind() != sqlx::error::ErrorKind::Other
                    || own.code().is_some_and(|code| {
                        code.len() == 5 && (code.starts_with("22") || code.starts_with("23"))
                    })
            }
            _ => false,
        }
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
        Store::with_keys(Db::open_sqlite(&folder.join(STORE_FILE)).await?).await
    }

    /// Opens a PostgreSQL database by its URL, and brings its tables to this version.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Migration`] and [`StoreError::Newer`].
    pub async fn open_postgres(url: &str) -> Result<Store, StoreError> {
        Store::with_keys(Db::open_postgres(url).await?).await
    }

    async fn with_keys(db: Db) -> Result<Store, StoreError> {
        let store = Store { db };
        store.fill_keys().await?;
        Ok(store)
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
