//! Any bytes as a table: rows, rejections or a refusal, never a panic.
#![no_main]

use leadscore_csv::{CsvOptions, inspect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = inspect(bytes, CsvOptions::default());
});
