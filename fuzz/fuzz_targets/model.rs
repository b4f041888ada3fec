//! Any bytes as a model file: an error or a forest that predicts, never a panic. Seed it with `fixtures/golden`.
#![no_main]

use leadscore::forest::Iterations;
use leadscore::{FeatureMatrix, Forest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(forest) = Forest::from_bytes(bytes) else { return };
    let width = forest.feature_names().len();
    if width == 0 || width > 1_000 {
        return;
    }
    let values = [0.0, f64::NAN, -1.5, f64::INFINITY, 1e300, 3.0, f64::NEG_INFINITY, 16_777_216.0];
    let rows = (0..9 * width).map(|at| values[at % values.len()]).collect();
    let Ok(matrix) = FeatureMatrix::new(width, rows) else { return };
    for iterations in [Iterations::All, Iterations::Best] {
        let _ = forest.margin(&matrix, iterations);
        let _ = forest.predict(&matrix, iterations);
        let _ = forest.shap(&matrix, iterations);
    }
});
