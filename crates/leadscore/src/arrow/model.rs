//! Tables as a model reads them.

use std::ops::Range;

use super::Table;
use super::column::{Buffer, Column};
use crate::error::Path;
use crate::forest::Unseen;
use crate::parallel::MatrixRows;
use crate::{Attribute, AttributeColumn, Error, ErrorKind, FeatureMatrix, Forest};

/// What errors call the table.
const MATRIX: &str = "X";

/// The columns of a model in a table: numbers are values, and everything else is read as [`Forest::encode_value`] reads
/// cells. A number in a column that has levels is the name of a level, never its code.
#[derive(Debug)]
pub struct ModelTable {
    columns: Vec<ModelColumn>,
    unseen: Vec<UnseenLevels>,
    row_count: usize,
}

/// Values of a column that are none of its levels, and count as missing.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct UnseenLevels {
    /// The column.
    pub column: String,
    /// The first of the values.
    pub first: String,
    /// Its row, from 0.
    pub first_row: usize,
    /// How many rows have such a value.
    pub count: usize,
}

#[derive(Debug)]
struct ModelColumn {
    column: Column,
    /// What the codes of a coded column are to the model.
    by_code: Vec<f64>,
}

impl ModelTable {
    /// Finds the columns of a model by their names (a blank is the same as an underscore, as in LightGBM), or by their order
    /// where the model has none, and reads what is not a number.
    ///
    /// # Errors
    /// `invalid_matrix` where columns are missing or hold lists and the like; `invalid_feature` with row and column for a
    /// value that the model's file does not settle.
    pub fn new(table: &Table, forest: &Forest, unseen: Unseen) -> Result<ModelTable, Error> {
        let (mut columns, mut all_unseen) = (Vec::new(), Vec::new());
        for (feature, place) in places(table, forest)?.into_iter().enumerate() {
            let column = column(table, forest, feature, place)?;
            let (by_code, found) = by_code(&table.names[place], &column, forest, feature, unseen)?;
            all_unseen.extend(found);
            columns.push(ModelColumn { column, by_code });
        }
        Ok(ModelTable { columns, unseen: all_unseen, row_count: table.row_count })
    }

    /// The values that are none of their column's levels and count as missing.
    pub fn unseen(&self) -> &[UnseenLevels] {
        &self.unseen
    }
}

/// The places of the model's columns in the table.
fn places(table: &Table, forest: &Forest) -> Result<Vec<usize>, Error> {
    let refused = |message: String| Error::new(ErrorKind::InvalidMatrix, "", message);
    let names = forest.feature_names();
    if !forest.has_feature_names() {
        if table.names.len() == names.len() {
            return Ok((0..names.len()).collect());
        }
        let message = format!(
            "the model does not name its {} columns, and the frame has {}; select those of the model, in their order",
            names.len(),
            table.names.len()
        );
        return Err(refused(message));
    }
    let plain = |text: &str| text.trim().replace(char::is_whitespace, "_");
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for wanted in &names {
        let same: Vec<usize> = (0..table.names.len()).filter(|at| table.names[*at] == *wanted).collect();
        let alike =
            || (0..table.names.len()).filter(|at| plain(&table.names[*at]) == plain(wanted)).collect();
        let candidates: Vec<usize> = if same.is_empty() { alike() } else { same };
        match candidates.as_slice() {
            [one] => found.push(*one),
            [] => missing.push(wanted.as_str()),
            _ => return Err(refused(format!("the frame has several columns `{wanted}`"))),
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    missing.truncate(5);
    Err(refused(format!("the frame has no column {}", missing.join(", "))))
}

/// A column: its numbers as they are where the model takes them so, else as places among distinct values.
fn column(table: &Table, forest: &Forest, feature: usize, place: usize) -> Result<Column, Error> {
    let as_matrix =
        |error: Error| Error::new(ErrorKind::InvalidMatrix, error.path().clone(), error.message());
    let (takes_numbers, is_code) = forest.number_cells(feature);
    let is_category = table.is_dictionary(place);
    let column = if takes_numbers { table.column(MATRIX, place) } else { table.coded(MATRIX, place) };
    let column = column.map_err(as_matrix)?;
    // A model without names has codes, and what a category of numbers calls its levels are none.
    let is_code_itself = |(code, value): (usize, &Attribute)| *value == Attribute::Number(code as f64);
    if is_category && is_code && !column.distinct().iter().enumerate().all(is_code_itself) {
        let names: Vec<String> =
            column.distinct().iter().take(5).map(|own| own.as_ref().to_text().into_owned()).collect();
        let message = format!(
            "is a category with the levels {}, and the model's file keeps no names for its codes; give them with the \
             option `levels`, or the codes as numbers",
            names.join(", ")
        );
        return Err(Error::new(ErrorKind::InvalidFeature, Path::from_field(&*table.names[place]), message));
    }
    Ok(column)
}

/// What the codes of a column are to the model, and those that are no level.
fn by_code(
    name: &str,
    column: &Column,
    forest: &Forest,
    feature: usize,
    unseen: Unseen,
) -> Result<(Vec<f64>, Option<UnseenLevels>), Error> {
    let mut is_unseen = Vec::new();
    let mut numbers = Vec::with_capacity(column.distinct().len());
    let row_of = |code: usize| column.first_row(code);
    for (code, value) in column.distinct().iter().enumerate() {
        let value = value.as_ref();
        let refused = forest.encode_value_with(feature, value, Unseen::Refused);
        let number = match (&refused, unseen) {
            (Err(_), Unseen::AsLibrary | Unseen::Missing) => forest.encode_value_with(feature, value, unseen),
            _ => refused.clone(),
        };
        match (number, row_of(code)) {
            (Ok(number), _) => {
                if refused.is_err() {
                    is_unseen.push(code);
                }
                numbers.push(number);
            }
            // A category has levels that no row has.
            (Err(_), None) => numbers.push(f64::NAN),
            (Err(error), Some(row)) => {
                let path = Path::from(MATRIX).index(row).field(name);
                return Err(Error::new(error.kind(), path, error.message()));
            }
        }
    }
    let unseen = column.first_of(&is_unseen).map(|(first_row, count)| UnseenLevels {
        column: name.to_owned(),
        first: column.value(first_row).map_or_else(String::new, |value| value.to_text().into_owned()),
        first_row,
        count,
    });
    Ok((numbers, unseen))
}

impl MatrixRows for ModelTable {
    fn row_count(&self) -> usize {
        self.row_count
    }

    fn block(&self, rows: Range<usize>) -> Result<FeatureMatrix, Error> {
        let width = self.columns.len();
        let mut values = vec![f64::NAN; rows.len() * width];
        let mut buffer = Buffer::default();
        for (at, own) in self.columns.iter().enumerate() {
            let cells = values.iter_mut().skip(at).step_by(width);
            match own.column.read(rows.clone(), &mut buffer) {
                AttributeColumn::Numbers(numbers) => {
                    cells.zip(numbers).for_each(|(cell, number)| *cell = *number);
                }
                AttributeColumn::Codes(codes) => cells.zip(codes).for_each(|(cell, code)| {
                    *cell = own.by_code.get(*code as usize).copied().unwrap_or(f64::NAN);
                }),
            }
        }
        FeatureMatrix::new(width, values)
    }
}
