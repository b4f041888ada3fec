//! `leadscore predict` against what XGBoost and LightGBM themselves gave: margins to the last bit, predictions within one
//! unit in the last place, contributions within the libraries' own precision.

#[path = "../../leadscore/tests/shared/mod.rs"]
mod shared_data;
mod support;

use std::path::{Path, PathBuf};

use shared_data::shared;
use support::{folder, leadscore, path, records, root};

#[test]
fn the_shared_models_are_matched() {
    for case in [
        "xgb-3.4.1-binary-json",
        "xgb-2.1.4-binary-ubj",
        "lgb-4.7.0-binary-numeric",
        "lgb-4.7.0-categorical-codes",
    ] {
        if let Some(folder) = shared(&format!("models/{case}")) {
            check(&folder);
        }
    }
}

#[test]
fn the_golden_models_are_matched() {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(root().join("fixtures/golden"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("case.json").exists())
        .collect();
    cases.sort();
    assert!(cases.len() >= 20, "{} cases", cases.len());
    for case in cases {
        check(&case);
    }
}

fn check(case: &Path) {
    let name = case.file_name().unwrap().to_string_lossy().into_owned();
    let about: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(case.join("case.json")).unwrap()).unwrap();
    let model = case.join(about["model"].as_str().unwrap());
    let single = about["tool"] == "xgboost";
    let dir = folder(&[]);
    let (out, shap) = (path(&dir, "out.csv"), path(&dir, "shap.csv"));
    let input = case.join("input.csv");
    let with_shap = case.join("shap.csv").exists();
    let mut args = vec!["predict", model.to_str().unwrap(), input.to_str().unwrap(), "-o", &out];
    if with_shap {
        args.extend(["--contributions", &shap]);
    }
    if case.join("expected_best.csv").exists() {
        args.extend(["--iterations", "all"]);
    }
    let missing = about["missing_value_given_to_library"].as_str().filter(|value| *value != "NaN");
    if let Some(missing) = missing {
        args.extend(["--missing", missing]);
    }
    let run = leadscore(&args);
    assert_eq!(run.code, 0, "{name}: {}", run.err);
    let (wanted, found) = (table(&case.join("expected.csv")), written(&out));
    assert_eq!(found.0, wanted.0, "{name}");
    assert_eq!(found.1.len(), wanted.1.len(), "{name}");
    let names = &wanted.0;
    for (row, (found, wanted)) in found.1.iter().zip(&wanted.1).enumerate() {
        for ((column, found), wanted) in names.iter().zip(found).zip(wanted) {
            let (found, wanted) = (*found, *wanted);
            let here = format!("{name}, row {row}, {column}: {found} for {wanted}");
            let steps = if single { steps32(found, wanted) } else { steps64(found, wanted) };
            assert!(steps <= u64::from(column.starts_with("pred")), "{here}");
        }
    }
    if case.join("expected_best.csv").exists() {
        let best = path(&dir, "best.csv");
        let run = leadscore(&["predict", args[1], args[2], "-o", &best]);
        assert_eq!(run.code, 0, "{name}");
        assert!(run.err.contains("--iterations all uses all"), "{name}: {}", run.err);
        let wanted = table(&case.join("expected_best.csv")).1;
        for (found, wanted) in written(&best).1.iter().zip(&wanted) {
            assert_eq!(steps32(found[0], wanted[0]), 0, "{name}, best rounds");
        }
    }
    if with_shap {
        let (wanted, found) = (table(&case.join("shap.csv")), written(&shap));
        assert_eq!(found.0, wanted.0, "{name}");
        let tolerance = if single { 1e-4 } else { 1e-9 };
        for (row, (found, wanted)) in found.1.iter().zip(&wanted.1).enumerate() {
            for (column, (found, wanted)) in found.iter().zip(wanted).enumerate() {
                let allowed = tolerance * wanted.abs().max(1.0);
                let near = (found - wanted).abs() <= allowed;
                assert!(near, "{name}, row {row}, column {column}: {found} for {wanted}");
            }
        }
    }
}

/// What the command wrote, without the id and the number of each row: the libraries know neither.
fn written(path: &str) -> (Vec<String>, Vec<Vec<f64>>) {
    let (head, mut rows) = table(Path::new(path));
    assert_eq!(head[..2], ["lead_id", "row"]);
    for (index, row) in rows.iter_mut().enumerate() {
        assert_eq!(row[1], (index + 1) as f64);
        row.drain(..2);
    }
    (head[2..].to_vec(), rows)
}

fn table(path: &Path) -> (Vec<String>, Vec<Vec<f64>>) {
    let mut rows = records(&std::fs::read_to_string(path).unwrap().replace("\r\n", "\n"));
    let head = rows.remove(0);
    let number = |cell: &String| cell.parse::<f64>().unwrap_or(f64::NAN);
    (head, rows.iter().map(|row| row.iter().map(number).collect()).collect())
}

/// How many f32 lie between two values.
fn steps32(a: f64, b: f64) -> u64 {
    let order = |value: f64| {
        let bits = i64::from((value as f32).to_bits() as i32);
        if bits < 0 { i64::from(i32::MIN) - bits } else { bits }
    };
    if a.is_nan() && b.is_nan() { 0 } else { order(a).abs_diff(order(b)) }
}

/// How many f64 lie between two values.
fn steps64(a: f64, b: f64) -> u64 {
    let order = |value: f64| {
        let bits = i128::from(value.to_bits() as i64);
        if bits < 0 { i128::from(i64::MIN) - bits } else { bits }
    };
    if a.is_nan() && b.is_nan() { 0 } else { u64::try_from(order(a).abs_diff(order(b))).unwrap_or(u64::MAX) }
}
