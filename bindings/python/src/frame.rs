//! Tables as Arrow hands them over: leads as rows, and their activities in a table of their own.

mod activities;
mod column;

use std::collections::HashMap;
use std::ops::Range;

use arrow_array::RecordBatch;
use leadscore::{Attribute, Context, Detail, FeatureMatrix, Lead, Mode, Prediction, Timestamp};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3_arrow::PyTable;

use self::activities::Activities;
use self::column::{Buffer, Column, id_text};
use crate::enter::{enter, enter_blocks};
use crate::pipeline::{BLOCK, Pipeline, Places, Scores};
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
            let mut context = context_of(&context.0)?;
            context.detail = Detail::Brief;
            context.reasons = explain;
            Leads::new(self, &pipeline.0, context, activities, on.as_deref(), as_of.as_deref())
        })?;
        let places = Places::new(&pipeline.0);
        let block = if explain == 0 { BLOCK } else { EXPLAINED_BLOCK };
        let parts = enter_blocks(py, self.rows, block, threads, |rows| {
            let (mut part, mut reasons) = (Scores::default(), Reasons::new(explain));
            if explain == 0 && leads.is_plain() {
                part.add_matrix(&pipeline.0, &leads.read(rows)?)?;
            } else {
                for prediction in leads.predictions(rows)? {
                    let tier = places.of(prediction.tier.as_deref());
                    let classes = prediction.classes.iter().map(|class| class.probability);
                    part.add(prediction.score, prediction.probability, tier, classes);
                    reasons.add(&prediction);
                }
            }
            Ok((part, reasons))
        })?;
        let (scores, reasons): (Vec<Scores>, Vec<Reasons>) = parts.into_iter().unzip();
        let dict = Scores::to_dict(py, &scores)?;
        let (mut texts, mut points) = (Vec::new(), Vec::new());
        for place in 0..explain {
            texts.push(reasons.iter().flat_map(|part| &part.texts[place]).collect::<Vec<_>>());
            let numbers: Vec<f64> = reasons.iter().flat_map(|part| part.points[place].clone()).collect();
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
            let context = context_of(&context.0)?;
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

fn context_of(text: &str) -> Result<Context, Problem> {
    Ok(Context::from_json(text)?)
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
        let read = pipeline.schema().attributes();
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
        let reader = pipeline.schema().column_reader(&named, context.as_of, &context.zone);
        let activities = match (activities, on) {
            (Some(activities), Some(on)) => Some(Activities::new(activities, on, &context.zone)?),
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
        self.context.mode == Mode::Lenient && self.activities.is_none() && self.as_of.is_none()
    }

    /// The features of some rows, straight from the columns.
    fn read(&self, rows: Range<usize>) -> Result<FeatureMatrix, Problem> {
        let mut buffers: Vec<Buffer> = self.columns.iter().map(|_| Buffer::default()).collect();
        let columns: Vec<leadscore::Column<'_>> = self
            .columns
            .iter()
            .zip(&mut buffers)
            .map(|((_, column), buffer)| column.read(rows.clone(), buffer))
            .collect();
        Ok(self.reader.read(rows.len(), &columns)?)
    }

    /// The features of some rows, lead by lead.
    fn matrix(&self, rows: Range<usize>) -> Result<FeatureMatrix, Problem> {
        let columns = self.pipeline.schema().columns().len();
        let mut values = Vec::with_capacity(rows.len() * columns);
        self.each(rows, |leads, context, from| {
            let matrix = self.pipeline.feature_matrix(leads, context);
            values.extend_from_slice(matrix.map_err(|error| Problem::from(error).further(from))?.values());
            Ok(())
        })?;
        Ok(FeatureMatrix::new(columns, values)?)
    }

    fn predictions(&self, rows: Range<usize>) -> Result<Vec<Prediction>, Problem> {
        let mut predictions = Vec::with_capacity(rows.len());
        self.each(rows, |leads, context, from| {
            for result in self.pipeline.score_many(leads, context) {
                predictions.push(result.map_err(|error| Problem::from(error).further(from))?);
            }
            Ok(())
        })?;
        Ok(predictions)
    }

    /// Hands out the leads of some rows in runs of the same moment, with the row each run starts at.
    fn each(
        &self,
        rows: Range<usize>,
        mut take: impl FnMut(&[Lead], &Context, usize) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let leads = self.leads(rows.clone())?;
        let Some(as_of) = &self.as_of else { return take(&leads, &self.context, rows.start) };
        let mut from = 0;
        for run in as_of[rows.clone()].chunk_by(|a, b| a == b) {
            let context = Context { as_of: run[0], ..self.context.clone() };
            take(&leads[from..from + run.len()], &context, rows.start + from)?;
            from += run.len();
        }
        Ok(())
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
                lead.id = id;
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
                let moment = Timestamp::parse(&text, &context.zone);
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

/// The strongest reasons of some rows, column by column.
struct Reasons {
    texts: Vec<Vec<Option<String>>>,
    points: Vec<Vec<f64>>,
}

impl Reasons {
    fn new(explain: usize) -> Reasons {
        Reasons { texts: vec![Vec::new(); explain], points: vec![Vec::new(); explain] }
    }

    fn add(&mut self, prediction: &Prediction) {
        let reasons = &prediction.explanation.reasons;
        for (place, (texts, points)) in self.texts.iter_mut().zip(&mut self.points).enumerate() {
            texts.push(reasons.get(place).map(|reason| reason.text.to_string()));
            points.push(reasons.get(place).map_or(f64::NAN, |reason| reason.points));
        }
    }
}
