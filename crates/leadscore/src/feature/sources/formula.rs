//! `formula`: a value, a condition or a level computed from earlier features.

use super::{Found, Input, SharedSource, Source, SourceReader};
use crate::Error;
use crate::expression::{ColumnRef, Condition, ForAllRows, KnownColumns, Value};
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
    /// The value it is, if it is one.
    pub(in crate::feature) fn value(&self) -> Option<&Value> {
        match self {
            Formula::Value(value) => Some(value),
            Formula::When(_) | Formula::Level { .. } => None,
        }
    }

    /// Calls `visit` with every feature read, by its position in the schema.
    pub(in crate::feature) fn visit_columns(&self, visit: &mut dyn FnMut(&ColumnRef)) {
        match self {
            Formula::Value(value) => value.visit_columns(visit),
            Formula::When(when) => when.visit_columns(visit),
            Formula::Level { cases, .. } => cases.iter().for_each(|case| case.when.visit_columns(visit)),
        }
    }

    /// The values of rows by the features before it; NaN where one rests on something missing.
    pub(in crate::feature) fn evaluate_rows<const N: usize>(&self, columns: &[[f64; N]]) -> [f64; N] {
        match self {
            Formula::Value(value) => value.evaluate_rows(columns),
            Formula::When(when) => when.evaluate_rows(columns),
            Formula::Level { cases, otherwise } => {
                let mut codes = [otherwise.code; N];
                // Later cases first: where several hold, the first one is written last.
                for case in cases.iter().rev() {
                    for (code, holds) in codes.iter_mut().zip(case.when.evaluate_rows(columns)) {
                        *code = if holds == Condition::TRUE { case.then.code } else { *code };
                    }
                }
                codes
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
    fn evaluate(&self, _input: &Input<'_>) -> Found {
        unreachable!("a formula is computed from other features")
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
