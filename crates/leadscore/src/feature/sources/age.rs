//! `age`: time from a date attribute, or from the first or last activity of a kind, to the as-of time.

use super::{ABSENT, ActivityNeeds, Found, Input, SharedSource, Source, SourceReader, text};
use crate::feature::filter::{self, Filter};
use crate::feature::missing::MissingCause;
use crate::json::{Node, Object, word_for};
use crate::record::AttributeRef;
use crate::time::{MILLIS_PER_DAY, MILLIS_PER_HOUR, NO_END};
use crate::{Error, Timestamp};

#[derive(Debug)]
struct AgeSource {
    since: Since,
    unit: Unit,
    floor: bool,
}

#[derive(Debug)]
enum Since {
    Attribute(String),
    Activity { filter: Filter, last: bool },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Unit {
    Hours,
    Days,
    Weeks,
}

const UNITS: [(&str, Unit); 3] = [("hours", Unit::Hours), ("days", Unit::Days), ("weeks", Unit::Weeks)];

pub(super) fn read(reader: &SourceReader<'_>) -> Result<SharedSource, Error> {
    // The filter is the value of `of`, or its fields are beside it; an attribute has none.
    let fields = match reader.cursor.entries()?.optional("of").map(|c| matches!(c.node, Node::Text(_))) {
        Some(true) => reader.fields(&["of", "unit", "floor"])?,
        Some(false) => reader.fields(&["of", "which", "unit", "floor"])?,
        None => reader.fields_with_filter(&["which", "unit", "floor"])?,
    };
    let last = fields.optional("which").map_or(Ok(true), |c| c.word(&[("first", false), ("last", true)]))?;
    let since = match fields.optional("of") {
        Some(c) if matches!(c.node, Node::Text(_)) => Since::Attribute(c.text()?.to_owned()),
        Some(c) => Since::Activity { filter: Filter::read(&c.object(&filter::FIELDS)?)?, last },
        None => Since::Activity { filter: Filter::read(&fields)?, last },
    };
    reader.numeric(AgeSource {
        since,
        unit: fields.optional("unit").map_or(Ok(Unit::Days), |c| c.word(&UNITS))?,
        floor: fields.flag("floor")?,
    })
}

impl Source for AgeSource {
    fn attribute(&self) -> Option<&str> {
        match &self.since {
            Since::Attribute(name) => Some(name),
            Since::Activity { .. } => None,
        }
    }

    fn filters(&self) -> Vec<&Filter> {
        match &self.since {
            Since::Attribute(_) => Vec::new(),
            Since::Activity { filter, .. } => vec![filter],
        }
    }

    fn activity_needs(&self) -> ActivityNeeds {
        match &self.since {
            Since::Attribute(_) => ActivityNeeds::None,
            Since::Activity { filter, .. } => filter.activity_needs(),
        }
    }

    fn wants_date(&self) -> bool {
        true
    }

    fn is_never_negative(&self) -> bool {
        true
    }

    fn evaluate(&self, input: &Input<'_>) -> Found {
        let Since::Activity { filter, last } = &self.since else { return self.since_date(input) };
        let at = if *last { input.log.last(filter) } else { input.log.first(filter) };
        at.map_or(ABSENT, |at| Found::Value(self.age(at, input.as_of)))
    }

    fn write(&self) -> Object {
        let object = Object::default().with("from", "age");
        let object = match &self.since {
            Since::Attribute(name) => object.with("of", name),
            Since::Activity { filter, last } => object
                .with("of", filter.write(Object::default()))
                .with("which", if *last { "last" } else { "first" }),
        };
        object.with("unit", word_for(&UNITS, &self.unit)).flag("floor", self.floor)
    }
}

impl AgeSource {
    fn since_date(&self, input: &Input<'_>) -> Found {
        let Some(attribute) = input.attribute else { return ABSENT };
        let at = match attribute {
            AttributeRef::Date(date) => date.to_timestamp(input.zone).ok(),
            AttributeRef::Text(text) if text.trim().is_empty() => return ABSENT,
            AttributeRef::Text(text) => Timestamp::parse(text, input.zone).ok(),
            AttributeRef::Number(number) if number.is_nan() => return ABSENT,
            AttributeRef::Number(_) | AttributeRef::Flag(_) => None,
        };
        match at {
            Some(at) if at <= input.as_of => Found::Value(self.age(at, input.as_of)),
            Some(_) => Found::unusable(MissingCause::Future, &text(input.attribute)),
            // Too late for a time of ours; it stands for a date without end.
            None if text(input.attribute).trim().starts_with(NO_END) => {
                Found::unusable(MissingCause::Future, &text(input.attribute))
            }
            None => Found::unusable(MissingCause::Unreadable, &text(input.attribute)),
        }
    }

    fn age(&self, at: Timestamp, as_of: Timestamp) -> f64 {
        let length = match self.unit {
            Unit::Hours => MILLIS_PER_HOUR,
            Unit::Days => MILLIS_PER_DAY,
            Unit::Weeks => 7 * MILLIS_PER_DAY,
        };
        let age = (as_of.as_millis() - at.as_millis()) as f64 / length as f64;
        if self.floor { age.floor() } else { age }
    }
}
