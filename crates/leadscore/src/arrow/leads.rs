//! Leads as the rows of a table.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use super::activities::ActivitiesByLead;
use super::column::{Buffer, Column, id_text};
use super::{LEADS, Table};
use crate::error::Path;
use crate::feature::{UnusableTally, UnusableValues};
use crate::parallel::Workers;
use crate::pipeline::{QUICK_BLOCK, SLOW_BLOCK, ScoreWorkspace, check_count};
use crate::record::{Activities, AttributeKey, AttributeNames, AttributeRef};
use crate::{
    AttributeColumn, ColumnReader, Error, ErrorKind, FeatureMatrix, Mode, Pipeline, Record, ScoreColumns,
    ScoreOptions, Warning, When, Zone,
};

/// The most rows that are read at once: work that is stopped finishes these first.
const MOST_ROWS: usize = 1 << 11;

/// Fields of a record that are no attributes.
const NO_ATTRIBUTES: [&str; 2] = ["id", "lead_id"];

/// The leads of a table as a pipeline reads them: columns are attributes by their names.
pub struct LeadTable<'a> {
    pipeline: &'a Pipeline,
    table: &'a Table,
    row_count: usize,
    /// The columns the pipeline reads, by attribute, with their places in the table.
    columns: Vec<(&'a str, usize)>,
    /// For every attribute of the schema its position in `columns`.
    by_attribute: Vec<Option<usize>>,
    /// The leads' ids, and what happened with them.
    activities: Option<(Column, ActivitiesByLead)>,
    /// All rows, where one of them is asked for.
    whole: OnceLock<Part>,
}

/// Some rows, read when they are needed: a whole column of texts takes more memory than what comes of it.
struct Part {
    first_row: usize,
    /// As those of the table.
    columns: Vec<Column>,
}

