//! Who is a lead, and what a worthless result does, as a user of the command meets it.

mod support;

use support::{folder, leadscore, path, records};

const AS_OF: &str = "2026-11-22";

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
