//! Activity logs as exports have them: other names, other times, rows that are none.

use leadscore::{Activity, AsOf, Mode, Pipeline, Zone};
use leadscore_files::{FileFormat, FileJob, FileSummary, LeadInput, ReadLead, never_stop};
use tempfile::TempDir;

const LEADS: &str = "lead_id,company\n1,Acme\n2,Beta\n";

struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("leads.csv", LEADS);
        folder
    }

    fn write(&self, name: &str, content: &str) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn input(&self, log: &str, mapping: Option<&str>) -> LeadInput {
        let input = LeadInput::new(self.path("leads.csv")).activities(log);
        match mapping {
            Some(mapping) => input.mapping(self.write("map.json", mapping)),
            None => input,
        }
    }

    /// The activities of the leads of the file, as `kind at`, and all that was said; the same whether the log is held or
    /// read along with the leads.
    fn read(&self, log: &str, mapping: Option<&str>) -> (Vec<String>, Vec<String>) {
        let pipeline = Pipeline::builtin("conversion").unwrap();
        let [held, streamed] = [u64::MAX, 0].map(|small| {
            let input = self.input(log, mapping).small_log_bytes(small);
            let mut notes = Vec::new();
            let mut reader = input.open(&pipeline, &mut notes).unwrap();
            let mut found = Vec::new();
            while reader.read_lead().unwrap() == ReadLead::Lead {
                let id = reader.lead().id.clone().unwrap();
                let text = |own: &Activity| format!("{id} {} {}", own.kind, own.at);
                found.extend(reader.lead().activities.iter().map(text));
            }
            let how = |note: &str| note.contains("the activity log has") || note.contains("held in memory");
            let warnings = reader.warnings().into_iter().map(|warning| format!("note: {warning}"));
            let notes = notes.iter().map(ToString::to_string).chain(warnings);
            let mut notes: Vec<String> = notes.filter(|note| !how(note)).collect();
            notes.sort();
            (found, notes)
        });
        assert_eq!(held, streamed);
        held
    }

    fn score(&self, log: &str, mapping: Option<&str>, mode: Mode) -> (FileSummary, String) {
        let as_of = AsOf::parse("2026-11-22", &Zone::utc()).unwrap();
        let mut job = FileJob::new(self.path("leads.csv"), self.path("out.csv"), as_of)
            .activities(log)
            .format(FileFormat::Csv)
            .mode(mode)
            .rejects(self.path("rejects.csv"));
        if let Some(mapping) = mapping {
            job = job.mapping(self.write("map.json", mapping));
        }
        let pipeline = Pipeline::builtin("conversion").unwrap();
        let summary = job.run(&pipeline, &mut Vec::new(), &never_stop).unwrap();
        (summary, std::fs::read_to_string(self.path("rejects.csv")).unwrap())
    }
}

#[track_caller]
fn says(notes: &[String], wanted: &str) {
    assert!(notes.iter().any(|note| note.contains(wanted)), "{wanted}: {notes:#?}");
}

#[test]
fn loose_names_and_an_id_of_its_own() {
    let folder = Folder::new();
    let csv = "Contact ID,Event,Timestamp,Event ID\n\
        1,Meeting,2026-11-20 10:00,e1\n1,Meeting,2026-11-20 10:00,e1\n2,Call,2026-11-21,\n";
    let jsonl = r#"{"contactId": 1, "event": "Meeting", "timestamp": "2026-11-20 10:00", "eventId": "e1"}
{"contactId": 1, "event": "Meeting", "timestamp": "2026-11-20 10:00", "eventId": "e1"}
{"contactId": 2, "event": "Call", "timestamp": "2026-11-21"}
"#;
    let wanted = ["1 Meeting 2026-11-20T10:00:00Z", "2 Call 2026-11-21T00:00:00Z"];
    for (name, content) in [("log.csv", csv), ("log.jsonl", jsonl)] {
        let log = folder.write(name, content);
        let (found, notes) = folder.read(&log, None);
        assert_eq!(found, wanted, "{name}");
        let id = if name == "log.csv" { "Contact ID" } else { "contactId" };
        says(&notes, &format!("reading of the activity log `{id}` as lead_id"));
    }
    // A column `id` is the event's where another names the lead, and the lead's where none does.
    let log = folder.write("log.csv", "id,Contact ID,kind,at\ne1,1,call,2026-11-20\ne1,1,call,2026-11-20\n");
    assert_eq!(folder.read(&log, None).0.len(), 1);
    let log = folder.write("log.csv", "id,kind,at\n1,call,2026-11-20\n1,call,2026-11-20\n");
    assert_eq!(folder.read(&log, None).0.len(), 2);
}

