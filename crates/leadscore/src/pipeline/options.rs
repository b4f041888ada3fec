//! How leads are scored: when, by which policy, and how much is said.

use crate::feature::Mode;
use crate::{AsOf, Timestamp, Zone};

/// The policy of a scoring, and how much of its result is filled.
///
/// ```
/// use leadscore::ScoreOptions;
/// let options = ScoreOptions::new().strict().reasons(3);
/// assert_eq!(options.reasons, 3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScoreOptions {
    /// What to do with missing and unusable values.
    pub mode: Mode,
    /// The most top reasons to name.
    pub reasons: usize,
}

impl ScoreOptions {
    /// Lenient, with up to five reasons.
    pub fn new() -> ScoreOptions {
        ScoreOptions { mode: Mode::Lenient, reasons: 5 }
    }

    /// With another policy for missing and unusable values.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> ScoreOptions {
        self.mode = mode;
        self
    }

    /// Refusing leads whose required features are missing or whose values cannot be used.
    #[must_use]
    pub fn strict(self) -> ScoreOptions {
        self.mode(Mode::Strict)
    }

    /// With at most so many top reasons.
    #[must_use]
    pub fn reasons(mut self, most: usize) -> ScoreOptions {
        self.reasons = most;
        self
    }
}

impl Default for ScoreOptions {
    fn default() -> ScoreOptions {
        ScoreOptions::new()
    }
}

/// When several leads are scored as of: all at one time, or each at its own.
///
/// ```
/// use leadscore::{AsOf, Lead, Pipeline, ScoreOptions, Timestamp, When, Zone};
/// let (pipeline, utc) = (Pipeline::builtin("conversion")?, Zone::utc());
/// let leads = [Lead::new("a"), Lead::new("b")];
/// let times = [Timestamp::parse("2026-10-01", &utc)?, Timestamp::parse("2026-11-01", &utc)?];
/// let options = ScoreOptions::new();
/// let together = pipeline.score_many(&leads, &AsOf::new(times[0]), &options);
/// let apart = pipeline.score_many(&leads, When::each(&times, &utc), &options);
/// assert_eq!(together[0], apart[0]);
/// assert_eq!(apart[1].as_ref().unwrap().provenance.as_of, times[1]);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum When<'a> {
    /// All leads as of one time.
    All(&'a AsOf),
    /// Every lead as of a time of its own, in the order of the leads.
    #[non_exhaustive]
    Each {
        /// One time for each lead.
        times: &'a [Timestamp],
        /// The zone of local hours.
        zone: &'a Zone,
    },
}

impl<'a> When<'a> {
    /// Every lead as of a time of its own.
    pub fn each(times: &'a [Timestamp], zone: &'a Zone) -> When<'a> {
        When::Each { times, zone }
    }

    /// The zone of local hours.
    pub fn zone(&self) -> &'a Zone {
        match *self {
            When::All(as_of) => &as_of.zone,
            When::Each { zone, .. } => zone,
        }
    }

    /// The time of the lead at a position, where there is one.
    pub(super) fn time(&self, index: usize) -> Option<Timestamp> {
        match self {
            When::All(as_of) => Some(as_of.time),
            When::Each { times, .. } => times.get(index).copied(),
        }
    }

    /// When some leads of the list are scored as of.
    #[cfg(feature = "parallel")]
    pub(crate) fn slice(&self, leads: std::ops::Range<usize>) -> When<'a> {
        match *self {
            When::All(as_of) => When::All(as_of),
            When::Each { times, zone } => When::Each { times: &times[leads], zone },
        }
    }

    /// How many leads it is for, where it is not for any number of them.
    pub(super) fn lead_count(&self) -> Option<usize> {
        match self {
            When::All(_) => None,
            When::Each { times, .. } => Some(times.len()),
        }
    }
}

impl<'a> From<&'a AsOf> for When<'a> {
    fn from(as_of: &'a AsOf) -> When<'a> {
        When::All(as_of)
    }
}
