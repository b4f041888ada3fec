//! `leadscore score` as a user meets it: formats, exit codes, streams, rejects.

mod support;

use std::io::Write as _;

use support::{folder, leadscore, path, records, with_input, with_variables};

const AS_OF: &str = "2026-11-20T12:00:00Z";
const LEADS: &str = "examples/leads.csv";

fn json_lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn csv_keeps_the_input_order_and_top_ranks() {
    let all = leadscore(&["score", LEADS, "--as-of", AS_OF, "--format", "csv"]);
    let rows = records(&all.out);
    assert_eq!(rows[0], ["lead_id", "row", "score", "probability", "tier", "action", "reasons"]);
    assert_eq!(rows.len(), 61);
    let numbers: Vec<String> = (1..=60).map(|row| row.to_string()).collect();
    assert_eq!(rows[1..].iter().map(|row| row[1].clone()).collect::<Vec<_>>(), numbers);
    let best = leadscore(&["score", LEADS, "--as-of", AS_OF, "--format", "csv", "--top", "7"]);
    let ranked = records(&best.out);
    assert_eq!(ranked.len(), 8);
    let score = |row: &Vec<String>| row[2].parse::<f64>().unwrap();
    assert!(ranked[1..].windows(2).all(|pair| score(&pair[0]) >= score(&pair[1])));
    let mut sorted: Vec<f64> = rows[1..].iter().map(score).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    assert_eq!(ranked[1..].iter().map(score).collect::<Vec<_>>(), sorted[..7]);
}

#[test]
fn every_format_gives_the_same_scores_and_json_adds_up() {
    let csv = leadscore(&["score", LEADS, "--as-of", AS_OF, "-f", "csv"]);
    let lines = json_lines(&leadscore(&["score", LEADS, "--as-of", AS_OF, "-f", "jsonl"]).out);
    let list: Vec<serde_json::Value> =
        serde_json::from_str(&leadscore(&["score", LEADS, "--as-of", AS_OF, "-f", "json"]).out).unwrap();
    assert_eq!(lines, list);
    for (row, line) in records(&csv.out)[1..].iter().zip(&lines) {
        let score = line["score"].as_f64().unwrap();
        assert_eq!(row[2].parse::<f64>().unwrap().to_bits(), score.to_bits());
        let explanation = &line["explanation"];
        let points: f64 = explanation["contributions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["points"].as_f64().unwrap())
            .sum();
        let rest = explanation["rest"].as_f64().unwrap();
        assert!((explanation["baseline"].as_f64().unwrap() + points + rest - score).abs() <= 1e-9);
        assert!(rest.abs() <= 1e-3);
        assert_eq!(line["provenance"]["pipeline"], "conversion");
        assert_eq!(line["basis"], "rules");
    }
}

#[test]
fn standard_input_gzip_and_jsonl_are_the_same_leads() {
    let plain = leadscore(&["score", LEADS, "--as-of", AS_OF, "-f", "csv"]).out;
    let bytes = std::fs::read(support::root().join(LEADS)).unwrap();
    assert_eq!(with_input(&["score", "-", "--as-of", AS_OF, "-f", "csv"], &bytes).out, plain);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&bytes).unwrap();
    let packed = packed.finish().unwrap();
    let dir = folder(&[("leads.csv.gz", &packed), ("disguised.csv", &packed)]);
    assert_eq!(leadscore(&["score", &path(&dir, "leads.csv.gz"), "--as-of", AS_OF, "-f", "csv"]).out, plain);
    let disguised = leadscore(&["score", &path(&dir, "disguised.csv"), "--as-of", AS_OF, "-f", "csv"]);
    assert_eq!(disguised.out, plain);
    assert!(disguised.err.contains("gzip"));
    let jsonl = b"{\"lead_id\":\"a\",\"company\":\"Acme\",\"title\":\"VP Sales\"}\n\n{\"lead_id\":\"b\"}\n";
    let list = b" [ {\"lead_id\":\"a\",\"company\":\"Acme\",\"title\":\"VP Sales\"},\n {\"lead_id\":\"b\"} ]";
    let one = with_input(&["score", "-", "--as-of", AS_OF, "-f", "csv"], jsonl);
    let two = with_input(&["score", "-", "--as-of", AS_OF, "-f", "csv"], list);
    assert_eq!((one.code, &one.out), (0, &two.out), "{} {}", one.err, two.err);
    assert_eq!(records(&one.out).len(), 3);
}

