//! One line per lead: CSV, JSON lines, or a JSON list.

use std::io::Write;
use std::sync::Arc;

use leadscore::pipeline::RecordScore;
use leadscore::{Attribute, Error, Prediction, Score, Tier};
use leadscore_csv::CsvWriter;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::OutputFile;
use super::format::{FileFormat, JsonForm};
use super::json_rows::{JsonRows, render_record};
use super::pieces::{CAPACITY_COLUMNS, CapacityFields, Pieces, Place, cells, push_pieces, write_standing};
use crate::read::{CarriedColumns, write_cells};
use crate::wording::push_points;

/// What the rows of an output have beside the score.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowLayout {
    pub(crate) carried: CarriedColumns,
    /// Whether spreadsheets read it: with a byte order mark, and with a minus they know.
    pub(crate) is_for_excel: bool,
    /// Whether rows say where they stand in a capacity.
    pub(crate) has_capacity: bool,
    /// Whether rows wait in pieces until every lead has its rank.
    pub(crate) waits: bool,
}

/// A prediction with its row in the input.
#[derive(Serialize)]
struct Line<'a> {
    row: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<CapacityFields>,
    #[serde(skip_serializing_if = "Cells::is_empty")]
    columns: Cells<'a>,
    #[serde(flatten)]
    prediction: &'a Prediction,
}

/// Columns of the input with what they hold of a row.
struct Cells<'a>(&'a CarriedColumns, &'a [Attribute]);

impl Cells<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (heading, cell) in self.0.headings().zip(self.1) {
            map.serialize_entry(heading, cell)?;
        }
        map.end()
    }
}

/// Appends one lead to rendered rows of JSON, or in pieces where rows wait.
pub(crate) fn render_json(
    out: &mut Vec<u8>,
    form: JsonForm,
    (row, prediction): (u64, &Prediction),
    (layout, cells): (&RowLayout, &[Attribute]),
    place: Place<'_>,
) {
    let columns = Cells(&layout.carried, cells);
    if layout.waits {
        let columns =
            if columns.is_empty() { String::new() } else { format!(",\"columns\":{}", json(&columns)) };
        let head = format!("{{\"row\":{row}");
        push_pieces(out, [head.as_bytes(), columns.as_bytes(), json(prediction).as_bytes()]);
        return;
    }
    let capacity = place.standing.map(CapacityFields::from);
    render_record(out, form, &Line { row, capacity, columns, prediction });
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("a prediction and its cells are always JSON")
}

/// Appends rows of CSV: the number of each lead's row in the input, its score, its cells that go through, and its place.
pub(crate) fn render_csv<'s>(
    out: &mut Vec<u8>,
    layout: &RowLayout,
    rows: impl Iterator<Item = (u64, &'s Score, &'s [Attribute], Place<'s>)>,
) {
    let mut csv = CsvWriter::new(out);
    let mut reasons = String::new();
    for (row, score, carried, place) in rows {
        reasons.clear();
        if let Some(rule) = &score.disqualified {
            push_ruled_out(&rule.text, &mut reasons);
        }
        for reason in &score.reasons {
            push_reason(&reason.text, reason.points, &mut reasons);
        }
        let cells = RowCells {
            lead_id: &score.lead_id,
            row,
            score: score.score,
            probability: score.probability,
            tier: score.tier.as_deref(),
            action: score.action.as_deref(),
            reasons: shown_reasons(&mut reasons, layout),
            carried,
            place,
        };
        let classes = score.classes.iter().map(|class| class.probability);
        cells.write(&mut csv, classes).expect("writing to memory does not fail");
    }
}

/// Rows of CSV, appended one by one as leads are scored.
pub(crate) struct CsvRows<'b> {
    out: &'b mut Vec<u8>,
    reasons: String,
    layout: &'b RowLayout,
}

impl<'b> CsvRows<'b> {
    pub(crate) fn new(out: &'b mut Vec<u8>, layout: &'b RowLayout) -> CsvRows<'b> {
        CsvRows { out, reasons: String::new(), layout }
    }

    /// Appends the lead of a row of the input, with its cells that go through.
    pub(crate) fn add(&mut self, row: u64, scored: &RecordScore<'_>, carried: &[Attribute]) {
        let CsvRows { out, reasons, layout } = self;
        reasons.clear();
        scored.disqualification(|why| push_ruled_out(why, reasons));
        for reason in scored.row.reasons() {
            push_reason(reason.text, reason.points, reasons);
        }
        let cells = RowCells {
            lead_id: scored.lead_id,
            row,
            score: scored.row.score,
            probability: scored.row.probability,
            tier: scored.row.tier.map(Tier::name),
            action: scored.row.tier.map(Tier::action),
            reasons: shown_reasons(reasons, layout),
            carried,
            place: Place::default(),
        };
        let classes = scored.row.class_probabilities.iter().copied();
        let written = if layout.waits {
            cells.pieces(classes).map(|[head, tier, tail]| push_pieces(out, [&head, &tier, &tail]))
        } else {
            cells.write(&mut CsvWriter::new(&mut **out), classes)
        };
        written.expect("writing to memory does not fail");
    }
}

