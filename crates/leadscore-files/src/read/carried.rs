//! Columns of the input that go through to the output as they are.

use leadscore::error::Path as ErrorPath;
use leadscore::{Attribute, Error, ErrorKind, Lead};
use leadscore_csv::CsvWriter;

use super::LeadInput;
use super::columns::find_column;
use crate::wording::first_of;

/// The names that stand for all columns of a table.
const ALL: &str = "all";
/// Columns of the output that are not carried through.
const OWN: [&str; 10] = [
    "lead_id",
    "row",
    "score",
    "probability",
    "tier",
    "action",
    "capacity_rank",
    "within_capacity",
    "capacity_tied",
    "reasons",
];

/// The options that ask for columns.
const COLUMNS: &str = "columns";
const CAPACITY: &str = "capacity";

/// A column that is to go through, and the option that asks for it.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    name: String,
    option: &'static str,
}

impl Wanted {
    /// One that is wanted in the output.
    pub(super) fn column(name: impl AsRef<str>) -> Wanted {
        Wanted { name: name.as_ref().trim().to_owned(), option: COLUMNS }
    }

    /// One that an option of another name wants.
    fn of(name: &str, option: &'static str) -> Wanted {
        Wanted { name: name.trim().to_owned(), option }
    }

    /// The one that says the group of a lead.
    pub(super) fn group(name: &str) -> Wanted {
        Wanted { name: name.trim().to_owned(), option: CAPACITY }
    }
}

impl LeadInput {
    /// The same with a column whose cells are wanted beside the leads by an option of some name, such as `target`.
    pub(crate) fn with_cells(mut self, option: &'static str, column: &str) -> LeadInput {
        self.carried.push(Wanted::of(column, option));
        self
    }
}

/// The columns of an input that go through to the output, each with its heading there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CarriedColumns {
    columns: Vec<CarriedColumn>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CarriedColumn {
    /// The name in the output.
    heading: String,
    /// The attribute or field of a JSON record.
    field: String,
    /// The column of a table.
    column: Option<usize>,
}

impl CarriedColumns {
    /// Finds columns of a table by their names, by names that are the same but for case, blanks and punctuation, or by the
    /// attribute that they are read as, such as `name` for `Full Name`; `all` stands for all. A column that is called like
    /// one of the output's own, such as `score`, is written as `input_score`.
    ///
    /// # Errors
    /// `invalid_context` with the path `columns` for a name that no column has.
    pub fn of_table(wanted: &[String], header: &[&str]) -> Result<CarriedColumns, Error> {
        let wanted: Vec<Wanted> = wanted.iter().map(Wanted::column).collect();
        CarriedColumns::find(&wanted, header, |name| find_column(name, header))
    }

    /// The same where something is known of columns that their names do not say.
    pub(super) fn find(
        wanted: &[Wanted],
        header: &[&str],
        find: impl Fn(&str) -> Option<usize>,
    ) -> Result<CarriedColumns, Error> {
        let mut found = CarriedColumns::default();
        for Wanted { name, option } in wanted.iter().filter(|wanted| !wanted.name.is_empty()) {
            if let Some(column) =
                header.iter().position(|own| own.trim() == name.as_str()).or_else(|| find(name))
            {
                found.add(name, name, Some(column));
            } else if name == ALL && *option == COLUMNS {
                header.iter().enumerate().for_each(|(column, own)| found.add(own, own, Some(column)));
            } else {
                let known = first_of(header);
                let message = format!("the file has no column `{name}`; its columns: {known}");
                return Err(Error::new(ErrorKind::InvalidContext, ErrorPath::from_field(*option), message));
            }
        }
        Ok(found)
    }

    /// Fields of JSON records, whose names must be as they are written: no header tells what they are.
    pub(super) fn of_records(wanted: &[Wanted]) -> Result<CarriedColumns, Error> {
        let mut found = CarriedColumns::default();
        for Wanted { name, option } in wanted.iter().filter(|wanted| !wanted.name.is_empty()) {
            if name == ALL && *option == COLUMNS {
                let message =
                    "`all` stands for the columns of a table; name the fields of JSON records one by one";
                return Err(Error::new(ErrorKind::InvalidContext, ErrorPath::from_field(COLUMNS), message));
            }
            found.add(name, name, None);
        }
        Ok(found)
    }

