//! Results that say nothing of the leads are no results, unless they are asked for; and who is a lead at all.

use leadscore::{AsOf, ErrorKind, Pipeline, Zone};
use leadscore_files::{FileFormat, FileJob, Note, never_stop, score_file};
use tempfile::TempDir;

/// Rules that weigh two attributes and the count of e-mail opens.
const RULES: &str = r#"{"format": 1, "id": "rules", "schema": {"features": [
    {"name": "visits", "type": "number", "source": {"from": "attribute"}},
    {"name": "seen", "type": "number", "source": {"from": "age", "of": "seen_at"}},
    {"name": "city", "type": "text", "source": {"from": "attribute"}},
    {"name": "opens", "type": "number", "source": {"from": "count", "types": ["email_open"]}}]},
  "scorer": {"kind": "scorecard", "unit": "points", "base": 10, "range": [0, 100], "groups": [{"code": "g", "rules": [
    {"code": "visits", "points": "visits", "text": "{visits} visits"},
    {"code": "seen", "when": {"of": "seen", "under": 30}, "points": 5, "text": "seen lately"},
    {"code": "opens", "points": {"product": [2, "opens"]}, "text": "{opens} opens"}]}]},
  "scale": {"kind": "points"}, "tiers": "hot-warm-cold"}"#;

/// The same with activities alone.
const ACTIVITIES: &str = r#"{"format": 1, "id": "activities", "schema": {"features": [
    {"name": "opens", "type": "number", "source": {"from": "count", "types": ["email_open"]}}]},
  "scorer": {"kind": "scorecard", "unit": "points", "base": 10, "range": [0, 100], "groups": [{"code": "g", "rules": [
    {"code": "opens", "points": {"product": [2, "opens"]}, "text": "{opens} opens"}]}]},
  "scale": {"kind": "points"}, "tiers": "hot-warm-cold"}"#;

/// A stump on each of four columns of a model, as XGBoost 3 writes them.
fn model() -> Pipeline {
    let tree = |feature: usize| {
        format!(
            r#"{{"base_weights":[0,-0.5,0.5],"categories":[],"categories_nodes":[],"categories_segments":[],
            "categories_sizes":[],"default_left":[1,0,0],"id":{feature},"left_children":[1,-1,-1],"loss_changes":[1,0,0],
            "parents":[2147483647,0,0],"right_children":[2,-1,-1],"split_conditions":[1,-0.5,0.5],
            "split_indices":[{feature},0,0],"split_type":[0,0,0],"sum_hessian":[4,2,2],
            "tree_param":{{"num_deleted":"0","num_feature":"4","num_nodes":"3","size_leaf_vector":"1"}}}}"#
        )
    };
    let trees: Vec<String> = (0..4).map(tree).collect();
    let text = format!(
        r#"{{"learner":{{"attributes":{{}},"feature_names":["a","b","c","d"],"feature_types":["float","float","float","float"],
        "gradient_booster":{{"model":{{"gbtree_model_param":{{"num_parallel_tree":"1","num_trees":"4"}},
        "iteration_indptr":[0,1,2,3,4],"tree_info":[0,0,0,0],"trees":[{}]}},"name":"gbtree"}},
        "learner_model_param":{{"base_score":"5E-1","boost_from_average":"1","num_class":"0","num_feature":"4","num_target":"1"}},
        "objective":{{"name":"binary:logistic","reg_loss_param":{{"scale_pos_weight":"1"}}}}}},"version":[3,0,0]}}"#,
        trees.join(",")
    );
    Pipeline::import_model(text.as_bytes(), &leadscore::pipeline::ImportOptions::new("model")).unwrap()
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn job(folder: &TempDir, input: &str) -> FileJob {
    let as_of = AsOf::parse("2026-11-22", &Zone::utc()).unwrap();
    FileJob::new(folder.path().join(input).to_string_lossy(), folder.path().join("out"), as_of)
}

/// Why the result is worthless, as the error tells; an earlier output has to stay.
fn refused(pipeline: &Pipeline, job: &FileJob, folder: &TempDir) -> String {
    std::fs::write(folder.path().join("out"), "earlier").unwrap();
    let error = job.run(pipeline, &mut Vec::<Note>::new(), &never_stop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WorthlessResult, "{error}");
    assert_eq!(std::fs::read_to_string(folder.path().join("out")).unwrap(), "earlier");
    error.message().to_owned()
}

