//! Vectors that were made by other programs and lie beside the repository where it is developed.

use std::io::Write;
use std::path::{Path, PathBuf};

/// Where a file of them is, or nothing if it is nowhere. Then `LEADSCORE_REQUIRE_SHARED=1` fails the test, and
/// without it the test says that it is skipped, also in the log that `make test` counts.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    // A second work tree lies deeper than the first.
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found = above.map(|folder| folder.join("shared").join(name)).find(|path| path.is_file());
    if found.is_none() {
        let required = std::env::var_os("LEADSCORE_REQUIRE_SHARED").is_some_and(|value| value == "1");
        assert!(!required, "shared/{name} is missing, and LEADSCORE_REQUIRE_SHARED=1");
        eprintln!("skipped: {name} is not there");
        if let Some(log) = std::env::var_os("LEADSCORE_SKIP_LOG") {
            let line = format!("{} wants {name}\n", std::thread::current().name().unwrap_or("a test"));
            let mut log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
            log.write_all(line.as_bytes()).unwrap();
        }
    }
    found
}
