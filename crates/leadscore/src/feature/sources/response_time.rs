//! `response_time`: mean seconds from each activity of one kind to the next of another.

use super::{ActivityNeeds, Found, Input, SharedSource, Source, SourceReader};
use crate::Error;
use crate::feature::filter::{self, Filter};
use crate::json::Object;

#[derive(Debug)]
struct ResponseTimeSource {
    after: Filter,
    reply: Filter,
}

pub(super) fn read(reader: &SourceReader<'_>) -> Result<SharedSource, Error> {
    let fields = reader.fields(&["after", "reply"])?;
    let filter = |name| -> Result<Filter, Error> {
        let inner = fields.required(name)?;
        Filter::read(&inner.object(&filter::FIELDS)?)
    };
    reader.numeric(ResponseTimeSource { after: filter("after")?, reply: filter("reply")? })
}

impl Source for ResponseTimeSource {
    fn filters(&self) -> Vec<&Filter> {
        vec![&self.after, &self.reply]
    }

    fn activity_needs(&self) -> ActivityNeeds {
        self.after.activity_needs().max(self.reply.activity_needs())
    }

    fn evaluate(&self, input: &Input<'_>) -> Found {
        let replies: Vec<_> = input.log.times(&self.reply).collect();
        let waits = input.log.times(&self.after).filter_map(|sent| {
            let next = replies.partition_point(|reply| *reply <= sent);
            let millis = replies.get(next)?.as_millis() - sent.as_millis();
            Some(millis as f64 / 1_000.0)
        });
        let (sum, count) = waits.fold((0.0, 0_u32), |(sum, count), wait| (sum + wait, count + 1));
        Found::Value(if count == 0 { f64::NAN } else { sum / f64::from(count) })
    }

    fn write(&self) -> Object {
        Object::default()
            .with("from", "response_time")
            .with("after", self.after.write(Object::default()))
            .with("reply", self.reply.write(Object::default()))
    }
}
