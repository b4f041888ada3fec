//! JSON records one after the other: one to a line, or the items of one list.

use std::io::Write;

use leadscore::Error;
use serde::Serialize;

use super::OutputFile;
use super::format::JsonForm;

/// The separator of the items of a list.
pub(super) const SEPARATOR: &[u8] = b",\n";

/// Writes JSON records one after the other.
#[derive(Debug)]
pub struct JsonRows<'a> {
    out: OutputFile<'a>,
    form: JsonForm,
    is_empty: bool,
}

/// The last record of a result that says nothing of its leads.
#[derive(Serialize)]
struct Worthless<'a> {
    worthless: &'a [String],
}

impl<'a> JsonRows<'a> {
    /// Begins the records.
    ///
    /// # Errors
    /// `io`.
    pub fn new(mut out: OutputFile<'a>, form: JsonForm) -> Result<JsonRows<'a>, Error> {
        if form == JsonForm::List {
            out.write_all(b"[\n")?;
        }
        Ok(JsonRows { out, form, is_empty: true })
    }

    /// Writes one record.
    ///
    /// # Errors
    /// `io`.
    pub fn add(&mut self, record: &impl Serialize) -> Result<(), Error> {
        let mut rendered = Vec::new();
        render_record(&mut rendered, self.form, record);
        self.append(&rendered)
    }

    /// Writes records that [`render_record`] rendered.
    pub(crate) fn append(&mut self, rendered: &[u8]) -> Result<(), Error> {
        if rendered.is_empty() {
            return Ok(());
        }
        if self.form == JsonForm::List && !self.is_empty {
            self.out.write_all(SEPARATOR)?;
        }
        self.is_empty = false;
        Ok(self.out.write_all(rendered)?)
    }

    /// Whether they go to a file that takes its place in the end.
    pub(crate) fn is_file(&self) -> bool {
        self.out.is_file()
    }

    /// Completes the records: the last one is `{"worthless": […]}` where something makes the others worth nothing.
    ///
    /// # Errors
    /// `io`.
    pub fn finish(mut self, worthless: &[String]) -> Result<(), Error> {
        if !worthless.is_empty() {
            self.add(&Worthless { worthless })?;
        }
        if self.form == JsonForm::List {
            self.out.write_all(if self.is_empty { b"]\n" } else { b"\n]\n" })?;
        }
        self.out.finish()
    }
}

/// Appends one record to others that are rendered.
pub(crate) fn render_record(out: &mut Vec<u8>, form: JsonForm, record: &impl Serialize) {
    if form == JsonForm::List && !out.is_empty() {
        out.extend_from_slice(SEPARATOR);
    }
    serde_json::to_writer(&mut *out, record).expect("records have text keys and write to memory");
    if form == JsonForm::Lines {
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(form: JsonForm, records: &[u8], worthless: &[String]) -> String {
        let mut text = Vec::new();
        let mut rows = JsonRows::new(OutputFile::stream(&mut text), form).unwrap();
        let mut rendered = Vec::new();
        for record in records {
            render_record(&mut rendered, form, record);
            if *record == 2 {
                rows.append(&rendered).unwrap();
                rendered.clear();
            }
        }
        rows.append(&rendered).unwrap();
        rows.finish(worthless).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn records_are_lines_or_items() {
        let why = ["no".to_owned()];
        for (form, records, worthless, wanted) in [
            (JsonForm::Lines, &[1, 2, 3][..], &[][..], "1\n2\n3\n"),
            (JsonForm::List, &[1, 2, 3], &[], "[\n1,\n2,\n3\n]\n"),
            (JsonForm::Lines, &[], &[], ""),
            (JsonForm::List, &[], &[], "[\n]\n"),
            (JsonForm::List, &[1], &why, "[\n1,\n{\"worthless\":[\"no\"]}\n]\n"),
            (JsonForm::Lines, &[], &why, "{\"worthless\":[\"no\"]}\n"),
        ] {
            assert_eq!(written(form, records, worthless), wanted);
        }
    }
}
