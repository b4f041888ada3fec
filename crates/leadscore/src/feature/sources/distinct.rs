//! `distinct`: how many different kinds, types, channels or property values activities have.

use super::{ActivityNeeds, Found, Input, SharedSource, Source, SourceReader};
use crate::Error;
use crate::feature::activity_log::DistinctBy;
use crate::feature::filter::Filter;
use crate::json::Object;

#[derive(Debug)]
struct DistinctSource {
    filter: Filter,
    by: DistinctBy,
}

pub(super) fn read(reader: &SourceReader<'_>) -> Result<SharedSource, Error> {
    let fields = reader.fields_with_filter(&["what", "property"])?;
    let what = fields.required("what")?;
    let by = match what.word(&[("kind", 0), ("type", 1), ("channel", 2), ("property", 3)])? {
        0 => DistinctBy::Kind,
        1 => DistinctBy::Type,
        2 => DistinctBy::Channel,
        _ => DistinctBy::Property(fields.required("property")?.text()?.to_owned()),
    };
    reader.numeric(DistinctSource { filter: Filter::read(&fields)?, by })
}

impl Source for DistinctSource {
    fn filters(&self) -> Vec<&Filter> {
        vec![&self.filter]
    }

    fn activity_needs(&self) -> ActivityNeeds {
        match self.by {
            DistinctBy::Property(_) => ActivityNeeds::Properties,
            _ => self.filter.activity_needs(),
        }
    }

    fn is_never_negative(&self) -> bool {
        true
    }

    fn evaluate(&self, input: &Input<'_>) -> Found {
        Found::Value(input.log.distinct(&self.filter, &self.by))
    }

    fn write(&self) -> Object {
        let object = self.filter.write(Object::default().with("from", "distinct"));
        match &self.by {
            DistinctBy::Kind => object.with("what", "kind"),
            DistinctBy::Type => object.with("what", "type"),
            DistinctBy::Channel => object.with("what", "channel"),
            DistinctBy::Property(name) => object.with("what", "property").with("property", name),
        }
    }
}
