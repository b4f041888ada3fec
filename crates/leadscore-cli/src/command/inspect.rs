//! `leadscore inspect`: what the reader understood of a CSV file.

use std::io::Write;

use leadscore_files::{InputFile, InputFormat, Mapping};

use crate::args::InspectArgs;
use crate::failure::Failure;
use crate::notes::note_line;
use crate::output::open_output;

pub(crate) fn run(args: &InspectArgs) -> Result<bool, Failure> {
    let mapping = args.map.as_deref().map(Mapping::load).transpose()?.unwrap_or_default();
    let opened = InputFile::open(&args.input)?;
    if opened.format != InputFormat::Csv {
        return Err(Failure::message(format!("{}: is JSON; inspect reads CSV", opened.name)));
    }
    for note in &opened.notes {
        note_line(note);
    }
    let inspection = leadscore_csv::inspect(opened.bytes, mapping.csv_options().skip_empty_rows())
        .map_err(|error| Failure::about(&opened.name, error))?;
    let all_good = inspection.rejected.is_empty();
    let mut out = open_output(None)?;
    serde_json::to_writer_pretty(&mut out, &inspection).map_err(std::io::Error::from)?;
    writeln!(out)?;
    out.flush()?;
    Ok(all_good)
}
