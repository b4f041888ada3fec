//! Values that may mean missing (sentinels): proposed, never assumed.

use crate::wording::share;

/// Numbers that people write where they have none.
const NUMBERS: [f64; 11] =
    [-1.0, 99.0, 999.0, 9999.0, 99_999.0, 999_999.0, -99.0, -999.0, -9999.0, -99_999.0, -999_999.0];
/// Words of a form in which nothing was chosen.
const WORDS: [&str; 8] = [
    "select",
    "please select",
    "choose",
    "please choose",
    "- select -",
    "--select--",
    "not selected",
    "none selected",
];
/// In fewer rows a value is no habit.
const LEAST_SHARE: f64 = 0.01;
const LEAST_COUNT: u64 = 5;

/// How often the numbers that may mean missing occur, and where all others lie.
#[derive(Debug, Default)]
pub(super) struct Sentinels {
    counts: [u64; NUMBERS.len()],
    range: Option<(f64, f64)>,
}

impl Sentinels {
    pub(super) fn add(&mut self, number: f64) {
        if let Some(at) = NUMBERS.iter().position(|own| *own == number) {
            self.counts[at] += 1;
            return;
        }
        let (low, high) = self.range.unwrap_or((number, number));
        self.range = Some((low.min(number), high.max(number)));
    }

    /// What to say of one that lies far from all other values.
    pub(super) fn proposal(&self, column: &str, row_count: u64) -> Option<String> {
        let (low, high) = self.range?;
        let is_far = |value: f64| {
            if value == -1.0 {
                return low >= 0.0;
            }
            let distance = if value > high { value - high } else { low - value };
            distance > (high - low).max(1.0)
        };
        let (value, count) = NUMBERS
            .iter()
            .zip(self.counts)
            .filter(|(value, count)| is_often(*count, row_count) && is_far(**value))
            .max_by_key(|(_, count)| *count)?;
        Some(format!(
            "column `{column}`: {value} in {} of rows lies apart from all other values ({low} to {high}); if it means \
             missing, learn again with --missing \"{column}={value}\"",
            share(count as f64 / row_count as f64)
        ))
    }
}

/// The level that may mean that nothing was chosen.
pub(super) fn unchosen<'a>(levels: impl Iterator<Item = (&'a str, u64)>, row_count: u64) -> Option<&'a str> {
    let mut found = levels.filter(|(level, count)| {
        WORDS.contains(&level.trim().to_lowercase().as_str()) && is_often(*count, row_count)
    });
    found.next().map(|(level, _)| level)
}

fn is_often(count: u64, row_count: u64) -> bool {
    count >= LEAST_COUNT && count as f64 >= LEAST_SHARE * row_count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(values: &[(f64, u64)]) -> Option<String> {
        let mut own = Sentinels::default();
        for (value, count) in values {
            (0..*count).for_each(|_| own.add(*value));
        }
        own.proposal("pdays", values.iter().map(|(_, count)| count).sum())
    }

    #[test]
    fn what_lies_apart_is_proposed() {
        let wanted = "column `pdays`: 999 in 90 % of rows lies apart from all other values (0 to 27); if it means missing, \
                      learn again with --missing \"pdays=999\"";
        assert_eq!(proposal(&[(999.0, 90), (0.0, 4), (27.0, 6)]).as_deref(), Some(wanted));
        assert!(proposal(&[(-1.0, 50), (0.0, 4), (800.0, 6)]).unwrap().contains("-1 in "));
        // Among others, rare, or the end of a range: an ordinary number.
        assert_eq!(proposal(&[(999.0, 90), (0.0, 4), (2000.0, 6)]), None);
        assert_eq!(proposal(&[(999.0, 4), (0.0, 400), (27.0, 600)]), None);
        assert_eq!(proposal(&[(99.0, 50), (1.0, 400), (98.0, 600)]), None);
        assert_eq!(proposal(&[(-1.0, 50), (-2.0, 400), (98.0, 600)]), None);
        assert_eq!(proposal(&[(999.0, 50)]), None);
    }

    #[test]
    fn words_for_nothing_chosen_are_found() {
        let levels = [("Web", 60), ("Please Select", 30), ("Ads", 10)];
        assert_eq!(unchosen(levels.into_iter(), 100), Some("Please Select"));
        assert_eq!(unchosen(levels.into_iter(), 10_000), None);
        assert_eq!(unchosen([("Selected", 60)].into_iter(), 100), None);
    }
}
