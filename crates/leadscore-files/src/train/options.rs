//! Learning from a file for other languages: options in, result out as JSON text.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use leadscore::learn::Direction;
use leadscore::train::{CalibrationMethod, TierGoal, TrainProgress, Trainer};
use leadscore::{AsOf, Error, ErrorKind, Stop, Zone, did_you_mean};
use serde::Deserialize;

use super::{TrainJob, report};
use crate::{Note, OutputFile, refuse_overwriting};

/// [`TrainJob::run`] for other languages. The options are those of `leadscore train`:
///
/// ```text
/// {"input", "target"?, "as_of" (the moment that ages are counted to, and the day of training), "zone"?,
///  "positive"? (a list of values that mean won), "id"?, "weight"?, "drop"? (a list of columns),
///  "missing"? ({"pdays": ["999"]}), "time"?, "activities"?, "horizon"? and "every"? (in days), "start"?, "ended"?,
///  "won_by"? and "lost_by"? (lists of kinds), "valid"?, "map"? (a mapping file), "threads"?, "output"? (a file for the pipeline),
///  "pipeline_id"?, "name"?, "synthetic"?, "capture"? or "precision"? (a list of shares),
///  "monotone"? ({"visits": "rising"}), "calibration"?, "folds"?, "rounds"?, "seed"?}
/// ```
///
/// The result is `{"pipeline", "report", "notes", "warnings"}`: the text of the pipeline's file, what `--json` prints, what was
/// assumed, and what nobody should miss (see [`TrainedFile::warnings`](super::TrainedFile::warnings)).
///
/// # Errors
/// `invalid_context` with the name of an option, or `options` for what is no such object; `invalid_time` for a time or zone
/// that cannot be read; those of [`TrainJob::run`].
///
/// ```
/// let folder = std::env::temp_dir();
/// let input = folder.join(format!("leadscore-train-{}.csv", std::process::id()));
/// let rows: String = (0..60).map(|row| format!("{row},{}\n", if row % 3 == 0 { "won" } else { "lost" })).collect();
/// std::fs::write(&input, format!("visits,outcome\n5,won\n{rows}"))?;
/// let options = format!(r#"{{"input": {input:?}, "target": "outcome", "as_of": "2026-11-22", "rounds": 10}}"#);
/// let learned = leadscore_files::train_file(&options, &mut |_| {}, &leadscore_files::never_stop)?;
/// assert!(learned.contains(r#""leads":61,"#));
/// # std::fs::remove_file(input)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn train_file(
    options: &str,
    progress: &mut dyn FnMut(&TrainProgress),
    stop: &dyn Stop,
) -> Result<String, Error> {
    let options = Options::parse(options)?;
    let input = options.input.clone().ok_or_else(|| missing("input"))?;
    let zone = Zone::named(options.zone.as_deref().unwrap_or("UTC"))?;
    let as_of = AsOf::parse(options.as_of.as_deref().ok_or_else(|| missing("as_of"))?, &zone)?;
    if let Some(path) = &options.output {
        let log = options.activities.as_deref().map(|log| ("the activity log", log));
        let valid = options.valid.as_deref().map(|file| ("the file of valid", Path::new(file)));
        let map = options.map.as_deref().map(|map| ("the mapping", map));
        let input = [("the input", Path::new(&input))];
        let reads: Vec<(&str, &Path)> = input.into_iter().chain(log).chain(valid).chain(map).collect();
        refuse_overwriting(&reads, &[("output", path)])?;
    }
    let trainer = options.trainer()?.training_date(day_of(&as_of));
    let job = options.job(input, as_of);
    let mut notes: Vec<Note> = Vec::new();
    let learned = job.run(&trainer, &mut notes, stop, progress)?;
    if let Some(path) = &options.output {
        let mut file = OutputFile::create(path)?;
        let written = writeln!(file, "{}", learned.trained.pipeline.to_json());
        written.map_err(|error| Error::io(path, error))?;
        file.finish()?;
    }
    let said = notes.into_iter().map(|note| match note {
        Note::Assumed(text) | Note::Rejected(text) | Note::Worthless(text) => text,
    });
    let notes: Vec<String> = said.collect();
    Ok(report::answer(&learned.trained, &learned, &notes, &learned.warnings()))
}

/// A trainer from the options of [`train_file`] that are not about the file.
///
/// # Errors
/// `invalid_context` with the name of the option, or `options` for what is no such object.
pub fn trainer_from_json(options: &str) -> Result<Trainer, Error> {
    let options = Options::parse(options)?;
    let of_file = [
        ("input", options.input.is_some()),
        ("target", options.target.is_some()),
        ("as_of", options.as_of.is_some()),
        ("zone", options.zone.is_some()),
        ("positive", !options.positive.is_empty()),
        ("id", options.id.is_some()),
        ("weight", options.weight.is_some()),
        ("drop", !options.drop.is_empty()),
        ("missing", !options.missing.is_empty()),
        ("time", options.time.is_some()),
        ("activities", options.activities.is_some()),
        ("horizon", options.horizon.is_some()),
        ("every", options.every.is_some()),
        ("start", options.start.is_some()),
        ("ended", options.ended.is_some()),
        ("won_by", !options.won_by.is_empty()),
        ("valid", options.valid.is_some()),
        ("map", options.map.is_some()),
        ("lost_by", !options.lost_by.is_empty()),
        ("threads", options.threads.is_some()),
        ("output", options.output.is_some()),
    ];
    match of_file.into_iter().find(|(_, is_given)| *is_given) {
        Some((name, _)) => Err(invalid(name, "goes with a file")),
        None => options.trainer(),
    }
}

