//! `leadscore inspect`: what the reader understood of a CSV file, and what a pipeline would read in it.

use std::io::Write;
use std::path::Path;

use leadscore::Pipeline;
use leadscore_csv::{Bound, ColumnKind, ColumnSummary, Inspection};
use leadscore_files::wording::counted;
use leadscore_files::{InputFile, InputFormat, LeadInput, Mapping, Note, ReadColumn, refuse_overwriting};

use crate::args::{Format, InspectArgs};
use crate::failure::Failure;
use crate::input::pipeline;
use crate::notes::note_line;
use crate::output::assist::json;
use crate::terminal::{Look, fit};

pub(crate) fn run(args: &InspectArgs) -> Result<bool, Failure> {
    let format = args.output.settle(args.json.then_some(Format::Json))?;
    let writes: Vec<(&str, &Path)> = args.output.path().map(|path| ("--output", path)).into_iter().collect();
    refuse_overwriting(&[("the input", Path::new(&args.input))], &writes)?;
    let inspection = inspection(&args.input, args.map.as_deref())?;
    let all_good = inspection.rejected.is_empty();
    let read = match &args.pipeline {
        Some(_) if args.input == "-" => {
            return Err(Failure::message(
                "--pipeline reads the input a second time; name a file instead of -",
            ));
        }
        Some(name) => {
            let pipeline = pipeline(name)?;
            let columns = read_columns(&args.input, args.map.as_deref(), &pipeline)?;
            Some((pipeline, columns))
        }
        None => None,
    };
    let mut out = args.output.open()?;
    match format {
        Format::Json => json(&mut out, &inspection)?,
        _ => table(&mut out, &args.input, &inspection, (read.as_ref(), args.output.look()))?,
    }
    out.finish()?;
    Ok(all_good)
}

/// What the reader understood of a CSV file.
pub(super) fn inspection(input: &str, map: Option<&Path>) -> Result<Inspection, Failure> {
    let mapping = map.map(Mapping::load).transpose()?.unwrap_or_default();
    let opened = InputFile::open(input)?;
    if opened.format != InputFormat::Csv {
        return Err(Failure::message(format!("{}: is JSON; this reads CSV", opened.name)));
    }
    for note in &opened.notes {
        note_line(note);
    }
    leadscore_csv::inspect(opened.bytes, mapping.csv_options().skip_empty_rows())
        .map_err(|error| Failure::about(&opened.name, error))
}

/// Which columns a pipeline would read as what.
pub(super) fn read_columns(
    input: &str,
    map: Option<&Path>,
    pipeline: &Pipeline,
) -> Result<Vec<ReadColumn>, Failure> {
    let mut leads = LeadInput::new(input);
    if let Some(map) = map {
        leads = leads.mapping(map);
    }
    // The table shows what is assumed.
    Ok(leads.open(pipeline, &mut Vec::<Note>::new())?.columns())
}

/// The attributes of a pipeline that no column is read as.
pub(super) fn without_column<'a>(pipeline: &'a Pipeline, read: &[ReadColumn]) -> Vec<&'a str> {
    let names = pipeline.schema().attribute_names().iter();
    names.filter(|name| !read.iter().any(|own| own.attribute == *name)).collect()
}

fn table(
    out: &mut dyn Write,
    input: &str,
    inspection: &Inspection,
    (read, look): (Option<&(Pipeline, Vec<ReadColumn>)>, Look),
) -> Result<(), Failure> {
    let cells = match inspection.delimiter {
        '\t' => "tabs".to_owned(),
        other => format!("`{other}`"),
    };
    let header = if inspection.has_header { "a header" } else { "no header" };
    let rows = counted(inspection.row_count, "row", "rows");
    writeln!(out, "{input}: {}, {cells} between cells, {header}, {rows}\n", inspection.encoding)?;
    let width = |texts: &mut dyn Iterator<Item = usize>, least: usize, most: usize| {
        texts.max().unwrap_or(0).clamp(least, most)
    };
    let names = width(&mut inspection.columns.iter().map(|own| own.name.chars().count()), 6, 28);
    let target = read.map(|(pipeline, _)| format!("Read by {} as", pipeline.id()));
    let targets = target.as_ref().map_or(0, |target| target.chars().count().clamp(12, 28));
    let heading = format!(
        "{}  {}  {:>7}  {:>8}  {}{}",
        fit("Column", names),
        fit("Kind", 6),
        "Missing",
        "Distinct",
        target.as_deref().map(|target| fit(target, targets) + "  ").unwrap_or_default(),
        "Values"
    );
    writeln!(out, "{}", look.bold(&heading))?;
    for column in &inspection.columns {
        let attributes = read.map(|(_, read)| {
            let own = read.iter().filter(|own| own.column == column.name).map(|own| match &*own.attribute {
                "lead_id" => "the lead's id",
                attribute => attribute,
            });
            let own: Vec<&str> = own.collect();
            fit(if own.is_empty() { "–".to_owned() } else { own.join(", ") }.as_str(), targets) + "  "
        });
        let distinct =
            format!("{}{}", column.distinct_count, if column.distinct_at_least { "+" } else { "" });
        let line = format!(
            "{}  {}  {:>7}  {distinct:>8}  {}{}",
            fit(&column.name, names),
            fit(kind(column.kind), 6),
            column.missing_count,
            attributes.unwrap_or_default(),
            values(column)
        );
        writeln!(out, "{}", crate::terminal::cut(line.trim_end(), look.width))?;
    }
    if let Some((pipeline, read)) = read {
        let absent = without_column(pipeline, read);
        if !absent.is_empty() {
            writeln!(
                out,
                "\nNo column is read as {}. `leadscore init mapping {input} -p {}` writes a mapping to complete.",
                absent.join(", "),
                pipeline.id()
            )?;
        }
    }
    for warning in &inspection.warnings {
        writeln!(out, "note: {warning}")?;
    }
    for rejected in inspection.rejected.iter().take(5) {
        writeln!(out, "line {}: {}", rejected.line, rejected.reason)?;
    }
    if inspection.rejected.len() > 5 {
        writeln!(
            out,
            "… and {} more rows that could not be read; --json lists them",
            inspection.rejected.len() - 5
        )?;
    }
    Ok(())
}

fn kind(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "text",
        ColumnKind::Id => "id",
        ColumnKind::Number => "number",
        ColumnKind::Flag => "flag",
        ColumnKind::Date => "date",
        ColumnKind::Empty => "empty",
    }
}

/// The range of numbers and dates, else examples.
fn values(column: &ColumnSummary) -> String {
    let end = |bound: &Bound| match bound {
        Bound::Number(number) => number.to_string(),
        Bound::Date(date) => date.clone(),
    };
    match (&column.min, &column.max) {
        (Some(min), Some(max)) => format!("{} to {}", end(min), end(max)),
        _ => column.examples.join(" · "),
    }
}
