//! Counts, points and times as people read them.

use std::fmt::Write as _;

use leadscore::Timestamp;

/// `1 lead`, `2,000 leads`.
///
/// ```
/// assert_eq!(leadscore_files::wording::counted(2_000, "lead", "leads"), "2,000 leads");
/// ```
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A count with its digits in groups of three: `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Points with a sign and one decimal, with a true minus: `−2.2`.
pub fn points(points: f64) -> String {
    let mut text = String::new();
    push_points(points, &mut text);
    text
}

/// Appends what [`points`] gives.
pub(crate) fn push_points(points: f64, text: &mut String) {
    let start = text.len();
    text.push(if points < 0.0 { '−' } else { '+' });
    let digits = text.len();
    // Writing to a String does not fail.
    let _ = write!(text, "{:.1}", points.abs());
    if &text[digits..] == "0.0" {
        text.replace_range(start..digits, "");
    }
}

/// A time to the minute and with its zone: `2026-11-22 09:30 UTC`.
pub fn to_the_minute(time: Timestamp) -> String {
    let text = time.to_string();
    let minute = text.get(..16).unwrap_or(&text).replace('T', " ");
    format!("{minute} UTC")
}

/// The first names of a list, and how many more there are.
pub(crate) fn first_of(names: &[&str]) -> String {
    const MAX_SHOWN: usize = 20;
    let mut text = names.iter().take(MAX_SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > MAX_SHOWN {
        text += &format!(" … and {} more", names.len() - MAX_SHOWN);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "row", "rows"), "1 row");
        assert_eq!(points(-0.04), "0.0");
        assert_eq!(points(-2.25), "−2.2");
        assert_eq!(points(0.3), "+0.3");
        let time = Timestamp::parse("2026-11-22T09:30:59+01:00", &leadscore::Zone::utc()).unwrap();
        assert_eq!(to_the_minute(time), "2026-11-22 08:30 UTC");
    }
}
