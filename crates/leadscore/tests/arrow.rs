//! Leads in Arrow tables score as the same leads as records do.

#![cfg(feature = "arrow")]

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray, types::Int32Type,
};
use leadscore::arrow::{FeatureTable, LeadTable, Table};
use leadscore::parallel::Workers;
use leadscore::{Activity, AsOf, Error, Lead, Mode, Pipeline, ScoreOptions, Timestamp, When, Zone};

const SCHEMA: &str = r#"{"features": [
    {"name": "visits", "type": "number", "range": [0, 99], "source": {"from": "attribute"}},
    {"name": "share", "type": "number", "source": {"from": "attribute"}},
    {"name": "amount", "type": "number", "source": {"from": "attribute"}},
    {"name": "customer", "type": "flag", "source": {"from": "attribute"}},
    {"name": "source", "type": "category", "levels": ["ad", "web"], "source": {"from": "attribute"}},
    {"name": "age", "type": "number", "source": {"from": "age", "of": "created", "unit": "days"}},
    {"name": "seen", "type": "number", "source": {"from": "age", "of": "seen_at", "unit": "hours"}},
    {"name": "opened", "type": "number", "source": {"from": "count", "types": ["open"]}}
]}"#;

#[test]
fn a_row_is_the_lead_it_says() -> Result<(), Error> {
    let pipeline = pipeline();
    let (table, activities) = (leads_table(), activities_table());
    let rows = LeadTable::new(&table, &pipeline)?;
    let with_activities =
        LeadTable::new(&table, &pipeline)?.with_activities(&table, &activities, "id", &Zone::utc())?;
    let (as_of, zone) = (time("2026-11-22"), Zone::utc());
    let values = |leads: &LeadTable<'_>, row: usize, mode| {
        let mut values = Vec::new();
        pipeline.schema().values(&leads.row(row)?, as_of, &zone, mode, &mut values).map(|()| values)
    };
    for (row, lead) in leads().iter().enumerate() {
        let mut wanted = Vec::new();
        pipeline.schema().values(lead, as_of, &zone, Mode::Lenient, &mut wanted)?;
        assert_eq!(bits(&values(&with_activities, row, Mode::Lenient)?), bits(&wanted), "row {row}");
        let without = without_activities(lead);
        wanted.clear();
        pipeline.schema().values(&without, as_of, &zone, Mode::Lenient, &mut wanted)?;
        assert_eq!(bits(&values(&rows, row, Mode::Lenient)?), bits(&wanted), "row {row}");
    }
    assert!(values(&rows, 1, Mode::Strict).is_err());
    let other = Pipeline::builtin("b2b")?;
    assert!(other.score(&rows.row(0)?, &AsOf::new(as_of)).is_err(), "attributes of another schema");
    Ok(())
}

#[test]
fn a_table_scores_as_its_leads() -> Result<(), Error> {
    let pipeline = pipeline();
    let (table, activities, zone) = (leads_table(), activities_table(), Zone::utc());
    let as_of = AsOf::parse("2026-11-22", &zone)?;
    let times = table.times("seen_at", &zone).unwrap_err();
    assert_eq!((times.code(), times.path().to_string()), ("invalid_context", "leads[1].seen_at".to_owned()));
    let times = [time("2026-11-22"), time("2026-11-20"), time("2026-11-10")];
    let (plain, logged) = (
        LeadTable::new(&table, &pipeline)?,
        LeadTable::new(&table, &pipeline)?.with_activities(&table, &activities, "id", &zone)?,
    );
    let without: Vec<Lead> = leads().iter().map(without_activities).collect();
    for (found, leads) in [(&plain, without), (&logged, leads().to_vec())] {
        for when in [When::All(&as_of), When::each(&times, &zone)] {
            for reasons in [0, 2] {
                let options = ScoreOptions::new().reasons(reasons);
                let wanted = pipeline.score_columns(&leads, when, &options)?;
                let scores = found.score_columns(when, &options, &Workers::new())?;
                assert_eq!(bits(&scores.score), bits(&wanted.score));
                assert_eq!((&scores.tier, scores.reasons.len()), (&wanted.tier, reasons));
                assert_eq!(scores.unusable, wanted.unusable);
                for (own, other) in scores.reasons.iter().zip(&wanted.reasons) {
                    assert_eq!((&own.text, bits(&own.points)), (&other.text, bits(&other.points)));
                    assert_eq!(scores.reason_texts, wanted.reason_texts);
                }
            }
            let wanted = pipeline.feature_matrix(&leads, when, Mode::Lenient)?;
            let matrix = found.feature_matrix(when, Mode::Lenient, &Workers::new())?;
            assert_eq!(bits(matrix.values()), bits(wanted.values()));
        }
    }
    let strict = plain.score_columns(When::All(&as_of), &ScoreOptions::new().strict(), &Workers::new());
    assert_eq!(*strict.unwrap_err().path(), "leads[1].attributes.visits");
    let few = plain.score_columns(When::each(&times[1..], &zone), &ScoreOptions::new(), &Workers::new());
    assert_eq!(few.unwrap_err().code(), "invalid_context");
    Ok(())
}

