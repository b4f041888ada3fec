//! `burst`: the most activities in any closed window of a given number of hours.

use super::{ActivityNeeds, Found, Input, SharedSource, Source, SourceReader};
use crate::Error;
use crate::expression::positive;
use crate::feature::filter::Filter;
use crate::json::Object;

#[derive(Debug)]
struct BurstSource {
    filter: Filter,
    hours: f64,
}

pub(super) fn read(reader: &SourceReader<'_>) -> Result<SharedSource, Error> {
    let fields = reader.fields_with_filter(&["hours"])?;
    let hours = positive(&fields.required("hours")?)?;
    reader.numeric(BurstSource { filter: Filter::read(&fields)?, hours })
}

impl Source for BurstSource {
    fn filters(&self) -> Vec<&Filter> {
        vec![&self.filter]
    }

    fn activity_needs(&self) -> ActivityNeeds {
        self.filter.activity_needs()
    }

    fn is_never_negative(&self) -> bool {
        true
    }

    fn evaluate(&self, input: &Input<'_>) -> Found {
        Found::Value(input.log.burst(&self.filter, self.hours))
    }

    fn write(&self) -> Object {
        self.filter.write(Object::default().with("from", "burst")).with("hours", self.hours)
    }
}
