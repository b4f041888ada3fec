//! Whole files through [`FileJob`], as a program uses it.

use std::cell::Cell;
use std::path::Path;

use leadscore::{AsOf, ErrorKind, Mode, Pipeline, Zone};
use leadscore_files::{
    Destination, FileFormat, FileJob, LeadInput, Note, Notes, OutputFile, Progress, Scoring, never_stop,
    score_file,
};
use tempfile::TempDir;

const LEADS: &str =
    "lead_id,company,title,created_at\na,Acme,CEO,2026-11-01\nb,Beta,,03/04/2026\nc,Gamma,CTO\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn as_of() -> AsOf {
    AsOf::parse("2026-11-20", &Zone::utc()).unwrap()
}

fn conversion() -> Pipeline {
    Pipeline::builtin("conversion").unwrap()
}

fn job(folder: &TempDir, input: &str, output: &str) -> FileJob {
    let path = |name: &str| folder.path().join(name);
    FileJob::new(path(input).to_string_lossy(), path(output), as_of())
}

fn read(folder: &TempDir, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

fn many_leads(count: usize) -> String {
    let mut leads = String::from("lead_id,company,title\n");
    for number in 0..count {
        leads += &format!("{number},Acme,{}\n", ["CEO", "", "Intern"][number % 3]);
    }
    leads
}

#[test]
fn every_option_reaches_the_output() {
    let log = "lead_id,kind,at\na,meeting,2026-11-10T08:00\n";
    let map = r#"{"format": 1, "lead_id": "lead_id", "attributes": {"company": "company"}}"#;
    let folder = folder(&[("leads.csv", LEADS), ("log.csv", log), ("map.json", map)]);
    let mut notes = Vec::new();
    let path = |name: &str| folder.path().join(name);
    let in_berlin = as_of().in_zone(Zone::named("Europe/Berlin").unwrap());
    let summary = FileJob::new(path("leads.csv").to_string_lossy(), path("out.jsonl"), in_berlin)
        .format(FileFormat::Jsonl)
        .mapping(folder.path().join("map.json"))
        .activities(folder.path().join("log.csv"))
        .mode(Mode::Strict)
        .rejects(folder.path().join("rejects.csv"))
        .reasons(1)
        .threads(3)
        .run(&conversion(), &mut notes, &never_stop)
        .unwrap();
    // Strict mode refuses the date of two meanings; the last row is short.
    assert_eq!((summary.scored_count, summary.rejected_count), (1, 2));
    assert_eq!(summary.tiers.iter().map(|tier| tier.lead_count).sum::<u64>(), 1);
    let out = read(&folder, "out.jsonl");
    let prediction: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&prediction["lead_id"], &prediction["row"]), (&"a".into(), &1.into()));
    assert_eq!(prediction["provenance"]["zone"], "Europe/Berlin");
    assert_eq!(prediction["explanation"]["reasons"].as_array().unwrap().len(), 1);
    assert!(out.contains("meeting"), "{out}");
    let rejects = read(&folder, "rejects.csv");
    assert_eq!(
        rejects.lines().map(|line| line.split(',').next().unwrap()).collect::<Vec<_>>(),
        ["line", "3", "4"]
    );
    assert!(
        notes
            .iter()
            .any(|note| note.to_string().starts_with("note: the activity log has 1 activity of 1 lead"))
    );
    assert!(notes.iter().any(|note| matches!(note, Note::Rejected(text) if text.starts_with("line 3: "))));
}

