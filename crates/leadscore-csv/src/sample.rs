//! Reads the first rows to settle the table's width and what its columns hold.

use std::io::Read;

use super::decode::Source;
use super::layout::{Layout, unquote};
use super::names::same_name;
use super::profile::Profile;
use super::record::{Splitter, Step};
use super::trim;
use crate::Error;

/// How many rows settle the kinds of the columns.
const SAMPLE_ROWS: usize = 10_000;
/// Reads the sample's rows: the table's width and what each column looks like.
pub(super) fn take<R: Read>(source: &mut Source<R>, layout: &Layout) -> Result<(usize, Vec<Profile>), Error> {
    let header = layout.header.as_deref().unwrap_or_default();
    let unnamed = header.iter().rev().take_while(|name| name.is_empty()).count();
    let narrow = (layout.width - unnamed).max(1);
    loop {
        // Columns at the end without name and value come from a delimiter at the end of each line.
        let mut best = sample(source, layout, narrow);
        if unnamed > 0 {
            let full = sample(source, layout, layout.width);
            if full.rows > best.rows {
                best = full;
            }
        }
        if best.records > 0 || source.eof() || !source.may_grow() {
            return Ok((best.profiles.len(), best.profiles));
        }
        source.fill()?;
    }
}

struct Sample {
    records: usize,
    rows: usize,
    profiles: Vec<Profile>,
}

fn sample<R: Read>(source: &Source<R>, layout: &Layout, width: usize) -> Sample {
    let (text, charset) = (source.pending(), source.charset());
    let mut splitter = Splitter::new(layout.delimiter, Some(width));
    let mut found = Sample { records: 0, rows: 0, profiles: vec![Profile::default(); width] };
    let (mut at, mut line, mut spans) = (layout.data, layout.data_line, Vec::new());
    while found.records < SAMPLE_ROWS {
        match splitter.next(&text[at..], source.eof(), line, &mut spans) {
            Step::NeedMore | Step::End => break,
            Step::Blank { next } => (at, line) = (at + next, line + 1),
            Step::Refused { next, lines, .. } => {
                found.records += 1;
                (at, line) = (at + next, line + lines);
            }
            Step::Record(record) => {
                found.records += 1;
                let cells: Vec<String> = spans[..spans.len().min(width)]
                    .iter()
                    .map(|span| {
                        let bytes = &text[at + span.start as usize..at + span.end as usize];
                        trim(&unquote(charset.decode(bytes).0, span.quoting)).replace('\0', "")
                    })
                    .collect();
                let repeated = layout.header.as_ref().is_some_and(|header| {
                    cells.len() == width
                        && cells.iter().zip(header).all(|(cell, name)| same_name(cell, name, width == 1))
                });
                if !repeated {
                    found.rows += 1;
                    found.profiles.iter_mut().zip(&cells).for_each(|(profile, cell)| profile.add(cell, line));
                }
                (at, line) = (at + record.next, line + record.lines);
            }
        }
    }
    found
}
