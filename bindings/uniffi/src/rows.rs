//! A few rows of a matrix, with no more than plain numbers crossing. The generated calls hand over structures, texts and
//! callbacks, which JNA turns over field by field: several times what one row costs. Whatever is refused here is left to
//! the generated call, which says why.

#![allow(unsafe_code, reason = "the caller's arrays are read and written in place")]

use std::collections::HashMap;
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock, Weak};

use leadscore::error::catch_panic;
use leadscore::forest::Iterations;
use leadscore::{Error, FeatureMatrix};

use crate::forest::Forest;
use crate::pipeline::Pipeline;

/// The object that a key names. A key does not keep an object from being closed.
#[derive(Debug)]
enum Scorer {
    Forest(Weak<Forest>),
    Pipeline(Weak<Pipeline>),
}

static SCORERS: LazyLock<RwLock<HashMap<u64, Scorer>>> = LazyLock::new(RwLock::default);
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The key of a handle, given at the first call for it and taken back with the handle.
#[derive(Debug, Default)]
pub(crate) struct RowKey(OnceLock<u64>);

impl RowKey {
    pub(crate) fn of_forest(&self, forest: &Arc<Forest>) -> u64 {
        self.get(|| Scorer::Forest(Arc::downgrade(forest)))
    }

    pub(crate) fn of_pipeline(&self, pipeline: &Arc<Pipeline>) -> u64 {
        self.get(|| Scorer::Pipeline(Arc::downgrade(pipeline)))
    }

    fn get(&self, scorer: impl FnOnce() -> Scorer) -> u64 {
        *self.0.get_or_init(|| {
            let key = NEXT.fetch_add(1, Ordering::Relaxed);
            SCORERS.write().unwrap_or_else(PoisonError::into_inner).insert(key, scorer());
            key
        })
    }
}

impl Drop for RowKey {
    fn drop(&mut self) {
        if let Some(key) = self.0.get() {
            SCORERS.write().unwrap_or_else(PoisonError::into_inner).remove(key);
        }
    }
}

/// What is wanted of the rows, by number: margins, predictions and contributions of a forest with all rounds or the best;
/// or the scores, probabilities, tiers and probabilities of classes of a pipeline, one column after another.
const OPERATIONS: [&str; 7] =
    ["margin_all", "margin_best", "predict_all", "predict_best", "shap_all", "shap_best", "score"];

/// Does an operation on the rows of a matrix: whether `out` was filled, which is 1 or 0. It is 0, and `out` is as it was,
/// where the handle is closed, something is refused, or the results are more or fewer than there is room for.
///
/// # Safety
/// `values` must point to `count` numbers that can be read, `out` to `room` numbers that can be written, and the two must
/// not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leadscore_rows(
    key: u64,
    operation: u32,
    values: *const f64,
    count: u32,
    columns: u32,
    out: *mut f64,
    room: u32,
) -> u32 {
    if values.is_null() || out.is_null() {
        return 0;
    }
    // SAFETY: that both are as long as told is the caller's promise; slices live no longer than this call.
    let (values, out) = unsafe {
        (slice::from_raw_parts(values, count as usize), slice::from_raw_parts_mut(out, room as usize))
    };
    let found = catch_panic(|| rows(key, operation, values, columns as usize));
    match found {
        Ok(Some(found)) if found.len() == out.len() => {
            out.copy_from_slice(&found);
            1
        }
        _ => 0,
    }
}

fn rows(key: u64, operation: u32, values: &[f64], columns: usize) -> Result<Option<Vec<f64>>, Error> {
    let Some(operation) = OPERATIONS.get(operation as usize) else { return Ok(None) };
    let (kind, rounds) = operation.split_once('_').unwrap_or((operation, ""));
    let matrix = FeatureMatrix::new(columns, values.to_vec())?;
    if kind == "score" {
        let Some(pipeline) = pipeline(key) else { return Ok(None) };
        let scores = pipeline.core().score_matrix(&matrix)?;
        let tiers = scores.tier.iter().map(|tier| f64::from(*tier));
        let columns = scores.score.iter().copied().chain(scores.probability.iter().copied()).chain(tiers);
        return Ok(Some(columns.chain(scores.class_probabilities.iter().copied()).collect()));
    }
    let Some(forest) = forest(key) else { return Ok(None) };
    let (forest, rounds) = (forest.core(), rounds.parse::<Iterations>()?);
    let found = match kind {
        "margin" => forest.margin(&matrix, rounds),
        "predict" => forest.predict(&matrix, rounds),
        _ => forest.shap(&matrix, rounds),
    };
    found.map(Some)
}

fn forest(key: u64) -> Option<Arc<Forest>> {
    match SCORERS.read().unwrap_or_else(PoisonError::into_inner).get(&key)? {
        Scorer::Forest(forest) => forest.upgrade(),
        Scorer::Pipeline(_) => None,
    }
}

fn pipeline(key: u64) -> Option<Arc<Pipeline>> {
    match SCORERS.read().unwrap_or_else(PoisonError::into_inner).get(&key)? {
        Scorer::Pipeline(pipeline) => pipeline.upgrade(),
        Scorer::Forest(_) => None,
    }
}
