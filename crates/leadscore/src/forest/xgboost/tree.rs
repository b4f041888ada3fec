//! One tree: from parallel arrays to canonical nodes.

use std::borrow::Cow;
use std::collections::HashMap;

use super::document::DocCursor;
use super::header::Size;
use crate::forest::precision::widen_threshold;
use crate::forest::tree::{Leaf, Node, Split, Test, Tree};
use crate::{Error, ErrorKind};

/// XGBoost accepts no category code from here on, as f32 no longer distinguishes neighbours.
const MAX_CODES: i64 = 1 << 24;

/// Reads one tree; `weight` is dart's factor for its leaves.
pub(super) fn read(
    number: usize,
    cursor: &DocCursor,
    output: usize,
    size: Size,
    weight: Option<f32>,
) -> Result<Tree, Error> {
    let arrays = Arrays::read(number, cursor, size)?;
    let live = arrays.reachable()?;
    let mut rows = vec![false; arrays.leaves.row_count()];
    let mut slots = Vec::with_capacity(live.len());
    for (node, live) in live.into_iter().enumerate() {
        slots.push(match live {
            // Entries of pruned nodes hold stale values.
            false => Node::Leaf { leaf: Leaf::Value(0.0), cover: f64::NAN },
            true if arrays.is_leaf(node) => arrays.leaf(node, size, weight, &mut rows)?,
            true => arrays.split(node, size)?,
        });
    }
    Tree::new(number, output, slots)
}

pub(super) fn has_vectors(tree: &Tree) -> bool {
    tree.nodes.iter().any(|node| matches!(node, Node::Leaf { leaf: Leaf::Vector(_), .. }))
}

/// Everything but the optional arrays has one entry for each node.
struct Arrays<'a> {
    number: usize,
    left: &'a [i64],
    right: &'a [i64],
    feature: &'a [i64],
    condition: Cow<'a, [f32]>,
    default_left: &'a [i64],
    /// Empty where all splits are numerical.
    kind: &'a [i64],
    cover: Cow<'a, [f32]>,
    gain: Cow<'a, [f32]>,
    sets: HashMap<i64, &'a [i64]>,
    leaves: Leaves<'a>,
}

/// Where leaf values are.
enum Leaves<'a> {
    /// In the node's split condition.
    Scalar,
    /// In the row of the node's index.
    RowOfNode(Cow<'a, [f32]>),
    /// In the row that the right child refers to; the second field is the width of a row.
    RowOfRightChild(Cow<'a, [f32]>, usize),
}

impl Leaves<'_> {
    /// How many rows there are to refer to.
    fn row_count(&self) -> usize {
        match self {
            Leaves::RowOfRightChild(weights, width) => weights.len() / width.max(&1),
            _ => 0,
        }
    }
}

