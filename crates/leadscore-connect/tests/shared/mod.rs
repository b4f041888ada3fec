//! Worked examples of protocols that lie beside the repository where it is developed.

use std::io::Write;
use std::path::{Path, PathBuf};

/// A file of them, or nothing where it is absent. Absence is written to the log that `make test` counts; with
/// `LEADSCORE_REQUIRE_SHARED=1` it fails the test.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var_os("LEADSCORE_REQUIRE_SHARED").is_some_and(|value| value == "1");
    assert!(!required, "{} is missing, and LEADSCORE_REQUIRE_SHARED=1", path.display());
    eprintln!("skipped: {name} is not there");
    if let Some(log) = std::env::var_os("LEADSCORE_SKIP_LOG") {
        let mut log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let line = format!("{} wants {name}\n", std::thread::current().name().unwrap_or("a test"));
        // In one piece: other tests write here too.
        log.write_all(line.as_bytes()).unwrap();
    }
    None
}
