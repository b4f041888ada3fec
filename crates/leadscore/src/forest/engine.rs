//! The trees compiled for scoring, with the bits of the library that trained them.
//!
//! # Method
//! Splits are evaluated feature by feature instead of tree by tree, and rows are bits, as in QuickScorer (Lucchese et
//! al., *QuickScorer: A Fast Algorithm to Rank Documents with Additive Ensembles of Regression Trees*, SIGIR 2015) and
//! RapidScorer (Ye et al., *RapidScorer: Fast Tree Ensemble Evaluation by Maximizing Compactness in Data Level
//! Parallelization*, KDD 2018), which also evaluates a condition that occurs in many trees only once. The difference
//! is in how a row finds its leaf: they mask out the leaves that false conditions rule out, which costs a step for
//! each such condition; here every tree is padded to a complete binary tree of at most eight levels, and its leaf index
//! is computed bit by bit for 64 rows at once with multiplexers over those condition bits ([`tiles`]), which is the
//! bit-sliced evaluation of hardware and of bit-sliced ciphers.
//!
//! Four forms of the trees, all of them with the same bits:
//! - [`tiles`] for batches, and its complete trees walked row by row for less than [`MIN_TILE_ROWS`] rows;
//! - [`multiplexed`] for batches where some tree is deeper than a byte can index, but has no more leaves than it counts;
//! - [`packed`] for these row by row, for larger trees and for very many conditions;
//! - [`interpreted_margins`] for vector leaves, linear leaves and linear boosters. Tests hold the others against it.
//!
//! # What must not be touched
//! - **The order of sums.** From the base score, leaf by leaf in tree order, in the precision of the library. Adding
//!   trees in groups, in a tree shape or in wider floats changes the last bit of most margins.
//! - **No fused multiply-add**, nowhere: no `mul_add`, and no target feature that would let a compiler contract. Rust
//!   never does so by itself.
//! - **One source for all processors.** [`simd`] compiles the same plain functions a second time with AVX2; there is
//!   no hand-written vector code that could differ. Keep `#[inline(always)]` on everything a kernel calls: without it
//!   the function is compiled once, for the narrow processor.
//! - **No branch on a row's values in inner loops.** `select_unpredictable` and index arithmetic are there because a
//!   mispredicted branch costs more than the rest of a step.
//! - Array sizes such as `[T; MAX_LEAVES]` and `% SMALL_TABLE` remove bounds checks; measure before changing them.

#![allow(clippy::inline_always)] // the caller's target features must reach the inner loops

mod categories;
mod conditions;
mod float;
mod multiplexed;
mod packed;
mod simd;
mod thresholds;
mod tiles;
mod virtual_columns;

use super::model::{Booster, Model};
use super::precision::Precision;
use super::tree::Leaf;
pub(super) use conditions::{ConditionBits, Conditions, TileValues};
use float::Float;
use multiplexed::MultiplexedForest;
use packed::PackedForest;
#[cfg(test)]
pub(super) use simd::SCALAR_ONLY;
pub(super) use simd::{Kernel, run_on_widest_vectors};
use tiles::{MarginRequest, TileForest, TileScratch};

/// 64-bit words of a large tile: the bits of a condition for all its rows fill a cache line.
const WIDE_TILE_WORDS: usize = 8;
/// Fewer rows are faster one by one than as a tile.
const MIN_TILE_ROWS: usize = 24;
/// With more conditions than this, their bits for a tile no longer fit a cache, and every row goes on its own.
const MAX_TILE_CONDITIONS: usize = 1 << 18;

/// A model's trees, ready for scoring.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    /// All split conditions of the model; SHAP evaluates them too. None for a linear booster.
    pub(super) conditions: Conditions,
    margins: Margins,
}

/// How margins are computed.
#[derive(Debug, Clone)]
enum Margins {
    CompiledF32(Compiled<f32>),
    CompiledF64(Compiled<f64>),
    /// Vector leaves, linear leaves and linear boosters.
    Interpreted,
}

#[derive(Debug, Clone)]
struct Compiled<T> {
    base_score: Vec<T>,
    layout: Layout<T>,
}

#[derive(Debug, Clone)]
enum Layout<T> {
    Tiles(TileForest<T>),
    /// For trees deeper than a byte can index, of no more leaves than it counts; few rows go the way of packed trees.
    Multiplexed(MultiplexedForest<T>, PackedForest<T>),
    /// For large trees and very many conditions.
    Packed(PackedForest<T>),
}

/// Buffers of margins that are computed row by row; reused from call to call and model to model.
#[derive(Debug, Clone, Default)]
pub(crate) struct MarginScratch {
    f32s: RowScratch<f32>,
    f64s: RowScratch<f64>,
}

#[derive(Debug, Clone, Default)]
struct RowScratch<T> {
    /// Of the conditions of tiles.
    ranks: Vec<[u16; 2]>,
    /// The virtual columns of packed trees, and the places of categories that these are made from.
    columns: Vec<T>,
    places: Vec<u32>,
    /// One for each output.
    sums: Vec<T>,
}

impl Engine {
    pub(super) fn new(model: &Model) -> Engine {
        let conditions = Conditions::new(model);
        let margins = match model.precision {
            Precision::F32 => {
                Compiled::new(model, &conditions).map_or(Margins::Interpreted, Margins::CompiledF32)
            }
            Precision::F64 => {
                Compiled::new(model, &conditions).map_or(Margins::Interpreted, Margins::CompiledF64)
            }
        };
        Engine { conditions, margins }
    }

