//! Tables as Arrow hands them over: leads as rows, and their activities in a table of their own.

use std::borrow::Cow;

use leadscore::arrow::{FeatureTable, LeadTable, ModelTable, RowError, Table, TableScores};
use leadscore::error::Path;
use leadscore::parallel::MatrixRows;
use leadscore::{Context, Error, ErrorKind, Timestamp, When};
use leadscore_files::{full_name, match_columns, name_columns, worthless_columns};
use numpy::{PyArray2, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3_arrow::{PyChunkedArray, PyTable};

use crate::enter::{Progress, enter, enter_parallel, enter_telling};
use crate::error::{LeadscoreError, Text};
use crate::forest::Forest;
use crate::matrix::to_array;
use crate::pipeline::{Pipeline, to_frame_dict};

/// A table whose columns are read when they are asked for.
#[pyclass(frozen, module = "leadscore._native")]
pub(crate) struct Frame(Table);

/// The columns of a model, read from a table.
#[pyclass(frozen, module = "leadscore._native")]
pub(crate) struct ModelRows(pub(crate) ModelTable);

/// How leads are read: which column holds which attribute, the columns of ids in leads and activities, and the column of times.
#[derive(FromPyObject)]
pub(crate) struct Reading<'py> {
    #[pyo3(item)]
    context: String,
    #[pyo3(item)]
    columns: Vec<(String, String)>,
    #[pyo3(item)]
    activities: Option<Bound<'py, Frame>>,
    #[pyo3(item)]
    lead_id: Option<String>,
    #[pyo3(item)]
    activity_lead_id: Option<String>,
    #[pyo3(item)]
    as_of: Option<String>,
    #[pyo3(item)]
    allow_worthless: bool,
}

/// What of it threads may share.
struct Shared<'a> {
    columns: &'a [(String, String)],
    activities: Option<&'a Table>,
    lead_id: Option<&'a str>,
    activity_lead_id: Option<&'a str>,
    as_of: Option<&'a str>,
    allow_worthless: bool,
}

#[pymethods]
impl Frame {
    #[new]
    fn new(table: PyTable) -> Frame {
        let (batches, schema) = table.into_inner();
        Frame(Table::new(&schema, batches))
    }

    /// A table without columns, which are given one by one.
    #[staticmethod]
    fn of_rows(rows: usize) -> Frame {
        Frame(Table::of_rows(rows))
    }

    /// Which column of a table holds which attribute, by the names that files may have: attribute and column.
    #[staticmethod]
    fn match_columns(header: Vec<String>, attributes: Vec<String>) -> Vec<(String, String)> {
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let attributes: Vec<&str> = attributes.iter().map(String::as_str).collect();
        let found = match_columns(&header, &attributes).into_iter();
        found.map(|own| (own.attribute, own.column)).collect()
    }

    /// Which columns of a table hold the parts of a name, by the same names.
    #[staticmethod]
    fn name_columns(header: Vec<String>) -> Vec<String> {
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        name_columns(&header).into_iter().map(str::to_owned).collect()
    }

    /// The table with a column of names, made of their parts.
    fn with_full_names(&self, py: Python<'_>, name: Text<'_>, parts: Vec<String>) -> PyResult<Frame> {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let of_texts = |texts: &[Cow<'_, str>]| full_name(texts.iter().map(|text| &**text));
        enter(py, || self.0.clone().with_texts_of(&name.0, &parts, of_texts)).map(Frame)
    }

    fn with_numbers(&self, name: Text<'_>, numbers: PyReadonlyArray1<'_, f64>) -> PyResult<Frame> {
        let table = self.0.clone().with_numbers(&name.0, numbers.as_array().to_vec());
        Ok(Frame(table.map_err(LeadscoreError::from)?))
    }

    fn with_array(&self, name: Text<'_>, array: PyChunkedArray) -> PyResult<Frame> {
        let (arrays, _) = array.into_inner();
        Ok(Frame(self.0.clone().with_arrays(&name.0, arrays).map_err(LeadscoreError::from)?))
    }

    fn with_values(
        &self,
        py: Python<'_>,
        name: Text<'_>,
        places: PyReadonlyArray1<'_, u32>,
        values: Text<'_>,
        is_category: bool,
    ) -> PyResult<Frame> {
        let places = places.as_array().to_vec();
        enter(py, || self.0.clone().with_values(&name.0, places, &values.0, is_category)).map(Frame)
    }

    #[getter]
    fn rows(&self) -> usize {
        self.0.row_count()
    }

    /// Scores of all rows, and the strongest reasons of each where the context asks for some. With a column of times the
    /// context's own are not used. With `keep_going` a lead that is refused stands as its error, and with `report` every
    /// lead has what it lacks and what could not be used.
    #[pyo3(signature = (pipeline, reading, keep_going = false, report = false, threads = None, progress = None))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords where they are seen")]
    fn score<'py>(
        &self,
        py: Python<'py>,
        pipeline: &Pipeline,
        reading: Reading<'_>,
        keep_going: bool,
        report: bool,
        threads: Option<usize>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let shared = reading.shared();
        let progress = progress.map(|call| Progress { call, total: self.0.row_count() });
        let (scores, reports) = enter_telling(py, threads, progress, |workers| {
            let context = Context::from_json(&reading.context)?;
            let (leads, times) = self.leads(pipeline, &context, &shared)?;
            let when = when(times.as_ref(), &context);
            let scores = if keep_going {
                leads.score_each(when, context.options(), workers)?
            } else {
                let mut scores = TableScores::default();
                scores.columns = leads.score_columns(when, context.options(), workers)?;
                scores
            };
            Ok((scores, if report { leads.reports(when, workers)? } else { Vec::new() }))
        })?;
        let TableScores { columns, errors, .. } = scores;
        let dict = to_frame_dict(py, columns)?;
        let errors: Vec<(usize, Py<PyAny>)> = errors
            .into_iter()
            .map(|RowError { row, error, .. }| {
                (row, PyErr::from(LeadscoreError::from(error)).into_value(py).into_any())
            })
            .collect();
        dict.set_item("errors", errors)?;
        let join = |texts: &[String], by: &str| (!texts.is_empty()).then(|| texts.join(by));
        dict.set_item("missing", reports.iter().map(|own| join(&own.missing, ", ")).collect::<Vec<_>>())?;
        dict.set_item("warnings", reports.iter().map(|own| join(&own.warnings, "; ")).collect::<Vec<_>>())?;
        Ok(dict)
    }

