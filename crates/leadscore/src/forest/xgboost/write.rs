//! Writes a forest as an XGBoost JSON model.
//!
//! Only what XGBoost computes alike: f32 margins of trees with one value a leaf. The library then gives the same margins
//! to the bit.

use serde::Serialize;

use super::objective::base_score_of;
use crate::forest::model::{Booster, FeatureKind, Model};
use crate::forest::precision::{Precision, narrow_threshold};
use crate::forest::tree::{Leaf, Node, Test, Tree};
use crate::{Error, ErrorKind};

/// The version of the format: the newest that libraries from 1.7 to 3.4 read alike.
const VERSION: [u32; 3] = [2, 1, 4];
/// The parent of a root.
const NO_PARENT: i64 = 2_147_483_647;

#[derive(Serialize)]
struct Document {
    learner: Learner,
    version: [u32; 3],
}

#[derive(Serialize)]
#[allow(clippy::struct_field_names, reason = "the names of the format")]
struct Learner {
    attributes: std::collections::BTreeMap<String, String>,
    feature_names: Vec<String>,
    feature_types: Vec<&'static str>,
    gradient_booster: GradientBooster,
    learner_model_param: LearnerParam,
    objective: serde_json::Value,
}

#[derive(Serialize)]
struct GradientBooster {
    model: GradientBoosterModel,
    name: &'static str,
}

#[derive(Serialize)]
struct GradientBoosterModel {
    gbtree_model_param: TreeCountParam,
    iteration_indptr: Vec<usize>,
    tree_info: Vec<usize>,
    trees: Vec<TreeArrays>,
}

/// Counts are texts in the format.
#[derive(Serialize)]
struct TreeCountParam {
    num_parallel_tree: String,
    num_trees: String,
}

#[derive(Serialize)]
struct LearnerParam {
    base_score: String,
    boost_from_average: &'static str,
    num_class: String,
    num_feature: String,
    num_target: &'static str,
}

#[derive(Serialize)]
struct TreeParam {
    num_deleted: &'static str,
    num_feature: String,
    num_nodes: String,
    size_leaf_vector: &'static str,
}

/// A tree as parallel arrays over its nodes.
#[derive(Serialize)]
struct TreeArrays {
    base_weights: Vec<f32>,
    categories: Vec<u32>,
    categories_nodes: Vec<usize>,
    categories_segments: Vec<usize>,
    categories_sizes: Vec<usize>,
    default_left: Vec<u8>,
    id: usize,
    left_children: Vec<i64>,
    loss_changes: Vec<f32>,
    parents: Vec<i64>,
    right_children: Vec<i64>,
    split_conditions: Vec<f32>,
    split_indices: Vec<usize>,
    split_type: Vec<u8>,
    sum_hessian: Vec<f32>,
    tree_param: TreeParam,
}

/// The model's text.
///
/// # Errors
/// `unsupported_model` for what XGBoost cannot represent exactly.
pub(crate) fn write(model: &Model) -> Result<String, Error> {
    let Booster::Trees(trees) = &model.booster else { return Err(unsupported("", "it is a linear booster")) };
    if model.precision != Precision::F32 {
        return Err(unsupported("", "its margins are sums of f64, XGBoost's are sums of f32"));
    }
    if model.average_output || model.missing.is_some() {
        return Err(unsupported(
            "",
            "no XGBoost file says what it takes for missing, or that rounds are averaged",
        ));
    }
    let outputs = model.output_count();
    let (objective, param) = match model.objective.as_str() {
        name @ ("binary:logistic" | "binary:logitraw" | "reg:squarederror" | "reg:logistic") => {
            (name, serde_json::json!({"reg_loss_param": {"scale_pos_weight": "1"}}))
        }
        name @ "multi:softprob" => {
            (name, serde_json::json!({"softmax_multiclass_param": {"num_class": outputs.to_string()}}))
        }
        name @ "count:poisson" => {
            (name, serde_json::json!({"poisson_regression_param": {"max_delta_step": "0.7"}}))
        }
        name @ "survival:aft" => {
            let param = ["aft_loss_distribution", "aft_loss_distribution_scale"].map(|key| {
                let value = model.attributes.get(key);
                value
                    .map(|value| (key.to_owned(), value.clone().into()))
                    .ok_or_else(|| unsupported("objective", format!("the model does not say its `{key}`")))
            });
            let [noise, scale] = param;
            let param: serde_json::Map<String, serde_json::Value> = [noise?, scale?].into_iter().collect();
            (name, serde_json::json!({"aft_loss_param": param}))
        }
        // The margins are those of any other objective whose link is the identity.
        "reg:quantileerror" => {
            ("reg:squarederror", serde_json::json!({"reg_loss_param": {"scale_pos_weight": "1"}}))
        }
        name => return Err(unsupported("objective", format!("the objective `{name}` is not written"))),
    };
    let mut objective_fields = param;
    objective_fields["name"] = objective.into();
    let scores: Option<Vec<f32>> =
        model.base_score.iter().map(|margin| base_score_of(objective, *margin)).collect();
    let scores = scores.ok_or_else(|| unsupported("base", "no base score begins with this margin"))?;
    let base_score = match scores.as_slice() {
        [score] => format!("{score:E}"),
        [first, rest @ ..] if rest.iter().all(|score| score == first) => format!("{first:E}"),
        _ => {
            return Err(unsupported(
                "base",
                "a base score for each class is known to XGBoost from 3.1 on only",
            ));
        }
    };
    let document = Document {
        learner: Learner {
            attributes: std::collections::BTreeMap::new(),
            feature_names: model.features.iter().filter_map(|feature| feature.name.clone()).collect(),
            feature_types: model.features.iter().map(|feature| kind(feature.kind)).collect(),
            gradient_booster: GradientBooster {
                model: GradientBoosterModel {
                    gbtree_model_param: TreeCountParam {
                        num_parallel_tree: "1".to_owned(),
                        num_trees: trees.len().to_string(),
                    },
                    iteration_indptr: std::iter::once(0).chain(model.round_ends.iter().copied()).collect(),
                    tree_info: trees.iter().map(|tree| tree.output).collect(),
                    trees: trees
                        .iter()
                        .enumerate()
                        .map(|(id, tree)| arrays(id, tree, model.features.len()))
                        .collect::<Result<_, _>>()?,
                },
                name: "gbtree",
            },
            learner_model_param: LearnerParam {
                base_score,
                boost_from_average: "1",
                num_class: if outputs == 1 { 0 } else { outputs }.to_string(),
                num_feature: model.features.len().to_string(),
                num_target: "1",
            },
            objective: objective_fields,
        },
        version: VERSION,
    };
    Ok(serde_json::to_string(&document).expect("our types serialize"))
}

