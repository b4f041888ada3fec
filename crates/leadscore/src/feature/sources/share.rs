//! `share`: the share of activities at some local hours or on some weekdays.

use super::{ActivityNeeds, Found, Input, SharedSource, Source, SourceReader};
use crate::Error;
use crate::feature::filter::Filter;
use crate::json::{Cursor, Node, Object};

#[derive(Debug)]
struct ShareSource {
    filter: Filter,
    hours: Option<HourRange>,
    /// 1 is Monday.
    weekdays: Option<Vec<u8>>,
}

/// Local hours, both ends included; a range may go over midnight.
#[derive(Debug, Clone, Copy)]
struct HourRange {
    from: u8,
    to: u8,
}

impl HourRange {
    fn contains(self, hour: u8) -> bool {
        if self.from <= self.to {
            (self.from..=self.to).contains(&hour)
        } else {
            hour >= self.from || hour <= self.to
        }
    }
}

pub(super) fn read(reader: &SourceReader<'_>) -> Result<SharedSource, Error> {
    let fields = reader.fields_with_filter(&["hours", "weekdays"])?;
    let hours = fields.optional("hours").map(|c| read_hours(&c)).transpose()?;
    let weekdays = fields.optional("weekdays").map(|c| read_weekdays(&c)).transpose()?;
    if hours.is_none() && weekdays.is_none() {
        return Err(reader.cursor.error("wants `hours`, `weekdays` or both"));
    }
    reader.numeric(ShareSource { filter: Filter::read(&fields)?, hours, weekdays })
}

fn read_hours(cursor: &Cursor<'_>) -> Result<HourRange, Error> {
    let items = cursor.items()?;
    let [from, to] = items.as_slice() else {
        return Err(cursor.error("wants [from, to], both hours 0–23"));
    };
    let (from, to) = (from.count()?, to.count()?);
    if from > 23 || to > 23 {
        return Err(cursor.error("an hour is 0–23"));
    }
    Ok(HourRange { from: from as u8, to: to as u8 })
}

fn read_weekdays(cursor: &Cursor<'_>) -> Result<Vec<u8>, Error> {
    let day = |c: &Cursor<'_>| match c.count()? {
        day @ 1..=7 => Ok(day as u8),
        _ => Err(c.error("a weekday is 1 (Monday) to 7 (Sunday)")),
    };
    cursor.items()?.iter().map(day).collect()
}

impl Source for ShareSource {
    fn filters(&self) -> Vec<&Filter> {
        vec![&self.filter]
    }

    fn activity_needs(&self) -> ActivityNeeds {
        self.filter.activity_needs()
    }

    fn evaluate(&self, input: &Input<'_>) -> Found {
        let (mut inside, mut all) = (0_u32, 0_u32);
        for at in input.log.times(&self.filter) {
            let (hour, weekday) = input.zone.hour_and_weekday(at);
            let in_hours = self.hours.is_none_or(|hours| hours.contains(hour));
            let in_days = self.weekdays.as_ref().is_none_or(|days| days.contains(&weekday));
            inside += u32::from(in_hours && in_days);
            all += 1;
        }
        Found::Value(if all == 0 { f64::NAN } else { f64::from(inside) / f64::from(all) })
    }

    fn write(&self) -> Object {
        let numbers =
            |numbers: &[u8]| Node::List(numbers.iter().map(|n| Node::Integer(i64::from(*n))).collect());
        self.filter
            .write(Object::default().with("from", "share"))
            .maybe("hours", self.hours.map(|hours| numbers(&[hours.from, hours.to])))
            .maybe("weekdays", self.weekdays.as_deref().map(numbers))
    }
}
