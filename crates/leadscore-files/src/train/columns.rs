//! What the columns of a file of past leads hold.

use std::collections::HashMap;

use leadscore::{Error, ErrorKind, Zone, did_you_mean};
use leadscore_csv::{Cell, ColumnKind};

use super::past_table::{Cells, PastRow, PastTable};
use super::sentinels::{self, Sentinels};
use super::weights::Weights;
use crate::read::{Mapping, TargetCells};
use crate::wording::{counted, first_of};
use crate::{Notes, unreadable};

/// Texts of more different values are no levels.
pub(super) const MAX_LEVELS: usize = 5000;
/// A value of more characters is a text to read.
const LONG_TEXT: usize = 100;

/// The columns with a part of their own.
pub(super) struct Named<'a> {
    /// The column that says what became of the lead, where one does.
    pub(super) target: Option<&'a str>,
    pub(super) id: Option<&'a str>,
    /// The column that says how much each row counts.
    pub(super) weight: Option<&'a str>,
    pub(super) drop: &'a [String],
    /// Columns, each with a value that means missing.
    pub(super) missing: &'a [(String, String)],
    pub(super) dates: Vec<NamedDate<'a>>,
    /// Which column is which attribute.
    pub(super) mapping: &'a Mapping,
    pub(super) zone: &'a Zone,
}

/// A column of dates with a part of its own.
pub(super) struct NamedDate<'a> {
    /// The option that names it.
    pub(super) option: &'static str,
    pub(super) column: &'a str,
    /// Why it is not learned from.
    pub(super) reason: &'static str,
}

/// A file of past leads.
pub(super) struct PastLeads {
    pub(super) columns: Vec<PastColumn>,
    pub(super) target: TargetCells,
    /// The number of each row that counts, in their order.
    pub(super) rows: Vec<u64>,
    pub(super) dates: Dates,
    pub(super) weights: Weights,
    /// Whether they are JSON records, and whether these bring activities along.
    pub(super) is_of_records: bool,
    pub(super) has_activities: bool,
}

/// The columns of dates with a part of their own: the option that names each, and the attribute it is read as.
#[derive(Debug, Default)]
pub(super) struct Dates(Vec<(&'static str, String)>);

impl Dates {
    /// The attribute that an option names.
    pub(super) fn of(&self, option: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| *own == option).map(|(_, attribute)| attribute.as_str())
    }

    pub(super) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, attribute)| attribute.as_str())
    }
}

/// What a column holds.
pub(super) struct PastColumn {
    pub(super) name: String,
    /// What it is called in the pipeline.
    pub(super) attribute: String,
    pub(super) kind: ColumnKind,
    /// Why it is not learned from, if it is not.
    pub(super) left_out: Option<String>,
    /// Texts, in lower case, with how they are written first and how often they occur.
    pub(super) levels: HashMap<String, (String, u64)>,
    pub(super) has_more_levels: bool,
    pub(super) has_long_texts: bool,
    pub(super) value_count: u64,
    pub(super) row_count: u64,
    /// The first number, flag or date, and whether another one follows.
    first: Option<u64>,
    pub(super) varies: bool,
    /// Values that mean missing; numbers in the form in which features read them.
    pub(super) missing: Vec<String>,
    missing_count: u64,
    sentinels: Sentinels,
    /// Whether all numbers are whole and none occurs twice; only followed for as long as it holds.
    seen: Option<std::collections::HashSet<u64>>,
}

impl PastColumn {
    fn new(name: &str, kind: ColumnKind) -> PastColumn {
        PastColumn {
            name: name.to_owned(),
            attribute: name.to_owned(),
            kind,
            left_out: None,
            levels: HashMap::new(),
            has_more_levels: false,
            has_long_texts: false,
            value_count: 0,
            row_count: 0,
            first: None,
            varies: false,
            missing: Vec::new(),
            missing_count: 0,
            sentinels: Sentinels::default(),
            seen: (kind == ColumnKind::Number).then(std::collections::HashSet::new),
        }
    }

    /// Whether it holds another whole number in every row, which measures nothing.
    pub(super) fn counts_rows(&self) -> bool {
        self.seen.is_some() && self.value_count == self.row_count && self.row_count > 20
    }

    /// Takes a value for missing.
    fn take_for_missing(&mut self, value: &str) -> Result<(), Error> {
        let written = match (self.kind, value.trim().parse::<f64>()) {
            (ColumnKind::Date, _) => {
                let message = format!("`{}` holds dates; leave it out, or empty these cells", self.name);
                return Err(Error::new(ErrorKind::InvalidContext, "missing", message));
            }
            (ColumnKind::Number, Ok(number)) => number.to_string(),
            _ => value.trim().to_owned(),
        };
        self.missing.push(written);
        Ok(())
    }

