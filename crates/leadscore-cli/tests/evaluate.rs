//! `leadscore evaluate`, as a user meets it.

mod support;

use serde_json::Value;
use support::{folder, leadscore, path, with_input};

const LEADS: &str = "examples/past_leads.csv";
const LOG: &str = "examples/activities.csv";

/// The arguments for the examples with some more.
fn evaluate(args: &[&str]) -> support::Run {
    let own = [
        "evaluate",
        LEADS,
        "--target",
        "won",
        "-a",
        LOG,
        "--as-of",
        "2026-11-20T12:00:00Z",
        "--draws",
        "100",
    ];
    leadscore(&[&own, args].concat())
}

#[test]
fn a_floor_decides_the_exit_status() {
    let kept = evaluate(&["--min-auc", "0.7"]);
    assert_eq!(kept.code, 0, "{}", kept.err);
    assert!(
        kept.out.starts_with("60 leads of past_leads.csv, 37 won (61.7 %): won is yes\n"),
        "{}",
        kept.out
    );
    let missed = evaluate(&["--min-auc", "0.9", "-q"]);
    assert_eq!((missed.code, missed.out.as_str()), (1, kept.out.as_str()));
    assert_eq!(
        missed.err,
        "`conversion` has an AUC of 0.8032, which is under the floor of 0.9 (--min-auc)\n"
    );
    let wrong = evaluate(&["--min-auc", "90"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("wants a number from 0 to 1, such as 0.7"), "{}", wrong.err);
}

#[test]
fn json_has_what_the_table_says() {
    let run = evaluate(&[
        "-f",
        "json",
        "-p",
        "conversion",
        "-p",
        "lead-score",
        "--top",
        "10%,30",
        "--segment",
        "source",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let found: Value = serde_json::from_str(&run.out).unwrap();
    let keys: Vec<&str> = found.as_object().unwrap().keys().map(String::as_str).collect();
    let mut wanted = [
        "source",
        "as_of",
        "target",
        "rejected",
        "without_outcome",
        "leads",
        "won",
        "base_rate",
        "chance",
        "draws",
        "seed",
        "pipelines",
        "notes",
        "library",
    ];
    let mut sorted = keys.clone();
    wanted.sort_unstable();
    sorted.sort_unstable();
    assert_eq!(sorted, wanted);
    let [first, second] = [0, 1].map(|at| &found["pipelines"][at]);
    assert!(first.get("difference").is_none());
    let apart = second["measures"]["auc"]["value"].as_f64().unwrap()
        - first["measures"]["auc"]["value"].as_f64().unwrap();
    assert_eq!(second["difference"]["auc"]["value"].as_f64().unwrap(), apart);
    assert_eq!((&first["top"][0]["top"], &first["top"][1]["leads"]), (&"10 %".into(), &30.into()));
    assert_eq!(first["segments"][0]["groups"].as_array().unwrap().len(), 8);
    assert_eq!(first["pipeline"]["basis"], "rules");
}

#[test]
fn the_measure_is_that_of_the_scores() {
    // Every pair of a won and a lost lead, by the scores that `score` writes.
    let scored = leadscore(&[
        "score",
        LEADS,
        "-a",
        LOG,
        "--as-of",
        "2026-11-20T12:00:00Z",
        "-f",
        "csv",
        "--columns",
        "won",
    ]);
    let header: Vec<&str> = scored.out.lines().next().unwrap().split(',').collect();
    let [score, won] = ["score", "won"].map(|name| header.iter().position(|own| *own == name).unwrap());
    let leads: Vec<(f64, bool)> = scored
        .out
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[score].parse().unwrap(), cells[won] == "yes")
        })
        .collect();
    let (mut right, mut pairs) = (0.0, 0.0);
    for a in leads.iter().filter(|lead| lead.1) {
        for b in leads.iter().filter(|lead| !lead.1) {
            pairs += 1.0;
            right += if a.0 > b.0 {
                1.0
            } else if a.0 == b.0 {
                0.5
            } else {
                0.0
            };
        }
    }
    let found: Value = serde_json::from_str(&evaluate(&["-f", "json"]).out).unwrap();
    assert_eq!(found["pipelines"][0]["measures"]["auc"]["value"].as_f64().unwrap(), right / pairs);
}

#[test]
fn what_is_worth_nothing_is_no_measure() {
    let dir = folder(&[("leads.csv", b"company,phone,x\nAcme,yes,1\nBeta,no,0\n")]);
    let leads = path(&dir, "leads.csv");
    let page = path(&dir, "page.html");
    let told = leadscore(&["evaluate", &leads, "-t", "phone", "--as-of", "2026-11-22", "--report", &page]);
    assert_eq!((told.code, told.out.as_str()), (3, ""));
    assert!(
        told.err.contains("`conversion` reads phone from the column `phone`, which is the target"),
        "{}",
        told.err
    );
    assert!(!dir.path().join("page.html").exists());
    let forced =
        leadscore(&["evaluate", &leads, "-t", "phone", "--as-of", "2026-11-22", "--allow-worthless"]);
    assert_eq!(forced.code, 0, "{}", forced.err);
    assert!(forced.out.starts_with("WORTHLESS: `conversion` reads phone"), "{}", forced.out);
    assert!(forced.err.contains("the result is WORTHLESS: `conversion` reads phone"), "{}", forced.err);
}

#[test]
fn mistakes_name_the_option() {
    let leads = b"company,stage\nAcme,open\nBeta,signed\nGamma,dropped\n";
    let run = |args: &[&str]| {
        let run = with_input(&[&["evaluate", "-", "--as-of", "2026-11-22"], args].concat(), leads);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
        run.err.lines().last().unwrap().to_owned()
    };
    assert_eq!(
        run(&["-t", "stagee"]),
        "error: --target: the file has no column `stagee`; its columns: company, stage"
    );
    assert_eq!(
        run(&["-t", "stage"]),
        "error: --positive: column `stage`: which of its values means won is not known: `open` (1 row, first in row 1), \
         `signed` (1 row, first in row 2), `dropped` (1 row, first in row 3). Say it with `positive` (--positive VALUE)"
    );
    assert!(
        run(&["-t", "stage", "--positive", "sign"])
            .starts_with("error: --positive: column `stage`: no row has `sign`")
    );
    assert_eq!(
        run(&["-t", "stage", "--positive", "signed", "--segment", "town"]),
        "error: --segment: the file has no column `town`; its columns: company, stage"
    );
    assert!(
        run(&["-t", "stage", "-p", "heat", "-p", "b2b"]).contains("standard input can be read once only")
    );
    let read = ["evaluate", LEADS, "-t", "won", "--report", LEADS];
    assert_eq!(leadscore(&read).code, 2);
    let given =
        with_input(&["evaluate", "-", "-t", "stage", "--positive", "signed", "--as-of", "2026-11-22"], leads);
    assert_eq!(given.code, 0, "{}", given.err);
    assert!(given.err.contains("won is `signed` (1 row, first in row 2); lost are `open`"), "{}", given.err);
}
