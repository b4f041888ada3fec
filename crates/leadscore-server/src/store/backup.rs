//! Copies of the SQLite store: made while servers write, put back while none does.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use tempfile::NamedTempFile;

use super::db::{Db, Pools};
use super::{Store, StoreError};

/// The SQLite file in its folder.
pub const STORE_FILE: &str = "leadscore.db";
const LOCK_FILE: &str = "leadscore.lock";

/// Why a copy was not made or put back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The store is a PostgreSQL database, which has its own tools.
    #[error("a PostgreSQL database is backed up with pg_dump and restored with pg_restore")]
    Postgres,
    /// The file that would be written is there.
    #[error("{} is there already; --force writes over it", .0.display())]
    Exists(PathBuf),
    /// Servers or commands use the folder.
    #[error("{}: a server or another command uses this store; stop it first", .0.display())]
    InUse(PathBuf),
    /// The store would be written over by itself.
    #[error("{}: this is the store itself", .0.display())]
    Itself(PathBuf),
    /// The file is no copy of a store.
    #[error("{}: {message}", path.display())]
    NoBackup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says to others that a folder's store is in use, for as long as it lives.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

// The floor that clippy knows is that of the other crates.
#[expect(clippy::incompatible_msrv, reason = "this crate's own floor is 1.95")]
impl FolderLock {
    /// Takes its part in using the store of a folder; several servers and commands may at the same time.
    ///
    /// # Errors
    /// [`BackupError::InUse`] while a backup is put back, [`BackupError::File`].
    pub fn shared(folder: &Path) -> Result<FolderLock, BackupError> {
        FolderLock::take(folder, File::try_lock_shared)
    }

    /// Takes the store of a folder for itself alone.
    ///
    /// # Errors
    /// [`BackupError::InUse`] while anyone uses it, [`BackupError::File`].
    pub fn exclusive(folder: &Path) -> Result<FolderLock, BackupError> {
        FolderLock::take(folder, File::try_lock)
    }

