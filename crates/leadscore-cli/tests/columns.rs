//! Cells of models that were trained on data frames: `predict`, and `import` with `score`, give the margins of the
//! library itself, which are the last column of every table. `fixtures/generate/column_models.py` made them.

mod support;

use std::path::Path;

use support::{Run, folder, leadscore, path, root};

fn file(name: &str) -> String {
    root().join("fixtures/columns").join(name).to_str().unwrap().to_owned()
}

/// The margins in the last column of a table.
fn wanted(table: &str) -> Vec<f64> {
    table.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().parse().unwrap()).collect()
}

fn predicted(model: &str, table: &str, more: &[&str]) -> (Run, Vec<f64>) {
    let dir = folder(&[("rows.csv", table.as_bytes())]);
    let rows = path(&dir, "rows.csv");
    let run = leadscore(&[&["predict", model, &rows], more].concat());
    let place = run.out.lines().next().and_then(|line| line.split(',').position(|name| name == "margin"));
    let margin = |line: &str| line.split(',').nth(place.unwrap()).unwrap().parse().unwrap();
    let margins = run.out.lines().skip(1).map(margin).collect();
    (run, margins)
}

/// The log-odds of an imported pipeline's probabilities, and what `import` said.
fn scored(model: &str, table: &str, more: &[&str]) -> (Run, Vec<f64>) {
    let dir = folder(&[("rows.csv", table.as_bytes())]);
    let [rows, pipeline, out] = ["rows.csv", "pipeline.json", "out.jsonl"].map(|name| path(&dir, name));
    let imported = leadscore(&[&["import", model, "-o", &pipeline], more].concat());
    assert_eq!(imported.code, 0, "{}", imported.err);
    let run = leadscore(&[
        "score",
        &rows,
        "-p",
        &pipeline,
        "--as-of",
        "2026-11-22",
        "-f",
        "jsonl",
        "-o",
        &out,
        "--allow-worthless",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let margin = |line: &str| {
        let prediction: serde_json::Value = serde_json::from_str(line).unwrap();
        let probability = prediction["probability"].as_f64().unwrap();
        leadscore::math::log_odds(probability)
    };
    // A result that is worth nothing says so in a last line.
    let lines = std::fs::read_to_string(out).unwrap();
    (imported, lines.lines().filter(|line| !line.starts_with("{\"worthless\"")).map(margin).collect())
}

fn check(model: &str, table: &str, more: &[&str]) -> String {
    let wanted = wanted(table);
    let (run, found) = predicted(model, table, more);
    assert_eq!(run.code, 0, "{model}: {}", run.err);
    // XGBoost's margins are f32.
    let same = |found: &f64, wanted: &f64| {
        if model.contains("xgboost") { *found as f32 == *wanted as f32 } else { found == wanted }
    };
    assert_eq!(found.len(), wanted.len(), "{model}");
    assert!(found.iter().zip(&wanted).all(|(a, b)| same(a, b)), "{model}: {found:?}\n{wanted:?}");
    let (imported, scores) = scored(model, table, more);
    assert_eq!(scores.len(), wanted.len(), "{model}");
    assert!(
        scores.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-12),
        "{model}: {scores:?}\n{wanted:?}"
    );
    let notes =
        |run: &Run| run.err.lines().filter(|line| line.contains("the file")).collect::<Vec<_>>().join("\n");
    assert_eq!(notes(&run), notes(&imported), "`predict` and `import` say the same");
    notes(&run)
}

#[test]
fn the_names_in_the_table_are_those_of_training() {
    for (name, says) in [
        (
            "lightgbm-frame.txt",
            ["low, middle, high: by their ranges it is `plan`", "by their ranges it is `rating`"],
        ),
        ("xgboost-frame.json", ["10 characters that begins with `Österrei`", "category 2"]),
    ] {
        let model = file(name);
        let table = std::fs::read_to_string(Path::new(&model).with_extension("csv")).unwrap();
        let notes = check(&model, &table, &[]);
        assert!(says.iter().all(|part| notes.contains(part)), "{notes}");
        for (yes, no) in
            [("true", "false"), ("TRUE", "FALSE"), ("1", "0"), ("yes", "no"), ("Y", "N"), ("t", "f")]
        {
            check(
                &model,
                &table.replace(",True,", &format!(",{yes},")).replace(",False,", &format!(",{no},")),
                &[],
            );
        }
        // Numbers are levels by their value; texts by their letters.
        check(
            &model,
            &table.replace(",501,True,", ",501.0,True,").replace(",501,False,", ",0501,False,"),
            &[],
        );
    }
}

#[test]
fn a_text_that_only_looks_like_a_level_is_none() {
    let model = file("xgboost-frame.json");
    let table = std::fs::read_to_string(file("xgboost-frame.csv")).unwrap();
    for (from, to) in
        [(",It,", ",iT,"), (",00501,", ",000501,"), ("Österreich", "Österreiche"), (",True,", ",maybe,")]
    {
        assert!(table.contains(from));
        let (run, _) = predicted(&model, &table.replace(from, to), &[]);
        assert_eq!(run.code, 2, "{to}");
        assert!(run.err.contains(to.trim_matches(',')) && run.err.contains("column `"), "{}", run.err);
    }
}

#[test]
fn what_the_file_does_not_settle_is_said_and_asked_for() {
    let table = std::fs::read_to_string(file("lightgbm-unclear.csv")).unwrap();
    let model = file("lightgbm-unclear.txt");
    let (run, _) = predicted(&model, &table, &[]);
    assert_eq!(run.code, 2);
    for part in ["whether `zip` has the names 501, 1001, 94107", "whether `source` has", "no sure value"] {
        assert!(run.err.contains(part), "{part}: {}", run.err);
    }
    let (imported, scores) = scored(&model, &table, &[]);
    assert!(imported.err.contains("does not settle whether `zip`"), "{}", imported.err);
    assert!(scores.iter().all(|score| score.is_finite()));
    assert_eq!(check(&model, &table, &["--levels", "zip=501,1001,94107"]), "");
    let (run, _) = predicted(&model, &table, &["--levels", "zip=501,1001"]);
    assert_eq!((run.code, run.err.contains("lists of names are 501, 1001, 94107")), (2, true), "{}", run.err);

    let table = std::fs::read_to_string(file("xgboost-lost.csv")).unwrap();
    let model = file("xgboost-lost.json");
    let (run, _) = predicted(&model, &table, &[]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("lost the names of 1 of the 3 categories of `city` (codes 2)"), "{}", run.err);
    assert_eq!(check(&model, &table, &["--levels", r#"city=["Kyjev","Łódź","東京都"]"#]), "");
    for (levels, says) in [
        ("city=Kyjev,Lodz,東京都", "category 1 is `Łódź` in the file, not `Lodz`"),
        ("city=Kyjev,Łódź", "too few or many"),
        ("town=a,b", "no column `town`"),
        ("city", "COLUMN=A,B,C"),
    ] {
        let (run, _) = predicted(&model, &table, &["--levels", levels]);
        assert_eq!((run.code, run.err.contains(says)), (2, true), "{levels}: {}", run.err);
    }
}

#[test]
fn names_that_the_file_never_had_are_asked_for() {
    let model = root().join("fixtures/golden/xgb-1.7.6-codes-ubj/model.ubj");
    let run = leadscore(&["import", model.to_str().unwrap(), "-o", &path(&folder(&[]), "p.json")]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("keeps no names for the categories of"), "{}", run.err);
}
