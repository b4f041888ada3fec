//! The encoding of a file, and what a file is that is not a model.

use super::document::{Doc, DocCursor};
use super::{text, ubjson};
use crate::{Error, ErrorKind};

/// How to write a file that can be read, for messages.
const SAVE: &str = "save it again with `booster.save_model(\"model.json\")`";

/// Reads JSON or UBJSON, detected from the content.
pub(super) fn read(bytes: &[u8]) -> Result<Doc, Error> {
    let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let document = match json {
        [b'{', b'"' | b'}' | b' ' | b'\t' | b'\r' | b'\n', ..] => text::read(json)?,
        [b'{', ..] => ubjson::read(bytes.trim_ascii_start())?,
        _ => return Err(not_a_model(bytes, json)),
    };
    let root = DocCursor::new(&document, String::new());
    let has = |key: &str| root.field(key).is_some();
    if has("Config") && has("Model") {
        return Err(unsupported(format!(
            "a memory snapshot, which XGBoost reads back only into its own version; load it there and {SAVE}"
        )));
    }
    if has("nodeid") {
        return Err(dump());
    }
    if !has("learner") && has("tree_info") {
        return Err(unsupported(
            "output of LightGBM's `dump_model`; save the model with `booster.save_model(\"model.txt\")`"
                .to_owned(),
        ));
    }
    if !has("learner") {
        return Err(unsupported(format!("no XGBoost model: it has no `learner`; if it was one, {SAVE}")));
    }
    Ok(document)
}

/// The error for a file that is not an object: what it is, by its first bytes.
fn not_a_model(bytes: &[u8], text: &[u8]) -> Error {
    let message = match bytes {
        [0x80, 0..=5, ..] => {
            format!("a Python pickle (or joblib file), which is never run here; load it in Python and {SAVE}")
        }
        [0x1f, 0x8b, ..] | [b'B', b'Z', b'h', ..] | [b'P', b'K', 3, 4, ..] => {
            "a compressed file; unpack it first".to_owned()
        }
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] | [b'Z', b'F', ..] => {
            format!("a compressed joblib file, which is never run here; load it in Python and {SAVE}")
        }
        _ if bytes.starts_with(b"CONFIG-offset:") => {
            format!(
                "a memory snapshot, which XGBoost reads back only into its own version; load it there and {SAVE}"
            )
        }
        _ if bytes.starts_with(b"binf") || bytes.starts_with(b"bs64") => legacy(),
        _ if text.starts_with(b"[") || text.starts_with(b"booster[") || text.starts_with(b"digraph") => {
            return dump();
        }
        _ if text.starts_with(b"0:[") || text.starts_with(b"0:leaf=") => return dump(),
        _ if text.is_empty() => {
            return Error::new(ErrorKind::InvalidModel, "", "an empty file");
        }
        _ if bytes.iter().take(256).any(|byte| *byte < 8) => legacy(),
        _ => format!("no XGBoost model: it is neither JSON nor UBJSON; if it was one, {SAVE}"),
    };
    unsupported(message)
}

fn legacy() -> String {
    format!("XGBoost's old binary format, or no model; load it with XGBoost before 3.1 and {SAVE}")
}

fn dump() -> Error {
    unsupported(format!(
        "output of `dump_model`, which is for reading by people and not exact; {SAVE} instead"
    ))
}

fn unsupported(message: String) -> Error {
    Error::new(ErrorKind::UnsupportedModel, "", message)
}
