//! Dates in the five ways people write them, each with or without a time of day.

use std::fmt::Write;

/// What a text can mean as a date; two different days make it ambiguous, none at all impossible.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moment<'a> {
    /// The day if the first number is the day.
    pub(super) day_first: Option<Day>,
    /// The day if the first number is the month.
    pub(super) month_first: Option<Day>,
    /// The year has two digits only, so its century is unknown.
    pub(super) two_digit_year: bool,
    /// Written with dots, which nearly always means the day first.
    pub(super) dotted: bool,
    clock: Option<Clock<'a>>,
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    year: u16,
    month: u8,
    date: u8,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Clock<'a> {
    hour: u8,
    minute: u8,
    second: u8,
    /// The digits after the decimal sign.
    fraction: &'a str,
    /// Minutes east of Greenwich, as far as written.
    offset: Option<i16>,
    zulu: bool,
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

/// Reads a trimmed text that has the shape of a date, even if there is no such day.
pub(super) fn read(text: &str) -> Option<Moment<'_>> {
    let bytes = text.as_bytes();
    if !(6..=48).contains(&bytes.len()) || !text.is_ascii() {
        return None;
    }
    let mut cursor = Cursor { text, at: 0 };
    let (day_first, month_first, two_digit_year) = cursor.days()?;
    let rest = &text[cursor.at..];
    let clock = if rest.is_empty() { None } else { Some(read_clock(rest)?) };
    let possible = clock.is_none_or(|clock| clock.hour < 24 && clock.minute < 60 && clock.second < 60);
    let (day_first, month_first) = if possible { (day_first, month_first) } else { (None, None) };
    let dotted = bytes[1] == b'.' || bytes[2] == b'.';
    Some(Moment { day_first, month_first, two_digit_year, dotted, clock })
}

impl Moment<'_> {
    /// Whether some reading of it is a day that exists.
    pub(super) fn is_possible(&self) -> bool {
        self.day_first.is_some() || self.month_first.is_some()
    }

    /// Whether day and month, swapped, would be another day.
    pub(super) fn could_be_swapped(&self) -> bool {
        self.day_first.is_some_and(|day| day.date <= 12 && day.date != day.month)
    }

    /// Writes `2026-11-22` or `2026-11-22T10:30:00`, with the offset if one was written.
    pub(super) fn write_iso(&self, day: Day, out: &mut String) {
        let Day { year, month, date } = day;
        // Writing to a text cannot fail.
        let _ = write!(out, "{year:04}-{month:02}-{date:02}");
        let Some(clock) = self.clock else { return };
        let _ = write!(out, "T{:02}:{:02}:{:02}", clock.hour, clock.minute, clock.second);
        if !clock.fraction.is_empty() {
            let _ = write!(out, ".{}", clock.fraction);
        }
        if clock.zulu {
            out.push('Z');
        } else if let Some(offset) = clock.offset {
            let sign = if offset < 0 { '-' } else { '+' };
            let _ = write!(out, "{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60);
        }
    }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The day under both orders, and whether its year has two digits only.
    fn days(&mut self) -> Option<(Option<Day>, Option<Day>, bool)> {
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
            let day = Day::new(first, month, self.digits(1, 2)?);
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
        let day_first = Day::new(year, second, first);
        // Dots mean the day first, unless there is no such day.
        let certain = separator == b'.' && day_first.is_some();
        let month_first = if certain { day_first } else { Day::new(year, first, second) };
        Some((day_first, month_first, year.len() == 2))
    }

    fn named(&mut self, day: &str, month: u8) -> Option<(Option<Day>, Option<Day>, bool)> {
        let year = self.digits(2, 4)?;
        let day = Day::checked(year.parse().ok()?, month, day.parse().ok()?);
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

impl Day {
    fn new(year: &str, month: &str, day: &str) -> Option<Day> {
        Day::checked(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }

    fn checked(year: u16, month: u8, day: u8) -> Option<Day> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Day { year, month, date: day })
    }
}

/// Reads what follows a date: `T10:30`, ` 10:30:05.25 PM`, `T10:30:00+02:00`.
fn read_clock(rest: &str) -> Option<Clock<'_>> {
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
        return Some(Clock { hour, minute, second, fraction, offset: None, zulu: false });
    }
    let zulu = ["z", "utc", "gmt"].iter().any(|name| rest.eq_ignore_ascii_case(name));
    let offset = if zulu || rest.is_empty() { None } else { Some(read_offset(rest)?) };
    Some(Clock { hour, minute, second, fraction, offset, zulu })
}

/// Reads `+02:00`, `+0200` or `+02` as minutes.
fn read_offset(text: &str) -> Option<i16> {
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
        let Some(moment) = read(text) else { return (None, None) };
        let write = |day: Option<Day>| {
            day.map(|day| {
                let mut out = String::new();
                moment.write_iso(day, &mut out);
                out
            })
        };
        (write(moment.day_first), write(moment.month_first))
    }

    #[test]
    fn reads_the_five_forms() {
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
    fn keeps_both_readings_of_day_and_month() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(iso("5/6/2026"), (some("2026-06-05"), some("2026-05-06")));
        assert_eq!(iso("22-11-2026"), (some("2026-11-22"), None));
        assert_eq!(iso("11/22/2026 10:00"), (None, some("2026-11-22T10:00:00")));
    }

    #[test]
    fn tells_impossible_days_from_other_texts() {
        for text in ["2026-02-30", "31.04.2026", "13/13/2026", "2026-11-22 25:00", "2026-01-01 13:00 PM"] {
            assert!(!read(text).unwrap().is_possible(), "{text}");
        }
        assert!(read("1/2/26").unwrap().two_digit_year && read("22-Nov-26").unwrap().two_digit_year);
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
            assert_eq!(read(text), None, "{text}");
        }
    }
}