fn fine(pipeline: &Pipeline, job: &FileJob) -> Vec<String> {
    let mut notes: Vec<Note> = Vec::new();
    let summary = job.run(pipeline, &mut notes, &never_stop).unwrap();
    assert!(summary.worthless.is_empty());
    notes.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_that_is_weighed() {
    let rules = Pipeline::from_json(RULES).unwrap();
    let folder = folder(&[
        ("foreign.csv", "id,city,clicks\n1,Rome,5\n2,Oslo,6\n"),
        ("blank.csv", "id,visits,city\n1,,Rome\n2,,Oslo\n"),
        ("some.csv", "id,visits,city\n1,,Rome\n2,7,Oslo\n"),
        ("leads.jsonl", "{\"id\": 1, \"city\": \"Rome\"}\n{\"id\": 2, \"Visits\": 6}\n"),
        ("some.jsonl", "{\"id\": 1, \"city\": \"Rome\"}\n{\"id\": 2, \"visits\": 6}\n"),
        (
            "active.jsonl",
            "{\"id\": 1, \"activities\": [{\"kind\": \"email_open\", \"at\": \"2026-11-20\"}]}\n",
        ),
        ("log.csv", "lead_id,kind,at\n2,email_open,2026-11-20\n"),
    ]);
    let why = refused(&rules, &job(&folder, "foreign.csv"), &folder);
    assert!(why.contains("nothing that `rules` weighs; it weighs visits, seen_at"), "{why}");
    assert!(why.contains("the file has id, city, clicks"), "{why}");
    let why = refused(&rules, &job(&folder, "blank.csv"), &folder);
    assert!(
        why.contains("no lead has a value of anything that `rules` weighs; there are columns for visits"),
        "{why}"
    );
    let why = refused(&rules, &job(&folder, "leads.jsonl"), &folder);
    assert!(why.contains("nothing that `rules` weighs"), "{why}");
    for input in ["some.csv", "some.jsonl", "active.jsonl"] {
        fine(&rules, &job(&folder, input));
    }
    // Activities alone say something too.
    fine(&rules, &job(&folder, "foreign.csv").activities(folder.path().join("log.csv")));
}

/// Rules of 10 points, one of which can give none, and a rule that never fires.
const WEIGHTS: &str = r#"{"format": 1, "id": "weights", "schema": {"features": [
    {"name": "a", "type": "number", "range": [0, 1], "source": {"from": "attribute"}},
    {"name": "b", "type": "number", "range": [0, 1], "source": {"from": "attribute"}},
    {"name": "c", "type": "number", "range": [0, 1], "source": {"from": "attribute"}},
    {"name": "d", "type": "number", "range": [0, 1], "source": {"from": "attribute"}}]},
  "scorer": {"kind": "scorecard", "unit": "points", "base": 10, "range": [0, 100], "groups": [{"code": "g", "rules": [
    {"code": "a", "points": {"product": [96, "a"]}, "text": "a"},
    {"code": "b", "points": {"product": [4, "b"]}, "text": "b"},
    {"code": "c", "points": {"product": [0, "c"]}, "text": "c"},
    {"code": "d", "when": {"of": "d", "over": 2}, "points": 5, "text": "d"}]}]},
  "scale": {"kind": "points"}, "tiers": "hot-warm-cold"}"#;

#[test]
fn the_points_in_reach_of_rules() {
    let rules = Pipeline::from_json(WEIGHTS).unwrap();
    let folder = folder(&[
        ("a.csv", "id,a\n1,1\n2,0\n"),
        ("b.csv", "id,b\n1,1\n2,0\n"),
        ("nothing.csv", "id,c,d\n1,1,1\n2,0,1\n"),
        ("b.jsonl", "{\"id\": 1, \"b\": 1}\n{\"id\": 2, \"b\": 0}\n"),
    ]);
    fine(&rules, &job(&folder, "a.csv"));
    for input in ["b.csv", "b.jsonl"] {
        let why = refused(&rules, &job(&folder, input), &folder);
        let text = "96 % of the points that `weights` can give or take rest on what the input lacks: a";
        assert!(why.contains(text), "{why}");
    }
    // Rules that can give no points find nothing.
    let why = refused(&rules, &job(&folder, "nothing.csv"), &folder);
    assert!(why.contains("the input has nothing that `weights` weighs; it weighs a, b"), "{why}");
    // From half on it is said.
    let half = WEIGHTS.replace("[96, ", "[50, ").replace("[4, ", "[50, ");
    let notes = fine(&Pipeline::from_json(&half).unwrap(), &job(&folder, "b.csv")).join("\n");
    let text = "50 % of the points that `weights` can give or take rest on what the input lacks. Say which";
    assert!(notes.contains(text), "{notes}");
    let mut notes: Vec<Note> = Vec::new();
    let summary = job(&folder, "b.csv").allow_worthless().run(&rules, &mut notes, &never_stop).unwrap();
    assert_eq!((summary.scored_count, summary.worthless.len()), (2, 1));
}

