//! Amounts of money: the unit that the name of a column states, and amounts that look as if another was meant.

use leadscore::amount::dollars;
use leadscore_csv::{Cell, Warning};

use super::columns::normalized;
use super::worth::is_most;
use crate::wording::count;

/// The yearly revenue or funding of a company is hardly ever below so many US dollars.
const SMALL: f64 = 10_000.0;

const SCALES: [(&str, f64); 18] = [
    ("k", 1e3),
    ("thousand", 1e3),
    ("thousands", 1e3),
    ("tsd", 1e3),
    ("m", 1e6),
    ("mm", 1e6),
    ("mn", 1e6),
    ("mio", 1e6),
    ("mln", 1e6),
    ("million", 1e6),
    ("millions", 1e6),
    ("b", 1e9),
    ("bn", 1e9),
    ("mrd", 1e9),
    ("billion", 1e9),
    ("billions", 1e9),
    ("lakh", 1e5),
    ("crore", 1e7),
];

const CURRENCIES: [(&str, &str); 18] = [
    ("usd", "USD"),
    ("us$", "USD"),
    ("$", "USD"),
    ("dollars", "USD"),
    ("eur", "EUR"),
    ("euro", "EUR"),
    ("€", "EUR"),
    ("gbp", "GBP"),
    ("£", "GBP"),
    ("chf", "CHF"),
    ("jpy", "JPY"),
    ("¥", "JPY"),
    ("inr", "INR"),
    ("₹", "INR"),
    ("cad", "CAD"),
    ("aud", "AUD"),
    ("sek", "SEK"),
    ("brl", "BRL"),
];

/// What the name of a column says of its amounts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StatedUnit {
    /// What they are multiplied by; 1 where the name does not say.
    pub(super) scale: f64,
    pub(super) currency: Option<&'static str>,
    /// The name without its unit, normalized.
    pub(super) bare_name: String,
}

/// The unit in a name such as `Annual Revenue (M)`, `revenue_musd`, `Revenue in millions` or `Umsatz k€`.
pub(super) fn stated_unit(name: &str) -> StatedUnit {
    let mut unit = StatedUnit { scale: 1.0, currency: None, bare_name: String::new() };
    let lower = name.to_lowercase();
    let is_part = |c: char| c.is_alphanumeric() || "$€£¥₹".contains(c);
    let words: Vec<&str> = lower.split(|c| !is_part(c)).filter(|word| !word.is_empty()).collect();
    let mut rest: Vec<&str> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let found = unit_word(word);
        // A letter alone is a unit only at the end: `Revenue (M)`.
        let is_letter = word.len() == 1 && word.is_ascii() && at + 1 < words.len();
        match found.filter(|_| at > 0 && !is_letter) {
            Some((scale, currency)) => {
                unit.scale *= scale;
                unit.currency = currency.or(unit.currency);
            }
            None => rest.push(word),
        }
    }
    if rest.len() < words.len() {
        rest.retain(|word| *word != "in" && *word != "of");
    }
    unit.bare_name = normalized(&rest.concat());
    unit
}

/// The scale and the currency of one word, such as `k`, `eur`, `musd` or `k€`.
fn unit_word(word: &str) -> Option<(f64, Option<&'static str>)> {
    let scale = |word: &str| SCALES.iter().find(|(own, _)| *own == word).map(|(_, scale)| *scale);
    let parts = || {
        CURRENCIES.iter().find_map(|(written, currency)| {
            let rest = word.strip_suffix(written).or_else(|| word.strip_prefix(written))?;
            let factor = if rest.is_empty() { 1.0 } else { scale(rest)? };
            Some((factor, Some(*currency)))
        })
    };
    scale(word).map(|factor| (factor, None)).or_else(parts)
}

/// A cell of a column whose name states a unit: its number in whole dollars, or the text where it names its own.
pub(super) fn scaled(cell: Cell<'_>, scale: f64) -> Option<f64> {
    match cell {
        Cell::Number(number) => Some(number * scale),
        Cell::Text(text) if !text.contains(char::is_alphabetic) => {
            dollars(text).filter(|found| !found.at_least).map(|found| found.number * scale)
        }
        _ => None,
    }
}

/// A factor as people say it: `millions`.
pub(super) fn scale_in_words(scale: f64) -> String {
    match scale {
        1e3 => "thousands".to_owned(),
        1e6 => "millions".to_owned(),
        1e9 => "billions".to_owned(),
        other => format!("units of {}", count(other as u64)),
    }
}

/// How many amounts of a column there are, and how many are small.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct AmountTally {
    all: u64,
    small: u64,
}

impl AmountTally {
    pub(super) fn add(&mut self, amount: f64) {
        if amount > 0.0 {
            self.all += 1;
            self.small += u64::from(amount < SMALL);
        }
    }

    pub(super) fn merge(&mut self, other: AmountTally) {
        self.all += other.all;
        self.small += other.small;
    }

    /// What to say of a column whose amounts are small for what they are.
    pub(super) fn warning(self, column: &str, attribute: &str) -> Option<Warning> {
        is_most(self.small, self.all).then(|| Warning {
            line: None,
            column: Some(column.to_owned()),
            message: format!(
                "{} of {} amounts of {attribute} are below {} US dollars, and are read as they are; if thousands or millions are \
                 meant, say it in the column's name, such as `{column} (M)`",
                count(self.small),
                count(self.all),
                count(SMALL as u64)
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_in_names() {
        for (name, scale, currency, bare_name) in [
            ("Annual Revenue", 1.0, None, "annualrevenue"),
            ("Annual Revenue (M)", 1e6, None, "annualrevenue"),
            ("revenue_musd", 1e6, Some("USD"), "revenue"),
            ("revenue_usd", 1.0, Some("USD"), "revenue"),
            ("Revenue in millions", 1e6, None, "revenue"),
            ("Revenue (in thousands of EUR)", 1e3, Some("EUR"), "revenue"),
            ("Revenue k€", 1e3, Some("EUR"), "revenue"),
            ("Revenue ($M)", 1e6, Some("USD"), "revenue"),
            ("Revenue USD bn", 1e9, Some("USD"), "revenue"),
            ("m revenue", 1.0, None, "mrevenue"),
            ("Euro", 1.0, None, "euro"),
        ] {
            let wanted = StatedUnit { scale, currency, bare_name: bare_name.to_owned() };
            assert_eq!(stated_unit(name), wanted, "{name}");
        }
    }

    #[test]
    fn most_amounts_are_small() {
        let mut tally = AmountTally::default();
        for amount in [12.5, 3.0, 40_000.0, 0.0, f64::NAN] {
            tally.add(amount);
        }
        assert_eq!(tally, AmountTally { all: 3, small: 2 });
        let text = tally.warning("Revenue", "revenue").unwrap().to_string();
        assert!(text.starts_with("column `Revenue`: 2 of 3 amounts of revenue are below 10,000"), "{text}");
        tally.merge(AmountTally { all: 3, small: 0 });
        assert!(tally.warning("Revenue", "revenue").is_none());
    }
}
