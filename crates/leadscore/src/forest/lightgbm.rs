//! Reads the text files `LightGBM` saves its models in.

mod columns;
mod objective;
mod text;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::{Body, Forest, Precision, Tree};
use crate::{Error, ErrorKind};
use text::{Block, Lines, Next};

/// Whether the bytes begin as a `LightGBM` text model does: with a line that says `tree`.
pub(crate) fn looks_like(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.trim_ascii_end() == b"tree"
}

/// The forest of a `LightGBM` text model.
///
/// # Errors
/// `invalid_model` for a file that is no such model, or is damaged; `unsupported_model` for a version or an objective
/// that is not known, and for `LightGBM`'s other formats.
pub(crate) fn load(bytes: &[u8]) -> Result<Forest, Error> {
    if !looks_like(bytes) {
        return Err(refuse(bytes));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| invalid("", format!("is not UTF-8 from byte {} on", error.valid_up_to())))?;
    let mut lines = Lines::new(text);
    lines.next(); // `tree`
    let (header, mut next) = Block::read("", &mut lines)?;
    let version = header.required("version")?;
    if !["v2", "v3", "v4"].contains(&version) {
        let message = format!("is {version:?}; versions v2, v3 and v4 of the format are known");
        return Err(unsupported("version", message));
    }
    let outputs = outputs(&header, bytes.len())?;
    let objective = objective::read(header.text("objective").unwrap_or_default(), outputs)?;
    let names = columns::names(&header)?;

    let mut trees: Vec<Tree> = Vec::new();
    while let Next::Tree(number) = next {
        let index = trees.len();
        let path = format!("trees[{index}]");
        if number.parse() != Ok(index) {
            return Err(invalid(&path, format!("is called Tree={number}")));
        }
        let (block, after) = Block::read(&path, &mut lines)?;
        trees.push(tree::read(&block, index, index % outputs, names.len())?);
        next = after;
    }
    if next == Next::Cut {
        return Err(invalid("", "ends before `end of trees`: the file is cut off".to_owned()));
    }
    if !trees.len().is_multiple_of(outputs) {
        let message = format!("{} trees are no whole rounds of {outputs}", trees.len());
        return Err(invalid("trees", message));
    }
    let average = header.says("average_output");
    if average && trees.is_empty() {
        return Err(invalid("trees", "there is no tree to take the average of".to_owned()));
    }
    let mut attributes = BTreeMap::new();
    let features = columns::read(&names, &header, &trees, lines, &mut attributes)?;
    Ok(Forest {
        library: "lightgbm",
        version: version.to_owned(),
        objective: objective.name,
        link: objective.link,
        precision: Precision::F64,
        features,
        base: vec![0.0; outputs],
        rounds: (1..=trees.len() / outputs).map(|round| round * outputs).collect(),
        body: Body::Trees(trees),
        best_iteration: None,
        average,
        attributes,
        engine: crate::forest::engine::Engine::Plain,
    })
}

/// The number of trees in a round.
fn outputs(header: &Block, size: usize) -> Result<usize, Error> {
    let key =
        if header.text("num_tree_per_iteration").is_some() { "num_tree_per_iteration" } else { "num_class" };
    let outputs: usize = header.number(key)?;
    // What the file claims must fit what it holds.
    if outputs == 0 || outputs > size {
        return Err(invalid(key, format!("is {outputs}")));
    }
    Ok(outputs)
}

/// What a file is that does not begin as a text model.
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
    invalid("", "is no LightGBM text model: those begin with a line that says `tree`".to_owned())
}

fn invalid(path: &str, message: String) -> Error {
    Error::new(ErrorKind::InvalidModel, path, message)
}

fn unsupported(path: &str, message: String) -> Error {
    Error::new(ErrorKind::UnsupportedModel, path, message)
}
