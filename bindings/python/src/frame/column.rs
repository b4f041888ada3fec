//! A column of Arrow as attributes of leads.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal128Type, Decimal256Type, Float16Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use leadscore::{Attribute, Timestamp};

use crate::problem::Problem;

/// The code of a value that is not there.
const ABSENT: u32 = u32::MAX;

/// One column of a table, read once.
pub(super) enum Column {
    /// Numbers stay where they are, one array per batch, with the row each begins at.
    Numbers(Vec<(usize, ArrayRef)>),
    /// Everything else as places in its distinct values.
    Codes { codes: Vec<u32>, distinct: Vec<Attribute> },
}

/// Room for the numbers of a block that do not lie in memory as f64.
#[derive(Default)]
pub(super) struct Buffer(Vec<f64>);

impl Column {
    pub(super) fn new(name: &str, arrays: Vec<ArrayRef>) -> Result<Column, Problem> {
        let numbers = arrays.first().is_none_or(|array| {
            let kind = array.data_type();
            kind.is_integer() || kind.is_floating()
        });
        if numbers {
            let mut from = 0;
            let start = |array: ArrayRef| {
                from += array.len();
                (from - array.len(), array)
            };
            return Ok(Column::Numbers(arrays.into_iter().map(start).collect()));
        }
        let mut coded = Coded::default();
        for array in &arrays {
            coded.add(name, array)?;
        }
        Ok(Column::Codes { codes: coded.codes, distinct: coded.distinct })
    }

    /// The values that codes stand for.
    pub(super) fn distinct(&self) -> &[Attribute] {
        match self {
            Column::Numbers(_) => &[],
            Column::Codes { distinct, .. } => distinct,
        }
    }

    /// Some rows as the core reads them.
    pub(super) fn read<'a>(
        &'a self,
        rows: Range<usize>,
        buffer: &'a mut Buffer,
    ) -> leadscore::AttributeColumn<'a> {
        match self {
            Column::Codes { codes, .. } => leadscore::AttributeColumn::Codes(&codes[rows]),
            Column::Numbers(arrays) => leadscore::AttributeColumn::Numbers(match numbers_of(arrays, rows) {
                Cow::Borrowed(numbers) => numbers,
                Cow::Owned(numbers) => {
                    buffer.0 = numbers;
                    &buffer.0
                }
            }),
        }
    }

    /// Some rows as attributes; what is not a number is absent.
    pub(super) fn attributes(&self, rows: Range<usize>) -> Vec<Option<Attribute>> {
        match self {
            Column::Codes { codes, distinct } => {
                codes[rows].iter().map(|code| distinct.get(*code as usize).cloned()).collect()
            }
            Column::Numbers(arrays) => {
                let number = |number: &f64| (!number.is_nan()).then_some(Attribute::Number(*number));
                numbers_of(arrays, rows).iter().map(number).collect()
            }
        }
    }
}

/// An id as a record has it: a text, or a whole number.
pub(super) fn id_text(id: &Attribute) -> Option<String> {
    match id {
        Attribute::Text(text) => Some(text.clone()),
        Attribute::Number(number) => Some(format!("{number}")),
        _ => None,
    }
}

fn numbers_of(arrays: &[(usize, ArrayRef)], rows: Range<usize>) -> Cow<'_, [f64]> {
    let first = arrays.partition_point(|(from, array)| from + array.len() <= rows.start);
    if let Some((from, array)) = arrays.get(first)
        && rows.end <= from + array.len()
        && array.null_count() == 0
        && let Some(values) = array.as_primitive_opt::<Float64Type>()
    {
        return Cow::Borrowed(&values.values()[rows.start - from..rows.end - from]);
    }
    let mut numbers = Vec::with_capacity(rows.len());
    for (from, array) in &arrays[first..] {
        let (start, end) = (rows.start.max(*from), rows.end.min(from + array.len()));
        if start >= end {
            break;
        }
        add_numbers(array, start - from..end - from, &mut numbers);
    }
    Cow::Owned(numbers)
}

