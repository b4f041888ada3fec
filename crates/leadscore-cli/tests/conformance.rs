//! The cases of `fixtures/conformance`, which every language runs: here the core itself, and the command.
//!
//! `LEADSCORE_BLESS=1` writes what comes out into the cases; look at the difference before you commit it.

mod support;

use std::fs;
use std::path::PathBuf;

use leadscore::forest::Iterations;
use leadscore::task::{AnyTask, RankingTask};
use leadscore::{Context, Error, ErrorKind, FeatureMatrix, Forest, ImportOptions, Pipeline};
use serde_json::{Value, json};
use support::{folder, leadscore, path, root};

#[test]
fn every_case_gives_what_it_says() {
    let bless = std::env::var_os("LEADSCORE_BLESS").is_some();
    let (mut cases, mut codes) = (0, std::collections::BTreeSet::new());
    let fixtures = root().join("fixtures");
    for file in files() {
        let mut document: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for case in document["cases"].as_array_mut().unwrap() {
            cases += 1;
            let (key, found) = match run(case) {
                Ok(found) => ("expected", found),
                Err(error) => {
                    codes.insert(error.code());
                    // Files are named by where they are; the cases say it as the options do.
                    let path = error.path().to_string().replace(fixtures.to_str().unwrap(), "{fixtures}");
                    let mut found = json!({"code": error.code(), "path": path, "message": error.message()});
                    if !error.issues().is_empty() {
                        found["issues"] = json!(error.issues());
                    }
                    ("error", found)
                }
            };
            if bless {
                let fields = case.as_object_mut().unwrap();
                fields.retain(|name, _| name != "expected" && name != "error");
                fields.insert(key.to_owned(), found);
                continue;
            }
            assert!(
                same(&case[key], &found),
                "{}: {}\n{found}\nfor {}",
                file.display(),
                case["name"],
                case[key]
            );
        }
        if bless {
            let lines: Vec<String> =
                document["cases"].as_array().unwrap().iter().map(ToString::to_string).collect();
            fs::write(&file, format!("{{\"cases\":[\n{}\n]}}\n", lines.join(",\n"))).unwrap();
        }
    }
    assert!(cases > 200, "{cases} cases");
    // A time that cannot be read is part of a record or of the options; the others need a caller or a defect.
    let beyond = ["invalid_time", "cancelled", "internal"];
    let kinds = ErrorKind::ALL.iter().map(|kind| kind.code());
    let missing: Vec<&str> = kinds.filter(|code| !beyond.contains(code) && !codes.contains(code)).collect();
    assert!(missing.is_empty(), "no case gives {missing:?}");
}

#[test]
fn the_command_says_the_same_of_lists() {
    for file in files() {
        let document: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for case in document["cases"].as_array().unwrap() {
            let context: Value = match case["arguments"].get(1).and_then(Value::as_str) {
                Some(text) => serde_json::from_str(text).unwrap_or_default(),
                None => continue,
            };
            let plain = context.as_object().is_some_and(|fields| fields.len() == 1);
            if case["operation"] != "score_many_json" || !plain || case.get("expected").is_none() {
                continue;
            }
            let records = case["arguments"][0].as_str().unwrap();
            let wanted: Vec<Value> = serde_json::from_str(case["expected"].as_str().unwrap()).unwrap();
            let wanted: Vec<Value> =
                wanted.into_iter().filter(|prediction| prediction.get("error").is_none()).collect();
            let own = case["pipeline"]["json"].as_str().unwrap_or_default();
            let dir = folder(&[("leads.json", records.as_bytes()), ("pipeline.json", own.as_bytes())]);
            let (leads, out, own) =
                (path(&dir, "leads.json"), path(&dir, "out.json"), path(&dir, "pipeline.json"));
            let as_of = context["as_of"].as_str().unwrap();
            let name = case["pipeline"]["builtin"].as_str().unwrap_or(&own);
            leadscore(&[
                "score",
                &leads,
                "-p",
                name,
                "--as-of",
                as_of,
                "-f",
                "json",
                "-o",
                &out,
                "--explain",
                "5",
                // Some cases are leads of which nothing is known.
                "--allow-worthless",
            ]);
            let Ok(text) = fs::read_to_string(&out) else {
                assert!(wanted.is_empty(), "{}", case["name"]);
                continue;
            };
            let mut found: Vec<Value> = serde_json::from_str(&text).unwrap();
            // A file's fields that are lists or objects are left out with a word; as a record they are refused.
            found.retain(|prediction| wanted.iter().any(|own| own["lead_id"] == prediction["lead_id"]));
            for prediction in &mut found {
                prediction.as_object_mut().unwrap().remove("row");
            }
            assert_eq!(found, wanted, "{}", case["name"]);
        }
    }
}

