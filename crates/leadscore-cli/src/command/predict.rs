//! `leadscore predict`: the raw output of a boosted-tree model for every row of a table.

mod table;

use std::path::Path;

use leadscore::Forest;
use leadscore::record::AttributeRef;
use leadscore_csv::{Cell, CsvReader, ReadRow, Row};
use leadscore_files::{
    CarriedColumns, InputFile, InputFormat, Mapping, Rejection, Rejects, id_column, refuse_overwriting,
};

use super::features::nothing_read;
use crate::args::output::check_ending;
use crate::args::{Format, PredictArgs};
use crate::failure::{Failure, of_option};
use crate::notes::{StderrNotes, note_line};
use table::{RowLabel, Table};

/// Rows scored at once.
const BLOCK: usize = 1_024;

pub(crate) fn run(args: &PredictArgs) -> Result<bool, Failure> {
    let format = args.output.settle(None)?;
    let reads = [("the model", args.model.as_path()), ("the input", Path::new(&args.input))];
    let contributions = args.contributions.as_deref();
    let rejected = args.rejects.as_deref();
    let writes =
        [("--output", args.output.path()), ("--contributions", contributions), ("--rejects", rejected)];
    let writes: Vec<(&str, &Path)> =
        writes.into_iter().filter_map(|(flag, path)| Some((flag, path?))).collect();
    refuse_overwriting(&reads, &writes)?;
    check_ending("--contributions", contributions, Format::Csv)?;
    check_ending("--rejects", rejected, Format::Csv)?;
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
    forest.notes().iter().for_each(|note| note_line(note));
    let opened = InputFile::open(&args.input)?;
    let name = opened.name.clone();
    if opened.format != InputFormat::Csv {
        return Err(Failure::message(format!("{name}: is JSON; predict reads CSV")));
    }
    opened.notes.iter().for_each(|note| note_line(note));
    let said = |error: leadscore::Error| Failure::about(&name, error);
    let mut reader = CsvReader::open(opened.bytes, Mapping::default().csv_options()).map_err(said)?;
    let header: Vec<&str> = reader.columns().iter().map(|column| column.name.as_str()).collect();
    let places = places(&forest, &header, &name)?;
    let (id, carried) =
        (id_column(&header), CarriedColumns::of_table(&args.columns, &header).map_err(of_option)?);
    let used: Vec<usize> = places.iter().copied().chain(id).chain(carried.places()).collect();
    // The contributions get the table's column names: LightGBM's have lost their blanks.
    let names: Vec<String> = places.iter().map(|place| reader.columns()[*place].name.clone()).collect();
    reader.select(&used);
    let mut table = Table::new(args, format, &forest, &names, &carried)?;
    let (mut rejects, mut notes) = (Rejects::create(rejected)?, StderrNotes::default());
    let mut row = Row::default();
    let mut values = Vec::with_capacity(BLOCK * places.len());
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
        for (feature, place) in places.iter().enumerate() {
            let value = cell(&forest, feature, &row, *place);
            values.push(forest.encode_value(feature, value).map_err(|error| {
                let (column, reason) = (&reader.columns()[*place].name, error.message());
                Failure::message(format!("{name}: line {}: column `{column}`: {reason}", row.line()))
            })?);
        }
        let cell = |place: usize| row.raw(place).unwrap_or_default().trim().to_owned();
        let id = id.map(cell).unwrap_or_default();
        labels.push(RowLabel { id, row: row_number, cells: carried.places().map(cell).collect() });
        if labels.len() == BLOCK {
            table.add(&forest, std::mem::take(&mut values), &labels)?;
            labels.clear();
        }
    }
    table.add(&forest, values, &labels)?;
    let all_good = rejects.count() == 0;
    rejects.finish(&mut notes)?;
    if table.is_empty() {
        return Err(nothing_read(&name, all_good));
    }
    table.finish()?;
    Ok(all_good)
}

/// A cell as the model reads it: a number as the table writes numbers, a level letter for letter.
fn cell<'r>(forest: &Forest, feature: usize, row: &'r Row, place: usize) -> AttributeRef<'r> {
    match row.value(place) {
        Some(Cell::Number(number)) if forest.levels(feature).is_empty() => AttributeRef::Number(number),
        _ => AttributeRef::Text(row.raw(place).unwrap_or_default()),
    }
}

/// The bytes of a model file.
pub(crate) fn read_model(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::message(format!("{}: {error}", path.display())))
}

/// What is wrong with a file, with its name before it.
pub(crate) fn about(path: &Path, error: leadscore::Error) -> Failure {
    Failure::about(&path.display().to_string(), error)
}

/// The table's column for every column of the model: by name, a blank being the same as an underscore, as in LightGBM;
/// by order where the model has no names.
fn places(forest: &Forest, header: &[&str], name: &str) -> Result<Vec<usize>, Failure> {
    let names = forest.feature_names();
    let find = |wanted: &str| {
        let same = header.iter().position(|column| *column == wanted);
        let plain = |text: &str| text.trim().replace(char::is_whitespace, "_");
        same.or_else(|| header.iter().position(|column| plain(column) == plain(wanted)))
    };
    let found: Vec<Option<usize>> = names.iter().map(|wanted| find(wanted)).collect();
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
