//! The option `--map`, where it takes single columns as well as a file.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// What `--map` says.
#[derive(Debug, PartialEq)]
pub(crate) struct Map {
    pub(crate) file: Option<PathBuf>,
    /// Column and attribute.
    pub(crate) columns: Vec<(String, String)>,
}

impl Map {
    pub(crate) fn parse(all: &[String]) -> Result<Map, Failure> {
        let mut map = Map { file: None, columns: Vec::new() };
        for text in all {
            // Names of columns may have `=` in them, those of attributes have not.
            match text.rsplit_once('=') {
                Some((column, attribute)) if !Path::new(text).is_file() => {
                    let (column, attribute) = (column.trim(), attribute.trim());
                    if column.is_empty() || attribute.is_empty() {
                        return Err(Failure::message(format!("--map {text}: wants COLUMN=ATTRIBUTE")));
                    }
                    map.columns.push((column.to_owned(), attribute.to_owned()));
                }
                _ if map.file.is_some() => return Err(Failure::message("--map: one file is enough")),
                _ => map.file = Some(PathBuf::from(text)),
            }
        }
        Ok(map)
    }
}
