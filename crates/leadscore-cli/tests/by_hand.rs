//! From a file of leads to scores without JSON written by hand, and what a pipeline by hand is told.

mod support;

use std::io::Write as _;
use std::path::Path;

use support::{folder, leadscore};

const LEADS: &[u8] = "Kunde;Branche;Umsatz;Newsletter;Letzter Kontakt;Notiz\n\
    K-1;Handel;1200;ja;2026-11-01;ruft an\n\
    K-2;Handwerk;300;nein;2026-10-01;will Preise\n\
    K-3;Handel;9000;ja;2026-11-20;kennt uns\n\
    K-4;Handwerk;700;ja;2026-06-01;keine Zeit\n\
    K-5;Handel;0;nein;2026-01-15;\n"
    .as_bytes();

fn gzipped(text: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_file_becomes_a_pipeline_that_scores_it() {
    let folder = folder(&[("kunden.csv", LEADS)]);
    let (leads, own) = (path(folder.path(), "kunden.csv"), path(folder.path(), "kunden.json"));
    let run = leadscore(&["init", "pipeline", &leads, "-o", &own]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("the points were not learned from anything"), "{}", run.err);
    let run = leadscore(&["check", &own]);
    assert_eq!(
        (run.code, run.out.contains("kunden.json: good, with 2 warnings\n")),
        (0, true),
        "{}{}",
        run.out,
        run.err
    );
    // Revenue 9,000 of 9,000, the newsletter, and the latest contact: the best there is.
    let run = leadscore(&["score", &leads, "-p", &own, "--as-of", "2026-11-22", "-f", "csv"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let best = run.out.lines().skip(1).max_by(|a, b| {
        let score = |line: &str| line.split(',').nth(2).unwrap().parse::<f64>().unwrap();
        score(a).total_cmp(&score(b))
    });
    assert_eq!(best.and_then(|line| line.split(',').nth(1)), Some("3"), "{}", run.out);
    // A file of somebody's own is never replaced.
    let again = leadscore(&["init", "pipeline", &leads, "-o", &own]);
    assert_eq!((again.code, again.err.contains("is there already")), (2, true), "{}", again.err);
}

#[test]
fn a_mapping_is_found_and_can_be_used_as_it_is() {
    let folder = folder(&[("leads.csv", b"ID,Job Title,Company Name,Visits\n1,CEO,Acme,3\n2,,Beta,4\n")]);
    let (leads, map) = (path(folder.path(), "leads.csv"), path(folder.path(), "map.json"));
    let run = leadscore(&["init", "mapping", &leads, "-p", "conversion", "-o", &map]);
    assert_eq!(run.code, 0, "{}", run.err);
    let text = std::fs::read_to_string(&map).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(file["attributes"]["company"], "Company Name");
    assert_eq!(file["attributes"]["title"], "Job Title");
    let comment = file["$comment"].to_string();
    assert!(
        comment.contains("No column was found for phone") && comment.contains("`Visits` (such as 3)"),
        "{comment}"
    );
    let by_map = leadscore(&["score", &leads, "-m", &map, "--as-of", "2026-11-22", "-f", "csv"]);
    let by_name = leadscore(&["score", &leads, "--as-of", "2026-11-22", "-f", "csv"]);
    assert_eq!((by_map.code, &by_map.out), (0, &by_name.out), "{}", by_map.err);
}

#[test]
fn inspect_tells_what_a_pipeline_would_read() {
    let folder = folder(&[("leads.csv", b"ID,Job Title,Visits\n1,CEO,3\n2,,4\n")]);
    let leads = path(folder.path(), "leads.csv");
    let run = leadscore(&["inspect", &leads, "-p", "conversion"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let line = |name: &str| run.out.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("Job Title").contains(" title "), "{}", run.out);
    assert!(line("Visits").contains(" – ") && line("Visits").contains("3 to 4"), "{}", run.out);
    assert!(run.out.contains("No column is read as company, "), "{}", run.out);
    // Nothing that the pipeline reads: said, and no error.
    let other = leadscore(&["inspect", &leads, "-p", "heat"]);
    assert!(
        other.code == 0 && other.out.contains("No column is read as recency_days"),
        "{}{}",
        other.out,
        other.err
    );
    let json = leadscore(&["inspect", &leads, "--json"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json.out).unwrap()["rows"], 2);
}

#[test]
fn what_is_shown_never_contradicts_the_tier() {
    // The sum of 0.2, 0.1 and 49.7 is 49.99999999999999… or 50, as it comes: whatever the tier is, the figure is on its side.
    let pipeline = br#"{"format": 1, "id": "sum", "schema": {"features": [
        {"name": "x", "type": "number", "source": {"from": "attribute"}}, {"name": "y", "type": "number", "source": {"from": "attribute"}}]},
        "scorer": {"kind": "scorecard", "unit": "points", "base": 0, "range": [0, 100], "groups": [{"code": "g", "rules": [
          {"code": "x", "points": "x", "text": "x {x}"}, {"code": "y", "points": "y", "text": "y {y}"}]}]},
        "scale": {"kind": "points"}, "tiers": "hot-warm-cold"}"#;
    let rows = b"lead_id,x,y\nunder,49.96,0\nby a hair,49.9,0.09999999999999\nexactly,50,0\nover,50,0.04\nhot,79.95,0\n";
    let folder = folder(&[("sum.json", pipeline), ("rows.csv", rows)]);
    let (own, rows) = (path(folder.path(), "sum.json"), path(folder.path(), "rows.csv"));
    let args =
        |command: &'static str| vec![command, rows.as_str(), "-p", own.as_str(), "--as-of", "2026-11-22"];
    let table = leadscore(&args("score")).out;
    let shown = |id: &str, text: &str| {
        let line = text.lines().find(|line| line.contains(id)).unwrap_or_else(|| panic!("{id}: {text}"));
        let words: Vec<&str> = line.split_whitespace().collect();
        let tier = words.iter().position(|word| ["HOT", "WARM", "COLD"].contains(word)).unwrap();
        (words[tier - 1].to_owned(), words[tier].to_owned())
    };
    let wanted = [
        ("under", "49.9", "COLD"),
        ("by a hair", "49.9", "COLD"),
        ("exactly", "50.0", "WARM"),
        ("over", "50.0", "WARM"),
        ("hot", "79.9", "WARM"),
    ];
    for (id, score, tier) in wanted {
        assert_eq!(shown(&format!(" {id} "), &table), (score.to_owned(), tier.to_owned()), "{table}");
        let mut explain = args("explain");
        explain.extend(["--lead", id]);
        let text = leadscore(&explain).out;
        assert!(text.contains(&format!("{score} of 100, {tier}.")), "{text}");
        explain.push("--json");
        let json: serde_json::Value = serde_json::from_str(&leadscore(&explain).out).unwrap();
        assert!(
            json["explanation"]["summary"].as_str().unwrap().starts_with(&format!("{tier}, {score} of 100"))
        );
    }
    let mut page = args("score");
    page.extend(["-f", "html"]);
    let page = leadscore(&page).out;
    assert!(page.contains(">49.9<small>") && !page.contains(">49.96<"), "{page}");
    assert_eq!(page.matches("<span class=\"score\">50.0<").count(), 2);
}

#[test]
fn the_page_says_an_action_once() {
    let pipeline =
        br#"{"format": 1, "id": "once", "extends": "conversion", "tiers": {"on": "probability", "bounds": [
        {"tier": "ALL", "action": "Find out which company this is."}]},
        "set": {"recommendations.actions.research_company.when": {"not": "has_company"}}}"#;
    let folder = folder(&[("once.json", pipeline), ("a.csv", b"lead_id,title\n1,CEO\n")]);
    let (own, leads) = (path(folder.path(), "once.json"), path(folder.path(), "a.csv"));
    let run = leadscore(&["score", &leads, "-p", &own, "--as-of", "2026-11-22", "-f", "html"]);
    let card = run.out.split("<ol>").nth(1).unwrap();
    assert_eq!(card.matches("Find out which company this is").count(), 1, "{card}");
    let run = leadscore(&["explain", &leads, "-p", &own, "--lead", "1", "--as-of", "2026-11-22"]);
    assert_eq!(run.out.matches("Find out which company this is").count(), 1, "{}", run.out);
}