#[test]
fn tiers_by_rank_are_those_of_the_table() -> Result<(), Error> {
    let tiers = r#"{"on": "rank", "bounds": [{"tier": "TODAY", "top": 1}, {"tier": "WEEK", "top": "50 %"}, {"tier": "LATER"}]}"#;
    let rule = r#"{"kind": "scorecard", "unit": "points", "base": 0, "range": [0, 100],
        "groups": [{"code": "g", "rules": [{"code": "visits", "points": "visits"}]}]}"#;
    let schema = r#"{"features": [{"name": "visits", "type": "number", "range": [0, 100], "source": {"from": "attribute"}}]}"#;
    let pipeline = Pipeline::from_json(&format!(
        r#"{{"format": 1, "id": "ranks", "schema": {schema}, "scorer": {rule}, "scale": {{"kind": "points"}}, "tiers": {tiers}}}"#
    ))?;
    // More rows than a block has; the last one is refused in strict mode.
    let visits = (0..3000).map(|row| f64::from(row * 7919 % 9973) / 100.0).chain([1000.0]);
    let visits: ArrayRef = Arc::new(arrow_array::Float64Array::from_iter_values(visits));
    let batch = RecordBatch::try_from_iter([("visits", visits)]).unwrap();
    let table = Table::new(&batch.schema(), vec![batch]);
    let leads = LeadTable::new(&table, &pipeline)?;
    let as_of = AsOf::parse("2026-11-22", &Zone::utc())?;
    let count = |tiers: &[i32], at: i32| tiers.iter().filter(|own| **own == at).count();
    for reasons in [0, 1] {
        let options = ScoreOptions::new().reasons(reasons);
        let columns = leads.score_columns(When::All(&as_of), &options, &Workers::new())?;
        assert_eq!([0, 1, 2].map(|at| count(&columns.tier, at)), [1, 1500, 1500]);
        let each = leads.score_each(When::All(&as_of), &options.mode(Mode::Strict), &Workers::new())?;
        assert_eq!([0, 1, 2, -1].map(|at| count(&each.columns.tier, at)), [1, 1499, 1500, 1]);
        assert_eq!((each.errors.len(), each.columns.tier[3000]), (1, -1));
    }
    let reports = leads.reports(When::All(&as_of), &Workers::new())?;
    assert!(reports[..3000].iter().all(|report| report.warnings.is_empty()));
    let features = FeatureTable::new(&table, &pipeline, &[("visits", "visits")])?;
    assert_eq!(count(&features.score_columns(&Workers::new())?.tier, 1), 1500);
    Ok(())
}

