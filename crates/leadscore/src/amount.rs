//! Numbers of people and amounts of money as people write them.

/// A number, or the lower end of a range.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Amount {
    /// The number.
    pub number: f64,
    /// Whether it is only the lower end.
    pub at_least: bool,
}

/// Words that may follow a number of people.
const PEOPLE: [&str; 5] = ["employees", "employee", "people", "staff", "persons"];
const DASHES: [char; 3] = ['-', '–', '—'];

/// A number of people such as `180`, `1,200`, `50-200 employees`, `51 to 200` or `10,000+`.
///
/// ```
/// use leadscore::amount::people;
/// let range = people("51-200 employees").unwrap();
/// assert_eq!((range.number, range.at_least), (51.0, true));
/// assert_eq!(people("many"), None);
/// ```
pub fn people(text: &str) -> Option<Amount> {
    let lower = text.trim().to_lowercase();
    let mut bare = lower.as_str();
    for (word, sign) in [("more than ", ">"), ("over ", ">"), ("at least ", ">")] {
        if let Some(rest) = bare.strip_prefix(word) {
            return people(&format!("{sign}{rest}"));
        }
    }
    for word in PEOPLE {
        bare = bare.strip_suffix(word).unwrap_or(bare).trim_end();
    }
    // Programs that keep numbers as decimals write `2448.0`.
    let bare = bare.strip_suffix(".0").unwrap_or(bare);
    range(bare).filter(|amount| amount.number >= 1.0 && amount.number.fract() == 0.0)
}

/// US dollars such as `25000000`, `$20M`, `$1.5 million`, `$10M-$50M` or `USD 500k+`; nothing in another currency.
///
/// ```
/// use leadscore::amount::dollars;
/// assert_eq!(dollars("$12.5M").unwrap().number, 12_500_000.0);
/// assert_eq!(dollars("€4m"), None);
/// ```
pub fn dollars(text: &str) -> Option<Amount> {
    let mut bare = text.trim().to_lowercase();
    for mark in ["us$", "usd", "$"] {
        bare = bare.replace(mark, "");
    }
    for (word, letter) in [("million", "m"), ("billion", "b"), ("thousand", "k"), ("mn", "m"), ("bn", "b")] {
        bare = bare.replace(word, letter);
    }
    range(&bare)
}

/// Dollars as they are shown: `$12.5M`.
pub fn shown_dollars(number: f64) -> String {
    let (scale, letter) = match number {
        number if number >= 1e9 => (1e9, "B"),
        number if number >= 1e6 => (1e6, "M"),
        number if number >= 1e3 => (1e3, "K"),
        _ => (1.0, ""),
    };
    format!("${}{letter}", (number / scale * 100.0).round() / 100.0)
}

fn range(text: &str) -> Option<Amount> {
    let text = text.trim();
    if let Some(low) = text.strip_suffix('+').or_else(|| text.strip_prefix('>')) {
        return Some(Amount { number: scaled(low, 1.0)?, at_least: true });
    }
    if let Some((low, high)) = text.split_once(DASHES).or_else(|| text.split_once(" to ")) {
        let (digits, scale) = scale_of(high);
        let high = plain(digits)? * scale.unwrap_or(1.0);
        // `10-50m` means millions at both ends.
        let low = scaled(low, scale.unwrap_or(1.0))?;
        return (low <= high).then_some(Amount { number: low, at_least: low < high });
    }
    Some(Amount { number: scaled(text, 1.0)?, at_least: false })
}

fn scaled(text: &str, without_letter: f64) -> Option<f64> {
    let (digits, scale) = scale_of(text);
    plain(digits).map(|number| number * scale.unwrap_or(without_letter))
}

/// A text without the letter that multiplies it.
fn scale_of(text: &str) -> (&str, Option<f64>) {
    let text = text.trim();
    for (letter, scale) in [('k', 1e3), ('m', 1e6), ('b', 1e9)] {
        if let Some(digits) = text.strip_suffix(letter) {
            return (digits, Some(scale));
        }
    }
    (text, None)
}

/// A number of digits, with commas between thousands and a decimal point; `1.200` could be two numbers and is none.
fn plain(text: &str) -> Option<f64> {
    let text = text.trim();
    let (whole, decimals) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let is_grouped = rest.iter().all(|group| group.len() == 3 && are_digits(group));
    let is_short = rest.is_empty() || first.len() <= 3;
    if !are_digits(first) || !is_grouped || !is_short || whole.len() > 15 {
        return None;
    }
    if decimals.is_some_and(|own| !are_digits(own) || own.len() == 3 || own.len() > 6) {
        return None;
    }
    text.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        let exact = |number| Some(Amount { number, at_least: false });
        let from = |number| Some(Amount { number, at_least: true });
        for (text, wanted) in [
            ("180", exact(180.0)),
            ("1,200 employees", exact(1_200.0)),
            ("50-200", from(50.0)),
            ("51 – 200 people", from(51.0)),
            ("10,000+", from(10_000.0)),
            ("2k", exact(2_000.0)),
            ("2448.0", exact(2_448.0)),
            ("1001-5000", from(1_001.0)),
            ("10,001+", from(10_001.0)),
            ("51 to 200", from(51.0)),
            ("5000+ employees", from(5_000.0)),
            ("more than 1,000 people", from(1_000.0)),
            ("10-Nov", None),
            ("<50", None),
            ("1.200", None),
            ("12,00", None),
            ("1234,567", None),
            ("many", None),
            ("-5", None),
            ("0", None),
            ("200-50", None),
            ("2.5", None),
            ("", None),
        ] {
            assert_eq!(people(text), wanted, "{text}");
        }
        for (text, wanted) in [
            ("$20M", exact(2e7)),
            ("$1.5 million", exact(1.5e6)),
            ("$10M-$50M", from(1e7)),
            ("$10-50M", from(1e7)),
            ("USD 500k+", from(5e5)),
            ("25000000", exact(2.5e7)),
            ("€20M", None),
            ("GBP 5m", None),
        ] {
            assert_eq!(dollars(text), wanted, "{text}");
        }
        assert_eq!(
            [2.5e7, 1.25e6, 5e8, 1.2e9, 900.0].map(shown_dollars),
            ["$25M", "$1.25M", "$500M", "$1.2B", "$900"]
        );
    }
}
