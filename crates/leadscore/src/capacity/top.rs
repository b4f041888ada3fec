//! How many of the best of a list.

use std::fmt;

use crate::{Error, ErrorKind};

/// How many of the best of a list: a number of leads, or a share of the list, which is rounded up.
///
/// ```
/// use leadscore::capacity::Top;
/// assert_eq!((Top::parse("40")?.of(15), Top::parse("10 %")?.of(15)), (15, 2));
/// assert_eq!(Top::parse("12.5%")?.to_string(), "12.5 %");
/// assert!(Top::parse("0").is_err() && Top::parse("101 %").is_err());
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Top(Measure);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Leads(usize),
    /// In parts of [`WHOLE`].
    Share(u32),
}

/// All leads, in ten-thousandths of a percent.
const WHOLE: u32 = 100 * PERCENT;
const PERCENT: u32 = 10_000;
const DECIMALS: usize = 4;

impl Top {
    /// So many leads.
    ///
    /// # Errors
    /// `invalid_context` for 0.
    pub fn leads(count: usize) -> Result<Top, Error> {
        if count == 0 { Err(wanted("0")) } else { Ok(Top(Measure::Leads(count))) }
    }

    /// Reads a whole number from 1 up, such as `40`, or a share over 0 and up to 100 %, such as `10 %` or `2.5%`, with at
    /// most four decimals.
    ///
    /// # Errors
    /// `invalid_context` for anything else.
    pub fn parse(text: &str) -> Result<Top, Error> {
        let trimmed = text.trim();
        let top = match trimmed.strip_suffix('%') {
            Some(percent) => share(percent.trim()).map(Measure::Share),
            None => digits(trimmed).and_then(|digits| digits.parse().ok()).map(Measure::Leads),
        };
        top.filter(|top| !matches!(top, Measure::Leads(0))).map(Top).ok_or_else(|| wanted(trimmed))
    }

    /// How many these are of a list of so many leads: never more than there are, and of a share that is no whole number the
    /// next higher one.
    pub fn of(self, leads: usize) -> usize {
        match self.0 {
            Measure::Leads(count) => count.min(leads),
            // In 128 bits no product overflows, and the result is at most `leads`.
            Measure::Share(share) => (leads as u128 * u128::from(share)).div_ceil(u128::from(WHOLE)) as usize,
        }
    }

    /// The number of leads, where it is no share.
    pub fn count(self) -> Option<usize> {
        match self.0 {
            Measure::Leads(count) => Some(count),
            Measure::Share(_) => None,
        }
    }

    /// Whether it is fewer leads than another of the same kind; none where one is a number and the other a share.
    pub(crate) fn is_fewer(self, other: Top) -> Option<bool> {
        match (self.0, other.0) {
            (Measure::Leads(own), Measure::Leads(other)) => Some(own < other),
            (Measure::Share(own), Measure::Share(other)) => Some(own < other),
            _ => None,
        }
    }
}

/// As it is read: `40`, `10 %`.
impl fmt::Display for Top {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Measure::Leads(count) => write!(f, "{count}"),
            Measure::Share(share) => {
                let decimals = format!("{:0DECIMALS$}", share % PERCENT);
                let decimals = decimals.trim_end_matches('0');
                let point = if decimals.is_empty() { "" } else { "." };
                write!(f, "{}{point}{decimals} %", share / PERCENT)
            }
        }
    }
}

/// A share over 0 and up to 100 %.
fn share(percent: &str) -> Option<u32> {
    let (whole, decimals) = percent.split_once('.').unwrap_or((percent, "0"));
    if digits(decimals)?.len() > DECIMALS {
        return None;
    }
    let whole: u32 = digits(whole)?.parse().ok()?;
    let decimals: u32 = format!("{decimals:0<DECIMALS$}").parse().ok()?;
    let share = whole.checked_mul(PERCENT)?.checked_add(decimals)?;
    (1..=WHOLE).contains(&share).then_some(share)
}

/// The text, where it is digits alone: `parse` takes a plus sign too.
fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

fn wanted(found: &str) -> Error {
    let message = format!(
        "wants a whole number of leads from 1 up, such as 40, or a share over 0 % and up to 100 %, such as 10 %; \
         found `{found}`"
    );
    Error::new(ErrorKind::InvalidContext, "", message)
}
