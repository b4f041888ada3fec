//! Reads LightGBM's text models (`Booster.save_model`).

mod columns;
mod error;
mod lists;
mod objective;
mod text;
mod tree;

#[cfg(test)]
mod tests;
#[cfg(feature = "learn")]
mod write;

use std::collections::BTreeMap;

use super::model::{Booster, Library, Model};
use super::precision::Precision;
use super::tree::Tree;
use crate::Error;
use error::{invalid, unsupported};
#[cfg(feature = "learn")]
pub(crate) use write::write;

use text::{Block, Following, Lines};

/// Whether the bytes begin as a LightGBM text model does: with the line `tree`.
pub(crate) fn looks_like(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.trim_ascii_end() == b"tree"
}

/// Reads a LightGBM text model.
///
/// # Errors
/// `invalid_model` for a file that is no such model, or is damaged; `unsupported_model` for a version or an objective
/// that is not known, and for LightGBM's other formats.
pub(crate) fn load(bytes: &[u8]) -> Result<Model, Error> {
    if !looks_like(bytes) {
        return Err(refuse(bytes));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| invalid("", format!("is not UTF-8 from byte {} on", error.valid_up_to())))?;
    let mut lines = Lines::new(text);
    lines.next(); // `tree`
    let (header, mut following) = Block::read("", &mut lines)?;
    let version = header.required("version")?;
    if !["v2", "v3", "v4"].contains(&version) {
        let message = format!("is {version:?}; versions v2, v3 and v4 of the format are known");
        return Err(unsupported("version", message));
    }
    let outputs = outputs(&header, bytes.len())?;
    let objective = objective::read(header.text("objective").unwrap_or_default(), outputs)?;
    let names = columns::names(&header)?;

    let mut trees: Vec<Tree> = Vec::new();
    while let Following::Tree(number) = following {
        let index = trees.len();
        let path = format!("trees[{index}]");
        if number.parse() != Ok(index) {
            return Err(invalid(&path, format!("is called Tree={number}")));
        }
        let (block, after) = Block::read(&path, &mut lines)?;
        trees.push(tree::read(&block, index, index % outputs, names.len())?);
        following = after;
    }
    if following == Following::Truncated {
        return Err(invalid("", "ends before `end of trees`: the file is cut off".to_owned()));
    }
    if !trees.len().is_multiple_of(outputs) {
        let message = format!("{} trees are no whole rounds of {outputs}", trees.len());
        return Err(invalid("trees", message));
    }
    let average_output = header.has_line("average_output");
    if average_output && trees.is_empty() {
        return Err(invalid("trees", "there is no tree to take the average of".to_owned()));
    }
    let features = columns::read(&names, &header, &trees, lines)?;
    Ok(Model {
        source_library: Library::LightGbm,
        library_version: version.to_owned(),
        objective: objective.name,
        link: objective.link,
        precision: Precision::F64,
        features,
        base_score: vec![0.0; outputs],
        round_ends: (1..=trees.len() / outputs).map(|round| round * outputs).collect(),
        booster: Booster::Trees(trees),
        best_iteration: None,
        average_output,
        missing: None,
        attributes: BTreeMap::new(),
    })
}

/// The number of trees in a round.
fn outputs(header: &Block, size: usize) -> Result<usize, Error> {
    let key =
        if header.text("num_tree_per_iteration").is_some() { "num_tree_per_iteration" } else { "num_class" };
    let outputs: usize = header.number(key)?;
    // A count the file cannot hold would reserve memory without bounds.
    if outputs == 0 || outputs > size {
        return Err(invalid(key, format!("is {outputs}")));
    }
    Ok(outputs)
}

/// The error for a file that does not begin as a text model: what it is instead.
fn refuse(bytes: &[u8]) -> Error {
    let holds = |words: &[u8]| bytes.windows(words.len()).any(|window| window == words);
    let start = bytes.trim_ascii_start();
    let save = "save the model with `booster.save_model(\"model.txt\")` instead";
    if start.starts_with(b"{") && (holds(b"\"tree_info\"") || holds(b"\"tree_structure\"")) {
        return unsupported(
            "",
            format!("is a JSON dump of a LightGBM model, which is not meant for loading; {save}"),
        );
    }
    if start.starts_with(b"\x80") && (holds(b"lightgbm") || holds(b"LGBM")) {
        return unsupported("", format!("is a pickled LightGBM model, which only Python can read; {save}"));
    }
    invalid("", "is no LightGBM text model: those begin with the line `tree`".to_owned())
}
