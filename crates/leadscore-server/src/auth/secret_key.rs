//! The server's own secret, from which the keys of its purposes are derived.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::key::random_text;

/// The fewest bytes a secret may have.
pub const MIN_SECRET_BYTES: usize = 32;

/// More than any secret; a file beyond this is something else.
const MAX_FILE_BYTES: u64 = 64 * 1024;

const FILE_NAME: &str = "secret_key";

/// The server's secret. It is used for nothing directly: every purpose has a key of its own.
///
/// ```
/// use leadscore_server::auth::SecretKey;
///
/// let secret = SecretKey::from_text("an example of a secret of 32 bytes".to_owned().into())?;
/// assert_ne!(secret.derive("jwt"), secret.derive("unsubscribe"));
/// # Ok::<(), leadscore_server::auth::SecretKeyError>(())
/// ```
#[derive(Clone)]
pub struct SecretKey(SecretString);

impl SecretKey {
    /// The secret that an operator gave.
    ///
    /// # Errors
    ///
    /// [`SecretKeyError::TooShort`] for less than 32 bytes.
    pub fn from_text(text: SecretString) -> Result<Self, SecretKeyError> {
        if text.expose_secret().len() < MIN_SECRET_BYTES {
            return Err(SecretKeyError::TooShort { place: "the secret key".to_owned() });
        }
        Ok(Self(text))
    }

    /// The secret in the file `secret_key` of a data directory, made there if it is not.
    ///
    /// The file appears at once with all its content, readable by its owner alone. Of several servers that
    /// start at the same time one makes it and all read it. A file that is there is never written to.
    ///
    /// # Errors
    ///
    /// [`SecretKeyError::File`] where the file cannot be read or made, [`SecretKeyError::Exposed`] where others
    /// than its owner may read it, and [`SecretKeyError::TooShort`] for less than 32 bytes in it.
    pub fn open_or_create(directory: &Path) -> Result<Self, SecretKeyError> {
        let path = directory.join(FILE_NAME);
        match read(&path) {
            Err(SecretKeyError::File { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => {
                create(directory, &path)?;
                read(&path)
            }
            answer => answer,
        }
    }

    /// The key for one purpose: HMAC-SHA256 of its name under the secret.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        hmac_sha256(self.0.expose_secret().as_bytes(), purpose.as_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// Why there is no secret key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretKeyError {
    /// The secret has less than 32 bytes.
    #[error("{place} is too short: at least {MIN_SECRET_BYTES} bytes are needed")]
    TooShort {
        /// Where it stands.
        place: String,
    },
    /// Others than the file's owner may read it.
    #[error("{} may be read by others: set its mode to 0600", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or made.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

fn read(path: &Path) -> Result<SecretKey, SecretKeyError> {
    let failed = |cause| SecretKeyError::File { path: path.to_owned(), cause };
    // Asked before it is opened: opening a pipe would wait for a writer.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
    }
    let file = File::open(path).map_err(failed)?;
    if open_to_others(&file).map_err(failed)? {
        return Err(SecretKeyError::Exposed { path: path.to_owned() });
    }
    let mut text = String::new();
    let length = file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
    let mut text = SecretString::from(text);
    if length as u64 > MAX_FILE_BYTES {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidData, "too large for a secret")));
    }
    // Editors and `echo` end a file with a line break that nobody means.
    let trimmed = text.expose_secret().trim_end_matches(['\r', '\n']);
    if trimmed.len() != text.expose_secret().len() {
        text = SecretString::from(trimmed.to_owned());
    }
    if text.expose_secret().len() < MIN_SECRET_BYTES {
        return Err(SecretKeyError::TooShort { place: path.display().to_string() });
    }
    Ok(SecretKey(text))
}

/// Writes a new secret beside the file and gives it the file's name, unless another has that already.
fn create(directory: &Path, path: &Path) -> Result<(), SecretKeyError> {
    let failed = |cause| SecretKeyError::File { path: path.to_owned(), cause };
    let text = random_text().map_err(|error| failed(io::Error::other(error)))?;
    // Such a file has the mode 0600 from its first moment on.
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
    writeln!(file, "{text}").map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    match file.persist_noclobber(path) {
        Ok(_) => sync_directory(directory).map_err(failed),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(error.error)),
    }
}

#[cfg(unix)]
fn open_to_others(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;

    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn open_to_others(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// A name outlives a power cut only once its directory is written.
#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::key::hex;
    use super::*;

    const TEXT: &str = "0123456789abcdef0123456789abcdef";

    fn secret(text: &str) -> Result<SecretKey, SecretKeyError> {
        SecretKey::from_text(text.to_owned().into())
    }

    #[test]
    fn a_key_is_the_hmac_of_its_purpose() {
        // From `printf jwt | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef`.
        let expected = "59accad3e1ef866641938080ea3f1997dde268b7ded533f47c112a287251b6f5";
        assert_eq!(hex(&secret(TEXT).unwrap().derive("jwt")), expected);
        assert_ne!(secret(TEXT).unwrap().derive("jwt"), secret(TEXT).unwrap().derive("jwt2"));
    }

    #[test]
    fn a_short_secret_is_refused_and_none_is_shown() {
        let error = secret(&TEXT[1..]).unwrap_err();
        assert!(matches!(error, SecretKeyError::TooShort { .. }));
        assert!(!format!("{error} {error:?} {:?}", secret(TEXT)).contains(&TEXT[1..]));
    }

    #[test]
    fn a_directory_gets_one_secret_and_keeps_it() {
        let directory = tempfile::tempdir().unwrap();
        let first = SecretKey::open_or_create(directory.path()).unwrap();
        let second = SecretKey::open_or_create(directory.path()).unwrap();
        assert_eq!(first.derive("a"), second.derive("a"));
        let other = tempfile::tempdir().unwrap();
        assert_ne!(SecretKey::open_or_create(other.path()).unwrap().derive("a"), first.derive("a"));
        // Nothing else is left behind.
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn servers_that_start_together_have_one_secret() {
        let directory = tempfile::tempdir().unwrap();
        let keys: Vec<[u8; 32]> = std::thread::scope(|scope| {
            let start = || SecretKey::open_or_create(directory.path()).unwrap().derive("a");
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret_key");
        SecretKey::open_or_create(directory.path()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = SecretKey::open_or_create(directory.path()).unwrap_err();
        assert!(matches!(error, SecretKeyError::Exposed { .. }), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_no_secret_is_an_error_and_stays() {
        use std::os::unix::fs::PermissionsExt;

        for (content, says) in [
            (b"short\n".to_vec(), "too short"),
            (Vec::new(), "too short"),
            (vec![b'a'; 65 * 1024], "too large"),
            (vec![0xff; 40], "UTF-8"),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("secret_key");
            fs::write(&path, &content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let error = SecretKey::open_or_create(directory.path()).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(fs::read(&path).unwrap(), content);
        }
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("secret_key")).unwrap();
        let error = SecretKey::open_or_create(directory.path()).unwrap_err();
        assert!(error.to_string().contains("not a regular file"), "{error}");
        let error = SecretKey::open_or_create(&directory.path().join("absent")).unwrap_err();
        assert!(matches!(error, SecretKeyError::File { .. }), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_line_break_at_the_end_is_no_part_of_the_secret() {
        use std::os::unix::fs::PermissionsExt;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret_key");
        fs::write(&path, format!("{TEXT}\r\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let opened = SecretKey::open_or_create(directory.path()).unwrap();
        assert_eq!(opened.derive("a"), secret(TEXT).unwrap().derive("a"));
    }
}
