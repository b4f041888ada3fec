//! Timestamps and time zones, both arguments: the core never reads a clock.

mod as_of;

use std::fmt;

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use as_of::AsOf;

use crate::{Error, ErrorKind};

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

pub(crate) const MILLIS_PER_HOUR: i64 = 3_600_000;
pub(crate) const MILLIS_PER_DAY: i64 = 24 * MILLIS_PER_HOUR;

/// The date that databases write where something has no end.
pub(crate) const NO_END: &str = "9999-12-31";

impl Timestamp {
    /// A timestamp from milliseconds since the Unix epoch.
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

    /// Reads a date or a date with a time; one without an offset is interpreted in `zone`.
    ///
    /// Accepts `2026-11-22`, `2026-11-22T09:30:00`, `2026-11-22 09:30`, and both with `Z` or `+02:00`. A bare date
    /// is its start. Fractions of a millisecond are truncated.
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
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Ok(floor_to_millisecond(time));
        }
        let civil: jiff::civil::DateTime = match text.parse::<jiff::civil::DateTime>() {
            Ok(civil) => civil,
            Err(_) => text.parse::<Date>().map_err(|_| refuse())?.to_datetime(jiff::civil::Time::midnight()),
        };
        // A text with an offset that did not parse above must not lose it here.
        if text.len() > 10 && (text.ends_with(['Z', 'z']) || text[10..].contains(['+', '-', '['])) {
            return Err(refuse());
        }
        let time = zone.0.to_timestamp(civil).map_err(|_| refuse())?;
        Ok(floor_to_millisecond(time))
    }

    /// The timestamp `days` later, limited to the years −9999 and 9999.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Timestamp {
        let (first, last) = (jiff::Timestamp::MIN.as_millisecond(), jiff::Timestamp::MAX.as_millisecond());
        let time = self.0.saturating_add(days.saturating_mul(MILLIS_PER_DAY));
        Timestamp(time.clamp(first, last))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC: `2026-11-22T09:30:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time}"),
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
    /// What [`Timestamp::parse`] reads; without an offset it is interpreted in UTC.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Timestamp::parse(&text, &Zone::utc()).map_err(serde::de::Error::custom)
    }
}

/// A date, or a date with a time of day, as it was written: with or without an offset from UTC.
///
/// It is what a table or a form has before a time zone is known.
///
/// ```
/// use leadscore::{DateTime, Timestamp, Zone};
/// let day = DateTime::from_date(2026, 11, 22)?;
/// assert_eq!(day.to_string(), "2026-11-22");
/// let time = day.at(9, 30, 0, 0)?.with_offset_minutes(120)?;
/// assert_eq!(time.to_string(), "2026-11-22T09:30:00+02:00");
/// assert_eq!(time.to_timestamp(&Zone::utc())?, Timestamp::parse("2026-11-22T07:30:00Z", &Zone::utc())?);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTime {
    year: i16,
    month: u8,
    day: u8,
    /// Hour, minute, second, millisecond; absent for a date alone.
    time: Option<(u8, u8, u8, u16)>,
    offset_minutes: Option<i16>,
}

impl DateTime {
    /// A date of the Gregorian calendar.
    ///
    /// # Errors
    /// `invalid_time` for a day that does not exist, or years outside 0 to 9999.
    pub fn from_date(year: i16, month: u8, day: u8) -> Result<DateTime, Error> {
        let exists = (0..=9999).contains(&year)
            && i8::try_from(month)
                .is_ok_and(|month| i8::try_from(day).is_ok_and(|day| Date::new(year, month, day).is_ok()));
        if !exists {
            return Err(invalid(format!("there is no day {year:04}-{month:02}-{day:02}")));
        }
        Ok(DateTime { year, month, day, time: None, offset_minutes: None })
    }

