//! Labelled training data: features of past leads, each as of its own time, with the outcome.

use super::extract::{Extraction, ExtractionBuffers, Mode};
use super::feature_type::FeatureType;
use super::matrix::FeatureMatrix;
use super::schema::FeatureSchema;
use crate::error::Path;
use crate::record::Record;
use crate::{Error, ErrorKind, Timestamp, Zone};

/// A labelled feature matrix: each row is a lead as of its own time.
///
/// ```
/// use leadscore::{Dataset, Lead, Pipeline, Timestamp, Zone};
/// let pipeline = Pipeline::builtin("conversion")?;
/// let mut rows = Dataset::builder(pipeline.schema(), Zone::utc());
/// let won = Lead::new("l-1").with("company", "Acme").with("created_at", "2026-01-05");
/// rows.add(&won, Timestamp::parse("2026-02-01", &Zone::utc())?, 1.0)?;
/// rows.add(&Lead::new("l-2"), Timestamp::parse("2026-03-01", &Zone::utc())?, 0.0)?;
/// let dataset = rows.finish()?;
/// assert_eq!((dataset.matrix().row_count(), dataset.labels()), (2, &[1.0, 0.0][..]));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    schema: FeatureSchema,
    matrix: FeatureMatrix,
    labels: Vec<f64>,
    weights: Option<Vec<f64>>,
    as_of: Vec<Timestamp>,
    ids: Vec<Option<String>>,
}

impl Dataset {
    /// Collects rows for a schema; local hours, weekdays and times without an offset are interpreted in `zone`.
    pub fn builder(schema: &FeatureSchema, zone: Zone) -> DatasetBuilder<'_> {
        DatasetBuilder {
            schema,
            zone,
            mode: Mode::Lenient,
            values: Vec::new(),
            labels: Vec::new(),
            weights: Vec::new(),
            as_of: Vec::new(),
            ids: Vec::new(),
            extraction: Extraction::default(),
            buffers: ExtractionBuffers::with_caches(),
        }
    }

    /// Rows whose features are known already: a matrix with a schema's columns, a label for each row, and a weight for
    /// each, or none. Rows have neither an id nor a time.
    ///
    /// ```
    /// use leadscore::{Dataset, FeatureMatrix, FeatureSchema};
    /// let schema = FeatureSchema::from_json(
    ///     r#"{"features": [{"name": "visits", "type": "number", "source": {"from": "attribute"}}]}"#,
    /// )?;
    /// let rows = FeatureMatrix::new(1, vec![3.0, f64::NAN])?;
    /// let dataset = Dataset::from_matrix(schema, rows, vec![1.0, 0.0], None)?;
    /// assert_eq!(dataset.labels(), [1.0, 0.0]);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    ///
    /// # Errors
    /// `invalid_matrix` where the columns are not those of the schema, counts differ, there is no row, a value is infinite, a
    /// flag is neither 0 nor 1, a cell of a category is no position of a level, a label is not finite, or a weight is negative
    /// or not finite; with the path.
    pub fn from_matrix(
        schema: FeatureSchema,
        matrix: FeatureMatrix,
        labels: Vec<f64>,
        weights: Option<Vec<f64>>,
    ) -> Result<Dataset, Error> {
        matrix.check(&schema)?;
        let count = matrix.row_count();
        let invalid = |path: Path, message: String| Err(Error::new(ErrorKind::InvalidMatrix, path, message));
        if count == 0 {
            return invalid(Path::default(), "there is no row".to_owned());
        }
        if labels.len() != count {
            return invalid(Path::from_field("labels"), format!("{} labels for {count} rows", labels.len()));
        }
        if let Some(row) = labels.iter().position(|label| !label.is_finite()) {
            let message = format!("a label is a finite number, found {}", labels[row]);
            return invalid(Path::from_field("labels").index(row), message);
        }
        if let Some(weights) = &weights {
            if weights.len() != count {
                let message = format!("{} weights for {count} rows", weights.len());
                return invalid(Path::from_field("weights"), message);
            }
            if let Some(row) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
                let message = format!("a weight is a finite number from 0 up, found {}", weights[row]);
                return invalid(Path::from_field("weights").index(row), message);
            }
        }
        for (column, feature) in schema.columns().enumerate() {
            let is_allowed = |value: f64| match feature.kind {
                FeatureType::Category => {
                    value >= 0.0 && value.fract() == 0.0 && value < feature.levels.len() as f64
                }
                FeatureType::Flag => value == 0.0 || value == 1.0,
                _ => value.is_finite(),
            };
            let value = |row: &usize| matrix.row(*row)[column];
            if let Some(row) = (0..count).find(|row| !(value(row).is_nan() || is_allowed(value(row)))) {
                let message = format!("{} is no {} of `{}`", value(&row), feature.kind.word(), feature.name);
                return invalid(Path::from_field("rows").index(row), message);
            }
        }
        let matrix = matrix.with_column_names(schema.columns().map(|feature| &*feature.name))?;
        let weights = weights.filter(|own| own.iter().any(|weight| *weight != 1.0));
        Ok(Dataset { schema, matrix, labels, weights, as_of: Vec::new(), ids: vec![None; count] })
    }

    /// The features.
    pub fn schema(&self) -> &FeatureSchema {
        &self.schema
    }

    /// One row for each lead, the schema's columns, NaN where missing.
    pub fn matrix(&self) -> &FeatureMatrix {
        &self.matrix
    }

    /// The outcome of each lead, such as 1 for won and 0 for lost.
    pub fn labels(&self) -> &[f64] {
        &self.labels
    }

    /// The weight of each row; `None` where all are 1.
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// The point in time as of which each row was computed; empty where it was made of a matrix.
    pub fn as_of(&self) -> &[Timestamp] {
        &self.as_of
    }

    /// The caller's id of each lead, where it has one.
    pub fn ids(&self) -> &[Option<String>] {
        &self.ids
    }
}

