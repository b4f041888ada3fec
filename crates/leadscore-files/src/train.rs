//! From a file of past leads to a pipeline.
//!
//! The file is read twice: what its columns hold and what became of the leads, and then the leads themselves, by the reader
//! that scores them later, so that a lead means the same in both.

mod columns;
mod job;
mod kinds;
mod later_dates;
mod lives;
mod options;
mod past_table;
mod reading;
mod report;
mod rows;
mod schema;
mod sentinels;
#[cfg(test)]
mod tests;
mod unread;
mod validation;
mod weights;

pub use options::{day_of, train_file, trainer_from_json};
pub use report::trained_json;
pub use schema::feature_name;

use std::path::PathBuf;

use leadscore::parallel::Workers;
use leadscore::train::{PointInTime, TrainProgress, Trained, Trainer};
use leadscore::{AsOf, Attribute, Dataset, Error, ErrorKind, FeatureSchema, Lead, Stop, Timestamp};
use serde_json::json;

use crate::read::{LeadInput, LeadReader, Mapping, ReadColumn, ReadLead, Target};
use crate::wording::counted;
use crate::{Note, Notes, ValueWarnings, note_warnings, unreadable};
use columns::{Dates, PastLeads};
use later_dates::LaterDates;
use lives::{LifeSource, Survey};
use reading::{reading_pipeline, smallest_schema};
use rows::Rows;
use unread::UnreadValues;
use weights::Weights;

/// A file of past leads to learn a pipeline from.
///
/// Made by [`TrainJob::new`], and done by [`TrainJob::run`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TrainJob {
    input: String,
    as_of: AsOf,
    target: Option<String>,
    positive: Vec<String>,
    id: Option<String>,
    weight: Option<String>,
    drop: Vec<String>,
    missing: Vec<(String, String)>,
    time: Option<String>,
    activities: Option<PathBuf>,
    horizon: Option<f64>,
    every: Option<f64>,
    start: Option<String>,
    ended: Option<String>,
    won_by: Vec<String>,
    lost_by: Vec<String>,
    valid: Option<String>,
    mapping: Option<PathBuf>,
    /// Columns and the attributes they are, beside the mapping.
    mapped: Vec<(String, String)>,
    threads: Option<usize>,
}

/// What was learned from a file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TrainedFile {
    /// The pipeline, and what is known of it.
    pub trained: Trained,
    /// What became of the leads, as their column says it; none where moments of their lives were learned from.
    pub target: Option<Target>,
    /// The moments that were learned from, where leads are judged as of moments of their lives.
    pub moments: Option<MomentSummary>,
    /// The column of weights, where rows have some.
    pub weights: Option<WeightSummary>,
    /// The features that were learned from, each with its column in the file.
    pub columns: Vec<(String, String)>,
    /// The columns that were not, each with the reason.
    pub left_out: Vec<(String, String)>,
    /// Rows that could not be read.
    pub rejected_count: u64,
}

/// Where weights came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WeightSummary {
    /// The column.
    pub column: String,
    /// How many rows weigh nothing: they are left out.
    pub zero_count: u64,
}

/// Leads as of moments of their lives.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MomentSummary {
    /// How many leads have a moment.
    pub lead_count: u64,
    /// How many were won at some time.
    pub won_lead_count: u64,
    /// The days within which a lead is won or not.
    pub horizon_days: f64,
    /// The days between the moments of a lead.
    pub every_days: f64,
    /// The moment up to which leads are known.
    pub end: Timestamp,
}

impl TrainJob {
    /// Learns a pipeline by a trainer. `progress` is called after each round.
    ///
    /// # Errors
    /// `not_found`, `io` and `unreadable_table` for the files; `invalid_context` with the name of an option for a column that
    /// is not there, values that do not say what became of the leads, and options that do not go together; what
    /// [`Trainer::fit`] refuses; `cancelled` where `stop` ended the work.
    pub fn run(
        &self,
        trainer: &Trainer,
        notes: &mut dyn Notes,
        stop: &dyn Stop,
        progress: &mut dyn FnMut(&TrainProgress),
    ) -> Result<TrainedFile, Error> {
        self.check_options()?;
        let Prepared { dataset, mut rejected_count, target, moments, weights, draft } =
            self.prepare(notes)?;
        let mut workers = Workers::new().stop(stop);
        if let Some(count) = self.threads {
            workers = workers.threads(count);
        }
        let trainer = trainer.clone().horizon_days(self.horizon.unwrap_or_default());
        let mut learned = match self.validation(&draft, notes)? {
            Some((validation, own_rejected_count)) => {
                rejected_count += own_rejected_count;
                trainer.fit_validated(&dataset, &validation, &workers, progress)?
            }
            None => trainer.fit(&dataset, &workers, progress)?,
        };
        if moments.is_some() {
            // What a log tells as of a moment before the outcome cannot know it, however well it tells.
            let from_table: Vec<&str> =
                draft.features.iter().filter(|own| !own.is_from_log).map(|own| own.name.as_str()).collect();
            let is_of_table = |name: &String| from_table.contains(&name.as_str());
            learned.report.leaks.retain(|leak| leak.features.iter().any(is_of_table));
        }
        let columns = draft.features.into_iter().map(|own| (own.name, own.column)).collect();
        Ok(TrainedFile {
            trained: learned,
            target,
            moments,
            weights,
            columns,
            left_out: draft.left_out,
            rejected_count,
        })
    }

