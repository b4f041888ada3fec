//! Leads from CSV: one row, one lead.

use std::io::BufRead;
use std::sync::Arc;

use leadscore::{Attribute, Error, FeatureSchema, Lead, Pipeline};
use leadscore_csv::{Column, ColumnKind, CsvOptions, CsvReader, ReadRow, Row, Warning};

use super::carried::{CarriedColumns, Wanted};
use super::columns::{Columns, NAME, find_column};
use super::ids::MissingIds;
use super::mapping::Mapping;
use super::money::{AmountTally, scale_in_words, stated_unit};
use super::table_rows::{AmountColumn, AttributeColumn, HeldColumns, TableBlock, TableBuffers, TablePlan};
use super::worth::{Worth, is_most};
use super::{InputFile, ReadColumn, ReadLead, Rejection, SHOWN, row_id};
use crate::wording::{count, counted, first_of};
use crate::{Notes, in_file, unreadable};

pub(super) struct Table {
    reader: CsvReader<Box<dyn BufRead>>,
    row: Row,
    plan: Arc<TablePlan>,
    missing_ids: MissingIds,
    /// By the amounts of the plan.
    amount_tallies: Vec<AmountTally>,
    name: String,
    is_whole: bool,
    /// Where no column is known to hold the ids: the one that may.
    id_candidate: Option<String>,
}

/// What its rows are read for.
#[derive(Debug, Clone, Copy)]
pub(super) struct TableUse {
    /// Whether a cell that cannot be read rejects its row.
    pub(super) is_strict: bool,
    /// Whether every column is an attribute.
    pub(super) is_whole: bool,
    /// Whether there is an activity log.
    pub(super) has_log: bool,
}

/// Numbers in these are written as they stand: a zero at their start counts.
const AS_WRITTEN: &str = "phone";

impl Table {
    pub(super) fn open(
        file: InputFile,
        mapping: &Mapping,
        options: CsvOptions,
        pipeline: &Pipeline,
        (TableUse { is_strict, is_whole, has_log }, carried): (TableUse, &[Wanted]),
        worth: &mut Worth,
        notes: &mut dyn Notes,
    ) -> Result<Table, Error> {
        let name = file.name;
        let mut reader = CsvReader::open(file.bytes, options).map_err(|e| in_file(&name, e))?;
        let header: Vec<&str> = reader.columns().iter().map(|column| column.name.as_str()).collect();
        let (id, mut columns) = mapped_columns(&name, mapping, &header)?;
        worth.set_columns(&header);
        let mut free = Columns::new(&header);
        let id = id.or_else(|| free.find_own("lead_id"));
        let mut assumed = Vec::new();
        let schema = pipeline.schema();
        let read: Vec<&str> = schema.attribute_names().iter().collect();
        let contact: &[&str] = if is_whole { &[AS_WRITTEN, "created_at"] } else { &[] };
        let shown: Vec<&str> =
            SHOWN.iter().chain(contact).copied().filter(|name| !read.contains(name)).collect();
        free.reserve(&read);
        // What is called like an attribute that the pipeline reads is nothing else; then names that exports use, for what
        // is read before what is only shown.
        // A column that the mapping names may hold what it is called as well, but nothing by another name.
        let mut id = id;
        let mapped: Vec<usize> = columns.iter().map(|own| own.column).collect();
        for (attributes, finds_aliases) in [(&read, false), (&read, true), (&shown, false), (&shown, true)] {
            if finds_aliases {
                for column in &mapped {
                    free.take(*column);
                }
                id = id.or_else(|| free.find_alias("lead_id"));
            }
            if let Some(column) = id {
                free.take(column);
            }
            for &attribute in attributes {
                if columns.iter().any(|own| own.attribute == attribute) {
                    continue;
                }
                let found = if finds_aliases { free.find_alias(attribute) } else { free.find_own(attribute) };
                let is_amount = found.is_none() && finds_aliases && schema.reads_dollars(attribute);
                let amount = || free.find_amount(attribute, |name| stated_unit(name).bare_name);
                let Some(column) = found.or_else(|| is_amount.then(amount)?) else { continue };
                // The levels of something else are no names of people.
                if finds_aliases && attribute == NAME && reader.has_few_values(column) {
                    continue;
                }
                let found = &reader.columns()[column];
                if found.name != attribute {
                    // A column called like a time that holds no dates is something else.
                    if attribute.ends_with("_at") && found.kind != ColumnKind::Date {
                        continue;
                    }
                    assumed.push(format!("`{}` as {attribute}", found.name));
                }
                free.take(column);
                columns.push(AttributeColumn { attribute: attribute.to_owned(), column });
            }
        }
        let has_name = columns.iter().any(|own| own.attribute == NAME);
        let name_parts = if has_name { Vec::new() } else { free.find_name_parts() };
        if !name_parts.is_empty() {
            let names: Vec<String> =
                name_parts.iter().map(|column| format!("`{}`", reader.columns()[*column].name)).collect();
            assumed.push(format!("{} as name", names.join(" and ")));
        }
        let id_candidate = if id.is_none() { id_candidate(reader.columns()) } else { None };
        for own in &columns {
            worth.add_column(&own.attribute);
        }
        if !name_parts.is_empty() {
            worth.add_column(NAME);
        }
        if is_whole {
            columns.extend(other_columns(&header, &columns, id));
        } else {
            // What a log tells is there.
            let is_told = |attribute: &str| has_log && schema.is_told_by_activities(attribute);
            note_missing(&read, &columns, &name_parts, is_told, notes);
            if id.is_none() {
                note_no_id(id_candidate.as_deref(), notes);
            }
        }
        if !assumed.is_empty() {
            notes.assumed(format!("reading {}", assumed.join(", ")));
        }
        let carried = CarriedColumns::find(carried, &header, |name| {
            let read = columns.iter().find(|own| own.attribute == name).map(|own| own.column);
            read.or_else(|| find_column(name, &header)).or(id.filter(|_| name == "lead_id"))
        })?;
        let amounts = amounts(&mut reader, &columns, schema, notes);
        read_placeholders(&mut reader, schema, &columns, &name_parts);
        let mut used: Vec<usize> =
            columns.iter().map(|own| own.column).chain(id).chain(name_parts.iter().copied()).collect();
        used.sort_unstable();
        used.dedup();
        reader.select(&used);
        let parser = reader.parser();
        let weighed = weighed_columns(&columns, &name_parts, worth);
        let held = HeldColumns { id, name_parts, weighed, columns, amounts };
        let mut plan = TablePlan::new(parser, held, reader.columns(), schema, is_strict);
        plan.carried = carried;
        Ok(Table {
            reader,
            row: Row::default(),
            amount_tallies: vec![AmountTally::default(); plan.amounts.len()],
            plan: Arc::new(plan),
            missing_ids: MissingIds::default(),
            name,
            is_whole,
            id_candidate,
        })
    }

