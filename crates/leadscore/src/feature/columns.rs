//! From the columns of a table to feature values: the fast path for many leads that have attributes and no activities.
//!
//! A feature by one attribute is computed once for every distinct value of a coded column, by the very function that
//! reads a record; the values of a formula are computed row by row.

use super::FeatureMatrix;
use super::activity_log::ActivityLog;
use super::filter::ActivityNeeds;
use super::schema::{Feature, FeatureSchema};
use super::sources::Input;
use crate::record::{Activities, Attribute, AttributeRef};
use crate::{Error, ErrorKind, Timestamp, Zone};

/// Rows filled at once: they stay in the L1 cache while one column after the other is filled.
const TILE: usize = 64;

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
    /// From the features before it.
    Formula,
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
                feature.value(&Input { attribute, log: &log, row: &[], as_of, zone })
            };
            let Some(name) = feature.source.attribute() else {
                // Without activities, their statistics are the same for all rows.
                return if feature.source.activity_needs() > ActivityNeeds::None {
                    Fill::Constant(value(None))
                } else {
                    Fill::Formula
                };
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
        let (wide, narrow) = (self.fills.len(), self.schema.column_positions().len());
        let mut values = Vec::with_capacity(rows * narrow);
        let mut tile = vec![f64::NAN; TILE.min(rows) * wide];
        for from in (0..rows).step_by(TILE) {
            let tile = &mut tile[..(rows - from).min(TILE) * wide];
            for (place, (feature, fill)) in self.schema.features().iter().zip(&self.fills).enumerate() {
                self.fill(feature, fill, place, columns, from, tile);
            }
            if wide == narrow {
                values.extend_from_slice(tile);
            } else {
                for row in tile.chunks_exact(wide) {
                    values.extend(self.schema.column_positions().iter().map(|&position| row[position]));
                }
            }
        }
        FeatureMatrix::new(narrow, values)
    }

    fn fill(
        &self,
        feature: &Feature,
        fill: &Fill,
        place: usize,
        columns: &[AttributeColumn<'_>],
        from: usize,
        tile: &mut [f64],
    ) {
        let wide = self.fills.len();
        let rows = tile.chunks_exact_mut(wide);
        let log = ActivityLog::new(self.schema.activity_types(), Activities::default(), self.as_of);
        let value = |attribute: Option<AttributeRef<'_>>, row: &[f64]| {
            feature.value(&Input { attribute, log: &log, row, as_of: self.as_of, zone: &self.zone })
        };
        match fill {
            Fill::Constant(value) => rows.for_each(|row| row[place] = *value),
            Fill::Formula => rows.for_each(|row| {
                let (before, own) = row.split_at_mut(place);
                own[0] = value(None, before);
            }),
            Fill::Column { column, by_code, absent, zero, one, plain } => match columns[*column] {
                AttributeColumn::Codes(codes) => rows.zip(&codes[from..]).for_each(|(row, code)| {
                    row[place] = by_code.get(*code as usize).copied().unwrap_or(*absent);
                }),
                AttributeColumn::Numbers(numbers) if *plain => {
                    rows.zip(&numbers[from..]).for_each(|(row, number)| {
                        row[place] = if feature.accepts(*number) { *number } else { *absent };
                    });
                }
                AttributeColumn::Numbers(numbers) => rows.zip(&numbers[from..]).for_each(|(row, number)| {
                    row[place] = if number.is_nan() {
                        *absent
                    } else if number.to_bits() == 0 {
                        *zero
                    } else if *number == 1.0 {
                        *one
                    } else {
                        value(Some(AttributeRef::Number(*number)), &[])
                    };
                }),
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
