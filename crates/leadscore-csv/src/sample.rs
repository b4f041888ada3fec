//! Reads the first rows, from which the table's width and the kinds of its columns are decided.

use std::borrow::Cow;
use std::io::Read;

use leadscore::Error;

use super::fields::Fields;
use super::footer::FooterFinder;
use super::layout::Layout;
use super::names::same_name;
use super::profile::Profile;
use super::record::{Cut, RecordCutter};
use super::source::TextSource;
use super::trim;

/// The rows from which the kinds of the columns are decided.
const SAMPLE_ROWS: usize = 10_000;

/// Reads the sample's rows: the table's width and what each column looks like.
pub(crate) fn take<R: Read>(
    source: &mut TextSource<R>,
    layout: &Layout,
) -> Result<(usize, Vec<Profile>), Error> {
    let header = layout.header.as_deref().unwrap_or_default();
    let unnamed = header.iter().rev().take_while(|name| name.is_empty()).count();
    let narrow = (layout.width - unnamed).max(1);
    loop {
        // Columns at the end without name and value come from a delimiter at the end of each line.
        let mut best = sample(source, layout, narrow);
        if unnamed > 0 {
            let full = sample(source, layout, layout.width);
            if full.row_count > best.row_count {
                best = full;
            }
        }
        if best.record_count > 0 || source.eof() || !source.may_grow() {
            return Ok((best.profiles.len(), best.profiles));
        }
        source.fill()?;
    }
}

struct Sample {
    record_count: usize,
    row_count: usize,
    profiles: Vec<Profile>,
}

fn sample<R: Read>(source: &TextSource<R>, layout: &Layout, width: usize) -> Sample {
    let (text, charset) = (source.pending(), source.charset());
    let mut cutter = RecordCutter::new(layout.delimiter, Some(width));
    let mut found = Sample { record_count: 0, row_count: 0, profiles: vec![Profile::default(); width] };
    let (mut at, mut line, mut fields) = (layout.data, layout.data_line, Fields::default());
    let (mut footer, mut is_apart) = (FooterFinder::new(layout.delimiter), false);
    while found.record_count < SAMPLE_ROWS {
        let rest = &text[at..];
        if source.eof() && FooterFinder::may_start(rest) && footer.starts(rest, charset, width, is_apart) {
            break;
        }
        match cutter.next(&text[at..], source.eof(), line, &mut fields) {
            Cut::NeedMore | Cut::End => break,
            Cut::BlankLine { next } => (at, line, is_apart) = (at + next, line + 1, true),
            Cut::Refused { next, line_count, .. } => {
                found.record_count += 1;
                is_apart = false;
                (at, line) = (at + next, line + line_count);
            }
            Cut::Record(record) => {
                found.record_count += 1;
                let cells: Vec<Cow<'_, str>> =
                    fields.iter().take(width).map(|field| clean(charset.decode(field).0)).collect();
                let repeated = layout.header.as_ref().is_some_and(|header| {
                    cells.len() == width
                        && cells.iter().zip(header).all(|(cell, name)| same_name(cell, name, width == 1))
                });
                // A row without any value says nothing of its columns.
                is_apart = cells.iter().all(|cell| cell.is_empty());
                if !repeated && !is_apart {
                    found.row_count += 1;
                    found.profiles.iter_mut().zip(&cells).for_each(|(profile, cell)| profile.add(cell, line));
                }
                (at, line) = (at + record.next, line + record.line_count);
            }
        }
    }
    found
}

/// A cell trimmed and without NUL characters.
fn clean(cell: Cow<'_, str>) -> Cow<'_, str> {
    match cell {
        Cow::Borrowed(text) if memchr::memchr(0, text.as_bytes()).is_none() => Cow::Borrowed(trim(text)),
        cell => Cow::Owned(trim(&cell).replace('\0', "")),
    }
}
