//! `docs/pipeline.schema.json` says of pipeline files what the library says.
//!
//! The test lives here and not beside the library's own, since the validator brings some thirty crates that would else be
//! built for every change of the core.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use leadscore::{Forest, Pipeline};
use serde_json::{Value, json};

#[path = "../../leadscore/tests/cases/mistakes.rs"]
mod mistakes;
#[path = "../../leadscore/tests/cases/pipelines.rs"]
mod pipelines;

#[test]
fn built_in_files_are_valid() {
    let whole = schema();
    let builtin = root().join("crates/leadscore/src/builtin");
    let mut seen = 0;
    for file in files(&builtin) {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&file).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        if name.starts_with("schema-") {
            valid(&part("Schema"), &document, &name);
        } else if name == "tiers" {
            for (name, tiers) in document.as_object().unwrap() {
                valid(&part("Tiers"), tiers, name);
            }
        } else {
            valid(&whole, &document, &name);
            seen += 1;
        }
    }
    assert_eq!(seen, Pipeline::builtin_names().count());
    // And as they are written out, with everything they extend.
    for name in Pipeline::builtin_names() {
        taken(&whole, &Pipeline::builtin(name).unwrap().to_json(), name);
    }
}

#[test]
fn pipelines_that_the_library_takes_are_valid() {
    let schema = schema();
    let mut texts: Vec<String> =
        [mistakes::GOOD, pipelines::OLDER_SCORE, pipelines::PLUS_MINUS].map(str::to_owned).to_vec();
    texts.extend(
        ["extraalearn", "x_education"]
            .map(|name| fs::read_to_string(root().join(format!("examples/{name}.json"))).unwrap()),
    );
    texts.extend(
        pipelines::CONDITIONS.map(|(condition, _)| pipelines::small(&pipelines::rule_when(condition))),
    );
    texts.extend(pipelines::VALUES.map(|(value, _)| pipelines::small(&pipelines::rule_points(value))));
    texts.push(r#"{"format":1,"id":"mine","extends":"conversion","tiers":"a-e"}"#.to_owned());
    for text in texts {
        taken(&schema, &text, &text);
        taken(&schema, &Pipeline::from_json(&text).unwrap().to_json(), &text);
    }
}

#[test]
fn mistakes_of_structure_are_refused_and_those_of_meaning_taken() {
    let schema = schema();
    let (mut structural, mut other) = (0, 0);
    for mistake in mistakes::all() {
        assert!(Pipeline::from_json(&mistake.text).is_err(), "taken: {}", mistake.text);
        // A text that is no JSON, or names a field twice, is no document to a validator.
        if mistake.code == "invalid_json" {
            continue;
        }
        let document: Value = serde_json::from_str(&mistake.text).unwrap();
        let is_valid = schema.is_valid(&document);
        assert_eq!(is_valid, !mistake.is_structural, "{}\n{}", mistake.path, mistake.text);
        *(if mistake.is_structural { &mut structural } else { &mut other }) += 1;
    }
    assert!(structural > 80 && other > 30, "{structural} of structure, {other} of meaning");
}

/// Forests of every library and kind of tree, with a marker for missing values too.
#[test]
fn models_that_are_written_are_valid() {
    let forest = part("Forest");
    let mut seen = 0;
    for folder in files(&root().join("fixtures/golden")) {
        let Some(model) = ["model.json", "model.ubj", "model.txt"]
            .map(|name| folder.join(name))
            .into_iter()
            .find(|file| file.exists())
        else {
            continue;
        };
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let own =
            Forest::from_bytes(&fs::read(&model).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
        for own in [own.clone(), own.clone().with_missing(-999.5), own.with_missing(f64::INFINITY)] {
            let document: Value = serde_json::from_str(&own.to_json()).unwrap();
            assert_eq!(document.get("missing").is_some(), own.missing().is_some());
            valid(&forest, &document, &name);
            let mut damaged = document;
            damaged["missing"] = json!([1]);
            assert!(!forest.is_valid(&damaged), "{name}");
        }
        seen += 1;
    }
    assert!(seen > 40, "{seen} models");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What a folder holds, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn document() -> Value {
    serde_json::from_str(&fs::read_to_string(root().join("docs/pipeline.schema.json")).unwrap()).unwrap()
}

/// The schema of whole files, itself valid.
fn schema() -> Validator {
    let document = document();
    jsonschema::meta::validate(&document).unwrap();
    jsonschema::validator_for(&document).unwrap()
}

/// The schema of one of its definitions.
fn part(name: &str) -> Validator {
    let document = document();
    assert!(document["$defs"][name].is_object(), "{name}");
    let own = json!({"$schema": document["$schema"], "$ref": format!("#/$defs/{name}"), "$defs": document["$defs"]});
    jsonschema::validator_for(&own).unwrap()
}

fn taken(schema: &Validator, text: &str, name: &str) {
    valid(schema, &serde_json::from_str(text).unwrap(), name);
}

fn valid(schema: &Validator, document: &Value, name: &str) {
    let errors: Vec<String> = schema
        .iter_errors(document)
        .map(|error| format!("{}: {error:.200}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}
