//! Forests and rows as strategies, which shrink to few trees of few splits.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

use crate::FeatureMatrix;
use crate::forest::Forest;
use crate::forest::model::{Booster, Library, Link, Model, ModelFeature};
use crate::forest::precision::{Precision, widen_threshold};
use crate::forest::tree::{Leaf, Node, Split, Test, Tree};

/// A forest as it was generated; [`ForestSpec::build`] makes it.
#[derive(Debug, Clone)]
pub(super) struct ForestSpec {
    pub(super) precision: Precision,
    pub(super) features: usize,
    pub(super) outputs: usize,
    /// Whether leaves have a value for each output.
    vector_leaves: bool,
    base_score: [f32; 3],
    trees: Vec<Shape>,
}

/// A tree, or a part of one.
#[derive(Debug, Clone)]
enum Shape {
    Leaf(f32),
    Split {
        feature: u8,
        question: Question,
        default_left: bool,
        /// Of the cover here, what goes left.
        left_share: f64,
        children: Box<[Shape; 2]>,
    },
}

#[derive(Debug, Clone)]
enum Question {
    /// A threshold in quarters.
    Quarter {
        quarters: i32,
        zero_is_missing: bool,
    },
    /// Everything left, everything right, or all but infinity.
    Extreme {
        threshold: f64,
        zero_is_missing: bool,
    },
    Categories {
        bits: u8,
        members_left: bool,
    },
}

/// Forests of up to 20 trees over that many features, up to that depth; one of so many has vector leaves.
pub(super) fn forest(
    features: RangeInclusive<usize>,
    depth: u32,
    vector_of: u32,
) -> impl Strategy<Value = ForestSpec> {
    let precision = select(&[Precision::F32, Precision::F64][..]);
    let outputs =
        prop_oneof![vector_of - 1 => (1..4_usize).prop_map(|outputs| (outputs, false)), 1 => Just((3, true))];
    let base_score = prop::array::uniform3(0.0..1.0_f32);
    (precision, features, outputs, base_score, vec(shape(depth), 1..=20)).prop_map(
        |(precision, features, (outputs, vector_leaves), base_score, trees)| ForestSpec {
            precision,
            features,
            outputs,
            vector_leaves,
            base_score,
            trees,
        },
    )
}

/// A tree of any depth up to that one, in which every sixth branch ends early; what is deeper than five splits hangs on
/// one branch, so that deep trees stay small.
fn shape(depth: u32) -> impl Strategy<Value = Shape> {
    let leaf = (-1.0..1.0_f32).prop_map(Shape::Leaf).boxed();
    let mut by_depth = Vec::from([leaf.clone()]);
    for level in 0..depth as usize {
        let below = by_depth[level].clone();
        let beside = by_depth[if level < 5 { level } else { 1 }].clone();
        let left_share = select(&[0.5, 0.25, 0.9, 0.0][..]);
        let split = (any::<u8>(), question(), any::<bool>(), left_share, below, beside, any::<bool>())
            .prop_map(|(feature, question, default_left, left_share, below, beside, swapped)| {
                let children = Box::new(if swapped { [beside, below] } else { [below, beside] });
                Shape::Split { feature, question, default_left, left_share, children }
            });
        by_depth.push(prop_oneof![1 => leaf.clone(), 5 => split].boxed());
    }
    Union::new(by_depth)
}

fn question() -> impl Strategy<Value = Question> {
    let extremes = [f64::NAN, f64::NEG_INFINITY, widen_threshold(f32::INFINITY), widen_threshold(f32::MIN)];
    prop_oneof![
        3 => (-80..=80, prop::bool::weighted(0.25))
            .prop_map(|(quarters, zero_is_missing)| Question::Quarter { quarters, zero_is_missing }),
        1 => (select(extremes.to_vec()), any::<bool>())
            .prop_map(|(threshold, zero_is_missing)| Question::Extreme { threshold, zero_is_missing }),
        1 => (any::<u8>(), any::<bool>())
            .prop_map(|(bits, members_left)| Question::Categories { bits, members_left }),
    ]
}