    /// Reads the next row into a lead, which has no id where the row has none.
    pub(super) fn read_lead(
        &mut self,
        lead: &mut Lead,
        worth: &mut Worth,
        line: &mut u64,
    ) -> Result<ReadLead, Error> {
        match self.reader.next_row(&mut self.row).map_err(|error| in_file(&self.name, error))? {
            ReadRow::End => return Ok(ReadLead::End),
            ReadRow::Rejected(rejected) => {
                return Ok(ReadLead::Rejected(Rejection::new(rejected.line, rejected.reason, rejected.raw)));
            }
            ReadRow::Row => {}
        }
        let row = self.row.view();
        *line = row.line();
        if let Some(reason) = self.plan.refusal(row) {
            let cells = self.plan.columns.iter().filter_map(|own| row.raw(own.column));
            let raw = cells.collect::<Vec<_>>().join(",");
            return Ok(ReadLead::Rejected(Rejection::new(*line, reason, raw)));
        }
        worth.add_values(self.plan.has_weighed_value(row));
        worth.add_date(self.plan.newest_date(row));
        self.plan.count_amounts(row, &mut self.amount_tallies);
        *lead = self.plan.record(row, None, &mut self.missing_ids).to_lead();
        lead.id = self.plan.written_id(row).map(str::to_owned);
        if self.is_whole {
            for own in self.plan.columns.iter().filter(|own| own.attribute == AS_WRITTEN) {
                let text = row.raw(own.column).unwrap_or_default().trim();
                lead.attributes.insert(own.attribute.clone(), Attribute::Text(text.to_owned()));
            }
        }
        Ok(ReadLead::Lead)
    }

    /// The columns that are read, and as what.
    pub(super) fn used_columns(&self) -> Vec<ReadColumn> {
        let name = |column: usize| self.reader.columns()[column].name.clone();
        let id = self.plan.id_column_name();
        let id = id.map(|column| ReadColumn { column: column.to_owned(), attribute: "lead_id".to_owned() });
        let others = self.plan.columns.iter();
        let others =
            others.map(|own| ReadColumn { column: name(own.column), attribute: own.attribute.clone() });
        let parts = self.plan.name_parts.iter();
        let parts = parts.map(|part| ReadColumn { column: name(*part), attribute: NAME.to_owned() });
        id.into_iter().chain(others).chain(parts).collect()
    }