/// What a row of CSV shows, but for the classes.
struct RowCells<'a> {
    lead_id: &'a str,
    row: u64,
    score: f64,
    probability: Option<f64>,
    tier: Option<&'a str>,
    action: Option<&'a str>,
    reasons: &'a str,
    carried: &'a [Attribute],
    place: Place<'a>,
}

impl RowCells<'_> {
    fn write(
        &self,
        csv: &mut CsvWriter<&mut Vec<u8>>,
        classes: impl Iterator<Item = f64>,
    ) -> Result<(), Error> {
        self.write_head(csv, classes)?;
        self.write_tier(csv)?;
        if let Some(standing) = self.place.standing {
            write_standing(standing, csv)?;
        }
        self.write_tail(csv)?;
        csv.end_row()
    }

    /// The row where its place is not known yet.
    fn pieces(&self, classes: impl Iterator<Item = f64>) -> Result<Pieces<Vec<u8>>, Error> {
        // The comma is that of a cell before it.
        let head = cells(|csv| self.write_head(csv, classes))?.split_off(1);
        Ok([head, cells(|csv| self.write_tier(csv))?, cells(|csv| self.write_tail(csv))?])
    }

    fn write_head(
        &self,
        csv: &mut CsvWriter<&mut Vec<u8>>,
        classes: impl Iterator<Item = f64>,
    ) -> Result<(), Error> {
        csv.text(self.lead_id)?;
        csv.number(Some(self.row as f64))?;
        csv.number(Some(self.score))?;
        csv.number(self.probability)?;
        for probability in classes {
            csv.number(Some(probability))?;
        }
        Ok(())
    }

    fn write_tier(&self, csv: &mut CsvWriter<&mut Vec<u8>>) -> Result<(), Error> {
        csv.text(self.tier.unwrap_or_default())?;
        csv.text(self.action.unwrap_or_default())
    }

    fn write_tail(&self, csv: &mut CsvWriter<&mut Vec<u8>>) -> Result<(), Error> {
        csv.text(self.reasons)?;
        write_cells(self.carried, csv)
    }
}

/// The reasons as they are written: spreadsheets do not calculate with the true minus.
fn shown_reasons<'r>(reasons: &'r mut String, layout: &RowLayout) -> &'r str {
    if layout.is_for_excel && reasons.contains('−') {
        *reasons = reasons.replace('−', "-");
    }
    reasons
}

fn push_ruled_out(why: &str, reasons: &mut String) {
    reasons.push_str("Ruled out: ");
    reasons.push_str(why);
}

/// A reason with its points, after those before it.
fn push_reason(text: &str, points: f64, reasons: &mut String) {
    if !reasons.is_empty() {
        reasons.push_str("; ");
    }
    reasons.push_str(text);
    reasons.push_str(" (");
    push_points(points, reasons);
    reasons.push(')');
}

/// Is given rows as JSON lines, some whole ones at a time. Its error ends the work.
pub type ReceiveRows<'a> = Box<dyn FnMut(&[u8]) -> Result<(), Error> + 'a>;

/// Rows written one batch after another.
pub(crate) enum Rows<'a> {
    Csv(OutputFile<'a>),
    Json(JsonRows<'a>),
    /// JSON lines, which a function is given.
    Lines(ReceiveRows<'a>),
}

impl<'a> Rows<'a> {
    /// Begins the rows; `classes` are those of the pipeline.
    pub(crate) fn new(
        mut out: OutputFile<'a>,
        format: FileFormat,
        classes: &[Arc<str>],
        layout: &RowLayout,
    ) -> Result<Rows<'a>, Error> {
        if let Some(form) = format.json_form() {
            return Ok(Rows::Json(JsonRows::new(out, form)?));
        }
        let mut heading = if layout.is_for_excel { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
        let mut csv = CsvWriter::new(&mut heading);
        for name in ["lead_id", "row", "score", "probability"] {
            csv.text(name)?;
        }
        for class in classes {
            csv.text(&format!("p_{class}"))?;
        }
        let capacity = if layout.has_capacity { CAPACITY_COLUMNS.as_slice() } else { &[] };
        let names = ["tier", "action"].into_iter().chain(capacity.iter().copied());
        for name in names.chain(["reasons"]).chain(layout.carried.headings()) {
            csv.text(name)?;
        }
        csv.end_row()?;
        out.write_all(&heading)?;
        Ok(Rows::Csv(out))
    }

    /// Appends rows that were rendered.
    pub(crate) fn append(&mut self, rendered: &[u8]) -> Result<(), Error> {
        match self {
            Rows::Csv(out) => Ok(out.write_all(rendered)?),
            Rows::Json(rows) => rows.append(rendered),
            Rows::Lines(receive) => receive(rendered),
        }
    }

    /// Whether the rows go to a file that takes its place in the end.
    pub(crate) fn is_file(&self) -> bool {
        match self {
            Rows::Csv(out) => out.is_file(),
            Rows::Json(rows) => rows.is_file(),
            Rows::Lines(_) => false,
        }
    }

    /// Completes the rows. JSON ends with what makes them worth nothing, if something does; CSV
    /// has no place for it, and who gives a function is told by the error or the summary.
    pub(crate) fn finish(self, worthless: &[String]) -> Result<(), Error> {
        match self {
            Rows::Csv(out) => out.finish(),
            Rows::Json(rows) => rows.finish(worthless),
            Rows::Lines(_) => Ok(()),
        }
    }
}