    fn take(
        folder: &Path,
        lock: fn(&File) -> Result<(), fs::TryLockError>,
    ) -> Result<FolderLock, BackupError> {
        let path = folder.join(LOCK_FILE);
        let failed = |error| BackupError::File { path: path.clone(), error };
        make_folder(folder).map_err(failed)?;
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match lock(&file) {
            Ok(()) => Ok(FolderLock { _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(BackupError::InUse(folder.to_owned())),
            Err(fs::TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

impl Store {
    /// Writes a copy of the SQLite store as it is at one moment into a file, which only its owner can read. Others may write
    /// to the store meanwhile.
    ///
    /// # Errors
    /// [`BackupError::Postgres`], [`BackupError::Exists`] unless `force` is set, [`BackupError::File`] and
    /// [`BackupError::Store`].
    pub async fn backup(&self, path: &Path, force: bool) -> Result<(), BackupError> {
        let Pools::Sqlite { read, .. } = &self.db.pools else { return Err(BackupError::Postgres) };
        if !force && path.exists() {
            return Err(BackupError::Exists(path.to_owned()));
        }
        let failed = |error| BackupError::File { path: path.to_owned(), error };
        // Made beside its place and put there when it is whole.
        let file = NamedTempFile::new_in(folder_of(path)).map_err(failed)?;
        let text = file.path().to_str().ok_or_else(|| {
            failed(io::Error::new(io::ErrorKind::InvalidInput, "SQLite wants a path in UTF-8"))
        })?;
        sqlx::query("VACUUM INTO $1").bind(text).execute(read).await.map_err(StoreError::from)?;
        put_in_place(file, path, force).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists(path.to_owned()),
            _ => failed(error),
        })
    }

    /// Puts a copy that [`Store::backup`] made in the place of the store of a folder.
    ///
    /// # Errors
    /// [`BackupError::NoBackup`] for another or a damaged file, [`BackupError::Exists`] where there is a store and `force`
    /// is not set, [`BackupError::InUse`] while anyone uses it, and [`BackupError::File`].
    pub async fn restore(backup: &Path, folder: &Path, force: bool) -> Result<(), BackupError> {
        let place = folder.join(STORE_FILE);
        let failed = |path: &Path, error| BackupError::File { path: path.to_owned(), error };
        let source = backup.canonicalize().map_err(|error| failed(backup, error))?;
        if place.canonicalize().is_ok_and(|place| place == source) {
            return Err(BackupError::Itself(place));
        }
        check(backup).await?;
        let _lock = FolderLock::exclusive(folder)?;
        if !force && place.exists() {
            return Err(BackupError::Exists(place));
        }
        let mut copy = NamedTempFile::new_in(folder).map_err(|error| failed(&place, error))?;
        let mut from = File::open(&source).map_err(|error| failed(backup, error))?;
        io::copy(&mut from, &mut copy).map_err(|error| failed(&place, error))?;
        // A log of the old file must not be taken for one of the new file.
        for end in ["-wal", "-shm"] {
            let path = folder.join(format!("{STORE_FILE}{end}"));
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path, error)),
                _ => {}
            }
        }
        put_in_place(copy, &place, true).map_err(|error| failed(&place, error))
    }
}

/// Makes the folder of a store if it is not there, for its owner alone: it holds personal data and a secret.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Whether a folder has a SQLite store.
pub fn has_store(folder: &Path) -> bool {
    folder.join(STORE_FILE).is_file()
}

/// Whether a file is a whole store of this or an earlier version.
async fn check(path: &Path) -> Result<(), BackupError> {
    let told = |message: String| BackupError::NoBackup { path: path.to_owned(), message };
    // Read as it is, without a log beside it: such a copy has none.
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
    let pool: SqlitePool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .map_err(|error| told(format!("no SQLite file: {error}")))?;
    let newest: Result<(Option<i64>,), _> =
        sqlx::query_as("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&pool).await;
    let whole: Result<(String,), _> = sqlx::query_as("PRAGMA integrity_check(1)").fetch_one(&pool).await;
    pool.close().await;
    match (newest, whole) {
        (_, Ok((text,))) if text != "ok" => Err(told(format!("the file is damaged: {text}"))),
        (Ok((Some(version),)), Ok(_)) if version <= Db::VERSION => Ok(()),
        (Ok((Some(version),)), Ok(_)) => Err(told(format!(
            "made by a later version of leadscore: its tables have version {version}, this one knows {}",
            Db::VERSION
        ))),
        (Ok((None,)), _) => Err(told("no store of leadscore".to_owned())),
        (Err(error), _) | (_, Err(error)) => Err(told(format!("no store of leadscore: {error}"))),
    }
}

/// Moves a finished file to its place, so that it is there also when the power goes.
fn put_in_place(file: NamedTempFile, path: &Path, force: bool) -> io::Result<()> {
    // Its own handle may not see what SQLite wrote; one that is opened now syncs the file all the same.
    File::options().write(true).open(file.path())?.sync_all()?;
    if force {
        file.persist(path).map_err(|error| error.error)?;
    } else {
        file.persist_noclobber(path).map_err(|error| error.error)?;
    }
    #[cfg(unix)]
    File::open(folder_of(path))?.sync_all()?;
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use leadscore::Timestamp;

    use super::*;
    use crate::store::{Attributes, Contact};

    async fn add(store: &Store, email: &str) {
        let contact = Contact { email: Some(email.to_owned()), ..Contact::default() };
        let now = Timestamp::from_millis(1_000).unwrap();
        store.save_lead("default", &contact, &Attributes::new(), now).await.unwrap();
    }

    async fn count(folder: &Path) -> usize {
        let store = Store::open_folder(folder).await.unwrap();
        let found = store.leads_after("default", 0, 100).await.unwrap().len();
        store.close().await;
        found
    }

    #[tokio::test]
    async fn a_backup_is_put_back_in_the_place_of_a_store_that_nobody_uses() {
        let folder = tempfile::tempdir().unwrap();
        let (data, file) = (folder.path().join("data"), folder.path().join("copy.db"));
        let store = Store::open_folder(&data).await.unwrap();
        add(&store, "a@b.example").await;
        store.backup(&file, false).await.unwrap();
        assert!(matches!(store.backup(&file, false).await, Err(BackupError::Exists(_))));
        store.backup(&file, true).await.unwrap();
        add(&store, "b@b.example").await;
        // Its log of writes is still there.
        assert!(data.join("leadscore.db-wal").exists());
        let lock = FolderLock::shared(&data).unwrap();
        let second = FolderLock::shared(&data).unwrap();
        assert!(matches!(Store::restore(&file, &data, true).await, Err(BackupError::InUse(_))));
        drop((lock, second));
        assert!(matches!(Store::restore(&file, &data, false).await, Err(BackupError::Exists(_))));
        store.close().await;
        Store::restore(&file, &data, true).await.unwrap();
        assert_eq!(count(&data).await, 1);
        let other = folder.path().join("other");
        Store::restore(&file, &other, false).await.unwrap();
        assert_eq!(count(&other).await, 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn what_is_no_backup_is_refused_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let store = Store::open_folder(&data).await.unwrap();
        add(&store, "a@b.example").await;
        let good = folder.path().join("good.db");
        store.backup(&good, false).await.unwrap();
        store.close().await;
        let bytes = std::fs::read(&good).unwrap();
        let (text, cut, empty) =
            (folder.path().join("text"), folder.path().join("cut"), folder.path().join("empty"));
        std::fs::write(&text, "no database at all, but long enough to look at it".repeat(100)).unwrap();
        std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
        std::fs::write(&empty, "").unwrap();
        for path in [&text, &cut, &empty] {
            let error = Store::restore(path, &data, true).await.unwrap_err();
            assert!(matches!(error, BackupError::NoBackup { .. }), "{error}");
        }
        let own = data.join(STORE_FILE);
        assert!(matches!(Store::restore(&own, &data, true).await, Err(BackupError::Itself(_))));
        assert!(matches!(
            Store::restore(&folder.path().join("no"), &data, true).await,
            Err(BackupError::File { .. })
        ));
        assert_eq!(count(&data).await, 1);
    }
}