    fn add(&mut self, name: &str, field: &str, column: Option<usize>) {
        let is_own =
            OWN.contains(&name) || name.starts_with("p_") || name == "margin" || name.starts_with("pred");
        let mut heading = if is_own { format!("input_{name}") } else { name.to_owned() };
        let new = |heading| CarriedColumn { heading, field: field.to_owned(), column };
        while let Some(same) = self.columns.iter().find(|own| own.heading == heading) {
            if *same == new(heading.clone()) {
                return;
            }
            // The input may have an `input_score` of its own beside its `score`.
            heading = format!("input_{heading}");
        }
        self.columns.push(new(heading));
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Their places in the table, from 0.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        self.columns.iter().filter_map(|own| own.column)
    }

    /// Their names in the output.
    pub fn headings(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|own| own.heading.as_str())
    }

    /// Where the column of a name stands among these.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|own| own.field == name.trim())
    }

    /// The column of a table of one of these, or the field of records.
    pub(super) fn source(&self, position: usize) -> Option<(Option<usize>, &str)> {
        self.columns.get(position).map(|own| (own.column, own.field.as_str()))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &CarriedColumn> {
        self.columns.iter()
    }

    /// The names of fields that were in none of the records, by what was seen of each.
    pub(super) fn absent(&self, seen: &[bool]) -> Vec<&str> {
        let absent = self.columns.iter().zip(seen).filter(|(_, seen)| !**seen);
        absent.map(|(own, _)| own.field.as_str()).collect()
    }
}

impl CarriedColumn {
    /// What it holds of a row, of which `raw` gives the cell in a column.
    pub(crate) fn of_row<'a>(&self, raw: impl Fn(usize) -> Option<&'a str>) -> Attribute {
        Attribute::Text(self.column.and_then(raw).unwrap_or_default().trim().to_owned())
    }

    /// What it holds of a JSON record.
    pub(crate) fn of_lead(&self, lead: &Lead) -> Attribute {
        let id = || lead.id.clone().filter(|_| self.field == "lead_id" || self.field == "id");
        let written = lead.attributes.get(&as_written(&self.field));
        let value = written.or_else(|| lead.attributes.get(&self.field)).cloned();
        value.or_else(|| id().map(Attribute::Text)).unwrap_or_else(|| Attribute::Text(String::new()))
    }

    /// Whether it is a field of JSON records of this name.
    pub(super) fn reads(&self, field: &str) -> bool {
        self.field == field
    }

    pub(super) fn is_in(&self, lead: &Lead) -> bool {
        lead.attributes.contains_key(&self.field) || self.field == "lead_id" || self.field == "id"
    }
}

/// Under this name a lead keeps what a field held that was read as missing and goes through to the output.
pub(super) fn as_written(field: &str) -> String {
    format!("{field} as written")
}

/// Adds cells to a row of CSV.
pub(crate) fn write_cells<W: std::io::Write>(
    cells: &[Attribute],
    csv: &mut CsvWriter<W>,
) -> Result<(), Error> {
    cells.iter().try_for_each(|cell| match cell {
        Attribute::Number(number) => csv.number(Some(*number)),
        other => csv.text(&other.as_ref().to_text()),
    })
}

/// The column for the lead's id, by its name.
pub fn id_column(header: &[&str]) -> Option<usize> {
    find_column("lead_id", header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(wanted: &str, header: &[&str]) -> Result<Vec<(String, usize)>, String> {
        let wanted: Vec<String> = wanted.split(',').map(str::to_owned).collect();
        let found = CarriedColumns::of_table(&wanted, header).map_err(|error| error.to_string())?;
        Ok(found.headings().map(str::to_owned).zip(found.places()).collect())
    }

    #[test]
    fn columns_are_found_by_name_by_attribute_and_altogether() {
        let header = ["Lead ID", "Full Name", "E-Mail", "score", "Owner"];
        let pairs = |pairs: &[(&str, usize)]| {
            Ok(pairs.iter().map(|(name, at)| ((*name).to_owned(), *at)).collect::<Vec<_>>())
        };
        assert_eq!(find("Owner,name, email", &header), pairs(&[("Owner", 4), ("name", 1), ("email", 2)]));
        assert_eq!(find("owner,score", &header), pairs(&[("owner", 4), ("input_score", 3)]));
        let all = [("Lead ID", 0), ("Full Name", 1), ("E-Mail", 2), ("input_score", 3), ("Owner", 4)];
        assert_eq!(find("all", &header), pairs(&all));
        let both = pairs(&[("input_score", 0), ("input_input_score", 1)]);
        assert_eq!(find("all,score", &["score", "input_score"]), both);
        assert_eq!(find("all", &["input_score", "score"]), both);
        assert!(
            find("salary", &header)
                .unwrap_err()
                .contains("no column `salary`; its columns: Lead ID, Full Name")
        );
    }
}
