//! Labelled rows to learn from.

use crate::error::Path;
use crate::feature::{Dataset, FeatureMatrix, FeatureType};
use crate::{Error, ErrorKind};

/// Labelled rows: a matrix, what its columns are, a label for each row, and perhaps weights.
///
/// ```
/// use leadscore::FeatureMatrix;
/// use leadscore::learn::{Column, ColumnKind, Examples};
/// let matrix = FeatureMatrix::new(2, vec![3.0, 0.0, f64::NAN, 1.0])?;
/// let columns = vec![
///     Column::new("visits", ColumnKind::Number),
///     Column::new("source", ColumnKind::Category(vec!["ads".into(), "web".into()])),
/// ];
/// let examples = Examples::new(columns, matrix, vec![1.0, 0.0])?;
/// assert_eq!(examples.row_count(), 2);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Examples {
    columns: Vec<Column>,
    matrix: FeatureMatrix,
    labels: Vec<f64>,
    upper_bounds: Option<Vec<f64>>,
    weights: Option<Vec<f64>>,
}

/// A column to learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub(super) name: String,
    pub(super) kind: ColumnKind,
}

/// What a column's numbers mean.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ColumnKind {
    /// A quantity, which is compared with thresholds.
    Number,
    /// 0 or 1.
    Flag,
    /// The position of a level in this list.
    Category(Vec<String>),
}

impl Column {
    /// A column of that name.
    pub fn new(name: impl Into<String>, kind: ColumnKind) -> Column {
        Column { name: name.into(), kind }
    }
}

impl Examples {
    /// Rows with one label each.
    ///
    /// # Errors
    /// `invalid_matrix` where the counts differ, there is no row, a label is not finite, or a cell of a category is no
    /// position of a level, with the path.
    pub fn new(columns: Vec<Column>, matrix: FeatureMatrix, labels: Vec<f64>) -> Result<Examples, Error> {
        if columns.len() != matrix.column_count() {
            let message =
                format!("{} columns are described, the rows have {}", columns.len(), matrix.column_count());
            return Err(invalid("columns", message));
        }
        if labels.len() != matrix.row_count() {
            return Err(invalid(
                "labels",
                format!("{} labels for {} rows", labels.len(), matrix.row_count()),
            ));
        }
        if labels.is_empty() {
            return Err(invalid("", "there is no row to learn from"));
        }
        if let Some(row) = labels.iter().position(|label| !label.is_finite()) {
            return Err(invalid(Path::from_field("labels").index(row), "a label is a finite number"));
        }
        for (index, column) in columns.iter().enumerate() {
            let ColumnKind::Category(levels) = &column.kind else { continue };
            let is_level = |value: f64| {
                value.is_nan() || (value >= 0.0 && value.fract() == 0.0 && value < levels.len() as f64)
            };
            if let Some(row) = (0..matrix.row_count()).find(|row| !is_level(matrix.row(*row)[index])) {
                let message = format!(
                    "{} is no position of one of the {} levels of `{}`",
                    matrix.row(row)[index],
                    levels.len(),
                    column.name
                );
                return Err(invalid(Path::from_field("rows").index(row), message));
            }
        }
        Ok(Examples { columns, matrix, labels, upper_bounds: None, weights: None })
    }

