//! What `leadscore train` reads: JSON as well as CSV, columns by other names, weights of rows.

mod support;

use std::fmt::Write as _;

use serde_json::{Value, json};
use support::{folder, leadscore, path};

const COMMON: [&str; 8] = ["--as-of", "2026-11-22", "--rounds", "12", "--folds", "3", "--pipeline-id", "own"];

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
    // Leads that are judged as of their own days need no other.
    let common = if more.contains(&"--time") { &COMMON[2..] } else { &COMMON[..] };
    leadscore(&[&["train", input, "-o", own][..], common, more].concat())
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
    assert!(with.0 == without.0);
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

/// The same leads as CSV, as JSON lines and as a JSON list of the other shape of a record.
fn three_forms(leads: &[Past]) -> [String; 3] {
    let mut csv = "lead_id,Page visits,source,called,since,budget,won\n".to_owned();
    let (mut lines, mut list) = (String::new(), Vec::new());
    for (row, lead) in leads.iter().enumerate() {
        let Past { visits, source, called, day, won } = lead;
        let (id, since) = (format!("l-{}", row / 2), format!("2026-10-{day:02}"));
        let visits = (row % 9 != 4).then_some(*visits);
        let budget = [Some(0.1), Some(1250.5), None, Some(-3.0)][row % 4].map(|own| own * f64::from(*day));
        let shown = |number: Option<f64>| number.map(|own| own.to_string()).unwrap_or_default();
        let source = if row % 50 == 7 { "n/a" } else { source };
        let _ = writeln!(
            csv,
            "{id},{},\"{source}, \"\"a\"\"\",{called},{since},{},{won}",
            shown(visits),
            shown(budget)
        );
        let source = format!("{source}, \"a\"");
        let record = json!({"lead_id": id, "Page visits": visits, "source": source, "called": called, "since": since,
                            "budget": budget, "won": won});
        // Written by hand, since the order of the fields is that of the features.
        let fields: Vec<String> = ["lead_id", "Page visits", "source", "called", "since", "budget", "won"]
            .iter()
            .map(|name| format!("{}:{}", json!(name), record[*name]))
            .collect();
        let _ = writeln!(lines, "{{{}}}", fields.join(","));
        list.push(format!("{{\"id\":{},\"attributes\":{{{}}}}}", json!(id), fields[1..].join(", ")));
    }
    [csv, lines, format!("[\n{}\n]", list.join(",\n"))]
}

#[test]
fn the_same_leads_as_csv_and_as_json_give_the_same_pipeline() {
    let [csv, lines, list] = three_forms(&past(600, 4));
    let dir = folder(&[
        ("past.csv", csv.as_bytes()),
        ("past.jsonl", lines.as_bytes()),
        ("past.json", list.as_bytes()),
        // What it is is seen from the content.
        ("past.txt", lines.as_bytes()),
    ]);
    let own = path(&dir, "own.json");
    let learned = |file: &str, more: &[&str]| {
        let run = train(&path(&dir, file), &own, &[&["-t", "won", "--json"][..], more].concat());
        assert_eq!(run.code, 0, "{file}: {}", run.err);
        let report: Value = serde_json::from_str(&run.out).unwrap();
        (std::fs::read_to_string(&own).unwrap(), report, run.err)
    };
    let missing = ["--missing", "budget=-3"];
    for more in [&[][..], &missing, &["--time", "since"], &["--id", "source", "--drop", "budget,lead_id"]] {
        let (pipeline, report, _) = learned("past.csv", more);
        assert_eq!(report["leads"], 600);
        for file in ["past.jsonl", "past.txt"] {
            let found = learned(file, more);
            assert!(found.0 == pipeline, "{file} {more:?}");
            assert_eq!(found.1, report, "{file} {more:?}");
        }
        if more.contains(&"--id") {
            continue;
        }
        let found = learned("past.json", more);
        assert!(found.0 == pipeline, "{more:?}");
        assert_eq!(found.1["left_out"][0], json!({"column": "id", "reason": "the lead's id"}));
    }
    let (pipeline, report, err) = learned("past.jsonl", &[]);
    assert_eq!(report["left_out"][0], json!({"column": "lead_id", "reason": "the lead's id"}));
    assert_eq!(report["columns"].as_array().unwrap().len(), 5, "{report:#}");
    assert!(err.contains("300 lead ids stand on more than one row"), "{err}");
    // Validated by leads of the other format.
    let valid = path(&dir, "past.json");
    let by_json = learned("past.csv", &["--valid", &valid]).0;
    let valid = path(&dir, "past.csv");
    assert!(learned("past.jsonl", &["--valid", &valid]).0 == by_json);
    assert!(by_json != pipeline);
}