fn kind(kind: FeatureKind) -> &'static str {
    match kind {
        FeatureKind::Categorical => "c",
        FeatureKind::Indicator => "i",
        FeatureKind::Numerical | FeatureKind::Ordered => "float",
    }
}

/// The nodes level by level, each right child behind its left one: from 3.1 on the library looks for it there, whatever
/// `right_children` says.
fn by_level(tree: &Tree) -> Vec<usize> {
    let mut order = vec![0];
    let mut at = 0;
    while let Some(node) = order.get(at) {
        if let Node::Split(split) = &tree.nodes[*node] {
            order.extend([split.left, split.right]);
        }
        at += 1;
    }
    order
}

fn arrays(id: usize, tree: &Tree, feature_count: usize) -> Result<TreeArrays, Error> {
    let count = tree.nodes.len();
    let order = by_level(tree);
    let mut place = vec![0; count];
    for (number, node) in order.iter().enumerate() {
        place[*node] = number;
    }
    let mut out = TreeArrays {
        base_weights: vec![0.0; count],
        categories: Vec::new(),
        categories_nodes: Vec::new(),
        categories_segments: Vec::new(),
        categories_sizes: Vec::new(),
        default_left: vec![0; count],
        id,
        left_children: vec![-1; count],
        loss_changes: vec![0.0; count],
        parents: vec![NO_PARENT; count],
        right_children: vec![-1; count],
        split_conditions: vec![0.0; count],
        split_indices: vec![0; count],
        split_type: vec![0; count],
        sum_hessian: order.iter().map(|node| tree.nodes[*node].cover() as f32).collect(),
        tree_param: TreeParam {
            num_deleted: "0",
            num_feature: feature_count.to_string(),
            num_nodes: count.to_string(),
            size_leaf_vector: "1",
        },
    };
    for (number, node) in order.into_iter().enumerate() {
        match &tree.nodes[node] {
            Node::Leaf { leaf: Leaf::Value(value), .. } => {
                out.base_weights[number] = *value as f32;
                out.split_conditions[number] = *value as f32;
            }
            Node::Leaf { .. } => return Err(unsupported("trees", "a leaf is more than one value")),
            Node::Split(split) => {
                let (left, right) = (place[split.left], place[split.right]);
                (out.left_children[number], out.right_children[number]) = (left as i64, right as i64);
                out.parents[left] = number as i64;
                out.parents[right] = number as i64;
                out.default_left[number] = u8::from(split.default_left);
                out.split_indices[number] = split.feature;
                out.loss_changes[number] = split.gain as f32;
                match &split.test {
                    Test::Numerical { threshold, zero_is_missing: false } if threshold.is_finite() => {
                        out.split_conditions[number] = narrow_threshold(*threshold);
                    }
                    Test::Categorical {
                        categories,
                        members_left: false,
                        negative_fraction_is_zero: false,
                    } => {
                        out.split_type[number] = 1;
                        out.categories_nodes.push(number);
                        out.categories_segments.push(out.categories.len());
                        out.categories_sizes.push(categories.len());
                        out.categories.extend(categories);
                    }
                    _ => return Err(unsupported("trees", "a split compares as LightGBM's do")),
                }
            }
        }
    }
    Ok(out)
}

fn unsupported(path: &str, message: impl Into<String>) -> Error {
    let message = format!("cannot be written as an XGBoost model: {}", message.into());
    Error::new(ErrorKind::UnsupportedModel, path, message)
}