/// More rows than are read at once, in batches that end anywhere; values of each kind that are many, and few.
#[test]
fn a_long_table_in_batches_scores_as_its_leads() -> Result<(), Error> {
    const ROWS: i64 = 20_001;
    let pipeline = pipeline();
    let source = |row: i64| if row % 3 == 0 { "ad".to_owned() } else { format!("web {row}") };
    let sources: Vec<String> = (0..ROWS).map(source).collect();
    let seen = |row: i64| (row % 7 != 0).then_some(1_795_000_000_000_000 - row * 1_000_001);
    let customer = |row: i64| (row % 4 < 3).then_some(row % 4 == 0);
    let batch = RecordBatch::try_from_iter([
        (
            "visits",
            Arc::new((0..ROWS).map(|row| (row % 5 > 0).then_some(row % 120)).collect::<Int64Array>())
                as ArrayRef,
        ),
        ("source", Arc::new(sources.iter().map(String::as_str).collect::<DictionaryArray<Int32Type>>())),
        ("seen_at", Arc::new((0..ROWS).map(seen).collect::<TimestampMicrosecondArray>())),
    ])
    .unwrap();
    let cuts = [0, 3000, 3001, 12_000, 12_000, 20_001];
    let batches = cuts.windows(2).map(|cut| batch.slice(cut[0], cut[1] - cut[0])).collect();
    // A column that Arrow cannot hold, with more values than a part has rows.
    let places = (0..ROWS).map(|row| customer(row).map_or(u32::MAX, |_| (ROWS - 1 - row) as u32)).collect();
    let values: Vec<String> =
        (0..ROWS).rev().map(|row| customer(row).map_or("null".to_owned(), |flag| flag.to_string())).collect();
    let table = Table::new(&batch.schema(), batches).with_values(
        "customer",
        places,
        &format!("[{}]", values.join(",")),
        false,
    )?;
    let lead = |row: i64| {
        let mut lead = Lead::new(row.to_string()).with("source", source(row));
        if row % 5 > 0 {
            lead = lead.with("visits", row % 120);
        }
        if let Some(micros) = seen(row) {
            let millis = Timestamp::from_millis(micros.div_euclid(1_000_000) * 1000).unwrap().to_string();
            let rest = micros.rem_euclid(1_000_000);
            lead = lead.with("seen_at", format!("{}.{rest:06}", millis.trim_end_matches('Z')));
        }
        match customer(row) {
            Some(flag) => lead.with("customer", flag),
            None => lead,
        }
    };
    let leads: Vec<Lead> = (0..ROWS).map(lead).collect();
    let as_of = AsOf::parse("2026-11-22", &Zone::utc())?;
    let found = LeadTable::new(&table, &pipeline)?;
    assert!(found.has_value(&["customer".to_owned()]) && !found.has_value(&["share".to_owned()]));
    let wanted = pipeline.score_columns(&leads, &as_of, &ScoreOptions::new().reasons(2))?;
    for threads in [1, 3] {
        let workers = Workers::new().threads(threads);
        let options = ScoreOptions::new().reasons(2);
        let scores = found.score_columns(When::All(&as_of), &options, &workers)?;
        assert_eq!(bits(&scores.score), bits(&wanted.score));
        assert_eq!((&scores.tier, &scores.unusable), (&wanted.tier, &wanted.unusable));
        assert_eq!(scores.reason_texts, wanted.reason_texts);
        for (own, other) in scores.reasons.iter().zip(&wanted.reasons) {
            assert_eq!((&own.text, bits(&own.points)), (&other.text, bits(&other.points)));
        }
        let each = found.score_each(When::All(&as_of), &options, &workers)?;
        assert!(each.errors.is_empty() && bits(&each.columns.score) == bits(&wanted.score));
        let matrix = found.feature_matrix(When::All(&as_of), Mode::Lenient, &workers)?;
        let same = pipeline.feature_matrix(&leads, &as_of, Mode::Lenient)?;
        assert_eq!(bits(matrix.values()), bits(same.values()));
        assert_eq!(found.reports(When::All(&as_of), &workers)?.len(), leads.len());
    }
    let last = &leads[ROWS as usize - 1];
    assert_eq!(
        pipeline.score(&found.row(ROWS as usize - 1)?, &as_of)?.score.to_bits(),
        pipeline.score(last, &as_of)?.score.to_bits()
    );
    // What no time can be is told by its row in the table.
    let times: Vec<i64> = (0..ROWS).map(|row| if row == 19_000 { i64::MAX } else { 0 }).collect();
    let batch = RecordBatch::try_from_iter([(
        "seen_at",
        Arc::new(TimestampMicrosecondArray::from(times)) as ArrayRef,
    )])
    .unwrap();
    let table = Table::new(&batch.schema(), vec![batch]);
    let leads = LeadTable::new(&table, &pipeline)?;
    let error = leads.score_columns(When::All(&as_of), &ScoreOptions::new(), &Workers::new()).unwrap_err();
    assert_eq!(*error.path(), "leads[19000].seen_at");
    Ok(())
}

