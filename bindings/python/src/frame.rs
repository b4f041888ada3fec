//! Tables as Arrow hands them over: leads as rows, and their activities in a table of their own.

mod activities;
mod column;

use std::collections::HashMap;
use std::ops::Range;

use arrow_array::RecordBatch;
use leadscore::{Attribute, Context, FeatureMatrix, Lead, Mode, ScoreColumns, ScoreOptions, Timestamp, When};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3_arrow::PyTable;

use self::activities::Activities;
use self::column::{Buffer, Column, id_text};
use crate::enter::{enter, enter_blocks};
use crate::pipeline::{BLOCK, Pipeline, to_dict};
use crate::problem::{Problem, Text};

/// Rows of a block where reasons are asked for, which take their time.
const EXPLAINED_BLOCK: usize = 64;
/// Fields of a record that are no attributes.
const NO_ATTRIBUTES: [&str; 2] = ["id", "lead_id"];

/// A table whose columns are read when they are asked for.
#[pyclass(frozen, module = "leadscore._native")]
pub(crate) struct Frame {
    names: Vec<String>,
    batches: Vec<RecordBatch>,
    rows: usize,
}

#[pymethods]
impl Frame {
    #[new]
    fn new(table: PyTable) -> Frame {
        let (batches, schema) = table.into_inner();
        let names = schema.fields().iter().map(|field| field.name().clone()).collect();
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        Frame { names, batches, rows }
    }

    #[getter]
    fn rows(&self) -> usize {
        self.rows
    }

    /// Scores of all rows, and the strongest reasons of each where some are asked for.
    #[pyo3(signature = (pipeline, context, activities = None, on = None, as_of = None, explain = 0, threads = None))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords where they are seen")]
    fn score<'py>(
        &self,
        py: Python<'py>,
        pipeline: &Pipeline,
        context: Text<'_>,
        activities: Option<&Frame>,
        on: Option<String>,
        as_of: Option<String>,
        explain: usize,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let leads = enter(py, || {
            let context = Context::from_json(&context.0)?;
            Leads::new(self, &pipeline.0, context, activities, on.as_deref(), as_of.as_deref())
        })?;
        let options = leads.context.options().reasons(explain);
        let block = if explain == 0 { BLOCK } else { EXPLAINED_BLOCK };
        let parts = enter_blocks(py, self.rows, block, threads, |rows| {
            if explain == 0 && leads.is_plain() {
                Ok(pipeline.0.score_matrix(&leads.read(rows)?)?)
            } else {
                leads.scores(rows, &options)
            }
        })?;
        let dict = to_dict(py, &parts)?;
        let (mut texts, mut points) = (Vec::new(), Vec::new());
        for rank in 0..explain {
            texts.push(parts.iter().flat_map(|part| &part.reasons[rank].text).collect::<Vec<_>>());
            let numbers: Vec<f64> =
                parts.iter().flat_map(|part| &part.reasons[rank].points).copied().collect();
            points.push(PyArray1::from_vec(py, numbers));
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
        on: Option<String>,
        as_of: Option<String>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let leads = enter(py, || {
            let context = Context::from_json(&context.0)?;
            Leads::new(self, &pipeline.0, context, activities, on.as_deref(), as_of.as_deref())
        })?;
        let parts = enter_blocks(py, self.rows, BLOCK, threads, |rows| {
            let matrix = if leads.is_plain() { leads.read(rows)? } else { leads.matrix(rows)? };
            Ok(matrix.values().to_vec())
        })?;
        let columns = pipeline.0.schema().columns().len();
        PyArray1::from_vec(py, parts.concat()).reshape([self.rows, columns])
    }
}

impl Frame {
    /// The place of a column that must be there.
    fn place(&self, name: &str, table: &str) -> Result<usize, Problem> {
        let mut places = self.names.iter().enumerate().filter(|(_, own)| *own == name);
        match (places.next(), places.next()) {
            (Some((place, _)), None) => Ok(place),
            (Some(_), Some(_)) => {
                Err(Problem::new("invalid_lead", table, format!("two columns are named `{name}`")))
            }
            (None, _) => {
                let known = self.names.join(", ");
                Err(Problem::new(
                    "invalid_lead",
                    table,
                    format!("there is no column `{name}`; there are: {known}"),
                ))
            }
        }
    }

    fn column(&self, place: usize) -> Result<Column, Problem> {
        let arrays = self.batches.iter().map(|batch| batch.column(place).clone()).collect();
        Column::new(&self.names[place], arrays)
    }
}

/// The leads of a frame as a pipeline reads them.
struct Leads<'a> {
    pipeline: &'a leadscore::Pipeline,
    context: Context,
    /// The columns the pipeline reads, by attribute.
    columns: Vec<(&'a str, Column)>,
    reader: leadscore::ColumnReader<'a>,
    /// The ids, where activities are looked up by them.
    ids: Option<Column>,
    activities: Option<Activities>,
    as_of: Option<Vec<Timestamp>>,
}

