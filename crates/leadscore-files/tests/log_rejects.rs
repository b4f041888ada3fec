//! A log with more rejected rows than are listed: what is left out is counted, in the file and beside it.

use std::fmt::Write as _;

use leadscore::{AsOf, Pipeline, Zone};
use leadscore_files::{FileJob, Note, never_stop};

#[test]
fn rows_that_are_not_listed_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("leads.csv"), "lead_id,company\n1,Acme\n2,Beta\n").unwrap();
    let mut log = "lead_id,kind,at\n1,call,2026-11-20\n".to_owned();
    for _ in 0..100_123 {
        writeln!(log, "1,,2026-11-20").unwrap();
    }
    std::fs::write(path("log.csv"), log).unwrap();
    let pipeline = Pipeline::builtin("conversion").unwrap();
    let as_of = AsOf::parse("2026-11-22", &Zone::utc()).unwrap();
    let mut notes: Vec<Note> = Vec::new();
    let job = FileJob::new(path("leads.csv"), path("out.csv"), as_of).activities(path("log.csv"));
    let summary = job.rejects(path("rejects.csv")).run(&pipeline, &mut notes, &never_stop).unwrap();
    assert_eq!(summary.rejected_count, 100_123);
    let said = "activity log: 123 further rows were rejected, which the file of --rejects does not list";
    assert!(notes.contains(&Note::Rejected(said.to_owned())), "{notes:#?}");
    let rejects = std::fs::read_to_string(path("rejects.csv")).unwrap();
    assert_eq!(rejects.lines().count(), 100_002);
    assert!(rejects.lines().last().unwrap().contains(said), "{:?}", rejects.lines().last());
}
