//! `leadscore predict`: the raw output of a boosted-tree model for every row of a table.

mod cells;
mod table;

use std::path::Path;

use leadscore::Forest;
use leadscore::forest::Iterations;
use leadscore_csv::{CsvReader, ReadRow, Row};
use leadscore_files::wording::first_of;
use leadscore_files::{
    CarriedColumns, InputFile, InputFormat, Mapping, Note, Notes, Rejection, Rejects, id_column, is_id,
    note_warnings, refuse_overwriting, worthless,
};

use super::features::nothing_read;
use crate::args::output::check_ending;
use crate::args::{Format, PredictArgs};
use crate::failure::{Failure, of_option};
use crate::notes::{StderrNotes, note_line};
use cells::ModelCells;
use table::{RowLabel, Table};

/// Rows scored at once.
const BLOCK: usize = 1_024;

pub(crate) fn run(args: &PredictArgs) -> Result<bool, Failure> {
    let format = args.output.settle(None)?;
    check_files(args)?;
    let forest = forest(args)?;
    let mapping = args.map.as_deref().map(Mapping::load).transpose()?.unwrap_or_default();
    let opened = InputFile::open(&args.input)?;
    let name = opened.name.clone();
    if opened.format != InputFormat::Csv {
        return Err(Failure::message(format!("{name}: is JSON; predict reads CSV")));
    }
    opened.notes.iter().for_each(|note| note_line(note));
    let said = |error: leadscore::Error| Failure::about(&name, error);
    let mut reader = CsvReader::open(opened.bytes, mapping.csv_options()).map_err(said)?;
    let header: Vec<&str> = reader.columns().iter().map(|column| column.name.as_str()).collect();
    let places = places(&forest, &header, &mapping, &name)?;
    let id = match mapping.lead_id() {
        Some(column) => Some(mapped(column, &header, &name)?),
        None => id_column(&header),
    };
    let carried = CarriedColumns::of_table(&args.columns, &header).map_err(of_option)?;
    let used: Vec<usize> = places.iter().copied().chain(id).chain(carried.places()).collect();
    // The contributions get the table's column names: LightGBM's have lost their blanks.
    let names: Vec<String> = places.iter().map(|place| reader.columns()[*place].name.clone()).collect();
    cells::name_levels(&mut reader, &forest, &places);
    reader.select(&used);
    let mut cells = ModelCells::new(&forest, reader.parser(), &places, &names);
    let mut table = Table::new(args, format, &forest, &names, &carried)?;
    let (mut rejects, mut notes) = (Rejects::create(args.rejects.as_deref())?, StderrNotes::default());
    let mut row = Row::default();
    let (mut labels, mut row_number) = (Vec::with_capacity(BLOCK), 0);
    loop {
        match reader.next_row(&mut row).map_err(said)? {
            ReadRow::Row => {}
            ReadRow::Rejected(rejected) => {
                row_number += 1;
                rejects.add(&Rejection::new(rejected.line, rejected.reason, rejected.raw), &mut notes)?;
                continue;
            }
            ReadRow::End => break,
        }
        row_number += 1;
        cells.read(row.view()).map_err(|fault| Failure::message(format!("{name}: {fault}")))?;
        let cell = |place: usize| row.raw(place).unwrap_or_default().trim().to_owned();
        let id = id.map(cell).filter(|id| is_id(id)).unwrap_or_default();
        labels.push(RowLabel { id, row: row_number, cells: carried.places().map(cell).collect() });
        if labels.len() == BLOCK {
            table.add(&forest, cells.take_values(), &labels)?;
            labels.clear();
        }
    }
    table.add(&forest, cells.take_values(), &labels)?;
    let all_good = rejects.count() == 0;
    rejects.finish(&mut notes)?;
    note_warnings(&reader.warnings(), cells.warnings(), &mut notes);
    if table.is_empty() {
        return Err(nothing_read(&name, all_good));
    }
    let reasons = cells.worthless();
    let is_refused = !reasons.is_empty() && !args.allow_worthless;
    table.finish(&reasons, is_refused)?;
    if is_refused {
        return Err(worthless(&name, &reasons).into());
    }
    if !reasons.is_empty() {
        notes.note(Note::Worthless(reasons.join("; ")));
    }
    Ok(all_good)
}

