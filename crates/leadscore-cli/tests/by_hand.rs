//! From a file of leads to scores without JSON written by hand, and what a pipeline by hand is told.

mod support;

use std::path::Path;

use support::{folder, leadscore};

const LEADS: &[u8] = "Kunde;Branche;Umsatz;Newsletter;Letzter Kontakt;Notiz\n\
    K-1;Handel;1200;ja;2026-11-01;ruft an\n\
    K-2;Handwerk;300;nein;2026-10-01;will Preise\n\
    K-3;Handel;9000;ja;2026-11-20;kennt uns\n\
    K-4;Handwerk;700;ja;2026-06-01;keine Zeit\n\
    K-5;Handel;0;nein;2026-01-15;\n"
    .as_bytes();

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
        comment.contains("No column was found for: phone") && comment.contains("`Visits` (such as 3)"),
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
    let run = leadscore(&["check", &map]);
    let said = run.out.clone() + &run.err;
    assert_eq!((run.code, said.matches("the field `schema` is missing").count()), (2, 1), "{said}");
}

#[test]
fn a_first_pipeline_says_which_columns_may_be_the_outcome() {
    let table = b"id,visits,Converted,Do Not Email\n1,3,1,yes\n2,5,0,no\n3,9,1,no\n4,1,0,yes\n";
    let dir = folder(&[("leads.csv", table)]);
    let (leads, file) = (path(dir.path(), "leads.csv"), path(dir.path(), "mine.json"));
    let run = leadscore(&["init", "pipeline", &leads, "-o", &file]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("may record what came of the lead: `Converted`"), "{}", run.err);
    let pipeline: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let rules = pipeline["scorer"]["groups"][0]["rules"].as_array().unwrap();
    let points = |code: &str| &rules.iter().find(|rule| rule["code"] == code).unwrap()["points"];
    // Whoever wants no e-mail is no better for it.
    assert_eq!(points("do_not_email"), 0);
}
