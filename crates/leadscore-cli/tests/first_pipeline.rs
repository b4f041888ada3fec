//! A first pipeline: what it leaves out and why, above all what records the outcome that a score is to foresee.

mod support;

use std::fmt::Write as _;

use serde_json::Value;
use support::{folder, leadscore, path};

/// The pipeline for a table, and what was said.
fn first(table: &str) -> (Value, String) {
    let dir = folder(&[("leads.csv", table.as_bytes())]);
    let (leads, file) = (path(&dir, "leads.csv"), path(&dir, "mine.json"));
    let run = leadscore(&["init", "pipeline", &leads, "-o", &file]);
    assert_eq!(run.code, 0, "{}", run.err);
    let checked = leadscore(&["check", &file]);
    assert_eq!(checked.code, 0, "{}", checked.err);
    (serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap(), run.err)
}

/// The columns that its rules are about.
fn scored(pipeline: &Value) -> Vec<String> {
    assert_eq!(pipeline["name"], "leads, a first draft");
    let features = pipeline["schema"]["features"].as_array().unwrap();
    let column = |feature: &Value| {
        let source = &feature["source"];
        source["name"].as_str().or(source["of"].as_str()).unwrap().to_owned()
    };
    features.iter().map(column).collect()
}

#[test]
fn what_records_the_outcome_gives_no_points() {
    let table = "id,visits,Converted,Do Not Email\n1,3,1,yes\n2,5,0,no\n3,9,1,no\n4,1,0,yes\n";
    let (pipeline, said) = first(table);
    assert_eq!(scored(&pipeline), ["visits", "Do Not Email"]);
    assert!(said.contains("left out: `Converted`: an outcome by its name and values"), "{said}");
    assert!(pipeline["$comment"].to_string().contains("`Converted`: an outcome by its name and values"));
    // Whoever wants no e-mail is no better for it.
    let rules = pipeline["scorer"]["groups"][0]["rules"].as_array().unwrap();
    assert_eq!(rules.iter().find(|rule| rule["code"] == "do_not_email").unwrap()["points"], 0);
}

#[test]
fn names_alone_decide_nothing() {
    // A status that is none of a deal, a revenue that is a number, a state with a city called New York, a newsletter.
    let mut table =
        "Marital Status,Annual Revenue,State,Newsletter subscribed,Conversion rate,Opened\n".to_owned();
    for row in 0..40 {
        let (married, state) = [("married", "New York"), ("single", "Texas")][row % 2];
        let (news, opened) = [("yes", "no"), ("no", "no"), ("yes", "yes")][row % 3];
        writeln!(table, "{married},{},{state},{news},{},{opened}", 1000 * row, row as f64 / 7.0).unwrap();
    }
    let (pipeline, said) = first(&table);
    assert_eq!(scored(&pipeline).len(), 6, "{said}");
    assert!(!said.contains("outcome by"), "{said}");
}

#[test]
fn what_follows_from_the_outcome_or_tells_it_is_left_out() {
    // Deals as a CRM keeps them: a day and a value once they are closed, and a call whose length tells how it went.
    let mut table = "deal,phase,closing,amount,minutes,employees,signed\n".to_owned();
    for row in 0..200 {
        let (phase, closing, amount) = match row % 4 {
            0 => ("Closed Won", "2026-10-05", "900"),
            1 => ("Closed Lost", "2026-10-07", "0"),
            _ => ("Talking", "", ""),
        };
        let signed = if row % 4 == 0 { "yes" } else { "no" };
        let minutes = if row % 4 == 0 { 20 + row % 9 } else { row % 22 };
        writeln!(table, "D-{row},{phase},{closing},{amount},{minutes},{},{signed}", (row * 37) % 101)
            .unwrap();
    }
    let (pipeline, said) = first(&table);
    assert_eq!(scored(&pipeline), ["employees"], "{said}");
    for part in [
        "`phase`: an outcome by its values, such as `Closed Won`",
        "`closing`, `signed`: an outcome by its name and values",
        "`amount`: missing, 0 or another number as `phase` has it",
        "`minutes`: tells `signed` nearly by itself",
        "`deal`: names, ids or free text: 200 different values in 200 rows",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn every_column_that_is_left_out_has_its_own_reason() {
    let mut table = "lead number,same,city,note,blank,visits,plan\n".to_owned();
    for row in 0..100 {
        let note =
            "They asked for a quote in the spring, and whether we could come by again after the holidays";
        writeln!(
            table,
            "{},no,City {},\"{note} {row}\",,{},{}",
            700 + row,
            row % 30,
            row % 9,
            ["a", "b"][row % 2]
        )
        .unwrap();
    }
    let (pipeline, said) = first(&table);
    assert_eq!(scored(&pipeline), ["visits", "plan"], "{said}");
    assert!(
        said.contains("levels give no points until you say in the file which are good: `plan`"),
        "{said}"
    );
    for part in [
        "`lead number`: an id",
        "`same`: constant, `no` wherever there is a value",
        "`city`: too many levels for a first draft: 30, where at most 20 become a category",
        "`note`: free text, 100 different values",
        "`blank`: empty",
    ] {
        assert!(said.contains(part), "{part}: {said}");
        assert!(pipeline["$comment"].to_string().contains(part), "{part}");
    }
}

#[test]
fn how_many_texts_make_a_category() {
    // Half of the rows may have a text of their own, and up to 20 different ones become levels.
    for (rows, texts, reason) in [
        (20, 10, None),
        (20, 11, Some("names, ids or free text: 11 different values in 20 rows")),
        (100, 20, None),
        (100, 21, Some("too many levels for a first draft: 21, where at most 20 become a category")),
    ] {
        let mut table = "firm,visits\n".to_owned();
        for row in 0..rows {
            writeln!(table, "Firm {},{}", row % texts, row % 7).unwrap();
        }
        let (pipeline, said) = first(&table);
        let expected = if reason.is_none() { &["firm", "visits"][..] } else { &["visits"] };
        assert_eq!(scored(&pipeline), expected, "{rows} {texts}: {said}");
        let told = reason.is_none_or(|reason| said.contains(&format!("`firm`: {reason}")));
        assert!(told, "{rows} {texts}: {said}");
    }
}
