//! Activity logs as files: the same scores as from leads that hold their activities themselves.

use std::fmt::Write as _;

use leadscore::{Activity, AsOf, Lead, Pipeline, Timestamp, Zone};
use leadscore_files::{FileFormat, FileJob, LeadInput, Note, ReadLead, never_stop};
use proptest::prelude::*;
use proptest::sample::select;
use tempfile::TempDir;

/// Every source that reads activities, none of which reads a property.
const KINDS_AND_TIMES: &str = r#"{
    "format": 1, "id": "kinds",
    "schema": {
        "activity_types": [{"contains": "mail", "type": "email"}],
        "channels": {"email": "mail", "call": "phone"},
        "features": [
            {"name": "visits", "type": "number", "default": 0, "source": {"from": "attribute"}},
            {"name": "all", "type": "number", "source": {"from": "count"}},
            {"name": "calls", "type": "number", "source": {"from": "count", "types": ["call"], "half_life_days": 7}},
            {"name": "late", "type": "number", "source": {"from": "count", "types": ["email"], "among_latest": 3}},
            {"name": "kinds", "type": "number", "source": {"from": "distinct", "what": "kind", "latest": 2}},
            {"name": "channels", "type": "number", "source": {"from": "distinct", "what": "channel"}},
            {"name": "burst", "type": "number", "source": {"from": "burst", "hours": 5}},
            {"name": "age", "type": "number", "default": 0, "source": {"from": "age", "which": "first"}},
            {"name": "share", "type": "number", "default": 0, "source": {"from": "share", "weekdays": [1, 2]}},
            {"name": "reply", "type": "number", "default": 0, "source": {"from": "response_time",
                "after": {"types": ["email"]}, "reply": {"types": ["call"]}}}
        ]
    },
    "scorer": {"kind": "scorecard", "unit": "points", "base": 0, "groups": [{"code": "all", "rules": [
        {"code": "visits", "points": {"product": [1, "visits"]}},
        {"code": "all", "points": {"product": [1, "all"]}},
        {"code": "calls", "points": {"product": [1.7, "calls"]}},
        {"code": "late", "points": {"product": [3, "late"]}},
        {"code": "kinds", "points": {"product": [5, "kinds"]}},
        {"code": "channels", "points": {"product": [7, "channels"]}},
        {"code": "burst", "points": {"product": [11, "burst"]}},
        {"code": "age", "points": {"product": [0.077, "age"]}},
        {"code": "share", "points": {"product": [17, "share"]}},
        {"code": "reply", "points": {"product": [0.001, "reply"]}}
    ]}]},
    "scale": {"kind": "linear", "from": -1000, "to": 100000}, "tiers": "hot-warm-cold"
}"#;

/// The last value of a property, which ties decide by all properties.
const PROPERTIES: &str = r#"{
    "format": 1, "id": "properties",
    "schema": {"features": [
        {"name": "visits", "type": "number", "default": 0, "source": {"from": "attribute"}},
        {"name": "page", "type": "number", "default": 0, "source":
            {"from": "aggregate", "property": "page", "take": "last"}}
    ]},
    "scorer": {"kind": "scorecard", "unit": "points", "base": 0, "groups": [{"code": "all", "rules": [
        {"code": "visits", "points": {"product": [1, "visits"]}}, {"code": "page", "points": {"product": [1, "page"]}}
    ]}]},
    "scale": {"kind": "linear", "from": -1000, "to": 100000}, "tiers": "hot-warm-cold"
}"#;

/// One row of a log.
#[derive(Debug, Clone)]
struct Row {
    lead: usize,
    kind: &'static str,
    hour: u32,
    id: Option<u8>,
    page: u8,
    note: &'static str,
}

fn row() -> impl Strategy<Value = Row> {
    let kind = select(vec!["call", "Call", "e-mail", "Mail sent", "visit"]);
    // Few values, so that there are ties and duplicates; the later hours are after the as-of time.
    (0..3_usize, kind, 0..60_u32, prop::option::of(0..4_u8), 1..9_u8, select(vec!["", "x", "y"]))
        .prop_map(|(lead, kind, hour, id, page, note)| Row { lead, kind, hour, id, page, note })
}

impl Row {
    fn at(&self) -> String {
        format!("2026-11-{:02}T{:02}:00:00", 18 + self.hour / 24, self.hour % 24)
    }

    fn csv(&self) -> String {
        let id = self.id.map(|id| format!("ev{id}")).unwrap_or_default();
        format!("{id},{},{},{},{},L{}\n", self.kind, self.at(), self.page, self.note, self.lead)
    }