fn add_numbers(array: &ArrayRef, rows: Range<usize>, out: &mut Vec<f64>) {
    match array.data_type() {
        DataType::Float64 => add::<Float64Type>(array, rows, |value| value, out),
        DataType::Float32 => add::<Float32Type>(array, rows, f64::from, out),
        DataType::Float16 => add::<Float16Type>(array, rows, f64::from, out),
        DataType::Int64 => add::<Int64Type>(array, rows, |value| value as f64, out),
        DataType::Int32 => add::<Int32Type>(array, rows, f64::from, out),
        DataType::Int16 => add::<Int16Type>(array, rows, f64::from, out),
        DataType::Int8 => add::<Int8Type>(array, rows, f64::from, out),
        DataType::UInt64 => add::<UInt64Type>(array, rows, |value| value as f64, out),
        DataType::UInt32 => add::<UInt32Type>(array, rows, f64::from, out),
        DataType::UInt16 => add::<UInt16Type>(array, rows, f64::from, out),
        DataType::UInt8 => add::<UInt8Type>(array, rows, f64::from, out),
        _ => out.extend(rows.map(|_| f64::NAN)),
    }
}

fn add<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    rows: Range<usize>,
    widen: impl Fn(T::Native) -> f64,
    out: &mut Vec<f64>,
) {
    let array = array.as_primitive::<T>();
    let values = array.values()[rows.clone()].iter();
    match array.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => out.extend(values.map(|value| widen(*value))),
        Some(nulls) => out.extend(
            values.zip(rows).map(|(value, row)| if nulls.is_null(row) { f64::NAN } else { widen(*value) }),
        ),
    }
}

/// A column on its way to codes.
#[derive(Default)]
struct Coded {
    codes: Vec<u32>,
    distinct: Vec<Attribute>,
    texts: HashMap<Arc<str>, u32>,
    times: HashMap<i64, u32>,
}

impl Coded {
    fn add(&mut self, name: &str, array: &ArrayRef) -> Result<(), Problem> {
        match array.data_type() {
            DataType::Null => self.codes.extend((0..array.len()).map(|_| ABSENT)),
            DataType::Boolean => {
                let (no, yes) = (self.flag(false), self.flag(true));
                let code = |value: Option<bool>| value.map_or(ABSENT, |value| if value { yes } else { no });
                self.codes.extend(array.as_boolean().iter().map(code));
            }
            DataType::Utf8 => self.add_texts(array.as_string::<i32>().iter()),
            DataType::LargeUtf8 => self.add_texts(array.as_string::<i64>().iter()),
            DataType::Utf8View => self.add_texts(array.as_string_view().iter()),
            DataType::Dictionary(..) => self.add_dictionary(name, array)?,
            DataType::Date32 => {
                let days = array.as_primitive::<Date32Type>();
                self.add_times(name, days.iter().map(|day| day.map(i64::from)), day)?;
            }
            DataType::Date64 => {
                let millis = array.as_primitive::<Date64Type>();
                self.add_times(name, millis.iter(), |millis| day(millis.div_euclid(86_400_000)))?;
            }
            DataType::Timestamp(unit, zone) => {
                let zoned = zone.is_some();
                macro_rules! times {
                    ($type:ty, $parts:expr) => {
                        self.add_times(name, array.as_primitive::<$type>().iter(), |value| {
                            time(value, $parts, zoned)
                        })?
                    };
                }
                match unit {
                    TimeUnit::Second => times!(TimestampSecondType, 1),
                    TimeUnit::Millisecond => times!(TimestampMillisecondType, 1_000),
                    TimeUnit::Microsecond => times!(TimestampMicrosecondType, 1_000_000),
                    TimeUnit::Nanosecond => times!(TimestampNanosecondType, 1_000_000_000),
                }
            }
            DataType::Decimal128(..) => {
                let decimals = array.as_primitive::<Decimal128Type>();
                self.add_decimals(array, |row| decimals.value_as_string(row));
            }
            DataType::Decimal256(..) => {
                let decimals = array.as_primitive::<Decimal256Type>();
                self.add_decimals(array, |row| decimals.value_as_string(row));
            }
            kind if kind.is_integer() || kind.is_floating() => {
                // The values of a dictionary.
                let mut numbers = Vec::new();
                add_numbers(array, 0..array.len(), &mut numbers);
                for number in numbers {
                    let code =
                        if number.is_nan() { ABSENT } else { self.distinct(Attribute::Number(number)) };
                    self.codes.push(code);
                }
            }
            other => {
                let message = format!("an attribute is a text, a number, a flag or a time, found {other}");
                return Err(Problem::new("invalid_lead", name, message));
            }
        }
        Ok(())
    }

