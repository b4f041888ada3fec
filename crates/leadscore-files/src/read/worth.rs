//! Whether an input can say anything of its leads to a pipeline.

use std::collections::BTreeSet;

use leadscore::pipeline::ScoreInputs;
use leadscore::{Attribute, Lead, Pipeline, Timestamp, Zone};

use super::times::Times;
use crate::wording::{counted, first_of};

/// The share of what decides a score that is missed too much: a rule without its data gives nothing, but a model guesses.
const MOST_ABSENT_OF_RULES: f64 = 0.95;
const MOST_ABSENT_OF_MODEL: f64 = 0.25;

/// From this share on it is said of rules.
const MUCH_ABSENT: f64 = 0.5;

/// What is just a limit shall not pass for the last bit of a sum.
const LAST_BITS: f64 = 1e-9;

/// Whose the activities are that leads bring.
const OWN: &str = "of the leads";

/// Whether so many of some rows are most of them: more than half, and more than one.
pub(crate) fn is_most(count: u64, rows: u64) -> bool {
    count > 1 && count > rows / 2
}

/// What an input turned out to hold of what a pipeline weighs.
#[derive(Debug)]
pub(super) struct Worth {
    pipeline: Pipeline,
    inputs: ScoreInputs,
    /// The names of a table's columns.
    columns: Vec<String>,
    /// The attributes there is a column or a field for.
    present: BTreeSet<String>,
    /// Whether some lead has a value of an attribute that is weighed.
    has_value: bool,
    /// When the leads' own activities were, and the newest of the dates that are read.
    times: Times,
    /// The attributes that are read as dates.
    dates: Vec<String>,
    /// What the input is called, and what says which column is which.
    input: &'static str,
    remedy: &'static str,
}

impl Worth {
    pub(super) fn new(pipeline: &Pipeline, times: Times) -> Worth {
        let schema = pipeline.schema();
        let dates = schema.attribute_names().iter().filter(|name| schema.reads_only_dates(name));
        Worth {
            pipeline: pipeline.clone(),
            inputs: pipeline.score_inputs(),
            columns: Vec::new(),
            present: BTreeSet::new(),
            has_value: false,
            times,
            dates: dates.map(str::to_owned).collect(),
            input: "file",
            remedy: "--map",
        }
    }

    /// The same for a table that is held in memory.
    pub(super) fn in_memory(mut self) -> Worth {
        (self.input, self.remedy) = ("frame", "the argument `columns`");
        self
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

    /// Takes in the newest date of some rows.
    pub(super) fn add_date(&mut self, date: Option<Timestamp>) {
        if let Some(date) = date {
            self.times.add_date(date);
        }
    }

    /// The newest date or activity of the leads themselves.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.times.newest()
    }

    /// Says that some of the leads' own activities lie after the as-of time, but not all.
    pub(super) fn later_message(&self) -> Option<String> {
        self.times.message(OWN).filter(|_| !self.times.is_all_later())
    }

    /// Says that all of the leads' own activities lie after the as-of time.
    pub(super) fn all_later(&self) -> Option<String> {
        self.times.message(OWN).filter(|_| self.times.is_all_later())
    }

