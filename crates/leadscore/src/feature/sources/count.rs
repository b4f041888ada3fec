//! `count`: how many activities pass a filter, each weighted by its age where a half-life is given.

use super::{ActivityNeeds, Found, Input, SharedSource, Source, SourceReader, half_life};
use crate::Error;
use crate::feature::filter::Filter;
use crate::json::Object;

#[derive(Debug)]
struct CountSource {
    filter: Filter,
    half_life_days: Option<f64>,
}

pub(super) fn read(reader: &SourceReader<'_>) -> Result<SharedSource, Error> {
    let fields = reader.fields_with_filter(&["half_life_days"])?;
    reader.numeric(CountSource { filter: Filter::read(&fields)?, half_life_days: half_life(&fields)? })
}

impl Source for CountSource {
    fn filters(&self) -> Vec<&Filter> {
        vec![&self.filter]
    }

    fn activity_needs(&self) -> ActivityNeeds {
        self.filter.activity_needs()
    }

    fn of_all_activities(&self) -> Option<SharedSource> {
        let filter = Filter { latest: None, among_latest: None, ..self.filter.clone() };
        let is_limited = filter != self.filter;
        is_limited.then(|| SharedSource::new(CountSource { filter, half_life_days: self.half_life_days }))
    }

    fn is_never_negative(&self) -> bool {
        true
    }

    fn evaluate(&self, input: &Input<'_>) -> Found {
        Found::Value(input.log.count(&self.filter, self.half_life_days))
    }

    fn write(&self) -> Object {
        self.filter
            .write(Object::default().with("from", "count"))
            .maybe("half_life_days", self.half_life_days)
    }
}
