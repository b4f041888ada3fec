//! Numbers as people write them, and which values they may stand for.

/// A number in a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quantity {
    /// What it may be, with the size of its last digit: `1.200` is 1.2 or 1200.
    readings: Vec<Reading>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Reading {
    value: f64,
    /// What the last digit counts.
    step: f64,
    is_percent: bool,
}

impl Quantity {
    /// A number said in words.
    pub(super) fn exact(value: f64) -> Quantity {
        Quantity { readings: vec![Reading { value, step: 0.0, is_percent: false }] }
    }

    /// A word behind it says that it is a percentage.
    pub(super) fn set_percent(&mut self) {
        self.readings.iter_mut().for_each(|reading| reading.is_percent = true);
    }

    /// The values that it may stand for.
    pub(super) fn readings(&self) -> impl Iterator<Item = f64> {
        self.readings.iter().map(|reading| reading.value)
    }

    /// Whether it is a number, not rounded.
    pub(super) fn equals(&self, number: f64) -> bool {
        self.readings().any(|value| (value - number).abs() <= 1e-9 * number.abs())
    }

    /// Whether it may state a number: as it is, rounded to the digits written, or as a percentage.
    pub(super) fn states(&self, number: f64) -> bool {
        self.readings
            .iter()
            .any(|reading| reading.states(number) || reading.is_percent && reading.states(number * 100.0))
    }
}

impl Reading {
    fn states(&self, number: f64) -> bool {
        let gap = (self.value - number).abs();
        if gap <= 0.5 * self.step * (1.0 + 1e-9) || gap <= 1e-9 * self.value.abs() {
            return true;
        }
        // A round number may be an approximation.
        let is_round = self.value >= 20.0 && self.value % 10.0 == 0.0;
        is_round && gap <= 0.05 * self.value
    }
}

/// The number that a word is, such as `72`, `$1,200.50`, `12k`, `3rd` or `72%`; none where it is no number.
pub(super) fn quantity(word: &str) -> Option<Quantity> {
    let is_money = word.contains(['$', '€', '£']);
    let word = word.trim_start_matches(['$', '€', '£', '+', '−', '-', '~', '≈']);
    let end = word.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '’')));
    let (digits, suffix) = word.split_at(end.unwrap_or(word.len()));
    let digits = digits.trim_end_matches(['.', ',', '\'', '’']);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || digits.len() > 20 {
        return None;
    }
    let (scale, is_percent) = match suffix.to_ascii_lowercase().as_str() {
        "" | "st" | "nd" | "rd" | "th" | "x" | "€" | "$" | "£" | "h" | "d" | "s" | "min" => (1.0, false),
        "%" => (1.0, true),
        "k" => (1e3, false),
        "m" => (1e6, false),
        "bn" => (1e9, false),
        _ => return None,
    };
    let readings = readings(digits, is_money).into_iter().map(|(value, step)| Reading {
        value: value * scale,
        step: step * scale,
        is_percent,
    });
    let readings: Vec<Reading> = readings.collect();
    (!readings.is_empty()).then_some(Quantity { readings })
}

/// What digits with separators may be, each with what its last digit counts.
fn readings(digits: &str, is_money: bool) -> Vec<(f64, f64)> {
    let is_separator = |c: char| matches!(c, '.' | ',' | '\'' | '’');
    let groups: Vec<&str> = digits.split(is_separator).collect();
    let mut found = Vec::new();
    let (first, others) = groups.split_first().expect("a split has a part");
    let are_thousands = others.iter().all(|group| group.len() == 3) && first.len() <= 3 && *first != "0";
    if are_thousands || others.is_empty() {
        // All separators set thousands apart.
        found.extend(groups.concat().parse().ok().map(|value: f64| (value, 1.0)));
    }
    if let Some((decimals, whole)) = others.split_last() {
        let separators: Vec<char> = digits.chars().filter(|c| is_separator(*c)).collect();
        let (last, before) = separators.split_last().expect("as many as groups after the first");
        let thousands = whole.iter().all(|group| group.len() == 3) && !before.contains(last);
        // Three digits behind a comma, or of an amount of money, are thousands.
        let may_be_decimals = decimals.len() != 3 || *first == "0" || *last == '.' && !is_money;
        if matches!(last, '.' | ',') && thousands && may_be_decimals {
            let text = format!("{first}{}.{decimals}", whole.concat());
            let step = (0..decimals.len()).fold(1.0, |step, _| step / 10.0);
            found.extend(text.parse().ok().map(|value: f64| (value, step)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(word: &str, number: f64) -> bool {
        quantity(word).unwrap_or_else(|| panic!("{word}")).states(number)
    }

    #[test]
    fn a_number_stands_for_what_rounds_to_it() {
        for (word, number) in [
            ("72", 72.3),
            ("72.3", 72.34),
            ("72%", 0.7234),
            ("72%", 72.0),
            ("1,200", 1200.0),
            ("1.200", 1200.0),
            ("1.200", 1.2),
            ("12,5", 12.5),
            ("1.234,5", 1234.5),
            ("1'200", 1200.0),
            ("$12k", 12_000.0),
            ("€1.5m", 1_500_000.0),
            ("$50.000", 50_000.0),
            ("1,200", 1187.0),
            ("3rd", 3.0),
            ("70%", 0.72),
            ("0.72", 0.7234),
            ("8.", 8.0),
        ] {
            assert!(states(word, number), "{word} {number}");
        }
        for (word, number) in [
            ("72", 73.0),
            ("72%", 0.8),
            ("1,200", 1300.0),
            ("12,5", 125.0),
            ("$12k", 12.0),
            ("$50,000", 50.0),
            ("1,200", 1.2),
            ("0.72", 0.73),
            ("20", 15.0),
            ("7", 0.07),
            ("2", 3.0),
        ] {
            assert!(!states(word, number), "{word} {number}");
        }
        for word in ["", "b2b", "q4", "x3", "4th-grade", "12abc", ".", "%"] {
            assert_eq!(quantity(word), None, "{word}");
        }
    }
}
