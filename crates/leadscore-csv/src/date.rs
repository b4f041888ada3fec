//! Dates in the five ways people write them, each with or without a time of day.

use std::fmt::Write;

use leadscore::DateTime;

/// The possible meanings of a text as a date; two different days make it ambiguous, none at all impossible.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ParsedDate<'a> {
    /// The day if the first number is the day.
    pub(crate) day_first: Option<CalendarDay>,
    /// The day if the first number is the month.
    pub(crate) month_first: Option<CalendarDay>,
    /// The year has two digits only, so its century is unknown.
    pub(crate) two_digit_year: bool,
    /// Written with dots, which nearly always means the day first.
    pub(crate) dotted: bool,
    time: Option<TimeOfDay<'a>>,
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CalendarDay {
    year: u16,
    month: u8,
    day: u8,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct TimeOfDay<'a> {
    hour: u8,
    minute: u8,
    second: u8,
    /// The digits after the decimal sign.
    fraction: &'a str,
    /// Minutes east of Greenwich, as far as written.
    offset: Option<i16>,
    utc_suffix: bool,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Parses a trimmed text that has the shape of a date, even if there is no such day.
pub(crate) fn parse(text: &str) -> Option<ParsedDate<'_>> {
    let bytes = text.as_bytes();
    if !(6..=48).contains(&bytes.len()) || !text.is_ascii() {
        return None;
    }
    let mut cursor = Cursor { text, at: 0 };
    let (day_first, month_first, two_digit_year) = cursor.days()?;
    let rest = &text[cursor.at..];
    let time = if rest.is_empty() { None } else { Some(parse_time(rest)?) };
    let possible = time.is_none_or(TimeOfDay::is_possible);
    let (day_first, month_first) = if possible { (day_first, month_first) } else { (None, None) };
    let dotted = bytes[1] == b'.' || bytes[2] == b'.';
    Some(ParsedDate { day_first, month_first, two_digit_year, dotted, time })
}

impl ParsedDate<'_> {
    /// Whether some reading of it is a day that exists.
    pub(crate) fn is_possible(&self) -> bool {
        self.day_first.is_some() || self.month_first.is_some()
    }

    /// Whether day and month, swapped, would be another day.
    pub(crate) fn could_be_swapped(&self) -> bool {
        self.day_first.is_some_and(|day| day.day <= 12 && day.day != day.month)
    }

    /// The date with its time of day, for a day that it may mean. Fractions of a millisecond are cut.
    pub(crate) fn date_time(&self, day: CalendarDay) -> Option<DateTime> {
        let date = DateTime::from_date(day.year as i16, day.month, day.day).ok()?;
        let Some(time) = self.time else { return Some(date) };
        let date = date.at(time.hour, time.minute, time.second, time.millisecond()).ok()?;
        match if time.utc_suffix { Some(0) } else { time.offset } {
            Some(offset) => date.with_offset_minutes(offset).ok(),
            None => Some(date),
        }
    }

    /// Writes `2026-11-22` or `2026-11-22T10:30:00`, with the offset if one was written.
    pub(crate) fn write_iso(&self, day: CalendarDay, out: &mut String) {
        let CalendarDay { year, month, day } = day;
        // Writing to a text cannot fail.
        let _ = write!(out, "{year:04}-{month:02}-{day:02}");
        let Some(time) = self.time else { return };
        let _ = write!(out, "T{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
        if !time.fraction.is_empty() {
            let _ = write!(out, ".{}", time.fraction);
        }
        if time.utc_suffix {
            out.push('Z');
        } else if let Some(offset) = time.offset {
            let sign = if offset < 0 { '-' } else { '+' };
            let _ = write!(out, "{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60);
        }
    }
}

/// Fast path of [`parse`] for ISO dates and times that exist.
#[inline]
pub(crate) fn parse_iso_date_time(text: &[u8]) -> Option<DateTime> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, rest @ ..] = text else { return None };
    let year = i16::from(two_digits(*y1, *y2)?) * 100 + i16::from(two_digits(*y3, *y4)?);
    let date = DateTime::from_date(year, two_digits(*m1, *m2)?, two_digits(*d1, *d2)?).ok()?;
    let [b'T' | b' ', h1, h2, b':', m1, m2, rest @ ..] = rest else {
        return rest.is_empty().then_some(date);
    };
    let (second, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (two_digits(*s1, *s2)?, rest),
        rest => (0, rest),
    };
    let date = date.at(two_digits(*h1, *h2)?, two_digits(*m1, *m2)?, second, 0).ok()?;
    match rest {
        [] => Some(date),
        [b'Z'] => date.with_offset_minutes(0).ok(),
        _ => None,
    }
}