#[test]
fn rejected_rows_are_named_kept_and_tell_in_the_exit_code() {
    let csv = b"lead_id,company,title\na,Acme,CEO\nb,Beta\nc,Gamma,CTO,x,y\nd,Delta,CFO\n";
    let dir = folder(&[("leads.csv", csv)]);
    let rejects = path(&dir, "rejects.csv");
    let run =
        leadscore(&["score", &path(&dir, "leads.csv"), "--as-of", AS_OF, "-f", "csv", "--rejects", &rejects]);
    assert_eq!(run.code, 1);
    assert_eq!(records(&run.out).len(), 3);
    assert!(run.err.contains("line 3") && run.err.contains("line 4"), "{}", run.err);
    let kept = records(&std::fs::read_to_string(rejects).unwrap());
    assert_eq!(kept.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["line", "3", "4"]);
    let rows: Vec<String> = records(&run.out)[1..].iter().map(|row| row[1].clone()).collect();
    assert_eq!(rows, ["1", "4"], "row numbers count rejected rows too");
}

#[test]
fn unusable_input_is_exit_2_with_the_reason() {
    let dir = folder(&[
        ("empty.csv", b""),
        ("header.csv", b"lead_id,company\n"),
        ("page.csv", b"<!DOCTYPE html><html></html>"),
        ("bad.json", b"{\"format\": 1}"),
        ("map.json", b"{\"format\": 1, \"attributes\": {\"company\": \"Firma\"}}"),
    ]);
    let fails = |args: &[&str], wanted: &str| {
        let run = leadscore(args);
        assert_eq!(run.code, 2, "{args:?}: {}", run.err);
        assert!(run.err.contains(wanted), "{args:?}: {}", run.err);
        assert!(run.out.is_empty() || run.out.lines().count() <= 1);
    };
    fails(&["score", &path(&dir, "empty.csv")], "empty");
    fails(&["score", &path(&dir, "header.csv")], "no row");
    fails(&["score", &path(&dir, "page.csv")], "HTML");
    fails(&["score", &path(&dir, "absent.csv")], "absent.csv");
    fails(&["score", LEADS, "--pipeline", "nonsense"], "conversion-compat");
    fails(&["score", LEADS, "--pipeline", &path(&dir, "bad.json")], "bad.json");
    fails(&["score", LEADS, "--as-of", "soon"], "--as-of");
    fails(&["score", LEADS, "--zone", "Mars"], "Mars");
    fails(&["score", LEADS, "--map", &path(&dir, "map.json")], "Firma");
    fails(&["explain", LEADS, "--lead", "nobody"], "L-000001");
}

#[test]
fn strict_mode_refuses_what_lenient_mode_reports() {
    let lead = br#"{"lead_id":"a","recency_days":3,"page_views":-4,"prior_course_interest":"high"}"#;
    let lenient = with_input(&["score", "-", "-p", "heat-rules", "-f", "jsonl"], lead);
    assert_eq!(lenient.code, 0, "{}", lenient.err);
    assert!(lenient.err.contains("page views"), "{}", lenient.err);
    let strict = with_input(&["score", "-", "-p", "heat-rules", "-f", "jsonl", "--strict"], lead);
    assert_eq!(strict.code, 2);
    assert!(strict.err.contains("attributes.page_views"), "{}", strict.err);
}

#[test]
fn formulas_in_ids_are_neutralised_on_the_way_out() {
    let run = with_input(
        &["score", "-", "--as-of", AS_OF, "-f", "csv"],
        b"lead_id,company\n\"=HYPERLINK(\"\"http://x\"\")\",Acme\n@cmd,Beta\n",
    );
    let rows = records(&run.out);
    assert_eq!(rows[1][0], "'=HYPERLINK(\"http://x\")");
    assert_eq!(rows[2][0], "'@cmd");
}

