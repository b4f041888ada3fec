//! Whether an input can say anything of its leads to a pipeline.

use std::collections::BTreeSet;

use leadscore::pipeline::ScoreInputs;
use leadscore::{Attribute, Lead, Pipeline};

use crate::wording::{counted, first_of};

/// A model is taken to be without its data where at least one in so many of its columns is absent.
const ABSENT_SHARE: usize = 4;

/// Whether so many of some rows are most of them: more than half, and more than one.
pub(crate) fn is_most(count: u64, rows: u64) -> bool {
    count > 1 && count > rows / 2
}

/// What an input turned out to hold of what a pipeline weighs.
#[derive(Debug)]
pub(super) struct Worth {
    pipeline: String,
    inputs: ScoreInputs,
    /// The names of a table's columns.
    columns: Vec<String>,
    /// The attributes there is a column or a field for.
    present: BTreeSet<String>,
    /// Whether some lead has a value of an attribute that is weighed.
    has_value: bool,
    /// Whether some lead brings activities of its own.
    has_activities: bool,
}

impl Worth {
    pub(super) fn new(pipeline: &Pipeline) -> Worth {
        Worth {
            pipeline: pipeline.id().to_owned(),
            inputs: pipeline.score_inputs(),
            columns: Vec::new(),
            present: BTreeSet::new(),
            has_value: false,
            has_activities: false,
        }
    }

    /// Whether an attribute is weighed.
    pub(super) fn weighs(&self, attribute: &str) -> bool {
        self.inputs.attributes.iter().any(|own| own == attribute)
    }

    /// The names of a table's columns, for messages.
    pub(super) fn set_columns(&mut self, columns: &[&str]) {
        self.columns = columns.iter().map(|name| (*name).to_owned()).collect();
    }

    /// There is a column for an attribute.
    pub(super) fn add_column(&mut self, attribute: &str) {
        self.present.insert(attribute.to_owned());
    }

    /// Some lead has a value of an attribute that is weighed, or none of those read so far has.
    pub(super) fn add_values(&mut self, has_value: bool) {
        self.has_value |= has_value;
    }

    /// Takes in a lead that brings its attributes and activities.
    pub(super) fn add_lead(&mut self, lead: &Lead) {
        self.has_activities |= !lead.activities.is_empty();
        if self.has_value && self.present.len() >= self.inputs.attributes.len() {
            return;
        }
        for (name, value) in &lead.attributes {
            if self.weighs(name) {
                self.has_value |= has_value(value);
                if !self.present.contains(name) {
                    self.present.insert(name.clone());
                }
            }
        }
    }

    /// Why a result from this input is worth nothing, as far as its columns tell; `has_log` says whether activities of a
    /// log belong to its leads.
    pub(super) fn reasons(&self, has_log: bool) -> Vec<String> {
        let has_activities = has_log || self.has_activities;
        let ScoreInputs { attributes, reads_activities, model_columns, .. } = &self.inputs;
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let has = match columns.as_slice() {
            [] => String::new(),
            columns => format!("; the file has {}", first_of(columns)),
        };
        let mut reasons = Vec::new();
        let is_absent = |column: &&leadscore::pipeline::ModelColumn| {
            let is_present = column.attributes.iter().any(|name| self.present.contains(name));
            !(is_present || (column.reads_activities && has_activities))
        };
        let absent: Vec<&str> =
            model_columns.iter().filter(is_absent).map(|column| column.name.as_str()).collect();
        if !absent.is_empty() && absent.len() * ABSENT_SHARE >= model_columns.len() {
            reasons.push(format!(
                "the input lacks {} of the {}: {}{has}. Say which column is which with --map",
                absent.len(),
                counted(model_columns.len() as u64, "column of the model", "columns of the model"),
                first_of(&absent)
            ));
        }
        // Rules may weigh nothing at all, and give every lead the same.
        let weighs_something = *reads_activities || !attributes.is_empty();
        if reasons.is_empty() && weighs_something && !self.has_value && !(*reads_activities && has_activities)
        {
            let names: Vec<&str> = attributes.iter().map(String::as_str).collect();
            let present: Vec<&str> =
                names.iter().copied().filter(|name| self.present.contains(*name)).collect();
            let log = if *reads_activities { "; it reads activities too, but there are none" } else { "" };
            reasons.push(if !present.is_empty() {
                format!(
                    "no lead has a value of anything that `{}` weighs; there are columns for {}{log}",
                    self.pipeline,
                    first_of(&present)
                )
            } else if names.is_empty() {
                format!("`{}` weighs activities alone, and there are none; name their log", self.pipeline)
            } else {
                format!(
                    "the input has nothing that `{}` weighs; it weighs {}{log}{has}. Say which column is which with --map",
                    self.pipeline,
                    first_of(&names)
                )
            });
        }
        reasons
    }
}

fn has_value(value: &Attribute) -> bool {
    match value {
        Attribute::Text(text) => !text.trim().is_empty(),
        Attribute::Number(number) => !number.is_nan(),
        _ => true,
    }
}
