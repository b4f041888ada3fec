//! Which column is which attribute: from a mapping file, or by the columns' names.

use std::collections::BTreeMap;
use std::path::Path;

use leadscore::{Error, ErrorKind, decode_json};
use leadscore_csv::{CsvOptions, DateOrder};
use serde::Deserialize;

use super::activity_log::LogMapping;
use super::date_order::Order;
use crate::in_file;

/// A mapping file: `{"format": 1, "lead_id": "Prospect ID", "attributes": {"visits": "TotalVisits"}}`, and what is
/// known of the file's format where its content does not tell.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Whatever its author wants to say of it.
    #[serde(default, rename = "$comment")]
    _comment: serde::de::IgnoredAny,
    #[serde(default)]
    format: Option<u32>,
    /// The column that holds the lead's id.
    #[serde(default)]
    pub(crate) lead_id: Option<String>,
    /// Attribute name → column name.
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, String>,
    /// Columns to be kept as text whatever they look like.
    #[serde(default)]
    text: Vec<String>,
    #[serde(default)]
    delimiter: Option<char>,
    #[serde(default)]
    encoding: Option<String>,
    #[serde(default)]
    decimal: Option<char>,
    #[serde(default)]
    date_order: Option<Order>,
    #[serde(default)]
    header: Option<bool>,
    /// What is known of the activity log.
    #[serde(default)]
    activities: LogMapping,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// `not_found`, `io`, and `invalid_context` for what is no mapping, with the file's name as the path.
    pub fn load(path: &Path) -> Result<Mapping, Error> {
        let bytes = std::fs::read(path).map_err(|error| Error::io(path, error))?;
        let text = decode_json(&bytes).map_err(|error| in_file(&path.display().to_string(), error))?;
        let invalid = |message: String| {
            in_file(&path.display().to_string(), Error::new(ErrorKind::InvalidContext, "", message))
        };
        let mapping: Mapping = serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        match mapping.format {
            Some(1) => {}
            Some(other) => {
                return Err(invalid(format!("format {other} is not known; this version reads 1")));
            }
            None => return Err(invalid("the field `format` is missing; write \"format\": 1".to_owned())),
        }
        let log = &mapping.activities;
        for (place, decimal) in [("", mapping.decimal), ("activities.", log.decimal)] {
            if let Some(decimal) = decimal.filter(|c| !matches!(c, '.' | ',')) {
                return Err(invalid(format!("{place}decimal: `{decimal}` is neither `.` nor `,`")));
            }
        }
        for (place, delimiter) in [("", mapping.delimiter), ("activities.", log.delimiter)] {
            if let Some(delimiter) = delimiter.filter(|c| !c.is_ascii()) {
                return Err(invalid(format!("{place}delimiter: `{delimiter}` is no ASCII character")));
            }
        }
        Ok(mapping)
    }

    /// Adds a column that holds an attribute, or the lead's id where the attribute is `lead_id`; an earlier word about
    /// the attribute is replaced.
    pub fn set_column(&mut self, column: &str, attribute: &str) {
        if attribute == "lead_id" {
            self.lead_id = Some(column.to_owned());
        } else {
            self.attributes.insert(attribute.to_owned(), column.to_owned());
        }
    }

    /// The column of the lead's id, if it says one.
    pub fn lead_id(&self) -> Option<&str> {
        self.lead_id.as_deref()
    }

    /// Attributes and the columns they are in.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(attribute, column)| (attribute.as_str(), column.as_str()))
    }

    /// What it says about the activity log; what its section leaves out of the order of dates and the decimal sign holds
    /// as for the leads.
    pub(super) fn log(&self) -> LogMapping {
        let mut log = self.activities.clone();
        log.date_order = log.date_order.or(self.date_order);
        log.decimal = log.decimal.or(self.decimal);
        log
    }

    /// What it says about the CSV file.
    pub fn csv_options(&self) -> CsvOptions {
        let mut options = CsvOptions::new();
        options.delimiter = self.delimiter.map(|c| c as u8);
        options.encoding.clone_from(&self.encoding);
        options.decimal = self.decimal;
        options.date_order = self.date_order.map(DateOrder::from);
        options.header = self.header;
        options.text_columns.clone_from(&self.text);
        options
    }
}