#[inline]
fn two_digits(tens: u8, ones: u8) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
}

impl TimeOfDay<'_> {
    fn is_possible(self) -> bool {
        self.hour < 24 && self.minute < 60 && self.second < 60
    }

    fn millisecond(self) -> u16 {
        let digits = self.fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
        digits.fold(0, |value, digit| value * 10 + u16::from(digit - b'0'))
    }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The day under both orders, and whether its year has two digits only.
    fn days(&mut self) -> Option<(Option<CalendarDay>, Option<CalendarDay>, bool)> {
        if let Some(month) = self.month() {
            self.skip(b" .");
            let day = self.digits(1, 2)?;
            self.separator(b", ")?;
            self.skip(b" ");
            return self.named(day, month);
        }
        let first = self.digits(1, 4)?;
        let separator = self.separator(b"-/. ")?;
        if first.len() == 4 {
            let month = self.digits(1, 2)?;
            if separator == b' ' || self.separator(&[separator])? != separator {
                return None;
            }
            let day = CalendarDay::new(first, month, self.digits(1, 2)?);
            return Some((day, day, false));
        }
        if first.len() == 3 {
            return None;
        }
        if separator == b'.' {
            self.skip(b" ");
        }
        if let Some(month) = self.month() {
            self.separator(b"-/., ")?;
            self.skip(b" ");
            return self.named(first, month);
        }
        if separator == b' ' {
            return None;
        }
        let second = self.digits(1, 2)?;
        self.separator(&[separator])?;
        if separator == b'.' {
            self.skip(b" ");
        }
        let year = self.digits(2, 4)?;
        if year.len() == 3 {
            return None;
        }
        let day_first = CalendarDay::new(year, second, first);
        // Dots mean the day first, unless there is no such day.
        let certain = separator == b'.' && day_first.is_some();
        let month_first = if certain { day_first } else { CalendarDay::new(year, first, second) };
        Some((day_first, month_first, year.len() == 2))
    }

    fn named(&mut self, day: &str, month: u8) -> Option<(Option<CalendarDay>, Option<CalendarDay>, bool)> {
        let year = self.digits(2, 4)?;
        let day = CalendarDay::checked(year.parse().ok()?, month, day.parse().ok()?);
        (year.len() != 3).then_some((day, day, year.len() == 2))
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let digits = (least..=most).contains(&length).then(|| &rest[..length])?;
        self.at += length;
        Some(digits)
    }

    fn separator(&mut self, allowed: &[u8]) -> Option<u8> {
        let byte = *self.text.as_bytes().get(self.at)?;
        allowed.contains(&byte).then(|| {
            self.at += 1;
            byte
        })
    }

    fn skip(&mut self, allowed: &[u8]) {
        while self.separator(allowed).is_some() {}
    }

    /// An English month, in full or by its first three letters.
    fn month(&mut self) -> Option<u8> {
        let rest = &self.text[self.at..];
        let word = &rest[..rest.bytes().take_while(u8::is_ascii_alphabetic).count()];
        if word.len() < 3 {
            return None;
        }
        let is = |name: &&str| {
            word.eq_ignore_ascii_case(name)
                || word.eq_ignore_ascii_case(&name[..3])
                || (word.eq_ignore_ascii_case("sept") && name.starts_with("sept"))
        };
        let index = MONTHS.iter().position(is)?;
        self.at += word.len();
        Some(index as u8 + 1)
    }
}

impl CalendarDay {
    fn new(year: &str, month: &str, day: &str) -> Option<CalendarDay> {
        CalendarDay::checked(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }

    fn checked(year: u16, month: u8, day: u8) -> Option<CalendarDay> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(CalendarDay { year, month, day })
    }
}

