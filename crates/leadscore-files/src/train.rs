//! From a file of past leads to a pipeline.
//!
//! The file is read twice: what its columns hold and what became of the leads, and then the leads themselves, by the reader
//! that scores them later, so that a lead means the same in both.

mod columns;
mod schema;

pub use schema::feature_name;

use leadscore::parallel::Workers;
use leadscore::scorecard::{GroupBuilder, RuleBuilder, ScorecardUnit};
use leadscore::train::{TrainProgress, Trained, Trainer};
use leadscore::{
    AsOf, Attribute, Dataset, Error, ErrorKind, FeatureSchema, Pipeline, Scale, Scorecard, Stop, TierScheme,
    Timestamp,
};

use crate::read::{LeadInput, ReadLead, Target};
use crate::wording::counted;
use crate::{Notes, ValueWarnings, note_warnings, unreadable};

/// A file of past leads to learn a pipeline from.
///
/// Made by [`TrainJob::new`], and done by [`TrainJob::run`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TrainJob {
    input: String,
    as_of: AsOf,
    target: String,
    positive: Vec<String>,
    id: Option<String>,
    drop: Vec<String>,
    time: Option<String>,
    threads: Option<usize>,
}

/// What was learned from a file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TrainedFile {
    /// The pipeline, and what is known of it.
    pub trained: Trained,
    /// What became of the leads, as their column says it.
    pub target: Target,
    /// The features that were learned from, each with its column in the file.
    pub columns: Vec<(String, String)>,
    /// The columns that were not, each with the reason.
    pub left_out: Vec<(String, String)>,
    /// Rows that could not be read.
    pub rejected_count: u64,
}

impl TrainJob {
    /// Learns from a CSV file in which a column says what became of each lead. Ages of dates are taken as of a time.
    pub fn new(input: impl Into<String>, target: impl Into<String>, as_of: AsOf) -> TrainJob {
        TrainJob {
            input: input.into(),
            as_of,
            target: target.into(),
            positive: Vec::new(),
            id: None,
            drop: Vec::new(),
            time: None,
            threads: None,
        }
    }

