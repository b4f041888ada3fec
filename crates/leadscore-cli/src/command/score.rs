//! `leadscore score`: every lead of a file, ranked or row by row.

use leadscore_files::{Destination, Scoring, never_stop};

use crate::args::{Format, ScoreArgs};
use crate::failure::{Failure, of_option};
use crate::input::Work;
use crate::notes::{StderrNotes, note_line};
use crate::output::table;

/// Scores the input; true when no row was rejected.
pub(crate) fn run(args: &ScoreArgs) -> Result<bool, Failure> {
    let format = args.output.settle(None)?;
    if args.excel && format != Format::Csv {
        return Err(Failure::message("--excel goes with CSV: -f csv, or -o with a name that ends in .csv"));
    }
    let Work { pipeline, as_of, options, leads, .. } = Work::for_rows(
        &args.input,
        &[("--output", args.output.path())],
        &args.columns,
        args.capacity.as_ref(),
    )?;
    let has_rows = args.top.is_none() && !matches!(format, Format::Table | Format::Html);
    if has_rows && args.input.as_of.is_none() {
        note_line(&format!("judged as of now, {}; --as-of sets another moment", as_of.to_local_minute()));
    }
    if format == Format::Table && !args.columns.is_empty() {
        note_line("the table has no room for --columns; -f csv, jsonl, json and html show them");
    }
    let mut scoring = Scoring::new(as_of).mode(options.mode).reasons(args.explain);
    if let Some(text) = &args.input.as_of {
        scoring = scoring.typed_as_of(text);
    }
    if let Some(count) = args.top {
        scoring = scoring.top(count);
    }
    if let Some(capacity) = &args.capacity {
        scoring = scoring.capacity(capacity.clone());
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
    if args.excel {
        scoring = scoring.for_excel();
    }
    let mut notes = StderrNotes::with_bar(&leads, has_rows && args.output.path().is_none());
    let destination = match format.of_file() {
        Some(format) => Destination::Write(format, args.output.open()?),
        None => Destination::Report(Box::new(|report| {
            let is_refused = !report.worthless.is_empty() && !args.input.allow_worthless;
            if is_refused && args.output.path().is_some() {
                return Ok(());
            }
            let mut out = args.output.open()?;
            table::write(&mut out, &pipeline, report, args.output.look())?;
            out.finish()
        })),
    };
    let summary = scoring.run(&pipeline, leads, destination, &mut notes, &never_stop).map_err(of_option)?;
    Ok(summary.rejected_count == 0)
}
