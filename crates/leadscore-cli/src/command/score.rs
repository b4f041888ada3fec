//! `leadscore score`: every lead of a file, ranked or row by row.

use leadscore::ErrorKind;
use leadscore_files::wording::to_the_minute;
use leadscore_files::{Destination, FileFormat, Scoring, never_stop};

use crate::args::{Format, ScoreArgs};
use crate::failure::Failure;
use crate::input::Work;
use crate::notes::{StderrNotes, note_line};
use crate::output::{open_output, table};
use crate::terminal::Look;

/// Scores the input; true when no row was rejected.
pub(crate) fn run(args: &ScoreArgs) -> Result<bool, Failure> {
    let Work { pipeline, as_of, options, leads, .. } =
        Work::new(&args.input, &[("--output", args.output.as_deref())])?;
    let has_rows = args.top.is_none() && !matches!(args.format, Format::Table | Format::Html);
    if has_rows && args.input.as_of.is_none() {
        let time = to_the_minute(as_of.time);
        note_line(&format!("judged as of now, {time}; --as-of sets another moment"));
    }
    let mut scoring = Scoring::new(as_of).mode(options.mode).reasons(args.explain);
    if let Some(count) = args.top {
        scoring = scoring.top(count);
    }
    if args.input.allow_worthless {
        scoring = scoring.allow_worthless();
    }
    if let Some(path) = &args.input.rejects {
        scoring = scoring.rejects(path);
    }
    if let Some(count) = args.threads {
        scoring = scoring.threads(count);
    }
    let mut notes = StderrNotes::with_bar(&leads, has_rows && args.output.is_none());
    let destination = match file_format(args.format) {
        Some(format) => Destination::Write(format, open_output(args.output.as_deref())?),
        None => Destination::Report(Box::new(|report| {
            let is_refused = !report.worthless.is_empty() && !args.input.allow_worthless;
            if is_refused && args.output.is_some() {
                return Ok(());
            }
            let mut out = open_output(args.output.as_deref())?;
            table::write(&mut out, &pipeline, report, Look::of_stdout(args.output.is_some()))?;
            out.finish()
        })),
    };
    let summary = scoring.run(&pipeline, leads, destination, &mut notes, &never_stop);
    let summary = summary.map_err(|error| match error.kind() {
        // The path is the library's name of the option; here it is `--top`.
        ErrorKind::InvalidContext if *error.path() == "top" => {
            Failure::message(format!("--top {}", error.message()))
        }
        _ => Failure::from(error),
    })?;
    Ok(summary.rejected_count == 0)
}

fn file_format(format: Format) -> Option<FileFormat> {
    match format {
        Format::Table => None,
        Format::Csv => Some(FileFormat::Csv),
        Format::Jsonl => Some(FileFormat::Jsonl),
        Format::Json => Some(FileFormat::Json),
        Format::Html => Some(FileFormat::Html),
    }
}