    /// Appends the margins of rows with the first `tree_count` trees: row after row, one for each output.
    pub(super) fn margins(
        &self,
        model: &Model,
        rows: &[f64],
        tree_count: usize,
        scratch: &mut MarginScratch,
        out: &mut Vec<f64>,
    ) {
        let feature_count = model.features.len();
        let conditions = &self.conditions;
        match &self.margins {
            Margins::CompiledF32(compiled) if feature_count > 0 => {
                compiled.margins(conditions, rows, feature_count, tree_count, &mut scratch.f32s, out);
            }
            Margins::CompiledF64(compiled) if feature_count > 0 => {
                compiled.margins(conditions, rows, feature_count, tree_count, &mut scratch.f64s, out);
            }
            _ => rows
                .chunks_exact(feature_count.max(1))
                .for_each(|row| interpreted_margins(model, row, tree_count, out)),
        }
    }
}

impl<T: Float> Compiled<T> {
    /// Compiles trees with scalar leaves; nothing for other models.
    fn new(model: &Model, conditions: &Conditions) -> Option<Compiled<T>> {
        let Booster::Trees(trees) = &model.booster else { return None };
        let few = conditions.id_count() <= MAX_TILE_CONDITIONS;
        let layout = if let Some(tiles) = few.then(|| TileForest::new(trees, conditions)).flatten() {
            Layout::Tiles(tiles)
        } else {
            let packed = PackedForest::new(trees, conditions.categories())?;
            match few.then(|| MultiplexedForest::new(trees, conditions)).flatten() {
                Some(multiplexed) => Layout::Multiplexed(multiplexed, packed),
                None => Layout::Packed(packed),
            }
        };
        let base_score = model.base_score.iter().map(|base| T::from_f64(*base)).collect();
        Some(Compiled { base_score, layout })
    }

    fn margins(
        &self,
        conditions: &Conditions,
        rows: &[f64],
        feature_count: usize,
        tree_count: usize,
        scratch: &mut RowScratch<T>,
        out: &mut Vec<f64>,
    ) {
        let request = MarginRequest { conditions, base_score: &self.base_score, tree_count, feature_count };
        if rows.len() < MIN_TILE_ROWS * feature_count || matches!(self.layout, Layout::Packed(_)) {
            self.margins_by_row(&request, rows, scratch, out);
        } else {
            run_on_widest_vectors(BatchKernel { compiled: self, request, rows, scratch, out });
        }
    }

    fn margins_by_row(
        &self,
        request: &MarginRequest<T>,
        rows: &[f64],
        scratch: &mut RowScratch<T>,
        out: &mut Vec<f64>,
    ) {
        match &self.layout {
            Layout::Tiles(tiles) => tiles.margins_by_row(request, rows, scratch, out),
            Layout::Multiplexed(_, packed) | Layout::Packed(packed) => {
                packed.margins(request, rows, scratch, out);
            }
        }
    }

    #[inline(always)]
    fn margins_of_tile<const W: usize>(
        &self,
        request: &MarginRequest<T>,
        rows: &[f64],
        buffers: &mut TileScratch<T, W>,
        out: &mut Vec<f64>,
    ) {
        match &self.layout {
            Layout::Tiles(tiles) => tiles.margins_of_tile(request, rows, buffers, out),
            Layout::Multiplexed(trees, _) => trees.margins_of_tile(request, rows, buffers, out),
            Layout::Packed(_) => unreachable!("packed trees take rows one by one"),
        }
    }
}

/// The margins of many rows.
struct BatchKernel<'a, T> {
    compiled: &'a Compiled<T>,
    request: MarginRequest<'a, T>,
    rows: &'a [f64],
    scratch: &'a mut RowScratch<T>,
    out: &'a mut Vec<f64>,
}

impl<T: Float> Kernel for BatchKernel<'_, T> {
    #[inline(always)]
    fn run(self) {
        let BatchKernel { compiled, request, rows, scratch, out } = self;
        let mut wide = TileScratch::<T, WIDE_TILE_WORDS>::default();
        let mut narrow = TileScratch::<T, 1>::default();
        let mut wide_tiles = rows.chunks_exact(64 * WIDE_TILE_WORDS * request.feature_count);
        for rows in &mut wide_tiles {
            compiled.margins_of_tile(&request, rows, &mut wide, out);
        }
        for rows in wide_tiles.remainder().chunks(64 * request.feature_count) {
            if rows.len() < MIN_TILE_ROWS * request.feature_count {
                compiled.margins_by_row(&request, rows, scratch, out);
            } else {
                compiled.margins_of_tile(&request, rows, &mut narrow, out);
            }
        }
    }
}

/// Appends the margins of one row by walking the model's own nodes: the reference for the compiled forms.
pub(super) fn interpreted_margins(model: &Model, row: &[f64], tree_count: usize, out: &mut Vec<f64>) {
    let mut sums = model.base_score.clone();
    let f32s = model.precision == Precision::F32;
    let mut add = |output: usize, value: f64| {
        let sum = &mut sums[output];
        *sum = if f32s { f64::from(*sum as f32 + value as f32) } else { *sum + value };
    };
    match &model.booster {
        Booster::Linear(weights) => {
            // Bias first, then feature by feature, in f32 as the library does.
            let outputs = model.output_count();
            let bias = model.features.len() * outputs;
            for output in 0..outputs {
                add(output, f64::from(weights[bias + output]));
            }
            for (feature, value) in row.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
                for output in 0..outputs {
                    add(output, f64::from(*value as f32 * weights[feature * outputs + output]));
                }
            }
        }
        Booster::Trees(trees) => {
            for tree in &trees[..tree_count.min(trees.len())] {
                match tree.leaf(row, model.precision) {
                    Leaf::Value(value) => add(tree.output, *value),
                    Leaf::Vector(values) => {
                        values.iter().enumerate().for_each(|(output, value)| add(output, *value));
                    }
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
