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

impl AsOf {
    /// The local time to the minute, with the name of the zone.
    ///
    /// ```
    /// use leadscore::{AsOf, Zone};
    /// let as_of = AsOf::parse("2026-11-22T09:30:59Z", &Zone::named("Europe/Berlin")?)?;
    /// assert_eq!(as_of.to_local_minute(), "2026-11-22 10:30 Europe/Berlin");
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn to_local_minute(&self) -> String {
        let text = match jiff::Timestamp::from_millisecond(self.time.as_millis()) {
            Ok(time) => self.zone.0.to_datetime(time).to_string(),
            Err(_) => return self.time.to_string(),
        };
        format!("{} {}", text.get(..16).unwrap_or(&text).replace('T', " "), self.zone.name())
    }
}

impl From<Timestamp> for AsOf {
    fn from(time: Timestamp) -> AsOf {
        AsOf::new(time)
    }
}
