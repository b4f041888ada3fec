//! Activity logs in JSON lines: which field is what is decided once, and every line is read by that.

use leadscore::{Pipeline, Zone};
use leadscore_files::{LeadInput, LeadReader, Note, ReadLead};
use tempfile::TempDir;

struct Read {
    /// `lead kind`.
    activities: Vec<String>,
    /// `line: reason`.
    rejected: Vec<String>,
    said: String,
}

fn open(folder: &TempDir, log: &[u8], mapping: Option<&str>, small: u64) -> Result<LeadReader, String> {
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("leads.csv"), "lead_id,company\n1,Acme\n2,Beta\n3,Gamma\n").unwrap();
    std::fs::write(path("log.jsonl"), log).unwrap();
    let mut input = LeadInput::new(path("leads.csv")).activities(path("log.jsonl")).zone(Zone::utc());
    if let Some(mapping) = mapping {
        std::fs::write(path("map.json"), mapping).unwrap();
        input = input.mapping(path("map.json"));
    }
    let mut notes: Vec<Note> = Vec::new();
    let pipeline = Pipeline::builtin("conversion").unwrap();
    input.small_log_bytes(small).open(&pipeline, &mut notes).map_err(|error| error.to_string())
}

/// The same whether the log is held or read along with the leads.
fn read(log: &[u8], mapping: Option<&str>) -> Read {
    let folder = tempfile::tempdir().unwrap();
    let [held, streamed] = [u64::MAX, 0].map(|small| {
        let mut reader = open(&folder, log, mapping, small).unwrap();
        let mut activities = Vec::new();
        while reader.read_lead().unwrap() == ReadLead::Lead {
            let id = reader.lead().id.clone().unwrap();
            activities.extend(reader.lead().activities.iter().map(|own| format!("{id} {}", own.kind)));
        }
        let rejected = reader.take_log_rejections().0;
        let rejected = rejected.iter().map(|row| format!("{}: {}", row.line, row.reason)).collect();
        let said = reader.warnings().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        Read { activities, rejected, said }
    });
    assert_eq!((&held.activities, &held.rejected), (&streamed.activities, &streamed.rejected));
    Read { said: held.said + &streamed.said, ..held }
}

#[test]
fn one_field_is_the_same_thing_in_every_line() {
    // `date` and `created` both look like times; in single lines one of them is absent or holds something else.
    let log = r#"{"contact_id": 1, "event": "call", "date": "2026-11-01", "created": "2026-11-09"}
{"contact_id": 2, "event": "call", "created": "2026-11-09"}
{"contact_id": 3, "event": "call", "date": "soon", "created": "2026-11-09"}
{"contact_id": 3, "event": "open", "date": "2026-11-02", "created": "2026-11-09"}
"#;
    let found = read(log.as_bytes(), None);
    assert_eq!(found.activities, ["1 call", "3 open"]);
    assert_eq!(found.rejected[0], "2: activity log: the field `date` is missing");
    assert!(found.rejected[1].starts_with("3: activity log: `soon`"), "{:?}", found.rejected);
    assert!(found.said.contains("`date` as at"), "{}", found.said);
}

#[test]
fn a_line_that_would_be_read_otherwise_is_refused() {
    let mut log: String =
        (0..1_200).map(|_| "{\"id\": 1, \"kind\": \"call\", \"at\": \"2026-11-01\"}\n".to_owned()).collect();
    log += "{\"id\": 77, \"lead_id\": 2, \"kind\": \"call\", \"at\": \"2026-11-01\"}\n";
    let found = read(log.as_bytes(), None);
    assert_eq!(found.activities.len(), 1_200);
    assert_eq!(found.rejected.len(), 1);
    assert!(
        found.rejected[0].starts_with("1201: activity log: has a field `lead_id`"),
        "{:?}",
        found.rejected
    );
    // Fields beyond the documented ones are properties, whatever the line.
    let log = r#"{"lead_id": 1, "kind": "call", "at": "2026-11-01"}
{"lead_id": 2, "kind": "call", "at": "2026-11-01", "type": "x", "id": "e1"}
{"lead_id": 2, "kind": "call", "at": "2026-11-01", "id": "e1"}
"#;
    let found = read(log.as_bytes(), None);
    assert_eq!(found.activities, ["1 call", "2 call"]);
    assert!(found.rejected.is_empty());
}

#[test]
fn a_log_without_such_fields_is_refused_as_a_table_is() {
    let folder = tempfile::tempdir().unwrap();
    let log = b"{\"who\": 1, \"kind\": \"call\", \"at\": \"2026-11-01\"}\n";
    let error = open(&folder, log, None, u64::MAX).unwrap_err();
    assert!(error.contains("names the lead (`lead_id`)") && error.contains("who"), "{error}");
    let mapping = r#"{"format": 1, "activities": {"lead_id": "who", "id": "number"}}"#;
    assert_eq!(read(log, Some(mapping)).activities, ["1 call"]);
    // Where no line is a record, every line says what is wrong with it.
    let found = read(b"who,kind\n{\"lead_id\": 1", None);
    assert_eq!(found.rejected.len(), 2, "{:?}", found.rejected);
}

#[test]
fn marks_bytes_and_lengths_are_those_of_leads() {
    let mut log = b"\xef\xbb\xbf{\"lead_id\": 1, \"kind\": \"call\", \"at\": \"2026-11-01\"}\r\n\n".to_vec();
    log.extend(b"{\"lead_id\": 2, \"kind\": \"caf\xe9\", \"at\": \"2026-11-01\"}\n");
    log.extend(b"{\"lead_id\": 3, \"kind\": \"call\", \"at\": \"2026-11-01\", \"note\": \"");
    log.resize(log.len() + (64 << 20), b'x');
    log.extend(b"\"}\n{\"lead_id\": 3, \"kind\": \"open\", \"at\": \"2026-11-01\"}");
    let found = read(&log, None);
    assert_eq!(found.activities, ["1 call", "3 open"]);
    assert_eq!(
        found.rejected,
        ["3: activity log: not UTF-8", "4: activity log: a record of more than 64 MiB"]
    );
}

#[test]
fn words_that_say_there_is_none_are_no_ids() {
    let log = r#"{"lead_id": 1, "kind": "call", "at": "2026-11-01", "id": "N/A"}
{"lead_id": 1, "kind": "call", "at": "2026-11-01", "id": "N/A"}
{"lead_id": "unknown", "kind": "call", "at": "2026-11-01"}
{"lead_id": "-", "kind": "call", "at": "2026-11-01"}
"#;
    let found = read(log.as_bytes(), None);
    assert_eq!(found.activities, ["1 call", "1 call"]);
    assert_eq!(
        found.rejected,
        [
            "3: activity log: the lead's id `unknown` says that there is none",
            "4: activity log: the lead's id `-` says that there is none"
        ]
    );
    let said = "2 activities have a word such as `N/A` in place of an id";
    assert!(found.said.contains(said), "{}", found.said);
}
