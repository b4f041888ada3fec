//! One tree: splits and leaves from the parallel lists of its block.

use super::error::invalid;
use super::text::Block;
use crate::Error;
use crate::forest::tree::{Leaf, Node, Split, Test, Tree};

/// Bits of a split's `decision_type`.
const CATEGORICAL: u8 = 1;
const DEFAULT_LEFT: u8 = 2;
/// The two bits above them: the missing type.
const MISSING_ZERO: u8 = 1;
const MISSING_NAN: u8 = 2;

/// Reads the tree of a block. Nodes are the splits, then the leaves, both in the file's order.
pub(super) fn read(block: &Block, tree: usize, output: usize, features: usize) -> Result<Tree, Error> {
    let leaves = block.number("num_leaves")?;
    // Checked first, as every other length follows from it.
    let values: Vec<f64> = block.required_list("leaf_value", leaves)?;
    if leaves == 0 {
        return Err(block.error("num_leaves", "is 0".to_owned()));
    }
    let splits = leaves - 1;
    let leaf_forms = leaf_forms(block, tree, values, features)?;
    // A tree of one leaf may have empty lists.
    let uncounted = leaves == 1 && block.text("leaf_count").is_some_and(str::is_empty);
    let leaf_cover = if uncounted { None } else { cover(block, "leaf_count", leaves)? };

    let mut slots = Vec::new();
    if splits > 0 {
        let file = Splits::read(block, splits)?;
        let mut used_sets = vec![false; file.boundaries.len()];
        for node in 0..splits {
            let split = file
                .split(node, leaves, features, &mut used_sets)
                .map_err(|message| invalid(&format!("trees[{tree}].nodes[{node}]"), message))?;
            slots.push(Node::Split(split));
        }
    }
    for (number, leaf) in leaf_forms.into_iter().enumerate() {
        let cover = leaf_cover.as_ref().map_or(f64::NAN, |counts| counts[number]);
        slots.push(Node::Leaf { leaf, cover });
    }
    let count = slots.len();
    let built = Tree::new(tree, output, slots)?;
    if built.nodes.len() != count {
        let message =
            format!("{} of {count} nodes cannot be reached from the first", count - built.nodes.len());
        return Err(invalid(&format!("trees[{tree}]"), message));
    }
    Ok(built)
}

/// Training rows by node, where the file keeps them.
fn cover(block: &Block, key: &str, count: usize) -> Result<Option<Vec<f64>>, Error> {
    let counts: Option<Vec<f64>> = block.optional_list(key, count)?;
    if counts.iter().flatten().any(|count| !(count.is_finite() && *count >= 0.0)) {
        return Err(block.error(key, "has an entry that is no count".to_owned()));
    }
    Ok(counts)
}

/// The leaves: plain values, or linear models with the value for rows that miss a feature.
fn leaf_forms(block: &Block, tree: usize, values: Vec<f64>, features: usize) -> Result<Vec<Leaf>, Error> {
    let leaves = values.len();
    let at = |leaf: usize| format!("trees[{tree}].nodes[{}]", leaves - 1 + leaf);
    if let Some(leaf) = values.iter().position(|value| !value.is_finite()) {
        return Err(invalid(&at(leaf), format!("the leaf's value is {}", values[leaf])));
    }
    let linear = match block.text("is_linear").map(str::trim) {
        None | Some("0") => false,
        Some("1") => true,
        Some(other) => return Err(block.error("is_linear", format!("is {other:?}"))),
    };
    // A constant tree may leave its linear part out.
    if !linear || leaves == 1 && block.text("leaf_const").is_none() {
        return Ok(values.into_iter().map(Leaf::Value).collect());
    }
    let constants: Vec<f64> = block.required_list("leaf_const", leaves)?;
    let sizes: Vec<usize> = block.required_list("num_features", leaves)?;
    let total = sizes
        .iter()
        .try_fold(0_usize, |sum, size| sum.checked_add(*size))
        .ok_or_else(|| block.error("num_features", "is far too large".to_owned()))?;
    let columns: Vec<usize> = block.required_list("leaf_features", total)?;
    let coefficients: Vec<f64> = block.required_list("leaf_coeff", total)?;
    let mut terms = columns.into_iter().zip(coefficients);
    let mut forms = Vec::with_capacity(leaves);
    for (leaf, ((constant, size), fallback)) in constants.into_iter().zip(sizes).zip(values).enumerate() {
        let terms: Vec<(usize, f64)> = terms.by_ref().take(size).collect();
        if let Some((feature, _)) = terms.iter().find(|(feature, _)| *feature >= features) {
            return Err(invalid(&at(leaf), out_of_features(*feature, features)));
        }
        if !constant.is_finite() || terms.iter().any(|(_, coefficient)| !coefficient.is_finite()) {
            return Err(invalid(&at(leaf), "the leaf's linear model is not finite".to_owned()));
        }
        forms.push(Leaf::Linear { constant, terms, fallback });
    }
    Ok(forms)
}

fn out_of_features(feature: usize, features: usize) -> String {
    format!("uses feature {feature}, but the model has {features}, counted from 0")
}