impl<'a> LeadTable<'a> {
    /// Reads the columns that the pipeline's features are computed from, by the names of the attributes.
    ///
    /// # Errors
    /// `invalid_lead` with the column for values that no attribute can have, or where two such columns have one name.
    pub fn new(table: &'a Table, pipeline: &'a Pipeline) -> Result<LeadTable<'a>, Error> {
        let names = pipeline.schema().attribute_names();
        let known = |name: &&String| names.index(name).is_some() && !NO_ATTRIBUTES.contains(&name.as_str());
        let same: Vec<(&str, &str)> =
            table.names.iter().filter(known).map(|name| (name.as_str(), name.as_str())).collect();
        LeadTable::with_names(table, pipeline, &same)
    }

    /// Reads the columns that hold attributes: for each the name of the attribute, and that of the column.
    ///
    /// # Errors
    /// As [`LeadTable::new`]; `unknown_name` for an attribute that the pipeline does not read.
    pub fn with_names(
        table: &'a Table,
        pipeline: &'a Pipeline,
        columns_of: &[(&str, &str)],
    ) -> Result<LeadTable<'a>, Error> {
        let names = pipeline.schema().attribute_names();
        let (mut columns, mut by_attribute) = (Vec::new(), vec![None; names.len()]);
        for &(attribute, column) in columns_of {
            let known = names.index(attribute).and_then(|index| Some((index, names.name(index)?)));
            let Some((index, attribute)) = known else {
                let message = format!("the pipeline reads no attribute `{attribute}`");
                return Err(Error::new(ErrorKind::UnknownName, LEADS, message));
            };
            let position = table.position(LEADS, column)?;
            by_attribute[index] = Some(columns.len());
            columns.push((attribute, position));
        }
        let leads = LeadTable {
            pipeline,
            table,
            row_count: table.row_count,
            columns,
            by_attribute,
            activities: None,
            whole: OnceLock::new(),
        };
        // Types that no attribute has are refused at once.
        leads.part(0..0)?;
        Ok(leads)
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
        self.add_activities(leads, id_column, activities, id_column, zone)?;
        Ok(self)
    }

    /// The same where the two tables call the id of the lead differently.
    ///
    /// # Errors
    /// As [`LeadTable::with_activities`].
    pub fn add_activities(
        &mut self,
        leads: &Table,
        id_column: &str,
        activities: &Table,
        id_of_lead: &str,
        zone: &Zone,
    ) -> Result<(), Error> {
        let activities = ActivitiesByLead::new(activities, id_of_lead, zone, self.pipeline.schema())?;
        let ids = leads.ids(LEADS, leads.position(LEADS, id_column)?)?;
        self.activities = Some((ids, activities));
        Ok(())
    }

    /// Whether some lead has a value of one of these attributes.
    pub fn has_value(&self, attributes: &[String]) -> bool {
        let mut weighed = self.columns.iter().filter(|(name, _)| attributes.iter().any(|own| own == name));
        let has_value = |rows: Range<usize>, position: usize| {
            // What cannot be read says so when it is scored.
            self.table.column_part(LEADS, position, rows).ok().is_none_or(|column| column.has_value())
        };
        self.row_count == 0
            || weighed.any(|(_, position)| {
                parts_of(0..self.row_count, MOST_ROWS).any(|rows| has_value(rows, *position))
            })
    }

    /// One of the leads.
    ///
    /// # Errors
    /// `invalid_lead` for a lead without an id, where there are activities, and for values that no attribute can have.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, index: usize) -> Result<LeadRow<'_>, Error> {
        assert!(index < self.row_count, "row {index} of {} rows", self.row_count);
        if self.whole.get().is_none() {
            // Another thread may be first.
            let _ = self.whole.set(self.part(0..self.row_count)?);
        }
        let whole = self.whole.get().expect("it was set");
        self.row_of(whole, index)
    }

    fn row_of<'p>(&'p self, part: &'p Part, index: usize) -> Result<LeadRow<'p>, Error> {
        Ok(LeadRow { leads: self, part, index, id: self.id(index)? })
    }

    fn part(&self, rows: Range<usize>) -> Result<Part, Error> {
        let first_row = rows.start;
        let column = |(_, position): &(&str, usize)| self.table.column_part(LEADS, *position, rows.clone());
        Ok(Part { first_row, columns: self.columns.iter().map(column).collect::<Result<_, Error>>()? })
    }

    /// How many rows are read at once: some two thousand, and so few that all threads have some.
    fn part_size(&self, block: usize) -> usize {
        (self.row_count / 32).next_multiple_of(block).clamp(block, MOST_ROWS)
    }

    /// The id of a lead, where there are activities.
    fn id(&self, index: usize) -> Result<Option<Cow<'_, str>>, Error> {
        let Some((ids, _)) = &self.activities else { return Ok(None) };
        let id = ids.value(index).and_then(id_text);
        id.map(Some).ok_or_else(|| {
            let path = Path::from(LEADS).index(index);
            Error::new(ErrorKind::InvalidLead, path, "a lead without an id has no activities")
        })
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
        let is_quick = LeadTable::is_quick(when, options.mode);
        let block = if is_quick { QUICK_BLOCK } else { SLOW_BLOCK };
        let work = |rows: Range<usize>| {
            let part = self.part(rows.clone())?;
            let mut workspace = ScoreWorkspace::default();
            let reader = self.reader(&part, when, options.mode);
            let score = |rows: Range<usize>| {
                let Some(reader) = &reader else {
                    let leads = self.rows(&part, rows.clone())?;
                    return self.pipeline.columns(&leads, rows.start, when.slice(rows), options, None);
                };
                let read = self.read(&part, reader, rows, when)?;
                let mut columns =
                    self.pipeline.matrix_columns(&read.matrix, options.reasons, &mut workspace)?;
                columns.unusable = read.unusable;
                Ok(columns)
            };
            parts_of(rows, block).map(score).collect::<Result<Vec<_>, Error>>()
        };
        let all = ScoreColumns::with_capacity(self.row_count, self.pipeline.classes().len(), options.reasons);
        let merge = |all: &mut ScoreColumns, blocks: Vec<ScoreColumns>| {
            for block in blocks {
                all.append(block);
            }
        };
        let scores = workers.merge_blocks(self.row_count, self.part_size(block), work, all, merge)?;
        Ok(self.pipeline.ranked(scores))
    }

    /// The same where a lead that is refused stops nothing: its row has no score, and its error is told.
    ///
    /// # Errors
    /// `cancelled` and `internal`.
    pub fn score_each(
        &self,
        when: When<'_>,
        options: &ScoreOptions,
        workers: &Workers<'_>,
    ) -> Result<TableScores, Error> {
        check_count(self.row_count, when)?;
        let work = |rows: Range<usize>| {
            let part = self.part(rows.clone())?;
            let score = |rows: Range<usize>| {
                let mut errors = Vec::new();
                let leads = self.maybe_rows(&part, rows.clone());
                let (first, when) = (rows.start, when.slice(rows));
                let columns = self.pipeline.columns(&leads, first, when, options, Some(&mut errors))?;
                Ok((columns, errors))
            };
            parts_of(rows, SLOW_BLOCK).map(score).collect::<Result<Vec<_>, Error>>()
        };
        let columns =
            ScoreColumns::with_capacity(self.row_count, self.pipeline.classes().len(), options.reasons);
        let scores = TableScores { columns, errors: Vec::new() };
        let merge = |all: &mut TableScores, blocks: Vec<(ScoreColumns, Vec<(usize, Error)>)>| {
            for (columns, errors) in blocks {
                all.columns.append(columns);
                all.errors.extend(errors.into_iter().map(|(row, error)| RowError { row, error }));
            }
        };
        let mut scores =
            workers.merge_blocks(self.row_count, self.part_size(SLOW_BLOCK), work, scores, merge)?;
        scores.columns = self.pipeline.ranked(scores.columns);
        Ok(scores)
    }

    /// For every lead which features are missing and what could not be used, as [`Pipeline::score_with`] tells them; nothing
    /// for a lead that is refused.
    ///
    /// # Errors
    /// `cancelled` and `internal`.
    pub fn reports(&self, when: When<'_>, workers: &Workers<'_>) -> Result<Vec<LeadReport>, Error> {
        check_count(self.row_count, when)?;
        let options = ScoreOptions::new().reasons(0);
        let blocks = workers.run_blocks(self.row_count, SLOW_BLOCK, |rows| {
            let part = self.part(rows.clone())?;
            let leads = self.maybe_rows(&part, rows.clone());
            let mut reports = Vec::with_capacity(leads.len());
            let mut workspace = ScoreWorkspace::default();
            self.pipeline.score_records(&leads, when.slice(rows), &options, &mut workspace, |_, scored| {
                reports.push(scored.map_or_else(
                    |_| LeadReport::default(),
                    |scored| {
                        LeadReport {
                            missing: scored.missing().into_iter().map(|missing| missing.name).collect(),
                            // In a table a lead has its rank.
                            warnings: scored
                                .warnings()
                                .iter()
                                .filter(|warning| !matches!(warning, Warning::NoRank))
                                .map(ToString::to_string)
                                .collect(),
                        }
                    },
                ));
            });
            Ok(reports)
        })?;
        Ok(blocks.concat())
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
        let block = if LeadTable::is_quick(when, mode) { QUICK_BLOCK } else { SLOW_BLOCK };
        let work = |rows: Range<usize>| {
            let part = self.part(rows.clone())?;
            let reader = self.reader(&part, when, mode);
            let matrix = |rows: Range<usize>| {
                let Some(reader) = &reader else {
                    let leads = self.rows(&part, rows.clone())?;
                    return self.pipeline.matrix(&leads, rows.start, when.slice(rows), mode);
                };
                Ok(self.read(&part, reader, rows, when)?.matrix)
            };
            parts_of(rows, block).map(matrix).collect::<Result<Vec<_>, Error>>()
        };
        let all = Vec::with_capacity(self.row_count * self.pipeline.schema().columns().len());
        let merge = |all: &mut Vec<f64>, blocks: Vec<FeatureMatrix>| {
            for block in &blocks {
                all.extend_from_slice(block.values());
            }
        };
        let values = workers.merge_blocks(self.row_count, self.part_size(block), work, all, merge)?;
        FeatureMatrix::of_schema(self.pipeline.schema(), values)
    }

    /// Reads columns at once, as of one time, where nothing is refused; leads with activities are read one by one.
    fn reader(&self, part: &Part, when: When<'_>, mode: Mode) -> Option<ColumnReader<'_>> {
        let When::All(as_of) = when else { return None };
        if !LeadTable::is_quick(when, mode) {
            return None;
        }
        let columns = self.columns.iter().zip(&part.columns);
        let columns: Vec<_> = columns.map(|((name, _), column)| (*name, column.distinct())).collect();
        Some(self.pipeline.schema().column_reader(&columns, as_of.time, &as_of.zone))
    }

    fn is_quick(when: When<'_>, mode: Mode) -> bool {
        matches!(when, When::All(_)) && mode == Mode::Lenient
    }

    /// The rows of a block that have activities.
    fn with_log(&self, rows: Range<usize>) -> Result<Vec<bool>, Error> {
        let Some((_, activities)) = &self.activities else { return Ok(Vec::new()) };
        if !self.pipeline.schema().reads_activities() {
            rows.clone().try_for_each(|row| self.id(row).map(|_| ()))?;
            return Ok(Vec::new());
        }
        rows.map(|row| Ok(self.id(row)?.is_some_and(|id| !activities.of_lead(&id).is_empty()))).collect()
    }

    /// The features of some rows: of those without activities by columns, of the others as records.
    fn read(
        &self,
        part: &Part,
        reader: &ColumnReader<'_>,
        rows: Range<usize>,
        when: When<'_>,
    ) -> Result<ReadBlock, Error> {
        let with_log = self.with_log(rows.clone())?;
        let logged: Vec<usize> = (0..with_log.len()).filter(|at| with_log[*at]).collect();
        let mut tally = UnusableTally::skipping(with_log);
        let mut buffers: Vec<Buffer> = part.columns.iter().map(|_| Buffer::default()).collect();
        let columns = part.columns.iter().zip(&mut buffers);
        let own = rows.start - part.first_row..rows.end - part.first_row;
        let columns: Vec<AttributeColumn<'_>> =
            columns.map(|(column, buffer)| column.read(own.clone(), buffer)).collect();
        let mut matrix = reader.read_noting(rows.len(), &columns, &mut tally)?;
        if !logged.is_empty() {
            let lead = |at: &usize| self.row_of(part, rows.start + at);
            let leads = logged.iter().map(lead).collect::<Result<Vec<_>, Error>>()?;
            let own = self.pipeline.matrix_noting(&leads, 0, when, Mode::Lenient, |at, gap| {
                tally.add_skipped(logged[at], gap);
            })?;
            let width = own.column_count();
            let mut values = matrix.values().to_vec();
            for (at, row) in logged.iter().zip(0..) {
                values[at * width..(at + 1) * width].copy_from_slice(own.row(row));
            }
            matrix = FeatureMatrix::new(width, values)?;
        }
        Ok(ReadBlock { matrix, unusable: tally.describe(self.pipeline.schema()) })
    }

    fn rows<'p>(&'p self, part: &'p Part, rows: Range<usize>) -> Result<Vec<LeadRow<'p>>, Error> {
        rows.map(|row| self.row_of(part, row)).collect()
    }

    fn maybe_rows<'p>(&'p self, part: &'p Part, rows: Range<usize>) -> Vec<MaybeRow<'p>> {
        rows.map(|row| MaybeRow(self.row_of(part, row))).collect()
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
#[derive(Clone)]
pub struct LeadRow<'a> {
    leads: &'a LeadTable<'a>,
    part: &'a Part,
    index: usize,
    id: Option<Cow<'a, str>>,
}

impl fmt::Debug for LeadRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeadRow").field("index", &self.index).field("id", &self.id).finish_non_exhaustive()
    }
}

