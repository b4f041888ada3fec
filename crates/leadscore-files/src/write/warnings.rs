//! Warnings of the reader and of the features, without drowning the caller.

use std::collections::BTreeMap;

use leadscore::Warning as ValueWarning;
use leadscore::feature::MissingCause;
use leadscore_csv::Warning;

use super::MAX_REMARKS;
use crate::Notes;
use crate::read::is_most;
use crate::wording::count;

/// Warnings about values, counted by feature with the first as an example.
#[derive(Debug, Default)]
pub struct ValueWarnings {
    by_label: BTreeMap<String, Repeated>,
    lead_count: u64,
}

/// A warning that was met some times.
#[derive(Debug)]
struct Repeated {
    count: u64,
    /// The leads whose value could not be used, and the line of the last of them.
    unusable_count: u64,
    unusable_line: u64,
    first_line: u64,
    first_text: String,
}

impl ValueWarnings {
    /// Takes the warnings of the lead on a line.
    pub fn add(&mut self, line: u64, warnings: &[ValueWarning]) {
        self.lead_count += 1;
        for warning in warnings {
            // Ranks are told when all leads are scored.
            if matches!(warning, ValueWarning::NoRank | ValueWarning::EqualScores) {
                continue;
            }
            let label = warning.feature().map_or("", |feature| feature.label.as_str());
            // A stated count that the log outweighs is read, and two features may speak of one value.
            let is_read = warning.feature().is_some_and(|feature| feature.cause == MissingCause::Outweighed);
            self.count(label, line, is_read, || warning.problem());
        }
    }

    /// Takes a cell of a row's column that is none of the levels a model knows, and so is missing.
    pub fn add_unseen(&mut self, line: u64, column: &str, cell: &str) {
        self.count(column, line, false, || format!("`{cell}` is not a known level; taken as missing"));
    }

    fn count(&mut self, label: &str, line: u64, is_read: bool, problem: impl FnOnce() -> String) {
        if !self.by_label.contains_key(label) {
            let first_text = problem();
            let repeated =
                Repeated { count: 0, unusable_count: 0, unusable_line: 0, first_line: line, first_text };
            self.by_label.insert(label.to_owned(), repeated);
        }
        let Some(repeated) = self.by_label.get_mut(label) else { return };
        repeated.count += 1;
        if !is_read && repeated.unusable_line != line {
            repeated.unusable_count += 1;
            repeated.unusable_line = line;
        }
    }

    /// The features whose values could not be used in most of the leads that were taken, as sentences.
    pub fn unusable(&self) -> Vec<String> {
        self.unusable_in_most(self.lead_count)
    }

    /// The features whose values could not be used in most of so many leads, as sentences.
    pub fn unusable_in_most(&self, leads: u64) -> Vec<String> {
        let most = self.by_label.iter().filter(|(_, repeated)| is_most(repeated.unusable_count, leads));
        let sentence = |(label, repeated): (&String, &Repeated)| {
            let Repeated { unusable_count: times, first_line, first_text, .. } = repeated;
            format!(
                "{label} could not be used in {} of {} leads, the first on line {first_line}: {first_text}",
                count(*times),
                count(leads)
            )
        };
        most.map(sentence).collect()
    }

    /// The warnings as sentences.
    pub fn sentences(&self) -> Vec<String> {
        let sentence = |(label, repeated): (&String, &Repeated)| {
            let Repeated { count: times, first_line, first_text, .. } = repeated;
            match times {
                1 => format!("{label}: line {first_line}: {first_text}"),
                _ => {
                    format!("{label}: {} leads, the first at line {first_line}: {first_text}", count(*times))
                }
            }
        };
        self.by_label.iter().map(sentence).collect()
    }
}

/// Notes what the reader and the features could not use, the first few in full.
pub fn note_warnings(reader: &[Warning], values: &ValueWarnings, notes: &mut dyn Notes) {
    let lines: Vec<String> = reader.iter().map(ToString::to_string).chain(values.sentences()).collect();
    for line in lines.iter().take(MAX_REMARKS) {
        notes.assumed(line);
    }
    if lines.len() > MAX_REMARKS {
        notes.assumed(format!(
            "… and {} more remarks; `leadscore inspect` lists what the reader met",
            lines.len() - MAX_REMARKS
        ));
    }
}