#[test]
fn a_page_is_self_contained_and_speaks_plainly() {
    let run = leadscore(&["score", LEADS, "--as-of", AS_OF, "-f", "html"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for word in ["http:", "https:", "log-odds", "email_open_count", "NaN"] {
        assert!(!run.out.contains(word), "{word}");
    }
    assert!(run.out.starts_with("<!DOCTYPE html>") || run.out.starts_with("<!doctype html>"));
}

#[test]
fn activities_count_and_those_after_as_of_do_not() {
    let leads = b"lead_id,company,created_at\na,Acme,2026-11-01\n";
    let before = "lead_id,kind,at\na,email_open,2026-11-10\n";
    let after = format!("{before}a,meeting,2026-12-01\nstranger,meeting,2026-11-02\n");
    let dir = folder(&[("leads.csv", leads), ("one.csv", before.as_bytes()), ("two.csv", after.as_bytes())]);
    let score = |log: &str| {
        leadscore(&[
            "score",
            &path(&dir, "leads.csv"),
            "-a",
            &path(&dir, log),
            "--as-of",
            AS_OF,
            "-f",
            "jsonl",
        ])
    };
    let (one, two) = (score("one.csv"), score("two.csv"));
    assert_eq!(one.out, two.out);
    assert!(one.out.contains("1 e-mail opened"), "{}", one.out);
    assert!(two.err.contains("the activity log has 3 activities of 2 leads"), "{}", two.err);
}

#[test]
fn blank_ids_and_broken_gzip_are_said() {
    let table = "id,name,email\nL1,Ann,a@x.co\n,Bob,b@x.co\n=\"007\",Kim,c@x.co\n";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(table.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let folder = folder(&[("leads.csv", table.as_bytes()), ("cut.csv.gz", &packed[..packed.len() / 2])]);
    let run = leadscore(&["score", &path(&folder, "leads.csv"), "--as-of", AS_OF, "--format", "csv"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let ids: Vec<String> = records(&run.out)[1..].iter().map(|row| row[0].clone()).collect();
    assert_eq!(ids, ["L1", "row:2", "007"]);
    let said = "column `id`: 1 lead has no id, it is shown as `row:2`; no activity of a log is theirs";
    assert!(run.err.contains(said), "{}", run.err);
    let run = leadscore(&["score", &path(&folder, "cut.csv.gz"), "--as-of", AS_OF]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("cut.csv.gz: the gzip file is cut off or damaged"), "{}", run.err);
}

#[test]
fn reasons_stand_below_the_name_however_wide_the_ranks_are() {
    let rows: Vec<String> =
        (1..=100).map(|at| format!("L{at},Lead {at},Acme,a{at}@acme.example\n")).collect();
    let dir = folder(&[("leads.csv", format!("id,name,company,email\n{}", rows.concat()).as_bytes())]);
    for (top, indent) in [("99", 4), ("100", 5)] {
        let run = with_variables(
            &["score", &path(&dir, "leads.csv"), "--as-of", AS_OF, "-n", top, "-f", "table"],
            &[("COLUMNS", "100")],
        );
        let lines: Vec<&str> = run.out.lines().collect();
        let first = lines.iter().position(|line| line.trim_start().starts_with("1  ")).unwrap();
        let name = lines[first].find("Lead ").unwrap();
        let reason = lines[first + 1];
        let at = reason.len() - reason.trim_start().len();
        assert_eq!((name, at), (indent, indent), "{top}: {}\n{reason}", lines[first]);
    }
}

#[test]
fn json_lines_under_the_name_of_a_table_are_read_and_told() {
    let lead = br#"{"id":"1","company":"Acme"}"#;
    for (name, told) in [("a.csv", true), ("a.tsv", true), ("a.txt", true), ("a.jsonl", false), ("a", false)]
    {
        let dir = folder(&[(name, lead)]);
        let run = leadscore(&["score", &path(&dir, name), "--as-of", AS_OF, "-f", "jsonl"]);
        assert_eq!(json_lines(&run.out)[0]["lead_id"], "1", "{name}: {}", run.err);
        let said = run.err.contains("holds JSON lines though its name does not say so; read as such");
        assert_eq!(said, told, "{name}: {}", run.err);
    }
}

#[test]
fn duplicates_of_a_log_that_are_something_else_are_told() {
    let log = b"lead_id,activity_id,kind,at\n1,a,page_view,2026-11-01\n1,a,page_view,2026-11-01\n\
        1,b,call,2026-11-02\n1,b,call,2026-11-03\n1,b,call,2026-11-02\n";
    let with_activities =
        br#"{"id":"1","company":"Acme","activities":[{"id":"z","kind":"call","at":"2026-01-01"}]}"#;
    // Leads with activities of their own need the whole log, others only kinds and times of it.
    let leads = [("a.jsonl", &with_activities[..]), ("a.csv", b"id,company\n1,Acme\n")];
    let dir = folder(&[leads[0], leads[1], ("log.csv", log)]);
    for (name, _) in leads {
        let (leads, log) = (path(&dir, name), path(&dir, "log.csv"));
        let run = leadscore(&["score", &leads, "--activities", &log, "--as-of", AS_OF, "-f", "jsonl"]);
        let told = "3 activities have the id of another one of the same lead, counted once; 1 of them is";
        assert!(run.err.contains(told), "{name}: {}", run.err);
    }
}
