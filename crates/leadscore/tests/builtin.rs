//! Every built-in pipeline loads, survives its own JSON, and speaks to people.

use leadscore::Pipeline;

#[test]
fn every_builtin_loads_and_round_trips() {
    for name in Pipeline::builtin_names() {
        let pipeline = Pipeline::builtin(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let again =
            Pipeline::from_json(&pipeline.to_json()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(pipeline.to_json(), again.to_json(), "{name}");
        assert_eq!(pipeline.content_hash(), again.content_hash(), "{name}");
        assert_eq!(pipeline.id(), name);
    }
}
