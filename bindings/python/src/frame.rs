//! Tables as Arrow hands them over: leads as rows, and their activities in a table of their own.

use leadscore::arrow::{LeadTable, Table};
use leadscore::{Context, Error, Timestamp, When};
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3_arrow::PyTable;

use crate::enter::enter_parallel;
use crate::error::Text;
use crate::matrix::to_array;
use crate::pipeline::{Pipeline, to_dict};

/// A table whose columns are read when they are asked for.
#[pyclass(frozen, module = "leadscore._native")]
pub(crate) struct Frame(Table);

#[pymethods]
impl Frame {
    #[new]
    fn new(table: PyTable) -> Frame {
        let (batches, schema) = table.into_inner();
        Frame(Table::new(&schema, batches))
    }

    #[getter]
    fn rows(&self) -> usize {
        self.0.row_count()
    }

    /// Scores of all rows, and the strongest reasons of each where the context asks for some. With a column of times the
    /// context's own are not used.
    #[pyo3(signature = (pipeline, context, activities = None, on = None, as_of = None, threads = None))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords where they are seen")]
    fn score<'py>(
        &self,
        py: Python<'py>,
        pipeline: &Pipeline,
        context: Text<'_>,
        activities: Option<&Frame>,
        on: Option<&str>,
        as_of: Option<&str>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut scores = enter_parallel(py, threads, |workers| {
            let context = Context::from_json(&context.0)?;
            let (leads, times) = self.leads(pipeline, &context, activities, on, as_of)?;
            leads.score_columns(when(times.as_ref(), &context), context.options(), workers)
        })?;
        let reasons = std::mem::take(&mut scores.reasons);
        let dict = to_dict(py, scores)?;
        let (mut texts, mut points) = (Vec::new(), Vec::new());
        for column in reasons {
            texts.push(column.text);
            points.push(PyArray1::from_vec(py, column.points));
        }
        dict.set_item("reasons", texts)?;
        dict.set_item("points", points)?;
        Ok(dict)
    }

    /// The features of all rows: a matrix with the columns of the pipeline's schema.
    #[pyo3(signature = (pipeline, context, activities = None, on = None, as_of = None, threads = None))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords where they are seen")]
    fn features<'py>(
        &self,
        py: Python<'py>,
        pipeline: &Pipeline,
        context: Text<'_>,
        activities: Option<&Frame>,
        on: Option<&str>,
        as_of: Option<&str>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let matrix = enter_parallel(py, threads, |workers| {
            let context = Context::from_json(&context.0)?;
            let (leads, times) = self.leads(pipeline, &context, activities, on, as_of)?;
            leads.feature_matrix(when(times.as_ref(), &context), context.options().mode, workers)
        })?;
        Ok(to_array(py, matrix))
    }
}

impl Frame {
    /// The leads as the pipeline reads them, and the times in the column `as_of`.
    fn leads<'a>(
        &'a self,
        pipeline: &'a Pipeline,
        context: &Context,
        activities: Option<&Frame>,
        on: Option<&str>,
        as_of: Option<&str>,
    ) -> Result<(LeadTable<'a>, Option<Vec<Timestamp>>), Error> {
        let mut leads = LeadTable::new(&self.0, &pipeline.0)?;
        if let (Some(activities), Some(on)) = (activities, on) {
            leads = leads.with_activities(&self.0, &activities.0, on, context.zone())?;
        }
        let times = as_of.map(|column| self.0.times(column, context.zone())).transpose()?;
        Ok((leads, times))
    }
}

fn when<'a>(times: Option<&'a Vec<Timestamp>>, context: &'a Context) -> When<'a> {
    times.map_or(context.when(), |times| When::each(times, context.zone()))
}
