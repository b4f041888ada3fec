//! A file for a while.

use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

use super::unfinished::UnfinishedFile;

/// A file in the system's folder of temporary files that only this user can read; removed when it is dropped, and when the
/// program is told to end ([`abandon_unfinished_files`](crate::abandon_unfinished_files)).
///
/// ```
/// use std::io::Write;
/// let mut file = leadscore_files::ScratchFile::create()?;
/// writeln!(file, "lead_id,won")?;
/// file.flush()?;
/// let path = file.path().to_owned();
/// assert_eq!(std::fs::read_to_string(&path)?, "lead_id,won\n");
/// drop(file);
/// assert!(!path.exists());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct ScratchFile {
    file: BufWriter<File>,
    unfinished: UnfinishedFile,
}

impl ScratchFile {
    /// An empty file.
    ///
    /// # Errors
    /// Those of making a file in the folder of temporary files.
    pub fn create() -> Result<ScratchFile> {
        let (file, unfinished) = UnfinishedFile::create(&std::env::temp_dir().join("leadscore"))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(ScratchFile { file: BufWriter::new(file), unfinished })
    }

    /// Where it is. What was written is there after a flush.
    pub fn path(&self) -> &Path {
        self.unfinished.partial()
    }
}

impl Write for ScratchFile {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }
}