/// Parses what follows a date: `T10:30`, ` 10:30:05.25 PM`, `T10:30:00+02:00`.
fn parse_time(rest: &str) -> Option<TimeOfDay<'_>> {
    let start = rest.trim_start_matches([',', ' ']);
    let start = if start.len() == rest.len() { rest.strip_prefix(['T', 't'])? } else { start };
    let mut cursor = Cursor { text: start, at: 0 };
    let mut hour: u8 = cursor.digits(1, 2)?.parse().ok()?;
    cursor.separator(b":")?;
    let minute = cursor.digits(2, 2)?.parse().ok()?;
    let (mut second, mut fraction) = (0, "");
    if cursor.separator(b":").is_some() {
        second = cursor.digits(2, 2)?.parse().ok()?;
        if cursor.separator(b".,").is_some() {
            fraction = cursor.digits(1, 9)?;
        }
    }
    let rest = start[cursor.at..].trim_start();
    if rest.eq_ignore_ascii_case("am") || rest.eq_ignore_ascii_case("pm") {
        // An hour outside 1 to 12 with AM or PM does not exist; 99 is refused by the caller.
        hour = match (hour, rest.as_bytes()[0].to_ascii_lowercase()) {
            (12, b'a') => 0,
            (1..=11, b'p') => hour + 12,
            (1..=12, _) => hour,
            _ => 99,
        };
        return Some(TimeOfDay { hour, minute, second, fraction, offset: None, utc_suffix: false });
    }
    let utc_suffix = ["z", "utc", "gmt"].iter().any(|name| rest.eq_ignore_ascii_case(name));
    let offset = if utc_suffix || rest.is_empty() { None } else { Some(parse_offset(rest)?) };
    Some(TimeOfDay { hour, minute, second, fraction, offset, utc_suffix })
}

/// Parses `+02:00`, `+0200` or `+02` as minutes.
fn parse_offset(text: &str) -> Option<i16> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.len() {
        2 => (digits, "0"),
        4 => digits.split_at(2),
        _ => digits.split_once(':').filter(|(hours, minutes)| hours.len() == 2 && minutes.len() == 2)?,
    };
    if !hours.bytes().chain(minutes.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i16, i16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(text: &str) -> (Option<String>, Option<String>) {
        let Some(date) = parse(text) else { return (None, None) };
        let write = |day: Option<CalendarDay>| {
            day.map(|day| {
                let mut out = String::new();
                date.write_iso(day, &mut out);
                out
            })
        };
        (write(date.day_first), write(date.month_first))
    }

    #[test]
    fn parses_the_five_forms() {
        for (text, expected) in [
            ("2026-11-22", "2026-11-22"),
            ("2026/11/2", "2026-11-02"),
            ("2026-11-22 10:30", "2026-11-22T10:30:00"),
            ("2026-11-22T10:30:05.25Z", "2026-11-22T10:30:05.25Z"),
            ("2026-11-22T10:30:00+0200", "2026-11-22T10:30:00+02:00"),
            ("2026-11-22 10:30:00 -05:30", "2026-11-22T10:30:00-05:30"),
            ("22.11.2026", "2026-11-22"),
            ("1.2.2026 9:05", "2026-02-01T09:05:00"),
            ("22 Nov 2026", "2026-11-22"),
            ("Nov 22, 2026", "2026-11-22"),
            ("November 2 2026 1:05 PM", "2026-11-02T13:05:00"),
            ("22-Nov-2026", "2026-11-22"),
            ("05/05/2026 12:00:01 AM", "2026-05-05T00:00:01"),
        ] {
            let expected = Some(expected.to_owned());
            assert_eq!(iso(text), (expected.clone(), expected), "{text}");
        }
    }

    #[test]
    fn the_fast_paths_give_what_the_parser_gives() {
        for text in [
            "2026-11-22",
            "2024-02-29",
            "2026-11-22T10:30",
            "2026-11-22 10:30:05",
            "2026-11-22T10:30:05Z",
            "0000-01-01",
        ] {
            let long = parse(text).unwrap();
            let date = parse_iso_date_time(text.as_bytes());
            assert_eq!(date, long.day_first.and_then(|day| long.date_time(day)), "{text}");
            assert!(date.is_some());
        }
        for text in
            ["2026-02-30", "2026-11-22T24:00", "2026-11-22Z", "2026-11-22T10:30:05.5", "2026-1-2", "26-11-22"]
        {
            assert_eq!(parse_iso_date_time(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn keeps_both_readings_of_day_and_month() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(iso("5/6/2026"), (some("2026-06-05"), some("2026-05-06")));
        assert_eq!(iso("22-11-2026"), (some("2026-11-22"), None));
        assert_eq!(iso("11/22/2026 10:00"), (None, some("2026-11-22T10:00:00")));
    }

    #[test]
    fn distinguishes_impossible_days_from_other_texts() {
        for text in ["2026-02-30", "31.04.2026", "13/13/2026", "2026-11-22 25:00", "2026-01-01 13:00 PM"] {
            assert!(!parse(text).unwrap().is_possible(), "{text}");
        }
        assert!(parse("1/2/26").unwrap().two_digit_year && parse("22-Nov-26").unwrap().two_digit_year);
        for text in [
            "",
            "yesterday",
            "2026-11",
            "10.0.0.1",
            "555-12-3456",
            "1.2.3",
            "22 Foo 2026",
            "2026-11-22x",
            "20261122",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
