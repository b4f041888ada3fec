//! A log that is read along with the leads gives what a log held in memory gives.

use std::fmt::Write as _;
use std::path::Path;

use leadscore::{AsOf, Pipeline, Zone};
use leadscore_files::{Destination, FileFormat, LeadInput, Note, OutputFile, Scoring, never_stop};

const HELD: u64 = u64::MAX;
const STREAMED: u64 = 0;

/// What came out, and what was said after the leads were read.
#[derive(Debug, PartialEq)]
struct Run {
    output: String,
    warnings: Vec<String>,
}

fn run(
    folder: &Path,
    leads: &str,
    log: &str,
    pipeline: &str,
    threads: usize,
    top: Option<usize>,
    small: u64,
) -> (Run, Vec<String>) {
    let as_of = AsOf::parse("2026-11-20", &Zone::utc()).unwrap();
    let pipeline = Pipeline::builtin(pipeline).unwrap();
    let input = LeadInput::new(folder.join(leads).to_string_lossy())
        .activities(folder.join(log))
        .small_log_bytes(small);
    let mut opening: Vec<Note> = Vec::new();
    let reader = input.open(&pipeline, &mut opening).unwrap();
    let output = folder.join("out");
    let destination = Destination::Write(FileFormat::Csv, OutputFile::create(&output).unwrap());
    // Some of these logs have no lead of the input.
    let mut scoring = Scoring::new(as_of).threads(threads).allow_worthless();
    if let Some(top) = top {
        scoring = scoring.top(top);
    }
    let mut notes: Vec<Note> = Vec::new();
    scoring.run(&pipeline, reader, destination, &mut notes, &never_stop).unwrap();
    let output = std::fs::read_to_string(output).unwrap();
    let texts = |notes: &[Note]| -> Vec<String> { notes.iter().map(ToString::to_string).collect() };
    (Run { output, warnings: texts(&notes) }, texts(&opening))
}

