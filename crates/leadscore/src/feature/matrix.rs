//! Features of many leads as one table of numbers.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use crate::{Error, ErrorKind, FeatureSchema};

/// Rows are leads, columns are features; NaN is missing. f64, row-major.
///
/// A matrix that a schema made knows the names of its columns, and another schema refuses it; a matrix of bare numbers
/// is taken by position, as models take it.
///
/// ```
/// use leadscore::FeatureMatrix;
/// let matrix = FeatureMatrix::new(2, vec![1.0, f64::NAN, 3.0, 4.0])?;
/// assert_eq!(matrix.row(1), [3.0, 4.0]);
/// assert_eq!(matrix.view()[[1, 0]], 3.0);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureMatrix {
    pub(super) values: Array2<f64>,
    pub(super) column_names: Option<Arc<[Arc<str>]>>,
}

impl FeatureMatrix {
    /// A matrix of `values.len() / column_count` rows, its columns known by position alone.
    ///
    /// # Errors
    /// `invalid_matrix` when the values do not fill whole rows.
    pub fn new(column_count: usize, values: Vec<f64>) -> Result<FeatureMatrix, Error> {
        if column_count == 0 || !values.len().is_multiple_of(column_count) {
            let message = format!("{} values do not fill whole rows of {column_count} columns", values.len());
            return Err(Error::new(ErrorKind::InvalidMatrix, "", message));
        }
        let shape = (values.len() / column_count, column_count);
        let values = Array2::from_shape_vec(shape, values)
            .map_err(|error| Error::new(ErrorKind::InvalidMatrix, "", error.to_string()))?;
        Ok(FeatureMatrix { values, column_names: None })
    }

    /// The same matrix with names for its columns, which a schema then checks against its own.
    ///
    /// # Errors
    /// `invalid_matrix` when there are not as many names as columns.
    pub fn with_column_names(
        self,
        names: impl IntoIterator<Item = impl Into<Arc<str>>>,
    ) -> Result<FeatureMatrix, Error> {
        let names: Arc<[Arc<str>]> = names.into_iter().map(Into::into).collect();
        if names.len() != self.column_count() {
            let message = format!("{} names for {} columns", names.len(), self.column_count());
            return Err(Error::new(ErrorKind::InvalidMatrix, "", message));
        }
        Ok(FeatureMatrix { column_names: Some(names), ..self })
    }

    /// A matrix in the order of a schema's columns, with their names.
    pub(crate) fn of_schema(schema: &FeatureSchema, values: Vec<f64>) -> Result<FeatureMatrix, Error> {
        FeatureMatrix::new(schema.columns().len(), values)?
            .with_column_names(schema.columns().map(|f| &*f.name))
    }

    /// How many leads.
    pub fn row_count(&self) -> usize {
        self.values.nrows()
    }

    /// How many features.
    pub fn column_count(&self) -> usize {
        self.values.ncols()
    }

    /// The names of the columns, where the matrix knows them.
    pub fn column_names(&self) -> Option<&[Arc<str>]> {
        self.column_names.as_deref()
    }

    /// One lead's features.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values()[row * self.column_count()..(row + 1) * self.column_count()]
    }

    /// All values, row after row.
    pub fn values(&self) -> &[f64] {
        // Every constructor makes the array row-major.
        self.values.as_slice().unwrap_or_default()
    }

    /// The values as an array, without a copy.
    pub fn view(&self) -> ArrayView2<'_, f64> {
        self.values.view()
    }

    /// Refuses a matrix that does not fit a schema: another width, or columns of other names or in another order.
    pub(crate) fn check(&self, schema: &FeatureSchema) -> Result<(), Error> {
        let wanted = schema.columns().len();
        if self.column_count() != wanted {
            let message = format!("{} columns where the schema has {wanted}", self.column_count());
            return Err(Error::new(ErrorKind::InvalidMatrix, "", message));
        }
        let Some(names) = &self.column_names else { return Ok(()) };
        match names.iter().zip(schema.columns()).position(|(name, feature)| **name != *feature.name) {
            None => Ok(()),
            Some(column) => {
                let wanted =
                    schema.columns().nth(column).map(|feature| feature.name.as_str()).unwrap_or_default();
                let message =
                    format!("column {column} is `{}` where the schema has `{wanted}`", names[column]);
                Err(Error::new(ErrorKind::InvalidMatrix, "", message))
            }
        }
    }
}

impl From<Array2<f64>> for FeatureMatrix {
    /// Columns by position; an array in another layout is copied.
    fn from(values: Array2<f64>) -> FeatureMatrix {
        let values =
            if values.is_standard_layout() { values } else { values.as_standard_layout().into_owned() };
        FeatureMatrix { values, column_names: None }
    }
}

impl From<FeatureMatrix> for Array2<f64> {
    fn from(matrix: FeatureMatrix) -> Array2<f64> {
        matrix.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_go_in_and_out() {
        let array = Array2::from_shape_vec((2, 3), (0..6).map(f64::from).collect()).unwrap();
        let turned = FeatureMatrix::from(array.t().to_owned());
        assert_eq!((turned.row_count(), turned.row(1)), (3, &[1.0, 4.0][..]));
        // A transposed view that owns its values is column-major.
        let turned = FeatureMatrix::from(array.clone().reversed_axes());
        assert_eq!(turned.values(), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        assert_eq!(Array2::from(turned), array.t());
    }

    #[test]
    fn a_permuted_or_foreign_matrix_is_refused() {
        let schema = FeatureSchema::from_json(
            r#"{"features": [{"name": "a", "type": "number", "source": {"from": "attribute"}},
                {"name": "b", "type": "number", "source": {"from": "attribute"}}]}"#,
        )
        .unwrap();
        let matrix = |names: [&str; 2]| {
            FeatureMatrix::new(2, vec![1.0, 2.0]).unwrap().with_column_names(names).unwrap().check(&schema)
        };
        assert!(matrix(["a", "b"]).is_ok());
        assert_eq!(matrix(["b", "a"]).unwrap_err().message(), "column 0 is `b` where the schema has `a`");
        assert!(FeatureMatrix::new(3, vec![0.0; 3]).unwrap().check(&schema).is_err());
    }
}