    fn check_options(&self) -> Result<(), Error> {
        let invalid =
            |option: &'static str, message: &str| Err(Error::new(ErrorKind::InvalidContext, option, message));
        if let Some(days) = self.horizon {
            PointInTime::new(days, self.as_of.time)?;
            if self.valid.is_some() {
                return invalid("valid", "goes without a horizon");
            }
            if self.target.is_none() && self.won_by.is_empty() {
                return invalid(
                    "target",
                    "name the column of dates on which leads were won, or kinds of activities by which \
                                          they are (won_by)",
                );
            }
            if self.time.is_some() {
                return invalid(
                    "time",
                    "with a horizon leads are judged as of moments of their lives; give one of the two",
                );
            }
            if !self.positive.is_empty() {
                return invalid(
                    "positive",
                    "with a horizon the target holds the dates on which leads were won",
                );
            }
        } else {
            if self.target.is_none() {
                return invalid("target", "name the column that says what became of each lead");
            }
            let is_given = [
                ("every", self.every.is_some()),
                ("start", self.start.is_some()),
                ("ended", self.ended.is_some()),
                ("won_by", !self.won_by.is_empty()),
                ("lost_by", !self.lost_by.is_empty()),
            ];
            if let Some((option, _)) = is_given.into_iter().find(|(_, is_given)| *is_given) {
                return invalid(option, "goes with a horizon, the days within which a lead is won or not");
            }
        }
        Ok(())
    }

    /// Refuses kinds of activities where there are none.
    fn check_kinds(&self, has_activities: bool) -> Result<(), Error> {
        for (option, kinds) in [("won_by", &self.won_by), ("lost_by", &self.lost_by)] {
            if !kinds.is_empty() && !has_activities {
                let message =
                    "names kinds of activities; give the log that has them with `activities` (--activities)";
                return Err(Error::new(ErrorKind::InvalidContext, option, message));
            }
        }
        Ok(())
    }

    /// Which column is which attribute.
    fn settled_mapping(&self) -> Result<Mapping, Error> {
        let mut mapping = self.mapping.as_deref().map(Mapping::load).transpose()?.unwrap_or_default();
        for (column, attribute) in &self.mapped {
            mapping.set_column(column, attribute);
        }
        if let Some(id) = &self.id {
            mapping.set_column(id, "lead_id");
        }
        Ok(mapping)
    }

    /// Reads the files.
    fn prepare(&self, notes: &mut dyn Notes) -> Result<Prepared, Error> {
        let mapping = self.settled_mapping()?;
        let id = self.id_column(&mapping)?;
        let mut file = columns::read(&self.input, &self.named_columns(id.as_deref(), &mapping), notes)?;
        let has_activities = self.activities.is_some() || file.has_activities;
        self.check_kinds(has_activities)?;
        let target = match self.horizon {
            Some(_) => None,
            None => Some(file.target.judge(&self.positive)?),
        };
        target.iter().flat_map(|target| &target.notes).for_each(|note| notes.assumed(note));
        let mut draft = schema::draft(&file.columns);
        // The texts of the columns are not needed any more.
        file.columns.clear();
        let survey = match (has_activities, self.horizon) {
            (false, None) => None,
            _ => Some(self.survey(&file, &mapping, has_activities)?),
        };
        if let Some(survey) = survey.as_ref().filter(|_| has_activities) {
            draft.add_activities(&survey.kinds);
        }
        if draft.features.is_empty() {
            let message = format!("no column can be learned from: {}", schema::sentence(&draft.left_out));
            return Err(unreadable(&self.input, message));
        }
        let (mut rows, mut moments) = match (survey, &target) {
            (Some(survey), None) => self.moments(survey, notes)?,
            (_, Some(target)) => (Rows::labelled(&file.rows, &target.labels), None),
            (None, None) => unreachable!("without a horizon there is a target"),
        };
        let (dataset, rejected_count) = self.dataset(&draft, (&file, &mapping), &mut rows, notes)?;
        if let Some(moments) = &mut moments {
            moments.lead_count = rows.lead_count;
        }
        let Weights { column, zero_count, .. } = &file.weights;
        let summary = || WeightSummary { column: column.clone(), zero_count: *zero_count };
        let weights = self.weight.is_some().then(summary);
        Ok(Prepared { dataset, rejected_count, target, moments, weights, draft })
    }