    /// Takes in a lead that brings its attributes and activities.
    pub(super) fn add_lead(&mut self, lead: &Lead) {
        lead.activities.iter().for_each(|activity| self.times.add_activity(activity.at));
        for name in &self.dates {
            let date = match lead.attributes.get(name) {
                Some(Attribute::Text(text)) => Timestamp::parse(text, &Zone::utc()).ok(),
                _ => None,
            };
            if let Some(date) = date {
                self.times.add_date(date);
            }
        }
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

    /// Why a result from this input is worth nothing, as far as its columns tell; `has_log` says whether there is
    /// an activity log.
    pub(super) fn reason(&self, has_log: bool) -> Option<String> {
        let has_activities = has_log || self.times.has_counting();
        let ScoreInputs { attributes, reads_activities, model_columns, .. } = &self.inputs;
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let has = match columns.as_slice() {
            [] => String::new(),
            columns => format!("; the {} has {}", self.input, first_of(columns)),
        };
        let absent_share = self.absent_share(has_activities);
        let percent = (100.0 * absent_share).round();
        let is_absent = |column: &&leadscore::pipeline::ModelColumn| {
            let is_present = column.attributes.iter().any(|name| self.present.contains(name));
            !(is_present || (column.reads_activities && has_activities))
        };
        let absent: Vec<&str> =
            model_columns.iter().filter(is_absent).map(|column| column.name.as_str()).collect();
        if !absent.is_empty() && absent_share + LAST_BITS >= MOST_ABSENT_OF_MODEL {
            return Some(format!(
                "the input lacks {} of the {}: {}. They are {percent} % of what decides its score{has}. Say which column is \
                 which with {}",
                absent.len(),
                counted(model_columns.len() as u64, "column of the model", "columns of the model"),
                first_of(&absent),
                self.remedy
            ));
        }
        // Rules may weigh nothing at all, and give every lead the same.
        if attributes.is_empty() && !*reads_activities {
            return None;
        }
        let id = self.pipeline.id();
        let is_present = |name: &&str| self.present.contains(*name);
        let (present, absent): (Vec<&str>, Vec<&str>) =
            attributes.iter().map(String::as_str).partition(is_present);
        let log = if *reads_activities && !has_activities {
            "; it reads activities too, but there are none"
        } else {
            ""
        };
        if !(self.has_value || (*reads_activities && has_activities)) {
            return Some(if !present.is_empty() {
                format!(
                    "no lead has a value of anything that `{id}` weighs; there are columns for {}{log}",
                    first_of(&present)
                )
            } else if attributes.is_empty() {
                format!("`{id}` weighs activities alone, and there are none; name their log")
            } else {
                format!(
                    "the input has nothing that `{id}` weighs; it weighs {}{log}{has}. Say which column is which with {}",
                    first_of(&absent),
                    self.remedy
                )
            });
        }
        (model_columns.is_empty() && absent_share + LAST_BITS >= MOST_ABSENT_OF_RULES).then(|| {
            format!(
                "{percent} % of the points that `{id}` can give or take rest on what the input lacks: {}{log}{has}. Say which \
                 column is which with {}{}",
                first_of(&absent),
                self.remedy,
                self.name_log(log)
            )
        })
    }

    /// Says of rules that much of their points rests on what the input lacks, where the result is worth something.
    pub(super) fn thin(&self, has_log: bool) -> Option<String> {
        let has_activities = has_log || self.times.has_counting();
        let absent_share = self.absent_share(has_activities);
        let is_rules = self.inputs.model_columns.is_empty();
        let is_thin = (MUCH_ABSENT..MOST_ABSENT_OF_RULES).contains(&(absent_share + LAST_BITS));
        (is_rules && is_thin).then(|| {
            let log = if self.inputs.reads_activities && !has_activities { "; there are no activities" } else { "" };
            format!(
                "{:.0} % of the points that `{}` can give or take rest on what the input lacks{log}. Say which column is which \
                 with {}{}",
                100.0 * absent_share,
                self.pipeline.id(),
                self.remedy,
                self.name_log(log)
            )
        })
    }

    fn name_log(&self, log: &str) -> &'static str {
        match self.input {
            _ if log.is_empty() => "",
            "frame" => ", and give their log as `activities`",
            _ => ", and name their log with --activities",
        }
    }

    /// The share of what decides the score that rests on what is absent.
    fn absent_share(&self, has_activities: bool) -> f64 {
        1.0 - self.pipeline.share_in_reach(|name| self.present.contains(name), has_activities)
    }
}

fn has_value(value: &Attribute) -> bool {
    match value {
        Attribute::Text(text) => !text.trim().is_empty(),
        Attribute::Number(number) => !number.is_nan(),
        _ => true,
    }
}
