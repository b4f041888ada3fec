//! `leadscore score --capacity` and tiers by rank, as a user meets them.

mod support;

use support::{folder, leadscore, path, with_input};

const AS_OF: &str = "2026-11-20T12:00:00Z";
const LEADS: &str = "examples/leads.csv";

fn score(args: &[&str]) -> support::Run {
    leadscore(&[&["score", LEADS, "--as-of", AS_OF], args].concat())
}

#[test]
fn the_table_lists_who_is_in() {
    let run = score(&["--capacity", "3"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("Lead") && run.out.contains("  In     Tier"), "{}", run.out);
    assert_eq!(run.out.matches("  yes    ").count(), 3, "{}", run.out);
    assert!(
        run.out.contains("60 leads scored, within the capacity 3: 3 of 60 leads; those are shown."),
        "{}",
        run.out
    );
    assert!(run.err.contains("note: within the capacity 3: 3 of 60 leads"), "{}", run.err);
    let more = score(&["--capacity", "3", "--top", "5"]);
    assert_eq!((more.out.matches("  yes    ").count(), more.out.matches("  no     ").count()), (3, 2));
    let groups = score(&["--capacity", "1/source"]);
    assert!(groups.out.contains("  In     source "), "{}", groups.out);
    assert!(
        groups.out.contains("  yes    webinar  ") && groups.out.contains("8 of 60 leads; those are shown."),
        "{}",
        groups.out
    );
    let share = score(&["--capacity", "10%", "-f", "csv"]);
    assert_eq!(share.out.lines().filter(|row| row.contains(",true,false,")).count(), 6, "{}", share.out);
}

#[test]
fn equal_scores_at_the_cut_are_said() {
    let leads = "lead_id,title\na,CEO\nb,CEO\nc,CEO\nd,Intern\n";
    let run = with_input(&["score", "-", "--as-of", AS_OF, "--capacity", "2"], leads.as_bytes());
    assert_eq!(run.code, 0, "{}", run.err);
    let sentence =
        "at which the capacity ends: rows 1, 2 are in, row 3 is not; of equal scores the earlier row is in";
    assert!(run.err.contains("3 leads have the score") && run.err.contains(sentence), "{}", run.err);
    assert_eq!(run.out.matches("  yes =  ").count(), 2, "{}", run.out);
}

#[test]
fn what_is_no_capacity_is_refused() {
    for (capacity, said) in [
        ("0", "found `0`"),
        ("-3", "found `-3`"),
        ("many", "whole number of leads from 1 up, such as 40"),
        ("101 %", "found `101 %`"),
        ("40/", "the name of the column is missing"),
        ("40/salesperson", "--capacity: the file has no column `salesperson`; its columns: lead_id, name"),
        ("40/phonee", "--capacity: the file has no column `phonee`"),
    ] {
        let run = score(&["--capacity", capacity, "-f", "csv"]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{capacity}: {}", run.err);
        assert!(run.err.contains(said), "{capacity}: {}", run.err);
    }
}

#[test]
fn a_lead_alone_has_no_tier_by_rank() {
    let own = r#"{"format":1,"id":"mine","extends":"conversion","tiers":{"on":"rank","bounds":[
        {"tier":"TODAY","top":40},{"tier":"WEEK","top":"10 %"},{"tier":"LATER"}]}}"#;
    // The advice of the pipeline that is extended reads the tier.
    let dir = folder(&[("mine.json", own.as_bytes())]);
    let run = score(&["-p", &path(&dir, "mine.json")]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("which is known only when the whole list is scored"), "{}", run.err);
    let rules = std::fs::read_to_string(support::root().join("examples/mini.json")).unwrap();
    let tiers = r#"{"on": "rank", "bounds": [{"tier": "TODAY", "top": 2, "action": "Call"},
        {"tier": "WEEK", "top": "10 %"}, {"tier": "LATER"}]}"#;
    let own = rules.replace("\"hot-warm-cold\"", tiers);
    let dir = folder(&[("mine.json", own.as_bytes())]);
    let mine = path(&dir, "mine.json");
    let log = "examples/activities.csv";
    let run = score(&["-p", &mine, "-a", log, "-f", "csv"]);
    let count = |tier: &str| run.out.matches(&format!(",{tier},")).count();
    assert_eq!((count("TODAY"), count("WEEK"), count("LATER")), (2, 4, 54), "{}{}", run.out, run.err);
    let first = run.out.lines().find(|row| row.contains(",TODAY,")).unwrap();
    let id = first.split(',').next().unwrap();
    for format in ["table", "json"] {
        let args = ["explain", LEADS, "--as-of", AS_OF, "-p", &mine, "-a", log, "--lead", id, "-f", format];
        let alone = leadscore(&args);
        assert_eq!(alone.code, 0, "{}", alone.err);
        assert!(alone.out.contains("this lead was scored alone"), "{}", alone.out);
        assert!(!alone.out.contains("TODAY"), "{}", alone.out);
    }
    assert_eq!(leadscore(&["check", &mine]).code, 0);
}

#[test]
fn a_refused_run_leaves_nothing() {
    let dir = folder(&[]);
    let out = path(&dir, "out.csv");
    let run = score(&["--capacity", "2/salesperson", "-o", &out]);
    assert_eq!(run.code, 2);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let run = score(&["--capacity", "2/source", "-o", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("of leads") || run.err.contains("leads; "), "{}", run.err);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}
