//! `leadscore predict`: the raw output of a boosted-tree model for every row of a table.

use std::path::Path;

use leadscore::forest::Iterations;
use leadscore::record::AttributeRef;
use leadscore::{FeatureMatrix, Forest};
use leadscore_csv::{Cell, CsvReader, CsvWriter, ReadRow, Row};
use leadscore_files::{InputFile, InputFormat, Mapping, OutputFile, Rejection, Rejects, refuse_overwriting};

use crate::args::PredictArgs;
use crate::failure::Failure;
use crate::notes::{StderrNotes, note_line};
use crate::output::open_output;

/// Rows scored at once.
const BLOCK: usize = 1_024;

pub(crate) fn run(args: &PredictArgs) -> Result<bool, Failure> {
    let reads = [("the model", args.model.as_path()), ("the input", Path::new(&args.input))];
    let writes = [("--output", &args.output), ("--contributions", &args.contributions)];
    let writes: Vec<(&str, &Path)> =
        writes.iter().filter_map(|(flag, path)| Some((*flag, path.as_deref()?))).collect();
    refuse_overwriting(&reads, &writes)?;
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
    reader.select(&places);
    // The contributions get the table's column names: LightGBM's have lost their blanks.
    let names: Vec<String> = places.iter().map(|place| reader.columns()[*place].name.clone()).collect();
    let mut table = Table::new(args, &forest, &names)?;
    let (mut rejects, mut notes) = (Rejects::create(None)?, StderrNotes::default());
    let mut row = Row::default();
    let mut values = Vec::with_capacity(BLOCK * places.len());
    loop {
        match reader.next_row(&mut row).map_err(said)? {
            ReadRow::Row => {}
            ReadRow::Rejected(rejected) => {
                rejects.add(&Rejection::new(rejected.line, rejected.reason, rejected.raw), &mut notes)?;
                continue;
            }
            ReadRow::End => break,
        }
        for (feature, place) in places.iter().enumerate() {
            let value = cell(&forest, feature, &row, *place);
            values.push(forest.encode_value(feature, value).map_err(|error| {
                let (column, reason) = (&reader.columns()[*place].name, error.message());
                Failure::message(format!("{name}: line {}: column `{column}`: {reason}", row.line()))
            })?);
        }
        if values.len() == BLOCK * places.len() {
            table.add(&forest, std::mem::take(&mut values))?;
        }
    }
    table.add(&forest, values)?;
    table.finish()?;
    let all_good = rejects.count() == 0;
    rejects.finish(&mut notes)?;
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

/// The files that are written.
struct Table {
    iterations: Iterations,
    predictions: CsvWriter<OutputFile<'static>>,
    contributions: Option<CsvWriter<OutputFile<'static>>>,
}

impl Table {
    fn new(args: &PredictArgs, forest: &Forest, names: &[String]) -> Result<Table, Failure> {
        let mut predictions = CsvWriter::new(open_output(args.output.as_deref())?);
        let columns = |name: &str, count: usize| -> Vec<String> {
            if count == 1 {
                vec![name.to_owned()]
            } else {
                (0..count).map(|k| format!("{name}_{k}")).collect()
            }
        };
        for name in columns("margin", forest.output_count())
            .into_iter()
            .chain(columns("pred", forest.prediction_width()))
        {
            predictions.text(&name)?;
        }
        predictions.end_row()?;
        let contributions =
            args.contributions.as_deref().map(|path| heading(path, forest, names)).transpose()?;
        Ok(Table { iterations: args.iterations, predictions, contributions })
    }

    fn add(&mut self, forest: &Forest, values: Vec<f64>) -> Result<(), Failure> {
        if values.is_empty() {
            return Ok(());
        }
        let matrix = FeatureMatrix::new(forest.feature_count(), values)?;
        let margins = forest.margin(&matrix, self.iterations)?;
        let predictions = forest.predict(&matrix, self.iterations)?;
        // Nine digits give any f32 back, and are how XGBoost's own output is commonly written.
        let short = |value: f64| {
            if forest.is_f32() { format!("{value:.8e}").parse().unwrap_or(value) } else { value }
        };
        let rows = margins
            .chunks_exact(forest.output_count())
            .zip(predictions.chunks_exact(forest.prediction_width()));
        for (margin, prediction) in rows {
            for value in margin.iter().chain(prediction) {
                self.predictions.number(Some(short(*value)))?;
            }
            self.predictions.end_row()?;
        }
        if let Some(csv) = &mut self.contributions {
            let shap = forest.shap(&matrix, self.iterations)?;
            for row in shap.chunks_exact(shap.len() / matrix.row_count()) {
                row.iter().try_for_each(|value| csv.number(Some(*value)))?;
                csv.end_row()?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Failure> {
        self.predictions.finish()?.finish()?;
        match self.contributions {
            Some(csv) => Ok(csv.finish()?.finish()?),
            None => Ok(()),
        }
    }
}

/// The table of contributions with its heading: one column for each feature and the bias, of every output.
fn heading(
    path: &Path,
    forest: &Forest,
    names: &[String],
) -> Result<CsvWriter<OutputFile<'static>>, Failure> {
    let mut csv = CsvWriter::new(open_output(Some(path))?);
    for output in 0..forest.output_count() {
        for name in names.iter().map(String::as_str).chain(["bias"]) {
            let several = format!("out{output}|{name}");
            csv.text(if forest.output_count() == 1 { name } else { &several })?;
        }
    }
    csv.end_row()?;
    Ok(csv)
}
