//! Files that take their place only when they are complete.

mod scratch;
mod unfinished;

use std::fmt;
use std::io::{BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use leadscore::error::Path as ErrorPath;
use leadscore::{Error, ErrorKind};

use super::format::{is_packed, is_special};
pub use scratch::ScratchFile;
use unfinished::UnfinishedFile;
pub use unfinished::abandon_unfinished_files;

/// A file that takes its place only when it is complete, or a stream.
pub struct OutputFile<'a> {
    target: Target<'a>,
    unfinished: Option<UnfinishedFile>,
}

enum Target<'a> {
    Plain(Stream<'a>),
    Packed(Box<GzEncoder<Stream<'a>>>),
}

type Stream<'a> = BufWriter<Box<dyn Write + 'a>>;

const BUFFER_BYTES: usize = 1 << 16;

impl<'a> OutputFile<'a> {
    /// Creates a file, packed with gzip where its name ends in `.gz`. What is written goes to a new file of its own beside
    /// it, `.leadscore-<random>.partial`, which takes its place in [`OutputFile::finish`] and is removed where
    /// that is not reached: nobody takes half a result for a whole one, and no file of somebody else is touched. Devices
    /// and pipes are written as they are.
    ///
    /// # Errors
    /// `not_found` and `io`.
    pub fn create(path: &Path) -> Result<OutputFile<'a>, Error> {
        let refuse = |error| cannot_write(path, error);
        let (stream, unfinished): (Box<dyn Write>, _) = if is_special(path) {
            let opened = std::fs::OpenOptions::new().write(true).open(path);
            (Box::new(opened.map_err(refuse)?), None)
        } else {
            let (file, unfinished) = UnfinishedFile::create(path).map_err(refuse)?;
            (Box::new(file), Some(unfinished))
        };
        let stream: Stream<'a> = BufWriter::with_capacity(BUFFER_BYTES, stream);
        // Without a time in its header, so that the same content is the same file.
        let packed = |stream| Target::Packed(Box::new(GzEncoder::new(stream, Compression::default())));
        let target = if is_packed(path) { packed(stream) } else { Target::Plain(stream) };
        Ok(OutputFile { target, unfinished })
    }

    /// Writes to a stream, such as standard output or a buffer in memory.
    pub fn stream(stream: impl Write + 'a) -> OutputFile<'a> {
        let stream: Box<dyn Write + 'a> = Box::new(stream);
        OutputFile { target: Target::Plain(BufWriter::with_capacity(BUFFER_BYTES, stream)), unfinished: None }
    }

    /// Whether it is a file that takes its place in the end.
    pub fn is_file(&self) -> bool {
        self.unfinished.is_some()
    }

    /// Writes what is buffered, and puts a file in its place.
    ///
    /// # Errors
    /// `io`.
    pub fn finish(self) -> Result<(), Error> {
        match self.target {
            Target::Plain(mut stream) => stream.flush()?,
            Target::Packed(packed) => packed.finish()?.flush()?,
        }
        match self.unfinished {
            Some(file) => file.finish().map_err(|(path, error)| cannot_write(&path, error)),
            None => Ok(()),
        }
    }
}

impl Write for OutputFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.target {
            Target::Plain(stream) => stream.write(bytes),
            Target::Packed(packed) => packed.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.target {
            Target::Plain(stream) => stream.flush(),
            Target::Packed(packed) => packed.flush(),
        }
    }
}

impl fmt::Debug for OutputFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputFile").field("unfinished", &self.unfinished).finish_non_exhaustive()
    }
}

fn cannot_write(path: &Path, error: std::io::Error) -> Error {
    let message = format!("cannot write {}: {error}", path.display());
    Error::new(Error::from(std::io::Error::from(error.kind())).kind(), "", message).with_source(error)
}

/// Refuses to write over anything that is read, or two things into one file. `reads` pairs what a file is called with
/// its path, `writes` the option that names a file with its path.
///
/// # Errors
/// `invalid_context` with the option as the path.
pub fn refuse_overwriting(reads: &[(&str, &Path)], writes: &[(&str, &Path)]) -> Result<(), Error> {
    for (index, (option, path)) in writes.iter().enumerate() {
        if let Some((what, _)) = reads.iter().find(|(_, read)| is_same_file(path, read)) {
            let message = format!("{} is {what} and would be overwritten; name another file", path.display());
            return Err(Error::new(ErrorKind::InvalidContext, ErrorPath::from_field(*option), message));
        }
        let earlier = writes[..index].iter();
        if let Some((other, _)) = earlier.into_iter().find(|(_, second)| is_same_file(path, second)) {
            let message = format!("{other} and {option} name the same file");
            return Err(Error::new(ErrorKind::InvalidContext, "", message));
        }
    }
    Ok(())
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if let (Ok(a), Ok(b)) = (std::fs::metadata(a), std::fs::metadata(b)) {
            return a.is_file() && (a.dev(), a.ino()) == (b.dev(), b.ino());
        }
    }
    // A file that is not there yet is known by its folder: `scores.csv` and `./scores.csv` are one.
    let place = |path: &Path| {
        std::fs::canonicalize(path).ok().or_else(|| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            Some(std::fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?.join(path.file_name()?))
        })
    };
    a == b && !is_special(a)
        || matches!((place(a), place(b)), (Some(a), Some(b)) if a == b && !is_special(&a))
}