/// Some rows in pieces of a size.
fn parts_of(rows: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    rows.clone().step_by(size).map(move |start| start..rows.end.min(start + size))
}

/// Features of some rows, and what could not be used.
struct ReadBlock {
    matrix: FeatureMatrix,
    unusable: Vec<UnusableValues>,
}

/// The scores of a table in which leads may be refused.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TableScores {
    /// The scores; a lead that was refused has none (NaN).
    pub columns: ScoreColumns,
    /// The leads that were refused, in their order.
    pub errors: Vec<RowError>,
}

/// Why a row was refused.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RowError {
    /// The row, from 0.
    pub row: usize,
    /// Why; its path begins with the row.
    pub error: Error,
}

/// What a lead did not say, and what it said that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LeadReport {
    /// The names of the features without a value of their own.
    pub missing: Vec<String>,
    /// What could not be used, in sentences.
    pub warnings: Vec<String>,
}

/// A lead, or why it cannot be read.
struct MaybeRow<'a>(Result<LeadRow<'a>, Error>);

impl Record for MaybeRow<'_> {
    fn id(&self) -> Option<&str> {
        self.0.as_ref().ok()?.id()
    }

    fn attribute(&self, key: AttributeKey<'_>) -> Option<AttributeRef<'_>> {
        self.0.as_ref().ok()?.attribute(key)
    }

    fn activities(&self) -> Activities<'_> {
        self.0.as_ref().map_or_else(|_| Activities::default(), Record::activities)
    }

    fn check_names(&self, names: &AttributeNames) -> Result<(), Error> {
        match &self.0 {
            Ok(row) => row.check_names(names),
            // The place of the row is put before it again.
            Err(error) => Err(Error::new(error.kind(), "", error.message())),
        }
    }
}

impl Record for LeadRow<'_> {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    fn attribute(&self, key: AttributeKey<'_>) -> Option<AttributeRef<'_>> {
        let column = self.leads.by_attribute[key.index()]?;
        self.part.columns[column].value(self.index - self.part.first_row)
    }

    fn activities(&self) -> Activities<'_> {
        match (&self.leads.activities, &self.id) {
            (Some((_, activities)), Some(id)) => activities.of_lead(id),
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
