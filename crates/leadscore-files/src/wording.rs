//! Counts, points and times as people read them.

use std::fmt::Write as _;

use leadscore::Zone;

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

/// Points with a sign and one decimal, half away from zero, with a true minus: `−2.3` for −2.25.
pub fn points(points: f64) -> String {
    let mut text = String::new();
    push_points(points, &mut text);
    text
}

/// A number with one decimal, half away from zero: `79.6`.
pub fn one_decimal(number: f64) -> String {
    let mut text = String::new();
    if number < 0.0 {
        text.push('−');
    }
    push_one_decimal(number.abs(), &mut text);
    if text == "−0.0" { "0.0".to_owned() } else { text }
}

/// A measure with three decimals: `0.812`.
pub fn measure(value: f64) -> String {
    let text = format!("{value:.3}");
    if text == "-0.000" { "0.000".to_owned() } else { text }
}

/// A share as people read it: `38.5 %`; without the decimal from 10 % on where there is none.
///
/// ```
/// use leadscore_files::wording::share;
/// assert_eq!((share(0.3854), share(0.5), share(0.004), share(1.0)), ("38.5 %".into(), "50 %".into(), "0.4 %".into(), "100 %".into()));
/// ```
pub fn share(value: f64) -> String {
    let text = format!("{:.1}", value * 100.0);
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}

/// A number's text with a true minus.
pub fn minus(text: &str) -> String {
    text.replacen('-', "−", 1)
}

/// Appends what [`points`] gives.
pub(crate) fn push_points(points: f64, text: &mut String) {
    let start = text.len();
    text.push(if points < 0.0 { '−' } else { '+' });
    let digits = text.len();
    push_one_decimal(points.abs(), text);
    if &text[digits..] == "0.0" {
        text.replace_range(start..digits, "");
    }
}

/// Appends a number that is not negative with one decimal, half away from zero.
fn push_one_decimal(number: f64, text: &mut String) {
    let tenths = (number * 10.0).round();
    if tenths >= 100.0 {
        // Writing to a String does not fail.
        let _ = write!(text, "{:.1}", tenths / 10.0);
        return;
    }
    let tenths = tenths as u8;
    if tenths >= 10 {
        text.push(char::from(b'0' + tenths / 10));
    } else {
        text.push('0');
    }
    text.push('.');
    text.push(char::from(b'0' + tenths % 10));
}

/// A time as it was typed, with the zone that it was read in where it does not say its offset itself.
///
/// ```
/// use leadscore::Zone;
/// use leadscore_files::wording::as_typed;
/// assert_eq!(as_typed("2026-11-22", &Zone::named("Europe/Berlin")?), "2026-11-22 Europe/Berlin");
/// assert_eq!(as_typed("2026-11-22T09:30:00Z", &Zone::utc()), "2026-11-22T09:30:00Z");
/// # Ok::<(), leadscore::Error>(())
/// ```
pub fn as_typed(text: &str, zone: &Zone) -> String {
    let (text, zone) = (text.trim(), zone.name());
    let has_offset = text.get(10..).is_some_and(|rest| rest.contains(['Z', 'z', '+', '-', '[']));
    match (has_offset, zone) {
        (true, "UTC") => text.to_owned(),
        // The zone of local hours still matters.
        (true, zone) => format!("{text} ({zone})"),
        (false, zone) => format!("{text} {zone}"),
    }
}

/// The first 20 names of a list, and how many more there are.
pub fn first_of(names: &[impl AsRef<str>]) -> String {
    const MAX_SHOWN: usize = 20;
    let mut text = names.iter().take(MAX_SHOWN).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if names.len() > MAX_SHOWN {
        text += &format!(" … and {} more", names.len() - MAX_SHOWN);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_decimal_is_half_away_from_zero() {
        for (number, wanted) in [
            (0.0, "0.0"),
            (0.04, "0.0"),
            (0.05, "0.1"),
            (0.25, "0.3"),
            (0.35, "0.4"),
            (9.94, "9.9"),
            (9.95, "10.0"),
            (12.25, "12.3"),
            (99.96, "100.0"),
            (f64::INFINITY, "inf"),
        ] {
            let mut text = String::new();
            push_one_decimal(number, &mut text);
            assert_eq!(text, wanted, "{number:?}");
        }
    }

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "row", "rows"), "1 row");
        assert_eq!(points(-0.04), "0.0");
        assert_eq!(points(-2.25), "−2.3");
        assert_eq!(points(0.3), "+0.3");
        let berlin = Zone::named("Europe/Berlin").unwrap();
        assert_eq!(
            as_typed("2026-11-22T09:30:00+05:00", &berlin),
            "2026-11-22T09:30:00+05:00 (Europe/Berlin)"
        );
        assert_eq!(as_typed(" 2026-11-22 ", &Zone::utc()), "2026-11-22 UTC");
    }
}
