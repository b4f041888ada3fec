//! Leads and activities in Arrow tables (feature `arrow`): a row is a [`Record`], and a table is scored into columns.

mod activities;
mod column;

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use self::activities::ActivitiesByLead;
use self::column::{Buffer, Column, id_text};
use crate::error::Path;
use crate::parallel::Workers;
use crate::pipeline::{QUICK_BLOCK, SLOW_BLOCK, check_count};
use crate::record::{Activities, AttributeKey, AttributeNames, AttributeRef};
use crate::{
    AttributeColumn, ColumnReader, Error, ErrorKind, FeatureMatrix, Mode, Pipeline, Record, ScoreColumns,
    ScoreOptions, Timestamp, When, Zone,
};

/// Fields of a record that are no attributes.
const NO_ATTRIBUTES: [&str; 2] = ["id", "lead_id"];

/// What errors call a table of leads.
const LEADS: &str = "leads";

/// A table whose columns are read when they are asked for; the batches are shared, not copied.
#[derive(Debug, Clone)]
pub struct Table {
    names: Vec<String>,
    batches: Vec<RecordBatch>,
    row_count: usize,
}

impl Table {
    /// A table of batches with one schema.
    pub fn new(schema: &Schema, batches: Vec<RecordBatch>) -> Table {
        let names = schema.fields().iter().map(|field| field.name().clone()).collect();
        let row_count = batches.iter().map(RecordBatch::num_rows).sum();
        Table { names, batches, row_count }
    }

    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        self.row_count
    }

    /// The times in a column, one for each lead: as a time, or as whole milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// `invalid_lead` where there is no such column; `invalid_context` with the row for what is no time.
    pub fn times(&self, name: &str, zone: &Zone) -> Result<Vec<Timestamp>, Error> {
        let column = self.column(LEADS, self.position(LEADS, name)?)?;
        let mut known: HashMap<&str, Timestamp> = HashMap::new();
        let mut times = Vec::with_capacity(self.row_count);
        for row in 0..self.row_count {
            let error = |message: &str| {
                let path = Path::from(LEADS).index(row).field(name);
                Error::new(ErrorKind::InvalidContext, path, message)
            };
            times.push(match column.value(row) {
                Some(AttributeRef::Text(text)) => {
                    let time = match known.get(text) {
                        Some(time) => Ok(*time),
                        None => Timestamp::parse(text, zone),
                    };
                    let time = time.map_err(|problem| error(problem.message()))?;
                    known.insert(text, time);
                    time
                }
                Some(AttributeRef::Number(millis)) if millis == millis.trunc() => {
                    Timestamp::from_millis(millis as i64).map_err(|problem| error(problem.message()))?
                }
                Some(_) => return Err(error("wants a time, or whole milliseconds since 1970")),
                None => return Err(error("there is no time to score this lead as of")),
            });
        }
        Ok(times)
    }

    /// The position of a column that must be there once.
    fn position(&self, list: &'static str, name: &str) -> Result<usize, Error> {
        let error = |message| Err(Error::new(ErrorKind::InvalidLead, list, message));
        let mut positions = self.names.iter().enumerate().filter(|(_, own)| *own == name);
        match (positions.next(), positions.next()) {
            (Some((position, _)), None) => Ok(position),
            (Some(_), Some(_)) => error(format!("two columns are named `{name}`")),
            (None, _) => {
                let known = self.names.join(", ");
                error(format!("there is no column `{name}`; there are: {known}"))
            }
        }
    }

    fn column(&self, list: &'static str, position: usize) -> Result<Column, Error> {
        let arrays = self.batches.iter().map(|batch| batch.column(position).clone()).collect();
        Column::new(list, &self.names[position], arrays)
    }
}

/// The leads of a table as a pipeline reads them: columns are attributes by their names.
pub struct LeadTable<'a> {
    pipeline: &'a Pipeline,
    row_count: usize,
    /// The columns the pipeline reads, by attribute.
    columns: Vec<(&'a str, Column)>,
    /// For every attribute of the schema its position in `columns`.
    by_attribute: Vec<Option<usize>>,
    /// The leads' ids, and what happened with them.
    activities: Option<(Column, ActivitiesByLead)>,
}