    /// The column of the leads' ids: the one that is named, or the one that the reader knows as such.
    fn id_column(&self, mapping: &Mapping) -> Result<Option<String>, Error> {
        if mapping.lead_id.is_some() || self.input == "-" {
            return Ok(mapping.lead_id.clone());
        }
        let mut unheard: Vec<Note> = Vec::new();
        let schema = smallest_schema();
        let leads = self.leads(&schema, mapping).open(&reading_pipeline(schema)?, &mut unheard)?;
        let is_id = |column: &ReadColumn| column.attribute == "lead_id";
        Ok(leads.columns().into_iter().find(is_id).map(|column| column.column))
    }

    fn named_columns<'a>(&'a self, id: Option<&'a str>, mapping: &'a Mapping) -> columns::Named<'a> {
        fn date<'a>(
            option: &'static str,
            column: Option<&'a str>,
            reason: &'static str,
        ) -> Option<columns::NamedDate<'a>> {
            column.map(|column| columns::NamedDate { option, column, reason })
        }
        let has_horizon = self.horizon.is_some();
        let target = self.target.as_deref();
        columns::Named {
            target: target.filter(|_| !has_horizon),
            id,
            weight: self.weight.as_deref(),
            drop: &self.drop,
            missing: &self.missing,
            dates: [
                date("time", self.time.as_deref(), "the time as of which leads are judged"),
                date("start", self.start.as_deref(), "the beginning of a lead's life"),
                date("target", target.filter(|_| has_horizon), "the target"),
                date("ended", self.ended.as_deref(), "the end of a lead's life"),
            ]
            .into_iter()
            .flatten()
            .collect(),
            mapping,
            zone: &self.as_of.zone,
        }
    }

    /// What the leads' lives and the log are.
    fn survey(&self, file: &PastLeads, mapping: &Mapping, has_activities: bool) -> Result<Survey, Error> {
        let dates = &file.dates;
        let mut keys = kinds::Keys::new();
        let source = LifeSource {
            start: dates.of("start"),
            won_at: dates.of("target"),
            ended: dates.of("ended"),
            won_by: self.won_by.iter().map(|kind| keys.key(kind)).collect(),
            lost_by: self.lost_by.iter().map(|kind| keys.key(kind)).collect(),
        };
        let mut features: Vec<_> = schema::date_features(dates).collect();
        features.push(json!({"name": "activities", "type": "number", "source": {"from": "count"}}));
        let schema = FeatureSchema::from_json(&json!({"features": features}).to_string())?;
        // Not shown: the second reading notes the same.
        let mut unheard: Vec<Note> = Vec::new();
        let mut leads = self.open(schema, mapping, &mut unheard)?;
        let survey =
            source.survey(&mut leads, &file.weights, &|lead, attribute| self.time_of(lead, attribute))?;
        source.check(&survey, has_activities, self.horizon.is_some())?;
        Ok(survey)
    }

    /// The moments of lives.
    fn moments(&self, survey: Survey, notes: &mut dyn Notes) -> Result<(Rows, Option<MomentSummary>), Error> {
        let end = survey.newest.map_or(self.as_of.time, |newest| newest.min(self.as_of.time));
        let mut rule = PointInTime::new(self.horizon.unwrap_or_default(), end)?;
        if let Some(days) = self.every {
            rule = rule.every(days)?;
        }
        let known = if end < self.as_of.time { " (the newest activity)" } else { "" };
        notes.assumed(format!(
            "leads are known up to {}{known}; what is not a date or an activity is taken to have been so all their lives, so \
             drop columns that were filled in later",
            AsOf::new(end).in_zone(self.as_of.zone.clone()).to_local_minute()
        ));
        if survey.without_start > 0 {
            let leads = counted(survey.without_start, "lead has", "leads have");
            let what =
                self.start.as_ref().map_or("activity".to_owned(), |column| format!("date in `{column}`"));
            notes.assumed(format!("{leads} no {what} and cannot be learned from"));
        }
        if survey.won_count == 0 {
            let message = "no lead was ever won, so there is nothing to learn";
            return Err(Error::new(ErrorKind::InvalidContext, "target", message));
        }
        let summary = MomentSummary {
            lead_count: 0,
            won_lead_count: survey.won_count,
            horizon_days: rule.horizon_days(),
            every_days: rule.step_days(),
            end,
        };
        Ok((Rows::lives(survey.lives, rule), Some(summary)))
    }

    /// The leads without their log, by what a schema reads.
    fn leads(&self, schema: &FeatureSchema, mapping: &Mapping) -> LeadInput {
        let mut mapping = mapping.clone();
        // Columns that are left out need no attribute.
        let read: Vec<&str> = schema.attribute_names().iter().collect();
        mapping.attributes.retain(|attribute, _| read.contains(&attribute.as_str()));
        let input = LeadInput::new(&self.input).zone(self.as_of.zone.clone()).as_of(self.as_of.time);
        input.settled(mapping)
    }

    fn open(
        &self,
        schema: FeatureSchema,
        mapping: &Mapping,
        notes: &mut dyn Notes,
    ) -> Result<LeadReader, Error> {
        let mut input = self.leads(&schema, mapping);
        if let Some(path) = &self.activities {
            input = input.activities(path);
        }
        input.open(&reading_pipeline(schema)?, notes)
    }

    /// The moment in a lead's attribute of dates.
    fn time_of(&self, lead: &Lead, attribute: &str) -> Option<Timestamp> {
        let zone = &self.as_of.zone;
        match lead.attributes.get(attribute)? {
            Attribute::Date(time) => time.to_timestamp(zone).ok(),
            Attribute::Text(text) => Timestamp::parse(text, zone).ok(),
            _ => None,
        }
    }

    /// Reads the leads that have an outcome.
    fn dataset(
        &self,
        draft: &schema::Draft,
        (file, mapping): (&PastLeads, &Mapping),
        rows: &mut Rows,
        notes: &mut dyn Notes,
    ) -> Result<(Dataset, u64), Error> {
        let dates = &file.dates;
        let schema = FeatureSchema::from_json(&draft.schema_json(&Dates::default()))?;
        // The reader needs to know of the columns of dates, the pipeline does not.
        let read = FeatureSchema::from_json(&draft.schema_json(dates))?;
        let mut leads = self.open(read, mapping, notes)?;
        let mut examples = Dataset::builder(&schema, self.as_of.zone.clone());
        let (mut rejected_count, mut without_time) = (0, 0_u64);
        let mut later = LaterDates::new(draft);
        let mut unread = UnreadValues::new(draft);
        loop {
            match leads.read_lead()? {
                ReadLead::End => break,
                ReadLead::Rejected(_) => rejected_count += 1,
                ReadLead::Lead => {
                    let lead = leads.lead();
                    let own_time = || match dates.of("time") {
                        Some(column) => self.time_of(lead, column),
                        None => Some(self.as_of.time),
                    };
                    match rows.of_lead(leads.row(), lead.id.as_deref().unwrap_or_default(), own_time) {
                        Some(moments) => {
                            for (at, label) in moments {
                                examples.add_weighted(lead, at, label, file.weights.of_row(leads.row()))?;
                                later.add(at, |attribute| self.time_of(lead, attribute));
                                if file.is_of_records {
                                    unread.add(lead, |attribute| self.time_of(lead, attribute).is_some());
                                }
                            }
                        }
                        None => without_time += 1,
                    }
                }
            }
        }
        note_warnings(&leads.warnings(), &ValueWarnings::default(), notes);
        if self.horizon.is_none() {
            later.messages().for_each(|message| notes.assumed(message));
        }
        if without_time > 0 {
            let rows = counted(without_time, "row has", "rows have");
            let column = self.time.as_deref().unwrap_or_default().trim();
            notes.assumed(format!("{rows} no date in `{column}` and cannot be learned from"));
        }
        let dataset = examples.finish().map_err(|error| {
            Error::new(ErrorKind::UnreadableTable, "", error.message()).within(self.input.as_str())
        })?;
        unread.messages(&dataset).into_iter().for_each(|message| notes.assumed(message));
        Ok((dataset, rejected_count))
    }
}

/// What is learned from.
struct Prepared {
    dataset: Dataset,
    rejected_count: u64,
    target: Option<Target>,
    moments: Option<MomentSummary>,
    weights: Option<WeightSummary>,
    draft: schema::Draft,
}