/// The lists about splits as in the file.
struct Splits {
    features: Vec<usize>,
    thresholds: Vec<f64>,
    decisions: Vec<u8>,
    left: Vec<i64>,
    right: Vec<i64>,
    gains: Option<Vec<f64>>,
    covers: Option<Vec<f64>>,
    /// `cat_boundaries`: where in `bitsets` each set of categories begins, and where the last one ends.
    boundaries: Vec<usize>,
    /// `cat_threshold`: sets as bits, 32 codes to a word.
    bitsets: Vec<u32>,
}

impl Splits {
    fn read(block: &Block, count: usize) -> Result<Splits, Error> {
        let sets = if block.text("num_cat").is_some() { block.number("num_cat")? } else { 0 };
        let (mut boundaries, mut bitsets) = (Vec::new(), Vec::new());
        if sets > 0 {
            boundaries = block.list("cat_boundaries")?.unwrap_or_default();
            bitsets = block.list("cat_threshold")?.unwrap_or_default();
            if boundaries.len() - usize::from(!boundaries.is_empty()) != sets {
                return Err(block.error("cat_boundaries", format!("does not fit num_cat={sets}")));
            }
            if boundaries.first() != Some(&0)
                || boundaries.last() != Some(&bitsets.len())
                || !boundaries.is_sorted()
            {
                let message = format!("does not cut the {} words of cat_threshold into sets", bitsets.len());
                return Err(block.error("cat_boundaries", message));
            }
        }
        Ok(Splits {
            features: block.required_list("split_feature", count)?,
            thresholds: block.required_list("threshold", count)?,
            decisions: block.optional_list("decision_type", count)?.unwrap_or_else(|| vec![0; count]),
            left: block.required_list("left_child", count)?,
            right: block.required_list("right_child", count)?,
            gains: block.optional_list("split_gain", count)?,
            covers: cover(block, "internal_count", count)?,
            boundaries,
            bitsets,
        })
    }

    fn split(
        &self,
        node: usize,
        leaves: usize,
        features: usize,
        used_sets: &mut [bool],
    ) -> Result<Split, String> {
        let feature = self.features[node];
        if feature >= features {
            return Err(out_of_features(feature, features));
        }
        let (threshold, decision) = (self.thresholds[node], self.decisions[node]);
        if threshold.is_nan() {
            return Err("the threshold is NaN".to_owned());
        }
        let missing = decision >> 2;
        if missing > MISSING_NAN {
            return Err(format!("decision_type {decision} is not known"));
        }
        let (test, default_left) = if decision & CATEGORICAL == 0 {
            // x ≤ t is x < the next f64; above infinity there is none, and every value goes left.
            let threshold_above = if threshold == f64::INFINITY { f64::NAN } else { threshold.next_up() };
            let test =
                Test::Numerical { threshold: threshold_above, zero_is_missing: missing == MISSING_ZERO };
            let default_left = match missing {
                MISSING_ZERO | MISSING_NAN => decision & DEFAULT_LEFT != 0,
                // Missing type `none`: a missing value is taken as 0.
                _ => 0.0 <= threshold,
            };
            (test, default_left)
        } else {
            let categories = self.set(threshold, used_sets)?;
            (Test::Categorical { categories, members_left: true, negative_fraction_is_zero: true }, false)
        };
        let child = |child: i64| {
            let index = if child >= 0 { usize::try_from(child) } else { usize::try_from(!child) };
            match index {
                Ok(index) if child >= 0 && index < leaves - 1 => Ok(index),
                Ok(index) if child < 0 && index < leaves => Ok(leaves - 1 + index),
                _ => Err(format!("has the child {child}, which a tree of {leaves} leaves does not have")),
            }
        };
        Ok(Split {
            feature,
            test,
            default_left,
            left: child(self.left[node])?,
            right: child(self.right[node])?,
            cover: self.covers.as_ref().map_or(f64::NAN, |covers| covers[node]),
            gain: self.gains.as_ref().map_or(f64::NAN, |gains| gains[node]),
        })
    }

    /// The codes of the set whose index is the threshold. Each set belongs to one split.
    fn set(&self, threshold: f64, used: &mut [bool]) -> Result<Vec<u32>, String> {
        let unknown = || format!("asks for the set of categories {threshold}, which is not in the tree");
        let number = threshold as usize;
        if number as f64 != threshold {
            return Err(unknown());
        }
        let (Some(&start), Some(&end)) =
            (self.boundaries.get(number), self.boundaries.get(number.saturating_add(1)))
        else {
            return Err(unknown());
        };
        if std::mem::replace(&mut used[number], true) {
            return Err(format!("shares the set of categories {number} with another split"));
        }
        let mut codes = Vec::new();
        for (index, word) in self.bitsets[start..end].iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                // Codes are i32: no value equals one that does not fit.
                if let Ok(code) = i32::try_from(index * 32 + rest.trailing_zeros() as usize) {
                    codes.push(code.cast_unsigned());
                }
                rest &= rest - 1;
            }
        }
        Ok(codes)
    }
}