impl<'a> Leads<'a> {
    fn new(
        frame: &'a Frame,
        pipeline: &'a leadscore::Pipeline,
        context: Context,
        activities: Option<&Frame>,
        on: Option<&str>,
        as_of: Option<&str>,
    ) -> Result<Leads<'a>, Problem> {
        let read: Vec<&str> = pipeline.schema().attribute_names().iter().collect();
        let mut columns = Vec::new();
        for (at, name) in frame.names.iter().enumerate() {
            if frame.names[..at].contains(name) && read.contains(&name.as_str()) {
                frame.place(name, "leads")?;
            }
            if read.contains(&name.as_str()) && !NO_ATTRIBUTES.contains(&name.as_str()) {
                columns.push((name.as_str(), frame.column(at)?));
            }
        }
        let named: Vec<(&str, &[Attribute])> =
            columns.iter().map(|(name, column)| (*name, column.distinct())).collect();
        let reader = pipeline.schema().column_reader(&named, context.as_of()?.time, context.zone());
        let activities = match (activities, on) {
            (Some(activities), Some(on)) => Some(Activities::new(activities, on, context.zone())?),
            _ => None,
        };
        let ids = match (&activities, on) {
            (Some(_), Some(on)) => Some(frame.column(frame.place(on, "leads")?)?),
            _ => None,
        };
        let as_of = match as_of {
            Some(name) => Some(moments(frame, name, &context)?),
            None => None,
        };
        Ok(Leads { pipeline, context, columns, reader, ids, activities, as_of })
    }

    /// Whether features come from columns alone.
    fn is_plain(&self) -> bool {
        self.context.options().mode == Mode::Lenient && self.activities.is_none() && self.as_of.is_none()
    }

    /// The features of some rows, straight from the columns.
    fn read(&self, rows: Range<usize>) -> Result<FeatureMatrix, Problem> {
        let mut buffers: Vec<Buffer> = self.columns.iter().map(|_| Buffer::default()).collect();
        let columns: Vec<leadscore::AttributeColumn<'_>> = self
            .columns
            .iter()
            .zip(&mut buffers)
            .map(|((_, column), buffer)| column.read(rows.clone(), buffer))
            .collect();
        Ok(self.reader.read(rows.len(), &columns)?)
    }

    /// The features of some rows, lead by lead.
    fn matrix(&self, rows: Range<usize>) -> Result<FeatureMatrix, Problem> {
        let leads = self.leads(rows.clone())?;
        let matrix = self.pipeline.feature_matrix(&leads, self.when(&rows), self.context.options().mode);
        matrix.map_err(|error| Problem::from(error).further(rows.start))
    }

    fn scores(&self, rows: Range<usize>, options: &ScoreOptions) -> Result<ScoreColumns, Problem> {
        let leads = self.leads(rows.clone())?;
        let scores = self.pipeline.score_columns(&leads, self.when(&rows), options);
        scores.map_err(|error| Problem::from(error).further(rows.start))
    }

    /// When some rows are scored as of.
    fn when(&self, rows: &Range<usize>) -> When<'_> {
        match &self.as_of {
            Some(times) => When::each(&times[rows.clone()], self.context.zone()),
            None => self.context.when(),
        }
    }

    fn leads(&self, rows: Range<usize>) -> Result<Vec<Lead>, Problem> {
        let mut leads: Vec<Lead> = rows.clone().map(|_| Lead::default()).collect();
        for (name, column) in &self.columns {
            for (lead, value) in leads.iter_mut().zip(column.attributes(rows.clone())) {
                if let Some(value) = value {
                    lead.attributes.insert((*name).to_owned(), value);
                }
            }
        }
        if let (Some(ids), Some(activities)) = (&self.ids, &self.activities) {
            for ((lead, id), row) in leads.iter_mut().zip(ids.attributes(rows.clone())).zip(rows) {
                let Some(id) = id.as_ref().and_then(id_text) else {
                    return Err(Problem::new(
                        "invalid_lead",
                        format!("leads[{row}]"),
                        "a lead without an id has no activities",
                    ));
                };
                lead.activities = activities.of(&id);
                lead.id = Some(id);
            }
        }
        Ok(leads)
    }
}

/// The moments in a column: times, or milliseconds since the Unix epoch, as in a context.
fn moments(frame: &Frame, name: &str, context: &Context) -> Result<Vec<Timestamp>, Problem> {
    let column = frame.column(frame.place(name, "leads")?)?;
    let mut known: HashMap<String, Timestamp> = HashMap::new();
    let mut moments = Vec::with_capacity(frame.rows);
    for (row, value) in column.attributes(0..frame.rows).into_iter().enumerate() {
        let error = |message: &str| {
            Problem::new("invalid_context", format!("leads[{row}].{name}"), message.to_owned())
        };
        moments.push(match value {
            Some(Attribute::Text(text)) if known.contains_key(&text) => known[&text],
            Some(Attribute::Text(text)) => {
                let moment = Timestamp::parse(&text, context.zone());
                let moment = moment.map_err(|problem| error(problem.message()))?;
                known.insert(text, moment);
                moment
            }
            Some(Attribute::Number(millis)) if millis == millis.trunc() => {
                Timestamp::from_millis(millis as i64).map_err(|problem| error(problem.message()))?
            }
            Some(_) => return Err(error("wants a time, or whole milliseconds since 1970")),
            None => return Err(error("there is no moment to judge this lead as of")),
        });
    }
    Ok(moments)
}
