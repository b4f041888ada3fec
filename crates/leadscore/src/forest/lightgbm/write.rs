//! Writes a forest as a LightGBM text model.
//!
//! LightGBM adds f64; a forest of f32 sums differs from its copy by their rounding alone. The base margin goes into the
//! leaves of the first round, as the library does it.

use crate::forest::model::{Booster, FeatureKind, Link, Model, ModelFeature};
use crate::forest::precision::Precision;
use crate::forest::tree::{Leaf, Node, Split, Test, Tree};
use crate::json::Node as JsonNode;
use crate::{Error, ErrorKind};

/// Bits of `decision_type`.
const CATEGORICAL: u8 = 1;
const DEFAULT_LEFT: u8 = 2;
const MISSING_ZERO: u8 = 1 << 2;
const MISSING_NAN: u8 = 2 << 2;

/// The model's text.
///
/// # Errors
/// `unsupported_model` for what LightGBM cannot represent.
pub(crate) fn write(model: &Model) -> Result<String, Error> {
    let Booster::Trees(trees) = &model.booster else { return Err(unsupported("", "it is a linear booster")) };
    if model.missing.is_some() {
        return Err(unsupported("missing", "no LightGBM file says what value it takes for missing"));
    }
    let outputs = model.output_count();
    let objective = match model.link {
        Link::Sigmoid(slope) => format!("binary sigmoid:{slope}"),
        Link::Softmax => format!("multiclass num_class:{outputs}"),
        Link::Identity | Link::LogOdds => "regression".to_owned(),
        Link::Exp => "poisson".to_owned(),
        _ => return Err(unsupported("link", "LightGBM has no objective of this link")),
    };
    let names: Vec<String> =
        model.features.iter().enumerate().map(|(at, feature)| name(at, feature)).collect();
    let mut blocks = Vec::with_capacity(trees.len());
    for (number, tree) in trees.iter().enumerate() {
        let base = if number < outputs { model.base_score[tree.output] } else { 0.0 };
        blocks.push(block(model, number, tree, base)?);
    }
    let sizes: Vec<usize> = blocks.iter().map(String::len).collect();
    let lists: Vec<JsonNode> = model
        .features
        .iter()
        .filter(|feature| feature.kind == FeatureKind::Categorical)
        .map(|feature| JsonNode::from(&feature.levels))
        .collect();
    Ok(format!(
        "tree\nversion=v4\nnum_class={outputs}\nnum_tree_per_iteration={outputs}\nlabel_index=0\nmax_feature_idx={last}\n\
         objective={objective}\nfeature_names={names}\nfeature_infos={infos}\ntree_sizes={sizes}\n\n{blocks}end of trees\n\n\
         feature_importances:\n\nparameters:\nend of parameters\n\npandas_categorical:{lists}\n",
        last = model.features.len() - 1,
        names = names.join(" "),
        infos = (0..names.len()).map(|at| info(model, trees, at)).collect::<Vec<_>>().join(" "),
        sizes = joined(sizes.iter()),
        blocks = blocks.concat(),
        lists = serde_json::to_string(&JsonNode::List(lists)).expect("our types serialize"),
    ))
}

/// Names in the format have no blanks and are parted by them.
fn name(at: usize, feature: &ModelFeature) -> String {
    feature
        .name
        .as_ref()
        .map_or_else(|| format!("Column_{at}"), |name| name.replace(char::is_whitespace, "_"))
}

/// What values a column has: its codes, or a range that says no more than that it is a number.
fn info(model: &Model, trees: &[Tree], at: usize) -> String {
    let is_used = trees
        .iter()
        .flat_map(|tree| &tree.nodes)
        .any(|node| matches!(node, Node::Split(split) if split.feature == at));
    match model.features[at].kind {
        FeatureKind::Categorical => {
            let codes = model.features[at].levels.len().max(model.code_bound(at)).max(1);
            joined_by(0..codes, ":")
        }
        _ if is_used => "[-1e+308:1e+308]".to_owned(),
        _ => "none".to_owned(),
    }
}