impl<'a> LeadTable<'a> {
    /// Reads the columns that the pipeline's features are computed from.
    ///
    /// # Errors
    /// `invalid_lead` with the column for values that no attribute can have, or where two such columns have one name.
    pub fn new(table: &'a Table, pipeline: &'a Pipeline) -> Result<LeadTable<'a>, Error> {
        let names = pipeline.schema().attribute_names();
        let (mut columns, mut by_attribute) = (Vec::new(), vec![None; names.len()]);
        for (position, name) in table.names.iter().enumerate() {
            let Some(attribute) = names.index(name) else { continue };
            // Refuses the second column of a name.
            table.position(LEADS, name)?;
            if !NO_ATTRIBUTES.contains(&name.as_str()) {
                by_attribute[attribute] = Some(columns.len());
                columns.push((name.as_str(), table.column(LEADS, position)?));
            }
        }
        Ok(LeadTable { pipeline, row_count: table.row_count, columns, by_attribute, activities: None })
    }

    /// With the leads' activities, in a table with the columns `kind`, `at` and the lead's id in `id_column`, which both
    /// tables have; an `id` if events may stand twice, and properties. A time without an offset is meant in `zone`.
    ///
    /// # Errors
    /// `invalid_lead` where a column is missing or a row of activities cannot be read.
    pub fn with_activities(
        mut self,
        leads: &Table,
        activities: &Table,
        id_column: &str,
        zone: &Zone,
    ) -> Result<LeadTable<'a>, Error> {
        let activities = ActivitiesByLead::new(activities, id_column, zone)?;
        let ids = leads.column(LEADS, leads.position(LEADS, id_column)?)?;
        self.activities = Some((ids, activities));
        Ok(self)
    }

    /// One of the leads.
    ///
    /// # Errors
    /// `invalid_lead` for a lead without an id, where there are activities.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, index: usize) -> Result<LeadRow<'_>, Error> {
        assert!(index < self.row_count, "row {index} of {} rows", self.row_count);
        let Some((ids, _)) = &self.activities else {
            return Ok(LeadRow { leads: self, index, id: None });
        };
        let Some(id) = ids.value(index).and_then(id_text) else {
            let path = Path::from(LEADS).index(index);
            return Err(Error::new(ErrorKind::InvalidLead, path, "a lead without an id has no activities"));
        };
        Ok(LeadRow { leads: self, index, id: Some(id.into_owned()) })
    }

    /// The scores of all leads, with the bits of [`Pipeline::score_columns`] for the same leads as records.
    ///
    /// # Errors
    /// As there; `cancelled` and `internal`.
    pub fn score_columns(
        &self,
        when: When<'_>,
        options: &ScoreOptions,
        workers: &Workers<'_>,
    ) -> Result<ScoreColumns, Error> {
        check_count(self.row_count, when)?;
        let blocks = match self.reader(when, options.mode) {
            // Reasons take their time.
            Some(reader) if options.reasons == 0 => workers.run_blocks(self.row_count, QUICK_BLOCK, |rows| {
                self.pipeline.score_matrix(&self.read(&reader, rows)?)
            }),
            _ => workers.run_blocks(self.row_count, SLOW_BLOCK, |rows| {
                let leads = self.rows(rows.clone())?;
                self.pipeline.columns(&leads, rows.start, when.slice(rows), options)
            }),
        };
        blocks.map(ScoreColumns::concat)
    }

    /// The features of all leads, as [`Pipeline::feature_matrix`] gives them for the same leads as records.
    ///
    /// # Errors
    /// As there; `cancelled` and `internal`.
    pub fn feature_matrix(
        &self,
        when: When<'_>,
        mode: Mode,
        workers: &Workers<'_>,
    ) -> Result<FeatureMatrix, Error> {
        check_count(self.row_count, when)?;
        let blocks = match self.reader(when, mode) {
            Some(reader) => workers.run_blocks(self.row_count, QUICK_BLOCK, |rows| self.read(&reader, rows)),
            None => workers.run_blocks(self.row_count, SLOW_BLOCK, |rows| {
                let leads = self.rows(rows.clone())?;
                self.pipeline.matrix(&leads, rows.start, when.slice(rows), mode)
            }),
        };
        let blocks: Vec<Vec<f64>> = blocks?.iter().map(|block| block.values().to_vec()).collect();
        FeatureMatrix::of_schema(self.pipeline.schema(), blocks.concat())
    }

    /// Reads columns at once, where features come from attributes alone, as of one time, and nothing is refused.
    fn reader(&self, when: When<'_>, mode: Mode) -> Option<ColumnReader<'_>> {
        let When::All(as_of) = when else { return None };
        if mode != Mode::Lenient || self.activities.is_some() {
            return None;
        }
        let columns: Vec<_> = self.columns.iter().map(|(name, column)| (*name, column.distinct())).collect();
        Some(self.pipeline.schema().column_reader(&columns, as_of.time, &as_of.zone))
    }

    fn read(&self, reader: &ColumnReader<'_>, rows: Range<usize>) -> Result<FeatureMatrix, Error> {
        let mut buffers: Vec<Buffer> = self.columns.iter().map(|_| Buffer::default()).collect();
        let columns = self.columns.iter().zip(&mut buffers);
        let columns: Vec<AttributeColumn<'_>> =
            columns.map(|((_, column), buffer)| column.read(rows.clone(), buffer)).collect();
        reader.read(rows.len(), &columns)
    }

    fn rows(&self, rows: Range<usize>) -> Result<Vec<LeadRow<'_>>, Error> {
        rows.map(|row| self.row(row)).collect()
    }
}

impl fmt::Debug for LeadTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeadTable")
            .field("row_count", &self.row_count)
            .field("columns", &self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// One lead of a table, whose values stay in the table.
#[derive(Debug, Clone)]
pub struct LeadRow<'a> {
    leads: &'a LeadTable<'a>,
    index: usize,
    id: Option<String>,
}

impl Record for LeadRow<'_> {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    fn attribute(&self, key: AttributeKey<'_>) -> Option<AttributeRef<'_>> {
        let column = self.leads.by_attribute[key.index()]?;
        self.leads.columns[column].1.value(self.index)
    }

    fn activities(&self) -> Activities<'_> {
        match (&self.leads.activities, &self.id) {
            (Some((_, activities)), Some(id)) => activities.of_lead(id).into(),
            _ => Activities::default(),
        }
    }

    fn check_names(&self, names: &AttributeNames) -> Result<(), Error> {
        if *names == *self.leads.pipeline.schema().attribute_names() {
            return Ok(());
        }
        let message = "the table was read for a pipeline with other attributes";
        Err(Error::new(ErrorKind::InvalidLead, "", message))
    }
}