    /// The attribute that is read from a column, if one is.
    pub(super) fn attribute_of(&self, column: usize) -> Option<&str> {
        if self.plan.name_parts.contains(&column) {
            return Some(NAME);
        }
        self.plan.columns.iter().find(|own| own.column == column).map(|own| own.attribute.as_str())
    }

    /// The column that may hold the ids, where none is known to.
    pub(super) fn id_candidate(&self) -> Option<&str> {
        self.id_candidate.as_deref()
    }

    /// How its rows become leads, for the threads that score.
    pub(super) fn plan(&self) -> &Arc<TablePlan> {
        &self.plan
    }

    /// Cuts the next rows, at most so many; false at the end of the table.
    pub(super) fn next_block(&mut self, block: &mut TableBlock, max_rows: usize) -> Result<bool, Error> {
        self.reader.next_block(&mut block.rows, max_rows).map_err(|error| in_file(&self.name, error))
    }

    /// Takes in what was noticed when a block was read.
    pub(super) fn merge(&mut self, buffers: &mut TableBuffers) {
        self.reader.merge(std::mem::take(&mut buffers.notes));
        self.missing_ids.merge(std::mem::take(&mut buffers.missing_ids));
        for (all, own) in self.amount_tallies.iter_mut().zip(buffers.amount_tallies.drain(..)) {
            all.merge(own);
        }
    }

    /// The number of the data row that was cut last.
    pub(super) fn row_number(&self) -> u64 {
        self.reader.row_number()
    }

    pub(super) fn warnings(&self) -> Vec<Warning> {
        let mut warnings = self.reader.warnings();
        if let Some(column) = self.plan.id_column_name() {
            let missing = self.missing_ids.warning(!self.is_whole, Some(column));
            warnings.splice(0..0, missing);
        }
        for (own, tally) in self.plan.amounts.iter().zip(&self.amount_tallies) {
            let column = &self.reader.columns()[own.column].name;
            warnings.extend(tally.warning(column, &own.attribute).filter(|_| own.scale == 1.0));
        }
        warnings
    }

    /// The columns the pipeline reads that were unreadable in most rows, as sentences.
    pub(super) fn unreadable_columns(&self) -> Vec<String> {
        let rows = self.reader.row_count();
        let is_read = |column: usize| self.plan.is_attribute(column);
        let columns = self.reader.unreadable_columns().into_iter();
        columns
            .filter(|found| is_most(found.cell_count, rows) && is_read(found.column))
            .map(|found| {
                format!(
                    "column `{}` could not be read in {} of {}, such as `{}` on line {}",
                    self.reader.columns()[found.column].name,
                    found.cell_count,
                    counted(rows, "row", "rows"),
                    found.first_cell,
                    found.first_line
                )
            })
            .collect()
    }
}

/// The columns whose values are weighed.
fn weighed_columns(columns: &[AttributeColumn], name_parts: &[usize], worth: &Worth) -> Vec<usize> {
    let whole = columns.iter().filter(|own| worth.weighs(&own.attribute)).map(|own| own.column);
    whole.chain(name_parts.iter().copied().filter(|_| worth.weighs(NAME))).collect()
}

/// The columns that the mapping names: the id's and the attributes'.
fn mapped_columns(
    name: &str,
    mapping: &Mapping,
    header: &[&str],
) -> Result<(Option<usize>, Vec<AttributeColumn>), Error> {
    let find = |what: &str, wanted: &str| {
        header.iter().position(|own| own.trim() == wanted.trim()).ok_or_else(|| {
            unreadable(
                name,
                format!(
                    "the mapping reads {what} from a column `{wanted}` that the file does not have; its columns: {}",
                    first_of(header)
                ),
            )
        })
    };
    let id = mapping.lead_id.as_ref().map(|column| find("lead_id", column)).transpose()?;
    let columns = mapping.attributes.iter().map(|(attribute, column)| {
        Ok(AttributeColumn { attribute: attribute.clone(), column: find(attribute, column)? })
    });
    Ok((id, columns.collect::<Result<_, Error>>()?))
}

