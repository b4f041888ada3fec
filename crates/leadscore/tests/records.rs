//! Records of every form give the features and scores that leads give, and JSON of any form is read or refused.

mod generated;
mod strategies;

use std::collections::{BTreeMap, BTreeSet};

use leadscore::feature::ActivityKinds;
use leadscore::record::{
    Activities, AttributeKey, AttributeRef, CompactActivity, JsonReader, NestedValues, SkippedField,
    UnknownFields,
};
use leadscore::{
    Activity, AsOf, Attribute, Error, Lead, Mode, Pipeline, Prediction, Record, ScoreOptions, Timestamp,
    When, Zone,
};
use proptest::prelude::*;
use proptest::sample::select;
use strategies::{as_of, builtin, damage, lead, time};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// The same lead, or the same error, whichever way an object is read; `skip` is the policy for nested values.
    #[test]
    fn a_json_record_is_the_lead_of_the_same_text(
        (pipeline, object) in object_for_a_pipeline(),
        skip: bool,
    ) {
        let text = object.text();
        let policy = if skip { NestedValues::Skip } else { NestedValues::Refuse };
        let reader = JsonReader::new(Zone::utc()).nested_values(policy);
        let names = pipeline.schema().attribute_names();
        let mut skipped = Vec::new();
        let lead = reader.lead(&text, &mut skipped);
        if !skip {
            prop_assert_eq!(&lead, &Lead::from_json(&text, &Zone::utc()));
        }
        match (reader.record(&text, names), lead) {
            (Ok(record), Ok(lead)) => {
                prop_assert_eq!(record.id(), lead.id.as_deref());
                prop_assert_eq!(features(pipeline, &record), features(pipeline, &lead));
                prop_assert_eq!(score(pipeline, &record), score(pipeline, &lead));
                let nested = |field: &&SkippedField| matches!(field, SkippedField::Nested { .. });
                prop_assert_eq!(
                    record.skipped().iter().filter(nested).map(name).collect::<Vec<_>>(),
                    skipped.iter().map(name).collect::<Vec<_>>()
                );
                // Every field that the lead kept and the schema does not read is reported.
                let unknown: BTreeSet<&str> = record.skipped().iter().filter(|field| !nested(field)).map(name).collect();
                let kept = lead.attributes.keys().map(String::as_str);
                prop_assert!(kept.filter(|name| names.index(name).is_none()).all(|name| unknown.contains(name)));
                prop_assert!(unknown.iter().all(|name| names.index(name).is_none()));
                let strict = reader.clone().unknown_fields(UnknownFields::Refuse).record(&text, names);
                prop_assert_eq!(strict.is_ok(), unknown.is_empty());
            }
            (Err(record), Err(lead)) => prop_assert_eq!(record, lead),
            (record, lead) => prop_assert!(false, "{:?}\n{:?}\n{}", record, lead, text),
        }
    }

    #[test]
    fn lists_are_their_records(
        pipeline in builtin(),
        objects in prop::collection::vec(object(vec!["company".to_owned(), "email".to_owned()]), 0..5),
    ) {
        let texts: Vec<String> = objects.iter().map(Object::text).collect();
        let list = format!("[{}]", texts.join(" , "));
        let (reader, names) = (JsonReader::new(Zone::utc()), pipeline.schema().attribute_names());
        let one_by_one: Vec<Result<Lead, Error>> = texts.iter().map(|text| Lead::from_json(text, &Zone::utc())).collect();
        // An object that is no JSON, such as one with a repeated name, spoils the list.
        let is_json = |lead: &Result<Lead, Error>| !matches!(lead, Err(error) if error.code() == "invalid_json");
        let (leads, records) = (reader.leads(&list), reader.records(&list, names));
        if !one_by_one.iter().all(is_json) {
            prop_assert_eq!(leads.unwrap_err().code(), "invalid_json");
            prop_assert_eq!(records.unwrap_err().code(), "invalid_json");
            return Ok(());
        }
        let (leads, records) = (leads.unwrap(), records.unwrap());
        prop_assert_eq!(records.len(), leads.len());
        for (record, lead) in records.iter().zip(&leads) {
            prop_assert_eq!(record.as_ref().err(), lead.as_ref().err());
            if let (Ok(record), Ok(lead)) = (record, lead) {
                prop_assert_eq!(features(pipeline, record), features(pipeline, lead));
            }
        }
        prop_assert_eq!(leads, one_by_one);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            prop::collection::vec(select(b"{}[]\",:\\u0019-.eE tfn\xed\xa0\x80".to_vec()), 0..60),
        ],
        (pipeline, object) in object_for_a_pipeline(),
        edits in damage(),
    ) {
        for text in [String::from_utf8_lossy(&bytes).into_owned(), edits.apply(&object.text())] {
            for policy in [NestedValues::Refuse, NestedValues::Skip] {
                let reader = JsonReader::new(Zone::utc()).nested_values(policy);
                let names = pipeline.schema().attribute_names();
                let lead = reader.lead(&text, &mut Vec::new());
                prop_assert_eq!(reader.record(&text, names).err(), lead.err());
                let leads = reader.leads(&text);
                prop_assert_eq!(reader.records(&text, names).err(), leads.err());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn a_row_that_answers_by_number_is_the_lead(pipeline in builtin(), mut lead in lead()) {
        lead.id = None;
        let names: Vec<&str> = pipeline.schema().attribute_names().iter().collect();
        let values: Vec<Option<AttributeRef<'_>>> =
            names.iter().map(|name| lead.attributes.get(*name).map(Attribute::as_ref)).collect();
        let row = Row { values: |index: usize| values[index], log: lead.activities.as_slice().into() };
        prop_assert_eq!(features(pipeline, &row), features(pipeline, &lead));
        prop_assert_eq!(score(pipeline, &row), score(pipeline, &lead));
    }

    #[test]
    fn compact_activities_give_the_bits_of_bare_ones(pipeline in builtin(), lead in lead(), time in time()) {
        let mut bare = lead;
        bare.activities = bare.activities.iter().map(|full| Activity::new(&*full.kind, full.at)).collect();
        let mut kinds = ActivityKinds::new(pipeline.schema());
        let compact = |full: &Activity| CompactActivity { at: full.at, kind: kinds.number(&full.kind) };
        let log: Vec<CompactActivity> = bare.activities.iter().map(compact).collect();
        let record = WithLog { lead: &bare, log: Activities::compact(kinds.kinds(), &log) };
        for as_of in [as_of(), AsOf::new(time)] {
            prop_assert_eq!(pipeline.score(&record, &as_of).unwrap(), pipeline.score(&bare, &as_of).unwrap());
        }
        prop_assert_eq!(features(pipeline, &record), features(pipeline, &bare));
    }

    #[test]
    fn leads_with_times_of_their_own_are_scored_as_one_by_one(
        pipeline in builtin(),
        dated in prop::collection::vec((lead(), time()), 0..6),
        zone in select(vec!["UTC", "America/New_York", "Asia/Kolkata"]),
    ) {
        let (leads, times): (Vec<Lead>, Vec<Timestamp>) = dated.into_iter().unzip();
        let (zone, options) = (Zone::named(zone).unwrap(), ScoreOptions::new().reasons(2));
        let when = When::each(&times, &zone);
        let many = pipeline.score_many(&leads, when, &options);
        let brief = pipeline.score_many_brief(&leads, when, &options);
        let columns = pipeline.score_columns(&leads, when, &options).unwrap();
        let matrix = pipeline.feature_matrix(&leads, when, Mode::Lenient).unwrap();
        prop_assert_eq!((many.len(), columns.len(), matrix.row_count()), (leads.len(), leads.len(), leads.len()));
        for (row, (lead, time)) in leads.iter().zip(&times).enumerate() {
            let as_of = AsOf::new(*time).in_zone(zone.clone());
            let one = pipeline.score_with(lead, &as_of, &options);
            prop_assert_eq!(&many[row], &one);
            prop_assert_eq!(&brief[row], &pipeline.score_brief(lead, &as_of, &options));
            prop_assert_eq!(columns.score[row].to_bits(), one.unwrap().score.to_bits());
            let alone = pipeline.feature_matrix([lead], &as_of, Mode::Lenient).unwrap();
            prop_assert_eq!(bits(alone.row(0)), bits(matrix.row(row)));
        }
    }
}

/// The record is the first level; the limit is the same in lists of records, in attributes and in activities.
#[test]
fn sixty_four_levels_are_read_and_sixty_five_refused() {
    let reader = JsonReader::new(Zone::utc()).nested_values(NestedValues::Skip);
    let pipeline = Pipeline::builtin("conversion").unwrap();
    let names = pipeline.schema().attribute_names();
    let lists = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let objects = |levels: usize| format!("{}0{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    for nested in [lists, objects] {
        for name in ["company", "shoe_size"] {
            for (depth, is_read) in
                [(3, true), (63, true), (64, true), (65, false), (66, false), (100, false)]
            {
                for text in [
                    format!(r#"{{"{name}":{}}}"#, nested(depth - 1)),
                    format!(r#"{{"attributes":{{"{name}":{}}}}}"#, nested(depth - 2)),
                    format!(r#"{{"activities":[],"attributes":{{"{name}":{}}}}}"#, nested(depth - 2)),
                ] {
                    let lead = reader.lead(&text, &mut Vec::new());
                    assert_eq!(lead.is_ok(), is_read, "{depth}: {lead:?}");
                    if let Err(error) = &lead {
                        assert_eq!(error.code(), "invalid_json");
                        assert!(error.message().contains("64 levels"), "{error}");
                    }
                    let record = reader.record(&text, names);
                    assert_eq!(record.err(), lead.err());
                    // A list around records is no level of theirs.
                    let list = format!("[{text}]");
                    let leads = reader.leads(&list);
                    assert_eq!(leads.is_ok(), is_read, "{depth}");
                    assert_eq!(reader.records(&list, names).err(), leads.err());
                }
            }
        }
    }
    // Deep properties of activities are refused for what they are up to the limit, and for their depth beyond it.
    for (depth, code) in [(64, "invalid_lead"), (65, "invalid_json")] {
        let property = lists(depth - 4);
        let text = format!(
            r#"{{"activities":[{{"kind":"call","at":"2026-01-01","properties":{{"p":{property}}}}}]}}"#
        );
        assert_eq!(reader.lead(&text, &mut Vec::new()).unwrap_err().code(), code, "{depth}");
        assert_eq!(reader.record(&text, names).unwrap_err().code(), code, "{depth}");
    }
}

/// A JSON object as it is written: fields in order, repeated ones included.
#[derive(Debug, Clone)]
struct Object {
    /// Whether the fields stand in an object `attributes`.
    wrapped: bool,
    fields: Vec<(String, String)>,
    /// `id`, `lead_id`, `activities`, and fields beside `attributes`.
    others: Vec<(String, String)>,
    /// Whether the others come first.
    others_first: bool,
    space: &'static str,
}

impl Object {
    fn text(&self) -> String {
        let fields = if self.wrapped {
            vec![(r#""attributes""#.to_owned(), self.braces(&self.fields))]
        } else {
            self.fields.clone()
        };
        let all = if self.others_first {
            [&self.others[..], &fields].concat()
        } else {
            [&fields[..], &self.others].concat()
        };
        self.braces(&all)
    }

    fn braces(&self, fields: &[(String, String)]) -> String {
        let space = self.space;
        let fields: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}{space}:{space}{value}")).collect();
        format!("{{{space}{}{space}}}", fields.join(&format!("{space},{space}")))
    }
}

/// A pipeline, and an object with fields that it reads and others.
fn object_for_a_pipeline() -> impl Strategy<Value = (&'static Pipeline, Object)> {
    let names = |pipeline: &Pipeline| pipeline.schema().attribute_names().iter().map(str::to_owned).collect();
    builtin().prop_flat_map(move |pipeline| (Just(pipeline), object(names(pipeline))))
}

fn object(known: Vec<String>) -> impl Strategy<Value = Object> {
    let name = prop_oneof![
        12 => select(known).prop_flat_map(|name| json_text(Just(name))),
        3 => json_text(select(vec!["shoe_size", "", "Company", "name with space", "é", "\u{1F600}", "a\"b\\c"])),
        1 => json_text(select(vec!["id", "lead_id"])),
    ];
    let other = prop_oneof![
        3 => (Just(r#""id""#.to_owned()), value()),
        2 => (Just(r#""lead_id""#.to_owned()), value()),
        3 => (Just(r#""activities""#.to_owned()), log()),
        1 => (json_text(select(vec!["extra", "attributes", "activities"])), value()),
    ];
    let shape = (any::<bool>(), any::<bool>(), select(vec!["", " ", "\n\t "]), prop::bool::weighted(0.1));
    (shape, prop::collection::vec((name, value()), 0..14), prop::collection::vec(other, 0..3)).prop_map(
        |((wrapped, others_first, space, repeats), mut fields, mut others)| {
            if !repeats {
                for fields in [&mut fields, &mut others] {
                    let mut seen = BTreeSet::new();
                    fields.retain(|(name, _)| seen.insert(serde_json::from_str::<String>(name).unwrap()));
                }
            }
            Object { wrapped, fields, others, others_first, space }
        },
    )
}

/// The JSON of a value: of every kind, some of them nested.
fn value() -> impl Strategy<Value = String> {
    let texts = vec![
        "Acme",
        "2026-11-01",
        "high",
        "VP Sales",
        "ann@acme.example",
        "",
        " yes ",
        "\u{0}\t\n",
        "ß\u{2028}\u{10FFFF}",
    ];
    let scalar = prop_oneof![
        2 => Just("null".to_owned()),
        2 => any::<bool>().prop_map(|flag| flag.to_string()),
        3 => any::<i64>().prop_map(|number| number.to_string()),
        1 => any::<u64>().prop_map(|number| number.to_string()),
        3 => (0..50_u8).prop_map(|number| number.to_string()),
        2 => any::<f64>().prop_filter("JSON has no such number", |n| n.is_finite()).prop_map(|n| format!("{n:e}")),
        1 => select(vec!["-0", "-0.0", "1e400", "0.1E+2", "9223372036854775808", "100000000000000000000000"]).prop_map(str::to_owned),
        6 => json_text(select(texts)),
        2 => json_text(".{0,12}"),
    ];
    let nested = scalar.clone().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((json_text("[ab]"), inner), 0..3).prop_map(|fields| {
                let fields: Vec<String> =
                    fields.iter().map(|(name, value)| format!("{name}:{value}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    });
    prop_oneof![7 => scalar, 1 => nested]
}

/// A list of activities, sometimes with a mistake.
fn log() -> impl Strategy<Value = String> {
    let at = prop_oneof![
        6 => (0..40_u8).prop_map(|day| format!("\"2026-{:02}-{:02}T10:00:00Z\"", 10 + day / 28, 1 + day % 28)),
        1 => select(vec!["\"2026-11-01\"", "\"soon\"", "7", "null"]).prop_map(str::to_owned),
    ];
    let kind = json_text(select(&generated::KINDS[..]));
    let more = prop_oneof![
        5 => Just(String::new()),
        2 => value().prop_map(|value| format!(r#","properties":{{"page":{value}}}"#)),
        1 => value().prop_map(|value| format!(r#","id":{value}"#)),
        1 => Just(r#","when":1"#.to_owned()),
    ];
    let activity =
        (kind, at, more).prop_map(|(kind, at, more)| format!(r#"{{"kind":{kind},"at":{at}{more}}}"#));
    prop_oneof![
        1 => Just("null".to_owned()),
        8 => prop::collection::vec(activity, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
    ]
}

/// A text as JSON, plain or with signs escaped that need not be.
fn json_text<T: ToString>(text: impl Strategy<Value = T>) -> impl Strategy<Value = String> {
    (text, any::<u32>(), prop::bool::weighted(0.3)).prop_map(|(text, mask, escaped)| {
        let text = text.to_string();
        if !escaped {
            return serde_json::to_string(&text).unwrap();
        }
        let mut json = String::from("\"");
        for (at, sign) in text.chars().enumerate() {
            if mask >> (at % 32) & 1 == 1 || sign == '"' || sign == '\\' || sign < ' ' {
                sign.encode_utf16(&mut [0; 2]).iter().for_each(|unit| json += &format!("\\u{unit:04x}"));
            } else {
                json.push(sign);
            }
        }
        json + "\""
    })
}

/// A record whose values a closure gives by the attribute's number.
struct Row<'a, F> {
    values: F,
    log: Activities<'a>,
}

impl<'a, F: Fn(usize) -> Option<AttributeRef<'a>>> Record for Row<'a, F> {
    fn id(&self) -> Option<&str> {
        None
    }

    fn attribute(&self, key: AttributeKey<'_>) -> Option<AttributeRef<'_>> {
        (self.values)(key.index())
    }

    fn activities(&self) -> Activities<'_> {
        self.log
    }
}

/// A lead with another log.
struct WithLog<'a> {
    lead: &'a Lead,
    log: Activities<'a>,
}

impl Record for WithLog<'_> {
    fn id(&self) -> Option<&str> {
        self.lead.id()
    }

    fn attribute(&self, key: AttributeKey<'_>) -> Option<AttributeRef<'_>> {
        self.lead.attribute(key)
    }

    fn activities(&self) -> Activities<'_> {
        self.log
    }
}

fn name(field: &SkippedField) -> &str {
    match field {
        SkippedField::Unknown { name } | SkippedField::Nested { name } => name,
        other => panic!("{other:?}"),
    }
}

fn features(pipeline: &Pipeline, record: &dyn Record) -> BTreeMap<String, u64> {
    let mut values = Vec::new();
    let (time, utc) = (as_of().time, Zone::utc());
    pipeline.schema().values(record, time, &utc, Mode::Lenient, &mut values).unwrap();
    let names = pipeline.schema().columns().map(|feature| feature.name.clone());
    names.zip(bits(&values)).collect()
}

fn score(pipeline: &Pipeline, record: &dyn Record) -> Prediction {
    pipeline.score(record, &as_of()).unwrap()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}
