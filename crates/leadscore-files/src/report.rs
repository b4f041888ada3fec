//! What people read: a page for sales managers, and a picture of how one score adds up.

use std::fmt;

use leadscore::{ContributionKind, Prediction};

mod capacity;
pub mod evaluation;
pub mod html;
pub mod svg;
#[cfg(test)]
mod tests;

pub use capacity::{CapacityGroup, CapacityReport, CapacityTie};
use leadscore::capacity::Standing;

/// A ranked list of leads with what a reader needs to know about it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// The pipeline's name.
    pub title: String,
    /// The name of the file the leads came from.
    pub source: String,
    /// The as-of time.
    pub as_of: String,
    /// How many leads got a score; the list may hold fewer.
    pub scored_count: u64,
    /// How many rows could not be scored.
    pub rejected_count: u64,
    /// The tiers, the best first.
    pub tiers: Vec<TierCount>,
    /// Who is within the capacity, where one was given.
    pub capacity: Option<CapacityReport>,
    /// The leads, the best first; where a capacity was given and no number of leads, those that are within it.
    pub leads: Vec<RankedLead>,
    /// Warnings in plain words.
    pub notes: Vec<String>,
    /// Why the list is worth nothing, if it is, in plain words.
    pub worthless: Vec<String>,
}

/// A tier, and how many leads are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TierCount {
    /// The tier's name.
    pub name: String,
    /// What to do with its leads.
    pub action: String,
    /// How many leads are in it.
    pub lead_count: u64,
}

/// One lead of the list.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RankedLead {
    /// Its rank, from 1.
    pub rank: u64,
    /// Its row in the input, from 1.
    pub row: u64,
    /// What to call it: a name, a company or an id.
    pub name: String,
    /// Its score as it is shown: see [`TierScheme::shown_score`](leadscore::TierScheme::shown_score).
    pub score: String,
    /// What else is known of it.
    pub details: Vec<Detail>,
    /// Where it stands in its group, where a capacity was given.
    pub standing: Option<Standing>,
    /// The value of the column that the capacity is divided by, if it is and the lead has one.
    pub group: Option<String>,
    /// Its score and why.
    pub prediction: Prediction,
}

impl RankedLead {
    /// What is known of it under a label.
    pub(crate) fn detail(&self, label: &str) -> Option<&str> {
        let found = self.details.iter().find(|detail| detail.label == label);
        found.map(|detail| detail.value.trim()).filter(|value| !value.is_empty())
    }
}

/// The labels by which a page can be sorted.
pub(crate) const OWNER: &str = "Owner";
pub(crate) const LAST_ACTIVITY: &str = "Last activity";

/// One more thing that is known of a lead, such as the label `Company` and the value `Acme`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detail {
    /// What it is.
    pub label: String,
    /// What is known.
    pub value: String,
}

/// A text that cannot break out of HTML or XML, between tags or in a quoted attribute.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' | '\r' => f.write_char(' ')?,
                // Not allowed in XML; and no text may turn the reading direction of what follows it.
                c if c.is_control() => f.write_char('\u{fffd}')?,
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => {}
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A number of tenths as `3.0`; with a sign as `+3.0` and `−3.0`.
#[derive(Clone, Copy)]
pub(crate) struct Tenths {
    value: i64,
    signed: bool,
}

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.value.signum() {
            -1 => "−",
            1 if self.signed => "+",
            _ => "",
        };
        let size = self.value.unsigned_abs();
        write!(f, "{sign}{}.{}", size / 10, size % 10)
    }
}

/// To the nearest tenth, with its sign only where it is below 0.
pub(crate) fn plain(value: f64) -> Tenths {
    Tenths { value: tenths(value), signed: false }
}

/// To the nearest tenth, with its sign.
pub(crate) fn signed(value: f64) -> Tenths {
    Tenths { value: tenths(value), signed: true }
}

fn tenths(value: f64) -> i64 {
    (value * 10.0).round() as i64
}

/// Points nearer to 0 than this come from floating-point arithmetic, not from a rule.
const NOISE: f64 = 1e-9;

/// How a score adds up, in whole tenths of a point, so that the numbers shown add up too.
pub(crate) struct Ledger {
    pub(crate) baseline: f64,
    pub(crate) lines: Vec<Line>,
    pub(crate) score: f64,
}

/// One line of the sum.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// The heading it stands under, if any.
    pub(crate) group: Option<String>,
    pub(crate) text: String,
    pub(crate) points: f64,
    pub(crate) is_limit: bool,
}

impl Ledger {
    /// The sum behind a prediction whose score is shown like this; none where it came without reasons.
    pub(crate) fn new(prediction: &Prediction, shown_score: &str) -> Option<Ledger> {
        let explanation = &prediction.explanation;
        let baseline = explanation.baseline?;
        let group = |code: &str| {
            let label = prediction.breakdown.iter().find(|g| g.group == code).map_or(code, |g| &*g.label);
            capital(&label.replace('_', " "))
        };
        let mut lines: Vec<Line> = explanation
            .contributions
            .iter()
            .map(|c| Line {
                group: c.group.as_deref().map(group),
                text: capital(&c.text),
                points: c.points,
                is_limit: c.kind == ContributionKind::Limit,
            })
            .collect();
        lines.retain(|line| line.points.abs() > NOISE);
        // The numbers shown are to add up, so it is the shown score that counts.
        Some(Ledger { baseline, lines, score: shown_score.parse().unwrap_or(prediction.score) })
    }

    /// What the shown numbers leave over, each being rounded for itself.
    pub(crate) fn left_over(&self) -> Option<Tenths> {
        let shown = self.lines.iter().fold(tenths(self.baseline), |sum, line| sum + tenths(line.points));
        let value = tenths(self.score) - shown;
        (value != 0).then_some(Tenths { value, signed: true })
    }
}

/// Whether two sentences have the same words.
pub fn says_the_same(one: &str, other: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    words(one) == words(other)
}

/// With a capital first letter.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// At most as wide as `most` letters, with … where something was cut.
pub(crate) fn cut(text: &str, most: usize) -> String {
    // From Hangul on, most letters take the room of two.
    let width = |c: char| if c < '\u{1100}' || ('\u{1e00}'..'\u{2e80}').contains(&c) { 1 } else { 2 };
    if text.chars().map(width).sum::<usize>() <= most {
        return text.to_owned();
    }
    let mut room = most.saturating_sub(1);
    let fits = |c: &char| {
        let fits = width(*c) <= room;
        room = room.saturating_sub(width(*c));
        fits
    };
    let short: String = text.chars().take_while(fits).collect();
    format!("{}…", short.trim_end())
}