#[test]
fn activities_after_the_as_of_time() {
    let rules = Pipeline::from_json(ACTIVITIES).unwrap();
    let folder = folder(&[
        ("leads.csv", "lead_id,company\n1,A\n2,B\n"),
        ("all.csv", "lead_id,kind,at\n1,email_open,2027-01-20\n2,email_open,2027-03-21\n"),
        ("some.csv", "lead_id,kind,at\n1,email_open,2026-01-20\n2,email_open,2027-03-21\n"),
        (
            "all.jsonl",
            "{\"id\": 1, \"activities\": [{\"kind\": \"email_open\", \"at\": \"2027-01-20\"}]}\n{\"id\": 2}\n",
        ),
    ]);
    let with_log = |log: &str| job(&folder, "leads.csv").activities(folder.path().join(log));
    let why = refused(&rules, &with_log("all.csv"), &folder);
    let text = "all 2 activities of the log lie after the as-of time 2026-11-22T00:00:00Z and do not count; the newest is of \
                2027-03-21T00:00:00Z";
    assert!(why.contains(text), "{why}");
    let why = refused(&rules, &job(&folder, "all.jsonl"), &folder);
    assert!(why.contains("the only activity of the leads lies after the as-of time"), "{why}");
    let notes = fine(&rules, &with_log("some.csv")).join("\n");
    assert!(notes.contains("1 of the 2 activities of the log lies after the as-of time"), "{notes}");
}

#[test]
fn activities_alone_are_enough_for_a_pipeline_that_reads_nothing_else() {
    let pipeline = Pipeline::from_json(ACTIVITIES).unwrap();
    let folder = folder(&[
        ("leads.csv", "lead_id,company\n1,A\n2,B\n"),
        ("log.csv", "lead_id,kind,at\n2,email_open,2026-11-20\n2,email_open,2026-11-21\n"),
    ]);
    fine(&pipeline, &job(&folder, "leads.csv").activities(folder.path().join("log.csv")));
    let scores = std::fs::read_to_string(folder.path().join("out")).unwrap();
    let rows: Vec<&str> = scores.lines().skip(1).collect();
    assert!(rows[0].starts_with("1,1,10,") && rows[1].starts_with("2,2,14,"), "{scores}");
    let why = refused(&pipeline, &job(&folder, "leads.csv"), &folder);
    assert!(why.contains("`activities` weighs activities alone, and there are none"), "{why}");
}

#[test]
fn the_columns_of_a_model() {
    let model = model();
    let folder = folder(&[
        ("none.csv", "id,x\n1,2\n"),
        ("one.csv", "id,a\n1,2\n"),
        ("three.csv", "id,a,b,c\n1,2,3,4\n"),
        ("all.csv", "id,a,b,c,d\n1,2,,,\n"),
        ("all.jsonl", "{\"id\": 1, \"a\": 2, \"b\": 3}\n{\"id\": 2, \"c\": 2, \"d\": 3}\n"),
        ("one.jsonl", "{\"id\": 1, \"a\": 2}\n"),
    ]);
    let why = refused(&model, &job(&folder, "none.csv"), &folder);
    assert!(why.contains("lacks 4 of the 4 columns of the model: a, b, c, d"), "{why}");
    for input in ["one.csv", "one.jsonl"] {
        let why = refused(&model, &job(&folder, input), &folder);
        assert!(
            why.contains("lacks 3 of the 4 columns of the model: b, c, d. They are 75 % of what"),
            "{why}"
        );
    }
    // One of four is a quarter.
    let why = refused(&model, &job(&folder, "three.csv"), &folder);
    assert!(why.contains("lacks 1 of the 4 columns of the model: d"), "{why}");
    for input in ["all.csv", "all.jsonl"] {
        fine(&model, &job(&folder, input));
    }
}

