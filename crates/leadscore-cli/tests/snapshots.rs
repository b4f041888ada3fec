//! What every command says, to the letter: exit status, standard output and standard error.
//!
//! `INSTA_UPDATE=always cargo test -p leadscore-cli --test snapshots` writes them anew, to be read in the diff.

mod support;

use std::fmt::Write as _;

use leadscore::Pipeline;
use support::{Run, folder, path, with_input};
use tempfile::TempDir;

const LEADS: &str = "examples/leads.csv";
const ACTIVITIES: &str = "examples/activities.csv";
const AS_OF: [&str; 2] = ["--as-of", "2026-11-20T12:00:00Z"];

/// Runs the command and compares what it said; `[folder]` replaces the path of the temporary folder.
fn check(name: &str, folder: Option<&TempDir>, args: &[&str], input: &[u8]) {
    let Run { code, out, err } = with_input(args, input);
    let mut text = format!("$ leadscore {}\nstatus {code}\n", args.join(" "));
    for (stream, said) in [("stdout", out), ("stderr", err)] {
        let _ = write!(text, "---- {stream}\n{said}");
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, settled(text, folder)));
}

/// Puts words for what is not the same on every machine and in every version.
fn settled(mut text: String, folder: Option<&TempDir>) -> String {
    if let Some(folder) = folder {
        text = text.replace(folder.path().to_str().unwrap(), "[folder]");
    }
    for name in Pipeline::builtin_names() {
        let pipeline = Pipeline::builtin(name).unwrap();
        let hash = pipeline.content_hash();
        text = text.replace(hash, "[content hash]").replace(&hash[..12], "[hash]");
    }
    let version = env!("CARGO_PKG_VERSION");
    text.replace(&format!("\"{version}\""), "\"[version]\"")
        .replace(&format!("leadscore {version}"), "leadscore [version]")
        .replace("leadscore.exe", "leadscore")
}

fn example(name: &str, args: &[&str]) {
    check(name, None, &[args, &AS_OF].concat(), b"");
}

fn plain(name: &str, args: &[&str]) {
    check(name, None, args, b"");
}

#[test]
fn evaluate_in_words() {
    let past = ["evaluate", "examples/past_leads.csv", "--target", "won", "-a", ACTIVITIES];
    example("evaluate_one", &[&past[..], &["--segment", "source"]].concat());
    example(
        "evaluate_side_by_side",
        &[&past[..], &["-p", "conversion", "-p", "lead-score", "--top", "10"]].concat(),
    );
    example("evaluate_without_probability", &[&past[..], &["-p", "priority", "--draws", "0"]].concat());
}

#[test]
fn score_in_every_format() {
    example("score_table", &["score", LEADS, "-a", ACTIVITIES]);
    example("score_table_of_a_model", &["score", LEADS, "-a", ACTIVITIES, "-p", "b2b", "-n", "5", "-e", "6"]);
    example("score_csv", &["score", LEADS, "-a", ACTIVITIES, "-f", "csv"]);
    example(
        "score_csv_of_classes",
        &["score", LEADS, "-a", ACTIVITIES, "-p", "heat", "-f", "csv", "-n", "8"],
    );
    example("score_jsonl", &["score", LEADS, "-a", ACTIVITIES, "-f", "jsonl", "-n", "2"]);
    example("score_json", &["score", LEADS, "-a", ACTIVITIES, "-p", "qualify", "-f", "json", "-n", "1"]);
    example("score_html", &["score", LEADS, "-a", ACTIVITIES, "-f", "html", "-n", "2"]);
}