/// One value of a row: quarters like the thresholds, now and then missing, zero or extreme.
pub(super) fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        7 => (-80..=80_i32).prop_map(|quarters| f64::from(quarters) / 4.0),
        2 => Just(f64::NAN),
        1 => Just(0.0),
        1 => Just(-0.0),
        1 => select(&[7.9, 1e-36, 3.4e38, f64::INFINITY, f64::NEG_INFINITY][..]),
    ]
}

/// Rows of that width: a few, or one of the counts.
pub(super) fn rows(width: usize, counts: &[usize]) -> impl Strategy<Value = Vec<Vec<f64>>> {
    let few = vec(vec(value(), width), 1..4).boxed();
    let exact = counts.iter().map(|count| vec(vec(value(), width), *count).boxed());
    Union::new([few].into_iter().chain(exact))
}

/// A matrix of the first values of each row.
pub(super) fn matrix(rows: &[Vec<f64>], columns: usize) -> FeatureMatrix {
    FeatureMatrix::new(columns, rows.iter().flat_map(|row| row[..columns].to_vec()).collect()).unwrap()
}

impl ForestSpec {
    pub(super) fn build(&self) -> Forest {
        let tree = |(number, shape): (usize, &Shape)| {
            let mut slots = Vec::new();
            self.grow(shape, 64.0, &mut slots);
            Tree::new(number, number % self.outputs, slots).unwrap()
        };
        let trees = self.trees.iter().enumerate().map(tree).collect();
        forest_from(self.precision, self.features, &self.base_score[..self.outputs], trees)
    }

    fn grow(&self, shape: &Shape, cover: f64, slots: &mut Vec<Node>) -> usize {
        let at = slots.len();
        // Covers are f32 in XGBoost's files.
        let cover = f64::from(cover as f32);
        match shape {
            Shape::Leaf(value) => {
                let value = f64::from(*value);
                let leaf = if self.vector_leaves {
                    Leaf::Vector(
                        [value, -0.75 * value, value - 0.5]
                            .iter()
                            .map(|value| f64::from(*value as f32))
                            .collect(),
                    )
                } else {
                    Leaf::Value(value)
                };
                slots.push(Node::Leaf { leaf, cover });
            }
            Shape::Split { feature, question, default_left, left_share, children } => {
                slots.push(Node::Leaf { leaf: Leaf::Value(0.0), cover });
                let left = self.grow(&children[0], cover * left_share, slots);
                let right = self.grow(&children[1], cover * (1.0 - left_share), slots);
                let (feature, test) = (usize::from(*feature) % self.features, question.test(self.precision));
                let default_left = *default_left;
                slots[at] = Node::Split(Split { feature, test, default_left, left, right, cover, gain: 1.0 });
            }
        }
        at
    }
}

impl Question {
    fn test(&self, precision: Precision) -> Test {
        match *self {
            Question::Quarter { quarters, zero_is_missing } => {
                let threshold = f64::from(quarters) / 4.0;
                let threshold = match precision {
                    Precision::F32 => widen_threshold(threshold as f32),
                    Precision::F64 => threshold.next_up(),
                };
                Test::Numerical { threshold, zero_is_missing }
            }
            Question::Extreme { threshold, zero_is_missing } => {
                Test::Numerical { threshold, zero_is_missing }
            }
            Question::Categories { bits, members_left } => Test::Categorical {
                categories: (0..8).filter(|code| bits >> code & 1 == 1).collect(),
                members_left,
                negative_fraction_is_zero: precision == Precision::F64,
            },
        }
    }
}

/// A forest of these trees, one round each.
pub(super) fn forest_from(
    precision: Precision,
    features: usize,
    base_score: &[f32],
    trees: Vec<Tree>,
) -> Forest {
    Forest::new(Model {
        source_library: Library::XgBoost,
        library_version: String::new(),
        objective: String::new(),
        link: Link::Identity,
        precision,
        features: vec![ModelFeature::default(); features],
        base_score: base_score.iter().map(|base| f64::from(*base)).collect(),
        round_ends: (1..=trees.len()).collect(),
        booster: Booster::Trees(trees),
        best_iteration: None,
        average_output: false,
        missing: None,
        attributes: BTreeMap::new(),
    })
}
