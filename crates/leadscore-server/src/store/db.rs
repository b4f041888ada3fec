//! One set of statements for SQLite and PostgreSQL.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::StoreError;

/// A database, and who is told how long its statements take.
#[derive(Clone)]
pub(super) struct Db {
    pub(super) pools: Pools,
    watcher: Arc<OnceLock<Watcher>>,
}

/// Is told of a statement or transaction, whether it may write, and its time in seconds.
pub(super) type Watcher = Box<dyn Fn(bool, f64) + Send + Sync>;

/// Tells the watcher when it is dropped, also where a statement fails.
pub(super) struct Timer<'a> {
    db: &'a Db,
    may_write: bool,
    began: Instant,
}

/// The connections to a database.
#[derive(Debug, Clone)]
pub(super) enum Pools {
    /// One file. It has one writer at a time, so writes wait for their turn here and not in the file's lock.
    Sqlite {
        /// For statements that change nothing.
        read: SqlitePool,
        /// The writer.
        write: SqlitePool,
    },
    /// A server.
    Postgres(PgPool),
}

/// Runs an expression that reads, once for each kind of database.
macro_rules! read {
    ($db:expr, $pool:ident => $body:expr) => {{
        let db = $db;
        let _timer = db.timer(false);
        match &db.pools {
            crate::store::db::Pools::Sqlite { read: $pool, .. } => $body,
            crate::store::db::Pools::Postgres($pool) => $body,
        }
    }};
}

/// Runs an expression in a transaction that is kept when it ends, and undone where it returns early. SQLite takes its
/// lock for writing at once: a lock that is taken later may come too late.
macro_rules! write {
    ($db:expr, $transaction:ident => $body:expr) => {{
        let db = $db;
        let _timer = db.timer(true);
        match &db.pools {
            crate::store::db::Pools::Sqlite { write, .. } => {
                let mut $transaction = write.begin_with("BEGIN IMMEDIATE").await?;
                let outcome = $body;
                $transaction.commit().await?;
                outcome
            }
            crate::store::db::Pools::Postgres(pool) => {
                let mut $transaction = pool.begin().await?;
                let outcome = $body;
                $transaction.commit().await?;
                outcome
            }
        }
    }};
}

pub(super) use {read, write};

const MIGRATIONS: [(i64, &str, &str); 2] = [
    (1, "leads", include_str!("migrations/0001_leads.sql")),
    (2, "words", include_str!("migrations/0002_words.sql")),
];

impl Db {
    /// The version of the tables.
    pub(super) const VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

    fn new(pools: Pools) -> Db {
        Db { pools, watcher: Arc::default() }
    }

    /// Has every statement told from now on; the first watcher stays.
    pub(super) fn watch(&self, watcher: Watcher) {
        let _ = self.watcher.set(watcher);
    }

    pub(super) fn timer(&self, may_write: bool) -> Timer<'_> {
        Timer { db: self, may_write, began: Instant::now() }
    }

    pub(super) async fn open_sqlite(file: &Path) -> Result<Db, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What is acknowledged is on the disk, also when the power goes.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is erased is not left in the file.
            .pragma("secure_delete", "ON")
            .busy_timeout(Duration::from_secs(10));
        let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        migrator("INTEGER PRIMARY KEY AUTOINCREMENT").run(&write).await?;
        let read = SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true)).await?;
        Ok(Db::new(Pools::Sqlite { read, write }))
    }

    pub(super) async fn open_postgres(url: &str) -> Result<Db, StoreError> {
        let options = PgPoolOptions::new().max_connections(16).acquire_timeout(Duration::from_secs(5));
        let pool = options.connect(url).await?;
        migrator("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY").run(&pool).await?;
        Ok(Db::new(Pools::Postgres(pool)))
    }

    pub(super) fn kind(&self) -> &'static str {
        match self.pools {
            Pools::Sqlite { .. } => "SQLite",
            Pools::Postgres(_) => "PostgreSQL",
        }
    }

    pub(super) async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        if let Some(watcher) = self.db.watcher.get() {
            watcher(self.may_write, self.began.elapsed().as_secs_f64());
        }
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pools.fmt(f)
    }
}

fn migrator(serial: &str) -> Migrator {
    let migration = |(version, name, sql): &(i64, &'static str, &str)| {
        let sql = AssertSqlSafe(sql.replace("{serial}", serial)).into_sql_str();
        Migration::new(*version, (*name).into(), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect())
}