#[test]
fn options_as_json_do_the_same_as_the_builder() {
    let folder = folder(&[("leads.csv", LEADS)]);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let options = serde_json::json!({
        "input": path("leads.csv"), "output": path("json.csv"), "as_of": "2026-11-20", "format": "csv",
        "zone": "UTC", "strict": false, "reasons": 2, "top": 2, "threads": 1,
    });
    let summary = score_file(&conversion(), &options.to_string(), &never_stop).unwrap();
    let mut notes = Vec::new();
    job(&folder, "leads.csv", "built.csv")
        .reasons(2)
        .top(2)
        .threads(1)
        .run(&conversion(), &mut notes, &never_stop)
        .unwrap();
    assert_eq!(read(&folder, "json.csv"), read(&folder, "built.csv"));
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!((&summary["scored"], &summary["rejected"]), (&2.into(), &1.into()));
    let lines: Vec<String> = notes.iter().map(ToString::to_string).collect();
    assert_eq!(summary["notes"], serde_json::json!(lines));
    let misspelt = FileJob::from_json(r#"{"input": "a", "output": "b", "as_of": "2026-11-20", "tops": 1}"#);
    assert_eq!(misspelt.unwrap_err().kind(), ErrorKind::InvalidContext);
}

#[test]
fn the_best_are_the_same_whatever_the_threads_and_explained_as_in_full() {
    let folder = folder(&[("leads.csv", &many_leads(1500))]);
    let run = |threads: usize, top: Option<usize>, output: &str| {
        let mut job = job(&folder, "leads.csv", output).format(FileFormat::Jsonl).threads(threads);
        if let Some(top) = top {
            job = job.top(top);
        }
        job.run(&conversion(), &mut Vec::<Note>::new(), &never_stop).unwrap();
        read(&folder, output)
    };
    let best = run(1, Some(700), "one.jsonl");
    assert_eq!(best, run(4, Some(700), "four.jsonl"));
    // The same lines as without a ranking: by score, and of equal scores the earlier row first.
    let all = run(2, None, "all.jsonl");
    let score =
        |line: &&str| serde_json::from_str::<serde_json::Value>(line).unwrap()["score"].as_f64().unwrap();
    let mut lines: Vec<&str> = all.lines().collect();
    lines.sort_by(|a, b| score(b).total_cmp(&score(a)));
    assert_eq!(best.lines().collect::<Vec<_>>(), lines[..700]);
}

#[test]
fn a_stopped_job_leaves_nothing_behind() {
    let folder = folder(&[("leads.csv", &many_leads(5000))]);
    let asked = Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() == 3
    };
    for top in [None, Some(10)] {
        asked.set(0);
        let mut job = job(&folder, "leads.csv", "out.csv").rejects(folder.path().join("rejects.csv"));
        if let Some(top) = top {
            job = job.top(top);
        }
        let error = job.run(&conversion(), &mut Vec::<Note>::new(), &stop).unwrap_err();
        assert_eq!((error.kind(), asked.get()), (ErrorKind::Cancelled, 3));
        assert_eq!(names(&folder), ["leads.csv"]);
    }
    let summary =
        job(&folder, "leads.csv", "out.csv").run(&conversion(), &mut Vec::<Note>::new(), &never_stop);
    assert_eq!(summary.unwrap().scored_count, 5000);
    assert_eq!(names(&folder), ["leads.csv", "out.csv"]);
}

/// Keeps what is heard of progress.
#[derive(Default)]
struct Heard(Vec<Progress>);

impl Notes for Heard {
    fn note(&mut self, _: Note) {}

    fn progress(&mut self, progress: Progress) {
        self.0.push(progress);
    }
}

#[test]
fn progress_goes_up_to_the_size_of_the_file() {
    let leads = many_leads(2000);
    let folder = folder(&[("leads.csv", &leads)]);
    let mut heard = Heard::default();
    job(&folder, "leads.csv", "out.csv").run(&conversion(), &mut heard, &never_stop).unwrap();
    let (last, earlier) = heard.0.split_last().unwrap();
    assert_eq!(earlier.len(), 2000_usize.div_ceil(512));
    assert!(heard.0.windows(2).all(|pair| pair[0].bytes_read <= pair[1].bytes_read));
    let size = leads.len() as u64;
    assert_eq!((last.bytes_read, last.byte_count, last.is_done), (size, Some(size), true));
}

