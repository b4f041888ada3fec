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
    /// Whether the answer that is checked is German.
    is_german: bool,
    /// Whether a number may be stated only as it is, not rounded.
    is_exact: bool,
}

/// A day, with the year where it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Day {
    month: u8,
    /// In its month, from 1.
    number: u8,
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
    name_verbs: BTreeSet<String>,
    german_words: BTreeSet<String>,
    starters: BTreeSet<String>,
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
                Token::Days(days) => {
                    // `the 20th`, `in 2026`.
                    let numbers =
                        days.iter().flat_map(|day| [Some(f64::from(day.number)), day.year.map(f64::from)]);
                    self.numbers.extend(numbers.flatten());
                    self.dates.extend(days);
                }
                Token::Quantity { text, quantity } => {
                    self.numbers.extend(quantity.readings());
                    self.words.insert(text);
                }
                Token::Word { text, .. } => _ = self.words.insert(text),
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

    /// The same where numbers may not be rounded: a price of 420 is not 400.
    pub(crate) fn exact(mut self) -> Sources {
        self.is_exact = true;
        self
    }

    /// Whether a text has an e-mail or web address or a telephone number.
    pub(crate) fn has_contact_details(&self) -> bool {
        !self.addresses.is_empty() || !self.phones.is_empty()
    }

    /// The same for a whole answer, by which its language is known: single texts may be too short for that.
    pub(crate) fn for_answer(mut self, answer: &str) -> Sources {
        self.is_german = is_german(&tokens(answer));
        self
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
        let tokens = tokens(text);
        // German writes every noun with a capital, which then tells nothing.
        let is_german = self.is_german || is_german(&tokens);
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Token::Address(address) if !self.addresses.contains(address) => {
                    return ungrounded("the address", address);
                }
                Token::Phone(digits) if !self.states_phone(digits) => {
                    return ungrounded("the telephone number", digits);
                }
                Token::Days(days) if !days.iter().any(|day| self.has_day(*day)) => {
                    return ungrounded("the date", &format!("{}-{}", days[0].month, days[0].number));
                }
                // `20% off`
                Token::Quantity { text, .. }
                    if matches!(tokens.get(at + 1), Some(Token::Word { text, .. }) if text == "off")
                        && !self.text.contains(&format!("{text} off")) =>
                {
                    return ungrounded("the promise", &format!("{text} off"));
                }
                Token::Quantity { text, quantity }
                    if !self.has_quantity(quantity)
                        && !self.words.contains(text)
                        && !is_end_of_scale(&tokens[..at], text) =>
                {
                    return ungrounded("the number", text);
                }
                Token::Word { text, original, .. } if !self.words.contains(text) => {
                    if LISTS.offers.contains(text) {
                        return ungrounded("the promise", original);
                    }
                    if LISTS.weekdays.contains(text) {
                        return ungrounded("the day", original);
                    }
                    if !LISTS.known_capitals.contains(text) && self.is_name(&tokens, at, is_german) {
                        return ungrounded("the name", original);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks only what a text promises: words of offers, money, percentages, and where to turn to.
    ///
    /// # Errors
    /// The first promise that rests on nothing.
    pub(crate) fn check_promises(&self, path: &str, text: &str) -> Result<(), Rejection> {
        let refuse = |found: &str| {
            let message = format!("the promise `{found}` is not in the knowledge base");
            Err(Rejection::new(RejectionKind::Ungrounded, path, message))
        };
        let lower = single_spaced(text);
        let promised =
            |phrase: &&String| lower.contains(phrase.as_str()) && !self.text.contains(phrase.as_str());
        if let Some(phrase) = LISTS.offer_phrases.iter().find(promised) {
            return refuse(phrase);
        }
        for token in tokens(text) {
            match token {
                Token::Address(address) if !self.addresses.contains(&address) => return refuse(&address),
                Token::Phone(digits) if !self.states_phone(&digits) => return refuse(&digits),
                Token::Quantity { text, quantity }
                    if text.contains(['%', '$', '€', '£']) && !self.has_quantity(&quantity) =>
                {
                    return refuse(&text);
                }
                Token::Word { text, original, .. }
                    if LISTS.offers.contains(&text) && !self.words.contains(&text) =>
                {
                    return refuse(&original);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether a word that the sources do not have is a name.
    fn is_name(&self, tokens: &[Token], at: usize, is_german: bool) -> bool {
        let Token::Word { text, original, is_capitalised, starts_sentence } = &tokens[at] else {
            return false;
        };
        if text.contains(|c: char| c.is_ascii_digit()) {
            return true;
        }
        if !is_capitalised || self.months_say(text) {
            return false;
        }
        // Parts of a compound: `C-Level`, `Follow-up`.
        let known = |part: &str| {
            part.chars().count() < 2
                || self.words.contains(part)
                || LISTS.starters.contains(part)
                || LISTS.known_capitals.contains(part)
        };
        if text.contains('-') && text.split('-').all(known) {
            return false;
        }
        let is_strange_word = |token: Option<&Token>| match token {
            Some(Token::Word { text, is_capitalised: true, starts_sentence: false, .. }) => !known(text),
            _ => false,
        };
        if is_german {
            // Two in a row that are both unknown, or an abbreviation.
            let is_abbreviation = original.chars().count() > 1 && original.chars().all(char::is_uppercase);
            return is_abbreviation
                || is_strange_word(tokens.get(at + 1)) && !starts_sentence && !known(text);
        }
        if !starts_sentence {
            return true;
        }
        // At the start of a sentence every word has a capital: a name is known by what follows.
        let takes_verb = match tokens.get(at + 1) {
            Some(Token::Word { text, .. }) => LISTS.name_verbs.contains(text),
            _ => false,
        };
        !LISTS.starters.contains(text)
            && (takes_verb
                || original.ends_with("'s")
                || original.ends_with("’s")
                || is_strange_word(tokens.get(at + 1)))
    }

    /// Whether a word is the month of a date in the sources.
    fn months_say(&self, word: &str) -> bool {
        let month = LISTS.months.iter().position(|month| month == word);
        month.is_some_and(|month| self.dates.iter().any(|day| usize::from(day.month) == month + 1))
    }

    fn has_day(&self, day: Day) -> bool {
        self.dates.iter().any(|own| {
            let years_agree = own.year.is_none() || day.year.is_none() || own.year == day.year;
            (own.month, own.number) == (day.month, day.number) && years_agree
        })
    }

    fn states_phone(&self, digits: &str) -> bool {
        // With or without the country's code: the last seven digits tell two numbers apart.
        let tail = |digits: &str| digits[digits.len() - 7.min(digits.len())..].to_owned();
        self.phones.iter().any(|own| tail(own) == tail(digits))
    }

    fn has_quantity(&self, quantity: &Quantity) -> bool {
        let says =
            |number: f64| if self.is_exact { quantity.equals(number) } else { quantity.states(number) };
        self.numbers.iter().any(|number| says(*number))
    }
}

/// Whether a word is a date in numbers.
pub(super) fn is_date(word: &str) -> bool {
    token::numeric_days(word).is_some()
}

/// Whether a word is a web address, by the list of domains where it has no scheme.
pub(super) fn is_web_address(word: &str) -> bool {
    !word.contains('@') && token::address(word).is_some()
}

/// Whether a number is the 100 of `94.6 out of 100`.
fn is_end_of_scale(before: &[Token], number: &str) -> bool {
    number == "100"
        && matches!(before.last(), Some(Token::Word { text, .. }) if matches!(text.as_str(), "of" | "von" | "sur" | "de"))
}

/// Whether a text is German, by the words that every German text has.
fn is_german(tokens: &[Token]) -> bool {
    let words = tokens.iter().filter_map(|token| match token {
        Token::Word { text, .. } => Some(LISTS.german_words.contains(text)),
        _ => None,
    });
    let (count, german) = words.fold((0, 0), |(count, german), is| (count + 1, german + usize::from(is)));
    german * 8 >= count && german > 0
}

/// A text as it is compared, with single blanks.
pub(crate) fn single_spaced(text: &str) -> String {
    normalise(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
