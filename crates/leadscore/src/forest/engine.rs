//! A forest made ready for scoring: one form for a row or a few, one for many.
//!
//! Order of every sum: from the base margin, leaf by leaf in tree order, in the writer's precision. One row or many,
//! the bits are the same.

#![allow(clippy::inline_always)] // the caller's target features must reach the inner loops

mod columns;
mod questions;
mod rows;
mod simd;
mod tile;

use std::sync::OnceLock;

use super::model::{Body, Forest, Leaf, Precision, narrow};
use super::shap;
use crate::Error;
pub(super) use questions::{Answers, Questions};
use rows::Rows;
#[cfg(test)]
pub(super) use simd::NARROW;
pub(super) use simd::{Kernel, widest};
use tile::{Scratch, Task, Tiles};

/// Words of 64 rows in a large tile: what is asked of all of them fills a cache line.
const WIDE: usize = 8;
/// Fewer rows are faster one by one than as a tile.
const FEW: usize = 24;
/// The most questions whose answers for a tile are kept; with more, every row goes on its own.
const MOST_QUESTIONS: usize = 1 << 18;

/// A forest made ready for scoring.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Engine {
    Trees(Box<Ready>),
    /// Linear boosters are walked as they stand.
    Plain,
}

#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub(super) questions: Questions,
    sums: Sums,
    /// Made when contributions are first asked for.
    plans: OnceLock<Vec<Result<shap::Plan, Error>>>,
}

impl PartialEq for Ready {
    /// Plans follow from the trees and may not be there yet.
    fn eq(&self, other: &Ready) -> bool {
        self.questions == other.questions && self.sums == other.sums
    }
}

