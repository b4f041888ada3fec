//! Bodies with something wrong, or with keys that the model does not know: reads on past every mistake, so that the
//! answer names all of them.

mod lead;
mod object;
mod value;

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use self::lead::LeadSeed;
use self::value::{Ignored, skip_object};
use super::super::fields::{ColumnSet, Fields};
use super::super::invalid::{Detail, Invalid, Place, Problem};
use super::{Batch, BatchError, Lead, MAX_BATCH};

pub(super) fn one<'a>(text: &'a str, fields: &Fields) -> Result<Lead<'a>, Invalid> {
    let mut reading = Reading::new(fields, None);
    let mut row = Vec::with_capacity(fields.all().len());
    let lead_id = parse(text, LeadSeed { reading: &mut reading, values: &mut row })?;
    match lead_id {
        Some(lead_id) if reading.details.is_empty() => Ok(Lead { lead_id, row }),
        _ => Err(Invalid { detail: reading.details }),
    }
}

pub(super) fn batch<'a>(text: &'a str, fields: &Fields) -> Result<Batch<'a>, BatchError> {
    let mut reading = Reading::new(fields, Some(0));
    let mut batch = Batch::default();
    let count = parse(text, ListSeed { reading: &mut reading, batch: &mut batch });
    if count.map_err(BatchError::Invalid)? > MAX_BATCH {
        return Err(BatchError::TooMany);
    }
    if reading.details.is_empty() {
        return Ok(batch);
    }
    Err(BatchError::Invalid(Invalid { detail: reading.details }))
}

/// What is found while a body is read.
struct Reading<'m> {
    fields: &'m Fields,
    details: Vec<Detail>,
    /// The lead's position in a batch.
    item: Option<usize>,
    /// Columns, and those of them that came twice: each is told once.
    seen: ColumnSet,
    told: ColumnSet,
}

/// Where a mistake about a lead lies; the order is that in which mistakes are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Spot {
    Lead,
    Id,
    Features,
    Column(usize),
}

impl<'m> Reading<'m> {
    fn new(fields: &'m Fields, item: Option<usize>) -> Reading<'m> {
        let (seen, told) = (fields.no_columns(), fields.no_columns());
        Reading { fields, details: Vec::new(), item, seen, told }
    }

    /// Tells the mistakes of a lead in their order.
    fn tell(&mut self, mut mistakes: Vec<(Spot, Problem)>) {
        mistakes.sort_by_key(|(spot, _)| *spot);
        for (spot, problem) in mistakes {
            let mut loc = vec![Place::from("body")];
            loc.extend(self.item.map(Place::Index));
            match spot {
                Spot::Lead => {}
                Spot::Id => loc.push(Place::from("lead_id")),
                Spot::Features => loc.push(Place::from("features")),
                Spot::Column(column) => {
                    loc.push(Place::from("features"));
                    loc.push(Place::Key(Cow::Owned(self.fields.all()[column].name.to_string())));
                }
            }
            self.details.push(problem.at(loc));
        }
    }
}

/// Reads the whole text.
fn parse<'a, S: DeserializeSeed<'a>>(text: &'a str, seed: S) -> Result<S::Value, Invalid> {
    let mut parser = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut parser);
    let value = value.and_then(|value| parser.end().map(|()| value));
    value.map_err(|error| Invalid::syntax(offset(text, &error), error.to_string()))
}

/// The character at which the parser stopped.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let lines_before = error.line().saturating_sub(1);
    let line_start: usize = text.split_inclusive('\n').take(lines_before).map(str::len).sum();
    let mut at = (line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    text[..at].chars().count()
}

/// A list of leads; gives how many there are.
struct ListSeed<'r, 'm, 'a> {
    reading: &'r mut Reading<'m>,
    batch: &'r mut Batch<'a>,
}

impl ListSeed<'_, '_, '_> {
    #[expect(clippy::unnecessary_wraps, reason = "a visitor gives a result")]
    fn refuse<E>(self, problem: Problem) -> Result<usize, E> {
        self.reading.details.push(problem.at(vec![Place::from("body")]));
        Ok(0)
    }
}

impl<'a> DeserializeSeed<'a> for ListSeed<'_, '_, 'a> {
    type Value = usize;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for ListSeed<'_, '_, 'a> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of leads")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<usize, A::Error> {
        let mut count = 0;
        loop {
            if count < MAX_BATCH {
                self.reading.item = Some(count);
                let seed = LeadSeed { reading: &mut *self.reading, values: &mut self.batch.values };
                let Some(lead_id) = list.next_element_seed(seed)? else { break };
                self.batch.lead_ids.extend(lead_id);
            } else if list.next_element::<Ignored>()?.is_none() {
                break;
            }
            count += 1;
        }
        Ok(count)
    }

    fn visit_map<A: MapAccess<'a>>(self, object: A) -> Result<usize, A::Error> {
        skip_object(object)?;
        self.refuse(Problem::NotList)
    }

    fn visit_unit<E>(self) -> Result<usize, E> {
        self.refuse(Problem::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<usize, E> {
        self.refuse(Problem::NotList)
    }

    fn visit_i64<E>(self, _: i64) -> Result<usize, E> {
        self.refuse(Problem::NotList)
    }

    fn visit_u64<E>(self, _: u64) -> Result<usize, E> {
        self.refuse(Problem::NotList)
    }

    fn visit_f64<E>(self, _: f64) -> Result<usize, E> {
        self.refuse(Problem::NotList)
    }

    fn visit_str<E>(self, _: &str) -> Result<usize, E> {
        self.refuse(Problem::NotList)
    }
}