fn files() -> Vec<PathBuf> {
    let folder = root().join("fixtures/conformance");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .filter(|path| !path.ends_with("operations.json") && !path.ends_with("host_values.json"))
        .collect();
    files.sort();
    files
}

/// Equal to the last bit; numbers of JSON compare by their value, and −0 is not 0.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|own| same(value, own)))
        }
        (Value::Number(a), Value::Number(b)) => a.as_f64().map(f64::to_bits) == b.as_f64().map(f64::to_bits),
        _ => a == b,
    }
}

fn run(case: &Value) -> Result<Value, Error> {
    let arguments = case["arguments"].as_array().unwrap();
    let text = |at: usize| arguments[at].as_str().unwrap();
    let operation = case["operation"].as_str().unwrap();
    if let Some(of) = case.get("task") {
        let pipeline = of["pipeline"].as_str().map(Pipeline::builtin).transpose()?;
        let task = AnyTask::from_json(of["request"].as_str().unwrap(), pipeline.as_ref())?;
        return Ok(match operation {
            "prompt_json" => json!(task.prompt_json()),
            "conclude_json" => json!(task.conclude_json(text(0))?),
            other => panic!("unknown operation {other}"),
        });
    }
    if case.get("pipeline").is_some() {
        return of_pipeline(&pipeline(&case["pipeline"])?, case);
    }
    if let Some(forest) = case.get("forest") {
        let file = root().join("fixtures").join(forest["path"].as_str().unwrap());
        let mut own = Forest::from_bytes(&fs::read(file).unwrap())?;
        if let Some(value) = forest["missing"].as_f64() {
            own = own.with_missing(value);
        }
        return of_forest(&own, operation, arguments);
    }
    let described = |pipeline: Pipeline| json!(pipeline.describe_json());
    let forest = |forest: Forest| json!(forest.describe_json());
    Ok(match (case.get("class").and_then(Value::as_str), operation) {
        (None, "version") => json!(env!("CARGO_PKG_VERSION")),
        (None, "merge_rankings_json") => json!(RankingTask::merge_json(text(0))?),
        (None, "rank_capacity_json") => json!(leadscore::capacity::rank_json(text(0))?),
        (None, "train_file") => {
            let options = text(0).replace("{fixtures}", root().join("fixtures").to_str().unwrap());
            json!(leadscore_files::train_file(&options, &mut |_| {}, &leadscore_files::never_stop)?)
        }
        (None, "error_codes") => json!(ErrorKind::ALL.iter().map(|kind| kind.code()).collect::<Vec<_>>()),
        (Some("Pipeline"), "builtin_names") => json!(Pipeline::builtin_names().collect::<Vec<_>>()),
        (Some("Pipeline"), "builtin") => described(Pipeline::builtin(text(0))?),
        (Some("Pipeline"), "from_json") => described(Pipeline::from_json(text(0))?),
        (Some("Pipeline"), "import_model") => {
            described(Pipeline::import_model(&bytes(&arguments[0]), &ImportOptions::from_json(text(1))?)?)
        }
        (Some("Forest"), "from_bytes") => forest(Forest::from_bytes(&bytes(&arguments[0]))?),
        (Some("Forest"), "from_json") => forest(Forest::from_json(text(0))?),
        other => panic!("unknown operation {other:?}"),
    })
}

fn pipeline(of: &Value) -> Result<Pipeline, Error> {
    match (of["builtin"].as_str(), of["json"].as_str()) {
        (Some(name), _) => Pipeline::builtin(name),
        (_, Some(text)) => Pipeline::from_json(text),
        _ => panic!("which pipeline is {of}?"),
    }
}

