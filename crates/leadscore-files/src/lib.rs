//! Scores files of leads: leads, activity logs and column mappings are read from files, and rows, rankings or a page
//! are written to one.
//!
//! No argument parser, no terminal, no clock: what has to be said goes to [`Notes`], whether to go on is asked of
//! [`Stop`], and the as-of time is an argument.
//!
//! ```
//! use leadscore::{AsOf, Pipeline, Zone};
//! use leadscore_files::{FileFormat, FileJob, never_stop};
//!
//! # let folder = std::env::temp_dir().join(format!("leadscore-files-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! let (leads, scores) = (folder.join("leads.csv"), folder.join("scores.jsonl"));
//! std::fs::write(&leads, "lead_id,company,title\n7,Acme,CEO\n8,Beta,\n")?;
//!
//! let as_of = AsOf::parse("2026-11-22", &Zone::utc())?;
//! let mut notes = Vec::new();
//! let summary = FileJob::new(leads.to_string_lossy(), &scores, as_of)
//!     .format(FileFormat::Jsonl)
//!     .reasons(3)
//!     .run(&Pipeline::builtin("conversion")?, &mut notes, &never_stop)?;
//! assert_eq!(summary.scored_count, 2);
//! assert!(notes[0].to_string().starts_with("note: no column for"));
//! # std::fs::remove_dir_all(folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! * [`FileJob`] is the whole of it; [`score_file`] is the same with options and summary as JSON text, and [`score_rows`]
//!   gives the rows to a function as they are scored.
//! * [`LeadInput`] and [`LeadReader`] give the leads of a file one by one.
//! * [`Scoring`] scores leads that are open already into a [`Destination`] of the caller's.
//! * [`EvaluationJob`] measures pipelines on a file of leads whose outcome is known.
//! * [`TrainJob`] learns a pipeline from such a file; [`train_file`] is the same with options and result as JSON text.
//! * [`report`] draws a ranking as an HTML page, and one score as an SVG picture.

mod evaluate;
mod job;
mod knowledge;
mod notes;
mod read;
pub mod report;
mod score;
mod train;
pub mod wording;
mod write;

pub use evaluate::{EvaluationJob, evaluate_file};
pub use job::{FileJob, score_file, score_rows};
pub use knowledge::read_knowledge;
pub use leadscore::{Stop, never_stop};
pub use notes::{Note, Notes, Progress};
pub use read::{
    ByteCounter, CarriedColumns, FoundRecord, InputFile, InputFormat, JsonRecords, LeadInput, LeadReader,
    Mapping, ReadColumn, ReadLead, Rejection, Target, TargetCells, cell_value, full_name, id_column, is_id,
    lead_title, match_columns, name_columns, worthless_columns,
};
pub use report::evaluation::{FileEvaluation, TargetSummary};
pub use score::{Destination, FileSummary, ReceiveReport, Scoring, note_pipeline, worthless};
pub use train::{
    MomentSummary, TrainJob, TrainedFile, WeightSummary, day_of, feature_name, train_file, trained_json,
    trainer_from_json,
};
pub use write::{
    FileFormat, JsonForm, JsonRows, OutputFile, ReceiveRows, Rejects, ScratchFile, ValueWarnings,
    abandon_unfinished_files, note_warnings, refuse_overwriting, settle_format,
};

use leadscore::error::Path;
use leadscore::{Error, ErrorKind};

/// The error for a file that cannot be used as what it should be.
fn unreadable(file: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::UnreadableTable, Path::from_field(file), message)
}

/// Puts the name of the file that an error is about before the error's path.
fn in_file(file: &str, error: impl Into<Error>) -> Error {
    error.into().within(Path::from_field(file))
}