impl Ready {
    /// For every tree what its contributions need, or why there are none.
    pub(super) fn plans(&self, forest: &Forest) -> &[Result<shap::Plan, Error>] {
        self.plans.get_or_init(|| match &forest.body {
            Body::Trees(trees) => {
                let plan = |(at, tree)| shap::Plan::new(at, tree, forest.features.len(), &self.questions);
                trees.iter().enumerate().map(plan).collect()
            }
            Body::Linear(_) => Vec::new(),
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Sums {
    F32(Plan<f32>),
    F64(Plan<f64>),
    /// Vector leaves and linear leaves are walked as they stand.
    Plain,
}

#[derive(Debug, Clone, PartialEq)]
struct Plan<T> {
    base: Vec<T>,
    form: Form<T>,
}

#[derive(Debug, Clone, PartialEq)]
enum Form<T> {
    Tiles(Tiles<T>),
    /// For deep trees and very many questions.
    Rows(Rows<T>),
}

/// The two precisions of sums.
pub(super) trait Number:
    Copy + Default + PartialOrd + std::ops::AddAssign + std::fmt::Debug + PartialEq
{
    const NAN: Self;
    const LOW: Self;
    const HIGH: Self;
    fn from_f64(value: f64) -> Self;
    fn to_f64(self) -> f64;
    fn threshold(value: f64) -> Self;
}

impl Number for f32 {
    const NAN: f32 = f32::NAN;
    const LOW: f32 = f32::NEG_INFINITY;
    const HIGH: f32 = f32::INFINITY;
    fn from_f64(value: f64) -> f32 {
        value as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn threshold(value: f64) -> f32 {
        narrow(value)
    }
}

impl Number for f64 {
    const NAN: f64 = f64::NAN;
    const LOW: f64 = f64::NEG_INFINITY;
    const HIGH: f64 = f64::INFINITY;
    fn from_f64(value: f64) -> f64 {
        value
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn threshold(value: f64) -> f64 {
        value
    }
}

impl Engine {
    pub(super) fn new(forest: &Forest) -> Engine {
        let Body::Trees(trees) = &forest.body else { return Engine::Plain };
        let questions = Questions::new(forest, trees);
        let sums = match forest.precision {
            Precision::F32 => Plan::new(forest, &questions).map_or(Sums::Plain, Sums::F32),
            Precision::F64 => Plan::new(forest, &questions).map_or(Sums::Plain, Sums::F64),
        };
        Engine::Trees(Box::new(Ready { questions, sums, plans: OnceLock::new() }))
    }

    /// The margins of rows with the first `trees` trees: row after row, `outputs` each.
    pub(super) fn margins(&self, forest: &Forest, rows: &[f64], trees: usize, out: &mut Vec<f64>) {
        let width = forest.features.len();
        match self {
            Engine::Trees(ready) if width > 0 => match &ready.sums {
                Sums::F32(plan) => return plan.margins(&ready.questions, rows, width, trees, out),
                Sums::F64(plan) => return plan.margins(&ready.questions, rows, width, trees, out),
                Sums::Plain => {}
            },
            _ => {}
        }
        rows.chunks_exact(width.max(1)).for_each(|row| plain(forest, row, trees, out));
    }
}

impl<T: Number> Plan<T> {
    /// The plan of a forest of plain leaves; nothing for others.
    fn new(forest: &Forest, questions: &Questions) -> Option<Plan<T>> {
        let Body::Trees(trees) = &forest.body else { return None };
        let tiles = (questions.count() <= MOST_QUESTIONS).then(|| Tiles::new(trees, questions)).flatten();
        let form = match tiles {
            Some(tiles) => Form::Tiles(tiles),
            None => Form::Rows(Rows::new(forest, trees)?),
        };
        Some(Plan { base: forest.base.iter().map(|base| T::from_f64(*base)).collect(), form })
    }

    fn margins(&self, questions: &Questions, rows: &[f64], width: usize, trees: usize, out: &mut Vec<f64>) {
        let tiles = match &self.form {
            Form::Tiles(tiles) => tiles,
            Form::Rows(form) => return form.margins(&self.base, rows, width, trees, out),
        };
        let task = Task { questions, base: &self.base, trees, width };
        if rows.len() < FEW * width {
            tiles.rows(&task, rows, out);
        } else {
            widest(Many { tiles, task, rows, out });
        }
    }
}

/// The margins of many rows.
struct Many<'a, T> {
    tiles: &'a Tiles<T>,
    task: Task<'a, T>,
    rows: &'a [f64],
    out: &'a mut Vec<f64>,
}

impl<T: Number> Kernel for Many<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Many { tiles, task, rows, out } = self;
        let mut wide = Scratch::<T, WIDE>::default();
        let mut narrow = Scratch::<T, 1>::default();
        let mut tall = rows.chunks_exact(64 * WIDE * task.width);
        for rows in &mut tall {
            tiles.margins(&task, rows, &mut wide, out);
        }
        for rows in tall.remainder().chunks(64 * task.width) {
            if rows.len() < FEW * task.width {
                tiles.rows(&task, rows, out);
            } else {
                tiles.margins(&task, rows, &mut narrow, out);
            }
        }
    }
}

/// Walks the model as it stands.
pub(super) fn plain(forest: &Forest, row: &[f64], trees: usize, out: &mut Vec<f64>) {
    let mut sums = forest.base.clone();
    let f32s = forest.precision == Precision::F32;
    let mut add = |output: usize, value: f64| {
        let sum = &mut sums[output];
        *sum = if f32s { f64::from(*sum as f32 + value as f32) } else { *sum + value };
    };
    match &forest.body {
        Body::Linear(weights) => {
            // Bias first, then feature by feature, in f32 as the library does.
            let outputs = forest.outputs();
            let bias = forest.features.len() * outputs;
            for output in 0..outputs {
                add(output, f64::from(weights[bias + output]));
            }
            for (feature, value) in row.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
                for output in 0..outputs {
                    add(output, f64::from(*value as f32 * weights[feature * outputs + output]));
                }
            }
        }
        Body::Trees(all) => {
            for tree in &all[..trees.min(all.len())] {
                match tree.leaf(row, forest.precision) {
                    Leaf::Value(value) => add(tree.output, *value),
                    Leaf::Vector(values) => values.iter().enumerate().for_each(|(k, value)| add(k, *value)),
                    Leaf::Linear { constant, terms, fallback } => {
                        let known = terms.iter().all(|(feature, _)| !row[*feature].is_nan());
                        let sum = terms.iter().fold(*constant, |sum, (feature, c)| sum + c * row[*feature]);
                        add(tree.output, if known { sum } else { *fallback });
                    }
                }
            }
        }
    }
    out.extend(sums);
}