fn of_pipeline(pipeline: &Pipeline, case: &Value) -> Result<Value, Error> {
    let (operation, arguments) = (case["operation"].as_str().unwrap(), case["arguments"].as_array().unwrap());
    let text = |at: usize| arguments[at].as_str().unwrap();
    let context = || Context::from_json(text(1));
    Ok(match operation {
        "describe_json" => json!(pipeline.describe_json()),
        "score_json" => json!(pipeline.score_json(text(0), &context()?)?),
        "score_many_json" => json!(pipeline.score_many_json(text(0), 0, &context()?)?),
        "features_json" => json!(pipeline.features_json(text(0), &context()?)?),
        "feature_matrix_json" => {
            let matrix = pipeline.feature_matrix_json(text(0), 0, &context()?)?;
            json!({"columns": matrix.column_count(), "values": nested(matrix.values(), matrix.column_count())})
        }
        "score_matrix" => {
            let scores = pipeline.score_matrix(&matrix(&arguments[0])?)?;
            json!({
                "scores": scores.score.iter().copied().map(number).collect::<Vec<_>>(),
                "probabilities": scores.probability.iter().copied().map(number).collect::<Vec<_>>(),
                "tiers": scores.tier,
                "classes": scores.class_probabilities.iter().copied().map(number).collect::<Vec<_>>(),
            })
        }
        "importance_json" => {
            let leads = arguments.get(1).filter(|leads| !leads.is_null()).map(matrix).transpose()?;
            json!(pipeline.importance_json(text(0), leads.as_ref())?)
        }
        "ranking_parts_json" => json!(pipeline.ranking_parts_json(text(0))?),
        "score_file" => {
            let dir = folder(&[]);
            let fixtures = root().join("fixtures");
            let out = path(&dir, "out.csv");
            let options = text(0).replace("{fixtures}", fixtures.to_str().unwrap()).replace("{out}", &out);
            let summary = leadscore_files::score_file(pipeline, &options, &leadscore_files::never_stop)?;
            json!(if case["result"] == "file" { fs::read_to_string(out).unwrap() } else { summary })
        }
        "evaluate_file" => {
            let options = text(0).replace("{fixtures}", root().join("fixtures").to_str().unwrap());
            json!(leadscore_files::evaluate_file(pipeline, &options, &leadscore_files::never_stop)?)
        }
        other => panic!("unknown operation {other}"),
    })
}

fn of_forest(forest: &Forest, operation: &str, arguments: &[Value]) -> Result<Value, Error> {
    if operation == "describe_json" {
        return Ok(json!(forest.describe_json()));
    }
    if operation == "with_missing" {
        return Ok(json!(forest.clone().with_missing(arguments[0].as_f64().unwrap()).describe_json()));
    }
    match operation {
        "with_levels_json" => {
            let levels = arguments[0].as_str().unwrap();
            return Ok(json!(forest.clone().with_levels_json(levels)?.describe_json()));
        }
        "encode_json" => {
            let feature = arguments[0].as_u64().unwrap() as usize;
            let numbers = forest.encode_json(feature, arguments[1].as_str().unwrap())?;
            return Ok(numbers.into_iter().map(number).collect());
        }
        "notes" => return Ok(json!(forest.notes())),
        _ => {}
    }
    let matrix = matrix(&arguments[0])?;
    let iterations: Iterations = arguments[1].as_str().unwrap().parse()?;
    let (values, width) = match operation {
        "margin" => (forest.margin(&matrix, iterations)?, forest.output_count()),
        "predict" => (forest.predict(&matrix, iterations)?, forest.prediction_width()),
        "shap" => (forest.shap(&matrix, iterations)?, forest.output_count() * (matrix.column_count() + 1)),
        other => panic!("unknown operation {other}"),
    };
    Ok(json!(nested(&values, width)))
}

fn bytes(argument: &Value) -> Vec<u8> {
    match (argument["bytes"].as_str(), argument["text"].as_str()) {
        (Some(file), _) => fs::read(root().join("fixtures").join(file)).unwrap(),
        (_, Some(text)) => text.as_bytes().to_vec(),
        _ => panic!("which bytes are {argument}?"),
    }
}

fn matrix(argument: &Value) -> Result<FeatureMatrix, Error> {
    let rows = argument["values"].as_array().unwrap();
    let values = rows.iter().flat_map(|row| row.as_array().unwrap());
    let columns = argument["columns"].as_u64().unwrap() as usize;
    FeatureMatrix::new(columns, values.map(|value| value.as_f64().unwrap_or(f64::NAN)).collect())
}

fn nested(values: &[f64], width: usize) -> Vec<Vec<Value>> {
    values.chunks_exact(width.max(1)).map(|row| row.iter().map(|v| number(*v)).collect()).collect()
}

fn number(value: f64) -> Value {
    if value.is_nan() { Value::Null } else { json!(value) }
}
