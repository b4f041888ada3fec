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

use crate::error::Path;
use crate::record::AttributeRef;
use crate::{Attribute, AttributeColumn, Error, ErrorKind, Timestamp};

/// The code of a value that is not there.
const ABSENT: u32 = u32::MAX;

/// One column of a table, read once.
#[derive(Debug)]
pub(super) enum Column {
    /// Numbers stay where they are, one array per batch, with the row each begins at.
    Numbers(Vec<(usize, ArrayRef)>),
    /// Texts that are only looked up stay where they are too.
    Texts(Vec<(usize, ArrayRef)>),
    /// Everything else as indexes into its distinct values.
    Codes { codes: Vec<u32>, distinct: Vec<Attribute> },
}

/// Room for the numbers of a block that do not lie in memory as f64.
#[derive(Default)]
pub(super) struct Buffer(Vec<f64>);

impl Column {
    /// Reads the column of this name in a table that errors call `list`.
    pub(super) fn new(list: &'static str, name: &str, arrays: Vec<ArrayRef>) -> Result<Column, Error> {
        if arrays.first().is_none_or(is_numbers) {
            Ok(Column::Numbers(with_starts(arrays)))
        } else {
            Column::coded(list, name, &arrays)
        }
    }

    /// Reads some rows of a column, of which the first is this one of the table.
    pub(super) fn part(
        list: &'static str,
        name: &str,
        arrays: Vec<ArrayRef>,
        first_row: usize,
    ) -> Result<Column, Error> {
        if arrays.iter().all(is_numbers) {
            return Ok(Column::Numbers(with_starts(arrays)));
        }
        let mut coded = Coded { first_row, ..Coded::new(list) };
        for array in &arrays {
            coded.add(name, array)?;
        }
        Ok(Column::Codes { codes: coded.codes, distinct: coded.distinct })
    }

    /// A column of ids, which are looked up row by row.
    pub(super) fn ids(list: &'static str, name: &str, arrays: Vec<ArrayRef>) -> Result<Column, Error> {
        let is_text = |array: &ArrayRef| {
            matches!(array.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        };
        if arrays.iter().all(is_text) {
            return Ok(Column::Texts(with_starts(arrays)));
        }
        Column::new(list, name, arrays)
    }

    /// A column as indexes into its distinct values, numbers too.
    pub(super) fn coded(list: &'static str, name: &str, arrays: &[ArrayRef]) -> Result<Column, Error> {
        let mut coded = Coded::new(list);
        for array in arrays {
            coded.add(name, array)?;
        }
        Ok(Column::Codes { codes: coded.codes, distinct: coded.distinct })
    }

    /// A column of these values; a code beyond their end is absent.
    pub(super) fn of_values(codes: Vec<u32>, distinct: Vec<Attribute>) -> Column {
        Column::Codes { codes, distinct }
    }

    /// A column of some of these values: of those that its codes mean.
    pub(super) fn of_some_values(codes: &[u32], all: &[Attribute]) -> Column {
        let mut known = HashMap::new();
        let mut distinct = Vec::new();
        let mut own = |code: u32| {
            let Some(value) = all.get(code as usize) else { return ABSENT };
            *known.entry(code).or_insert_with(|| {
                distinct.push(value.clone());
                distinct.len() as u32 - 1
            })
        };
        let codes = codes.iter().map(|code| own(*code)).collect();
        Column::Codes { codes, distinct }
    }

    /// Whether there is a value in any row.
    pub(super) fn has_value(&self) -> bool {
        match self {
            Column::Codes { codes, distinct } => {
                let blank =
                    |value: &Attribute| matches!(value, Attribute::Text(text) if text.trim().is_empty());
                codes.iter().any(|code| distinct.get(*code as usize).is_some_and(|value| !blank(value)))
            }
            Column::Numbers(arrays) => {
                let has = |array: &ArrayRef| (0..array.len()).any(|row| !number_at(array, row).is_nan());
                arrays.iter().any(|(_, array)| has(array))
            }
            Column::Texts(arrays) => arrays.iter().any(|(_, array)| array.null_count() < array.len()),
        }
    }

    /// The values that codes stand for.
    pub(super) fn distinct(&self) -> &[Attribute] {
        match self {
            Column::Numbers(_) | Column::Texts(_) => &[],
            Column::Codes { distinct, .. } => distinct,
        }
    }

    /// The place of a row's value among the distinct ones; beyond their end where there is none.
    pub(super) fn code(&self, row: usize) -> usize {
        match self {
            Column::Codes { codes, .. } => codes[row] as usize,
            Column::Numbers(_) | Column::Texts(_) => usize::MAX,
        }
    }

    /// The first row with the value of a code, if there is one.
    pub(super) fn first_row(&self, code: usize) -> Option<usize> {
        self.first_of(&[code]).map(|(row, _)| row)
    }

    /// The first row with one of these codes, and how many have one.
    pub(super) fn first_of(&self, wanted: &[usize]) -> Option<(usize, usize)> {
        let Column::Codes { codes, .. } = self else { return None };
        if wanted.is_empty() {
            return None;
        }
        let mut rows = (0..codes.len()).filter(|row| wanted.contains(&(codes[*row] as usize)));
        let first = rows.next()?;
        Some((first, 1 + rows.count()))
    }

    /// Some rows as the core reads them.
    pub(super) fn read<'a>(&'a self, rows: Range<usize>, buffer: &'a mut Buffer) -> AttributeColumn<'a> {
        match self {
            Column::Codes { codes, .. } => AttributeColumn::Codes(&codes[rows]),
            Column::Texts(_) => AttributeColumn::Codes(&[]),
            Column::Numbers(arrays) => AttributeColumn::Numbers(match numbers_of(arrays, rows) {
                Cow::Borrowed(numbers) => numbers,
                Cow::Owned(numbers) => {
                    buffer.0 = numbers;
                    &buffer.0
                }
            }),
        }
    }

    /// The value in a row; NaN is absent.
    pub(super) fn value(&self, row: usize) -> Option<AttributeRef<'_>> {
        match self {
            Column::Codes { codes, distinct } => distinct.get(codes[row] as usize).map(Attribute::as_ref),
            Column::Numbers(arrays) => {
                let (array, row) = place_of(arrays, row);
                let number = number_at(array, row);
                (!number.is_nan()).then_some(AttributeRef::Number(number))
            }
            Column::Texts(arrays) => {
                let (array, row) = place_of(arrays, row);
                let text = || match array.data_type() {
                    DataType::Utf8 => array.as_string::<i32>().value(row),
                    DataType::LargeUtf8 => array.as_string::<i64>().value(row),
                    _ => array.as_string_view().value(row),
                };
                (!array.is_null(row)).then(|| AttributeRef::Text(text()))
            }
        }
    }
}