#[test]
fn activities_of_records_are_learned_from_as_those_of_a_log() {
    let mut next = numbers(5);
    let (mut csv, mut log, mut lines) =
        ("lead_id,size,came\n".to_owned(), "lead_id,kind,at\n".to_owned(), String::new());
    for lead in 0..300 {
        let (came, interest, size) = (1 + (next() * 27.0) as u32, next(), lead % 7);
        let mut activities = Vec::new();
        for month in 2..=9 {
            let kind = if next() < 0.4 { "Mail" } else { "visit" };
            let kind = if month > 3 && next() < 0.3 * interest { "purchase" } else { kind };
            if next() < interest {
                activities
                    .push((kind, format!("2026-{month:02}-{:02}T10:00:00Z", 1 + (next() * 27.0) as u32)));
            }
        }
        let _ = writeln!(csv, "l-{lead},{size},2026-01-{came:02}");
        for (kind, at) in &activities {
            let _ = writeln!(log, "l-{lead},{kind},{at}");
        }
        let own: Vec<Value> = activities.iter().map(|(kind, at)| json!({"kind": kind, "at": at})).collect();
        let _ = writeln!(
            lines,
            r#"{{"lead_id":"l-{lead}","size":{size},"came":"2026-01-{came:02}","activities":{}}}"#,
            json!(own)
        );
    }
    let dir = folder(&[
        ("leads.csv", csv.as_bytes()),
        ("log.csv", log.as_bytes()),
        ("leads.jsonl", lines.as_bytes()),
    ]);
    let (own, log) = (path(&dir, "own.json"), path(&dir, "log.csv"));
    let by_kind = ["--horizon", "60d", "--won-by", "purchase", "--start", "came"];
    let learned = |file: &str, more: &[&str]| {
        let run = train(&path(&dir, file), &own, &[&by_kind[..], more].concat());
        assert_eq!(run.code, 0, "{file}: {}", run.err);
        (std::fs::read_to_string(&own).unwrap(), run.out)
    };
    let by_log = learned("leads.csv", &["-a", &log]);
    assert!(by_log.1.contains("activities `purchase`: the outcome"), "{}", by_log.1);
    assert_eq!(learned("leads.jsonl", &[]), by_log);
    // Without them nobody was won by a kind.
    let run = train(&path(&dir, "leads.csv"), &own, &by_kind);
    let said =
        "--won-by: names kinds of activities; give the log that has them with `activities` (--activities)";
    assert!(run.code == 2 && run.err.contains(said), "{}", run.err);
}

#[test]
fn what_json_cannot_be_learned_from_is_told() {
    let [_, lines, _] = three_forms(&past(300, 6));
    let odd =
        lines.replace("\"won\":", "\"tags\":[\"a\"],\"nothing\":null,\"won\":").replace("2026-10-1", "10/1")
            + "{\"lead_id\":\"x\",\"won\":\n{\"won\":true,\"activities\":7}\n{}\n";
    let dir = folder(&[
        ("past.jsonl", odd.as_bytes()),
        ("ids.jsonl", b"{\"id\":1}\n{\"id\":2}\n"),
        ("other.json", b"[1, 2]"),
    ]);
    let own = path(&dir, "own.json");
    let run = train(&path(&dir, "past.jsonl"), &own, &["-t", "won", "--missing", "budget=7"]);
    // As ever where rows were rejected.
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.out.contains("learned from 300 leads"), "{}", run.out);
    for said in ["tags: lists or objects, which are not read", "nothing: empty"] {
        assert!(run.out.contains(said), "{said}: {}", run.out);
    }
    for said in [
        "2 records could not be read; the first on line 301: ",
        "fields that are lists or objects are not read: tags",
        "column `budget`: no cell is `7`, which was to mean missing",
    ] {
        assert!(run.err.contains(said), "{said}: {}", run.err);
    }
    let weighted = lines.replace("\"won\":", "\"w\":\"-2\",\"won\":");
    std::fs::write(path(&dir, "weighted.jsonl"), weighted).unwrap();
    for (file, more, said) in [
        ("past.jsonl", &["-t", "wun"][..], "--target: the file has no column `wun`, did you mean `won`?"),
        ("past.jsonl", &["-t", "tags"], "--target: column `tags`"),
        (
            "weighted.jsonl",
            &["-t", "won", "--weight", "w"],
            "column `w`, row 1: wants a number from 0 up, found `-2`",
        ),
        ("ids.jsonl", &["-t", "won"], "--target: the file has no column `won`; its columns: id"),
        ("other.json", &["-t", "won"], "other.json"),
    ] {
        let run = train(&path(&dir, file), &own, more);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{file} {more:?}: {}", run.err);
        assert!(run.err.contains(said), "{file} {more:?}: {}", run.err);
    }
}

#[test]
fn values_of_json_in_a_form_that_is_not_read_are_told() {
    let [csv, lines, _] = three_forms(&past(300, 7));
    // 2026-10-05 as 05.10.2026: a date of a table, and a text of JSON.
    let days = |text: &str| {
        let mut parts = text.split("2026-10-");
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |text, part| text + &part[..2] + ".10.2026" + &part[2..])
    };
    let dir = folder(&[("past.csv", days(&csv).as_bytes()), ("past.jsonl", days(&lines).as_bytes())]);
    let own = path(&dir, "own.json");
    let said = "column `since`: 300 of 300 values such as `";
    let run = train(&path(&dir, "past.jsonl"), &own, &["-t", "won"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains(said) && run.err.contains("write dates such as 2026-11-22"), "{}", run.err);
    let run = train(&path(&dir, "past.csv"), &own, &["-t", "won"]);
    assert!(run.code == 0 && !run.err.contains("column `since`"), "{}", run.err);
}

