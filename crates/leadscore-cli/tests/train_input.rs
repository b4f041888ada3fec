//! What `leadscore train` reads: weights of rows.

mod support;

use std::fmt::Write as _;

use serde_json::Value;
use support::{folder, leadscore, path};

const COMMON: [&str; 8] = ["--as-of", "2026-11-22", "--rounds", "30", "--folds", "3", "--pipeline-id", "own"];

/// Numbers from 0 up to 1, the same in every run.
fn numbers(mut state: u64) -> impl FnMut() -> f64 {
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A made-up lead: more visits, and a fair, are better.
struct Past {
    visits: f64,
    source: &'static str,
    called: bool,
    day: u32,
    won: bool,
}

fn past(count: usize, seed: u64) -> Vec<Past> {
    let mut next = numbers(seed);
    let lead = |_| {
        let visits = (next() * 20.0).floor();
        let source = ["Ads", "Fair", "Web"][(next() * 3.0) as usize];
        let (called, day) = (next() < 0.5, (next() * 28.0) as u32 + 1);
        let margin = 0.2 * (visits - 12.0) + if source == "Fair" { 1.5 } else { 0.0 };
        Past { visits, source, called, day, won: next() < leadscore::math::sigmoid(margin) }
    };
    (0..count).map(lead).collect()
}

/// Leads as CSV; each row ends with the weight of the lead.
fn csv(leads: &[Past], weight: impl Fn(usize, &Past) -> Option<String>) -> String {
    let mut text = "visits,source,called,since,won,weight\n".to_owned();
    for (row, lead) in leads.iter().enumerate() {
        let Past { visits, source, called, day, won } = lead;
        let Some(weight) = weight(row, lead) else { continue };
        let _ = writeln!(text, "{visits},{source},{called},2026-10-{day:02},{won},{weight}");
    }
    text
}

fn train(input: &str, own: &str, more: &[&str]) -> support::Run {
    leadscore(&[&["train", input, "-o", own][..], &COMMON, more].concat())
}

#[test]
fn weights_count_while_learning_and_in_every_measure() {
    let leads = past(900, 1);
    // Of lost leads every third was kept.
    let text = csv(&leads, |_, lead| Some(if lead.won { "1".to_owned() } else { "3".to_owned() }));
    let dir = folder(&[("past.csv", text.as_bytes())]);
    let (past, own) = (path(&dir, "past.csv"), path(&dir, "own.json"));
    let plain = train(&past, &own, &["-t", "won", "--drop", "weight", "--json"]);
    assert_eq!(plain.code, 0, "{}", plain.err);
    let unweighted = std::fs::read_to_string(&own).unwrap();
    assert!(!unweighted.contains("weighted"), "{unweighted}");
    let weighted = train(&past, &own, &["-t", "won", "--weight", "Weight", "--json"]);
    assert_eq!(weighted.code, 0, "{}", weighted.err);
    let pipeline = std::fs::read_to_string(&own).unwrap();
    assert!(pipeline.contains("They were weighted"), "{pipeline}");
    let json = |run: &support::Run| serde_json::from_str::<Value>(&run.out).unwrap();
    let (plain, weighted) = (json(&plain), json(&weighted));
    assert_eq!(plain["weights"], Value::Null);
    assert_eq!((&weighted["leads"], &weighted["won"]), (&plain["leads"], &plain["won"]));
    let won = weighted["won"].as_f64().unwrap();
    let total = won + 3.0 * (900.0 - won);
    assert_eq!(weighted["weights"]["column"], "weight");
    assert_eq!(weighted["weights"]["total"], total);
    assert!((weighted["weights"]["won_share"].as_f64().unwrap() - won / total).abs() < 1e-12);
    let left_out = weighted["left_out"].to_string();
    assert!(left_out.contains(r#""column":"weight","reason":"the weight of a row""#), "{left_out}");
    // Probabilities are those of all leads, and are measured as such.
    let error = |report: &Value| report["out_of_fold"]["calibration_error"].as_f64().unwrap();
    assert!(error(&weighted) < 0.06, "{weighted:#}");
    let mean = |pipeline: &str| {
        std::fs::write(&own, pipeline).unwrap();
        let run = leadscore(&["score", &past, "-p", &own, "-f", "json", "--as-of", "2026-11-22"]);
        assert_eq!(run.code, 0, "{}", run.err);
        let scores: Value = serde_json::from_str(&run.out).unwrap();
        let rows = scores.as_array().unwrap();
        rows.iter().map(|row| row["probability"].as_f64().unwrap()).sum::<f64>() / rows.len() as f64
    };
    let (weighted, plain) = (mean(&pipeline), mean(&unweighted));
    assert!(weighted < plain - 0.1, "{weighted} {plain}");
    // People are told.
    let run = train(&past, &own, &["-t", "won", "--weight", "weight"]);
    assert!(run.out.contains("Rows count by their `weight`: those won have "), "{}", run.out);
}

#[test]
fn a_row_of_weight_0_is_as_if_it_were_not_there() {
    let leads = past(600, 2);
    let with =
        csv(&leads, |row, _| Some(if row % 4 == 1 { "0".to_owned() } else { format!("{}.5", row % 3) }));
    let without = csv(&leads, |row, _| (row % 4 != 1).then(|| format!("{}.5", row % 3)));
    let dir = folder(&[("with.csv", with.as_bytes()), ("without.csv", without.as_bytes())]);
    let own = path(&dir, "own.json");
    let learned = |file: &str| {
        let run = train(&path(&dir, file), &own, &["-t", "won", "--weight", "weight"]);
        assert_eq!(run.code, 0, "{}", run.err);
        (std::fs::read_to_string(&own).unwrap(), run)
    };
    let (with, without) = (learned("with.csv"), learned("without.csv"));
    assert_eq!(with.0, without.0);
    assert!(
        with.1.err.contains("150 rows of weight 0 left out, as if they were not in the file"),
        "{}",
        with.1.err
    );
    assert_eq!(with.1.out, without.1.out);
}

#[test]
fn what_is_no_weight_is_told_with_its_row_and_column() {
    let leads = past(60, 3);
    let refused = |cell: &str, more: &[&str], said: &str| {
        let text = csv(&leads, |row, _| Some(if row == 6 { cell.to_owned() } else { "2".to_owned() }));
        let dir = folder(&[("past.csv", text.as_bytes())]);
        let own = path(&dir, "own.json");
        let run = train(&path(&dir, "past.csv"), &own, &[&["-t", "won"][..], more].concat());
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{cell}: {}", run.err);
        assert!(run.err.contains(said), "{cell}: {}", run.err);
        assert!(!std::path::Path::new(&own).exists());
    };
    let weight = ["--weight", "weight"];
    for cell in ["-1", "NaN", "inf", "much"] {
        let said = format!("--weight: column `weight`, row 7: wants a number from 0 up, found `{cell}`");
        refused(cell, &weight, &said);
    }
    refused("", &weight, "--weight: column `weight`, row 7: wants a number from 0 up, found nothing");
    refused(
        "1",
        &["--weight", "weights"],
        "--weight: the file has no column `weights`, did you mean `weight`?",
    );
    refused("1", &["--weight", "won"], "--weight: `won` says what became of the lead");
    refused("1", &["--weight", "source"], "--weight: column `source`, row 1: wants a number from 0 up");
    let zeros = csv(&leads, |_, _| Some("0".to_owned()));
    let dir = folder(&[("past.csv", zeros.as_bytes())]);
    let run = train(&path(&dir, "past.csv"), &path(&dir, "own.json"), &["-t", "won", "--weight", "weight"]);
    assert!(
        run.code == 2 && run.err.contains("--weight: column `weight`: every row weighs 0"),
        "{}",
        run.err
    );
}
