//! The inputs of a command: a pipeline, an as-of time, and a file of leads.

use std::path::{Path, PathBuf};

use leadscore::{
    AsOf, Capacity, Error, Mode, Pipeline, Prediction, ScoreOptions, Timestamp, Zone, did_you_mean,
};
use leadscore_files::{
    LeadInput, LeadReader, Note, Notes as _, ReadLead, Rejects, ScratchFile, ValueWarnings, note_pipeline,
    note_warnings, refuse_overwriting,
};

use crate::args::output::check_ending;
use crate::args::{Format, InputArgs, WhichLead};
use crate::failure::{Failure, of_option};
use crate::notes::{StderrNotes, note_line};

/// The leads of a store with an outcome as they were before it, in files for a while.
#[derive(Debug)]
pub(crate) struct LabelledRows {
    pub(crate) table: ScratchFile,
    /// None where no lead has an activity.
    pub(crate) log: Option<ScratchFile>,
    /// The columns of the lead's id, of its outcome and of the moment as of which it is known.
    pub(crate) columns: [String; 3],
}

/// Everything a command needs to read leads.
pub(crate) struct Work {
    pub(crate) pipeline: Pipeline,
    pub(crate) as_of: AsOf,
    pub(crate) options: ScoreOptions,
    pub(crate) leads: LeadReader,
    rejects: Option<PathBuf>,
    /// What of the values of the leads read so far could not be used.
    pub(crate) values: ValueWarnings,
    allows_worthless: bool,
}

/// Which lead of the input is meant.
#[derive(Clone, Copy)]
enum Wanted<'a> {
    Id(&'a str),
    Row(u64),
}

/// How many ids are shown where it is not clear which lead is meant.
const MAX_SHOWN_IDS: usize = 5;

impl Work {
    /// Opens the inputs, and notes on standard error what was assumed.
    ///
    /// `writes` are the files to be written, by the option that names them; none may be one that is read.
    pub(crate) fn new(args: &InputArgs, writes: &[(&str, Option<&Path>)]) -> Result<Work, Failure> {
        Work::for_rows(args, writes, &[], None)
    }

    /// The same with columns of the input that go through to the output, among them that of a capacity.
    pub(crate) fn for_rows(
        args: &InputArgs,
        writes: &[(&str, Option<&Path>)],
        columns: &[String],
        capacity: Option<&Capacity>,
    ) -> Result<Work, Failure> {
        let pipeline = pipeline(&args.pipeline)?;
        check_paths(args, writes)?;
        check_ending("--rejects", args.rejects.as_deref(), Format::Csv)?;
        let mut notes = StderrNotes::default();
        note_pipeline(&pipeline, &mut notes);
        let zone = Zone::named(&args.zone)?;
        let as_of = match &args.as_of {
            Some(text) => AsOf::parse(text, &zone).map_err(|error| Failure::about("--as-of", error))?,
            None => AsOf::new(now()?).in_zone(zone.clone()),
        };
        let options = ScoreOptions::new().mode(if args.strict { Mode::Strict } else { Mode::Lenient });
        let mut input = LeadInput::new(args.input.as_str()).zone(zone).as_of(as_of.time).mode(options.mode);
        if let Some(path) = &args.map {
            input = input.mapping(path);
        }
        if let Some(path) = &args.activities {
            input = input.activities(path);
        }
        input = input.carry(columns);
        if let Some(capacity) = capacity {
            input = input.capacity(capacity);
        }
        let leads = input.open(&pipeline, &mut notes).map_err(of_option)?;
        let (rejects, allows_worthless) = (args.rejects.clone(), args.allow_worthless);
        let values = ValueWarnings::default();
        Ok(Work { pipeline, as_of, options, leads, rejects, values, allows_worthless })
    }

    /// Reads the next lead, and takes in which of its values cannot be used.
    pub(crate) fn read_lead(&mut self) -> Result<ReadLead, Failure> {
        let read = self.leads.read_lead()?;
        if read == ReadLead::Lead {
            let options = self.options.reasons(0);
            // A lead that strict mode refuses is no part of the result.
            if let Ok(score) = self.pipeline.score_brief(self.leads.lead(), &self.as_of, &options) {
                self.values.add(self.leads.line(), &score.warnings);
            }
        }
        Ok(read)
    }

    /// The prediction of the lead that was read last.
    pub(crate) fn score(&self) -> Result<Prediction, Error> {
        self.pipeline.score_with(self.leads.lead(), &self.as_of, &self.options)
    }