/// The columns that are no attribute yet, each under its own name.
fn other_columns(header: &[&str], columns: &[AttributeColumn], id: Option<usize>) -> Vec<AttributeColumn> {
    let is_free = |(column, name): &(usize, &&str)| {
        let name = name.trim();
        Some(*column) != id
            && !name.is_empty()
            && columns.iter().all(|own| own.column != *column && own.attribute != name)
    };
    let own = |(column, name): (usize, &&str)| AttributeColumn { attribute: name.trim().to_owned(), column };
    header.iter().enumerate().filter(is_free).map(own).collect()
}

/// Reads words for missing as such in the columns that are read or shown, but for those that the schema tells apart.
fn read_placeholders(
    reader: &mut CsvReader<Box<dyn BufRead>>,
    schema: &FeatureSchema,
    columns: &[AttributeColumn],
    name_parts: &[usize],
) {
    for own in columns {
        // What a column holds is known of those that are read or shown; others of a whole input stay as they are.
        let is_known = schema.attribute_names().iter().chain(SHOWN).any(|name| name == own.attribute);
        // Two attributes may come from one column: what one of them tells apart is a value.
        let readers = || columns.iter().filter(|other| other.column == own.column);
        if is_known {
            reader.read_placeholders_as_missing(own.column, |text| {
                readers().any(|other| schema.names_text(&other.attribute, text))
            });
        }
    }
    for part in name_parts {
        reader.read_placeholders_as_missing(*part, |_| false);
    }
}

/// The columns of amounts in US dollars; notes what their names and cells say of another unit.
fn amounts(
    reader: &mut CsvReader<Box<dyn BufRead>>,
    columns: &[AttributeColumn],
    schema: &FeatureSchema,
    notes: &mut dyn Notes,
) -> Vec<AmountColumn> {
    let mut amounts = Vec::new();
    for own in columns.iter().filter(|own| schema.reads_dollars(&own.attribute)) {
        let AttributeColumn { attribute, column } = own.clone();
        let name = reader.columns()[column].name.clone();
        let unit = stated_unit(&name);
        if unit.scale == 1.0 {
            reader.read_multiples(column);
        } else {
            let (words, factor) = (scale_in_words(unit.scale), count(unit.scale as u64));
            notes.assumed(format!(
                "column `{name}` is in {words}, as its name says: its numbers are multiplied by {factor}"
            ));
        }
        let currency = unit.currency.or_else(|| reader.currency(column)).filter(|found| *found != "USD");
        if let Some(currency) = currency {
            notes.assumed(format!(
                "column `{name}` is in {currency}, but {attribute} is in US dollars: the numbers are not converted"
            ));
        }
        amounts.push(AmountColumn { attribute, column, scale: unit.scale });
    }
    amounts
}

/// Notes which attributes no column holds.
fn note_missing(
    read: &[&str],
    columns: &[AttributeColumn],
    name_parts: &[usize],
    is_told: impl Fn(&str) -> bool,
    notes: &mut dyn Notes,
) {
    let is_held = |attribute: &str| {
        columns.iter().any(|own| own.attribute == attribute) || (attribute == NAME && !name_parts.is_empty())
    };
    let absent: Vec<&str> =
        read.iter().copied().filter(|attribute| !is_held(attribute) && !is_told(attribute)).collect();
    if !absent.is_empty() {
        notes.assumed(format!("no column for {}: missing for every lead", first_of(&absent)));
    }
}

/// The column that may hold the leads' ids: it is named like one, and has another value in every row looked at.
fn id_candidate(columns: &[Column]) -> Option<String> {
    let may_hold_ids = |column: &&Column| {
        let name = column.name.trim().to_lowercase();
        let is_id = ["_id", " id", "-id", ".id"].iter().any(|end| name.ends_with(end))
            || column.name.ends_with("Id")
            || column.name.ends_with("ID");
        is_id && column.is_distinct && !name.contains("mail")
    };
    columns.iter().find(may_hold_ids).map(|column| column.name.clone())
}

/// Notes that no column holds the leads' ids, and which one may.
fn note_no_id(candidate: Option<&str>, notes: &mut dyn Notes) {
    let mut text = format!(
        "no column holds the lead's id; leads are shown by their rows, such as `{}`, and no activity of a log is theirs",
        row_id(1)
    );
    if let Some(column) = candidate {
        let name = serde_json::to_string(column).expect("a text is always JSON");
        text += &format!(
            "; `{column}` has another value in every row looked at: --map with {{\"format\": 1, \"lead_id\": {name}}} takes it"
        );
    }
    notes.assumed(text);
}