/// The day of a moment in its zone, so that the same options give the same pipeline tomorrow.
pub fn day_of(as_of: &AsOf) -> String {
    as_of.to_local_minute().chars().take(10).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    input: Option<String>,
    target: Option<String>,
    as_of: Option<String>,
    zone: Option<String>,
    #[serde(default)]
    positive: Vec<String>,
    id: Option<String>,
    weight: Option<String>,
    #[serde(default)]
    drop: Vec<String>,
    #[serde(default)]
    missing: BTreeMap<String, Vec<String>>,
    time: Option<String>,
    activities: Option<PathBuf>,
    horizon: Option<f64>,
    every: Option<f64>,
    start: Option<String>,
    ended: Option<String>,
    #[serde(default)]
    won_by: Vec<String>,
    #[serde(default)]
    lost_by: Vec<String>,
    valid: Option<String>,
    map: Option<PathBuf>,
    threads: Option<usize>,
    output: Option<PathBuf>,
    pipeline_id: Option<String>,
    name: Option<String>,
    #[serde(default)]
    synthetic: bool,
    capture: Option<Vec<f64>>,
    precision: Option<Vec<f64>>,
    #[serde(default)]
    monotone: BTreeMap<String, String>,
    calibration: Option<String>,
    folds: Option<usize>,
    rounds: Option<usize>,
    seed: Option<u64>,
}

impl Options {
    fn parse(options: &str) -> Result<Options, Error> {
        serde_json::from_str(options).map_err(|error| invalid("options", error.to_string()))
    }

    /// What is read, and how.
    fn job(&self, input: String, as_of: AsOf) -> TrainJob {
        let mut job = TrainJob::new(input, as_of);
        (job.target, job.positive) = (self.target.clone(), self.positive.clone());
        (job.id, job.drop, job.time) = (self.id.clone(), self.drop.clone(), self.time.clone());
        (job.weight, job.activities) = (self.weight.clone(), self.activities.clone());
        (job.horizon, job.every) = (self.horizon, self.every);
        (job.start, job.ended) = (self.start.clone(), self.ended.clone());
        (job.won_by, job.lost_by) = (self.won_by.clone(), self.lost_by.clone());
        let missing = self.missing.iter();
        job.missing = missing
            .flat_map(|(column, values)| values.iter().map(|value| (column.clone(), value.clone())))
            .collect();
        (job.valid, job.mapping, job.threads) = (self.valid.clone(), self.map.clone(), self.threads);
        job
    }

    fn trainer(&self) -> Result<Trainer, Error> {
        let stem = self.output.as_ref().and_then(|path| path.file_stem());
        let stem = stem.map(|name| name.to_string_lossy().into_owned());
        let id = self.pipeline_id.clone().or(stem).unwrap_or_else(|| "trained".to_owned());
        let mut trainer = Trainer::new(id);
        if let Some(name) = &self.name {
            trainer = trainer.name(name);
        }
        if self.synthetic {
            trainer = trainer.synthetic();
        }
        if let Some(count) = self.folds {
            trainer = trainer.folds(count);
        }
        if let Some(most) = self.rounds {
            trainer = trainer.rounds(most);
        }
        if let Some(seed) = self.seed {
            trainer = trainer.seed(seed);
        }
        if let Some(name) = &self.calibration {
            trainer = trainer.calibration(calibration(name)?);
        }
        trainer = match (&self.capture, &self.precision) {
            (Some(_), Some(_)) => return Err(invalid("precision", "goes without `capture`")),
            (Some(shares), None) => trainer.tiers(TierGoal::Capture(shares.clone())),
            (None, Some(shares)) => trainer.tiers(TierGoal::Precision(shares.clone())),
            (None, None) => trainer,
        };
        for (feature, direction) in &self.monotone {
            let direction = match direction.as_str() {
                "rising" => Direction::Rising,
                "falling" => Direction::Falling,
                other => {
                    let message = format!("`{feature}` is rising or falling, found `{other}`");
                    return Err(invalid("monotone", message));
                }
            };
            trainer = trainer.monotone(feature, direction);
        }
        Ok(trainer)
    }
}

fn calibration(name: &str) -> Result<CalibrationMethod, Error> {
    let all = [&[CalibrationMethod::Best][..], &CalibrationMethod::ALL].concat();
    all.iter().find(|method| method.name() == name).copied().ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|method| method.name()).collect();
        let hint = did_you_mean(name, names.iter().copied());
        invalid("calibration", format!("there is no `{name}`{hint}; there are {}", names.join(", ")))
    })
}

fn missing(option: &str) -> Error {
    invalid("options", format!("missing field `{option}`"))
}

fn invalid(path: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidContext, path, message)
}
