//! What was assumed, missing or refused, on standard error and without drowning the reader.

use std::collections::BTreeMap;
use std::path::Path;

use leadscore::Prediction;
use leadscore_csv::{CsvWriter, Warning};

use crate::failure::Failure;
use crate::input::{Rejection, note_line, remark};
use crate::output::Output;
use crate::terminal::count;

/// At most so many remarks of a kind are spelled out.
const SHOWN: usize = 8;

/// Warnings about values, counted by feature with the first as an example.
#[derive(Default)]
pub(crate) struct ValueWarnings {
    by_label: BTreeMap<String, (u64, u64, String)>,
}

impl ValueWarnings {
    pub(crate) fn add(&mut self, line: u64, prediction: &Prediction) {
        for warning in &prediction.warnings {
            let (label, rest) = warning.split_once(": ").unwrap_or((warning, ""));
            match self.by_label.get_mut(label) {
                Some((times, _, _)) => *times += 1,
                None => {
                    self.by_label.insert(label.to_owned(), (1, line, rest.to_owned()));
                }
            }
        }
    }

    /// The warnings as sentences.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.by_label
            .iter()
            .map(|(label, (times, line, rest))| match times {
                1 => format!("{label}: line {line}: {rest}"),
                times => format!("{label}: {} leads, the first at line {line}: {rest}", count(*times)),
            })
            .collect()
    }
}

/// Says what the reader and the features could not use.
pub(crate) fn tell(reader: &[Warning], values: &ValueWarnings) {
    let lines: Vec<String> = reader.iter().map(ToString::to_string).chain(values.lines()).collect();
    for line in lines.iter().take(SHOWN) {
        note_line(line);
    }
    if lines.len() > SHOWN {
        note_line(&format!(
            "… and {} more remarks; `leadscore inspect` lists what the reader met",
            lines.len() - SHOWN
        ));
    }
}

/// Counts and names rejected rows, and writes them where asked.
pub(crate) struct Rejects {
    pub(crate) count: u64,
    file: Option<CsvWriter<Output>>,
}

impl Rejects {
    pub(crate) fn new(path: Option<&Path>) -> Result<Rejects, Failure> {
        let mut file = path.map(|path| Output::new(Some(path)).map(CsvWriter::new)).transpose()?;
        if let Some(csv) = &mut file {
            for name in ["line", "reason", "raw"] {
                csv.text(name)?;
            }
            csv.end_row()?;
        }
        Ok(Rejects { count: 0, file })
    }

    pub(crate) fn add(&mut self, rejection: &Rejection) -> Result<(), Failure> {
        self.count += 1;
        if self.count <= SHOWN as u64 {
            remark(&format!("rejected: line {}: {}", rejection.line, rejection.reason));
        }
        if let Some(csv) = &mut self.file {
            csv.number(Some(rejection.line as f64))?;
            csv.text(&rejection.reason)?;
            csv.text(&rejection.raw)?;
            csv.end_row()?;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        let hidden = self.count.saturating_sub(SHOWN as u64);
        if hidden > 0 {
            let hint = if self.file.is_none() { "; --rejects FILE keeps them all" } else { "" };
            remark(&format!("rejected: … and {} more rows{hint}", count(hidden)));
        }
        if let Some(csv) = self.file {
            csv.finish()?.finish()?;
        }
        Ok(())
    }
}
