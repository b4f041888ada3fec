//! Who is a lead, and what a worthless result does, as a user of the command meets it.

mod support;

use support::{folder, leadscore, path, records};

const AS_OF: &str = "2026-11-22";

/// A rule for one number.
const RULES: &str = r#"{"format": 1, "id": "rules", "schema": {"features": [
    {"name": "visits", "type": "number", "source": {"from": "attribute"}}]},
  "scorer": {"kind": "scorecard", "unit": "points", "base": 10, "range": [0, 100], "groups": [{"code": "g", "rules": [
    {"code": "visits", "points": "visits", "text": "{visits} visits"}]}]},
  "scale": {"kind": "points"}, "tiers": "hot-warm-cold"}"#;

/// A spreadsheet with rows without any value, and a log that names the number of one of them.
const SPREADSHEET: &[u8] =
    b"lead_id,name,email,company,title\n1,Ann,a@acme.example,Acme,VP\n,,,,\n2,Bo,b@bolt.example,Bolt,CTO\n,,,,\n,,,,\n";
const LOG: &[u8] =
    b"lead_id,kind,at,id\n2,meeting,2026-11-20T10:00:00Z,e1\n2,meeting,2026-11-21T10:00:00Z,e2\n";

#[test]
fn a_spreadsheet_of_two_leads_has_two() {
    let dir = folder(&[("leads.csv", SPREADSHEET), ("log.csv", LOG)]);
    let (leads, log) = (path(&dir, "leads.csv"), path(&dir, "log.csv"));
    let run = leadscore(&["score", &leads, "-a", &log, "--as-of", AS_OF, "-f", "csv"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let rows = records(&run.out);
    let ids: Vec<[&str; 2]> = rows[1..].iter().map(|row| [row[0].as_str(), row[1].as_str()]).collect();
    assert_eq!(ids, [["1", "1"], ["2", "3"]]);
    assert!(rows[2][6].contains("2 meetings held"), "{}", rows[2][6]);
    assert!(run.err.contains("3 lines without a value in any cell, skipped"), "{}", run.err);
}

#[test]
fn a_worthless_result_ends_with_3_and_keeps_the_file() {
    let dir = folder(&[
        ("foreign.csv", b"id,height\n1,180\n2,190\n"),
        ("leads.csv", b"lead_id,company\n1,Acme\n2,Bolt\n"),
        ("log.csv", b"lead_id,kind,at\nx,meeting,2026-11-20\n"),
        ("out.csv", b"earlier\n"),
        ("out.html", b"earlier\n"),
        ("out.txt", b"earlier\n"),
    ]);
    let file = |name: &str| path(&dir, name);
    let (foreign, leads, log) = (file("foreign.csv"), file("leads.csv"), file("log.csv"));
    let inputs: [&[&str]; 2] = [&[&foreign], &[&leads, "-a", &log]];
    for input in inputs {
        for (format, output) in [("csv", "out.csv"), ("html", "out.html"), ("table", "out.txt")] {
            let output = file(output);
            let options = ["--as-of", AS_OF, "-f", format, "-o", &output];
            let run = leadscore(&[&["score"], input, &options].concat());
            assert_eq!(run.code, 3, "{}", run.err);
            let last = run.err.lines().last().unwrap();
            assert!(last.contains("the result is WORTHLESS"), "{last}");
            assert_eq!(std::fs::read_to_string(&output).unwrap(), "earlier\n");
        }
        // Standard output says it too.
        for (format, said) in
            [("html", "This list is worthless"), ("table", "WORTHLESS: "), ("json", "\"worthless\":")]
        {
            let run = leadscore(&[&["score"], input, &["--as-of", AS_OF, "-f", format]].concat());
            assert_eq!(run.code, 3, "{}", run.err);
            assert!(run.out.contains(said), "{format}: {}", run.out);
        }
        let allowed = file("allowed.html");
        let options = ["--as-of", AS_OF, "-f", "html", "-o", &allowed, "--allow-worthless"];
        let run = leadscore(&[&["score"], input, &options].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.err.lines().last().unwrap().contains("the result is WORTHLESS"), "{}", run.err);
        assert!(std::fs::read_to_string(&allowed).unwrap().contains("This list is worthless"));
        // Other commands that read leads say it as well.
        let explain =
            leadscore(&[&["explain"], input, &["--as-of", AS_OF, "--lead", "1", "--json"]].concat());
        assert_eq!(explain.code, 3, "{}", explain.err);
        let explained: serde_json::Value = serde_json::from_str(&explain.out).unwrap();
        assert_eq!(
            (explained["lead_id"].as_str(), explained["worthless"].as_array().unwrap().len()),
            (Some("1"), 1)
        );
        let features =
            leadscore(&[&["features"], input, &["--as-of", AS_OF, "-o", &file("out.csv")]].concat());
        assert_eq!(
            (features.code, std::fs::read_to_string(file("out.csv")).unwrap().as_str()),
            (3, "earlier\n")
        );
        let next = leadscore(&[&["assist", "next"], input, &["--as-of", AS_OF, "--lead", "1"]].concat());
        assert_eq!(next.code, 3, "{}", next.err);
    }
}

#[test]
fn an_id_on_two_rows_is_said_and_a_row_can_be_picked() {
    let dir =
        folder(&[("leads.csv", b"lead_id,company,title\n1,Acme,VP\n2,Bolt,CTO\n1,Core,CEO\n,Dune,CEO\n")]);
    let leads = path(&dir, "leads.csv");
    let explain = |options: &[&str]| leadscore(&[&["explain", &leads, "--as-of", AS_OF], options].concat());
    let first = explain(&["--id", "1"]);
    assert!(first.out.contains("Acme"), "{}", first.out);
    let said = "there are 2 leads with the id `1`: this is the one in row 1; others are in row 3";
    assert!(first.err.contains(said), "{}", first.err);
    let third = explain(&["--row", "3"]);
    assert!(third.out.contains("Core") && !third.err.contains("there are"), "{}{}", third.out, third.err);
    let made_up = explain(&["--lead", "row:4"]);
    assert!(made_up.out.contains("Dune"), "{}", made_up.out);
    assert_eq!(explain(&["--lead", "4"]).code, 2);
    assert_eq!(explain(&["--row", "5"]).code, 2);
    assert_eq!(explain(&[]).code, 2);
}

#[test]
fn what_is_not_known_is_said_by_explain() {
    let dir = folder(&[("leads.csv", b"lead_id,company,email_open_count\n1,Acme,3\n2,Bolt,\n")]);
    let leads = path(&dir, "leads.csv");
    let explain = |id: &str| {
        let run = leadscore(&["explain", &leads, "--as-of", AS_OF, "--lead", id, "--json"]);
        let explained: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        let missing = explained["missing"].as_array().unwrap();
        let names = missing.iter().map(|gap| gap["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        (names, explained["completeness"].as_f64().unwrap())
    };
    let (stated, more) = explain("1");
    let (unstated, less) = explain("2");
    let has = |names: &[String], name: &str| names.iter().any(|own| own == name);
    assert!(
        !has(&stated, "email_open_count") && has(&unstated, "email_open_count"),
        "{stated:?} {unstated:?}"
    );
    assert!(has(&stated, "meeting_count") && has(&unstated, "meeting_count"));
    assert!(less < more && more < 1.0, "{less} {more}");
    assert!(unstated.iter().all(|name| !name.contains('.')), "{unstated:?}");
}

#[test]
fn values_that_cannot_be_used_are_judged_alike_by_every_command() {
    let dir = folder(&[
        ("rules.json", RULES.as_bytes()),
        ("words.csv", b"lead_id,visits\n1,many\n2,few\n3,4\n"),
        ("foreign.csv", b"lead_id,city\n1,Rome\n2,Oslo\n"),
    ]);
    let [rules, words, foreign] = ["rules.json", "words.csv", "foreign.csv"].map(|name| path(&dir, name));
    let common = ["-p", &rules, "--as-of", "2026-11-22"];
    let run = |command: &[&str], more: &[&str]| leadscore(&[command, &common, more].concat());
    for command in [&["score", &words][..], &["features", &words], &["explain", &words, "--row", "3"]] {
        let refused = run(command, &[]);
        assert_eq!(refused.code, 3, "{command:?} {}", refused.err);
        assert!(refused.err.contains("visits could not be used in 2 of 3 leads"), "{}", refused.err);
        assert_eq!(run(command, &["--allow-worthless"]).code, 0, "{command:?}");
    }
    for format in ["json", "jsonl"] {
        let rows = run(&["features", &foreign, "-f", format], &[]);
        assert_eq!(rows.code, 3, "{}", rows.err);
        let last = rows.out.trim_end().trim_end_matches("\n]").lines().last().unwrap();
        let last: serde_json::Value = serde_json::from_str(last).unwrap();
        assert!(last["worthless"][0].as_str().unwrap().contains("nothing that `rules` weighs"), "{last}");
    }
}

#[test]
fn a_lead_without_a_name_is_headed_once() {
    let dir = folder(&[("rules.json", RULES.as_bytes()), ("leads.csv", b"visits\n5\n6\n")]);
    let [rules, leads] = ["rules.json", "leads.csv"].map(|name| path(&dir, name));
    let run = leadscore(&["explain", &leads, "--row", "2", "-p", &rules, "--as-of", "2026-11-22"]);
    assert_eq!((run.code, run.out.matches("row:2").count()), (0, 1), "{}", run.out);
}

#[test]
fn columns_of_a_table_are_said_to_have_no_room() {
    let dir = folder(&[("rules.json", RULES.as_bytes()), ("leads.csv", b"lead_id,visits\n1,5\n2,6\n")]);
    let [rules, leads] = ["rules.json", "leads.csv"].map(|name| path(&dir, name));
    let run = leadscore(&[
        "score",
        &leads,
        "-p",
        &rules,
        "--columns",
        "all",
        "--as-of",
        "2026-11-22",
        "-f",
        "table",
    ]);
    assert!(
        run.code == 0 && run.err.contains("the table has no room for --columns"),
        "{} {}",
        run.code,
        run.err
    );
}

#[test]
fn a_first_mapping_lists_what_is_only_shown() {
    let dir = folder(&[
        ("leads.csv", b"id,First Name,Last Name,Owner,visits\n1,Ann,Lee,Di,5\n2,Bo,May,Ed,6\n"),
        ("rules.json", RULES.as_bytes()),
    ]);
    let [leads, rules] = ["leads.csv", "rules.json"].map(|name| path(&dir, name));
    let run = leadscore(&["init", "mapping", &leads, "-p", &rules]);
    let file: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(file["attributes"], serde_json::json!({"owner": "Owner", "visits": "visits"}));
    assert!(
        file["$comment"].to_string().contains("the name is made of `First Name` and `Last Name`."),
        "{file}"
    );
}