#[test]
fn a_mapping_has_a_section_for_the_log() {
    let folder = Folder::new();
    let mapping = r#"{"format": 1, "activities": {"lead_id": "Wer", "kind": "Was", "at": "Wann", "id": "Nr",
        "delimiter": ";", "date_order": "day_first"}}"#;
    let log =
        folder.write("log.csv", "Nr;Wer;Was;Wann;lead_id\n7;1;call;05/11/2026;2\n7;1;call;05/11/2026;2\n");
    let (found, notes) = folder.read(&log, Some(mapping));
    assert_eq!(found, ["1 call 2026-11-05T00:00:00Z"]);
    assert!(!notes.iter().any(|note| note.contains("reading of")), "{notes:?}");
    let log =
        folder.write("log.jsonl", r#"{"Wer": "1", "Was": "call", "Wann": "2026-11-05", "lead_id": "2"}"#);
    assert_eq!(folder.read(&log, Some(mapping)).0, ["1 call 2026-11-05T00:00:00Z"]);

    let pipeline = Pipeline::builtin("conversion").unwrap();
    let refusal = |log: &str, mapping: &str| {
        folder.input(log, Some(mapping)).open(&pipeline, &mut Vec::new()).unwrap_err().to_string()
    };
    let log = folder.write("log.csv", "lead_id,kind,at\n1,call,2026-11-05\n");
    let error = refusal(&log, r#"{"format": 1, "activities": {"kind": "Was"}}"#);
    assert!(error.contains("the kind of activities from a column `Was`"), "{error}");
    let error = refusal(&log, r#"{"format": 1, "activities": {"colour": "Was"}}"#);
    assert!(error.contains("unknown field `colour`"), "{error}");
    let error = refusal(&log, r#"{"format": 1, "activities": {"decimal": "x"}}"#);
    assert!(error.contains("activities.decimal"), "{error}");
    let log = folder.write("log.csv", "Colour,kind,at\n1,call,2026-11-05\n");
    let error = folder.input(&log, None).open(&pipeline, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("`lead_id`") && error.contains("`activities` in the mapping"), "{error}");
}

#[test]
fn ambiguous_dates_are_settled_or_refused() {
    let folder = Folder::new();
    let log = folder.write("log.csv", "lead_id,kind,at\n1,call,05/06/2026\n2,call,06/07/2026 10:30\n");
    let (found, notes) = folder.read(&log, None);
    assert!(found.is_empty(), "{found:?}");
    says(
        &notes,
        "2 activities could not be used; the first: line 2: the time `05/06/2026` is ambiguous (day or month first?); \
         --map with {\"format\": 1, \"activities\": {\"date_order\": \"day_first\"}} (or \"month_first\") reads it",
    );
    for (mapping, wanted) in [
        (
            r#"{"format": 1, "activities": {"date_order": "day_first"}}"#,
            ["1 call 2026-06-05T00:00:00Z", "2 call 2026-07-06T10:30:00Z"],
        ),
        (
            r#"{"format": 1, "activities": {"date_order": "month_first"}}"#,
            ["1 call 2026-05-06T00:00:00Z", "2 call 2026-06-07T10:30:00Z"],
        ),
        (
            r#"{"format": 1, "date_order": "day_first"}"#,
            ["1 call 2026-06-05T00:00:00Z", "2 call 2026-07-06T10:30:00Z"],
        ),
        (
            r#"{"format": 1, "date_order": "day_first", "activities": {"date_order": "month_first"}}"#,
            ["1 call 2026-05-06T00:00:00Z", "2 call 2026-06-07T10:30:00Z"],
        ),
    ] {
        assert_eq!(folder.read(&log, Some(mapping)).0, wanted, "{mapping}");
    }
    // Other times of the column settle it, and that is said.
    let log = folder.write("log.csv", "lead_id,kind,at\n1,call,05/06/2026\n2,call,25/06/2026\n");
    let (found, notes) = folder.read(&log, None);
    assert_eq!(found, ["1 call 2026-06-05T00:00:00Z", "2 call 2026-06-25T00:00:00Z"]);
    says(&notes, "activity log: column `at`: dates read with the day first");
    // A column of dates is preferred to one of numbers although something else is in it too, which is said of it alone.
    let log = folder.write(
        "log.csv",
        "lead_id,kind,When,ActivityDate,Other Date\n1,call,1,2026-11-05,11/31/2026\n2,call,2,soon,soon\n2,call,3,2026-11-06,x\n",
    );
    let (found, notes) = folder.read(&log, None);
    assert_eq!(found, ["1 call 2026-11-05T00:00:00Z", "2 call 2026-11-06T00:00:00Z"]);
    assert!(!notes.iter().any(|note| note.contains("Other Date")), "{notes:?}");
    // Half of the times are none; the others are read all the same.
    let log = folder.write(
        "log.csv",
        "lead_id,kind,at\n1,call,soon\n1,call,11/25/2026\n2,call,later\n2,call,11/05/2026\n",
    );
    let (found, notes) = folder.read(&log, None);
    assert_eq!(found, ["1 call 2026-11-25T00:00:00Z", "2 call 2026-11-05T00:00:00Z"]);
    says(&notes, "activity log: column `at`: dates read with the month first");
}

#[test]
fn times_may_be_seconds_or_milliseconds() {
    let folder = Folder::new();
    // `date -u -d @1795168800` is 2026-11-20T10:00:00Z.
    let wanted = ["1 call 2026-11-20T10:00:00Z", "2 call 2026-11-20T10:00:00Z"];
    for (log, unit) in [
        ("lead_id,kind,at\n1,call,1795168800\n2,call,1795168800\n", "seconds"),
        ("lead_id,kind,at\n1,call,1795168800000\n2,call,1795168800000\n", "milliseconds"),
    ] {
        let (found, notes) = folder.read(&folder.write("log.csv", log), None);
        assert_eq!(found, wanted);
        says(
            &notes,
            &format!("2 times of the activity log are numbers, read as {unit} since 1970-01-01 UTC"),
        );
    }
    let log = "{\"lead_id\": 1, \"kind\": \"call\", \"at\": 1795168800}\n{\"lead_id\": 2, \"kind\": \"call\", \"at\": \"1795168800000\"}\n";
    assert_eq!(folder.read(&folder.write("log.jsonl", log), None).0, wanted);
    // The day number of a spreadsheet is neither.
    let (found, notes) = folder.read(&folder.write("log.csv", "lead_id,kind,at\n1,call,46346\n"), None);
    assert!(found.is_empty());
    says(&notes, "`46346` is not a time; a number is one in seconds or milliseconds");
    let (_, notes) = folder.read(&folder.write("log.csv", "lead_id,kind,at\n1,call,9999-12-31\n"), None);
    says(&notes, "`9999-12-31` means no end");
}

#[test]
fn rows_of_the_log_are_rejected_and_counted() {
    let folder = Folder::new();
    let log = "lead_id,kind,at,pages\n1,call,2026-11-20,3\n1,call,soon,3\n,call,2026-11-20,3\n1,,2026-11-20,3\n,,,\n2,call\n";
    let log = folder.write("log.csv", log);
    let (summary, rejects) = folder.score(&log, None, Mode::Lenient);
    assert_eq!((summary.scored_count, summary.rejected_count), (2, 4));
    let rejects: Vec<&str> = rejects.lines().collect();
    assert_eq!(rejects.len(), 5, "{rejects:#?}");
    assert_eq!(rejects[1], r#"3,activity log: the time `soon` is no date,"1,call,soon,3""#);
    assert_eq!(rejects[2], r#"4,activity log: the lead's id is blank,",call,2026-11-20,3""#);
    assert_eq!(rejects[3], r#"5,activity log: the kind is blank,"1,,2026-11-20,3""#);
    assert!(rejects[4].starts_with("7,activity log: "), "{rejects:#?}");
    // In strict mode a property that cannot be read rejects its row too, where properties are read.
    let log = folder.write(
        "log.csv",
        "lead_id,kind,at,spent\n1,call,2026-11-20,2\n1,call,2026-11-20,3\n1,call,2026-11-20,\"1,234\"\n",
    );
    let records = folder.write("leads.jsonl", "{\"id\": \"1\", \"company\": \"Acme\"}\n");
    let as_of = AsOf::parse("2026-11-22", &Zone::utc()).unwrap();
    let pipeline = Pipeline::from_json(
        r#"{"format": 1, "id": "p", "schema": {"features": [{"name": "spent", "type": "number", "default": 0,
            "source": {"from": "aggregate", "property": "spent", "take": "sum"}}]},
            "scorer": {"kind": "scorecard", "unit": "points", "base": 0, "groups": [{"code": "all", "rules": [
                {"code": "spent", "points": "spent"}]}]},
            "scale": {"kind": "points"}, "tiers": "hot-warm-cold"}"#,
    )
    .unwrap();
    for (mode, rejected) in [(Mode::Lenient, 0), (Mode::Strict, 1)] {
        let job = FileJob::new(&*records, folder.path("out.csv"), as_of.clone()).activities(&log).mode(mode);
        let summary = job.run(&pipeline, &mut Vec::new(), &never_stop).unwrap();
        assert_eq!(summary.rejected_count, rejected, "{mode:?}");
    }
}

#[test]
fn kinds_that_no_rule_knows_are_named() {
    let folder = Folder::new();
    let log = "lead_id,kind,at\n1,Sticker,2026-11-20\n1,Meeting held,2026-11-20\n1,webinar,2026-11-20\n\
        2,Sticker,2026-11-20\n2,Badge scan,2026-11-20\n2,email_sent,2026-11-20\n";
    let (_, notes) = folder.read(&folder.write("log.csv", log), None);
    says(
        &notes,
        "the pipeline has no rule for these kinds of activity: `Sticker` (2), `Badge scan` (1). They count only where all kinds do",
    );
    let (_, notes) = folder.read(&folder.write("log.csv", "lead_id,kind,at\n1,call,2026-11-20\n"), None);
    assert!(!notes.iter().any(|note| note.contains("no rule")), "{notes:?}");
}

#[test]
fn activities_of_one_id_are_said() {
    let folder = Folder::new();
    let log = "lead_id,kind,at,Event ID\n1,call,2026-11-18,a\n1,call,2026-11-18,a\n1,call,2026-11-19,b\n1,call,2026-11-20,b\n\
        2,call,2026-11-18,a\n3,call,2026-11-18,c\n3,call,2026-11-18,c\n";
    let (found, notes) = folder.read(&folder.write("log.csv", log), None);
    assert_eq!(found.len(), 3);
    says(
        &notes,
        "2 activities have the id of another one of the same lead, counted once; 1 of them is at another time",
    );
    // A spreadsheet rounded these: they say nothing.
    let log = "lead_id,kind,at,Event ID\n1,call,2026-11-18,1.23E+15\n1,call,2026-11-19,1.23E+15\n";
    let (found, notes) = folder.read(&folder.write("log.csv", log), None);
    assert_eq!(found.len(), 2);
    says(&notes, "2 ids of activities were rounded by a spreadsheet");
}
