//! What comes out: rows, the ranked table, the waterfall.

pub(crate) mod notes;
pub(crate) mod rows;
pub(crate) mod table;
pub(crate) mod waterfall;

use std::fs::File;
use std::io::{BufWriter, StdoutLock, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Standard output, or a file that takes its place only when it is complete.
pub(crate) struct Output {
    target: Target,
    /// The unfinished file and the place it goes to.
    unfinished: Option<(PathBuf, PathBuf)>,
}

enum Target {
    Standard(BufWriter<StdoutLock<'static>>),
    File(BufWriter<File>),
}

impl Output {
    /// The file to write, or standard output.
    pub(crate) fn new(path: Option<&Path>) -> Result<Output, Failure> {
        const BUFFER: usize = 1 << 16;
        let Some(path) = path else {
            let out = BufWriter::with_capacity(BUFFER, std::io::stdout().lock());
            return Ok(Output { target: Target::Standard(out), unfinished: None });
        };
        // Devices and pipes are written as they are; a file is written beside its place and moved there at the end, so
        // that nobody takes half a result for a whole one.
        let special = std::fs::metadata(path).is_ok_and(|data| !data.is_file());
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let open = if special { path } else { Path::new(&partial) };
        let file = File::create(open)
            .map_err(|error| Failure::said(format!("cannot write {}: {error}", path.display())))?;
        let unfinished = (!special).then(|| (PathBuf::from(&partial), path.to_owned()));
        Ok(Output { target: Target::File(BufWriter::with_capacity(BUFFER, file)), unfinished })
    }

    /// Completes the output.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.flush()?;
        if let Some((partial, path)) = self.unfinished.take() {
            std::fs::rename(&partial, &path)
                .map_err(|error| Failure::said(format!("cannot write {}: {error}", path.display())))?;
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.target {
            Target::Standard(out) => out.write(bytes),
            Target::File(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.target {
            Target::Standard(out) => out.flush(),
            Target::File(out) => out.flush(),
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some((partial, _)) = &self.unfinished {
            // Best effort: the error that brought us here is the one to tell.
            let _ = std::fs::remove_file(partial);
        }
    }
}

/// Refuses to write over anything that is read, or two things into one file. Both lists pair a name for messages with
/// a path.
pub(crate) fn keep_apart(reads: &[(&str, &Path)], writes: &[(&str, &Path)]) -> Result<(), Failure> {
    for (at, (flag, path)) in writes.iter().enumerate() {
        for (what, read) in reads {
            if same_file(path, read) {
                let path = path.display();
                return Err(Failure::said(format!(
                    "{flag}: {path} is {what} and would be overwritten; name another file"
                )));
            }
        }
        for (other, second) in &writes[..at] {
            if path == second || same_file(path, second) {
                return Err(Failure::said(format!("{other} and {flag} name the same file")));
            }
        }
    }
    Ok(())
}

fn same_file(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if let (Ok(a), Ok(b)) = (std::fs::metadata(a), std::fs::metadata(b)) {
            return a.is_file() && (a.dev(), a.ino()) == (b.dev(), b.ino());
        }
    }
    matches!((std::fs::canonicalize(a), std::fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}