    fn json(&self) -> String {
        let mut line = serde_json::json!({
            "lead_id": format!("L{}", self.lead), "kind": self.kind, "at": self.at(),
            "properties": {"page": self.page},
        });
        // A blank cell is no property.
        if !self.note.is_empty() {
            line["properties"]["note"] = self.note.into();
        }
        if let Some(id) = self.id {
            line["id"] = format!("ev{id}").into();
        }
        format!("{line}\n")
    }

    fn activity(&self, zone: &Zone) -> Activity {
        let at = Timestamp::parse(&self.at(), zone).unwrap();
        let mut activity = Activity::new(self.kind, at).with("page", f64::from(self.page));
        activity.id = self.id.map(|id| format!("ev{id}"));
        if self.note.is_empty() { activity } else { activity.with("note", self.note) }
    }
}

fn log_csv(rows: &[Row]) -> String {
    let rows: String = rows.iter().map(Row::csv).collect();
    format!("id,kind,at,page,note,lead_id\n{rows}")
}

fn write(folder: &TempDir, name: &str, content: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The bits of the scores that a file gives, in its order.
fn file_scores(pipeline: &Pipeline, leads: &str, log: &str, folder: &TempDir, as_of: &AsOf) -> Vec<u64> {
    let out = folder.path().join("out.jsonl");
    FileJob::new(leads, &out, as_of.clone())
        .activities(log)
        .format(FileFormat::Jsonl)
        .allow_worthless()
        .run(pipeline, &mut Vec::new(), &never_stop)
        .unwrap();
    let text = std::fs::read_to_string(out).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    // What says nothing, because all of the log is later, says so in a line of its own.
    lines
        .filter(|line| line["worthless"].is_null())
        .map(|line| line["score"].as_f64().unwrap().to_bits())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn a_log_gives_the_bits_of_leads_with_activities(
        rows in prop::collection::vec(row(), 1..40),
        own in prop::collection::vec(row(), 0..10),
        zone in select(vec!["UTC", "Europe/Berlin"]),
    ) {
        let zone = Zone::named(zone).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let logs = [
            write(&folder, "log.csv", &log_csv(&rows)),
            write(&folder, "log.jsonl", &rows.iter().map(Row::json).collect::<String>()),
        ];
        let with = |rows: &[&[Row]]| -> Vec<Lead> {
            let activities = |number| {
                let rows = rows.iter().copied().flatten().filter(move |row: &&Row| row.lead == number);
                rows.map(|row| row.activity(&zone)).collect()
            };
            (0..4).map(|number| {
                let mut lead = Lead::new(format!("L{number}")).with("visits", 2.0);
                lead.activities = activities(number);
                lead
            }).collect()
        };
        let table = write(&folder, "leads.csv", "lead_id,visits\nL0,2\nL1,2\nL2,2\nL3,2\n");
        let records: Vec<String> =
            with(&[&own]).iter().map(|lead| serde_json::to_string(lead).unwrap()).collect();
        let records = write(&folder, "leads.jsonl", &records.join("\n"));
        for pipeline in [KINDS_AND_TIMES, PROPERTIES] {
            let pipeline = Pipeline::from_json(pipeline).unwrap();
            for as_of in ["2026-11-19T12:00:00Z", "2026-11-18T03:00:00Z", "2026-12-01"] {
                let as_of = AsOf::parse(as_of, &zone).unwrap();
                let scores = |leads: &[Lead]| -> Vec<u64> {
                    leads.iter().map(|lead| pipeline.score(lead, &as_of).unwrap().score.to_bits()).collect()
                };
                for log in &logs {
                    let found = file_scores(&pipeline, &table, log, &folder, &as_of);
                    prop_assert_eq!(found, scores(&with(&[&rows])), "a table with {}", log);
                    let found = file_scores(&pipeline, &records, log, &folder, &as_of);
                    prop_assert_eq!(found, scores(&with(&[&own, &rows])), "records with {}", log);
                }
            }
        }
    }
}

/// What is noted of the log's size, and the bytes each of so many activities takes.
fn size(pipeline: &Pipeline, log: &str, activities: u64, folder: &TempDir) -> (String, u64) {
    let leads = write(folder, "leads.csv", "lead_id,visits\nL7,2\n");
    let mut notes = Vec::new();
    let reader = LeadInput::new(leads).activities(log).open(pipeline, &mut notes).unwrap();
    let note = notes.iter().map(ToString::to_string).find(|note| note.contains("the activity log has"));
    (note.unwrap(), reader.log_memory().unwrap() / activities)
}

#[test]
fn kinds_and_times_take_few_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = "activity_id,lead_id,kind,at,page\n".to_owned();
    for index in 0..20_000 {
        // The last half was logged before.
        let id = index % 10_000;
        let (lead, second) = (id % 800, index % 60);
        writeln!(log, "event-{id},L{lead},call,2026-11-18T10:00:{second:02}Z,/pages/{index}").unwrap();
    }
    let log = write(&folder, "log.csv", &log);
    let (what, bytes) = size(&Pipeline::from_json(KINDS_AND_TIMES).unwrap(), &log, 10_000, &folder);
    assert_eq!(what, "note: the activity log has 10,000 activities of 800 leads");
    assert!((16..=32).contains(&bytes), "{bytes} bytes");
    let (what, bytes) = size(&Pipeline::from_json(PROPERTIES).unwrap(), &log, 20_000, &folder);
    assert_eq!(what, "note: the activity log has 20,000 activities of 800 leads");
    assert!(bytes > 400, "{bytes} bytes");
}

