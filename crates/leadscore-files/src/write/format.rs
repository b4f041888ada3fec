//! The format of an output file: what was asked for, and what the ending of its name says.

use std::path::Path;

use leadscore::error::Path as ErrorPath;
use leadscore::{Error, ErrorKind};
use serde::Deserialize;

/// How scored leads are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FileFormat {
    /// One line per lead: id, row, score, probability, tier, action, reasons.
    #[default]
    Csv,
    /// One JSON object per lead and line, with everything.
    Jsonl,
    /// A JSON list of the same.
    Json,
    /// One page for people, with the best leads.
    Html,
}

impl FileFormat {
    /// Every format with its name.
    pub const NAMED: [(&'static str, FileFormat); 4] = [
        ("csv", FileFormat::Csv),
        ("jsonl", FileFormat::Jsonl),
        ("json", FileFormat::Json),
        ("html", FileFormat::Html),
    ];

    /// Its name, as in `{"format": "csv"}`.
    pub fn name(self) -> &'static str {
        let own = FileFormat::NAMED.iter().find(|(_, format)| *format == self);
        own.map_or("", |(name, _)| name)
    }

    /// How its JSON records follow one another; `None` for what is no JSON.
    pub fn json_form(self) -> Option<JsonForm> {
        match self {
            FileFormat::Jsonl => Some(JsonForm::Lines),
            FileFormat::Json => Some(JsonForm::List),
            FileFormat::Csv | FileFormat::Html => None,
        }
    }
}

/// How JSON records follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonForm {
    /// One record to a line.
    Lines,
    /// The items of one list.
    List,
}

/// The endings of names that stand for a format.
const ENDINGS: [(&str, &str); 8] = [
    ("csv", "csv"),
    ("jsonl", "jsonl"),
    ("ndjson", "jsonl"),
    ("json", "json"),
    ("html", "html"),
    ("htm", "html"),
    ("txt", "table"),
    ("svg", "svg"),
];
/// Endings of formats that nothing here writes: whoever opened such a file would find something else in it.
const FOREIGN: [&str; 15] = [
    "tsv", "tab", "xlsx", "xls", "ods", "parquet", "arrow", "pdf", "docx", "xml", "yaml", "zip", "bz2", "xz",
    "zst",
];