/// Refuses files that would be written over another, or under a wrong ending.
fn check_files(args: &PredictArgs) -> Result<(), Failure> {
    let mut reads = vec![("the model", args.model.as_path()), ("the input", Path::new(&args.input))];
    reads.extend(args.map.as_deref().map(|path| ("the mapping", path)));
    let (contributions, rejected) = (args.contributions.as_deref(), args.rejects.as_deref());
    let writes =
        [("--output", args.output.path()), ("--contributions", contributions), ("--rejects", rejected)];
    let writes: Vec<(&str, &Path)> =
        writes.into_iter().filter_map(|(flag, path)| Some((flag, path?))).collect();
    refuse_overwriting(&reads, &writes)?;
    check_ending("--contributions", contributions, Format::Csv)?;
    check_ending("--rejects", rejected, Format::Csv)
}

/// The model with what its file does not tell; notes what stays open.
fn forest(args: &PredictArgs) -> Result<Forest, Failure> {
    let mut forest =
        Forest::from_bytes(&read_model(&args.model)?).map_err(|error| about(&args.model, error))?;
    if let Some(value) = args.missing {
        forest = forest.with_missing(value);
    }
    for levels in &args.levels {
        forest = forest
            .with_levels(&levels.column, &levels.names)
            .map_err(|error| Failure::message(format!("--levels: {error}")))?;
    }
    let notes = forest.notes().into_iter().chain(rounds_note(&forest, args.iterations));
    notes.for_each(|note| note_line(&note));
    Ok(forest)
}

/// The bytes of a model file.
pub(crate) fn read_model(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::message(format!("{}: {error}", path.display())))
}

/// That rounds after the best one are left out, where there are any.
pub(crate) fn rounds_note(forest: &Forest, iterations: Iterations) -> Option<String> {
    let (used, all) = (forest.best_iteration()? + 1, forest.round_count());
    let is_cut = iterations == Iterations::Best && used < all;
    is_cut.then(|| {
        format!("the first {used} of {all} rounds are used, for the file names the last of them as the best; --iterations all uses all")
    })
}

/// What is wrong with a file, with its name before it.
pub(crate) fn about(path: &Path, error: leadscore::Error) -> Failure {
    Failure::about(&path.display().to_string(), error)
}

/// The table's column for every column of the model: as the mapping says, else by name, a blank being the same as an
/// underscore, as in LightGBM; by order where the model has no names.
fn places(forest: &Forest, header: &[&str], mapping: &Mapping, name: &str) -> Result<Vec<usize>, Failure> {
    let names = forest.feature_names();
    for (column, _) in mapping.attributes() {
        if !names.iter().any(|own| own == column) {
            let message = format!("{name}: the mapping names `{column}`, which the model does not read");
            return Err(Failure::message(format!("{message}; it reads {}", first_of(&names))));
        }
    }
    let find = |wanted: &str| {
        if let Some((_, column)) = mapping.attributes().find(|(own, _)| *own == wanted) {
            return mapped(column, header, name).map(Some);
        }
        let same = header.iter().position(|column| *column == wanted);
        let plain = |text: &str| text.trim().replace(char::is_whitespace, "_");
        Ok(same.or_else(|| header.iter().position(|column| plain(column) == plain(wanted))))
    };
    let found: Vec<Option<usize>> =
        names.iter().map(|wanted| find(wanted)).collect::<Result<_, Failure>>()?;
    if let Some(all) = found.iter().copied().collect::<Option<Vec<usize>>>() {
        return Ok(all);
    }
    if !forest.has_feature_names() && header.len() == names.len() {
        note_line("the model does not name its columns; the table's are taken in their order");
        return Ok((0..header.len()).collect());
    }
    let missing = names.iter().zip(&found).filter(|(_, at)| at.is_none());
    let missing: Vec<&str> = missing.map(|(name, _)| name.as_str()).take(10).collect();
    Err(Failure::message(format!(
        "{name}: the model reads columns that the table does not have: {}",
        missing.join(", ")
    )))
}

/// The column that a mapping names.
fn mapped(wanted: &str, header: &[&str], name: &str) -> Result<usize, Failure> {
    header.iter().position(|own| own.trim() == wanted.trim()).ok_or_else(|| {
        let message = format!("{name}: the mapping names a column `{wanted}` that the file does not have");
        Failure::message(format!("{message}; its columns: {}", first_of(header)))
    })
}