fn is_numbers(array: &ArrayRef) -> bool {
    let kind = array.data_type();
    kind.is_integer() || kind.is_floating()
}

fn with_starts(arrays: Vec<ArrayRef>) -> Vec<(usize, ArrayRef)> {
    let mut from = 0;
    let start = |array: ArrayRef| {
        from += array.len();
        (from - array.len(), array)
    };
    arrays.into_iter().map(start).collect()
}

/// The array of a row, and the row in it.
fn place_of(arrays: &[(usize, ArrayRef)], row: usize) -> (&ArrayRef, usize) {
    let batch = arrays.partition_point(|(from, array)| from + array.len() <= row);
    let (from, array) = &arrays[batch];
    (array, row - from)
}

/// An id as a record has it: a text, or a whole number.
pub(super) fn id_text(id: AttributeRef<'_>) -> Option<Cow<'_, str>> {
    match id {
        AttributeRef::Text(text) => Some(Cow::Borrowed(text)),
        AttributeRef::Number(number) => Some(Cow::Owned(number.to_string())),
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

/// Calls a function that is generic in the type of a number, with how that type becomes an f64.
macro_rules! by_number_type {
    ($array:expr, $call:ident($($argument:expr),*), else $other:expr) => {
        match $array.data_type() {
            DataType::Float64 => $call::<Float64Type>($array, $($argument,)* |value| value),
            DataType::Float32 => $call::<Float32Type>($array, $($argument,)* f64::from),
            DataType::Float16 => $call::<Float16Type>($array, $($argument,)* f64::from),
            DataType::Int64 => $call::<Int64Type>($array, $($argument,)* |value| value as f64),
            DataType::Int32 => $call::<Int32Type>($array, $($argument,)* f64::from),
            DataType::Int16 => $call::<Int16Type>($array, $($argument,)* f64::from),
            DataType::Int8 => $call::<Int8Type>($array, $($argument,)* f64::from),
            DataType::UInt64 => $call::<UInt64Type>($array, $($argument,)* |value| value as f64),
            DataType::UInt32 => $call::<UInt32Type>($array, $($argument,)* f64::from),
            DataType::UInt16 => $call::<UInt16Type>($array, $($argument,)* f64::from),
            DataType::UInt8 => $call::<UInt8Type>($array, $($argument,)* f64::from),
            _ => $other,
        }
    };
}

fn add_numbers(array: &ArrayRef, rows: Range<usize>, out: &mut Vec<f64>) {
    by_number_type!(array, add(rows, out), else out.extend(rows.map(|_| f64::NAN)));
}

fn number_at(array: &ArrayRef, row: usize) -> f64 {
    by_number_type!(array, widened(row), else f64::NAN)
}

fn widened<T: ArrowPrimitiveType>(array: &ArrayRef, row: usize, widen: impl Fn(T::Native) -> f64) -> f64 {
    if array.is_null(row) { f64::NAN } else { widen(array.as_primitive::<T>().value(row)) }
}

fn add<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    rows: Range<usize>,
    out: &mut Vec<f64>,
    widen: impl Fn(T::Native) -> f64,
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
struct Coded {
    /// What errors call the table.
    list: &'static str,
    /// The row of the table that its first code is for.
    first_row: usize,
    codes: Vec<u32>,
    distinct: Vec<Attribute>,
    texts: HashMap<Arc<str>, u32>,
    times: HashMap<i64, u32>,
    numbers: HashMap<u64, u32>,
}

impl Coded {
    fn new(list: &'static str) -> Coded {
        let (texts, times, numbers) = (HashMap::new(), HashMap::new(), HashMap::new());
        Coded { list, first_row: 0, codes: Vec::new(), distinct: Vec::new(), texts, times, numbers }
    }

    fn add(&mut self, name: &str, array: &ArrayRef) -> Result<(), Error> {
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
                let mut numbers = Vec::new();
                add_numbers(array, 0..array.len(), &mut numbers);
                for number in numbers {
                    let code = if number.is_nan() { ABSENT } else { self.number(number) };
                    self.codes.push(code);
                }
            }
            other => {
                let message = format!("an attribute is a text, a number, a flag or a time, found {other}");
                return Err(Error::new(ErrorKind::InvalidLead, Path::from_field(name), message));
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
    ) -> Result<(), Error> {
        for time in times {
            let code = match time {
                None => ABSENT,
                Some(time) if self.times.contains_key(&time) => self.times[&time],
                Some(time) => {
                    let text = text(time).ok_or_else(|| {
                        let path = Path::from(self.list).index(self.first_row + self.codes.len()).field(name);
                        let message = "the time lies outside the years -9999 to 9999";
                        Error::new(ErrorKind::InvalidLead, path, message)
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
            let code = number.map_or(ABSENT, |number| self.number(number));
            self.codes.push(code);
        }
    }

    fn add_dictionary(&mut self, name: &str, array: &ArrayRef) -> Result<(), Error> {
        let dictionary = array.as_any_dictionary();
        if dictionary.values().is_empty() {
            self.codes.extend((0..array.len()).map(|_| ABSENT));
            return Ok(());
        }
        let keys = dictionary.normalized_keys();
        let is_null = |row: usize| dictionary.keys().is_null(row);
        if dictionary.values().len() > array.len() {
            // Of many values a part of a table has few.
            let mut known = HashMap::new();
            self.add(name, &dictionary.values().slice(0, 0))?;
            for (row, key) in keys.into_iter().enumerate() {
                match known.get(&key) {
                    _ if is_null(row) => self.codes.push(ABSENT),
                    Some(code) => self.codes.push(*code),
                    None => {
                        self.add(name, &dictionary.values().slice(key, 1))?;
                        known.extend(self.codes.last().map(|code| (key, *code)));
                    }
                }
            }
            return Ok(());
        }
        let mut values = Coded::new(self.list);
        values.add(name, dictionary.values())?;
        let from = self.distinct.len() as u32;
        self.distinct.append(&mut values.distinct);
        let code = |(row, key): (usize, usize)| match values.codes[key] {
            ABSENT => ABSENT,
            _ if is_null(row) => ABSENT,
            code => from + code,
        };
        self.codes.extend(keys.into_iter().enumerate().map(code));
        Ok(())
    }

    fn flag(&mut self, flag: bool) -> u32 {
        let wanted = Attribute::Flag(flag);
        let known = self.distinct.iter().position(|own| *own == wanted);
        known.map_or_else(|| self.distinct(wanted), |index| index as u32)
    }

    fn number(&mut self, number: f64) -> u32 {
        if let Some(code) = self.numbers.get(&number.to_bits()) {
            return *code;
        }
        let code = self.distinct(Attribute::Number(number));
        self.numbers.insert(number.to_bits(), code);
        code
    }

    fn distinct(&mut self, value: Attribute) -> u32 {
        self.distinct.push(value);
        self.distinct.len() as u32 - 1
    }
}

/// A day since 1970 as a text.
fn day(days: i64) -> Option<String> {
    let midnight = Timestamp::from_millis(days.checked_mul(86_400_000)?).ok()?.to_string();
    Some(midnight.split('T').next()?.to_owned())
}

/// A time in parts of a second since 1970 as a text, to the last digit; without a zone it is local.
fn time(value: i64, parts: i64, zoned: bool) -> Option<String> {
    let (seconds, rest) = (value.div_euclid(parts), value.rem_euclid(parts));
    let whole = Timestamp::from_millis(seconds.checked_mul(1_000)?).ok()?.to_string();
    let mut text = whole.trim_end_matches('Z').to_owned();
    if rest > 0 {
        let nanos = rest * (1_000_000_000 / parts);
        text += format!(".{nanos:09}").trim_end_matches('0');
    }
    if zoned {
        text.push('Z');
    }
    Some(text)
}