    /// The values of the target column that mean won, where they are none of the known pairs such as yes and no.
    #[must_use]
    pub fn positive(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> TrainJob {
        self.positive.extend(values.into_iter().map(Into::into));
        self
    }

    /// The column of the leads' ids: it is not learned from, and rows of one lead are kept together.
    #[must_use]
    pub fn id(mut self, column: impl Into<String>) -> TrainJob {
        self.id = Some(column.into());
        self
    }

    /// Columns that are not learned from.
    #[must_use]
    pub fn drop(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> TrainJob {
        self.drop.extend(columns.into_iter().map(Into::into));
        self
    }

    /// The column of dates as of which each lead is judged, instead of one moment for all. It is not learned from.
    #[must_use]
    pub fn time(mut self, column: impl Into<String>) -> TrainJob {
        self.time = Some(column.into());
        self
    }

    /// The most threads; one for each processor by default. What is learned does not depend on it.
    #[must_use]
    pub fn threads(mut self, count: usize) -> TrainJob {
        self.threads = Some(count);
        self
    }

    /// Learns a pipeline by a trainer. `progress` is called after each round.
    ///
    /// # Errors
    /// `not_found`, `io` and `unreadable_table` for the file; `invalid_context` with the name of an option for a column that
    /// is not there, or values that do not say what became of the leads; what [`Trainer::fit`] refuses; `cancelled` where
    /// `stop` ended the work.
    pub fn run(
        &self,
        trainer: &Trainer,
        notes: &mut dyn Notes,
        stop: &dyn Stop,
        progress: &mut dyn FnMut(&TrainProgress),
    ) -> Result<TrainedFile, Error> {
        let mut file = columns::read(&self.input, &self.named_columns(), notes)?;
        let target = file.target.judge(&self.positive)?;
        target.notes.iter().for_each(|note| notes.assumed(note));
        let draft = schema::draft(&file.columns);
        if draft.features.is_empty() {
            let message = format!("no column can be learned from: {}", schema::sentence(&draft.left_out));
            return Err(unreadable(&self.input, message));
        }
        let (dataset, rejected_count) = self.dataset(&draft, &file, &target, notes)?;
        // The texts of the columns are not needed any more.
        file.columns.clear();
        let mut workers = Workers::new().stop(stop);
        if let Some(count) = self.threads {
            workers = workers.threads(count);
        }
        let learned = trainer.fit(&dataset, &workers, progress)?;
        let columns = draft.features.into_iter().map(|own| (own.name, own.column)).collect();
        Ok(TrainedFile { trained: learned, target, columns, left_out: draft.left_out, rejected_count })
    }

    fn named_columns(&self) -> columns::Named<'_> {
        columns::Named {
            target: &self.target,
            id: self.id.as_deref(),
            drop: &self.drop,
            time: self.time.as_deref(),
        }
    }

    /// The moment in a cell of the column of times.
    fn time_of(&self, cell: Option<&Attribute>) -> Option<Timestamp> {
        let zone = &self.as_of.zone;
        match cell? {
            Attribute::Date(time) => time.to_timestamp(zone).ok(),
            Attribute::Text(text) => Timestamp::parse(text, zone).ok(),
            _ => None,
        }
    }

    /// Reads the leads that have an outcome.
    fn dataset(
        &self,
        draft: &schema::Draft,
        file: &columns::PastLeads,
        target: &Target,
        notes: &mut dyn Notes,
    ) -> Result<(Dataset, u64), Error> {
        const TIME: &str = "as_of_of_the_row";
        let schema = FeatureSchema::from_json(&draft.schema_json(None))?;
        // The reader needs to know of the column of times, the pipeline does not.
        let rows = &file.rows;
        let read = match &file.time {
            Some(column) => FeatureSchema::from_json(&draft.schema_json(Some((TIME, column))))?,
            None => schema.clone(),
        };
        let mut input = LeadInput::new(&self.input).zone(self.as_of.zone.clone()).as_of(self.as_of.time);
        if let Some(id) = &self.id {
            input = input.column(id, "lead_id");
        }
        let mut leads = input.open(&reading_pipeline(read)?, notes)?;
        let mut examples = Dataset::builder(&schema, self.as_of.zone.clone());
        let (mut at, mut rejected_count, mut without_time) = (0, 0, 0_u64);
        loop {
            match leads.read_lead()? {
                ReadLead::End => break,
                ReadLead::Rejected(_) => rejected_count += 1,
                ReadLead::Lead => {
                    while rows.get(at).is_some_and(|row| *row < leads.row()) {
                        at += 1;
                    }
                    let is_known = rows.get(at) == Some(&leads.row());
                    let Some(label) = target.labels.get(at).copied().flatten().filter(|_| is_known) else {
                        continue;
                    };
                    let as_of = match &file.time {
                        None => Some(self.as_of.time),
                        Some(column) => self.time_of(leads.lead().attributes.get(column.as_str())),
                    };
                    match as_of {
                        Some(as_of) => examples.add(leads.lead(), as_of, label)?,
                        None => without_time += 1,
                    }
                }
            }
        }
        note_warnings(&leads.warnings(), &ValueWarnings::default(), notes);
        if without_time > 0 {
            let rows = counted(without_time, "row has", "rows have");
            notes.assumed(format!(
                "{rows} no date in `{}` and cannot be learned from",
                file.time.as_deref().unwrap_or_default()
            ));
        }
        let dataset = examples.finish().map_err(|error| {
            Error::new(ErrorKind::UnreadableTable, "", error.message()).within(self.input.as_str())
        })?;
        Ok((dataset, rejected_count))
    }
}

/// A pipeline that only reads.
fn reading_pipeline(schema: FeatureSchema) -> Result<Pipeline, Error> {
    let group = GroupBuilder::new("all").rule(RuleBuilder::points("none", 0.0));
    let card = Scorecard::builder(ScorecardUnit::Points).group(group).build(&schema)?;
    Pipeline::builder("reading")
        .schema(schema)
        .scorecard(card)
        .scale(Scale::points())
        .tiers(TierScheme::builtin("hot-warm-cold")?)
        .build()
}
