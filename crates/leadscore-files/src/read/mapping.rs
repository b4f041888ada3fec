//! Which column is which attribute: from a mapping file, or by the columns' names.

use std::collections::BTreeMap;
use std::path::Path;

use leadscore::error::Path as ErrorPath;
use leadscore::{Error, ErrorKind, Pipeline, decode_json};
use leadscore_csv::{CsvOptions, DateOrder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::SHOWN;
use super::activity_log::LogMapping;
use super::date_order::Order;
use crate::{Notes, in_file};

/// A mapping file: `{"format": 1, "lead_id": "Prospect ID", "attributes": {"visits": "TotalVisits"}}`, and what is
/// known of the file's format where its content does not tell.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Whatever its author wants to say of it.
    #[serde(default, rename = "$comment")]
    _comment: serde::de::IgnoredAny,
    #[serde(default, rename = "format")]
    _format: serde::de::IgnoredAny,
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
    /// `not_found`, `io`, and `invalid_context` for what is no mapping, with the file's name as the path; the first of
    /// what [`check`](Mapping::check) lists.
    pub fn load(path: &Path) -> Result<Mapping, Error> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| Error::io(path, error))?;
        let text = decode_json(&bytes).map_err(|error| in_file(&name, error))?;
        if let Some(error) = problems(&text).into_iter().next() {
            return Err(in_file(&name, error));
        }
        serde_json::from_str(&text).map_err(|error| in_file(&name, invalid("", error.to_string())))
    }

    /// All that is wrong with the bytes of a mapping file, each with its path in it; nothing where it can be used.
    ///
    /// ```
    /// use leadscore_files::Mapping;
    /// let file = br#"{"format": 1, "attributes": {"company": 7}, "decimal": ";"}"#;
    /// let wrong: Vec<String> = Mapping::check(file).iter().map(|error| error.path().to_string()).collect();
    /// assert_eq!(wrong, ["attributes.company", "decimal"]);
    /// ```
    pub fn check(bytes: &[u8]) -> Vec<Error> {
        match decode_json(bytes) {
            Ok(text) => problems(&text),
            Err(error) => vec![error],
        }
    }

    /// Whether this is rather a mapping than a pipeline or anything else, by the fields that it has.
    pub fn looks_like(bytes: &[u8]) -> bool {
        const OWN: [&str; 8] =
            ["lead_id", "attributes", "activities", "text", "delimiter", "encoding", "decimal", "date_order"];
        const FOREIGN: [&str; 5] = ["schema", "scorer", "extends", "id", "learner"];
        let Ok(text) = decode_json(bytes) else { return false };
        let Ok(Value::Object(fields)) = serde_json::from_str(&text) else { return false };
        let has = |names: &[&str]| names.iter().any(|name| fields.contains_key(*name));
        has(&OWN) && !has(&FOREIGN)
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

    /// Notes attributes that a pipeline does not read.
    pub(super) fn note_unknown_attributes(&self, pipeline: &Pipeline, notes: &mut dyn Notes) {
        let read: Vec<&str> = pipeline.schema().attribute_names().iter().collect();
        let names = self.attributes.keys().map(String::as_str);
        let unknown: Vec<&str> = names.filter(|name| !read.contains(name) && !SHOWN.contains(name)).collect();
        if !unknown.is_empty() {
            let (unknown, read) = (unknown.join(", "), read.join(", "));
            notes.assumed(format!(
                "the mapping names {unknown}, which the pipeline does not read; it reads: {read}"
            ));
        }
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

fn invalid(path: impl Into<ErrorPath>, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidContext, path, message)
}

/// What is wrong with a mapping, field by field.
fn problems(text: &str) -> Vec<Error> {
    let fields = match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) => {
            return vec![invalid("", "a mapping is an object, such as {\"format\": 1, \"attributes\": {}}")];
        }
        Err(error) => return vec![invalid("", error.to_string())],
    };
    let mut problems = Vec::new();
    match fields.get("format") {
        None => problems.push(invalid("", "the field `format` is missing; write \"format\": 1")),
        Some(format) if *format != json!(1) => {
            problems.push(invalid("format", format!("format {format} is not known; this version reads 1")));
        }
        Some(_) => {}
    }
    for (name, value) in fields.iter().filter(|(name, _)| *name != "format") {
        let path = ErrorPath::from_field(name.as_str());
        match (name.as_str(), value) {
            ("attributes", Value::Object(columns)) => {
                let wrong = columns.iter().filter(|(_, column)| !column.is_string());
                problems.extend(wrong.map(|(attribute, column)| {
                    invalid(
                        path.clone().field(attribute.as_str()),
                        format!("{column} is no column's name: write it in quotes, such as \"Column\""),
                    )
                }));
            }
            ("activities", Value::Object(section)) => {
                for (name, value) in section {
                    let one = json!({"activities": {name.as_str(): value}});
                    problems.extend(problem(path.clone().field(name.as_str()), name, value, one));
                }
            }
            _ => problems.extend(problem(path, name, value, json!({name.as_str(): value}))),
        }
    }
    if problems.is_empty() {
        // What only the text shows, such as a field that stands twice.
        problems
            .extend(serde_json::from_str::<Mapping>(text).err().map(|error| invalid("", error.to_string())));
    }
    problems
}

/// What is wrong with one field, which stands alone in `mapping`.
fn problem(path: ErrorPath, name: &str, value: &Value, mapping: Value) -> Option<Error> {
    if let Err(error) = serde_json::from_value::<Mapping>(mapping) {
        return Some(invalid(path, error.to_string()));
    }
    match (name, value.as_str()) {
        ("decimal", Some(sign)) if !matches!(sign, "." | ",") => {
            Some(invalid(path, format!("`{sign}` is neither `.` nor `,`")))
        }
        ("delimiter", Some(delimiter)) if !delimiter.is_ascii() => {
            Some(invalid(path, format!("`{delimiter}` is no ASCII character")))
        }
        _ => None,
    }
}