    /// The features of all rows: a matrix with the columns of the pipeline's schema.
    #[pyo3(signature = (pipeline, reading, threads = None))]
    fn features<'py>(
        &self,
        py: Python<'py>,
        pipeline: &Pipeline,
        reading: Reading<'_>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let shared = reading.shared();
        let matrix = enter_parallel(py, threads, |workers| {
            let context = Context::from_json(&reading.context)?;
            let (leads, times) = self.leads(pipeline, &context, &shared)?;
            leads.feature_matrix(when(times.as_ref(), &context), context.options().mode, workers)
        })?;
        Ok(to_array(py, matrix))
    }

    /// Scores of rows whose columns are the pipeline's features.
    #[pyo3(signature = (pipeline, columns, threads = None))]
    fn score_features<'py>(
        &self,
        py: Python<'py>,
        pipeline: &Pipeline,
        columns: Vec<(String, String)>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let scores = enter_parallel(py, threads, |workers| {
            FeatureTable::new(&self.0, &pipeline.0, &pairs(&columns))?.score_columns(workers)
        })?;
        to_frame_dict(py, scores)
    }

    /// The same rows as a matrix.
    fn feature_values<'py>(
        &self,
        py: Python<'py>,
        pipeline: &Pipeline,
        columns: Vec<(String, String)>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let matrix = enter(py, || {
            let table = FeatureTable::new(&self.0, &pipeline.0, &pairs(&columns))?;
            table.block(0..table.row_count())
        })?;
        Ok(to_array(py, matrix))
    }

    /// The columns that a model reads.
    fn model_rows(&self, py: Python<'_>, forest: &Forest, unseen: Text<'_>) -> PyResult<ModelRows> {
        enter(py, || ModelTable::new(&self.0, &forest.0, unseen.0.parse()?)).map(ModelRows)
    }
}

#[pymethods]
impl ModelRows {
    /// The values that are no level of their column and count as missing: column, value, row and how many.
    fn unseen(&self) -> Vec<(String, String, usize, usize)> {
        let told = self.0.unseen().iter();
        told.map(|own| (own.column.clone(), own.first.clone(), own.first_row, own.count)).collect()
    }

    fn to_matrix<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        Ok(to_array(py, enter(py, || self.0.block(0..self.0.row_count()))?))
    }
}

impl Reading<'_> {
    fn shared(&self) -> Shared<'_> {
        Shared {
            columns: &self.columns,
            activities: self.activities.as_ref().map(|frame| &frame.get().0),
            lead_id: self.lead_id.as_deref(),
            activity_lead_id: self.activity_lead_id.as_deref(),
            as_of: self.as_of.as_deref(),
            allow_worthless: self.allow_worthless,
        }
    }
}

impl Frame {
    /// The leads as the pipeline reads them, and the times in the column `as_of`.
    fn leads<'a>(
        &'a self,
        pipeline: &'a Pipeline,
        context: &Context,
        reading: &Shared<'_>,
    ) -> Result<(LeadTable<'a>, Option<Vec<Timestamp>>), Error> {
        let mut leads = LeadTable::with_names(&self.0, &pipeline.0, &pairs(reading.columns))?;
        if let (Some(activities), Some(lead), Some(own)) =
            (reading.activities, reading.lead_id, reading.activity_lead_id)
        {
            leads.add_activities(&self.0, lead, activities, own, context.zone())?;
        }
        if !reading.allow_worthless {
            let header: Vec<&str> = self.0.names().iter().map(String::as_str).collect();
            let present: Vec<&str> =
                reading.columns.iter().map(|(attribute, _)| attribute.as_str()).collect();
            let has_value = leads.has_value(&pipeline.0.score_inputs().attributes);
            let has_log = reading.activities.is_some_and(|table| table.row_count() > 0);
            let reason = worthless_columns(&pipeline.0, &header, &present, has_value, has_log);
            if let Some(reason) = reason.filter(|_| self.0.row_count() > 0) {
                let message = format!("{reason}; allow_worthless=True scores it all the same");
                return Err(Error::new(ErrorKind::WorthlessResult, Path::from("leads"), message));
            }
        }
        let times = reading.as_of.map(|column| self.0.times(column, context.zone())).transpose()?;
        Ok((leads, times))
    }
}

fn pairs(columns: &[(String, String)]) -> Vec<(&str, &str)> {
    columns.iter().map(|(attribute, column)| (attribute.as_str(), column.as_str())).collect()
}

fn when<'a>(times: Option<&'a Vec<Timestamp>>, context: &'a Context) -> When<'a> {
    times.map_or(context.when(), |times| When::each(times, context.zone()))
}
