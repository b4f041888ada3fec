//! From the columns of a table to feature values: the fast path for many leads that have attributes and no activities.
//!
//! A feature by one attribute is computed once for every distinct value of a coded column, by the very function that
//! reads a record; the values of a formula are computed row by row.

use std::collections::BTreeMap;

use super::FeatureMatrix;
use super::activity_log::ActivityLog;
use super::feature_type::FeatureType;
use super::flag_word::flag_word;
use super::missing::MissingCause;
use super::number::parse_number;
use super::schema::{Feature, FeatureSchema};
use super::sources::{ABSENT, Formula, Found, Input};
use super::unusable::UnusableTally;
use crate::expression::{ROWS, normalise};
use crate::record::{Activities, Attribute, AttributeRef};
use crate::time::clip;
use crate::{Error, ErrorKind, Timestamp, Zone};

/// One attribute of many leads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AttributeColumn<'a> {
    /// Numbers; NaN is absent.
    Numbers(&'a [f64]),
    /// Indexes into the distinct values that the reader was made with; an index beyond their end is absent.
    Codes(&'a [u32]),
}

impl AttributeColumn<'_> {
    fn len(&self) -> usize {
        match self {
            AttributeColumn::Numbers(values) => values.len(),
            AttributeColumn::Codes(codes) => codes.len(),
        }
    }
}

/// Reads the features of many leads from columns, with the bits that [`Pipeline::feature_matrix`] gives in lenient mode
/// for the same leads without activities.
///
/// ```
/// use leadscore::{Attribute, AttributeColumn, FeatureSchema, Timestamp, Zone};
/// let schema = FeatureSchema::from_json(
///     r#"{"features": [{"name": "visits", "type": "number", "range": [0, 99], "source": {"from": "attribute"}},
///         {"name": "source", "type": "category", "levels": ["ad", "web"], "source": {"from": "attribute"}}]}"#,
/// )?;
/// let (as_of, zone) = (Timestamp::parse("2026-11-22", &Zone::utc())?, Zone::utc());
/// let levels = [Attribute::from("Web"), Attribute::from("ad")];
/// let reader = schema.column_reader(&[("visits", &[]), ("source", &levels)], as_of, &zone);
/// let matrix = reader.read(2, &[AttributeColumn::Numbers(&[3.0, -1.0]), AttributeColumn::Codes(&[0, 1])])?;
/// assert_eq!(matrix.row(0), [3.0, 1.0]);
/// assert!(matrix.row(1)[0].is_nan() && matrix.row(1)[1] == 0.0);
/// # Ok::<(), leadscore::Error>(())
/// ```
///
/// [`Pipeline::feature_matrix`]: crate::Pipeline::feature_matrix
#[derive(Debug, Clone)]
pub struct ColumnReader<'s> {
    schema: &'s FeatureSchema,
    as_of: Timestamp,
    zone: Zone,
    names: Vec<String>,
    /// One for each feature of the schema.
    fills: Vec<Fill>,
    /// Whether the columns are the features themselves, not attributes.
    is_of_features: bool,
}

/// How one feature is filled in.
#[derive(Debug, Clone)]
enum Fill {
    /// The same for every lead.
    Constant(f64),
    /// By one column: what its codes mean, no value, and 0 and 1, for flags. A `plain` feature is the number itself.
    Column { column: usize, by_code: CodeValues, absent: f64, zero: Read, one: Read, plain: bool },
    /// From the features before it, and then itself within its range.
    Formula(Formula),
}

/// Why a value could not be used, and the value.
type Problem = (MissingCause, Option<String>);

/// The value of a feature that an attribute gives, and why it could not be used.
#[derive(Debug, Clone)]
struct Read {
    value: f64,
    problem: Option<Problem>,
}

/// What the codes of a column mean to a feature.
#[derive(Debug, Clone, Default)]
struct CodeValues {
    values: Vec<f64>,
    /// By code; mostly there are none.
    problems: BTreeMap<u32, Problem>,
}

impl CodeValues {
    fn new(reads: impl Iterator<Item = Read>) -> CodeValues {
        let mut own = CodeValues::default();
        for (code, read) in (0..).zip(reads) {
            own.values.push(read.value);
            if let Some(problem) = read.problem {
                own.problems.insert(code, problem);
            }
        }
        own
    }
}

impl Read {
    fn new(feature: &Feature, found: Found) -> Read {
        match found {
            Found::Value(value) => Read { value, problem: None },
            Found::Text(_) => Read { value: f64::NAN, problem: None },
            Found::Nothing(cause, found) => Read {
                value: feature.default.unwrap_or(f64::NAN),
                problem: (cause != MissingCause::Absent).then_some((cause, found)),
            },
        }
    }

