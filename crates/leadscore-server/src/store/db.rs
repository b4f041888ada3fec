//! One set of statements for SQLite and PostgreSQL.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
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
    /// Whether the last write found no room.
    is_full: Arc<AtomicBool>,
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

/// Runs an expression in a transaction that is kept when it ends, and undone where it returns early; a `return` in it is
/// the value of the whole. It is run again where two transactions got into each other's way. SQLite takes its lock for
/// writing at once: a lock that is taken later may come too late.
macro_rules! write {
    ($db:expr, $transaction:ident => $body:expr) => {{
        let db = $db;
        let _timer = db.timer(true);
        let mut attempts = 0;
        loop {
            let attempt = match &db.pools {
                crate::store::db::Pools::Sqlite { write, .. } => {
                    let mut connection = write.acquire().await?;
                    let attempt = async {
                        let mut $transaction =
                            sqlx::Connection::begin_with(&mut *connection, "BEGIN IMMEDIATE").await?;
                        let outcome = $body;
                        $transaction.commit().await?;
                        Ok::<_, crate::store::StoreError>(outcome)
                    }
                    .await;
                    // SQLite undoes a transaction by itself where there is no room or the disk fails, and the connection
                    // would not know: it would refuse every transaction from then on.
                    if matches!(attempt, Err(crate::store::StoreError::Database(_))) {
                        connection.close_on_drop();
                    }
                    attempt
                }
                crate::store::db::Pools::Postgres(pool) => {
                    async {
                        let mut $transaction = pool.begin().await?;
                        let outcome = $body;
                        $transaction.commit().await?;
                        Ok::<_, crate::store::StoreError>(outcome)
                    }
                    .await
                }
            };
            match db.concluded(attempt, &mut attempts).await? {
                Some(outcome) => break outcome,
                None => continue,
            }
        }
    }};
}

/// Waits until no other transaction has the lock `$1`, and takes it until the end of this one; `$2` is the time.
pub(super) const LOCK: &str =
    "INSERT INTO locks (name, at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET at = excluded.at";

pub(super) use {read, write};

const MIGRATIONS: [(i64, &str, &str); 5] = [
    (1, "leads", include_str!("migrations/0001_leads.sql")),
    (2, "words", include_str!("migrations/0002_words.sql")),
    (3, "locks", include_str!("migrations/0003_locks.sql")),
    (4, "jobs", include_str!("migrations/0004_jobs.sql")),
    (5, "chats", include_str!("migrations/0005_chats.sql")),
];

impl Db {
    /// The version of the tables.
    pub(super) const VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

    fn new(pools: Pools) -> Db {
        Db { pools, watcher: Arc::default(), is_full: Arc::default() }
    }

    /// What a transaction gave; nothing where it is to be tried again.
    pub(super) async fn concluded<T>(
        &self,
        attempt: Result<T, StoreError>,
        attempts: &mut u32,
    ) -> Result<Option<T>, StoreError> {
        let error = match attempt {
            Ok(outcome) => {
                if self.is_full() {
                    self.is_full.store(false, Ordering::Relaxed);
                }
                return Ok(Some(outcome));
            }
            Err(error) => error,
        };
        if error.is_full() {
            self.is_full.store(true, Ordering::Relaxed);
        }
        // Who is told that a name is taken may find the lead that took it. SQLite has one writer, so nobody is in the way.
        let most = match (&self.pools, &error) {
            (Pools::Postgres(_), StoreError::Taken(_)) => 3,
            (Pools::Postgres(_), error) if error.is_conflict() => 10,
            _ => 1,
        };
        *attempts += 1;
        if *attempts >= most {
            return Err(error);
        }
        // Not all at the same time again: each waits a little differently.
        let wait = uuid::Uuid::new_v4().as_u128() % (5 << (*attempts).min(6));
        tokio::time::sleep(Duration::from_millis(u64::try_from(wait).unwrap_or(0))).await;
        Ok(None)
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
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
