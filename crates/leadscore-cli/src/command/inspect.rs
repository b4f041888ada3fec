//! `leadscore inspect`: what the reader understood of a CSV file.

use std::io::Write;

use crate::args::InspectArgs;
use crate::failure::Failure;
use crate::input::{Form, Mapping, note_line, open};
use crate::output::Output;

pub(crate) fn run(args: &InspectArgs) -> Result<bool, Failure> {
    let mapping = args.map.as_deref().map(Mapping::load).transpose()?.unwrap_or_default();
    let opened = open(&args.input)?;
    if opened.form != Form::Csv {
        return Err(Failure::said(format!("{}: is JSON; inspect reads CSV", opened.name)));
    }
    for note in &opened.notes {
        note_line(note);
    }
    let inspection = leadscore_csv::inspect(opened.bytes, mapping.options())
        .map_err(|error| Failure::about(&opened.name, &error))?;
    let all_good = inspection.rejected.is_empty();
    let mut out = Output::new(None)?;
    serde_json::to_writer_pretty(&mut out, &inspection).map_err(std::io::Error::from)?;
    writeln!(out)?;
    out.flush()?;
    Ok(all_good)
}
