//! Checks the quoting of a record, and reads the quoting that RFC 4180 does not know.

use memchr::{memchr, memchr2, memchr3};

use super::MAX_COLUMNS;
use crate::fields::Fields;
use crate::line::line_end;

/// The content of a field, by its offsets in the record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
    escapes: Escapes,
}

/// How quotes inside a field's content are written.
#[derive(Debug, Clone, Copy)]
enum Escapes {
    None,
    Doubled,
    Backslash,
}

/// What a scan for one record found.
pub(super) enum QuotedScan {
    Complete(Quoted),
    /// A quote is open where the text ends.
    Unterminated,
    /// Text after a closing quote, at this offset.
    TextAfterQuote(usize),
}

/// A record whose quotes are balanced.
pub(super) struct Quoted {
    pub(super) end: usize,
    pub(super) next: usize,
    pub(super) field_count: usize,
    /// Whether its quoting follows RFC 4180, so that csv-core reads the same.
    pub(super) is_regular: bool,
}

/// Scans the record with quoted fields at the start of `text`; its fields go into `spans`.
pub(super) fn scan(
    text: &[u8],
    whole: bool,
    delimiter: u8,
    backslash: bool,
    spans: &mut Vec<Span>,
) -> QuotedScan {
    spans.clear();
    let (mut at, mut field_count, mut is_regular) = (0, 0, !backslash);
    loop {
        // Files put together leave a byte order mark at the start of a line.
        if at == 0 && text.starts_with(b"\xEF\xBB\xBF\"") {
            at = 3;
            is_regular = false;
        }
        let blanks = text[at..].iter().take_while(|byte| **byte == b' ' && delimiter != b' ').count();
        let mut end = at + blanks;
        if text.get(end) == Some(&b'"') {
            let start = end + 1;
            let Some((close, escapes)) = closing_quote(text, start, backslash) else {
                return QuotedScan::Unterminated;
            };
            if close + 1 == text.len() && !whole {
                return QuotedScan::Unterminated;
            }
            push(spans, start, close, escapes);
            end = close + 1;
            while text.get(end).is_some_and(|byte| matches!(byte, b' ' | b'\t') && *byte != delimiter) {
                end += 1;
            }
            is_regular &= blanks == 0 && end == close + 1;
            match text.get(end) {
                None if !whole => return QuotedScan::Unterminated,
                None => {}
                Some(byte) if *byte == delimiter || matches!(byte, b'\n' | b'\r') => {}
                Some(_) => return QuotedScan::TextAfterQuote(end),
            }
        } else {
            end = match memchr3(delimiter, b'\n', b'\r', &text[end..]) {
                Some(found) => end + found,
                None if whole => text.len(),
                None => return QuotedScan::Unterminated,
            };
            push(spans, at, end, Escapes::None);
        }
        field_count += 1;
        if text.get(end) == Some(&delimiter) {
            at = end + 1;
            continue;
        }
        let Some((_, next)) = line_end(&text[end..], whole) else { return QuotedScan::Unterminated };
        return QuotedScan::Complete(Quoted { end, next: end + next, field_count, is_regular });
    }
}

impl Span {
    /// Appends the field's content without its escapes.
    pub(super) fn unquote(self, text: &[u8], fields: &mut Fields) {
        let content = &text[self.start as usize..self.end as usize];
        match self.escapes {
            Escapes::None => fields.extend(content),
            Escapes::Doubled => undouble(content, fields),
            Escapes::Backslash => {
                // One escape after the other: `\"`, then `""`, then `\\`.
                let content = replace(content, *b"\\\"", b'"');
                let content = replace(&content, *b"\"\"", b'"');
                fields.extend(&replace(&content, *b"\\\\", b'\\'));
            }
        }
    }
}

fn undouble(content: &[u8], fields: &mut Fields) {
    let mut rest = content;
    while let Some(at) = memchr(b'"', rest) {
        fields.extend(&rest[..=at]);
        // The second quote of the pair.
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    fields.extend(rest);
}

fn replace(content: &[u8], pair: [u8; 2], with: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some(at) = memchr::memmem::find(rest, &pair) {
        out.extend_from_slice(&rest[..at]);
        out.push(with);
        rest = &rest[at + 2..];
    }
    out.extend_from_slice(rest);
    out
}

/// The offset of the quote that closes a field whose content starts at `from`.
fn closing_quote(text: &[u8], from: usize, backslash: bool) -> Option<(usize, Escapes)> {
    let (mut at, mut escapes) = (from, Escapes::None);
    loop {
        let found = if backslash { memchr2(b'"', b'\\', &text[at..]) } else { memchr(b'"', &text[at..]) };
        at += found?;
        if text[at] == b'\\' {
            escapes = Escapes::Backslash;
            at = (at + 2).min(text.len());
        } else if text.get(at + 1) == Some(&b'"') {
            escapes = if backslash { Escapes::Backslash } else { Escapes::Doubled };
            at += 2;
        } else {
            return Some((at, escapes));
        }
    }
}

fn push(spans: &mut Vec<Span>, start: usize, end: usize, escapes: Escapes) {
    if spans.len() <= MAX_COLUMNS {
        spans.push(Span { start: start as u32, end: end as u32, escapes });
    }
}