    /// Makes the lead that is meant the one that was read last, an error where there is none; true when no row was rejected.
    /// The whole input is read, and what is wrong with it is said as `score` says it: another lead may have the same id,
    /// which is noted, and only all rows tell what the input is worth.
    pub(crate) fn find_lead(&mut self, which: &WhichLead) -> Result<bool, Failure> {
        let wanted = match (&which.lead, which.row) {
            (Some(id), _) => Wanted::Id(id),
            (None, Some(row)) => Wanted::Row(row),
            (None, None) => return Err(self.ask_which()?),
        };
        let mut rejects = Rejects::create(self.rejects.as_deref())?;
        let mut notes = StderrNotes::default();
        let (mut seen, mut found, mut rows) = (Vec::new(), None, Vec::new());
        loop {
            match self.read_lead()? {
                ReadLead::End => break,
                ReadLead::Rejected(rejection) => rejects.add(&rejection, &mut notes)?,
                ReadLead::Lead => {
                    let (lead, row) = (self.leads.lead(), self.leads.row());
                    let is_wanted = match wanted {
                        Wanted::Id(id) => lead.id.as_deref() == Some(id),
                        Wanted::Row(number) => row == number,
                    };
                    if is_wanted {
                        found.get_or_insert_with(|| lead.clone());
                        rows.push(row);
                    } else if seen.len() < MAX_SHOWN_IDS {
                        seen.extend(lead.id.clone());
                    }
                }
            }
        }
        let rejected_count = rejects.count();
        rejects.add_log(self.leads.take_log_rejections(), &mut notes)?;
        let all_read = rejects.count() == 0;
        rejects.finish(&mut notes)?;
        note_warnings(&self.leads.warnings(), &ValueWarnings::default(), &mut notes);
        let Some(mut found) = found else {
            let mut message = match wanted {
                Wanted::Id(id) => format!("{}: no lead with the id `{id}`", self.leads.name()),
                Wanted::Row(row) => format!("{}: no lead in row {row}", self.leads.name()),
            };
            if !seen.is_empty() {
                message += &format!("; the first ids are {}", seen.join(", "));
            }
            if rejected_count > 0 {
                message += &format!("; {rejected_count} rows could not be read");
            }
            return Err(Failure::Message(message));
        };
        if let (Wanted::Id(id), [first, others @ ..]) = (wanted, rows.as_slice())
            && !others.is_empty()
        {
            let others: Vec<String> = others.iter().take(5).map(u64::to_string).collect();
            note_line(&format!(
                "there are {} leads with the id `{id}`: this is the one in row {first}; others are in row {}",
                rows.len(),
                others.join(", ")
            ));
        }
        self.leads.swap_lead(&mut found);
        Ok(all_read)
    }

    /// The question which lead is meant, with the first ids of the input.
    fn ask_which(&mut self) -> Result<Failure, Failure> {
        let mut ids = Vec::new();
        while ids.len() < MAX_SHOWN_IDS {
            match self.leads.read_lead()? {
                ReadLead::End => break,
                ReadLead::Rejected(_) => {}
                ReadLead::Lead => ids.extend(self.leads.lead().id.clone()),
            }
        }
        let name = self.leads.name();
        let ids = match ids.as_slice() {
            [] => "no lead has an id".to_owned(),
            ids => format!("the first ids are {}", ids.join(", ")),
        };
        Ok(Failure::message(format!(
            "{name}: which lead? Name it by its id (--id ID) or by its row among the data rows (--row 1 is the first); {ids}"
        )))
    }

    /// Why the result is worth nothing, if it is; complete once all rows have been read.
    pub(crate) fn worthless(&self) -> Vec<String> {
        self.leads.worthless(self.values.unusable())
    }

    /// Whether a worthless result is to end the command.
    pub(crate) fn refuses(&self, worthless: &[String]) -> bool {
        !worthless.is_empty() && !self.allows_worthless
    }

    /// Ends the command where the result is worth nothing, or says so where that was allowed.
    pub(crate) fn judge(&self, worthless: &[String]) -> Result<(), Failure> {
        if self.refuses(worthless) {
            return Err(leadscore_files::worthless(self.leads.name(), worthless).into());
        }
        if !worthless.is_empty() {
            StderrNotes::default().note(Note::Worthless(worthless.join("; ")));
        }
        Ok(())
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
