//! When a lead is scored.

use super::{Timestamp, Zone};
use crate::Error;

/// The time a lead is scored as of, and the zone of its local hours.
///
/// No activity after `time` can matter; attributes are the caller's snapshot. Local hours, weekdays and times written
/// without an offset are interpreted in `zone`.
///
/// ```
/// use leadscore::{AsOf, Timestamp, Zone};
/// let berlin = Zone::named("Europe/Berlin")?;
/// let as_of = AsOf::parse("2026-11-22T09:30", &berlin)?;
/// assert_eq!(as_of, AsOf::new(Timestamp::parse("2026-11-22T08:30:00Z", &Zone::utc())?).in_zone(berlin));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AsOf {
    /// The time itself.
    pub time: Timestamp,
    /// The zone of local hours, weekdays and times without an offset.
    pub zone: Zone,
}

impl AsOf {
    /// A time, with local hours in UTC.
    pub fn new(time: Timestamp) -> AsOf {
        AsOf { time, zone: Zone::utc() }
    }

    /// The same time with local hours in another zone.
    #[must_use]
    pub fn in_zone(mut self, zone: Zone) -> AsOf {
        self.zone = zone;
        self
    }

    /// Reads a date or a date with a time, as [`Timestamp::parse`] does; the zone is kept for local hours.
    ///
    /// # Errors
    /// `invalid_time`.
    pub fn parse(text: &str, zone: &Zone) -> Result<AsOf, Error> {
        Ok(AsOf { time: Timestamp::parse(text, zone)?, zone: zone.clone() })
    }
}

impl From<Timestamp> for AsOf {
    fn from(time: Timestamp) -> AsOf {
        AsOf::new(time)
    }
}
