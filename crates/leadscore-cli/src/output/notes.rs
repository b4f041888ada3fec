//! What was assumed, missing or refused, on standard error and without drowning the reader.

use std::collections::BTreeMap;
use std::path::Path;

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
    /// By the feature's label, and its name.
    by_feature: BTreeMap<(String, String), Repeated>,
}

/// A warning, and how often its feature had one.
struct Repeated {
    count: u64,
    first_line: u64,
    first_problem: String,
}

impl ValueWarnings {
    pub(crate) fn add(&mut self, line: u64, warnings: &[leadscore::Warning]) {
        for warning in warnings {
            let key = warning.feature().map(|feature| (feature.label.clone(), feature.name.clone()));
            let first = || Repeated { count: 0, first_line: line, first_problem: warning.problem() };
            self.by_feature.entry(key.unwrap_or_default()).or_insert_with(first).count += 1;
        }
    }

    /// The warnings as sentences.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.by_feature
            .iter()
            .map(|((label, _), Repeated { count: times, first_line: line, first_problem: problem })| match times {
                1 => format!("{label}: line {line}: {problem}"),
                times => format!("{label}: {} leads, the first at line {line}: {problem}", count(*times)),
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
