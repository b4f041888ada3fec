//! Columns give the features that records give, to the last bit.

use leadscore::{
    AsOf, Attribute, AttributeColumn as Column, FeatureSchema, Lead, Mode, Pipeline, Timestamp, Zone,
};
use proptest::prelude::*;

/// A schema with every way to read an attribute, and formulas over them.
const SCHEMA: &str = r#"{"features": [
  {"name": "plain", "type": "number", "range": [0, 10], "whole": true, "default": 3, "source": {"from": "attribute", "name": "a"}},
  {"name": "bare", "type": "number", "source": {"from": "attribute", "name": "a"}},
  {"name": "tokens", "type": "number", "default": -1, "source": {"from": "attribute", "name": "a", "missing": ["0", "n/a"]}},
  {"name": "there", "type": "flag", "source": {"from": "attribute", "name": "b", "as": "present"}},
  {"name": "words", "type": "number", "source": {"from": "attribute", "name": "b", "as": "word_count"}},
  {"name": "flag", "type": "flag", "default": 0, "source": {"from": "attribute", "name": "b"}},
  {"name": "shown", "type": "text", "source": {"from": "attribute", "name": "b"}},
  {"name": "level", "type": "category", "levels": ["one", "1", "Two"], "unseen": "Two", "default": "one",
   "source": {"from": "attribute", "name": "c"}},
  {"name": "hit", "type": "category", "levels": ["x", "y", "z"], "source": {"from": "match", "attribute": "c",
   "rules": [{"level": "x", "words": ["one", "1"]}], "else": "y", "blank": "z"}},
  {"name": "age", "type": "number", "default": 5, "source": {"from": "age", "of": "d"}},
  {"name": "step", "type": "number", "helper": true, "source": {"from": "formula", "value": {"sum": ["bare", "words"]}}},
  {"name": "twice", "type": "number", "range": [0, 100], "source": {"from": "formula", "value": {"product": ["step", 2]}}},
  {"name": "opens", "type": "number", "source": {"from": "count", "types": ["open"]}},
  {"name": "since", "type": "number", "default": 99, "source": {"from": "age", "types": ["open"]}}]}"#;

fn attribute() -> impl Strategy<Value = Option<Attribute>> {
    let text = prop_oneof![
        Just("one"),
        Just(" TWO "),
        Just("1"),
        Just("0"),
        Just("yes"),
        Just("n/a"),
        Just(""),
        Just("  "),
        Just("a b c"),
        Just("7.5"),
        Just("inf"),
        Just("2026-11-01"),
        Just("2027-01-01T10:00:00Z"),
        Just("ann@corp.example"),
        Just("VP Sales"),
        Just("ＣＥＯ"),
    ];
    let number = prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(1.0),
        Just(3.0),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(-4.0),
        Just(1e300),
        any::<f64>(),
    ];
    prop_oneof![
        1 => Just(None),
        3 => text.prop_map(|text| Some(Attribute::from(text))),
        4 => number.prop_map(|number| Some(Attribute::Number(number))),
        1 => any::<bool>().prop_map(|flag| Some(Attribute::Flag(flag))),
    ]
}

/// One attribute of all leads as a column: numbers as such where all are, else codes.
enum Own {
    Numbers(Vec<f64>),
    Codes(Vec<u32>, Vec<Attribute>),
}

impl Own {
    fn new(values: &[Option<Attribute>]) -> Own {
        let number = |value: &Option<Attribute>| match value {
            None => Some(f64::NAN),
            Some(Attribute::Number(number)) => Some(*number),
            Some(_) => None,
        };
        if let Some(numbers) = values.iter().map(number).collect() {
            return Own::Numbers(numbers);
        }
        let mut distinct = Vec::new();
        let codes = values.iter().map(|value| {
            value.as_ref().map_or(u32::MAX, |value| {
                distinct.push(value.clone());
                distinct.len() as u32 - 1
            })
        });
        Own::Codes(codes.collect(), distinct)
    }

    fn column(&self) -> Column<'_> {
        match self {
            Own::Numbers(numbers) => Column::Numbers(numbers),
            Own::Codes(codes, _) => Column::Codes(codes),
        }
    }

    fn distinct(&self) -> &[Attribute] {
        match self {
            Own::Numbers(_) => &[],
            Own::Codes(_, distinct) => distinct,
        }
    }
}