#[test]
fn a_mapped_column_is_known_by_its_new_name() {
    let [csv, lines, _] = three_forms(&past(600, 8));
    let renamed = csv.replacen("lead_id,Page visits,", "Lead No,visit_count,", 1).replacen(
        ",since,",
        ",first_seen_at,",
        1,
    );
    let other = csv.replacen("lead_id,", "Lead No,", 1);
    let map = br#"{"format": 1, "lead_id": "Lead No", "attributes": {"visit_count": "Page visits", "first_seen_at": "since"}}"#;
    let fields = br#"{"format": 1, "attributes": {"visit_count": "Page visits", "first_seen_at": "since"}}"#;
    let dir = folder(&[
        ("renamed.csv", renamed.as_bytes()),
        ("past.csv", other.as_bytes()),
        ("past.jsonl", lines.as_bytes()),
        ("map.json", map),
        ("fields.json", fields),
    ]);
    let own = path(&dir, "own.json");
    let learned = |file: &str, more: &[&str]| {
        let run = train(&path(&dir, file), &own, &[&["-t", "won", "--json"][..], more].concat());
        assert_eq!(run.code, 0, "{file}: {}", run.err);
        assert!(!run.err.contains("mapping"), "{}", run.err);
        let report: Value = serde_json::from_str(&run.out).unwrap();
        (std::fs::read_to_string(&own).unwrap(), report)
    };
    let (pipeline, _) = learned("renamed.csv", &["--id", "Lead No"]);
    assert!(pipeline.contains(r#""of":"first_seen_at""#), "{pipeline}");
    let (map, fields) = (path(&dir, "map.json"), path(&dir, "fields.json"));
    let columns =
        ["--map", "Page visits=visit_count", "-m", "since = first_seen_at", "-m", "Lead No=lead_id"];
    let (by_columns, report) = learned("past.csv", &columns);
    assert!(by_columns == pipeline);
    // The report says what the file calls it.
    assert!(
        report["columns"]
            .as_array()
            .unwrap()
            .contains(&json!({"feature": "visit_count", "column": "Page visits"})),
        "{report:#}"
    );
    assert!(learned("past.csv", &["--map", &map]).0 == pipeline);
    assert!(learned("past.jsonl", &["--map", &fields]).0 == pipeline);
    assert!(learned("past.jsonl", &columns[..4]).0 == pipeline);
    // Options take both names.
    for name in ["since", "first_seen_at"] {
        let by_day = learned("past.csv", &["--map", &map, "--time", name]);
        assert!(by_day.0 == learned("renamed.csv", &["--id", "Lead No", "--time", "first_seen_at"]).0);
    }
    // The leads to validate by have the same names.
    let valid = path(&dir, "past.jsonl");
    let by_json =
        learned("past.csv", &["--map", "Page visits=visit_count", "--drop", "since", "--valid", &valid]);
    assert!(by_json.0.contains("visit_count"));
    // It scores files of either name.
    std::fs::write(&own, &pipeline).unwrap();
    let scored = |file: &str, more: &[&str]| {
        let args = ["score", &path(&dir, file), "-p", &own, "--as-of", "2026-11-22", "-f", "csv"];
        let run = leadscore(&[&args[..], more].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        run.out
    };
    assert_eq!(scored("past.csv", &["--map", &map]), scored("past.jsonl", &["--map", &fields]));
}

#[test]
fn what_a_mapping_takes_is_nothing_else() {
    let [csv, ..] = three_forms(&past(200, 9));
    let dir = folder(&[("past.csv", csv.as_bytes()), ("map.json", b"{\"format\": 1, \"attributes\": 7}")]);
    let (past, own) = (path(&dir, "past.csv"), path(&dir, "own.json"));
    let run = train(&past, &own, &["-t", "won", "--map", "Page visits=budget"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("budget: by the mapping `Page visits` is `budget`"), "{}", run.out);
    let run = train(&past, &own, &["-t", "won", "--map", "since=day", "--map", "since=first_day"]);
    let said = "the mapping reads day and first_day from the column `since`; it is learned from as day alone";
    assert!(run.code == 0 && run.err.contains(said), "{}", run.err);
    let map = path(&dir, "map.json");
    for (map, said) in [
        (
            "visits=a",
            "the mapping reads a from a column `visits` that the file does not have; its columns: lead_id, ",
        ),
        ("=a", "--map =a: wants COLUMN=ATTRIBUTE"),
        (&map, "map.json"),
    ] {
        let run = train(&past, &own, &["-t", "won", "--map", map]);
        assert!(run.code == 2 && run.err.contains(said), "{map}: {}", run.err);
    }
}
