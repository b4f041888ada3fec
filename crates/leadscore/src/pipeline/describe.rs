//! What a pipeline is, as JSON.

use std::sync::Arc;

use serde::Serialize;

use super::records::text;
use super::{ModelCard, Pipeline};

#[derive(Serialize)]
struct Description<'a> {
    id: &'a str,
    name: &'a str,
    version: Option<&'a str>,
    note: Option<&'a str>,
    content_hash: &'a str,
    columns: Vec<Column<'a>>,
    attributes: Vec<&'a str>,
    reads_activities: bool,
    /// Whether tiers are by rank, so that the whole list is scored at once; left out where they are not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    ranks: bool,
    tiers: Vec<TierRow<'a>>,
    classes: &'a [Arc<str>],
    model: Option<&'a ModelCard>,
}

#[derive(Serialize)]
struct Column<'a> {
    name: &'a str,
    label: &'a str,
    group: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'a str,
    levels: &'a [String],
}

#[derive(Serialize)]
struct TierRow<'a> {
    tier: &'a str,
    action: &'a str,
}

impl Pipeline {
    /// What the pipeline is, as a JSON object: id, name, version, note, content hash, the columns of its matrix, the
    /// attributes it reads, its tiers and classes, and the model card. Every field is there, and null is none, but for
    /// `ranks`, which is there and true where tiers are by rank.
    pub fn describe_json(&self) -> String {
        let columns = self.schema().columns().map(|feature| Column {
            name: &feature.name,
            label: &feature.label,
            group: feature.group.as_deref(),
            kind: feature.kind.word(),
            levels: &feature.levels,
        });
        let tiers =
            self.tiers().tiers().iter().map(|tier| TierRow { tier: tier.name(), action: tier.action() });
        text(&Description {
            id: self.id(),
            name: self.name(),
            version: self.version(),
            note: self.note(),
            content_hash: self.content_hash(),
            columns: columns.collect(),
            attributes: self.schema().attribute_names().iter().collect(),
            reads_activities: self.schema().reads_activities(),
            ranks: self.has_ranks(),
            tiers: tiers.collect(),
            classes: self.classes(),
            model: self.model_card(),
        })
    }
}
