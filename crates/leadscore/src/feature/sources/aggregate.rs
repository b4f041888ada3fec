//! `aggregate`: the sum, mean, minimum, maximum or last value of a property of activities.

use super::{ActivityNeeds, Found, Input, SharedSource, Source, SourceReader, half_life};
use crate::Error;
use crate::feature::filter::Filter;
use crate::json::{Object, word_for};

#[derive(Debug)]
struct AggregateSource {
    filter: Filter,
    property: String,
    take: Take,
    half_life_days: Option<f64>,
}

/// The aggregate function.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Take {
    Sum,
    Mean,
    Min,
    Max,
    Last,
}

const TAKES: [(&str, Take); 5] =
    [("sum", Take::Sum), ("mean", Take::Mean), ("min", Take::Min), ("max", Take::Max), ("last", Take::Last)];

pub(super) fn read(reader: &SourceReader<'_>) -> Result<SharedSource, Error> {
    let fields = reader.fields_with_filter(&["property", "take", "half_life_days"])?;
    let take = fields.required("take")?.word(&TAKES)?;
    let half_life_days = half_life(&fields)?;
    if half_life_days.is_some() && take != Take::Sum {
        return Err(reader.cursor.error("`half_life_days` goes with `\"take\": \"sum\"` only"));
    }
    let property = fields.required("property")?.text()?.to_owned();
    reader.numeric(AggregateSource { filter: Filter::read(&fields)?, property, take, half_life_days })
}

impl Source for AggregateSource {
    fn filters(&self) -> Vec<&Filter> {
        vec![&self.filter]
    }

    fn activity_needs(&self) -> ActivityNeeds {
        ActivityNeeds::Properties
    }

    fn evaluate(&self, input: &Input<'_>) -> Found {
        let values = input.log.property_values(&self.filter, &self.property);
        Found::Value(match self.take {
            Take::Sum => {
                values.fold(0.0, |sum, (at, value)| sum + value * input.log.weight(at, self.half_life_days))
            }
            Take::Mean => {
                let (sum, count) =
                    values.fold((0.0, 0.0), |(sum, count), (_, value)| (sum + value, count + 1.0));
                if count == 0.0 { f64::NAN } else { sum / count }
            }
            Take::Min => values.map(|(_, value)| value).fold(f64::NAN, f64::min),
            Take::Max => values.map(|(_, value)| value).fold(f64::NAN, f64::max),
            Take::Last => values.last().map_or(f64::NAN, |(_, value)| value),
        })
    }

    fn write(&self) -> Object {
        self.filter
            .write(Object::default().with("from", "aggregate"))
            .with("property", &self.property)
            .with("take", word_for(&TAKES, &self.take))
            .maybe("half_life_days", self.half_life_days)
    }
}
