//! The columns of the model's input: names, which of them are categorical, and the names of their categories.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::invalid;
use super::lists::{self, Column};
use super::text::{Block, Lines};
use crate::Error;
use crate::feature::{Level, Levels};
use crate::forest::model::{FeatureKind, ModelFeature};
use crate::forest::tree::{Node, Test, Tree};
use crate::json;

/// The names of the columns, in which the library has no blanks.
pub(super) fn names<'a>(header: &Block<'a>) -> Result<Vec<&'a str>, Error> {
    let names: Vec<&str> =
        header.required("feature_names")?.split(' ').filter(|name| !name.is_empty()).collect();
    let last = header.number("max_feature_idx")?;
    if last.checked_add(1) != Some(names.len()) {
        let message = format!("has {} names, but max_feature_idx is {last}", names.len());
        return Err(invalid("feature_names", message));
    }
    Ok(names)
}

/// The columns, with what the file says of them after the trees.
pub(super) fn read(
    names: &[&str],
    header: &Block,
    trees: &[Tree],
    lines: Lines,
) -> Result<Vec<ModelFeature>, Error> {
    let tail = Tail::read(lines);
    let codes = codes(names.len(), header, trees, &tail.categorical);
    let infos: Vec<&str> =
        header.text("feature_infos").unwrap_or_default().split_ascii_whitespace().collect();
    let columns: Vec<Column> = (0..names.len())
        .map(|at| Column::new(codes[at], infos.get(at).copied().filter(|_| infos.len() == names.len())))
        .collect();
    let mut features: Vec<ModelFeature> = names
        .iter()
        .zip(&columns)
        .map(|(name, column)| ModelFeature {
            name: Some((*name).to_owned()),
            kind: if column.codes.is_some() { FeatureKind::Categorical } else { FeatureKind::Numerical },
            may_be_flag: column.may_be_flag(),
            ..ModelFeature::default()
        })
        .collect();
    let lists = match tail.pandas_categorical {
        Some(text) => levels(text)?.unwrap_or_default(),
        None => Vec::new(),
    };
    lists::assign(&lists, &columns, &whole_splits(names.len(), trees), &mut features)?;
    Ok(features)
}

/// For every column whether all its splits may lie between whole numbers from 0 on: halfway between two of them, or at
/// the library's zero.
fn whole_splits(count: usize, trees: &[Tree]) -> Vec<bool> {
    let mut whole = vec![true; count];
    for node in trees.iter().flat_map(|tree| &tree.nodes) {
        if let Node::Split(split) = node
            && let Test::Numerical { threshold, .. } = split.test
        {
            // An endless threshold, which is NaN here, parts what is missing from all else.
            let part = threshold.fract();
            let is_half = [0.0, 0.5, 1.0].iter().any(|wanted| (part - wanted).abs() < 1e-9);
            whole[split.feature] &= !threshold.is_finite() || (threshold > -0.5 && is_half);
        }
    }
    whole
}

/// For every categorical column the number of codes, one more than the largest seen in training; none for the others.
fn codes(count: usize, header: &Block, trees: &[Tree], declared: &[usize]) -> Vec<Option<u32>> {
    let mut codes = vec![None; count];
    for column in declared {
        if let Some(code) = codes.get_mut(*column) {
            *code = Some(0);
        }
    }
    // `[0:251]` is the range of a number, `2:0:1` the codes of a category, `none` a column that was not used.
    let infos: Vec<&str> =
        header.text("feature_infos").unwrap_or_default().split_ascii_whitespace().collect();
    if infos.len() == count {
        for (code, info) in codes.iter_mut().zip(infos) {
            if info != "none" && !info.starts_with('[') {
                let seen = info.split(':').filter_map(|code| code.parse::<u32>().ok()).max();
                *code = Some(seen.map_or(0, |code| code.saturating_add(1)));
            }
        }
    }
    for node in trees.iter().flat_map(|tree| &tree.nodes) {
        if let Node::Split(split) = node
            && let Test::Categorical { categories, .. } = &split.test
        {
            let above = categories.last().map_or(0, |code| code.saturating_add(1));
            let code = &mut codes[split.feature];
            *code = Some(code.unwrap_or(0).max(above));
        }
    }
    codes
}

/// The used lines after the trees.
struct Tail<'a> {
    /// The columns that were declared categorical in training.
    categorical: Vec<usize>,
    pandas_categorical: Option<&'a str>,
}

impl<'a> Tail<'a> {
    fn read(lines: Lines<'a>) -> Tail<'a> {
        let mut tail = Tail { categorical: Vec::new(), pandas_categorical: None };
        for line in lines {
            if let Some(text) = line.strip_prefix("pandas_categorical:") {
                tail.pandas_categorical = Some(text);
            } else if let Some(text) = line.strip_prefix("[categorical_feature:")
                && !text.contains("name:")
            {
                let columns: BTreeSet<usize> = text
                    .trim_end_matches(']')
                    .split(',')
                    .filter_map(|word| word.trim().parse().ok())
                    .collect();
                tail.categorical = columns.into_iter().collect();
            }
        }
        tail
    }
}

/// The lists of names in the last line; nothing where it is `null`.
fn levels(text: &str) -> Result<Option<Vec<Arc<Levels>>>, Error> {
    let wrong = |message: &str| invalid("pandas_categorical", message.to_owned());
    let document = json::parse(text).map_err(|error| wrong(error.message()))?;
    let lists = match document {
        json::Node::Null => return Ok(None),
        json::Node::List(lists) => lists,
        _ => return Err(wrong("is no list of lists")),
    };
    let level = |node: &json::Node| {
        Level::of_node(node).ok_or_else(|| wrong("has a name that is neither text nor number"))
    };
    let list = |node: json::Node| match node {
        json::Node::List(names) => {
            Ok(Arc::new(Levels::new(names.iter().map(level).collect::<Result<_, _>>()?)))
        }
        _ => Err(wrong("is no list of lists")),
    };
    lists.into_iter().map(list).collect::<Result<_, _>>().map(Some)
}
