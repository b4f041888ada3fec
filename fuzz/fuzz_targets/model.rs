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
    // More rows than are walked one by one, so that batches are seen too.
    let rows: Vec<f64> = (0..30 * width).map(|at| values[at % values.len()]).collect();
    let Ok(one) = FeatureMatrix::new(width, rows[..width].to_vec()) else { return };
    let Ok(matrix) = FeatureMatrix::new(width, rows) else { return };
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    for iterations in [Iterations::All, Iterations::Best] {
        let margins = forest.margin(&matrix, iterations).expect("the width is right");
        let margin = forest.margin(&one, iterations).expect("the width is right");
        assert_eq!(bits(&margin), bits(&margins[..margin.len()]));
        let _ = forest.predict(&matrix, iterations);
        if let (Ok(all), Ok(own)) = (forest.shap(&matrix, iterations), forest.shap(&one, iterations)) {
            assert_eq!(bits(&own), bits(&all[..own.len()]));
        }
    }
    let again = Forest::from_json(&forest.to_json()).expect("its own JSON loads");
    assert_eq!(forest.to_json(), again.to_json());
});