/// Two batches, the first of one row.
fn leads_table() -> Table {
    let batch = RecordBatch::try_from_iter([
        ("id", Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(3)])) as ArrayRef),
        ("visits", Arc::new(Int64Array::from(vec![Some(3), Some(-1), None]))),
        ("share", Arc::new(Float32Array::from(vec![Some(0.1), Some(f32::NAN), None]))),
        ("amount", decimals()),
        ("customer", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("source", Arc::new(DictionaryArray::<Int32Type>::from_iter([Some("Web"), None, Some("ad")]))),
        ("created", Arc::new(Date32Array::from(vec![Some(20_000), Some(20_100), None]))),
        (
            "seen_at",
            Arc::new(TimestampMicrosecondArray::from(vec![Some(1_795_000_000_500_000), None, Some(0)])),
        ),
        ("other", Arc::new(StringArray::from(vec!["a", "b", "c"]))),
    ])
    .unwrap();
    Table::new(&batch.schema(), vec![batch.slice(0, 1), batch.slice(1, 2)])
}

fn decimals() -> ArrayRef {
    Arc::new(Decimal128Array::from(vec![Some(1250), Some(-5), None]).with_precision_and_scale(10, 2).unwrap())
}

fn activities_table() -> Table {
    let batch = RecordBatch::try_from_iter([
        ("id", Arc::new(StringArray::from(vec!["1", "3", "1", "9"])) as ArrayRef),
        ("kind", Arc::new(StringArray::from(vec!["open", "open", "open", "open"]))),
        ("at", Arc::new(StringArray::from(vec!["2026-11-01", "2026-11-15", "2026-11-21", "2026-11-02"]))),
        ("page", Arc::new(StringArray::from(vec![Some("home"), None, None, None]))),
    ])
    .unwrap();
    Table::new(&batch.schema(), vec![batch])
}

/// The same as records.
fn leads() -> [Lead; 3] {
    let open = |at: &str| Activity::new("open", time(at));
    let mut first = Lead::new("1")
        .with("visits", 3)
        .with("share", f64::from(0.1f32))
        .with("amount", 12.5)
        .with("customer", true)
        .with("source", "Web")
        .with("created", "2024-10-04")
        .with("seen_at", "2026-11-18T11:06:40.5");
    first.activities = vec![open("2026-11-01").with("page", "home"), open("2026-11-21")];
    let second = Lead::new("2").with("visits", -1).with("amount", -0.05).with("customer", false);
    let mut third = Lead::new("3").with("source", "ad").with("seen_at", "1970-01-01T00:00:00");
    third.activities = vec![open("2026-11-15")];
    [first, second.with("created", "2025-01-12"), third]
}

fn without_activities(lead: &Lead) -> Lead {
    let mut lead = lead.clone();
    lead.activities.clear();
    lead
}

fn pipeline() -> Pipeline {
    let rules: Vec<String> = ["visits", "share", "amount", "age", "seen", "opened"]
        .iter()
        .map(|name| format!(r#"{{"code": "{name}", "points": {{"product": [0.01, "{name}"]}}}}"#))
        .collect();
    let text = format!(
        r#"{{"format": 1, "id": "arrow", "schema": {SCHEMA},
            "scorer": {{"kind": "scorecard", "unit": "points", "base": 0, "range": [null, 100],
                "groups": [{{"code": "all", "rules": [{}]}}]}},
            "scale": {{"kind": "points"}}, "tiers": "lead-score"}}"#,
        rules.join(",")
    );
    let pipeline = Pipeline::from_json(&text).unwrap();
    assert_eq!(pipeline.schema().attribute_names().len(), 7);
    pipeline
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text, &Zone::utc()).unwrap()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}
