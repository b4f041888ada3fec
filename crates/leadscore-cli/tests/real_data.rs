//! Two hand-written scorecards and a trained model on real leads, held to the figures they must reach on rows they never saw.

#[path = "../../leadscore/tests/shared/mod.rs"]
mod shared_data;
mod support;

use std::path::Path;

use shared_data::shared;
use support::{folder, leadscore, path, records};

/// What XGBoost itself says of the test rows with `examples/x_education.ubj`, to 9 digits.
const XGBOOST_AUC: f64 = 0.870_135_812;

#[test]
fn an_imported_model_ranks_x_education_as_xgboost_does() {
    let Some(data) = shared("x_education/Leads.csv.gz") else { return };
    let dir = folder(&[]);
    let (pipeline, out) = (path(&dir, "model.json"), path(&dir, "scores.jsonl"));
    let model = "examples/x_education.ubj";
    let run = leadscore(&["import", model, "--schema", "examples/x_education.json", "-o", &pipeline]);
    assert_eq!(run.code, 0, "{}", run.err);
    let map = "examples/x_education.map.json";
    let run =
        leadscore(&["score", data.to_str().unwrap(), "-p", &pipeline, "-m", map, "-f", "jsonl", "-o", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    let mut scores = Vec::new();
    for line in std::fs::read_to_string(&out).unwrap().lines() {
        let prediction: serde_json::Value = serde_json::from_str(line).unwrap();
        let (score, explanation) = (prediction["score"].as_f64().unwrap(), &prediction["explanation"]);
        let points = |c: &serde_json::Value| c["points"].as_f64().unwrap();
        let sum: f64 = explanation["contributions"].as_array().unwrap().iter().map(points).sum();
        let rest = explanation["rest"].as_f64().unwrap();
        assert!((explanation["baseline"].as_f64().unwrap() + sum + rest - score).abs() <= 1e-9);
        assert!(rest.abs() <= 1e-3);
        scores.push(score);
    }
    let wins = outcomes(&data, "Converted");
    let rows = scores.into_iter().zip(wins).enumerate();
    let test: Vec<(f64, bool)> = rows.filter(|(row, _)| is_test(*row)).map(|(_, pair)| pair).collect();
    let auc = auc(&test);
    assert!((auc - XGBOOST_AUC).abs() < 5e-7, "AUC {auc}, where XGBoost has {XGBOOST_AUC}");
}

/// Row i, from 0, is a test row when CRC-32 of its decimal text leaves 0 modulo 5.
fn is_test(row: usize) -> bool {
    crc32(row.to_string().as_bytes()).is_multiple_of(5)
}

struct Case {
    pipeline: &'static str,
    data: &'static str,
    target: &'static str,
    rows: usize,
    test_rows: usize,
    least_auc: f64,
}

#[test]
fn x_education_is_ranked_well() {
    check(&Case {
        pipeline: "x_education",
        data: "x_education/Leads.csv.gz",
        target: "Converted",
        rows: 9_240,
        test_rows: 1_818,
        least_auc: 0.83,
    });
}

#[test]
fn extraalearn_is_ranked_well() {
    check(&Case {
        pipeline: "extraalearn",
        data: "extraalearn/ExtraaLearn.csv",
        target: "status",
        rows: 4_612,
        test_rows: 892,
        least_auc: 0.86,
    });
}

fn check(case: &Case) {
    let Some(data) = shared(case.data) else { return };
    let dir = folder(&[]);
    let out = path(&dir, "scores.csv");
    let pipeline = format!("examples/{}.json", case.pipeline);
    let map = format!("examples/{}.map.json", case.pipeline);
    let run =
        leadscore(&["score", data.to_str().unwrap(), "-p", &pipeline, "-m", &map, "-f", "csv", "-o", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    let scores: Vec<f64> = records(&std::fs::read_to_string(&out).unwrap())[1..]
        .iter()
        .map(|row| row[2].parse().unwrap())
        .collect();
    assert_eq!(scores.len(), case.rows);
    let wins = outcomes(&data, case.target);
    assert_eq!(wins.len(), case.rows);
    let test: Vec<(f64, bool)> = scores
        .into_iter()
        .zip(wins)
        .enumerate()
        .filter(|(row, _)| is_test(*row))
        .map(|(_, pair)| pair)
        .collect();
    assert_eq!(test.len(), case.test_rows);
    let (auc, lift) = (auc(&test), lift_of_top_tenth(&test));
    println!("{}: AUC {auc:.4}, lift of the top tenth {lift:.2}", case.pipeline);
    assert!(auc >= case.least_auc, "{}: AUC {auc}", case.pipeline);
    assert!(lift >= 2.0, "{}: lift {lift}", case.pipeline);
}

fn outcomes(data: &Path, target: &str) -> Vec<bool> {
    let bytes = std::fs::read(data).unwrap();
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    let rows = records(&text.replace("\r\n", "\n"));
    let column = rows[0].iter().position(|name| name == target).unwrap();
    rows[1..].iter().map(|row| row[column] == "1").collect()
}

/// The share of pairs of a won and a lost lead in which the won one has the higher score; ties count half.
fn auc(rows: &[(f64, bool)]) -> f64 {
    let mut sorted: Vec<&(f64, bool)> = rows.iter().collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut lost_below, mut pairs) = (0.0, 0.0);
    for same in sorted.chunk_by(|a, b| a.0 == b.0) {
        let won = same.iter().filter(|row| row.1).count() as f64;
        let lost = same.len() as f64 - won;
        pairs += won * (lost_below + lost / 2.0);
        lost_below += lost;
    }
    pairs / (lost_below * rows.iter().filter(|row| row.1).count() as f64)
}

/// The share of won leads in the ceil(10 %) highest scores over the share in all; ties in file order.
fn lift_of_top_tenth(rows: &[(f64, bool)]) -> f64 {
    let mut order: Vec<&(f64, bool)> = rows.iter().collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let most = rows.len().div_ceil(10);
    let share = |rows: &[&(f64, bool)]| rows.iter().filter(|row| row.1).count() as f64 / rows.len() as f64;
    share(&order[..most]) / share(&order)
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 },
        )
    };
    !bytes.iter().fold(!0, step)
}