    /// The same date at a time of day.
    ///
    /// # Errors
    /// `invalid_time` for a time of day that does not exist.
    pub fn at(self, hour: u8, minute: u8, second: u8, millisecond: u16) -> Result<DateTime, Error> {
        if hour > 23 || minute > 59 || second > 59 || millisecond > 999 {
            return Err(invalid(format!(
                "there is no time {hour:02}:{minute:02}:{second:02}.{millisecond:03}"
            )));
        }
        Ok(DateTime { time: Some((hour, minute, second, millisecond)), ..self })
    }

    /// The same with an offset from UTC in minutes; east is positive.
    ///
    /// # Errors
    /// `invalid_time` for a date alone, or a day and more.
    pub fn with_offset_minutes(self, minutes: i16) -> Result<DateTime, Error> {
        if self.time.is_none() || !(-1439..=1439).contains(&minutes) {
            return Err(invalid(format!("an offset of {minutes} minutes does not fit `{self}`")));
        }
        Ok(DateTime { offset_minutes: Some(minutes), ..self })
    }

    /// Whether a time of day was written.
    pub fn has_time(&self) -> bool {
        self.time.is_some()
    }

    /// The point in time; without an offset it is interpreted in `zone`, and a date alone is its start.
    ///
    /// # Errors
    /// `invalid_time` outside the years that a [`Timestamp`] covers.
    pub fn to_timestamp(&self, zone: &Zone) -> Result<Timestamp, Error> {
        let (hour, minute, second, millisecond) = self.time.unwrap_or_default();
        if self.offset_minutes.is_some() || zone.0 == TimeZone::UTC {
            let days = days_from_civil(i64::from(self.year), i64::from(self.month), i64::from(self.day));
            let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second)
                - i64::from(self.offset_minutes.unwrap_or(0)) * 60;
            return Timestamp::from_millis(days * MILLIS_PER_DAY + seconds * 1_000 + i64::from(millisecond));
        }
        let nanoseconds = i32::from(millisecond) * 1_000_000;
        let date = Date::new(self.year, self.month as i8, self.day as i8);
        let civil = date.map(|date| date.at(hour as i8, minute as i8, second as i8, nanoseconds));
        let refuse = |_| invalid(format!("`{self}` is not a time"));
        let instant = civil.and_then(|civil| zone.0.to_timestamp(civil)).map_err(refuse)?;
        Ok(Timestamp(instant.as_millisecond()))
    }
}

impl fmt::Display for DateTime {
    /// `2026-11-22`, `2026-11-22T09:30:00`, with milliseconds where they are not 0 and the offset where one was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)?;
        let Some((hour, minute, second, millisecond)) = self.time else { return Ok(()) };
        write!(f, "T{hour:02}:{minute:02}:{second:02}")?;
        if millisecond != 0 {
            write!(f, ".{millisecond:03}")?;
        }
        match self.offset_minutes {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        }
    }
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// A time zone from the bundled tz database, or a fixed offset; the system's zone files are never read.
///
/// ```
/// use leadscore::{Timestamp, Zone};
/// let kolkata = Zone::named("Asia/Kolkata")?;
/// assert_eq!(Timestamp::parse("2026-11-22T09:30", &kolkata)?.to_string(), "2026-11-22T04:00:00Z");
/// assert_eq!(Timestamp::parse("2026-11-22T09:30", &Zone::named("+05:30")?)?.to_string(), "2026-11-22T04:00:00Z");
/// assert!(Zone::named("Mars/Olympus").is_err());
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Zone(TimeZone, Option<Box<str>>);

impl Zone {
    /// Coordinated universal time, the default.
    pub fn utc() -> Zone {
        Zone(TimeZone::UTC, None)
    }

    /// A zone by its IANA name, such as `Europe/Berlin`, or as an offset from UTC in hours and minutes, such as `+05:30`.
    ///
    /// # Errors
    /// `invalid_time` for a name the database does not have, and for an offset in another form.
    pub fn named(name: &str) -> Result<Zone, Error> {
        if name.eq_ignore_ascii_case("utc") {
            return Ok(Zone::utc());
        }
        if let Some(offset) = fixed_offset(name) {
            return Ok(Zone(TimeZone::fixed(offset), Some(name.into())));
        }
        let database = jiff::tz::TimeZoneDatabase::bundled();
        let zone = database.get(name).map_err(|_| {
            let clipped = clip(name);
            invalid(format!(
                "`{clipped}` is neither an IANA time zone such as Europe/Berlin nor an offset such as +05:30"
            ))
        })?;
        Ok(Zone(zone, None))
    }