#[test]
fn errors_have_a_kind_and_name_the_file() {
    let folder = folder(&[
        ("leads.csv", LEADS),
        ("empty.csv", ""),
        ("foreign.csv", "a,b\n1,2\n"),
        ("header.csv", "lead_id,company\n"),
        ("bad.json", "{}"),
        ("log.csv", "who,what\na,b\n"),
    ]);
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("earlier.csv"), "earlier").unwrap();
    let fails = |job: FileJob, kind: ErrorKind, file: &str| {
        let error = job.run(&conversion(), &mut Vec::<Note>::new(), &never_stop).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(&*path(file).to_string_lossy()), "{error}");
        assert!(!path("out.csv").exists(), "{error}");
    };
    let leads = || job(&folder, "leads.csv", "out.csv");
    fails(job(&folder, "none.csv", "out.csv"), ErrorKind::NotFound, "none.csv");
    fails(job(&folder, ".", "out.csv"), ErrorKind::Io, ".");
    fails(job(&folder, "empty.csv", "out.csv"), ErrorKind::UnreadableTable, "empty.csv");
    fails(job(&folder, "foreign.csv", "out.csv"), ErrorKind::WorthlessResult, "foreign.csv");
    fails(leads().mapping(path("none.json")), ErrorKind::NotFound, "none.json");
    fails(leads().mapping(path("bad.json")), ErrorKind::InvalidContext, "bad.json");
    fails(leads().activities(path("none.csv")), ErrorKind::NotFound, "none.csv");
    fails(leads().activities(path("log.csv")), ErrorKind::UnreadableTable, "log.csv");
    fails(job(&folder, "leads.csv", "no/out.csv"), ErrorKind::NotFound, "no/out.csv");
    // What an earlier run wrote stays.
    fails(job(&folder, "header.csv", "earlier.csv"), ErrorKind::UnreadableTable, "header.csv");
    assert_eq!(read(&folder, "earlier.csv"), "earlier");
    fails(leads().format(FileFormat::Jsonl), ErrorKind::InvalidContext, "out.csv");
    fails(job(&folder, "leads.csv", "out.xlsx"), ErrorKind::InvalidContext, "out.xlsx");
    fails(job(&folder, "leads.csv", "leads.csv"), ErrorKind::InvalidContext, "leads.csv");
    fails(leads().rejects(path("leads.csv")), ErrorKind::InvalidContext, "leads.csv");
    fails(job(&folder, "header.csv", "out.csv"), ErrorKind::UnreadableTable, "header.csv");
    let none = leads().top(0).run(&conversion(), &mut Vec::<Note>::new(), &never_stop).unwrap_err();
    assert_eq!((none.kind(), none.path().to_string()), (ErrorKind::InvalidContext, "top".to_owned()));
    assert_eq!(read(&folder, "leads.csv"), LEADS);
}

#[test]
fn a_missing_file_keeps_the_error_of_the_system() {
    let folder = folder(&[]);
    let error = job(&folder, "none.csv", "out.csv")
        .run(&conversion(), &mut Vec::<Note>::new(), &never_stop)
        .unwrap_err();
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(source.unwrap().kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn leads_that_are_open_are_scored_into_memory_or_a_report() {
    let folder = folder(&[("leads.csv", LEADS)]);
    let input = LeadInput::new(folder.path().join("leads.csv").to_string_lossy());
    let (pipeline, scoring) = (conversion(), Scoring::new(as_of()));
    let mut out = Vec::new();
    let destination = Destination::Write(FileFormat::Csv, OutputFile::stream(&mut out));
    let leads = input.open(&pipeline, &mut Vec::<Note>::new()).unwrap();
    scoring.run(&pipeline, leads, destination, &mut Vec::<Note>::new(), &never_stop).unwrap();
    let rows = String::from_utf8(out).unwrap();
    assert_eq!(rows.lines().count(), 3);
    assert!(rows.starts_with("lead_id,row,score"), "{rows}");
    let mut names = Vec::new();
    let leads = input.open(&pipeline, &mut Vec::<Note>::new()).unwrap();
    let receive = Destination::Report(Box::new(|report| {
        names = report.leads.iter().map(|lead| lead.name.clone()).collect();
        assert_eq!(Path::new(&report.source), Path::new("leads.csv"));
        Ok(())
    }));
    scoring.run(&pipeline, leads, receive, &mut Vec::<Note>::new(), &never_stop).unwrap();
    assert_eq!(names, ["Acme", "Beta"]);
}

#[test]
fn a_list_that_is_no_json_is_refused_where_it_breaks() {
    let cases = [
        (
            r#"[{"lead_id":"a","company":"Acme"}{"lead_id":"b","company":"Beta"}]"#,
            "line 1: a comma is missing",
        ),
        (
            "[{\"lead_id\":\"a\",\"company\":\"Acme\"},,,\n{\"lead_id\":\"b\"}] x",
            "line 1: a record is missing",
        ),
        ("[{\"lead_id\":\"a\",\"company\":\"Acme\"}]\nx", "line 2: something follows"),
        ("{\"lead_id\":\"a\",\n\"company\":\"Acme\"}\n{\"lead_id\":\"b\"}", "line 3: something follows"),
    ];
    for (text, wanted) in cases {
        let folder = folder(&[("leads.json", text)]);
        let mut notes = Vec::new();
        let summary =
            job(&folder, "leads.json", "out.csv").run(&conversion(), &mut notes, &never_stop).unwrap();
        assert_eq!((summary.scored_count, summary.rejected_count), (1, 1), "{text}");
        let refused = notes.iter().filter_map(|note| match note {
            Note::Rejected(text) => Some(text.as_str()),
            _ => None,
        });
        assert!(refused.collect::<Vec<_>>()[0].starts_with(wanted), "{notes:?}");
    }
}
