//! Whether a text states only what its sources say.
//!
//! Checked are numbers, percentages, money, dates and times, e-mail addresses, web addresses, telephone numbers, names
//! (words with a capital) and a list of words that promise something. The lists are data: `grounding.json`.

mod number;
mod token;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use self::number::Quantity;
use self::token::{Token, tokens};
use super::reply::{Rejection, RejectionKind};
use crate::expression::normalise;

/// What a text may rest on: the input of a task and the passages of a knowledge base.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    /// All texts in the form in which they are compared, with single blanks.
    text: String,
    words: BTreeSet<String>,
    numbers: Vec<f64>,
    dates: BTreeSet<Day>,
    addresses: BTreeSet<String>,
    phones: Vec<String>,
}

/// A day, with the year where it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Day {
    month: u8,
    day: u8,
    year: Option<u16>,
}

/// The lists of `grounding.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    offers: BTreeSet<String>,
    offer_phrases: Vec<String>,
    number_words: BTreeMap<String, f64>,
    months: Vec<String>,
    weekdays: BTreeSet<String>,
    top_level_domains: BTreeSet<String>,
    known_capitals: BTreeSet<String>,
    starters: BTreeSet<String>,
    ordinary_endings: Vec<String>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    serde_json::from_str(include_str!("grounding.json")).expect("the lists that ship are read by a test")
});

impl Sources {
    /// The same with another text.
    pub(crate) fn text(mut self, text: &str) -> Sources {
        for token in tokens(text) {
            match token {
                Token::Address(address) => _ = self.addresses.insert(address),
                Token::Phone(digits) => self.phones.push(digits),
                Token::Day(day) => {
                    // `the 20th`, `in 2026`.
                    self.numbers
                        .extend([Some(f64::from(day.day)), day.year.map(f64::from)].into_iter().flatten());
                    self.dates.insert(day);
                }
                Token::Quantity { text, quantity } => {
                    self.numbers.extend(quantity.readings());
                    self.words.insert(text);
                }
                Token::Word { text, .. } => {
                    if let Some(number) = LISTS.number_words.get(&text) {
                        self.numbers.push(*number);
                    }
                    self.words.insert(text);
                }
            }
        }
        self.text.push(' ');
        self.text.push_str(&single_spaced(text));
        self
    }

    /// The same with a number that the text may state, rounded too.
    pub(crate) fn number(mut self, number: f64) -> Sources {
        self.numbers.push(number);
        self
    }

    /// Whether a text has an e-mail or web address or a telephone number.
    pub(crate) fn has_contact_details(&self) -> bool {
        !self.addresses.is_empty() || !self.phones.is_empty()
    }

    /// Checks a text.
    ///
    /// # Errors
    /// The first statement that rests on nothing.
    pub(crate) fn check(&self, path: &str, text: &str) -> Result<(), Rejection> {
        let ungrounded = |what: &str, found: &str| {
            let message = format!("{what} `{found}` is not in the input");
            Err(Rejection::new(RejectionKind::Ungrounded, path, message))
        };
        let lower = single_spaced(text);
        let promised =
            |phrase: &&String| lower.contains(phrase.as_str()) && !self.text.contains(phrase.as_str());
        if let Some(phrase) = LISTS.offer_phrases.iter().find(promised) {
            return ungrounded("the promise", phrase);
        }
        for token in tokens(text) {
            match token {
                Token::Address(address) if !self.addresses.contains(&address) => {
                    return ungrounded("the address", &address);
                }
                Token::Phone(digits) if !self.has_phone(&digits) => {
                    return ungrounded("the telephone number", &digits);
                }
                Token::Day(day) if !self.has_day(day) => {
                    return ungrounded("the date", &format!("{}-{}", day.month, day.day));
                }
                Token::Quantity { text, quantity } if !self.has_quantity(&quantity) => {
                    if !self.words.contains(&text) {
                        return ungrounded("the number", &text);
                    }
                }
                Token::Word { text, original, is_capitalised, starts_sentence } => {
                    if self.words.contains(&text) {
                        continue;
                    }
                    if LISTS.offers.contains(&text) {
                        return ungrounded("the promise", &original);
                    }
                    if LISTS.weekdays.contains(&text) {
                        return ungrounded("the day", &original);
                    }
                    if let Some(number) = LISTS.number_words.get(&text)
                        && !self.has_quantity(&Quantity::exact(*number))
                    {
                        return ungrounded("the number", &original);
                    }
                    if is_capitalised && !self.may_be_capitalised(&text, starts_sentence) {
                        return ungrounded("the name", &original);
                    }
                    if text.contains(|c: char| c.is_ascii_digit()) && !LISTS.known_capitals.contains(&text) {
                        return ungrounded("the name", &original);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether a word with a capital is no name, or one that the sources have.
    fn may_be_capitalised(&self, word: &str, starts_sentence: bool) -> bool {
        if LISTS.known_capitals.contains(word) || self.months_say(word) {
            return true;
        }
        // Parts of a compound: `C-Level`, `Follow-up`.
        let known = |part: &str| {
            self.words.contains(part) || LISTS.starters.contains(part) || LISTS.known_capitals.contains(part)
        };
        if word.contains('-') && word.split('-').all(|part| part.is_empty() || part.len() == 1 || known(part))
        {
            return true;
        }
        let ordinary =
            || LISTS.ordinary_endings.iter().any(|ending| word.len() > 5 && word.ends_with(ending));
        starts_sentence && (LISTS.starters.contains(word) || ordinary())
    }

    /// Whether a word is the month of a date in the sources.
    fn months_say(&self, word: &str) -> bool {
        let month = LISTS.months.iter().position(|month| month == word);
        month.is_some_and(|month| self.dates.iter().any(|day| usize::from(day.month) == month + 1))
    }

    fn has_day(&self, day: Day) -> bool {
        self.dates.iter().any(|own| {
            let years_agree = own.year.is_none() || day.year.is_none() || own.year == day.year;
            (own.month, own.day) == (day.month, day.day) && years_agree
        })
    }

    fn has_phone(&self, digits: &str) -> bool {
        // With or without the country's code: the last seven digits tell two numbers apart.
        let tail = |digits: &str| digits[digits.len() - 7.min(digits.len())..].to_owned();
        self.phones.iter().any(|own| tail(own) == tail(digits))
    }

    fn has_quantity(&self, quantity: &Quantity) -> bool {
        self.numbers.iter().any(|number| quantity.states(*number))
    }
}

/// A text as it is compared, with single blanks.
fn single_spaced(text: &str) -> String {
    normalise(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