    /// Its value, whose problem is noted.
    fn noted(&self, feature: usize, row: usize, tally: &mut UnusableTally) -> f64 {
        if let Some((cause, found)) = &self.problem {
            tally.add(row, feature, *cause, found.as_deref());
        }
        self.value
    }
}

impl FeatureSchema {
    /// A reader of columns with these attribute names and, for coded ones, these distinct values, as of a time.
    ///
    /// An attribute without a column is absent; a column that no feature reads does not matter.
    pub fn column_reader(
        &self,
        columns: &[(&str, &[Attribute])],
        as_of: Timestamp,
        zone: &Zone,
    ) -> ColumnReader<'_> {
        self.reader(columns, as_of, zone, false)
    }

    /// A reader of columns that are the features themselves, by their names; one that is an attribute of the same name is
    /// read as in a record.
    #[cfg(feature = "arrow")]
    pub(crate) fn feature_reader(&self, columns: &[(&str, &[Attribute])]) -> ColumnReader<'_> {
        self.reader(columns, Timestamp::default(), &Zone::utc(), true)
    }

    fn reader(
        &self,
        columns: &[(&str, &[Attribute])],
        as_of: Timestamp,
        zone: &Zone,
        is_of_features: bool,
    ) -> ColumnReader<'_> {
        let log = ActivityLog::new(self.activity_types(), Activities::default(), as_of);
        let fill = |feature: &Feature| {
            let is_read_as_such = is_of_features && !feature.is_its_attribute();
            let read = |attribute: Option<AttributeRef<'_>>| {
                let input = Input { attribute, log: &log, as_of, zone };
                Read::new(
                    feature,
                    if is_read_as_such { feature.find_typed(attribute) } else { feature.find(&input) },
                )
            };
            let value = |attribute: Option<AttributeRef<'_>>| read(attribute).value;
            if is_of_features && !feature.is_column() {
                return Fill::Constant(f64::NAN);
            }
            if is_read_as_such {
                let Some(column) = columns.iter().position(|(column, _)| *column == feature.name) else {
                    return Fill::Constant(value(None));
                };
                return Fill::Column {
                    column,
                    by_code: CodeValues::new(columns[column].1.iter().map(|own| read(Some(own.as_ref())))),
                    absent: value(None),
                    zero: read(Some(AttributeRef::Number(0.0))),
                    one: read(Some(AttributeRef::Number(1.0))),
                    plain: feature.kind == FeatureType::Number,
                };
            }
            if let Some(formula) = feature.source.formula() {
                return Fill::Formula(formula.clone());
            }
            let Some(name) = feature.source.attribute() else {
                // Without activities, their statistics are the same for all rows.
                return Fill::Constant(value(None));
            };
            let absent = value(None);
            let Some(column) = columns.iter().position(|(column, _)| *column == name) else {
                return Fill::Constant(absent);
            };
            Fill::Column {
                column,
                by_code: CodeValues::new(columns[column].1.iter().map(|own| read(Some(own.as_ref())))),
                absent,
                zero: read(Some(AttributeRef::Number(0.0))),
                one: read(Some(AttributeRef::Number(1.0))),
                plain: feature.is_plain_number,
            }
        };
        ColumnReader {
            schema: self,
            as_of,
            zone: zone.clone(),
            names: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
            fills: self.features().iter().map(fill).collect(),
            is_of_features,
        }
    }
}

