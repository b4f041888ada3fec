//! `leadscore train`, as a user meets it.

mod support;

use std::fmt::Write as _;

use serde_json::Value;
use support::{folder, leadscore, path};

const AS_OF: [&str; 2] = ["--as-of", "2026-11-22"];

/// Numbers from 0 up to 1, the same in every run.
fn numbers(mut state: u64) -> impl FnMut() -> f64 {
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Made-up leads: more visits, a fair, and a later first contact are better; `Call length` is long where a lead was won.
fn table(rows: usize, seed: u64) -> String {
    let mut next = numbers(seed);
    let mut text =
        "Lead No,Visits,Source,Do Not Call,First Contact,Call length,Country,Code,Remark,Outcome\n"
            .to_owned();
    for row in 0..rows {
        let visits = (next() * 20.0).floor();
        let source = ["Ads", "Fair", "Web", "Select"][(next() * 4.0) as usize];
        let day = (next() * 28.0).floor() + 1.0;
        let margin = 0.15 * (visits - 12.0) + if source == "Fair" { 1.5 } else { 0.0 } + 0.05 * day;
        let won = next() < leadscore::math::sigmoid(margin);
        let call = if won { 200.0 + 400.0 * next() } else { 300.0 * next() };
        let shown = if next() < 0.05 { String::new() } else { visits.to_string() };
        let _ = writeln!(
            text,
            "{},{shown},{source},{},2026-10-{day:02},{call:.0},DE,{:06x},\"said {} things, {row}\",{}",
            row + 1000,
            if next() < 0.5 { "Yes" } else { "No" },
            (next() * 16_000_000.0) as u32,
            (next() * 1e9) as u32,
            if won { "Won" } else { "Lost" }
        );
    }
    text
}

#[test]
fn past_leads_become_a_pipeline_that_scores_and_is_measured() {
    let dir = folder(&[("past.csv", table(1500, 1).as_bytes()), ("new.csv", table(600, 2).as_bytes())]);
    let (past, new, own) = (path(&dir, "past.csv"), path(&dir, "new.csv"), path(&dir, "own.json"));
    let drop = ["--drop", "Call length"];
    let run = leadscore(&[&["train", &past, "-t", "Outcome", "-o", &own][..], &drop, &AS_OF].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    for said in [
        "own.json: learned from 1,500 leads",
        "On leads that its trees had not seen:",
        "HOT",
        "Lead No: names, ids or free text: 1,500 different texts in 1,500 rows",
        "Call length: dropped",
        "Country: the same in every row",
        "Code: names, ids or free text",
        "Outcome: the target",
    ] {
        assert!(run.out.contains(said), "{said}\n{}", run.out);
    }
    assert!(!run.out.contains("Looks like the answer"), "{}", run.out);
    assert_eq!(leadscore(&["check", &own]).code, 0);
    // The out-of-fold figures also hold for new leads, read from a file by the reader that `score` uses.
    let measured =
        leadscore(&[&["evaluate", &new, "-p", &own, "-t", "Outcome", "-f", "json"][..], &AS_OF].concat());
    assert_eq!(measured.code, 0, "{}", measured.err);
    let json: Value = serde_json::from_str(&measured.out).unwrap();
    let auc = json["pipelines"][0]["measures"]["auc"]["value"].as_f64().unwrap_or_else(|| panic!("{json:#}"));
    assert!(auc > 0.75, "{auc}");
    let explained = leadscore(&[&["explain", &new, "-p", &own, "--row", "1"][..], &AS_OF].concat());
    assert!(explained.out.contains("Visits: "), "{}", explained.out);
    assert!(explained.out.contains("Days since First Contact"), "{}", explained.out);
}

#[test]
fn a_column_that_looks_like_the_answer_is_told() {
    let dir = folder(&[("past.csv", table(600, 3).as_bytes())]);
    let (past, own) = (path(&dir, "past.csv"), path(&dir, "own.json"));
    let args = ["train", &past, "-t", "Outcome", "--rounds", "30", "-o", &own];
    let run = leadscore(&[&args[..], &AS_OF].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("Call length: tells won from lost nearly by itself"), "{}", run.out);
    let warning = "note: `Call length` looks like the answer: if it is not known when a lead is scored, learn again with --drop \
                   \"Call length\"";
    assert!(run.err.contains(warning), "{}", run.err);
    // Names do not matter, and neither does their order.
    let renamed = table(600, 3).replacen("Call length", "Zebra", 1).replacen("Visits", "Duration", 1);
    std::fs::write(&past, renamed).unwrap();
    let run = leadscore(&[&args[..], &AS_OF, &["--json"]].concat());
    let json: Value = serde_json::from_str(&run.out).unwrap();
    let leaks: Vec<&Value> = json["leaks"].as_array().unwrap().iter().map(|leak| &leak["columns"]).collect();
    assert_eq!(leaks, [&serde_json::json!(["Zebra"])]);
}

#[test]
fn the_same_file_gives_the_same_bytes_for_any_number_of_threads() {
    let dir = folder(&[("past.csv", table(400, 4).as_bytes())]);
    let (past, own) = (path(&dir, "past.csv"), path(&dir, "own.json"));
    let learn = |threads: &str| {
        let args = ["train", &past, "-t", "Outcome", "--rounds", "20", "-o", &own, "--threads", threads];
        let run = leadscore(&[&args[..], &AS_OF].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        (run.out, std::fs::read_to_string(&own).unwrap())
    };
    assert_eq!(learn("1"), learn("3"));
}

#[test]
fn what_cannot_be_learned_from_is_refused_and_keeps_the_old_pipeline() {
    let dir = folder(&[
        ("past.csv", table(60, 5).as_bytes()),
        ("one.csv", b"a,won\n1,1\n"),
        ("empty.csv", b"a,b,won\n,,1\n,,0\n"),
        ("three.csv", b"a,won\n1,x\n2,y\n3,z\n"),
        ("own.json", b"{}"),
    ]);
    let own = path(&dir, "own.json");
    let refused = |file: &str, more: &[&str]| {
        let args = ["train", &path(&dir, file), "-o", &own];
        let as_of: &[&str] = if more.contains(&"--time") { &[] } else { &AS_OF };
        let run = leadscore(&[&args[..], more, as_of].concat());
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
        assert_eq!(std::fs::read_to_string(&own).unwrap(), "{}");
        run.err
    };
    for (file, more, said) in [
        ("past.csv", &["-t", "Outcom"][..], "no column `Outcom`, did you mean `Outcome`?"),
        ("past.csv", &["-t", "Outcome", "--drop", "Visit"], "--drop"),
        ("past.csv", &["-t", "Outcome", "--time", "Visits"], "`Visits` does not hold dates"),
        ("past.csv", &["-t", "Source"], "--positive"),
        ("past.csv", &["-t", "Outcome", "--capture", "0.8,0.5"], "shares between 0 and 1 that rise"),
        ("past.csv", &["-t", "Outcome", "--monotone", "visit=rising"], "visit"),
        ("one.csv", &["-t", "won"], "won"),
        ("empty.csv", &["-t", "won"], "no column can be learned from"),
        ("three.csv", &["-t", "won"], "--positive"),
        ("missing.csv", &["-t", "won"], "missing.csv"),
    ] {
        let err = refused(file, more);
        assert!(err.contains(said), "{file} {more:?}: {err}");
    }
}

#[test]
fn each_lead_may_be_judged_as_of_its_own_day() {
    let dir = folder(&[("past.csv", table(400, 6).as_bytes())]);
    let (past, own) = (path(&dir, "past.csv"), path(&dir, "own.json"));
    let args = ["train", &past, "-t", "Outcome", "--rounds", "20", "--time", "first contact", "-o", &own];
    let run = leadscore(&args);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("First Contact: the time as of which leads are judged"), "{}", run.out);
    let pipeline = std::fs::read_to_string(&own).unwrap();
    assert!(!pipeline.contains("First Contact") && pipeline.contains("Visits"));
}