/// Collects the rows of a [`Dataset`].
#[derive(Debug, Clone)]
pub struct DatasetBuilder<'s> {
    schema: &'s FeatureSchema,
    zone: Zone,
    mode: Mode,
    values: Vec<f64>,
    labels: Vec<f64>,
    weights: Vec<f64>,
    as_of: Vec<Timestamp>,
    ids: Vec<Option<String>>,
    extraction: Extraction,
    buffers: ExtractionBuffers,
}

impl DatasetBuilder<'_> {
    /// What to do with missing and unusable values; lenient by default.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Adds a lead as of a point in time, with its outcome.
    ///
    /// # Errors
    /// In strict mode `missing_feature` and `invalid_feature`, with the row as `rows[3]`; `invalid_matrix` for a label
    /// that is not finite.
    pub fn add<R: Record + ?Sized>(&mut self, record: &R, as_of: Timestamp, label: f64) -> Result<(), Error> {
        self.add_weighted(record, as_of, label, 1.0)
    }

    /// The same for a row that counts more or less than others.
    ///
    /// # Errors
    /// As [`DatasetBuilder::add`]; `invalid_matrix` for a weight that is negative or not finite.
    pub fn add_weighted<R: Record + ?Sized>(
        &mut self,
        record: &R,
        as_of: Timestamp,
        label: f64,
        weight: f64,
    ) -> Result<(), Error> {
        let row = || Path::from_field("rows").index(self.labels.len());
        if !label.is_finite() {
            let message = format!("a label is a finite number, found {label}");
            return Err(Error::new(ErrorKind::InvalidMatrix, row(), message));
        }
        if !(weight.is_finite() && weight >= 0.0) {
            let message = format!("a weight is a finite number from 0 up, found {weight}");
            return Err(Error::new(ErrorKind::InvalidMatrix, row(), message));
        }
        self.schema
            .extract(record, as_of, &self.zone, self.mode, &mut self.buffers, &mut self.extraction)
            .map_err(|error| error.within(row()))?;
        self.values.extend_from_slice(&self.extraction.columns);
        self.labels.push(label);
        self.weights.push(weight);
        self.as_of.push(as_of);
        self.ids.push(record.id().map(str::to_owned));
        Ok(())
    }

    /// The rows collected so far.
    ///
    /// # Errors
    /// `invalid_matrix` when there is none.
    pub fn finish(self) -> Result<Dataset, Error> {
        if self.labels.is_empty() {
            return Err(Error::new(ErrorKind::InvalidMatrix, "", "there is no row"));
        }
        Ok(Dataset {
            matrix: FeatureMatrix::of_schema(self.schema, self.values)?,
            schema: self.schema.clone(),
            labels: self.labels,
            weights: self.weights.iter().any(|weight| *weight != 1.0).then_some(self.weights),
            as_of: self.as_of,
            ids: self.ids,
        })
    }
}
