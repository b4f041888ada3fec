//! A first mapping: which column is which attribute, what was found by its name and what was not.

use leadscore::Pipeline;
use leadscore_csv::{ColumnSummary, Inspection};
use leadscore_files::{LeadInput, Note, ReadColumn};
use serde_json::{Map, Value, json};

use crate::command::inspect::without_column;
use crate::failure::Failure;

/// The most characters of an example.
const MAX_EXAMPLE: usize = 40;

/// A first mapping file, and the notes about it.
pub(super) struct FirstMapping {
    pub(super) file: Value,
    /// What was found and what was not, in sentences.
    pub(super) said: Vec<String>,
    /// Whether a column was found for anything that the pipeline reads.
    pub(super) has_columns: bool,
}

pub(super) fn mapping(
    input: &str,
    pipeline: &Pipeline,
    inspection: &Inspection,
) -> Result<FirstMapping, Failure> {
    // What is assumed is said here, with what to do about it.
    let leads = LeadInput::new(input).open(pipeline, &mut Vec::<Note>::new())?;
    let read = leads.columns();
    let id = read.iter().find(|own| own.attribute == "lead_id").map(|own| own.column.as_str());
    let proposed = id.is_none().then(|| leads.id_candidate()).flatten();
    let is_read = |name: &str| pipeline.schema().attribute_names().iter().any(|own| own == name);
    // What is only shown beside a lead is listed too; a first and a last name are no one column.
    let is_part = |own: &ReadColumn| read.iter().filter(|other| other.attribute == own.attribute).count() > 1;
    let (parts, found): (Vec<&ReadColumn>, Vec<&ReadColumn>) =
        read.iter().filter(|own| own.attribute != "lead_id").partition(|own| is_part(own));
    let has_columns = parts.iter().chain(&found).any(|own| is_read(&own.attribute));
    let mut attributes = Map::new();
    for own in &found {
        attributes.insert(own.attribute.clone(), json!(own.column));
    }
    let mut said = vec![id_sentence(id, proposed), found_sentence(&found, &parts, has_columns, pipeline)];
    said.extend(absent_sentence(&without_column(pipeline, &read), pipeline));
    let mut comment = vec![format!(
        "Which column of {input} is which attribute of the pipeline `{}`: \"attribute\": \"Column\". The columns were found by \
         their names alone: check them. `leadscore check` tells mistakes in this file.",
        pipeline.id()
    )];
    comment.extend(said.iter().map(|text| as_sentence(text)));
    let free: Vec<String> = inspection
        .columns
        .iter()
        .filter(|column| {
            !read.iter().any(|own| own.column == column.name) && Some(column.name.as_str()) != proposed
        })
        .map(example)
        .collect();
    if !free.is_empty() {
        comment.push(format!("Columns that are not read: {}.", free.join(", ")));
    }
    let mut file = Map::new();
    file.insert("$comment".to_owned(), json!(comment));
    file.insert("format".to_owned(), json!(1));
    if let Some(id) = id.or(proposed) {
        file.insert("lead_id".to_owned(), json!(id));
    }
    file.insert("attributes".to_owned(), Value::Object(attributes));
    Ok(FirstMapping { file: Value::Object(file), said, has_columns })
}

fn id_sentence(id: Option<&str>, proposed: Option<&str>) -> String {
    match (id, proposed) {
        (Some(id), _) => format!("the lead's id is `{id}`"),
        (None, Some(column)) => format!(
            "the lead's id is taken to be `{column}`, which has another value in every row looked at: take \"lead_id\" out if it \
             is not"
        ),
        (None, None) => {
            "no column is known to hold the lead's id: add \"lead_id\": \"Column\" if one does; without it leads are shown by \
             their rows"
                .to_owned()
        }
    }
}

fn found_sentence(
    found: &[&ReadColumn],
    parts: &[&ReadColumn],
    has_columns: bool,
    pipeline: &Pipeline,
) -> String {
    if !has_columns {
        return format!(
            "no column is called like anything that `{}` reads, so \"attributes\" has none of it: fill it in by hand, or take another \
             pipeline (docs/choosing.md tells which reads what; `leadscore init pipeline` makes one for this file)",
            pipeline.id()
        );
    }
    let pairs: Vec<String> = found.iter().map(|own| named(own)).collect();
    let mut text = format!("found by name: {}", pairs.join(", "));
    if let Some(first) = parts.first() {
        let columns: Vec<String> = parts.iter().map(|own| format!("`{}`", own.column)).collect();
        text += &format!("; the {} is made of {}", first.attribute, columns.join(" and "));
    }
    text
}

fn absent_sentence(absent: &[&str], pipeline: &Pipeline) -> Option<String> {
    let add = format!(
        "add those that the file has under \"attributes\"; `leadscore pipelines {}` tells what they are",
        pipeline.id()
    );
    (!absent.is_empty()).then(|| format!("no column was found for {}: {add}", absent.join(", ")))
}

/// An attribute with its column, where that has another name.
fn named(own: &ReadColumn) -> String {
    if own.attribute == own.column {
        format!("`{}`", own.column)
    } else {
        format!("{} in `{}`", own.attribute, own.column)
    }
}

/// A note as a sentence of the comment in the file.
fn as_sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// A column with its first value.
fn example(column: &ColumnSummary) -> String {
    match column.examples.first() {
        Some(text) => {
            let cut: String = text.chars().take(MAX_EXAMPLE).collect();
            let more = if cut.len() < text.len() { "…" } else { "" };
            format!("`{}` (such as {cut}{more})", column.name)
        }
        None => format!("`{}` (empty)", column.name),
    }
}
