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
    let exported = leadscore(&["export", &own, "-o", &path(&dir, "model.json")]);
    assert_eq!(exported.code, 0, "{}", exported.err);
}

#[test]
fn a_column_that_looks_like_the_answer_is_told() {
    let dir = folder(&[("past.csv", table(600, 3).as_bytes())]);
    let (past, own) = (path(&dir, "past.csv"), path(&dir, "own.json"));
    let args = ["train", &past, "-t", "Outcome", "--rounds", "30", "-o", &own];
    let run = leadscore(&[&args[..], &AS_OF].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("Call length: tells won from lost nearly by itself"), "{}", run.out);
    let warning = "note: `Call length` looks like the answer: if it is not known when a lead is scored, learn again with `drop` \
                   (--drop \"Call length\")";
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
fn what_may_stand_for_missing_is_proposed_and_taken_where_it_is_said() {
    let rows = table(600, 8).replace("Lead No,", "Days,Lead No,");
    let with_days = rows.lines().enumerate().map(|(row, line)| match row {
        0 => line.to_owned(),
        _ => format!("{},{line}", if row % 3 == 0 { "999".to_owned() } else { (row % 20).to_string() }),
    });
    let dir = folder(&[("past.csv", with_days.collect::<Vec<_>>().join("\n").as_bytes())]);
    let (past, own) = (path(&dir, "past.csv"), path(&dir, "own.json"));
    let args = ["train", &past, "-t", "Outcome", "--drop", "Call length", "--rounds", "10", "-o", &own];
    let run = leadscore(&[&args[..], &AS_OF].concat());
    assert!(run.err.contains("column `Days`: 999 in 33.3 % of rows lies apart"), "{}", run.err);
    assert!(run.err.contains("--missing \"Source=Select\""), "{}", run.err);
    assert!(std::fs::read_to_string(&own).unwrap().contains("\"Select\""));
    let more = ["--missing", "Days=999", "--missing", "source=select"];
    let run = leadscore(&[&args[..], &AS_OF, &more].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(!run.err.contains("--missing"), "{}", run.err);
    let pipeline: Value = serde_json::from_str(&std::fs::read_to_string(&own).unwrap()).unwrap();
    let feature = |name: &str| {
        let all = pipeline["schema"]["features"].as_array().unwrap();
        all.iter().find(|own| own["name"] == name).unwrap().clone()
    };
    assert_eq!(feature("days")["source"]["missing"], serde_json::json!(["999"]));
    assert_eq!(feature("source")["levels"].as_array().unwrap().len(), 3);
    // However the number is written; where no cell has the value, that is told; dates have no such values.
    let learned = std::fs::read_to_string(&own).unwrap();
    let more = ["--missing", "Days=999.0", "--missing", "source=select", "--missing", "visits=-7"];
    let run = leadscore(&[&args[..], &AS_OF, &more].concat());
    assert!(run.err.contains("column `Visits`: no cell is `-7`, which was to mean missing"), "{}", run.err);
    let days = |text: &str| text.split("\"days\"").nth(1).unwrap().split('}').next().unwrap().to_owned();
    assert_eq!(days(&std::fs::read_to_string(&own).unwrap()), days(&learned));
    let run = leadscore(&[&args[..], &AS_OF, &["--missing", "First Contact=2026-10-01"]].concat());
    assert!(run.code == 2 && run.err.contains("--missing: `First Contact` holds dates"), "{}", run.err);
    let run = leadscore(&[&args[..], &AS_OF, &["--missing", "Dayz=9"]].concat());
    assert!(run.code == 2 && run.err.contains("--missing: the file has no column `Dayz`"), "{}", run.err);
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
fn a_known_column_of_ids_keeps_rows_of_a_lead_together_and_later_dates_are_told() {
    let mut rows = "lead_id,visits,created,won\n".to_owned();
    for row in 0..200 {
        let day = if row % 4 == 0 { "2027-01-05" } else { "2026-01-05" };
        let _ = writeln!(rows, "l-{},{},{day},{}", row / 2, row % 13, u8::from(row % 13 > 8));
    }
    let dir = folder(&[("past.csv", rows.as_bytes())]);
    let (past, own) = (path(&dir, "past.csv"), path(&dir, "own.json"));
    let run = leadscore(&[&["train", &past, "-t", "won", "--rounds", "10", "-o", &own][..], &AS_OF].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("lead_id: the lead's id"), "{}", run.out);
    assert!(!std::fs::read_to_string(&own).unwrap().contains("lead_id"));
    let said = "column `created`: 50 of 200 dates lie after the moment as of which the lead is judged, and not known then";
    assert!(run.err.contains(said), "{}", run.err);
    assert!(run.err.contains("100 lead ids stand on more than one row"), "{}", run.err);
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

/// Made-up leads with a log: who visits more is won sooner; each purchase is followed by an invoice.
fn lives(count: usize) -> (String, String) {
    let mut next = numbers(11);
    let (mut table, mut log) =
        ("lead_id,size,created_at,won_at,ended_at\n".to_owned(), "lead_id,kind,at\n".to_owned());
    let day = |day: f64| {
        let start = leadscore::Timestamp::parse("2025-01-01", &leadscore::Zone::utc()).unwrap().as_millis();
        leadscore::Timestamp::from_millis(start + (day * 86_400_000.0) as i64).unwrap().to_string()
    };
    for number in 0..count {
        let (came, interest) = (next() * 500.0, next());
        let (mut at, mut won) = (came, None);
        while at < 600.0 && at < came + 200.0 {
            let _ = writeln!(log, "l-{number},{},{}", if next() < 0.3 { "mail" } else { "Visit" }, day(at));
            if next() < 0.25 * interest * interest {
                won = Some(at + 0.5);
                break;
            }
            at += 1.0 + 30.0 * next() * (1.2 - interest);
        }
        if let Some(won) = won {
            let _ = writeln!(log, "l-{number},purchase,{}\nl-{number},invoice,{}", day(won), day(won + 1.0));
        }
        let ended = if won.is_none() && next() < 0.5 { day(came + 200.0) } else { String::new() };
        let (size, came) = (number % 5, day(came));
        let _ = writeln!(table, "l-{number},{size},{came},{},{ended}", won.map(day).unwrap_or_default());
    }
    (table, log)
}

#[test]
fn a_log_of_activities_becomes_a_pipeline_that_knows_who_is_won_soon() {
    let (table, log) = lives(500);
    let dir = folder(&[("leads.csv", table.as_bytes()), ("log.csv", log.as_bytes())]);
    let (leads, log, own) = (path(&dir, "leads.csv"), path(&dir, "log.csv"), path(&dir, "own.json"));
    let common = [
        "train",
        &leads,
        "-a",
        &log,
        "--horizon",
        "60d",
        "--rounds",
        "30",
        "-o",
        &own,
        "--as-of",
        "2026-08-22",
    ];
    let by_log = ["--won-by", "purchase", "--start", "created_at", "--drop", "won_at,ended_at"];
    let run = leadscore(&[&common[..], &by_log].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    for said in [
        "moments of ",
        "won within 60 days",
        "activities `purchase`: the outcome",
        "activities `invoice`: none before an outcome",
        "The last fifth by time",
        "AUC by trees of earlier leads alone",
    ] {
        assert!(run.out.contains(said), "{said}\n{}", run.out);
    }
    assert!(!run.out.contains("Looks like the answer"), "{}", run.out);
    assert!(run.err.contains("leads are known up to 2026-08-"), "{}", run.err);
    // The dates of a column say the same, since each purchase is one of them.
    let by_log = std::fs::read_to_string(&own).unwrap();
    let by_column = ["-t", "won_at", "--start", "created_at", "--drop", "ended_at", "--lost-by", "nothing"];
    let run = leadscore(&[&common[..], &by_column].concat());
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("--lost-by: no activity of a lead is of the kind `nothing`; its kinds: "),
        "{}",
        run.err
    );
    let run = leadscore(&[&common[..], &by_column[..6], &["--json"]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(std::fs::read_to_string(&own).unwrap(), by_log);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(json["moments"]["horizon_days"], 60.0);
    assert!(json["out_of_fold"]["auc"].as_f64().unwrap() > 0.6, "{json:#}");
    assert!(json["time_order"]["ordered_auc"].as_f64().unwrap() > 0.55, "{json:#}");
    // Scored as of the day with the same log; without one the result would be worth nothing.
    let scored = leadscore(&["score", &leads, "-a", &log, "-p", &own, "--as-of", "2026-08-22", "-f", "csv"]);
    assert_eq!(scored.code, 0, "{}", scored.err);
    assert_eq!(scored.out.lines().count(), 501);
    let scored = leadscore(&["score", &leads, "-p", &own, "--as-of", "2026-08-22", "-f", "csv"]);
    assert_eq!(scored.code, 3, "{}", scored.err);
}

#[test]
fn lives_that_cannot_be_learned_from_are_refused() {
    let dir = folder(&[
        ("leads.csv", b"lead_id,created_at,won_at,size\na,2026-01-01,,1\nb,2026-01-02,,2\n"),
        ("log.csv", b"lead_id,kind,at\na,visit,2026-01-05\n"),
        ("other.csv", b"lead_id,kind,at\nz,visit,2026-01-05\n"),
    ]);
    let (leads, log, other) = (path(&dir, "leads.csv"), path(&dir, "log.csv"), path(&dir, "other.csv"));
    let own = path(&dir, "own.json");
    for (more, said) in [
        (&["-t", "won_at", "--horizon", "9d", "--start", "created_at"][..], "`won_at` does not hold dates"),
        (&["-t", "size", "--horizon", "9d"], "`size` does not hold dates"),
        (&["-t", "won_at", "--horizon", "0d"], "wants a length of time above 0"),
        (&["-t", "created_at", "--horizon", "90000w"], "--horizon: wants days above 0"),
        (&["-t", "won_at", "--every", "9d"], "--horizon"),
        (&["--won-by", "visit", "--horizon", "9d"], "--activities"),
        (&["-t", "created_at", "--horizon", "9d"], "--start: no lead has a beginning"),
        (
            &["-t", "created_at", "--horizon", "9d", "-a", &other],
            "--activities: no activity of the log belongs to one of 2 leads",
        ),
        (&["--won-by", "visits", "--horizon", "9d", "-a", &log], "did you mean `visit`?"),
    ] {
        let run = leadscore(&[&["train", &leads, "-o", &own, "--as-of", "2026-08-22"][..], more].concat());
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{more:?} {}", run.err);
        assert!(run.err.contains(said), "{more:?} {}", run.err);
    }
    assert!(!std::path::Path::new(&own).exists());
}

#[test]
#[cfg(feature = "trainer-gbdt")]
fn the_trees_may_come_from_the_crate_gbdt() {
    let dir = folder(&[("past.csv", table(1200, 7).as_bytes())]);
    let (past, own) = (path(&dir, "past.csv"), path(&dir, "own.json"));
    let args = [
        "train",
        &past,
        "-t",
        "Outcome",
        "--drop",
        "Call length",
        "--rounds",
        "40",
        "--trainer",
        "gbdt",
        "-o",
        &own,
    ];
    let run = leadscore(&[&args[..], &AS_OF, &["--json"]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert!(json["out_of_fold"]["auc"].as_f64().unwrap() > 0.7, "{json:#}");
    let text = std::fs::read_to_string(&own).unwrap();
    let pipeline: Value = serde_json::from_str(&text).unwrap();
    assert!(text.contains("gbdt 0.1.3 trees"), "{:#}", pipeline["model_card"]);
    // It scores and explains as every pipeline does.
    let explained = leadscore(&[&["explain", &past, "-p", &own, "--row", "1"][..], &AS_OF].concat());
    assert!(explained.out.contains("Visits: "), "{}", explained.out);
    for model in ["model.json", "model.txt"] {
        let run = leadscore(&["export", &own, "-o", &path(&dir, model)]);
        assert_eq!(run.code, 0, "{}", run.err);
    }
    // The same file gives the same trees.
    assert_eq!(leadscore(&[&args[..], &AS_OF].concat()).code, 0);
    assert_eq!(std::fs::read_to_string(&own).unwrap(), text);
    let run = leadscore(&[&args[..], &AS_OF, &["--monotone", "visits=rising"]].concat());
    assert!(run.code == 2 && run.err.contains("one way"), "{}", run.err);
}
