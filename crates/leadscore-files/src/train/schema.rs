//! The features that columns become.

use std::collections::BTreeSet;

use leadscore_csv::ColumnKind;
use serde_json::{Value, json};

use super::columns::{Dates, MAX_LEVELS, PastColumn};
use super::kinds::Kinds;
use crate::wording::{count, counted};

/// What will be learned from, and what not.
pub(super) struct Draft {
    pub(super) features: Vec<DraftFeature>,
    /// Columns with the reason.
    pub(super) left_out: Vec<(String, String)>,
}

/// A column as a feature.
pub(super) struct DraftFeature {
    pub(super) column: String,
    /// The attribute it is read as.
    pub(super) attribute: String,
    pub(super) name: String,
    /// Whether it tells of activities.
    pub(super) is_from_log: bool,
    /// Whether it is the age of a date.
    pub(super) is_date: bool,
    feature: Value,
}

/// The features of columns.
pub(super) fn draft(columns: &[PastColumn]) -> Draft {
    let mut draft = Draft { features: Vec::new(), left_out: Vec::new() };
    let mut taken = BTreeSet::new();
    for column in columns {
        if let Some(reason) = column.left_out.clone().or_else(|| why_not(column)) {
            draft.left_out.push((column.name.clone(), reason));
            continue;
        }
        let name = feature_name(&column.attribute, &mut taken);
        let feature = feature(column, &name);
        draft.features.push(DraftFeature {
            column: column.name.clone(),
            attribute: column.attribute.clone(),
            name,
            is_from_log: false,
            is_date: column.kind == ColumnKind::Date,
            feature,
        });
    }
    draft
}

impl DraftFeature {
    /// Whether some of its values mean missing.
    pub(super) fn has_missing(&self) -> bool {
        self.feature["source"].get("missing").is_some()
    }
}

impl Draft {
    /// Adds what a log tells of a lead.
    pub(super) fn add_activities(&mut self, kinds: &Kinds) {
        let mut taken: BTreeSet<String> = self.features.iter().map(|own| own.name.clone()).collect();
        for (column, label, source) in kinds.sources() {
            let name = feature_name(&column, &mut taken);
            let feature = json!({"name": name, "label": label, "type": "number", "source": source});
            let attribute = String::new();
            self.features.push(DraftFeature {
                column,
                attribute,
                name,
                is_from_log: true,
                is_date: false,
                feature,
            });
        }
        self.left_out.extend(kinds.left_out());
    }

    /// The schema, with a feature more for each of some columns of dates, so that they are read.
    pub(super) fn schema_json(&self, dates: &Dates) -> String {
        let own = self.features.iter().map(|own| own.feature.clone());
        json!({"features": own.chain(date_features(dates)).collect::<Vec<_>>()}).to_string()
    }
}

/// A feature for each of some columns of dates, for a reader that needs to know of them.
pub(super) fn date_features(dates: &Dates) -> impl Iterator<Item = Value> {
    dates.attributes().enumerate().map(|(at, attribute)| {
        let source = json!({"from": "age", "of": attribute, "unit": "days"});
        json!({"name": format!("date_of_the_row_{at}"), "type": "number", "source": source})
    })
}

/// Why a column is not learned from, by what it holds.
fn why_not(column: &PastColumn) -> Option<String> {
    let level_count = column.levels.len() as u64;
    match column.kind {
        ColumnKind::Empty => Some("empty".to_owned()),
        _ if column.value_count == 0 => Some("empty".to_owned()),
        ColumnKind::Number if column.counts_rows() => {
            Some("another whole number in every row: an id, or a clock".to_owned())
        }
        ColumnKind::Number | ColumnKind::Flag | ColumnKind::Date => {
            // Whether there is a value may tell something too.
            let is_constant = !column.varies && column.value_count == column.row_count;
            is_constant.then(|| "the same in every row".to_owned())
        }
        ColumnKind::Text | ColumnKind::Id if column.has_more_levels => {
            Some(format!("names, ids or free text: more than {} different texts", count(MAX_LEVELS as u64)))
        }
        ColumnKind::Text | ColumnKind::Id if column.has_long_texts => {
            Some(format!("texts to read, {}", counted(level_count, "different one", "different ones")))
        }
        ColumnKind::Text | ColumnKind::Id if 2 * level_count > column.value_count && level_count > 20 => {
            let rows = counted(column.value_count, "row", "rows");
            Some(format!("names, ids or free text: {} different texts in {rows}", count(level_count)))
        }
        ColumnKind::Text | ColumnKind::Id => (level_count == 1 && column.value_count == column.row_count)
            .then(|| "the same in every row".to_owned()),
    }
}

/// A column as a feature of a schema.
fn feature(column: &PastColumn, name: &str) -> Value {
    let label = column.attribute.replace('_', " ");
    let mut attribute = json!({"from": "attribute", "name": column.attribute});
    if !column.missing.is_empty() {
        attribute["missing"] = json!(column.missing);
    }
    match column.kind {
        ColumnKind::Date => {
            let age = json!({"from": "age", "of": column.attribute, "unit": "days"});
            json!({"name": name, "label": format!("Days since {label}"), "type": "number", "source": age})
        }
        ColumnKind::Flag => json!({"name": name, "label": label, "type": "flag", "source": attribute}),
        ColumnKind::Text | ColumnKind::Id => {
            let mut levels: Vec<&(String, u64)> = column.levels.values().collect();
            // The most frequent first, so that codes do not depend on the order of the rows.
            levels.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.to_lowercase().cmp(&b.0.to_lowercase())));
            let levels: Vec<&str> = levels.into_iter().map(|(text, _)| text.as_str()).collect();
            json!({"name": name, "label": label, "type": "category", "levels": levels, "source": attribute})
        }
        _ => json!({"name": name, "label": label, "type": "number", "source": attribute}),
    }
}

/// A column's name as a feature's: lower case, words with underscores between them, no name twice.
pub fn feature_name(column: &str, taken: &mut BTreeSet<String>) -> String {
    let words: Vec<String> = column
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let plain = if words.is_empty() { "column".to_owned() } else { words.join("_") };
    let name = (1..=taken.len() + 1)
        .map(|number| if number == 1 { plain.clone() } else { format!("{plain}_{number}") })
        .find(|name| !taken.contains(name));
    let name = name.unwrap_or(plain);
    taken.insert(name.clone());
    name
}

/// Columns and reasons in one sentence.
pub(super) fn sentence(left_out: &[(String, String)]) -> String {
    let each: Vec<String> =
        left_out.iter().map(|(column, reason)| format!("`{column}` ({reason})")).collect();
    each.join(", ")
}
