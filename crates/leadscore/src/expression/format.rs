//! Numbers, shares, money and durations as people write them.

use std::fmt::Write as _;

/// A number for people: up to two decimals, digits in groups of three.
pub(crate) fn format_number(value: f64) -> String {
    let mut text = String::new();
    push_number(&mut text, value);
    text
}

/// Appends what [`format_number`] gives, without an allocation of its own.
pub(crate) fn push_number(out: &mut String, value: f64) {
    // Writing to a String cannot fail.
    if value.abs() >= 1e15 {
        let _ = write!(out, "{value:e}");
        return;
    }
    let start = out.len();
    if value == value.trunc() {
        // Most numbers in texts are counts; integers print much faster than floats.
        let _ = write!(out, "{}", value.abs() as u64);
    } else {
        push_two_decimals(value.abs(), out);
        let digits = out[start..].trim_end_matches('0').trim_end_matches('.').len();
        out.truncate(start + digits);
    }
    let whole_digits = out[start..].find('.').unwrap_or(out.len() - start);
    let is_zero = &out[start..] == "0";
    for at in (1..whole_digits).rev().filter(|at| (whole_digits - at).is_multiple_of(3)) {
        out.insert(start + at, ',');
    }
    if value < 0.0 && !is_zero {
        out.insert(start, '−');
    }
}

/// Appends the number of a feature by its name: the years of a calendar have no groups of digits.
pub(crate) fn push_number_of(out: &mut String, name: &str, value: f64) {
    let is_called_year =
        || name.split(|c: char| !c.is_alphanumeric()).any(|word| word.eq_ignore_ascii_case("year"));
    if (1_000.0..3_000.0).contains(&value) && value == value.trunc() && is_called_year() {
        // Writing to a String cannot fail.
        let _ = write!(out, "{value:.0}");
    } else {
        push_number(out, value);
    }
}

/// Appends `{:.2}` of a number that is not negative.
fn push_two_decimals(number: f64, out: &mut String) {
    let hundredths = number * 100.0;
    let above = hundredths - hundredths.floor();
    // Near the middle between two hundredths the product's own rounding could decide: there the number itself is looked
    // at.
    let _ = if hundredths < 1e8 && (above - 0.5).abs() > 1e-6 {
        let hundredths = hundredths.round() as u64;
        write!(out, "{}.{:02}", hundredths / 100, hundredths % 100)
    } else {
        write!(out, "{number:.2}")
    };
}

/// A share between 0 and 1 as whole percent.
pub(super) fn push_percent(out: &mut String, share: f64) {
    push_number(out, (share * 100.0).round());
    out.push_str(" %");
}

/// Whole dollars.
pub(super) fn push_money(out: &mut String, amount: f64) {
    out.push('$');
    push_number(out, amount.round());
}

/// Seconds in the unit a person would use.
pub(super) fn push_duration(out: &mut String, seconds: f64) {
    let (length, unit) = match seconds {
        s if s < 60.0 => (1.0, " s"),
        s if s < 5_400.0 => (60.0, " min"),
        s if s < 172_800.0 => (3_600.0, " h"),
        _ => (86_400.0, " days"),
    };
    push_number(out, (seconds / length).round());
    out.push_str(unit);
}

/// A count with its noun: `1 visit`, `3 visits`.
pub(super) fn push_counted(out: &mut String, count: f64, one: &str, many: &str) {
    let start = out.len();
    // Nobody counts in hundredths of a day.
    push_number(out, if many == "days" { count.round() } else { count });
    let noun = if &out[start..] == "1" { one } else { many };
    out.push(' ');
    out.push_str(noun);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(push: fn(&mut String, f64), value: f64) -> String {
        let mut out = String::from("x ");
        push(&mut out, value);
        out.split_off(2)
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        for (value, wanted) in [
            (1_234_567.0, "1,234,567"),
            (123.0, "123"),
            (-1_234.5, "−1,234.5"),
            (-0.5, "−0.5"),
            (-0.001, "0"),
            (-0.0, "0"),
            (2.999, "3"),
            (999.999, "1,000"),
            (100.0, "100"),
            (0.07, "0.07"),
            (999_999_999_999_999.0, "999,999,999,999,999"),
            (1e15, "1e15"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(format_number(value), wanted, "{value}");
            assert_eq!(text(push_number, value), wanted, "{value}");
        }
        assert_eq!(text(push_percent, 0.276), "28 %");
        assert_eq!(text(push_money, 1_200.4), "$1,200");
        assert_eq!(text(push_duration, 45.0), "45 s");
        assert_eq!(text(push_duration, 1_080.0), "18 min");
        assert_eq!(text(push_duration, 172_799.0), "48 h");
        assert_eq!(text(|out, count| push_counted(out, count, "visit", "visits"), 1.0), "1 visit");
        assert_eq!(text(|out, count| push_counted(out, count, "visit", "visits"), 0.996), "1 visit");
        assert_eq!(text(|out, count| push_counted(out, count, "visit", "visits"), 2.0), "2 visits");
        assert_eq!(text(|out, count| push_counted(out, count, "day", "days"), 3_221.57), "3,222 days");
        assert_eq!(text(|out, year| push_number_of(out, "year_established", year), 2_001.0), "2001");
        assert_eq!(text(|out, year| push_number_of(out, "years", year), 2_001.0), "2,001");
        assert_eq!(text(|out, year| push_number_of(out, "year", year), 2_001.5), "2,001.5");
    }

    /// The definition, digit by digit; `push_number` gives the same without an allocation.
    fn grouped(value: f64) -> String {
        let fixed = format!("{:.2}", value.abs());
        let fixed = fixed.trim_end_matches('0').trim_end_matches('.');
        let (whole, fraction) = fixed.split_once('.').map_or((fixed, None), |(w, f)| (w, Some(f)));
        let mut out = String::from(if value < 0.0 && fixed != "0" { "−" } else { "" });
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at) % 3 == 0 {
                out.push(',');
            }
            out.push(digit);
        }
        out + &fraction.map(|digits| format!(".{digits}")).unwrap_or_default()
    }

    proptest::proptest! {
        #[test]
        fn every_number_is_written_as_defined(value in -1e15_f64..1e15, digits in 0_u32..15) {
            let scaled = value / 10_u64.pow(digits) as f64;
            for value in [scaled, scaled.round(), (scaled * 100.0).round() / 100.0] {
                proptest::prop_assert_eq!(format_number(value), grouped(value));
            }
        }
    }
}
