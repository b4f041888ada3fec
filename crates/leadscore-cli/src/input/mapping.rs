//! Which column is which attribute: from a mapping file, or by the columns' names.

use std::collections::BTreeMap;
use std::path::Path;

use leadscore_csv::{CsvOptions, DateOrder};
use serde::Deserialize;

use crate::failure::Failure;

/// A mapping file: `{"format": 1, "lead_id": "Prospect ID", "attributes": {"visits": "TotalVisits"}}`, and what is
/// known of the file's form where it cannot be told from the content.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mapping {
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
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    DayFirst,
    MonthFirst,
}

/// Other names under which attributes often stand in exports.
const ALIASES: &str = include_str!("columns.json");

impl Mapping {
    pub(crate) fn load(path: &Path) -> Result<Mapping, Failure> {
        let name = path.display();
        let text =
            std::fs::read_to_string(path).map_err(|error| Failure::said(format!("{name}: {error}")))?;
        let mapping: Mapping =
            serde_json::from_str(&text).map_err(|error| Failure::said(format!("{name}: {error}")))?;
        match mapping.format {
            Some(1) => {}
            Some(other) => {
                return Err(Failure::said(format!(
                    "{name}: format {other} is not known; this version reads 1"
                )));
            }
            None => {
                return Err(Failure::said(format!(
                    "{name}: the field `format` is missing; write \"format\": 1"
                )));
            }
        }
        if let Some(decimal) = mapping.decimal.filter(|c| !matches!(c, '.' | ',')) {
            return Err(Failure::said(format!("{name}: decimal: `{decimal}` is neither `.` nor `,`")));
        }
        if let Some(delimiter) = mapping.delimiter.filter(|c| !c.is_ascii()) {
            return Err(Failure::said(format!("{name}: delimiter: `{delimiter}` is no ASCII character")));
        }
        Ok(mapping)
    }

    pub(crate) fn options(&self) -> CsvOptions {
        let mut options = CsvOptions::new();
        options.delimiter = self.delimiter.map(|c| c as u8);
        options.encoding.clone_from(&self.encoding);
        options.decimal = self.decimal;
        options.date_order = self.date_order.map(|order| match order {
            Order::DayFirst => DateOrder::DayFirst,
            Order::MonthFirst => DateOrder::MonthFirst,
        });
        options.header = self.header;
        options.text_columns.clone_from(&self.text);
        options
    }
}

/// A name without case, blanks and signs: `E-mail Address` and `email_address` are one.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The column for an attribute: the same name, the same letters, or a usual other name.
pub(super) fn column_for(attribute: &str, columns: &[&str]) -> Option<usize> {
    let find = |wanted: &str| columns.iter().position(|column| plain(column) == wanted);
    let exact = columns.iter().position(|column| *column == attribute);
    exact.or_else(|| find(&plain(attribute))).or_else(|| {
        let aliases: BTreeMap<String, Vec<String>> = serde_json::from_str(ALIASES).unwrap_or_default();
        aliases.get(attribute)?.iter().find_map(|alias| find(&plain(alias)))
    })
}
