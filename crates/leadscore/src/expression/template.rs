//! Texts for people, with the lead's own values in them.

use std::fmt::Write as _;
use std::sync::Arc;

use super::read::{Scope, SlotKind};
use super::{Choice, Slot};
use crate::Error;
use crate::json::Cursor;

/// A text with placeholders such as `{visits:visit|visits}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    pub(super) source: String,
    pieces: Vec<Piece>,
}

/// One template, or a choice of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Text {
    Always(Template),
    Choice(Box<Choice<Template>>),
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Literal(String),
    Value(Slot, Arc<SlotKind>, Format),
}

#[derive(Debug, Clone, PartialEq)]
enum Format {
    Plain,
    Percent,
    Money,
    Duration,
    Counted(String, String),
}

impl Text {
    /// The text for a row; empty where the category it hangs on is missing.
    pub(crate) fn render(&self, row: &[f64]) -> String {
        match self {
            Text::Always(template) => template.render(row),
            Text::Choice(choice) => choice.of(row).map(|template| template.render(row)).unwrap_or_default(),
        }
    }
}

impl Template {
    pub(super) fn read(cursor: &Cursor<'_>, source: &str, scope: &Scope) -> Result<Template, Error> {
        let mut pieces = Vec::new();
        let mut rest = source;
        while let Some(open) = rest.find('{') {
            let Some(close) = rest[open..].find('}').map(|at| open + at) else {
                return Err(cursor.error("a `{` in the text is never closed"));
            };
            push_literal(&mut pieces, &rest[..open], cursor)?;
            let inside = &rest[open + 1..close];
            let (name, format) = inside.split_once(':').map_or((inside, None), |(n, f)| (n, Some(f)));
            let format = match format {
                None => Format::Plain,
                Some("percent") => Format::Percent,
                Some("money") => Format::Money,
                Some("duration") => Format::Duration,
                Some(words) => match words.split_once('|') {
                    Some((one, many)) => Format::Counted(one.to_owned(), many.to_owned()),
                    None => {
                        return Err(cursor.error(format!(
                            "unknown format `{words}` in the text; known here: percent, money, duration, or one|many"
                        )));
                    }
                },
            };
            let (slot, kind) = scope.find(name, cursor)?;
            pieces.push(Piece::Value(slot, kind, format));
            rest = &rest[close + 1..];
        }
        push_literal(&mut pieces, rest, cursor)?;
        Ok(Template { source: source.to_owned(), pieces })
    }

    pub(super) fn render(&self, row: &[f64]) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Value(slot, kind, format) => out.push_str(&format.show(row[slot.index], kind)),
            }
        }
        out
    }
}

fn push_literal(pieces: &mut Vec<Piece>, text: &str, cursor: &Cursor<'_>) -> Result<(), Error> {
    if text.contains('}') {
        return Err(cursor.error("a `}` in the text was never opened"));
    }
    if !text.is_empty() {
        pieces.push(Piece::Literal(text.to_owned()));
    }
    Ok(())
}

impl Format {
    fn show(&self, value: f64, kind: &SlotKind) -> String {
        if !value.is_finite() {
            return "unknown".to_owned();
        }
        match (self, kind) {
            (_, SlotKind::Category { labels, .. }) => {
                labels.get(value as usize).cloned().unwrap_or_else(|| "unknown".to_owned())
            }
            (_, SlotKind::Flag) => if value == 0.0 { "no" } else { "yes" }.to_owned(),
            (Format::Plain, _) => plain(value),
            (Format::Percent, _) => percent(value),
            (Format::Money, _) => format!("${}", plain(value.round())),
            (Format::Duration, _) => duration(value),
            (Format::Counted(one, many), _) => {
                let number = plain(value);
                let word = if number == "1" { one } else { many };
                format!("{number} {word}")
            }
        }
    }
}

/// A number for people: up to two decimals, groups of three digits.
pub(crate) fn plain(value: f64) -> String {
    if value.abs() >= 1e15 {
        return format!("{value:e}");
    }
    let mut text = format!("{:.2}", value.abs());
    while text.ends_with('0') {
        text.pop();
    }
    let text = text.trim_end_matches('.');
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(w, f)| (w, Some(f)));
    let mut out = String::new();
    if value < 0.0 && text != "0" {
        out.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        let _ = write!(out, ".{fraction}");
    }
    out
}

/// A share between 0 and 1 as whole percent.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", plain((share * 100.0).round()))
}

/// Seconds as the unit a person would use.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{} s", plain(s.round())),
        s if s < 5_400.0 => format!("{} min", plain((s / 60.0).round())),
        s if s < 172_800.0 => format!("{} h", plain((s / 3_600.0).round())),
        s => format!("{} days", plain((s / 86_400.0).round())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(plain(1_234_567.0), "1,234,567");
        assert_eq!(plain(-0.5), "−0.5");
        assert_eq!(plain(-0.001), "0");
        assert_eq!(plain(2.999), "3");
        assert_eq!(percent(0.276), "28 %");
        assert_eq!(duration(45.0), "45 s");
        assert_eq!(duration(1_080.0), "18 min");
    }
}
