//! An event as one line of JSON: time, level, the event's fields, and where it comes from.

use std::fmt::{self, Debug, Write};

use jiff::Timestamp;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

/// Writes events as JSON. A request's line is on the way of every answer, so nothing is collected in between.
pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        write!(writer, r#"{{"timestamp":"{:.3}","level":"{}""#, Timestamp::now(), metadata.level())?;
        let mut fields = Fields { writer: &mut writer, outcome: Ok(()) };
        event.record(&mut fields);
        fields.outcome?;
        writer.write_str(r#","target":"#)?;
        write_text(&mut writer, metadata.target())?;
        writer.write_str("}\n")
    }
}

/// Appends each field with its name.
struct Fields<'a, 'w> {
    writer: &'a mut Writer<'w>,
    outcome: fmt::Result,
}

impl Fields<'_, '_> {
    fn append(&mut self, field: &Field, write: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let one = |writer: &mut Writer<'_>| {
            writer.write_char(',')?;
            write_text(writer, field.name())?;
            writer.write_char(':')?;
            write(writer)
        };
        if self.outcome.is_ok() {
            self.outcome = one(self.writer);
        }
    }
}

impl Visit for Fields<'_, '_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.append(field, |writer| {
            if value.is_finite() { write!(writer, "{value:?}") } else { writer.write_str("null") }
        });
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.append(field, |writer| write!(writer, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.append(field, |writer| write!(writer, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.append(field, |writer| write!(writer, "{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.append(field, |writer| write_text(writer, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.append(field, |writer| {
            writer.write_char('"')?;
            write!(Escaped(writer), "{value:?}")?;
            writer.write_char('"')
        });
    }
}

fn write_text(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    writer.write_char('"')?;
    Escaped(writer).write_str(text)?;
    writer.write_char('"')
}

/// What is written through it cannot end a JSON text, nor a line.
struct Escaped<'a, 'w>(&'a mut Writer<'w>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        let is_special = |character: char| matches!(character, '"' | '\\') || character.is_control();
        while let Some(at) = rest.find(is_special) {
            self.0.write_str(&rest[..at])?;
            let character = rest[at..].chars().next().expect("a character was found there");
            match character {
                '"' | '\\' => write!(self.0, "\\{character}")?,
                '\n' => self.0.write_str("\\n")?,
                _ => write!(self.0, "\\u{:04x}", u32::from(character))?,
            }
            rest = &rest[at + character.len_utf8()..];
        }
        self.0.write_str(rest)
    }
}