#[test]
fn the_first_refused_row_is_the_first_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let log = "lead_id,kind,at\nL7,call,2026-11-18\nL7,call,soon\nL7\nL7,call,2026-11-19\nL7,,2026-11-19\n";
    let (log, leads) =
        (write(&folder, "log.csv", log), write(&folder, "leads.csv", "lead_id,visits\nL7,2\n"));
    for pipeline in [KINDS_AND_TIMES, PROPERTIES] {
        let mut notes: Vec<Note> = Vec::new();
        let pipeline = Pipeline::from_json(pipeline).unwrap();
        let mut reader = LeadInput::new(&*leads).activities(&log).open(&pipeline, &mut notes).unwrap();
        let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
        let refused = "note: 3 activities could not be used; the first: line 3: the time `soon` is no date";
        assert!(notes.iter().any(|note| note == refused), "{notes:?}");
        assert_eq!(reader.read_lead().unwrap(), ReadLead::Lead);
        let activities = &reader.lead().activities;
        assert_eq!(activities.iter().map(|activity| &*activity.kind).collect::<Vec<_>>(), ["call", "call"]);
    }
}

#[test]
fn a_whole_input_keeps_what_no_pipeline_reads() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let leads = file(
        "leads.csv",
        "Nr,Firm,Shoe size,phone,created\n1,Acme,44,030,2026-11-01\n,Beta,,0,\n3,Gamma,9.5,,soon\n",
    );
    let log = file(
        "log.csv",
        "lead_id,kind,at,id,page\n1,visit,2026-11-10,a,/x\n1,odd kind,2026-11-11,b,\n3,visit,2026-11-12,c,/y\n",
    );
    let pipeline = Pipeline::builtin("conversion").unwrap();
    let read = |small: u64| {
        let input =
            LeadInput::new(&*leads).activities(&log).column("Nr", "lead_id").column("Firm", "company");
        let mut reader = input.small_log_bytes(small).whole().open(&pipeline, &mut Vec::new()).unwrap();
        let mut found = Vec::new();
        while reader.read_lead().unwrap() == ReadLead::Lead {
            found.push(reader.lead().clone());
        }
        found
    };
    let found = read(1 << 20);
    let ids: Vec<Option<&str>> = found.iter().map(|lead| lead.id.as_deref()).collect();
    assert_eq!(ids, [Some("1"), None, Some("3")]);
    let own = serde_json::to_value(&found[0].attributes).unwrap();
    assert_eq!(
        (&own["company"], &own["Shoe size"], &own["phone"]),
        (&"Acme".into(), &44.into(), &"030".into())
    );
    // No date, and so not the time of the first contact.
    assert_eq!(serde_json::to_value(&found[2].attributes).unwrap()["created"], "soon");
    let of_first: Vec<(&str, &str)> = found[0]
        .activities
        .iter()
        .map(|activity| (activity.kind.as_str(), activity.id.as_deref().unwrap()))
        .collect();
    assert_eq!(of_first, [("visit", "a"), ("odd kind", "b")]);
    assert_eq!(found[0].activities[0].properties.len(), 1);
    // Read along with the leads it is the same.
    let json =
        |leads: &[Lead]| leads.iter().map(|lead| serde_json::to_string(lead).unwrap()).collect::<Vec<_>>();
    assert_eq!(json(&read(0)), json(&found));
}
