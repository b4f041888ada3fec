//! Texts for people, with the lead's own values in them.

use std::sync::Arc;

use super::format::{push_counted, push_duration, push_money, push_number_of, push_percent};
use super::scope::{ColumnKind, KnownColumn, Scope};
use super::{Choice, ColumnRef};
use crate::Error;
use crate::json::Cursor;

/// A text with placeholders such as `{visits:visit|visits}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    pub(super) source: Arc<str>,
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
    Value(Placeholder),
}

#[derive(Debug, Clone, PartialEq)]
struct Placeholder {
    column: ColumnRef,
    kind: Arc<ColumnKind>,
    format: Format,
}

#[derive(Debug, Clone, PartialEq)]
enum Format {
    Number,
    Percent,
    Money,
    Duration,
    Counted { one: String, many: String },
}

impl Text {
    /// The template for a row; none where the category it is chosen by is missing.
    pub(crate) fn select(&self, row: &[f64]) -> Option<&Template> {
        match self {
            Text::Always(template) => Some(template),
            Text::Choice(choice) => choice.select(row),
        }
    }

    /// The text for a row; empty where the category it is chosen by is missing.
    pub(crate) fn render(&self, row: &[f64]) -> String {
        let mut text = String::new();
        if let Some(template) = self.select(row) {
            template.render_into(row, &mut text);
        }
        text
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
                None => Format::Number,
                Some("percent") => Format::Percent,
                Some("money") => Format::Money,
                Some("duration") => Format::Duration,
                Some(words) => match words.split_once('|') {
                    Some((one, many)) => Format::Counted { one: one.to_owned(), many: many.to_owned() },
                    None => {
                        return Err(cursor.error(format!(
                            "unknown format `{words}` in the text; known here: percent, money, duration, or one|many"
                        )));
                    }
                },
            };
            let KnownColumn { column, kind } = scope.find(name, cursor)?;
            pieces.push(Piece::Value(Placeholder { column, kind, format }));
            rest = &rest[close + 1..];
        }
        push_literal(&mut pieces, rest, cursor)?;
        Ok(Template { source: source.into(), pieces })
    }

    /// The whole text, where no value of the lead is in it.
    pub(crate) fn literal(&self) -> Option<&Arc<str>> {
        let has_values = self.pieces.iter().any(|piece| matches!(piece, Piece::Value(_)));
        (!has_values).then_some(&self.source)
    }

    /// Appends the text for a row.
    pub(crate) fn render_into(&self, row: &[f64], out: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Value(placeholder) => placeholder.render_into(row[placeholder.column.index], out),
            }
        }
    }
}

impl Placeholder {
    fn render_into(&self, value: f64, out: &mut String) {
        if !value.is_finite() {
            return out.push_str("unknown");
        }
        match (&*self.kind, &self.format) {
            (ColumnKind::Category { labels, .. }, _) => {
                out.push_str(labels.get(value as usize).map_or("unknown", String::as_str));
            }
            (ColumnKind::Flag, _) => out.push_str(if value == 0.0 { "no" } else { "yes" }),
            (ColumnKind::Number, Format::Number) => push_number_of(out, &self.column.name, value),
            (ColumnKind::Number, Format::Percent) => push_percent(out, value),
            (ColumnKind::Number, Format::Money) => push_money(out, value),
            (ColumnKind::Number, Format::Duration) => push_duration(out, value),
            (ColumnKind::Number, Format::Counted { one, many }) => push_counted(out, value, one, many),
        }
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
