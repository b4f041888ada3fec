//! From the columns of a table to feature values: the fast path for many leads that have attributes and no activities.
//!
//! A feature by one attribute is computed once for every distinct value of a coded column, by the very function that
//! reads a record; the values of a formula are computed row by row.

use super::FeatureMatrix;
use super::activity_log::ActivityLog;
use super::schema::{Feature, FeatureSchema};
use super::sources::{Formula, Input};
use crate::expression::ROWS;
use crate::record::{Activities, Attribute, AttributeRef};
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
}

/// How one feature is filled in.
#[derive(Debug, Clone)]
enum Fill {
    /// The same for every lead.
    Constant(f64),
    /// By one column: the values of its codes, of no value, and of 0 and 1, for flags. A `plain` feature is
    /// the number itself.
    Column { column: usize, by_code: Vec<f64>, absent: f64, zero: f64, one: f64, plain: bool },
    /// From the features before it, and then itself within its range.
    Formula(Formula),
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
        let log = ActivityLog::new(self.activity_types(), Activities::default(), as_of);
        let fill = |feature: &Feature| {
            let value = |attribute: Option<AttributeRef<'_>>| {
                feature.value(&Input { attribute, log: &log, as_of, zone })
            };
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
                by_code: columns[column].1.iter().map(|attribute| value(Some(attribute.as_ref()))).collect(),
                absent,
                zero: value(Some(AttributeRef::Number(0.0))),
                one: value(Some(AttributeRef::Number(1.0))),
                plain: feature.is_plain_number,
            }
        };
        ColumnReader {
            schema: self,
            as_of,
            zone: zone.clone(),
            names: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
            fills: self.features().iter().map(fill).collect(),
        }
    }
}

impl ColumnReader<'_> {
    /// The features of the next rows: a matrix with the schema's columns, defaults filled in, NaN where missing.
    ///
    /// # Errors
    /// `invalid_matrix` when there are not as many columns, or values in them, as there should be.
    pub fn read(&self, rows: usize, columns: &[AttributeColumn<'_>]) -> Result<FeatureMatrix, Error> {
        self.check(rows, columns)?;
        let positions = self.schema.column_positions();
        let mut values = Vec::with_capacity(rows * positions.len());
        let mut tile = vec![[f64::NAN; ROWS]; self.fills.len()];
        for from in (0..rows).step_by(ROWS) {
            let row_count = (rows - from).min(ROWS);
            for (place, (feature, fill)) in self.schema.features().iter().zip(&self.fills).enumerate() {
                let (before, own) = tile.split_at_mut(place);
                self.fill(feature, fill, columns, from, before, &mut own[0][..row_count]);
            }
            (0..row_count)
                .for_each(|row| values.extend(positions.iter().map(|&position| tile[position][row])));
        }
        FeatureMatrix::new(positions.len(), values)
    }

    /// Fills one feature of some rows, by the features before it.
    fn fill(
        &self,
        feature: &Feature,
        fill: &Fill,
        columns: &[AttributeColumn<'_>],
        from: usize,
        before: &[[f64; ROWS]],
        own: &mut [f64],
    ) {
        let log = ActivityLog::new(self.schema.activity_types(), Activities::default(), self.as_of);
        match fill {
            Fill::Constant(value) => own.fill(*value),
            Fill::Formula(formula) => {
                for (own, value) in own.iter_mut().zip(formula.evaluate_rows(before)) {
                    *own = feature.value_or_default(value);
                }
            }
            Fill::Column { column, by_code, absent, zero, one, plain } => match columns[*column] {
                AttributeColumn::Codes(codes) => {
                    own.iter_mut().zip(&codes[from..]).for_each(|(own, code)| {
                        *own = by_code.get(*code as usize).copied().unwrap_or(*absent);
                    });
                }
                AttributeColumn::Numbers(numbers) if *plain => {
                    own.iter_mut().zip(&numbers[from..]).for_each(|(own, number)| {
                        *own = if feature.accepts(*number) { *number } else { *absent };
                    });
                }
                AttributeColumn::Numbers(numbers) => {
                    own.iter_mut().zip(&numbers[from..]).for_each(|(own, number)| {
                        *own = if number.is_nan() {
                            *absent
                        } else if number.to_bits() == 0 {
                            *zero
                        } else if *number == 1.0 {
                            *one
                        } else {
                            let attribute = Some(AttributeRef::Number(*number));
                            feature.value(&Input {
                                attribute,
                                log: &log,
                                as_of: self.as_of,
                                zone: &self.zone,
                            })
                        };
                    });
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
