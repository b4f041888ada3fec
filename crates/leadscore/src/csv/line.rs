//! Physical lines: where they end, and which are no rows.

use memchr::memchr2;

use super::record::Span;

/// Why a line of totals is refused.
pub(super) const TOTAL: &str =
    "a line of totals, not a row: it starts with a word for it and at least half of its cells are empty";
/// Why a drawn line is refused.
pub(super) const RULE: &str = "a drawn line between rows, not a row";

/// The end of the first physical line and the start of the next; `None` if more text is needed to tell.
pub(super) fn line_end(text: &[u8], eof: bool) -> Option<(usize, usize)> {
    let Some(end) = memchr2(b'\n', b'\r', text) else { return eof.then_some((text.len(), text.len())) };
    if text[end] == b'\n' {
        return Some((end, end + 1));
    }
    match text[end + 1..] {
        [b'\n', ..] => Some((end, end + 2)),
        // A line end converted twice is one line end.
        [b'\r', b'\n', ..] => Some((end, end + 3)),
        [] | [b'\r'] if !eof => None,
        _ => Some((end, end + 1)),
    }
}

/// The physical lines of a record, its last line end included or not.
pub(super) fn count_lines(text: &[u8]) -> u64 {
    let (mut rest, mut lines) = (text, 0);
    while !rest.is_empty() {
        let Some((_, next)) = line_end(rest, true) else { break };
        rest = &rest[next..];
        lines += 1;
    }
    lines
}

pub(super) fn is_blank(line: &[u8], delimiter: u8) -> bool {
    let mut line = line;
    // A byte order mark or no-break space alone is a blank line too.
    loop {
        line = match line {
            [] => return true,
            [b' ' | b'\t' | 0 | 0x0B | 0x0C | 0x1A, rest @ ..] if line[0] != delimiter => rest,
            [0xEF, 0xBB, 0xBF, rest @ ..] | [0xC2, 0xA0, rest @ ..] => rest,
            _ => return false,
        };
    }
}

/// Whether a line is drawn rather than written: `|----|:---:|`.
pub(super) fn is_rule(line: &[u8], delimiter: u8) -> bool {
    if line.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != delimiter) != Some(&b'-')
        && !line.starts_with(b"|:")
    {
        return false;
    }
    let mut drawn = false;
    line.split(|byte| *byte == delimiter).map(<[u8]>::trim_ascii).filter(|cell| !cell.is_empty()).all(
        |cell| {
            drawn |= cell.len() > 2;
            cell.len() > 2 && cell.iter().all(|byte| matches!(byte, b'-' | b':'))
        },
    ) && drawn
}

/// Whether a record is the sum below a table, such as `Total,,,12`.
pub(super) fn is_total(line: &[u8], spans: &[Span]) -> bool {
    const WORDS: [&[u8]; 18] = [
        b"total",
        b"totals",
        b"grand total",
        b"grand totals",
        b"subtotal",
        b"sum",
        b"summe",
        b"gesamt",
        b"gesamtsumme",
        b"zwischensumme",
        b"total general",
        b"total geral",
        b"total g\xC3\xA9n\xC3\xA9ral",
        b"somme",
        b"totale",
        b"suma",
        b"razem",
        "\u{5408}\u{8A08}".as_bytes(),
    ];
    let Some((first, rest)) = spans.split_first() else { return false };
    let cell = |span: &Span| line[span.start as usize..span.end as usize].trim_ascii();
    let word = cell(first);
    let word = word.strip_suffix(b":").unwrap_or(word);
    rest.len() > 1
        && WORDS.iter().any(|total| total.eq_ignore_ascii_case(word))
        && rest.iter().filter(|span| cell(span).is_empty()).count() * 2 >= rest.len()
}
