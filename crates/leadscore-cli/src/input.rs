//! The inputs of a command: a pipeline, an as-of time, and a file of leads.

use std::path::Path;

use leadscore::{AsOf, Error, Mode, Pipeline, Prediction, ScoreOptions, Timestamp, Zone, did_you_mean};
use leadscore_files::{LeadInput, LeadReader, ReadLead, note_stand_in, refuse_overwriting};

use crate::args::output::check_ending;
use crate::args::{Format, InputArgs};
use crate::failure::{Failure, of_option};
use crate::notes::StderrNotes;

/// Everything a command needs to read leads.
pub(crate) struct Work {
    pub(crate) pipeline: Pipeline,
    pub(crate) as_of: AsOf,
    pub(crate) options: ScoreOptions,
    pub(crate) leads: LeadReader,
}

impl Work {
    /// Opens the inputs, and notes on standard error what was assumed.
    ///
    /// `writes` are the files to be written, by the option that names them; none may be one that is read.
    pub(crate) fn new(args: &InputArgs, writes: &[(&str, Option<&Path>)]) -> Result<Work, Failure> {
        Work::with_columns(args, writes, &[])
    }

    /// The same with columns of the input that go through to the output.
    pub(crate) fn with_columns(
        args: &InputArgs,
        writes: &[(&str, Option<&Path>)],
        columns: &[String],
    ) -> Result<Work, Failure> {
        let pipeline = pipeline(&args.pipeline)?;
        check_paths(args, writes)?;
        check_ending("--rejects", args.rejects.as_deref(), Format::Csv)?;
        let mut notes = StderrNotes::default();
        note_stand_in(&pipeline, &mut notes);
        let zone = Zone::named(&args.zone)?;
        let as_of = match &args.as_of {
            Some(text) => AsOf::parse(text, &zone).map_err(|error| Failure::about("--as-of", error))?,
            None => AsOf::new(now()?).in_zone(zone.clone()),
        };
        let options = ScoreOptions::new().mode(if args.strict { Mode::Strict } else { Mode::Lenient });
        let mut input = LeadInput::new(args.input.as_str()).zone(zone).mode(options.mode);
        if let Some(path) = &args.map {
            input = input.mapping(path);
        }
        if let Some(path) = &args.activities {
            input = input.activities(path);
        }
        let leads = input.carry(columns).open(&pipeline, &mut notes).map_err(of_option)?;
        Ok(Work { pipeline, as_of, options, leads })
    }

    /// The prediction of the lead that was read last.
    pub(crate) fn score(&self) -> Result<Prediction, Error> {
        self.pipeline.score_with(self.leads.lead(), &self.as_of, &self.options)
    }

    /// Reads on until the lead with an id, which is an error where there is none.
    pub(crate) fn find_lead(&mut self, id: &str) -> Result<(), Failure> {
        let mut rejected_count = 0_u64;
        let mut seen = Vec::new();
        loop {
            match self.leads.read_lead()? {
                ReadLead::End => break,
                ReadLead::Rejected(_) => rejected_count += 1,
                ReadLead::Lead if self.leads.lead().id.as_deref() == Some(id) => return Ok(()),
                ReadLead::Lead if seen.len() < 5 => seen.extend(self.leads.lead().id.clone()),
                ReadLead::Lead => {}
            }
        }
        let mut message = format!("{}: no lead with the id `{id}`", self.leads.name());
        if !seen.is_empty() {
            message += &format!("; the first ids are {}", seen.join(", "));
        }
        if rejected_count > 0 {
            message += &format!("; {rejected_count} rows could not be read");
        }
        Err(Failure::Message(message))
    }
}

/// A built-in pipeline by name, or the one in a file.
pub(crate) fn pipeline(name: &str) -> Result<Pipeline, Failure> {
    if Pipeline::builtin_names().any(|builtin| builtin == name) {
        return Ok(Pipeline::builtin(name)?);
    }
    let bytes = std::fs::read(name).map_err(|error| {
        let names: Vec<&str> = Pipeline::builtin_names().collect();
        let meant = did_you_mean(name, names.iter().copied());
        Failure::message(format!(
            "{name}: neither a built-in pipeline{meant} ({}) nor a readable file: {error}",
            names.join(", ")
        ))
    })?;
    Pipeline::from_bytes(&bytes).map_err(|error| Failure::about(name, error))
}

/// The one place where the command reads a clock.
pub(crate) fn now() -> Result<Timestamp, Failure> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis =
        since.map_err(|_| Failure::message("the system clock stands before 1970; use --as-of"))?.as_millis();
    Ok(Timestamp::from_millis(millis as i64)?)
}

fn check_paths(args: &InputArgs, writes: &[(&str, Option<&Path>)]) -> Result<(), Failure> {
    let reads = [
        ("the input", Some(Path::new(&args.input))),
        ("the pipeline", Some(Path::new(&args.pipeline))),
        ("the mapping", args.map.as_deref()),
        ("the activity log", args.activities.as_deref()),
    ];
    let reads: Vec<(&str, &Path)> =
        reads.into_iter().filter_map(|(what, path)| Some((what, path?))).collect();
    let rejects = [("--rejects", args.rejects.as_deref())];
    let writes: Vec<(&str, &Path)> =
        writes.iter().chain(&rejects).filter_map(|(option, path)| Some((*option, (*path)?))).collect();
    Ok(refuse_overwriting(&reads, &writes)?)
}