    fn is_missing(&self, row: Cells<'_>, at: usize) -> bool {
        if let Some(Cell::Number(number)) = row.value(at) {
            return self.missing.contains(&number.to_string());
        }
        let text = row.raw(at).unwrap_or_default().trim().to_lowercase();
        self.missing.iter().any(|own| own.to_lowercase() == text)
    }

    fn add(&mut self, row: Cells<'_>, at: usize) {
        self.row_count += 1;
        if !self.missing.is_empty() && self.is_missing(row, at) {
            self.missing_count += 1;
            return;
        }
        let bits = match row.value(at).unwrap_or(Cell::Missing) {
            Cell::Missing => return,
            Cell::Text(text) => {
                self.value_count += 1;
                self.add_text(text);
                return;
            }
            Cell::Number(number) => {
                if self
                    .seen
                    .as_mut()
                    .is_some_and(|seen| number.fract() != 0.0 || !seen.insert(number.to_bits()))
                {
                    self.seen = None;
                }
                self.sentinels.add(number);
                number.to_bits()
            }
            Cell::Flag(flag) => u64::from(flag),
            Cell::Date(time) => {
                let time = time.to_timestamp(&Zone::utc()).map_or(i64::MIN, leadscore::Timestamp::as_millis);
                time.cast_unsigned()
            }
        };
        self.value_count += 1;
        self.varies |= *self.first.get_or_insert(bits) != bits;
    }

    fn add_text(&mut self, text: &str) {
        if text.chars().nth(LONG_TEXT).is_some() {
            self.has_long_texts = true;
        }
        if let Some((_, count)) = self.levels.get_mut(&text.to_lowercase()) {
            *count += 1;
        } else if self.levels.len() < MAX_LEVELS {
            self.levels.insert(text.to_lowercase(), (text.to_owned(), 1));
        } else {
            self.has_more_levels = true;
        }
    }
}

/// Reads what the columns hold.
pub(super) fn read(input: &str, named: &Named<'_>, notes: &mut dyn Notes) -> Result<PastLeads, Error> {
    if input == "-" {
        return Err(unreadable(input, "learning reads the file more than once; name a file instead of -"));
    }
    let mut table = PastTable::open(input, named.mapping, named.zone)?;
    notes.reading("the columns", input);
    let (mut columns, special) = Special::columns(input, &table, named, notes)?;
    let mut cells = TargetCells::new(special.target.map_or("", |target| &columns[target].name));
    let (mut rows, mut rejected_count, mut weights) =
        (Vec::new(), 0_u64, Weights::new(special.weight.map_or("", |weight| &columns[weight].name)));
    loop {
        match table.next(input)? {
            PastRow::End => break,
            PastRow::Rejected => rejected_count += 1,
            PastRow::Lead(number, view) => {
                if let Some(weight) = special.weight
                    && !weights.add(number, view, weight)?
                {
                    continue;
                }
                rows.push(number);
                if let Some(target) = special.target {
                    cells.add(number, view.raw(target).unwrap_or_default());
                }
                for (at, column) in columns.iter_mut().enumerate() {
                    if column.left_out.is_none() {
                        column.add(view, at);
                    }
                }
            }
        }
    }
    if special.weight.is_some() {
        weights.check()?;
    }
    propose(&columns, notes);
    if weights.zero_count > 0 {
        let rows = counted(weights.zero_count, "row", "rows");
        notes.assumed(format!("{rows} of weight 0 left out, as if they were not in the file"));
    }
    if rejected_count > 0 {
        let rows = counted(rejected_count, "row", "rows");
        notes.assumed(format!("{rows} could not be read; `leadscore inspect` tells which"));
    }
    table.rejected_records().into_iter().for_each(|said| notes.assumed(said));
    let (is_of_records, has_activities) = (table.is_of_records(), table.has_activities());
    Ok(PastLeads {
        columns,
        target: cells,
        rows,
        dates: special.dates,
        weights,
        is_of_records,
        has_activities,
    })
}

/// The places of columns with a part of their own.
struct Special {
    target: Option<usize>,
    weight: Option<usize>,
    dates: Dates,
}

