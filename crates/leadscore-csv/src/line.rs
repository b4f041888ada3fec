//! Physical lines of bytes: where they end, and which hold no record.

use memchr::memchr2;

/// The end of the first physical line and the start of the next; `None` if more text is needed to tell.
pub(crate) fn line_end(text: &[u8], eof: bool) -> Option<(usize, usize)> {
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
pub(crate) fn count_lines(text: &[u8]) -> u64 {
    let (mut rest, mut lines) = (text, 0);
    while !rest.is_empty() {
        let Some((_, next)) = line_end(rest, true) else { break };
        rest = &rest[next..];
        lines += 1;
    }
    lines
}

pub(crate) fn is_blank(line: &[u8], delimiter: u8) -> bool {
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

/// Whether a line separates rows without being one, as in a Markdown table: `|----|:---:|`.
pub(crate) fn is_separator_row(line: &[u8], delimiter: u8) -> bool {
    if line.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != delimiter) != Some(&b'-')
        && !line.starts_with(b"|:")
    {
        return false;
    }
    let mut has_dashes = false;
    line.split(|byte| *byte == delimiter).map(<[u8]>::trim_ascii).filter(|cell| !cell.is_empty()).all(
        |cell| {
            has_dashes |= cell.len() > 2;
            cell.len() > 2 && cell.iter().all(|byte| matches!(byte, b'-' | b':'))
        },
    ) && has_dashes
}