#[test]
fn a_mapping_with_a_wrong_column_is_told() {
    let dir = folder(&[
        ("leads.csv", b"lead_id,company\n1,Acme\n"),
        ("map.json", br#"{"format": 1, "lead_id": "lead_id", "attributes": {"company": "compny"}}"#),
    ]);
    let [leads, map] = ["leads.csv", "map.json"].map(|name| path(dir.path(), name));
    let run = leadscore(&["inspect", &leads, "-p", "conversion", "--map", &map]);
    assert_eq!(run.code, 2, "{}", run.out);
    assert!(run.err.contains("compny"), "{}", run.err);
    // What is no pipeline has each mistake once.
    let other = path(dir.path(), "other.json");
    std::fs::write(&other, r#"{"format": 1, "id": "other"}"#).unwrap();
    let run = leadscore(&["check", &other]);
    let said = run.out.clone() + &run.err;
    assert_eq!((run.code, said.matches("the field `schema` is missing").count()), (2, 1), "{said}");
}

#[test]
fn check_takes_a_mapping_and_tells_what_else_a_file_is() {
    let dir = folder(&[
        ("map.json", br#"{"format": 1, "lead_id": "ID", "attributes": {"company": "Firm"}, "date_order": "day_first"}"#),
        (
            "bad.json",
            br#"{"attributes": {"company": 7}, "date_order": "dmy", "delimiter": ";;", "activities": {"decimal": "x", "when": "at"},
                "lead": "ID"}"#,
        ),
        ("leads.csv", b"lead_id;company\n1;Acme\n"),
        ("leads.jsonl", b"{\"id\": 1}\n{\"id\": 2}\n"),
        ("leads.json", b"[{\"id\": 1}]"),
        ("packed.json.gz", &gzipped(b"{\"format\": 1}")),
        ("leads.csv.gz", &gzipped(b"lead_id,company\n1,Acme\n")),
    ]);
    let run = leadscore(&["check", &path(dir.path(), "map.json")]);
    assert!(run.code == 0 && run.out.contains("map.json: good; it is a mapping"), "{}{}", run.out, run.err);
    // All mistakes at once, each with its place.
    let run = leadscore(&["check", &path(dir.path(), "bad.json")]);
    assert_eq!(run.code, 2, "{}", run.err);
    for place in [
        "a mapping with 7 problems",
        "the field `format` is missing",
        "attributes.company: 7 is no column's name",
        "date_order: ",
        "delimiter: ",
        "activities.decimal: `x` is neither",
        "activities.when: ",
        "lead: ",
    ] {
        assert!(run.err.contains(place), "{place}: {}", run.err);
    }
    let json = leadscore(&["check", &path(dir.path(), "bad.json"), "--json"]);
    let found: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, found["problems"].as_array().map(Vec::len)), (2, Some(7)), "{}", json.err);
    assert_eq!(found["problems"][1]["path"], "activities.decimal");
    // The same is said where it is used.
    let run = leadscore(&["inspect", &path(dir.path(), "leads.csv"), "-m", &path(dir.path(), "bad.json")]);
    assert!(run.code == 2 && run.err.contains("bad.json: the field `format` is missing"), "{}", run.err);
    let models = Path::new("fixtures/golden");
    for (file, command) in [
        (path(dir.path(), "leads.csv"), "leadscore inspect "),
        (path(dir.path(), "leads.jsonl"), "leadscore score "),
        (path(dir.path(), "leads.json"), "leadscore score "),
        (path(dir.path(), "leads.csv.gz"), "leadscore inspect "),
        (path(dir.path(), "packed.json.gz"), "packed with gzip"),
        (path(models, "xgb-3.2.0-names-json/model.json"), "leadscore import "),
        ("examples/x_education.ubj".to_owned(), "leadscore import "),
    ] {
        let run = leadscore(&["check", &file]);
        assert!(run.code == 2 && run.err.contains(command), "{file}: {}", run.err);
    }
}