/// The format to write: what is asked for by name, else what the file's ending says, packed (`.gz`) or not, else the
/// `unsaid` one. Without a file, and for devices and pipes, `standard` counts for what is not asked for.
///
/// # Errors
/// `invalid_context` with the option as the path where the ending and what is asked for contradict each other, where
/// the ending stands for something that is not written, and where neither says a format and `unsaid` is `None`.
pub fn settle_format<F: Copy>(
    asked: Option<&str>,
    (option, output): (&str, Option<&Path>),
    formats: &[(&'static str, F)],
    standard: F,
    unsaid: Option<F>,
) -> Result<F, Error> {
    let written = |name: &str| formats.iter().find(|(own, _)| *own == name).map(|(_, format)| *format);
    let asked_format = asked.and_then(written);
    let Some(path) = output.filter(|path| !is_special(path)) else {
        return Ok(asked_format.unwrap_or(standard));
    };
    let refuse = |message: String| {
        let message = format!("{}: {message}", path.display());
        Err(Error::new(ErrorKind::InvalidContext, ErrorPath::from_field(option), message))
    };
    let known = || what_is_written(option, formats);
    let ending = format_ending(path).unwrap_or_default();
    let found = ENDINGS.iter().find(|(own, _)| *own == ending).map(|(_, name)| *name);
    match (asked, found) {
        (Some(asked), Some(found)) if asked != found => refuse(format!(
            "the format {asked} is asked for, but the ending .{ending} stands for {found}; change one of the two"
        )),
        (_, Some(found)) => match written(found) {
            Some(format) => Ok(format),
            None => {
                refuse(format!("the ending .{ending} stands for {found}, which is not written; {}", known()))
            }
        },
        (_, None) if FOREIGN.contains(&ending.as_str()) => {
            refuse(format!("files with the ending .{ending} are not written; {}", known()))
        }
        (Some(_), None) => Ok(asked_format.unwrap_or(standard)),
        (None, None) => match unsaid {
            Some(format) => Ok(format),
            None if ending.is_empty() => refuse(format!("has no ending that says the format; {}", known())),
            None => refuse(format!("the ending .{ending} stands for no format; {}", known())),
        },
    }
}

/// Which endings a name may have, and how else a format is asked for.
fn what_is_written<F>(option: &str, formats: &[(&'static str, F)]) -> String {
    let of_format = |(name, _): &(&'static str, F)| {
        let own = ENDINGS.iter().filter(|(_, format)| format == name).map(|(ending, _)| format!(".{ending}"));
        let own: Vec<String> = own.collect();
        if own.first().is_some_and(|ending| ending[1..] == **name) {
            own.join(" or ")
        } else {
            format!("{} ({name})", own.join(" or "))
        }
    };
    let endings: Vec<String> = formats.iter().map(of_format).collect();
    let mut text = format!("endings: {}", endings.join(", "));
    // The one file of JSON that other commands read is not packed.
    if formats.len() > 1 {
        text += ", each also with .gz behind it";
        let names: Vec<&str> = formats.iter().map(|(name, _)| *name).collect();
        // On the command line options have dashes; in the libraries the format is an argument.
        let format = if option.starts_with("--") { "--format (-f)" } else { "`format`" };
        text += &format!("; or name the format with {format}: {}", names.join(", "));
    }
    text
}

/// The ending of a file's name that tells its format, in small letters: `csv` of `Leads.CSV` and of `leads.csv.gz`.
fn format_ending(path: &Path) -> Option<String> {
    let inner = if is_packed(path) { Path::new(path.file_stem()?) } else { path };
    Some(inner.extension()?.to_str()?.to_ascii_lowercase())
}

/// Whether what is written to a file of this name is packed with gzip.
pub(super) fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"))
}

/// Whether this is a device or a pipe, which is written as it is.
pub(super) fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMATS: [(&str, u8); 3] = [("table", 0), ("csv", 1), ("json", 2)];

    fn settle(asked: Option<&str>, path: &str) -> Result<u8, String> {
        let settled = settle_format(asked, ("--output", Some(Path::new(path))), &FORMATS, 0, None);
        settled.map_err(|error| error.to_string())
    }

    #[test]
    fn the_ending_decides_and_must_agree() {
        for (path, format) in [("a.csv", 1), ("b/A.CSV", 1), ("a.csv.gz", 1), ("x.y.json", 2), ("a.txt", 0)] {
            assert_eq!(settle(None, path), Ok(format), "{path}");
        }
        assert_eq!(settle(Some("csv"), "scores"), Ok(1));
        assert_eq!(settle(Some("csv"), "scores.gz"), Ok(1));
        assert_eq!(settle(Some("csv"), "scores.2026-11-22"), Ok(1));
        assert_eq!(settle_format(None, ("--output", None), &FORMATS, 0, None).ok(), Some(0));
        for (asked, path, why) in [
            (Some("table"), "a.csv", "the format table is asked for, but the ending .csv stands for csv"),
            (Some("csv"), "a.json.gz", "the ending .json stands for json"),
            (
                None,
                "a.html",
                "stands for html, which is not written; endings: .txt (table), .csv, .json, each also with .gz",
            ),
            (
                None,
                "odd.foo",
                "odd.foo: the ending .foo stands for no format; endings: .txt (table), .csv, .json",
            ),
            (None, "odd.foo", "or name the format with --format (-f): table, csv, json"),
            (None, "scores", "has no ending that says the format; endings: .txt (table), .csv, .json"),
            (None, ".csv", "has no ending that says the format"),
            (Some("csv"), "a.xlsx", "files with the ending .xlsx are not written"),
            (None, "a.tsv.gz", "files with the ending .tsv are not written"),
        ] {
            let said = settle(asked, path).unwrap_err();
            assert!(said.contains(why), "{path}: {said}");
        }
    }
}
