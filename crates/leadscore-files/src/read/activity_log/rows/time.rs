//! The time of an activity: a date, or a number of seconds or milliseconds since 1970.

use leadscore::{Timestamp, Zone};

/// A time, and the unit of the number that it was written as, if it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct LogTime {
    pub(in super::super) at: Timestamp,
    pub(in super::super) unit: Option<UnixUnit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum UnixUnit {
    Seconds,
    Milliseconds,
}

/// Numbers from here to there are seconds, from September 2001 to November 2286; with three digits more they are
/// milliseconds. Before that a number may be a date: 202611201000 is 10:00 on 20 November 2026 to some systems.
const SECONDS: std::ops::Range<i64> = 1_000_000_000..10_000_000_000;

impl LogTime {
    /// Reads a text: a number, or what [`Timestamp::parse`] takes.
    pub(super) fn parse(text: &str, zone: &Zone) -> Result<LogTime, String> {
        if text.is_empty() {
            return Err("the time is blank".to_owned());
        }
        if text.starts_with("9999-12-31") {
            return Err(format!("`{text}` means no end, and is no time of an activity"));
        }
        if let Some(time) = unix_time(text) {
            return time;
        }
        let at = Timestamp::parse(text, zone).map_err(|error| error.message().to_owned())?;
        Ok(LogTime { at, unit: None })
    }
}

/// The time that a plain number says; none where the text is none.
fn unix_time(text: &str) -> Option<Result<LogTime, String>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_plain(whole) || !is_plain(fraction) {
        return None;
    }
    let refuse = || {
        format!(
            "`{text}` is not a time; a number is one in seconds or milliseconds since 1970, such as 1795340000"
        )
    };
    let Ok(number) = whole.parse::<i64>() else { return Some(Err(refuse())) };
    let (millis, unit) = if SECONDS.contains(&number) {
        // Digits beyond milliseconds are cut.
        let millis = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
        let millis = millis.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        (number * 1_000 + millis, UnixUnit::Seconds)
    } else if SECONDS.contains(&(number / 1_000)) {
        (number, UnixUnit::Milliseconds)
    } else {
        return Some(Err(refuse()));
    };
    let at = Timestamp::from_millis(millis).map_err(|error| error.message().to_owned());
    Some(at.map(|at| LogTime { at, unit: Some(unit) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_seconds_or_milliseconds() {
        // 2026-11-20T10:00:00Z is 1795168800, by `date -d 2026-11-20T10:00:00Z +%s`.
        for (text, time, unit) in [
            ("1795168800", "2026-11-20T10:00:00Z", UnixUnit::Seconds),
            ("1795168800.25", "2026-11-20T10:00:00.25Z", UnixUnit::Seconds),
            ("1795168800.0", "2026-11-20T10:00:00Z", UnixUnit::Seconds),
            ("1795168800250", "2026-11-20T10:00:00.25Z", UnixUnit::Milliseconds),
        ] {
            let found = LogTime::parse(text, &Zone::utc()).unwrap();
            assert_eq!((found.at.to_string(), found.unit), (time.to_owned(), Some(unit)), "{text}");
        }
        for text in [
            "46346",
            "20261120",
            "202611201000",
            "20261120100000",
            "0",
            "1795168800250000",
            "99999999999999999999",
            "soon",
            "",
            "9999-12-31",
        ] {
            assert!(LogTime::parse(text, &Zone::utc()).is_err(), "{text}");
        }
        let day = LogTime::parse("2026-11-20", &Zone::utc()).unwrap();
        assert_eq!((day.at.to_string().as_str(), day.unit), ("2026-11-20T00:00:00Z", None));
    }
}