#[test]
fn score_says_what_it_could_not_use() {
    let rows = b"lead_id,company,title\na,Acme,CEO\nb,Beta\nc,Gamma,CTO,x,y\nd,Delta,CFO\n";
    check("score_rejected_rows", None, &[&["score", "-", "-f", "csv"], &AS_OF[..]].concat(), rows);
    let many = format!("lead_id,company,title\nx,Acme,CEO\n{}", "y,Acme\n".repeat(12));
    check("score_many_rejected_rows", None, &[&["score", "-"], &AS_OF[..]].concat(), many.as_bytes());
    let dates = b"lead_id,company,created_at\na,Acme,03/04/2026\nb,Beta,N/A\n";
    check("score_ambiguous_date", None, &[&["score", "-", "-f", "csv"], &AS_OF[..]].concat(), dates);
    check(
        "score_ambiguous_date_strict",
        None,
        &[&["score", "-", "-f", "csv", "--strict"], &AS_OF[..]].concat(),
        dates,
    );
    let nested = br#"{"lead_id":"A","company":"Acme","tags":["x"],"owner":{"id":7}}"#;
    check("score_nested_fields", None, &[&["score", "-", "-f", "csv"], &AS_OF[..]].concat(), nested);
    let list = b"[{\"lead_id\":\"a\",\"company\":\"Acme\"}\n{\"lead_id\":\"b\",\"company\":\"Beta\"}]";
    check("score_list_without_comma", None, &[&["score", "-", "-f", "csv"], &AS_OF[..]].concat(), list);
    let leads = b"lead_id,company,title,created_at\na,Acme,CEO,2026-11-01\nb,Beta,CTO,2026-11-02\n";
    let folder = folder(&[
        ("log.csv", b"lead_id,kind,at\nX-1,meeting,2026-11-10\nX-1,,2026-11-10\nX-2,call,soon\n"),
        ("map.json", br#"{"format": 1, "attributes": {"titel": "title"}}"#),
    ]);
    let (log, map) = (path(&folder, "log.csv"), path(&folder, "map.json"));
    let args = [&["score", "-", "-f", "csv", "-a", &log, "-m", &map], &AS_OF[..]].concat();
    check("score_unmatched_log_and_mapping", Some(&folder), &args, leads);
}

#[test]
fn what_cannot_be_used_is_refused() {
    let score = |name: &str, args: &[&str], input: &[u8]| {
        check(name, None, &[&["score", "-"], args, &AS_OF[..]].concat(), input);
    };
    score("refused_no_rows", &["-f", "csv"], b"lead_id,company\n");
    score("refused_empty", &[], b"");
    score("refused_foreign_columns", &[], b"a,b\n1,2\n");
    score("refused_web_page", &[], b"<!DOCTYPE html><html></html>");
    score("refused_top", &["--top", "0"], b"lead_id,company\n1,Acme\n");
    plain("refused_as_of", &["score", LEADS, "--as-of", "soon"]);
    plain("refused_zone", &["score", LEADS, "--zone", "Mars"]);
    plain("refused_lead", &["explain", LEADS, "--lead", "nobody", "--as-of", "2026-11-20"]);
    plain("refused_model", &["predict", "examples/leads.csv", LEADS]);
    plain("refused_option", &["score", LEADS, "--best"]);
    #[cfg(unix)] // other systems have other words for it
    {
        plain("refused_missing_file", &["score", "no/such.csv"]);
        plain("refused_missing_pipeline", &["score", LEADS, "-p", "nonsense"]);
        plain("refused_missing_folder", &["score", LEADS, "--as-of", "2026-11-20", "-o", "no/such/out.csv"]);
    }
}

#[test]
fn explain_in_words_json_and_a_picture() {
    let one = ["explain", LEADS, "-a", ACTIVITIES, "--lead", "L-000003"];
    example("explain", &one);
    example("explain_json", &[&one[..], &["--json"]].concat());
    example("explain_classes", &[&one[..], &["-p", "heat"]].concat());
    let folder = folder(&[]);
    let svg = path(&folder, "sum.svg");
    with_input(&[&one[..], &["--svg", &svg], &AS_OF].concat(), b"");
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("explain_svg", std::fs::read_to_string(svg).unwrap()));
}

#[test]
fn compare_two_scorings() {
    let folder = folder(&[]);
    let file = |name: &str| path(&folder, name);
    let (old, new, other) = (file("old.jsonl"), file("new.jsonl"), file("other.jsonl"));
    for (as_of, pipeline, out) in [
        ("2026-11-20T12:00:00Z", "conversion", &old),
        ("2026-12-31T12:00:00Z", "conversion", &new),
        ("2026-11-20T12:00:00Z", "lead-score", &other),
    ] {
        with_input(&["score", LEADS, "--as-of", as_of, "-p", pipeline, "-f", "jsonl", "-o", out], b"");
    }
    check("compare", Some(&folder), &["compare", &old, &new], b"");
    check("compare_same", Some(&folder), &["compare", &old, &old], b"");
    check("compare_pipelines", Some(&folder), &["compare", &old, &other], b"");
    check("compare_csv", Some(&folder), &["compare", LEADS, &old], b"");
}

#[test]
fn tables_features_and_models() {
    example("features", &["features", LEADS, "-a", ACTIVITIES]);
    plain("inspect", &["inspect", LEADS]);
    plain("check", &["check", "examples/x_education.json"]);
    let folder = folder(&[]);
    let out = path(&folder, "model.json");
    let args = ["import", "examples/x_education.ubj", "--schema", "examples/x_education.json", "-o", &out];
    check("import", Some(&folder), &args, b"");
    plain("predict_without_columns", &["predict", "examples/x_education.ubj", LEADS]);
    let broken = with_input(&["pipelines", "priority", "--json"], b"").out;
    let broken = broken.replace("\"momentum\",", "\"momentum\",\"typo\":1,");
    std::fs::write(folder.path().join("broken.json"), broken).unwrap();
    check("check_broken", Some(&folder), &["check", &path(&folder, "broken.json")], b"");
}

#[test]
fn pipelines_are_listed_and_shown() {
    plain("pipelines", &["pipelines"]);
    plain("pipelines_rules", &["pipelines", "qualify"]);
    plain("pipelines_model", &["pipelines", "heat"]);
    plain("pipelines_importance_of_rules", &["pipelines", "priority", "--importance"]);
    plain("pipelines_importance_of_a_model", &["pipelines", "b2b", "--importance"]);
}

#[test]
fn every_command_has_help() {
    plain("help", &["--help"]);
    for command in [
        "score",
        "explain",
        "compare",
        "evaluate",
        "features",
        "inspect",
        "predict",
        "import",
        "export",
        "train",
        "check",
        "pipelines",
    ] {
        plain(&format!("help_{command}"), &[command, "--help"]);
    }
    for command in [
        &["serve"][..],
        &["keys"],
        &["keys", "create"],
        &["keys", "list"],
        &["keys", "revoke"],
        &["keys", "token"],
        &["store"],
        &["store", "backup"],
        &["store", "restore"],
        &["store", "export"],
        &["store", "import"],
        &["store", "erase"],
    ] {
        plain(&format!("help_{}", command.join("_")), &[command, &["--help"]].concat());
    }
}