impl ColumnReader<'_> {
    /// The features of the next rows: a matrix with the schema's columns, defaults filled in, NaN where missing.
    ///
    /// # Errors
    /// `invalid_matrix` when there are not as many columns, or values in them, as there should be.
    pub fn read(&self, rows: usize, columns: &[AttributeColumn<'_>]) -> Result<FeatureMatrix, Error> {
        self.read_noting(rows, columns, &mut UnusableTally::default())
    }

    /// The same, and what could not be used.
    pub(crate) fn read_noting(
        &self,
        rows: usize,
        columns: &[AttributeColumn<'_>],
        tally: &mut UnusableTally,
    ) -> Result<FeatureMatrix, Error> {
        self.check(rows, columns)?;
        let positions = self.schema.column_positions();
        let mut values = Vec::with_capacity(rows * positions.len());
        let mut tile = vec![[f64::NAN; ROWS]; self.fills.len()];
        for from in (0..rows).step_by(ROWS) {
            let row_count = (rows - from).min(ROWS);
            for (place, (feature, fill)) in self.schema.features().iter().zip(&self.fills).enumerate() {
                let (before, own) = tile.split_at_mut(place);
                let own = &mut own[0][..row_count];
                self.fill((place, feature), fill, columns, from, before, own, tally);
            }
            (0..row_count)
                .for_each(|row| values.extend(positions.iter().map(|&position| tile[position][row])));
        }
        FeatureMatrix::new(positions.len(), values)
    }

    /// Fills one feature of some rows, by the features before it.
    #[expect(clippy::too_many_arguments, reason = "the state of one loop")]
    fn fill(
        &self,
        (place, feature): (usize, &Feature),
        fill: &Fill,
        columns: &[AttributeColumn<'_>],
        from: usize,
        before: &[[f64; ROWS]],
        own: &mut [f64],
        tally: &mut UnusableTally,
    ) {
        let log = ActivityLog::new(self.schema.activity_types(), Activities::default(), self.as_of);
        let mut note_number = |row: usize, value: f64| {
            if !value.is_nan() {
                tally.add(row, place, MissingCause::OutOfRange, Some(&value.to_string()));
            }
        };
        match fill {
            Fill::Constant(value) => own.fill(*value),
            Fill::Formula(formula) => {
                for (row, (own, value)) in (from..).zip(own.iter_mut().zip(formula.evaluate_rows(before))) {
                    *own = feature.value_or_default(value);
                    if !feature.accepts(value) {
                        note_number(row, value);
                    }
                }
            }
            Fill::Column { column, by_code, absent, zero, one, plain } => match columns[*column] {
                AttributeColumn::Codes(codes) => {
                    own.iter_mut().zip(&codes[from..]).for_each(|(own, code)| {
                        *own = by_code.values.get(*code as usize).copied().unwrap_or(*absent);
                    });
                    if !by_code.problems.is_empty() {
                        for (row, code) in (from..from + own.len()).zip(&codes[from..]) {
                            if let Some((cause, found)) = by_code.problems.get(code) {
                                tally.add(row, place, *cause, found.as_deref());
                            }
                        }
                    }
                }
                AttributeColumn::Numbers(numbers) if *plain => {
                    for (row, (own, &number)) in (from..).zip(own.iter_mut().zip(&numbers[from..])) {
                        *own = if feature.accepts(number) {
                            number
                        } else {
                            note_number(row, number);
                            *absent
                        };
                    }
                }
                AttributeColumn::Numbers(numbers) => {
                    for (row, (own, &number)) in (from..).zip(own.iter_mut().zip(&numbers[from..])) {
                        *own = if number.is_nan() {
                            *absent
                        } else if number.to_bits() == 0 {
                            zero.noted(place, row, tally)
                        } else if number == 1.0 {
                            one.noted(place, row, tally)
                        } else {
                            let attribute = Some(AttributeRef::Number(number));
                            let input = Input { attribute, log: &log, as_of: self.as_of, zone: &self.zone };
                            let found = if self.is_of_features && !feature.is_its_attribute() {
                                feature.find_typed(attribute)
                            } else {
                                feature.find(&input)
                            };
                            Read::new(feature, found).noted(place, row, tally)
                        };
                    }
                }
            },
        }
    }

    fn check(&self, rows: usize, columns: &[AttributeColumn<'_>]) -> Result<(), Error> {
        let error = |path: &str, message: String| Error::new(ErrorKind::InvalidMatrix, path, message);
        if columns.len() != self.names.len() {
            let message =
                format!("{} columns where the reader was made with {}", columns.len(), self.names.len());
            return Err(error("", message));
        }
        match self.names.iter().zip(columns).find(|(_, column)| column.len() != rows) {
            Some((name, column)) => Err(error(name, format!("{} values for {rows} rows", column.len()))),
            None => Ok(()),
        }
    }
}

impl Feature {
    /// Whether it is the value of an attribute that has its name.
    fn is_its_attribute(&self) -> bool {
        self.source.is_value_of_attribute() && self.source.attribute() == Some(&*self.name)
    }

    /// The value that a table of features has for it.
    fn find_typed(&self, value: Option<AttributeRef<'_>>) -> Found {
        let Some(value) = value else { return ABSENT };
        let text = value.to_text();
        let text = text.trim();
        let read = match (self.kind, value) {
            (_, AttributeRef::Number(number)) if number.is_nan() => return ABSENT,
            (_, AttributeRef::Text(_)) if text.is_empty() => return ABSENT,
            (FeatureType::Category, _) => {
                let exact = self.levels.iter().position(|level| level == text);
                let code = exact
                    .or_else(|| self.levels.iter().position(|level| normalise(level) == normalise(text)));
                code.map(|code| code as f64)
            }
            (FeatureType::Number, AttributeRef::Number(number)) => Some(number),
            (_, AttributeRef::Flag(flag)) => Some(f64::from(u8::from(flag))),
            (FeatureType::Number, _) => parse_number(text),
            (FeatureType::Flag | FeatureType::Text, _) => {
                flag_word(text).map(|flag| f64::from(u8::from(flag)))
            }
        };
        let cause =
            if self.kind == FeatureType::Category { MissingCause::Unseen } else { MissingCause::Unreadable };
        self.usable(read.map_or_else(|| Found::Nothing(cause, Some(clip(text))), Found::Value))
    }
}
