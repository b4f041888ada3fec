//! Cells that a model reads: `predict` takes none for what `score` does not take it for, and says what it assumed.

mod support;

use std::path::Path;

use support::{Run, folder, leadscore, path};

/// A model of visits and country, whose leaves are −1 for few visits, 1 for many from `de`, 2 for others.
const MODEL: &str = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\n\
    objective=binary sigmoid:1\nfeature_names=visits country\nfeature_infos=[0:9000] 0:1\n\n\
    Tree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=0 1\nthreshold=2.5 0\ndecision_type=2 1\n\
    left_child=-1 -2\nright_child=1 -3\ncat_boundaries=0 1\ncat_threshold=1\nleaf_value=-1 1 2\n\
    leaf_count=4 3 3\ninternal_count=10 6\n\nend of trees\n\npandas_categorical:[[\"de\", \"fr\"]]\n";

/// Predicts the rows of a table; `more` are options, in which `DIR` is the folder of the files.
fn predict(table: &str, more: &[&str]) -> (Run, Option<String>) {
    let dir = folder(&[("model.txt", MODEL.as_bytes()), ("rows.csv", table.as_bytes())]);
    std::fs::write(dir.path().join("map.json"), r#"{"format": 1, "decimal": "."}"#).unwrap();
    let more: Vec<String> = more.iter().map(|own| own.replace("DIR", dir.path().to_str().unwrap())).collect();
    let (model, rows) = (path(&dir, "model.txt"), path(&dir, "rows.csv"));
    let mut args = vec!["predict", &model, &rows];
    args.extend(more.iter().map(String::as_str));
    let run = leadscore(&args);
    (run, std::fs::read_to_string(path(&dir, "out.json")).ok())
}

/// The margins of rows of CSV.
fn margins(run: &Run) -> Vec<String> {
    run.out.lines().skip(1).map(|line| line.split(',').nth(2).unwrap().to_owned()).collect()
}

#[test]
fn a_number_with_two_meanings_is_refused_until_it_is_settled() {
    let table = "lead_id;visits;country\n1;1.234;de\n2;2.345;fr\n";
    let (run, _) = predict(table, &[]);
    assert_eq!(run.code, 2, "{}", run.out);
    assert!(run.err.contains("line 2: column `visits`: `1.234` is ambiguous"), "{}", run.err);
    let (run, _) = predict(table, &["--map", "DIR/map.json"]);
    assert_eq!((run.code, margins(&run)), (0, vec!["-1".to_owned(), "-1".to_owned()]), "{}", run.err);
    // What is no number at all is refused as before.
    let (run, _) = predict("lead_id,visits,country\n1,7,de\n2,many,fr\n3,8,de\n", &[]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("line 3: column `visits`: `many` is not a number"), "{}", run.err);
    // What is one to the libraries is one.
    let (run, _) = predict("lead_id,visits,country\n1,inf,de\n2,-inf,fr\n3,8,de\n", &[]);
    assert_eq!((run.code, margins(&run)), (0, ["1", "-1", "1"].map(str::to_owned).to_vec()), "{}", run.err);
}

#[test]
fn a_mapping_says_which_column_is_which() {
    let dir = folder(&[
        ("model.txt", MODEL.as_bytes()),
        ("rows.csv", b"key,Besuche,country\nA,7,de\n"),
        ("map.json", br#"{"format": 1, "lead_id": "key", "attributes": {"visits": "Besuche"}}"#),
        ("bad.json", br#"{"format": 1, "attributes": {"colour": "Besuche"}}"#),
    ]);
    let [model, rows, map, bad] =
        ["model.txt", "rows.csv", "map.json", "bad.json"].map(|name| path(&dir, name));
    let run = leadscore(&["predict", &model, &rows, "--map", &map]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("\nA,1,1,"), "{}", run.out);
    let run = leadscore(&["predict", &model, &rows, "--map", &bad]);
    assert!(run.code == 2 && run.err.contains("`colour`, which the model does not read"), "{}", run.err);
}

#[test]
fn what_the_reader_assumed_is_said() {
    let table = "lead_id,visits,country\n1,n/a,de\nN/A,7,fr\n3,8,N/A\n";
    let (run, _) = predict(table, &[]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(margins(&run), ["-1", "2", "2"]);
    for wanted in
        ["column `visits`", "1 cell with `n/a` read as missing", "1 cell with `N/A` read as missing"]
    {
        assert!(run.err.contains(wanted), "{wanted}: {}", run.err);
    }
    assert!(run.out.contains("\n,2,2,"), "a word for missing is no id: {}", run.out);
}

#[test]
fn levels_that_the_model_does_not_know_are_said_and_may_be_all_there_is() {
    let table = "lead_id,visits,country\n1,7,de\n2,7,es\n3,8,fr\n4,9,de\n";
    let (run, _) = predict(table, &[]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("country: line 3: `es` is not a known level; taken as missing"), "{}", run.err);

    let table = "lead_id,visits,country\n1,7,de\n2,7,es\n3,8,it\n4,9,DE\n";
    let out = ["-f", "json", "-o", "DIR/out.json", "--contributions", "DIR/shap.csv"];
    let (run, written) = predict(table, &out);
    assert_eq!((run.code, &written), (3, &None), "{}", run.err);
    let wanted = "country could not be used in 3 of 4 leads, the first on line 3: `es` is not a known level";
    assert!(run.err.contains("WORTHLESS") && run.err.contains(wanted), "{}", run.err);
    let (run, written) = predict(table, &[&out[..], &["--allow-worthless"]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let written: serde_json::Value = serde_json::from_str(&written.unwrap()).unwrap();
    assert_eq!(written.as_array().unwrap().len(), 5);
    assert!(written[4]["worthless"][0].as_str().unwrap().starts_with("country could not be used"));
    // Without a file the rows are there too, and the exit status tells what they are worth.
    let (run, _) = predict(table, &["-f", "jsonl"]);
    assert_eq!((run.code, run.out.lines().count()), (3, 5), "{}", run.err);
}

#[test]
fn rows_without_a_value_say_nothing() {
    let (run, _) = predict("lead_id,visits,country\n1,,\n2,n/a,\n", &[]);
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(
        run.err.contains("no row has a value of anything that the model reads; it reads visits, country")
    );
}

#[test]
fn score_has_the_same_cells_missing() {
    let table = "lead_id,visits,country\n1,7,de\n2,n/a,fr\n3,8,es\n4,1,de\n5,9,fr\n";
    let (predicted, _) = predict(table, &[]);
    let dir = folder(&[("model.txt", MODEL.as_bytes()), ("rows.csv", table.as_bytes())]);
    let [model, rows, pipeline] = ["model.txt", "rows.csv", "p.json"].map(|name| path(&dir, name));
    assert_eq!(leadscore(&["import", &model, "-o", &pipeline]).code, 0);
    let run = leadscore(&["score", &rows, "-p", &pipeline, "--as-of", "2026-11-22", "-f", "csv"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let probability = |line: &str| line.split(',').nth(3).unwrap().parse::<f64>().unwrap();
    let scored: Vec<f64> = run.out.lines().skip(1).map(probability).collect();
    let by_margin: Vec<f64> =
        margins(&predicted).iter().map(|margin| leadscore::math::sigmoid(margin.parse().unwrap())).collect();
    assert!(scored.iter().zip(&by_margin).all(|(a, b)| (a - b).abs() < 1e-12), "{scored:?} {by_margin:?}");
    let told = |run: &Run| {
        let about_cells = |line: &&str| line.contains("read as missing") || line.contains("known level");
        run.err.lines().filter(about_cells).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told(&predicted), told(&run));
    assert!(Path::new(&pipeline).exists());
}