fn check(pipeline: &Pipeline, columns: &[(&str, Vec<Option<Attribute>>)]) {
    let rows = columns[0].1.len();
    let mut as_of = AsOf::new(Timestamp::parse("2026-11-22T09:30:00Z", &Zone::utc()).unwrap());
    as_of.zone = Zone::named("Europe/Berlin").unwrap();
    let lead = |row: usize| {
        let known = columns.iter().filter_map(|(name, values)| Some((*name, values[row].clone()?)));
        known.fold(Lead::new("x"), |lead, (name, value)| lead.with(name, value))
    };
    let leads: Vec<Lead> = (0..rows).map(lead).collect();
    let wanted = pipeline.feature_matrix(&leads, &as_of, Mode::Lenient).unwrap();
    let own: Vec<(&str, Own)> = columns.iter().map(|(name, values)| (*name, Own::new(values))).collect();
    let named: Vec<(&str, &[Attribute])> = own.iter().map(|(name, own)| (*name, own.distinct())).collect();
    let reader = pipeline.schema().column_reader(&named, as_of.time, &as_of.zone);
    let read: Vec<Column<'_>> = own.iter().map(|(_, own)| own.column()).collect();
    let found = reader.read(rows, &read).unwrap();
    let bits = |values: &[f64]| -> Vec<u64> { values.iter().map(|value| value.to_bits()).collect() };
    assert_eq!(bits(found.values()), bits(wanted.values()), "{found:?} {wanted:?}");
}

fn schema() -> Pipeline {
    let text = format!(
        r#"{{"format": 1, "id": "all", "schema": {SCHEMA}, "scale": {{"kind": "points"}}, "tiers": "hot-warm-cold",
            "scorer": {{"kind": "scorecard", "unit": "points", "base": 0, "groups": [{{"code": "g", "rules": [
              {{"code": "r", "points": "twice", "range": [0, 50], "text": "r"}}]}}]}}}}"#
    );
    Pipeline::from_json(&text).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn of_every_source(rows in prop::collection::vec(prop::collection::vec(attribute(), 4), 1..80), numeric in any::<bool>()) {
        let mut columns: Vec<(&str, Vec<Option<Attribute>>)> = Vec::new();
        for (at, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
            let values = rows.iter().map(|row| row[at].clone());
            // Half of the time the first two columns hold numbers alone.
            let kept = values.map(|value| value.filter(|v| !numeric || at > 1 || matches!(v, Attribute::Number(_))));
            columns.push((name, kept.collect()));
        }
        check(&schema(), &columns);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn of_every_pipeline(rows in prop::collection::vec(prop::collection::vec(attribute(), 60), 1..20), seed in any::<u64>()) {
        for name in Pipeline::builtin_names() {
            let pipeline = Pipeline::builtin(name).unwrap();
            let names = pipeline.schema().attribute_names();
            let column = |(at, name): (usize, &&'static str)| {
                let values = rows.iter().map(|row| row[at % 60].clone());
                let numeric = (seed >> (at % 64)) & 1 == 1;
                (*name, values.map(|value| value.filter(|v| !numeric || matches!(v, Attribute::Number(_)))).collect())
            };
            let names: Vec<&'static str> = names.iter().map(|name| &*name.to_string().leak()).collect();
            let columns: Vec<(&str, Vec<Option<Attribute>>)> = names.iter().enumerate().map(column).collect();
            check(&pipeline, &columns);
        }
    }
}

#[test]
fn a_table_without_the_attributes_is_that_of_empty_leads() {
    check(&schema(), &[("else", vec![None; 3])]);
}

#[test]
fn columns_that_do_not_fit_are_refused() {
    let schema = FeatureSchema::from_json(SCHEMA).unwrap();
    let as_of = Timestamp::parse("2026-11-22", &Zone::utc()).unwrap();
    let reader = schema.column_reader(&[("a", &[]), ("b", &[])], as_of, &Zone::utc());
    let error = reader.read(2, &[Column::Numbers(&[1.0, 2.0])]).unwrap_err();
    assert_eq!((error.code(), &*error.path().to_string()), ("invalid_matrix", ""));
    let error = reader.read(2, &[Column::Numbers(&[1.0, 2.0]), Column::Codes(&[0])]).unwrap_err();
    assert_eq!((error.code(), &*error.path().to_string()), ("invalid_matrix", "b"));
    assert_eq!(reader.read(0, &[Column::Numbers(&[]), Column::Codes(&[])]).unwrap().row_count(), 0);
}
