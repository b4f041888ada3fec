//! The trees of the crate gbdt as trees over our bins.

use serde_json::Value;

use super::failed;
use super::input::{Input, Inputs};
use crate::forest::base_margin_of;
use crate::learn::Examples;
use crate::learn::bins::{BinnedRows, Bins};
use crate::learn::options::Objective;
use crate::learn::split::{BinSet, BinTest, insert};
use crate::learn::tree::{BinNode, BinTree};
use crate::{Error, math};

/// The margin that every row begins with, and the trees. The crate's F is half of the log-odds: p = 1 / (1 + e^(−2F)).
pub(super) fn bin_trees(model: &Value, inputs: &Inputs, bins: &Bins) -> Result<(f64, Vec<BinTree>), Error> {
    let shrinkage = number(&model["conf"]["shrinkage"])?;
    let base = 2.0 * number(&model["bias"])?;
    let trees = model["trees"].as_array().ok_or_else(unknown)?;
    let trees = trees.iter().map(|tree| {
        let nodes = tree["tree"]["tree"].as_array().ok_or_else(unknown)?;
        let nodes: Result<Vec<BinNode>, Error> =
            nodes.iter().map(|own| node(own, shrinkage, inputs, bins)).collect();
        Ok(BinTree { nodes: nodes? })
    });
    // XGBoost keeps a probability, from which it makes the margin: one that it can begin with.
    let base = base_margin_of(Objective::Logistic.name(), math::sigmoid(base) as f32);
    Ok((f64::from(base), trees.collect::<Result<_, Error>>()?))
}

fn node(node: &Value, shrinkage: f64, inputs: &Inputs, bins: &Bins) -> Result<BinNode, Error> {
    let own = &node["value"];
    let place = |name: &str| node[name].as_u64().map(|place| place as usize).ok_or_else(unknown);
    let (left, right) = (place("left")?, place("right")?);
    if own["is_leaf"] == Value::Bool(true) {
        let value = (2.0 * shrinkage * number(&own["pred"])?) as f32;
        return Ok(BinNode::Leaf { value, cover: 0.0 });
    }
    if left == 0 || right == 0 {
        return Err(unknown());
    }
    let threshold = number(&own["feature_value"])?;
    let input = own["feature_index"].as_u64().and_then(|number| inputs.get(number as usize));
    let (column, test, swapped) = test(input.ok_or_else(unknown)?, threshold, bins);
    let (left, right) = if swapped { (right, left) } else { (left, right) };
    Ok(BinNode::Split { column, test, gain: 0.0, cover: 0.0, left, right })
}

/// The column and the bins whose number is below the threshold, which go left; or right, if the last is true.
fn test(input: &Input, threshold: f64, bins: &Bins) -> (usize, BinTest, bool) {
    let is_below = |number: u8| f64::from(number) < threshold;
    match input {
        Input::Value { column, instead } => {
            // The last of the bins that go left: the crate splits between numbers that occur.
            let bin = (threshold.ceil() - 1.0).clamp(0.0, 255.0) as u8;
            (*column, BinTest::UpTo { bin, missing_left: is_below(*instead) }, false)
        }
        Input::IsMissing { column } => {
            let bin = (bins.columns[*column].value_bins() - 1) as u8;
            (*column, BinTest::UpTo { bin, missing_left: false }, false)
        }
        Input::Place { column, place_of_bin } => {
            // Missing values of a category always go left in our trees.
            let missing = bins.columns[*column].value_bins();
            let missing_left = is_below(place_of_bin[missing]);
            let mut right = BinSet::default();
            for (bin, place) in place_of_bin[..missing].iter().enumerate() {
                if is_below(*place) != missing_left {
                    insert(&mut right, bin as u8);
                }
            }
            (*column, BinTest::AllBut(right), !missing_left)
        }
    }
}

impl BinTree {
    /// Sets the covers to the weights of the rows that pass each node.
    pub(super) fn take_covers(&mut self, bins: &Bins, cells: &BinnedRows, examples: &Examples) {
        let mut covers = vec![0.0; self.nodes.len()];
        for row in 0..examples.row_count() {
            self.pass(bins, cells, row, |node| covers[node] += examples.weight(row));
        }
        for (node, weight) in self.nodes.iter_mut().zip(covers) {
            let (BinNode::Split { cover, .. } | BinNode::Leaf { cover, .. }) = node;
            *cover = weight;
        }
    }
}

fn number(value: &Value) -> Result<f64, Error> {
    // What is not finite is null in JSON.
    value.as_f64().ok_or_else(|| failed("it learned a number that is not finite"))
}

fn unknown() -> Error {
    failed("its trees look otherwise than expected")
}