    /// The same rows, each counting as much as its weight.
    ///
    /// # Errors
    /// `invalid_matrix` where the counts differ, for a weight that is negative or not finite, and where all are 0.
    pub fn with_weights(self, weights: Vec<f64>) -> Result<Examples, Error> {
        if weights.len() != self.labels.len() {
            return Err(invalid(
                "weights",
                format!("{} weights for {} rows", weights.len(), self.labels.len()),
            ));
        }
        if let Some(row) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            return Err(invalid(
                Path::from_field("weights").index(row),
                "a weight is a finite number from 0 up",
            ));
        }
        if weights.iter().all(|weight| *weight == 0.0) {
            return Err(invalid("weights", "every weight is 0"));
        }
        Ok(Examples { weights: Some(weights), ..self })
    }

    /// The same rows, whose labels are known to lie between the label and this bound: infinite where only the lower bound is
    /// known, as of a lead that is still open after so many days; the label itself where it is known.
    ///
    /// # Errors
    /// `invalid_matrix` where the counts differ, and for a bound that is below the label or not a number.
    ///
    /// ```
    /// use leadscore::FeatureMatrix;
    /// use leadscore::forest::Iterations;
    /// use leadscore::learn::{Boosting, Column, ColumnKind, Examples, Noise, Objective};
    /// use leadscore::parallel::Workers;
    /// // Days until they were won, but for those that are still open after 60.
    /// let calls: Vec<f64> = (0..400).map(|row| f64::from(row % 4)).collect();
    /// let days: Vec<f64> = calls.iter().map(|calls| 120.0 / (calls + 1.0)).collect();
    /// let (seen, upper) = days.iter().map(|days| if *days > 60.0 { (60.0, f64::INFINITY) } else { (*days, *days) }).unzip();
    /// let columns = vec![Column::new("calls", ColumnKind::Number)];
    /// let examples = Examples::new(columns, FeatureMatrix::new(1, calls)?, seen)?.with_upper_bounds(upper)?;
    /// let mut boosting = Boosting::default();
    /// boosting.objective = Objective::FailureTime { noise: Noise::Normal, scale: 0.5 };
    /// let forest = boosting.fit(&examples, None, &Workers::new(), &mut |_| {})?.forest;
    /// let told = forest.predict(&FeatureMatrix::new(1, vec![0.0, 3.0])?, Iterations::All)?;
    /// assert!(told[0] > 60.0 && (told[1] - 30.0).abs() < 1.0);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn with_upper_bounds(self, upper_bounds: Vec<f64>) -> Result<Examples, Error> {
        if upper_bounds.len() != self.labels.len() {
            return Err(invalid(
                "upper_bounds",
                format!("{} bounds for {} rows", upper_bounds.len(), self.labels.len()),
            ));
        }
        let is_below = |(upper, label): (&f64, &f64)| upper.is_nan() || upper < label;
        if let Some(row) = upper_bounds.iter().zip(&self.labels).position(is_below) {
            let message = format!("{} is not at or above the label, {}", upper_bounds[row], self.labels[row]);
            return Err(invalid(Path::from_field("upper_bounds").index(row), message));
        }
        Ok(Examples { upper_bounds: Some(upper_bounds), ..self })
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The features, one row for each label.
    pub fn matrix(&self) -> &FeatureMatrix {
        &self.matrix
    }

    /// The label of each row.
    pub fn labels(&self) -> &[f64] {
        &self.labels
    }

    /// How many rows.
    pub fn row_count(&self) -> usize {
        self.labels.len()
    }

    /// Some of the rows.
    pub(crate) fn of_rows(&self, rows: &[usize]) -> Examples {
        let mut values = Vec::with_capacity(rows.len() * self.columns.len());
        for row in rows {
            values.extend_from_slice(self.matrix.row(*row));
        }
        let pick = |values: &[f64]| -> Vec<f64> { rows.iter().map(|row| values[*row]).collect() };
        Examples {
            columns: self.columns.clone(),
            matrix: FeatureMatrix::new(self.columns.len(), values).expect("whole rows"),
            labels: pick(&self.labels),
            upper_bounds: self.upper_bounds.as_deref().map(pick),
            weights: self.weights.as_deref().map(pick),
        }
    }

    /// Up to where the label of a row may lie: the label where no bounds are given.
    pub(crate) fn upper_bound(&self, row: usize) -> f64 {
        self.upper_bounds.as_ref().map_or(self.labels[row], |bounds| bounds[row])
    }

    /// Whether there are bounds.
    pub(crate) fn has_upper_bounds(&self) -> bool {
        self.upper_bounds.is_some()
    }

    /// Whether rows have weights.
    pub(crate) fn has_weights(&self) -> bool {
        self.weights.is_some()
    }

    /// The weight of a row, 1 where none are given.
    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }
}

impl TryFrom<&Dataset> for Examples {
    type Error = Error;

    fn try_from(dataset: &Dataset) -> Result<Examples, Error> {
        let column = |feature: &crate::Feature| {
            let kind = match feature.kind {
                FeatureType::Category => ColumnKind::Category(feature.levels.clone()),
                FeatureType::Flag => ColumnKind::Flag,
                _ => ColumnKind::Number,
            };
            Column::new(feature.name.clone(), kind)
        };
        let columns = dataset.schema().columns().map(column).collect();
        let examples = Examples::new(columns, dataset.matrix().clone(), dataset.labels().to_vec())?;
        match dataset.weights() {
            Some(weights) => examples.with_weights(weights.to_vec()),
            None => Ok(examples),
        }
    }
}

fn invalid(path: impl Into<Path>, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidMatrix, path, message)
}