#[test]
fn a_column_that_is_unreadable_in_most_rows() {
    let rules = Pipeline::from_json(RULES).unwrap();
    let table = |cells: &[&str]| {
        let rows = (1..).zip(cells).map(|(id, cell)| format!("{id},5,{cell}\n"));
        format!("id,visits,seen_at\n{}", rows.collect::<String>())
    };
    // The third of four and more could be any of two days.
    let most = table(&["03/04/2026", "05/06/2026", "07/08/2026", "2026-11-20"]);
    let half = table(&["03/04/2026", "05/06/2026", "2026-11-19", "2026-11-20"]);
    let one = table(&["03/04/2026"]);
    let folder = folder(&[
        ("most.csv", &most),
        ("half.csv", &half),
        ("one.csv", &one),
        ("words.csv", "id,visits\n1,many\n2,few\n3,4\n"),
        (
            "future.jsonl",
            "{\"id\":1,\"visits\":1,\"seen_at\":\"2027-01-01\"}\n{\"id\":2,\"visits\":1,\"seen_at\":\"2027-01-02\"}\n",
        ),
    ]);
    let why = refused(&rules, &job(&folder, "most.csv"), &folder);
    assert!(
        why.contains("column `seen_at` could not be read in 3 of 4 rows, such as `03/04/2026` on line 2"),
        "{why}"
    );
    let why = refused(&rules, &job(&folder, "words.csv"), &folder);
    assert!(
        why.contains("visits could not be used in 2 of 3 leads, the first on line 2: cannot read `many`"),
        "{why}"
    );
    let why = refused(&rules, &job(&folder, "future.jsonl"), &folder);
    assert!(why.contains("seen could not be used in 2 of 2 leads"), "{why}");
    for input in ["half.csv", "one.csv"] {
        fine(&rules, &job(&folder, input));
    }
}

#[test]
fn a_log_of_which_nothing_belongs_to_a_lead() {
    let rules = Pipeline::from_json(RULES).unwrap();
    let folder = folder(&[
        ("leads.csv", "lead_id,visits\n1,5\n2,6\n"),
        ("noid.csv", "name,visits\nAnn,5\nBo,6\n"),
        ("foreign.csv", "lead_id,kind,at\nx,email_open,2026-11-20\n"),
        ("empty.csv", "lead_id,kind,at\n"),
        ("rows.csv", "lead_id,kind,at\n1,email_open,2026-11-20\nrow:1,email_open,2026-11-20\n"),
        ("own.csv", "lead_id,kind,at\n2,email_open,2026-11-20\nx,email_open,2026-11-20\n"),
    ]);
    for log in ["foreign.csv", "empty.csv"] {
        let why = refused(&rules, &job(&folder, "leads.csv").activities(folder.path().join(log)), &folder);
        assert!(why.contains("no activity of the log that could be read belongs to a lead"), "{why}");
    }
    // A made-up id is nobody's in a log, however it is written there.
    let why = refused(&rules, &job(&folder, "noid.csv").activities(folder.path().join("rows.csv")), &folder);
    assert!(why.contains("no activity of the log that could be read belongs to a lead"), "{why}");
    fine(&rules, &job(&folder, "leads.csv").activities(folder.path().join("own.csv")));
}

#[test]
fn stated_counts_that_the_log_outweighs_are_read() {
    let folder = folder(&[
        ("leads.csv", "lead_id,email_open_count,company\n1,9,Acme\n2,8,Bolt\n3,7,Core\n"),
        (
            "log.csv",
            "lead_id,kind,at\n1,email_open,2026-11-20\n2,email_open,2026-11-20\n3,email_open,2026-11-20\n",
        ),
    ]);
    let job = job(&folder, "leads.csv").activities(folder.path().join("log.csv"));
    let notes = fine(&Pipeline::builtin("conversion").unwrap(), &job).join("\n");
    assert!(notes.contains("e-mail opens: 3 leads"), "{notes}");
}