    /// The zone's IANA name, or its offset as it was given.
    pub fn name(&self) -> &str {
        self.1.as_deref().or_else(|| self.0.iana_name()).unwrap_or("UTC")
    }

    /// The local hour 0–23 and weekday 1–7 (Monday is 1) at a timestamp.
    pub(crate) fn hour_and_weekday(&self, at: Timestamp) -> (u8, u8) {
        let time = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
        let local = self.0.to_datetime(time);
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

/// An offset of the form `+05:30`.
fn fixed_offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.as_bytes() {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let [h1, h2, b':', m1, m2] = digits else { return None };
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| i32::from(byte - b'0'));
    let (hours, minutes) = (10 * digit(h1)? + digit(h2)?, 10 * digit(m1)? + digit(m2)?);
    let is_offset = hours < 24 && minutes < 60;
    is_offset.then(|| Offset::from_seconds(sign * (3600 * hours + 60 * minutes)).ok()).flatten()
}

/// Truncates the written fraction to milliseconds, before 1970 too.
fn floor_to_millisecond(time: jiff::Timestamp) -> Timestamp {
    Timestamp(time.as_nanosecond().div_euclid(1_000_000) as i64)
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidTime, "", message)
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
    fn a_date_is_the_same_point_in_time_as_its_text() {
        let zones =
            [Zone::utc(), Zone::named("Europe/Berlin").unwrap(), Zone::named("America/New_York").unwrap()];
        for year in (0..9999).step_by(37) {
            for (month, day) in [(1, 1), (2, 28), (3, 1), (6, 30), (12, 31)] {
                let date = DateTime::from_date(year, month, day).unwrap();
                let time = date.at(2, 30, 59, 7).unwrap();
                let offset = time.with_offset_minutes(-570).unwrap();
                for (written, zone) in
                    [date, time, offset].iter().flat_map(|w| zones.iter().map(move |z| (w, z)))
                {
                    let parsed = Timestamp::parse(&written.to_string(), zone).unwrap();
                    assert_eq!(written.to_timestamp(zone).unwrap(), parsed, "{written} {zone:?}");
                }
            }
        }
        assert!(DateTime::from_date(2026, 2, 29).is_err() && DateTime::from_date(2026, 13, 1).is_err());
        assert!(DateTime::from_date(2026, 2, 28).unwrap().at(24, 0, 0, 0).is_err());
    }

    #[test]
    fn zones_come_from_the_bundled_database() {
        let tokyo = Zone::named("Asia/Tokyo").unwrap();
        let at = Timestamp::parse("2026-11-22T20:00:00Z", &tokyo).unwrap();
        assert_eq!(tokyo.hour_and_weekday(at), (5, 1));
        assert!(Zone::named("Mars/Olympus").is_err());
    }

    #[test]
    fn zones_are_offsets_too() {
        let at = Timestamp::parse("2026-11-22T20:00:00Z", &Zone::utc()).unwrap();
        for (name, expected) in
            [("+05:30", (1, 1)), ("-03:30", (16, 7)), ("+00:00", (20, 7)), ("-23:59", (20, 6))]
        {
            let zone = Zone::named(name).unwrap();
            assert_eq!((zone.name(), zone.hour_and_weekday(at)), (name, expected));
        }
        for name in [
            "+5:30",
            "+0530",
            "+05",
            "+24:00",
            "+05:60",
            "+05:3x",
            "05:30",
            "+05:30:15",
            "\u{2212}05:30",
            "+",
        ] {
            assert!(Zone::named(name).is_err(), "{name}");
        }
    }
}
