//! Moments and time zones, both arguments: the core never reads a clock.

mod as_of;

use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use as_of::AsOf;

use crate::Error;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

pub(crate) const MILLIS_PER_HOUR: i64 = 3_600_000;
pub(crate) const MILLIS_PER_DAY: i64 = 24 * MILLIS_PER_HOUR;

impl Timestamp {
    /// A moment from milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// `invalid_time` outside the years −9999 to 9999.
    pub fn from_millis(millis: i64) -> Result<Timestamp, Error> {
        jiff::Timestamp::from_millisecond(millis)
            .map(|_| Timestamp(millis))
            .map_err(|_| invalid(format!("{millis} ms lies outside the years -9999 to 9999")))
    }

    /// Milliseconds since the Unix epoch.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads a date or a date with a time; one without an offset is meant in `zone`.
    ///
    /// Accepts `2026-11-22`, `2026-11-22T09:30:00`, `2026-11-22 09:30`, and both with `Z` or `+02:00`. A bare date
    /// is its first moment. Fractions of a millisecond are cut.
    ///
    /// # Errors
    /// `invalid_time` for anything else.
    ///
    /// ```
    /// use leadscore::{Timestamp, Zone};
    /// let zone = Zone::named("Europe/Berlin")?;
    /// assert_eq!(Timestamp::parse("2026-11-22T00:00", &zone)?, Timestamp::parse("2026-11-21T23:00:00Z", &zone)?);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn parse(text: &str, zone: &Zone) -> Result<Timestamp, Error> {
        let text = text.trim();
        let refuse = || invalid(format!("`{}` is not a time; write it as 2026-11-22T09:30:00Z", clip(text)));
        // Four digits, a dash: an ISO date. jiff alone would also take basic forms such as 20261122.
        let bytes = text.as_bytes();
        if bytes.len() < 10
            || bytes.len() > 64
            || bytes[4] != b'-'
            || !bytes[..4].iter().all(u8::is_ascii_digit)
        {
            return Err(refuse());
        }
        if let Ok(moment) = text.parse::<jiff::Timestamp>() {
            return Ok(Timestamp(moment.as_millisecond()));
        }
        let civil: DateTime = match text.parse::<DateTime>() {
            Ok(civil) => civil,
            Err(_) => text.parse::<Date>().map_err(|_| refuse())?.to_datetime(jiff::civil::Time::midnight()),
        };
        // A text with an offset that did not parse above must not lose it here.
        if text.len() > 10 && (text.ends_with(['Z', 'z']) || text[10..].contains(['+', '-', '['])) {
            return Err(refuse());
        }
        let moment = zone.0.to_timestamp(civil).map_err(|_| refuse())?;
        Ok(Timestamp(moment.as_millisecond()))
    }

    /// The moment `days` later; ends at the years −9999 and 9999.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Timestamp {
        let (first, last) = (jiff::Timestamp::MIN.as_millisecond(), jiff::Timestamp::MAX.as_millisecond());
        let moment = self.0.saturating_add(days.saturating_mul(MILLIS_PER_DAY));
        Timestamp(moment.clamp(first, last))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC: `2026-11-22T09:30:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    /// What [`Timestamp::parse`] reads; without an offset it is meant in UTC.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Timestamp::parse(&text, &Zone::utc()).map_err(serde::de::Error::custom)
    }
}

/// A time zone from the bundled tz database; the system's zone files are never read.
#[derive(Clone, PartialEq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated universal time, the default.
    pub fn utc() -> Zone {
        Zone(TimeZone::UTC)
    }

    /// A zone by its IANA name, such as `Europe/Berlin`.
    ///
    /// # Errors
    /// `invalid_time` for a name the database does not have.
    pub fn named(name: &str) -> Result<Zone, Error> {
        if name.eq_ignore_ascii_case("utc") {
            return Ok(Zone::utc());
        }
        let database = jiff::tz::TimeZoneDatabase::bundled();
        let refuse = |_| invalid(format!("`{}` is not an IANA time zone such as Europe/Berlin", clip(name)));
        database.get(name).map(Zone).map_err(refuse)
    }

    /// The zone's IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The local hour 0–23 and weekday 1–7 (Monday is 1) at a moment.
    pub(crate) fn hour_and_weekday(&self, at: Timestamp) -> (u8, u8) {
        let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
        let local = self.0.to_datetime(moment);
        (local.hour() as u8, local.weekday().to_monday_one_offset() as u8)
    }
}

impl Default for Zone {
    fn default() -> Self {
        Zone::utc()
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

fn invalid(message: String) -> Error {
    Error::InvalidTime { path: String::new(), message }
}

/// The start of a text, for messages.
pub(crate) fn clip(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates_times_and_offsets() {
        let utc = Zone::utc();
        let day = Timestamp::parse("2026-11-22", &utc).unwrap();
        assert_eq!(day.to_string(), "2026-11-22T00:00:00Z");
        assert_eq!(Timestamp::parse("2026-11-22T02:00:00+02:00", &utc).unwrap(), day);
        assert_eq!(Timestamp::parse("2026-11-22 00:00", &utc).unwrap(), day);
        for bad in
            ["", "yesterday", "20261122", "2026-13-01", "22.11.2026", "2026-11-22T25:00:00Z", "1763769600"]
        {
            assert_eq!(Timestamp::parse(bad, &utc).unwrap_err().code(), "invalid_time", "{bad}");
        }
    }

    #[test]
    fn zones_come_from_the_bundled_database() {
        let tokyo = Zone::named("Asia/Tokyo").unwrap();
        let at = Timestamp::parse("2026-11-22T20:00:00Z", &tokyo).unwrap();
        assert_eq!(tokyo.hour_and_weekday(at), (5, 1));
        assert!(Zone::named("Mars/Olympus").is_err());
    }
}