#[test]
fn a_worthless_result_that_is_asked_for_says_what_it_is() {
    let rules = Pipeline::from_json(RULES).unwrap();
    let folder = folder(&[("foreign.csv", "id,city\n1,Rome\n2,Oslo\n")]);
    let run = |format: FileFormat| {
        let mut notes: Vec<Note> = Vec::new();
        let job = job(&folder, "foreign.csv").format(format).allow_worthless();
        let summary = job.run(&rules, &mut notes, &never_stop).unwrap();
        assert_eq!((summary.scored_count, summary.worthless.len()), (2, 1));
        let last = notes.last().unwrap().to_string();
        assert!(
            last.starts_with("the result is WORTHLESS: the input has nothing that `rules` weighs"),
            "{last}"
        );
        std::fs::read_to_string(folder.path().join("out")).unwrap()
    };
    let page = run(FileFormat::Html);
    assert!(
        page.contains("This list is worthless") && page.contains("nothing that `rules` weighs"),
        "{page}"
    );
    let list: Vec<serde_json::Value> = serde_json::from_str(&run(FileFormat::Json)).unwrap();
    assert_eq!(list.len(), 3);
    assert!(list[2]["worthless"][0].as_str().unwrap().contains("nothing that `rules` weighs"));
    let lines = run(FileFormat::Jsonl);
    assert!(lines.lines().last().unwrap().starts_with(r#"{"worthless":["#), "{lines}");
    assert_eq!(run(FileFormat::Csv).lines().count(), 3);
    // The same for other languages.
    let options = |more: &str| {
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (input, output) = (path("foreign.csv"), path("out"));
        format!(r#"{{"input": {input:?}, "output": {output:?}, "as_of": "2026-11-22"{more}}}"#)
    };
    let summary = score_file(&rules, &options(r#", "allow_worthless": true"#), &never_stop).unwrap();
    assert!(summary.contains(r#""worthless":["the input has nothing"#), "{summary}");
    let error = score_file(&rules, &options(""), &never_stop).unwrap_err();
    assert_eq!(error.code(), "worthless_result");
}

#[test]
fn rows_without_any_value_are_no_leads_and_keep_their_numbers() {
    let rules = Pipeline::from_json(RULES).unwrap();
    let folder = folder(&[
        ("leads.csv", "lead_id,name,visits\n1,Ann,5\n,,\n2,Bo,6\n\"\",\" \",\n,,\n,Cy,7\n"),
        (
            "log.csv",
            "lead_id,kind,at\n2,email_open,2026-11-20\n2,email_open,2026-11-21\n6,email_open,2026-11-21\n",
        ),
    ]);
    let notes = fine(&rules, &job(&folder, "leads.csv").activities(folder.path().join("log.csv")));
    let scores = std::fs::read_to_string(folder.path().join("out")).unwrap();
    let ids: Vec<String> =
        scores.lines().skip(1).map(|row| row.split(',').take(3).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(ids, ["1,1,15", "2,3,20", "row:6,6,17"], "{scores}");
    assert!(
        notes.iter().any(|note| note.contains("3 lines without a value in any cell, skipped: lines 3, 5, 6")),
        "{notes:#?}"
    );
    assert!(notes.iter().any(|note| note.contains("1 lead has no id, it is shown as `row:6`")), "{notes:#?}");
}

#[test]
fn duplicates_are_noted() {
    let rules = Pipeline::from_json(RULES).unwrap();
    let rows = "1,5,a@acme.example\n1,5,A@ACME.example\n2,6,b@bolt.example\n";
    let json = "{\"id\":1,\"visits\":5,\"email\":\"a@acme.example\"}\n{\"id\":1,\"visits\":6,\"email\":\"A@acme.example\"}\n";
    let folder = folder(&[("leads.csv", &format!("lead_id,visits,Email\n{rows}")), ("leads.jsonl", json)]);
    for input in ["leads.csv", "leads.jsonl"] {
        let notes = fine(&rules, &job(&folder, input)).join("\n");
        assert!(
            notes.contains(
                "1 lead id stands on more than one row; each row is scored by itself: `1` (rows 1, 2)"
            ),
            "{notes}"
        );
        assert!(notes.contains("`a@acme.example` (rows 1, 2)"), "{notes}");
    }
}