/// Leads in the order of a list, which may name one twice.
fn leads(ids: &[u32], is_json: bool) -> String {
    let mut text = String::from(if is_json { "" } else { "lead_id,company,created_at\n" });
    for id in ids {
        let company = ["Acme", "", "Oriole Holdings"][*id as usize % 3];
        let _ = if is_json {
            writeln!(text, r#"{{"id": "L{id}", "company": "{company}", "created_at": "2026-08-01"}}"#)
        } else {
            writeln!(text, "L{id},{company},2026-08-01")
        };
    }
    text
}

/// Some activities for each of some leads, with ids or not, of which some appear twice.
fn log(ids: &[u32], is_json: bool, has_ids: bool) -> String {
    let mut text = String::from(match (is_json, has_ids) {
        (true, _) => "",
        (false, true) => "lead_id,kind,at,id\n",
        (false, false) => "lead_id,kind,at\n",
    });
    for id in ids {
        for number in 0..=id % 7 {
            let kind = ["meeting", "email_open", "call", "page_view"][((id + number) % 4) as usize];
            let at = format!("2026-11-{:02}T{:02}:00:00Z", (id * 3 + number) % 19 + 1, number);
            let own = number / 2;
            let _ = match (is_json, has_ids) {
                (true, true) => {
                    writeln!(text, r#"{{"lead_id": "L{id}", "kind": "{kind}", "at": "{at}", "id": {own}}}"#)
                }
                (true, false) => writeln!(text, r#"{{"lead_id": "L{id}", "kind": "{kind}", "at": "{at}"}}"#),
                (false, true) => writeln!(text, "L{id},{kind},{at},{own}"),
                (false, false) => writeln!(text, "L{id},{kind},{at}"),
            };
        }
    }
    text
}

fn ids(from: u32, to: u32, step: usize) -> Vec<u32> {
    (from..to).step_by(step).collect()
}

/// Scores with the log held and streamed, on one thread and on several, and compares; says whether it was streamed to the
/// end.
fn check(leads_text: &str, log_text: &str, pipeline: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let is_json = |text: &str| text.starts_with('{');
    let leads = if is_json(leads_text) { "leads.jsonl" } else { "leads.csv" };
    let log = if is_json(log_text) { "log.jsonl" } else { "log.csv" };
    std::fs::write(path.join(leads), leads_text).unwrap();
    std::fs::write(path.join(log), log_text).unwrap();
    let mut was_streamed = false;
    for top in [None, Some(5)] {
        let (held, said) = run(path, leads, log, pipeline, 1, top, HELD);
        assert!(said.iter().any(|note| note.contains("the activity log has")), "{said:?}");
        for threads in [1, 4] {
            let (streamed, opening) = run(path, leads, log, pipeline, threads, top, STREAMED);
            assert_eq!(streamed.output, held.output);
            let is_streamed = opening.iter().any(|note| note.contains("read along with the leads"));
            let fell_back = |note: &&String| note.contains("stand in another order");
            was_streamed = is_streamed && !streamed.warnings.iter().any(|note| fell_back(&note));
            // What a held log says when it is opened, a streamed one says at its end.
            let all = |opening: &[String], run: &Run| -> Vec<String> {
                let how =
                    |note: &str| note.contains("the activity log has") || note.contains("held in memory");
                let notes = opening.iter().chain(&run.warnings).filter(|note| !how(note));
                let mut notes: Vec<String> = notes.cloned().collect();
                notes.sort();
                notes
            };
            assert_eq!(all(&opening, &streamed), all(&said, &held));
        }
    }
    was_streamed
}

#[test]
fn a_log_in_the_order_of_the_leads_is_streamed() {
    // More rows than a batch has, so that groups lie at its borders.
    for is_json in [false, true] {
        for has_ids in [false, true] {
            for pipeline in ["conversion", "priority"] {
                let leads = leads(&ids(0, 1_100, 1), is_json);
                assert!(check(&leads, &log(&ids(0, 1_100, 1), is_json, has_ids), pipeline));
                assert!(check(&leads, &log(&ids(0, 1_100, 7), !is_json, has_ids), pipeline));
            }
        }
    }
}

#[test]
fn leads_without_activities_and_activities_without_leads_are_told() {
    assert!(check(&leads(&ids(0, 900, 3), false), &log(&ids(0, 1_000, 2), false, false), "conversion"));
    assert!(check(&leads(&ids(0, 50, 1), false), &log(&ids(2_000, 2_100, 1), false, false), "conversion"));
}

#[test]
fn a_lead_that_comes_twice_in_a_row_has_its_activities_twice() {
    let mut twice: Vec<u32> = ids(0, 1_100, 1).into_iter().flat_map(|id| [id, id]).collect();
    // Leads without activities between two rows of one.
    twice.splice(10..10, [5, 9_001, 9_002, 5]);
    for is_json in [false, true] {
        for has_ids in [false, true] {
            assert!(check(&leads(&twice, is_json), &log(&ids(0, 1_100, 1), is_json, has_ids), "conversion"));
        }
    }
}

#[test]
fn leads_in_another_order_are_scored_all_the_same() {
    let mut backwards = ids(0, 1_200, 1);
    backwards[600..].reverse();
    for is_json in [false, true] {
        assert!(!check(&leads(&backwards, is_json), &log(&ids(0, 1_200, 1), is_json, true), "conversion"));
    }
}

#[test]
fn a_log_in_which_a_lead_comes_back_is_held() {
    let mut scattered = ids(0, 700, 1);
    scattered.push(3);
    assert!(!check(&leads(&ids(0, 700, 1), false), &log(&scattered, false, false), "conversion"));
}

#[test]
fn rows_that_are_no_activities_are_counted() {
    for is_json in [false, true] {
        let mut text = log(&ids(0, 800, 1), is_json, false);
        let bad = if is_json {
            "{\"lead_id\": \"L900\", \"kind\": \"call\", \"at\": \"never\"}\n"
        } else {
            "L900,call,never\n"
        };
        text.push_str(bad);
        text.push_str(bad);
        assert!(check(&leads(&ids(0, 800, 1), false), &text, "conversion"));
    }
}