/// A tree's lines, the base margin added to its leaves.
fn block(model: &Model, number: usize, tree: &Tree, base: f64) -> Result<String, Error> {
    // Splits and leaves are numbered apart, leaves from −1 down.
    let mut numbers = Vec::with_capacity(tree.nodes.len());
    let (mut splits, mut leaves) = (Vec::new(), Vec::new());
    for node in &tree.nodes {
        match node {
            Node::Split(split) => {
                numbers.push(splits.len() as i64);
                splits.push(split);
            }
            Node::Leaf { leaf: Leaf::Value(value), cover } => {
                numbers.push(-(leaves.len() as i64) - 1);
                leaves.push((*value + base, *cover));
            }
            Node::Leaf { .. } => return Err(unsupported("trees", "a leaf is more than one value")),
        }
    }
    let (mut thresholds, mut decisions) = (Vec::new(), Vec::new());
    let (mut boundaries, mut words) = (vec![0], Vec::<u32>::new());
    for split in &splits {
        let (threshold, decision) = decision(model, split, &mut boundaries, &mut words)?;
        thresholds.push(threshold);
        decisions.push(decision);
    }
    let sets = boundaries.len() - 1;
    let mut text = format!("Tree={number}\nnum_leaves={}\nnum_cat={sets}\n", leaves.len());
    let mut line = |key: &str, values: String| text.push_str(&format!("{key}={values}\n"));
    line("split_feature", joined(splits.iter().map(|split| split.feature)));
    line(
        "split_gain",
        joined(splits.iter().map(|split| if split.gain.is_finite() { split.gain } else { 0.0 })),
    );
    line("threshold", joined(thresholds.iter()));
    line("decision_type", joined(decisions.iter()));
    line("left_child", joined(splits.iter().map(|split| numbers[child(split, true)])));
    line("right_child", joined(splits.iter().map(|split| numbers[child(split, false)])));
    if sets > 0 {
        line("cat_boundaries", joined(boundaries.iter()));
        line("cat_threshold", joined(words.iter()));
    }
    // Counts weigh contributions; what weighs them here are sums of hessians, in thousandths.
    let count =
        |cover: f64| if cover.is_finite() { (cover * 1000.0).round().clamp(1.0, 2e9) as i64 } else { 1 };
    line("leaf_value", joined(leaves.iter().map(|(value, _)| value)));
    line("leaf_weight", joined(leaves.iter().map(|(_, cover)| if cover.is_finite() { *cover } else { 0.0 })));
    line("leaf_count", joined(leaves.iter().map(|(_, cover)| count(*cover))));
    line("internal_value", joined(splits.iter().map(|_| 0)));
    line(
        "internal_weight",
        joined(splits.iter().map(|split| if split.cover.is_finite() { split.cover } else { 0.0 })),
    );
    line("internal_count", joined(splits.iter().map(|split| count(split.cover))));
    text.push_str("is_linear=0\nshrinkage=1\n\n\n");
    Ok(text)
}

/// The child on a side as LightGBM has it, whose sets go left.
fn child(split: &Split, left: bool) -> usize {
    let turned = matches!(split.test, Test::Categorical { members_left: false, .. });
    if left == turned { split.right } else { split.left }
}

/// The threshold, or the number of a set, and the type of the decision.
fn decision(
    model: &Model,
    split: &Split,
    boundaries: &mut Vec<usize>,
    words: &mut Vec<u32>,
) -> Result<(f64, u8), Error> {
    match &split.test {
        Test::Numerical { threshold, zero_is_missing } => {
            let missing = if *zero_is_missing { MISSING_ZERO } else { MISSING_NAN };
            let left = if split.default_left { DEFAULT_LEFT } else { 0 };
            // `x < t` and `x ≤ the number below t` are the same.
            let below = if threshold.is_nan() { f64::INFINITY } else { threshold.next_down() };
            Ok((below, missing | left))
        }
        Test::Categorical { categories, members_left, negative_fraction_is_zero } => {
            // A missing value is no member, and goes right with all that is none.
            let exact = split.default_left != *members_left
                && (*negative_fraction_is_zero || model.precision == Precision::F32);
            if !exact {
                return Err(unsupported("trees", "a missing level goes with the members of a set"));
            }
            let set = boundaries.len() - 1;
            let mut bits = vec![0_u32; categories.last().map_or(1, |code| *code as usize / 32 + 1)];
            for code in categories {
                bits[*code as usize / 32] |= 1 << (code % 32);
            }
            words.extend(bits);
            boundaries.push(words.len());
            Ok((set as f64, CATEGORICAL | MISSING_NAN))
        }
    }
}

fn joined(values: impl Iterator<Item = impl ToString>) -> String {
    joined_by(values, " ")
}

fn joined_by(values: impl Iterator<Item = impl ToString>, between: &str) -> String {
    values.map(|value| value.to_string()).collect::<Vec<_>>().join(between)
}

fn unsupported(path: &str, message: impl Into<String>) -> Error {
    let message = format!("cannot be written as a LightGBM model: {}", message.into());
    Error::new(ErrorKind::UnsupportedModel, path, message)
}