    fn add_texts<'t>(&mut self, texts: impl Iterator<Item = Option<&'t str>>) {
        for text in texts {
            let code = match text {
                None => ABSENT,
                Some(text) => self.texts.get(text).copied().unwrap_or_else(|| {
                    let code = self.distinct(Attribute::from(text));
                    self.texts.insert(text.into(), code);
                    code
                }),
            };
            self.codes.push(code);
        }
    }

    fn add_times(
        &mut self,
        name: &str,
        times: impl Iterator<Item = Option<i64>>,
        text: impl Fn(i64) -> Option<String>,
    ) -> Result<(), Problem> {
        for (row, time) in times.enumerate() {
            let code = match time {
                None => ABSENT,
                Some(time) if self.times.contains_key(&time) => self.times[&time],
                Some(time) => {
                    let text = text(time).ok_or_else(|| {
                        let path = format!("leads[{row}].{name}");
                        let message = "the time lies outside the years -9999 to 9999";
                        Problem::new("invalid_lead", path, message)
                    })?;
                    let code = self.distinct(Attribute::Text(text));
                    self.times.insert(time, code);
                    code
                }
            };
            self.codes.push(code);
        }
        Ok(())
    }

    fn add_decimals(&mut self, array: &ArrayRef, text: impl Fn(usize) -> String) {
        for row in 0..array.len() {
            let number = if array.is_null(row) { None } else { text(row).parse().ok() };
            let code = number.map_or(ABSENT, |number| self.distinct(Attribute::Number(number)));
            self.codes.push(code);
        }
    }

    fn add_dictionary(&mut self, name: &str, array: &ArrayRef) -> Result<(), Problem> {
        let dictionary = array.as_any_dictionary();
        if dictionary.values().is_empty() {
            self.codes.extend((0..array.len()).map(|_| ABSENT));
            return Ok(());
        }
        let mut values = Coded::default();
        values.add(name, dictionary.values())?;
        let from = self.distinct.len() as u32;
        self.distinct.append(&mut values.distinct);
        let code = |(row, key): (usize, usize)| match values.codes[key] {
            ABSENT => ABSENT,
            _ if dictionary.keys().is_null(row) => ABSENT,
            code => from + code,
        };
        self.codes.extend(dictionary.normalized_keys().into_iter().enumerate().map(code));
        Ok(())
    }

    fn flag(&mut self, flag: bool) -> u32 {
        let wanted = Attribute::Flag(flag);
        let known = self.distinct.iter().position(|own| *own == wanted);
        known.map_or_else(|| self.distinct(wanted), |place| place as u32)
    }

    fn distinct(&mut self, value: Attribute) -> u32 {
        self.distinct.push(value);
        self.distinct.len() as u32 - 1
    }
}

/// A day since 1970 as a text.
fn day(days: i64) -> Option<String> {
    let moment = Timestamp::from_millis(days.checked_mul(86_400_000)?).ok()?.to_string();
    Some(moment.split('T').next()?.to_owned())
}

/// A time in parts of a second since 1970 as a text, to the last digit; without a zone it is local.
fn time(value: i64, parts: i64, zoned: bool) -> Option<String> {
    let (seconds, rest) = (value.div_euclid(parts), value.rem_euclid(parts));
    let moment = Timestamp::from_millis(seconds.checked_mul(1_000)?).ok()?.to_string();
    let mut text = moment.trim_end_matches('Z').to_owned();
    if rest > 0 {
        let nanos = rest * (1_000_000_000 / parts);
        text += format!(".{nanos:09}").trim_end_matches('0');
    }
    if zoned {
        text.push('Z');
    }
    Some(text)
}
