//! Any text as a pipeline: an error, or a pipeline that survives its own JSON and scores a lead.
#![no_main]

use leadscore::pipeline::ImportanceBy;
use leadscore::{AsOf, Lead, Pipeline, Timestamp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(pipeline) = Pipeline::from_json(text) else { return };
    let again = Pipeline::from_json(&pipeline.to_json()).expect("its own JSON loads");
    assert_eq!(pipeline.to_json(), again.to_json());
    let now = Timestamp::from_millis(1_800_000_000_000).expect("a moment");
    let prediction = pipeline.score(&Lead::new("l").with("company", "Acme"), &AsOf::new(now)).expect("lenient");
    assert!((0.0..=100.0).contains(&prediction.score));
    for by in [ImportanceBy::Gain, ImportanceBy::Cover, ImportanceBy::Largest] {
        let _ = pipeline.importance(by);
    }
});