#[test]
fn a_first_mapping_says_what_it_found_and_what_not() {
    let dir = folder(&[("courses.csv", b"team_id,enrolment_id,Pages\n1,E-1,4\n1,E-2,5\n2,E-3,6\n")]);
    let (leads, map) = (path(dir.path(), "courses.csv"), path(dir.path(), "map.json"));
    let run = leadscore(&["init", "mapping", &leads, "-p", "conversion", "-o", &map]);
    // Nothing but the id: there is something to do before it is of use.
    assert_eq!(run.code, 1, "{}", run.err);
    let file: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&map).unwrap()).unwrap();
    assert_eq!((&file["lead_id"], &file["attributes"]), (&"enrolment_id".into(), &serde_json::json!({})));
    for said in [&run.err, &file["$comment"].to_string().replace("\\\"", "\"")] {
        for part in [
            "taken to be `enrolment_id`",
            "o column is called like anything that `conversion` reads",
            "o column was found for company, title",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    let run = leadscore(&["check", &map]);
    assert_eq!(run.code, 0, "{}", run.err);
    // What a mapping names as the id is one.
    let run = leadscore(&["inspect", &leads, "-p", "conversion", "-m", &map]);
    assert!(
        run.out.lines().any(|line| line.starts_with("enrolment_id") && line.contains("the lead's id")),
        "{}",
        run.out
    );
}

#[test]
fn a_command_about_one_lead_asks_which() {
    let dir =
        folder(&[("leads.csv", b"lead_id,company\nA-1,Acme\nA-2,Beta\n"), ("bare.csv", b"company\nAcme\n")]);
    let (leads, bare) = (path(dir.path(), "leads.csv"), path(dir.path(), "bare.csv"));
    for words in [&["explain"][..], &["assist", "next"], &["assist", "predict"]] {
        let run = leadscore(&[words, &[leads.as_str()]].concat());
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words:?}");
        assert!(
            run.err.contains("which lead?") && run.err.contains("--id ID") && run.err.contains("--row 1"),
            "{}",
            run.err
        );
        assert!(run.err.contains("the first ids are A-1, A-2"), "{}", run.err);
        // A row is as good as an id, where there is one and where there is none.
        let by_row = leadscore(&[words, &[leads.as_str(), "--row", "2", "--as-of", "2026-11-22"]].concat());
        let by_id = leadscore(&[words, &[leads.as_str(), "--id", "A-2", "--as-of", "2026-11-22"]].concat());
        assert_eq!((by_row.code, &by_row.out), (0, &by_id.out), "{}{}", by_row.err, by_id.err);
        let run = leadscore(&[words, &[bare.as_str(), "--row", "1", "--as-of", "2026-11-22"]].concat());
        assert_eq!(run.code, 0, "{}", run.err);
    }
}
