//! `formula`: a value, a condition or a level computed from earlier features.

use super::{Found, Input, SharedSource, Source, SourceReader};
use crate::Error;
use crate::expression::{Condition, ForAllRows, KnownColumns, Value};
use crate::feature::feature_type::FeatureType;
use crate::feature::matching::level_name;
use crate::json::{Cursor, Node, Object};

/// A value, a condition or a level by the features before it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::feature) enum Formula {
    Value(Value),
    When(Condition),
    Level { cases: Vec<Case>, otherwise: Level },
}

#[derive(Debug, Clone, PartialEq)]
pub(in crate::feature) struct Case {
    when: Condition,
    then: Level,
}

#[derive(Debug, Clone, PartialEq)]
pub(in crate::feature) struct Level {
    name: String,
    code: f64,
}

pub(super) fn read(reader: &SourceReader<'_>) -> Result<SharedSource, Error> {
    let fields = reader.fields(&["value", "when", "level", "else"])?;
    let (cursor, kind) = (reader.cursor, reader.kind);
    let read_level = |c: &Cursor<'_>| -> Result<Level, Error> {
        Ok(Level { name: level_name(c)?, code: (reader.level_code)(c)? })
    };
    let formula = match (fields.optional("value"), fields.optional("when"), fields.optional("level")) {
        (Some(value), None, None) if kind == FeatureType::Number => {
            Formula::Value(reader.reading.value(&value, reader.scope)?)
        }
        (Some(_), None, None) => return Err(cursor.error("`value` gives a number; the feature is none")),
        (None, Some(when), None) if kind == FeatureType::Flag => {
            Formula::When(reader.reading.condition(&when, reader.scope)?)
        }
        (None, Some(_), None) => return Err(cursor.error("`when` gives a flag; the feature is none")),
        (None, None, Some(level)) if kind == FeatureType::Category => {
            let mut cases = Vec::new();
            for case in level.items()? {
                let pair = case.items()?;
                let [condition, then] = pair.as_slice() else {
                    return Err(case.error("a case is a pair [condition, level]"));
                };
                let when = reader.reading.condition(condition, reader.scope)?;
                cases.push(Case { when, then: read_level(then)? });
            }
            Formula::Level { cases, otherwise: read_level(&fields.required("else")?)? }
        }
        (None, None, Some(_)) => return Err(cursor.error("`level` gives a category; the feature is none")),
        _ => return Err(cursor.error("wants exactly one of `value`, `when`, `level`")),
    };
    Ok(SharedSource::new(formula))
}

impl Formula {
    /// The value by the features before it; NaN where it rests on something missing.
    pub(in crate::feature) fn value(&self, row: &[f64]) -> f64 {
        match self {
            Formula::Value(value) => value.evaluate(row),
            Formula::When(when) => when.evaluate(row).map_or(f64::NAN, |holds| f64::from(u8::from(holds))),
            Formula::Level { cases, otherwise } => {
                let hit = cases.iter().find(|case| case.when.evaluate(row) == Some(true));
                hit.map_or(otherwise.code, |case| case.then.code)
            }
        }
    }

    /// The same formula where some columns before it are known.
    pub(in crate::feature) fn with_known(&self, known: &KnownColumns) -> Formula {
        match self {
            Formula::Value(value) => Formula::Value(value.with_known(known)),
            other => other.clone(),
        }
    }

    /// Its value if it is the same for every record where these columns are known.
    pub(in crate::feature) fn constant(&self, known: &KnownColumns) -> Option<f64> {
        match self {
            Formula::Value(value) => match value.with_known(known) {
                Value::Number(number) => Some(number),
                _ => None,
            },
            Formula::When(when) => {
                let ForAllRows::Same(holds) = when.for_all(known) else { return None };
                Some(holds.map_or(f64::NAN, |holds| f64::from(u8::from(holds))))
            }
            Formula::Level { cases, otherwise } => {
                for case in cases {
                    match case.when.for_all(known) {
                        ForAllRows::Open => return None,
                        ForAllRows::Same(Some(true)) => return Some(case.then.code),
                        ForAllRows::Same(_) => {}
                    }
                }
                Some(otherwise.code)
            }
        }
    }
}

impl Source for Formula {
    fn evaluate(&self, input: &Input<'_>) -> Found {
        Found::Value(self.value(input.row))
    }

    fn formula(&self) -> Option<&Formula> {
        Some(self)
    }

    fn write(&self) -> Object {
        let object = Object::default().with("from", "formula");
        match self {
            Formula::Value(value) => object.with("value", value),
            Formula::When(when) => object.with("when", when),
            Formula::Level { cases, otherwise } => {
                let pair = |case: &Case| Node::List(vec![(&case.when).into(), (&case.then.name).into()]);
                object
                    .with("level", Node::List(cases.iter().map(pair).collect()))
                    .with("else", &otherwise.name)
            }
        }
    }
}
