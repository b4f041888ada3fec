//! Rows that wait for their ranks: in three pieces, in a file that is removed by itself, until every lead is scored.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};

use leadscore::capacity::Standing;
use leadscore::tier::RankTier;
use leadscore::{Error, Prediction};
use leadscore_csv::CsvWriter;
use serde::Serialize;

use super::format::JsonForm;
use super::json_rows::SEPARATOR;

/// The headings of what a capacity says of a lead.
pub(crate) const CAPACITY_COLUMNS: [&str; 3] = ["capacity_rank", "within_capacity", "capacity_tied"];

/// What is known of a lead when the whole list is scored.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place<'a> {
    /// Where tiers are by rank.
    pub(crate) tier: Option<&'a RankTier<'a>>,
    /// Where there is a capacity.
    pub(crate) standing: Option<&'a Standing>,
}

/// What a row of JSON says of the capacity.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct CapacityFields {
    rank: Option<usize>,
    within: bool,
    tied: bool,
}

impl From<&Standing> for CapacityFields {
    fn from(standing: &Standing) -> CapacityFields {
        CapacityFields { rank: standing.rank, within: standing.within, tied: standing.tied }
    }
}

/// A row in the pieces between which its place goes: what is before the tier, the tier, and what is behind it. In JSON
/// these are the row's number, its cells that go through, and the prediction.
pub(crate) type Pieces<P> = [P; 3];

/// Appends a row to others in pieces.
pub(crate) fn push_pieces(out: &mut Vec<u8>, pieces: Pieces<&[u8]>) {
    for piece in pieces {
        out.extend_from_slice(&(piece.len() as u64).to_le_bytes());
        out.extend_from_slice(piece);
    }
}

/// Appends what a capacity says of a lead to a row of CSV.
pub(crate) fn write_standing<W: Write>(standing: &Standing, csv: &mut CsvWriter<W>) -> Result<(), Error> {
    csv.number(standing.rank.map(|rank| rank as f64))?;
    csv.text(if standing.within { "true" } else { "false" })?;
    csv.text(if standing.tied { "true" } else { "false" })
}

/// Cells that go on with a row of CSV, with the comma before them and without an end of line.
pub(crate) fn cells(
    write: impl FnOnce(&mut CsvWriter<&mut Vec<u8>>) -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    const FIRST: &str = "x";
    let mut row = Vec::new();
    let mut csv = CsvWriter::new(&mut row);
    // A row of one empty cell would be written in quotes.
    csv.text(FIRST)?;
    write(&mut csv)?;
    csv.end_row()?;
    drop(csv);
    while row.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        row.pop();
    }
    Ok(row.split_off(FIRST.len()))
}

/// Appends a row with its place to rows of JSON in a form, or to rows of CSV.
pub(crate) fn render_placed(
    out: &mut Vec<u8>,
    form: Option<JsonForm>,
    [head, middle, tail]: Pieces<&[u8]>,
    place: Place<'_>,
) -> Result<(), Error> {
    if form == Some(JsonForm::List) && !out.is_empty() {
        out.extend_from_slice(SEPARATOR);
    }
    out.extend_from_slice(head);
    if form.is_none() {
        match place.tier {
            Some(ranked) => out.extend(cells(|csv| {
                csv.text(ranked.tier.name())?;
                csv.text(ranked.tier.action())
            })?),
            None => out.extend_from_slice(middle),
        }
        if let Some(standing) = place.standing {
            out.extend(cells(|csv| write_standing(standing, csv))?);
        }
        out.extend_from_slice(tail);
        out.push(b'\n');
        return Ok(());
    }
    if let Some(standing) = place.standing {
        out.extend_from_slice(b",\"capacity\":");
        append(out, &CapacityFields::from(standing));
    }
    out.extend_from_slice(middle);
    out.push(b',');
    let ranked;
    let tail = match place.tier {
        Some(tier) => {
            let mut prediction: Prediction =
                serde_json::from_slice(tail).expect("what was written as a prediction is one");
            prediction.set_rank_tier(tier);
            ranked = serde_json::to_vec(&prediction).expect("a prediction is always JSON");
            ranked.as_slice()
        }
        None => tail,
    };
    // Its fields go on with those of the row.
    out.extend_from_slice(&tail[1..]);
    if form == Some(JsonForm::Lines) {
        out.push(b'\n');
    }
    Ok(())
}

fn append(out: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(out, value).expect("our own types are always JSON");
}

/// Rows in pieces on the disk, in a file without a name: it is gone when the process ends, however that comes about.
pub(crate) struct PieceFile(BufWriter<File>);

impl PieceFile {
    /// An empty one, in the folder for temporary files.
    pub(crate) fn create() -> Result<PieceFile, Error> {
        Ok(PieceFile(BufWriter::new(tempfile::tempfile()?)))
    }

    /// Appends rows in pieces.
    pub(crate) fn append(&mut self, rows: &[u8]) -> Result<(), Error> {
        Ok(self.0.write_all(rows)?)
    }

    /// The rows from the first on.
    pub(crate) fn read(self) -> Result<PieceReader, Error> {
        let mut file = self.0.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(PieceReader { file: BufReader::new(file), pieces: Default::default() })
    }
}

/// Reads rows one by one.
pub(crate) struct PieceReader {
    file: BufReader<File>,
    pieces: Pieces<Vec<u8>>,
}

impl PieceReader {
    /// The next row; it must be there.
    pub(crate) fn next(&mut self) -> Result<Pieces<&[u8]>, Error> {
        for piece in &mut self.pieces {
            let mut length = [0; size_of::<u64>()];
            self.file.read_exact(&mut length)?;
            piece.resize(u64::from_le_bytes(length) as usize, 0);
            self.file.read_exact(piece)?;
        }
        let [head, middle, tail] = &self.pieces;
        Ok([head, middle, tail])
    }
}
