//! What comes out on a terminal: the ranked table, the waterfall, answers in words.

pub(crate) mod assist;
pub(crate) mod evaluation;
pub(crate) mod table;
pub(crate) mod waterfall;

use std::path::Path;

use leadscore::Error;
use leadscore_files::OutputFile;

/// The file to write, or standard output, also for `-`.
pub(crate) fn open_output(path: Option<&Path>) -> Result<OutputFile<'static>, Error> {
    match path.filter(|path| *path != Path::new("-")) {
        Some(path) => OutputFile::create(path),
        None => Ok(OutputFile::stream(std::io::stdout().lock())),
    }
}