impl<'a> Arrays<'a> {
    fn read(number: usize, cursor: &DocCursor<'a>, size: Size) -> Result<Arrays<'a>, Error> {
        let left = cursor.required("left_children")?.ints()?;
        let count = left.len();
        let claimed =
            cursor.field("tree_param").map_or(Ok(count), |param| param.count_or("num_nodes", count))?;
        if claimed != count {
            return Err(cursor.error(format!("holds {count} nodes, but `num_nodes` is {claimed}")));
        }
        let fits = |key: &str, length: usize, optional: bool| {
            if length == count || (optional && length == 0) {
                return Ok(());
            }
            Err(cursor.error(format!("`{key}` has {length} entries for {count} nodes")))
        };
        let ints = |key: &str, optional: bool| {
            let list = if optional { cursor.optional_ints(key)? } else { cursor.required(key)?.ints()? };
            fits(key, list.len(), optional).map(|()| list)
        };
        let reals = |key: &str| {
            let list = cursor.optional_reals(key)?;
            fits(key, list.len(), true).map(|()| list)
        };
        let condition = cursor.required("split_conditions")?.reals()?;
        fits("split_conditions", condition.len(), false)?;
        Ok(Arrays {
            number,
            left,
            right: ints("right_children", false)?,
            feature: ints("split_indices", false)?,
            condition,
            default_left: ints("default_left", false)?,
            kind: ints("split_type", true)?,
            cover: reals("sum_hessian")?,
            gain: reals("loss_changes")?,
            sets: sets(cursor)?,
            leaves: leaves(cursor, count, size)?,
        })
    }

    fn error(&self, node: usize, message: String) -> Error {
        Error::new(ErrorKind::InvalidModel, format!("trees[{}].nodes[{node}]", self.number), message)
    }

    fn is_leaf(&self, node: usize) -> bool {
        self.left.get(node) == Some(&-1)
    }

    fn children(&self, node: usize) -> Result<[usize; 2], Error> {
        let child = |side: &[i64], name: &str| {
            let child = side.get(node).copied().unwrap_or(-1);
            usize::try_from(child).ok().filter(|child| *child < self.left.len()).ok_or_else(|| {
                self.error(
                    node,
                    format!("the {name} child {child} is none of the tree's {} nodes", self.left.len()),
                )
            })
        };
        Ok([child(self.left, "left")?, child(self.right, "right")?])
    }

    /// Which nodes are reached from the first.
    fn reachable(&self) -> Result<Vec<bool>, Error> {
        let mut live = vec![false; self.left.len()];
        let mut todo = if live.is_empty() { vec![] } else { vec![0] };
        while let Some(node) = todo.pop() {
            if live.get(node).copied().unwrap_or(true) {
                return Err(self.error(node, "is the child of two nodes".to_owned()));
            }
            live[node] = true;
            if !self.is_leaf(node) {
                todo.extend(self.children(node)?);
            }
        }
        Ok(live)
    }

    fn leaf(&self, node: usize, size: Size, weight: Option<f32>, rows: &mut [bool]) -> Result<Node, Error> {
        // The product is rounded to f32 before anything is added.
        let value = |stored: f32| {
            let value = weight.map_or(stored, |weight| stored * weight);
            if value.is_finite() {
                Ok(f64::from(value))
            } else {
                Err(self.error(node, format!("the leaf value {value} is not finite")))
            }
        };
        let row = |weights: &[f32], row: usize| {
            let start = row.saturating_mul(size.outputs);
            let row = weights.get(start..start.saturating_add(size.outputs));
            let row = row.ok_or_else(|| self.error(node, "has no row of leaf values".to_owned()))?;
            row.iter().copied().map(value).collect::<Result<Vec<f64>, Error>>()
        };
        let leaf = match &self.leaves {
            Leaves::Scalar => Leaf::Value(value(at(&self.condition, node))?),
            Leaves::RowOfNode(weights) => Leaf::Vector(row(weights, node)?),
            Leaves::RowOfRightChild(weights, _) => {
                let named =
                    usize::try_from(self.right.get(node).copied().unwrap_or(-1)).unwrap_or(usize::MAX);
                match rows.get_mut(named) {
                    Some(used) if !*used => *used = true,
                    Some(_) => return Err(self.error(node, format!("shares row {named} of the leaf values"))),
                    None => return Err(self.error(node, "has no row of leaf values".to_owned())),
                }
                Leaf::Vector(row(weights, named)?)
            }
        };
        Ok(Node::Leaf { leaf, cover: at(&self.cover, node).into() })
    }

    fn split(&self, node: usize, size: Size) -> Result<Node, Error> {
        let [left, right] = self.children(node)?;
        let feature = self.feature.get(node).copied().unwrap_or(-1);
        let feature = usize::try_from(feature)
            .ok()
            .filter(|feature| *feature < size.features)
            .ok_or_else(|| self.error(node, format!("splits on feature {feature} of {}", size.features)))?;
        let default_left = match self.default_left.get(node) {
            Some(0) => false,
            Some(1) => true,
            _ => return Err(self.error(node, "`default_left` must be 0 or 1".to_owned())),
        };
        let test = match self.kind.get(node) {
            None | Some(0) => self.numerical(node)?,
            Some(1) => self.categorical(node)?,
            Some(other) => return Err(self.error(node, format!("unknown kind of split {other}"))),
        };
        let (cover, gain) = (at(&self.cover, node).into(), at(&self.gain, node).into());
        Ok(Node::Split(Split { feature, test, default_left, left, right, cover, gain }))
    }

    fn numerical(&self, node: usize) -> Result<Test, Error> {
        let threshold = at(&self.condition, node);
        if threshold.is_nan() {
            return Err(self.error(node, "the threshold is not a number".to_owned()));
        }
        Ok(Test::Numerical { threshold: widen_threshold(threshold), zero_is_missing: false })
    }

    /// Categories of the stored set go right, all others left.
    fn categorical(&self, node: usize) -> Result<Test, Error> {
        let codes = self.sets.get(&(node as i64)).filter(|codes| !codes.is_empty());
        let Some(codes) = codes else {
            return Err(self.error(node, "a categorical split without categories".to_owned()));
        };
        if let Some(code) = codes.iter().find(|code| !(0..MAX_CODES).contains(*code)) {
            return Err(self.error(node, format!("the category {code} is not from 0 to 2^24 - 1")));
        }
        let mut categories: Vec<u32> = codes.iter().map(|code| *code as u32).collect();
        categories.sort_unstable();
        categories.dedup();
        Ok(Test::Categorical { categories, members_left: false, negative_fraction_is_zero: false })
    }
}

fn at(list: &[f32], node: usize) -> f32 {
    list.get(node).copied().unwrap_or(f32::NAN)
}

/// The categories of each node that has some.
fn sets<'a>(cursor: &DocCursor<'a>) -> Result<HashMap<i64, &'a [i64]>, Error> {
    let nodes = cursor.optional_ints("categories_nodes")?;
    let starts = cursor.optional_ints("categories_segments")?;
    let sizes = cursor.optional_ints("categories_sizes")?;
    let codes = cursor.optional_ints("categories")?;
    if nodes.len() != starts.len() || nodes.len() != sizes.len() {
        return Err(cursor.error("the `categories_…` arrays have different lengths"));
    }
    let mut sets = HashMap::with_capacity(nodes.len());
    let mut left = codes.len();
    for ((&node, &start), &size) in nodes.iter().zip(starts).zip(sizes) {
        let range = usize::try_from(start).ok().zip(usize::try_from(size).ok());
        let set = range.and_then(|(start, size)| codes.get(start..start.checked_add(size)?));
        let Some(set) = set else {
            return Err(cursor
                .error(format!("the categories of node {node} go beyond the {} there are", codes.len())));
        };
        // Overlapping sets would grow beyond the file.
        left = left
            .checked_sub(set.len())
            .ok_or_else(|| cursor.error(format!("the categories of node {node} overlap those of others")))?;
        if sets.insert(node, set).is_some() {
            return Err(cursor.error(format!("node {node} has two sets of categories")));
        }
    }
    Ok(sets)
}

fn leaves<'a>(cursor: &DocCursor<'a>, count: usize, size: Size) -> Result<Leaves<'a>, Error> {
    let width = cursor.field("tree_param").map_or(Ok(0), |param| param.count_or("size_leaf_vector", 0))?;
    if width <= 1 {
        return Ok(Leaves::Scalar);
    }
    if width != size.outputs {
        return Err(
            cursor.error(format!("has leaves of {width} values, but the model has {} outputs", size.outputs))
        );
    }
    if let Some(weights) = cursor.field("leaf_weights") {
        return Ok(Leaves::RowOfRightChild(weights.reals()?, width));
    }
    let weights = cursor.required("base_weights")?.reals()?;
    if Some(weights.len()) != count.checked_mul(width) {
        return Err(
            cursor.error(format!("`base_weights` has {} values for {count} nodes of {width}", weights.len()))
        );
    }
    Ok(Leaves::RowOfNode(weights))
}
