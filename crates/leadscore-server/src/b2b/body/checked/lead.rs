//! One lead, with every mistake in it.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, MapAccess};

use super::super::super::fields::{ColumnSet, Field, Fields};
use super::super::super::invalid::Problem;
use super::super::{begin_row, id_problem};
use super::object::{ObjectSeed, ReadObject};
use super::value::{Ignored, Value};
use super::{Reading, Spot};

/// A lead; gives its id, or nothing where that cannot be used. Mistakes are told to `reading`.
pub(super) struct LeadSeed<'r, 'm> {
    pub(super) reading: &'r mut Reading<'m>,
    /// Where its row is put.
    pub(super) values: &'r mut Vec<f64>,
}

impl<'a> DeserializeSeed<'a> for LeadSeed<'_, '_> {
    type Value = Option<Cow<'a, str>>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let LeadSeed { reading, values } = self;
        let start = begin_row(reading.fields, values);
        reading.seen.clear();
        reading.told.clear();
        let mut mistakes = Vec::new();
        let lead = LeadObject {
            fields: reading.fields,
            seen: &mut reading.seen,
            told: &mut reading.told,
            row: &mut values[start..],
            mistakes: &mut mistakes,
        };
        let lead_id = ObjectSeed(lead).deserialize(deserializer)?;
        reading.tell(mistakes);
        Ok(lead_id)
    }
}

/// A lead's object, and all that is noted of it.
struct LeadObject<'r, 'm> {
    fields: &'m Fields,
    seen: &'r mut ColumnSet,
    /// Columns of which it was told that they came twice.
    told: &'r mut ColumnSet,
    row: &'r mut [f64],
    mistakes: &'r mut Vec<(Spot, Problem)>,
}

impl<'a> ReadObject<'a> for LeadObject<'_, '_> {
    type Output = Option<Cow<'a, str>>;

    fn read<A: MapAccess<'a>>(mut self, mut object: A) -> Result<Self::Output, A::Error> {
        let (mut lead_id, mut id_count, mut features_count) = (None, 0, 0);
        while let Some(key) = object.next_key::<Value<'a>>()? {
            match key {
                Value::Text(key) if key == "lead_id" => {
                    id_count += 1;
                    let value = object.next_value::<Value<'a>>()?;
                    match id_count {
                        1 => lead_id = self.id(value),
                        2 => self.mistakes.push((Spot::Id, Problem::Duplicate)),
                        _ => {}
                    }
                }
                Value::Text(key) if key == "features" => {
                    features_count += 1;
                    match features_count {
                        1 => object.next_value_seed(ObjectSeed(FeaturesObject(&mut self)))?,
                        2 => {
                            self.mistakes.push((Spot::Features, Problem::Duplicate));
                            object.next_value::<Ignored>()?;
                        }
                        _ => {
                            object.next_value::<Ignored>()?;
                        }
                    }
                }
                _ => {
                    object.next_value::<Ignored>()?;
                }
            }
        }
        for (spot, count) in [(Spot::Id, id_count), (Spot::Features, features_count)] {
            if count == 0 {
                self.mistakes.push((spot, Problem::Missing));
            }
        }
        Ok(lead_id)
    }

    fn refuse(self, problem: Problem) -> Self::Output {
        self.mistakes.push((Spot::Lead, problem));
        None
    }
}

impl LeadObject<'_, '_> {
    fn id<'a>(&mut self, value: Value<'a>) -> Option<Cow<'a, str>> {
        let problem = match value {
            Value::Text(id) => match id_problem(&id) {
                None => return Some(id),
                Some(problem) => problem,
            },
            Value::Null => Problem::Null,
            _ => Problem::NotText,
        };
        self.mistakes.push((Spot::Id, problem));
        None
    }
}

/// The object of features within a lead.
struct FeaturesObject<'o, 'r, 'm>(&'o mut LeadObject<'r, 'm>);

impl<'a> ReadObject<'a> for FeaturesObject<'_, '_, '_> {
    type Output = ();

    fn read<A: MapAccess<'a>>(self, mut object: A) -> Result<(), A::Error> {
        let LeadObject { fields, seen, told, row, mistakes } = self.0;
        while let Some(key) = object.next_key::<Value<'a>>()? {
            let Value::Text(name) = key else { continue };
            let Some(column) = fields.position(&name) else {
                object.next_value::<Ignored>()?;
                continue;
            };
            let value = object.next_value::<Value<'a>>()?;
            if !seen.insert(column) {
                if told.insert(column) {
                    mistakes.push((Spot::Column(column), Problem::Duplicate));
                }
                continue;
            }
            match number(&fields.all()[column], &value) {
                Ok(value) => row[column] = value,
                Err(problem) => mistakes.push((Spot::Column(column), problem)),
            }
        }
        for column in 0..fields.all().len() {
            if fields.required().contains(column) && !seen.contains(column) {
                mistakes.push((Spot::Column(column), Problem::Missing));
            }
        }
        Ok(())
    }

    fn refuse(self, problem: Problem) {
        self.0.mistakes.push((Spot::Features, problem));
    }
}

/// The value of a feature.
fn number(field: &Field, value: &Value<'_>) -> Result<f64, Problem> {
    match value {
        Value::Number(number) => field.problem(*number).map_or(Ok(*number), Err),
        Value::Flag(flag) if field.is_flag => Ok(f64::from(u8::from(*flag))),
        Value::Null => Err(Problem::Null),
        _ => Err(field.not_a_number()),
    }
}