impl Special {
    /// The columns of a table, those with a part of their own left out.
    fn columns(
        input: &str,
        table: &PastTable,
        named: &Named<'_>,
        notes: &mut dyn Notes,
    ) -> Result<(Vec<PastColumn>, Special), Error> {
        let own = table.columns();
        let mut columns: Vec<PastColumn> =
            own.iter().map(|(name, kind)| PastColumn::new(name, *kind)).collect();
        for column in &mut columns {
            column.left_out = table.no_attribute(&column.name).map(str::to_owned);
        }
        rename(input, &mut columns, named.mapping, notes)?;
        let target = named.target.map(|name| place(&columns, name, "target")).transpose()?;
        if let Some(target) = target {
            columns[target].left_out = Some("the target".to_owned());
        }
        if let Some(id) = named.id {
            let id = place(&columns, id, "id")?;
            columns[id].left_out = Some("the lead's id".to_owned());
        }
        let weight = named.weight.map(|name| place(&columns, name, "weight")).transpose()?;
        if let Some(weight) = weight {
            if Some(weight) == target {
                let message = format!("`{}` says what became of the lead", columns[weight].name);
                return Err(Error::new(ErrorKind::InvalidContext, "weight", message));
            }
            columns[weight].left_out = Some("the weight of a row".to_owned());
        }
        let mut dates = Dates::default();
        for date in &named.dates {
            let at = place(&columns, date.column, date.option)?;
            if columns[at].kind != ColumnKind::Date {
                let message = format!("`{}` does not hold dates", date.column);
                return Err(Error::new(ErrorKind::InvalidContext, date.option, message));
            }
            columns[at].left_out = Some(date.reason.to_owned());
            dates.0.push((date.option, columns[at].attribute.clone()));
        }
        for name in named.drop {
            let at = place(&columns, name, "drop")?;
            columns[at].left_out = Some("dropped".to_owned());
        }
        for (name, value) in named.missing {
            let at = place(&columns, name, "missing")?;
            columns[at].take_for_missing(value)?;
        }
        Ok((columns, Special { target, weight, dates }))
    }
}

/// Gives columns the names of the attributes that they are by a mapping.
fn rename(
    input: &str,
    columns: &mut [PastColumn],
    mapping: &Mapping,
    notes: &mut dyn Notes,
) -> Result<(), Error> {
    let mut renamed: Vec<Option<&str>> = vec![None; columns.len()];
    for (attribute, column) in mapping.attributes() {
        let Some(at) = columns.iter().position(|own| own.name.trim() == column.trim()) else {
            let names: Vec<&str> = columns.iter().map(|own| own.name.as_str()).collect();
            let message = format!(
                "the mapping reads {attribute} from a column `{column}` that the file does not have; its columns: {}",
                first_of(&names)
            );
            return Err(unreadable(input, message));
        };
        match renamed[at] {
            None => {
                renamed[at] = Some(attribute);
                attribute.clone_into(&mut columns[at].attribute);
            }
            Some(first) => notes.assumed(format!(
                "the mapping reads {first} and {attribute} from the column `{column}`; it is learned from as {first} alone"
            )),
        }
    }
    for at in 0..columns.len() {
        let name = columns[at].name.as_str();
        let other = renamed.iter().position(|attribute| *attribute == Some(name));
        if let (None, Some(other)) = (renamed[at], other) {
            let reason = format!("by the mapping `{}` is `{}`", columns[other].name, columns[at].name);
            columns[at].left_out.get_or_insert(reason);
        }
    }
    Ok(())
}

/// Says which values may mean missing, and which that were to mean it do not occur.
fn propose(columns: &[PastColumn], notes: &mut dyn Notes) {
    let mut unchosen: Vec<String> = Vec::new();
    for column in columns.iter().filter(|column| column.left_out.is_none()) {
        if !column.missing.is_empty() && column.missing_count == 0 {
            let values = column.missing.join("`, `");
            notes.assumed(format!(
                "column `{}`: no cell is `{values}`, which was to mean missing",
                column.name
            ));
        }
        if let Some(proposal) = column.sentinels.proposal(&column.name, column.row_count) {
            notes.assumed(proposal);
        }
        let levels = column.levels.values().map(|(text, count)| (text.as_str(), *count));
        if let Some(level) = sentinels::unchosen(levels, column.row_count) {
            unchosen.push(format!("--missing \"{}={level}\"", column.name));
        }
    }
    if !unchosen.is_empty() {
        notes.assumed(format!(
            "a level that may mean that nothing was chosen is learned from like others; if it means missing, learn again \
             with {}",
            unchosen.join(" ")
        ));
    }
}

/// The place of the column of a name.
fn place(columns: &[PastColumn], name: &str, option: &'static str) -> Result<usize, Error> {
    let wanted = name.trim();
    let exact = |name: fn(&PastColumn) -> &String| columns.iter().position(|column| name(column) == wanted);
    let found = exact(|column| &column.name).or_else(|| exact(|column| &column.attribute)).or_else(|| {
        // However it is written, where that is one column.
        let mut same = (0..columns.len()).filter(|at| columns[*at].name.eq_ignore_ascii_case(wanted));
        same.next().filter(|_| same.next().is_none())
    });
    found.ok_or_else(|| {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let more = match did_you_mean(wanted, names.iter().copied()) {
            hint if hint.is_empty() => format!("; its columns: {}", first_of(&names)),
            hint => hint,
        };
        let message = format!("the file has no column `{wanted}`{more}");
        Error::new(ErrorKind::InvalidContext, option, message)
    })
}
