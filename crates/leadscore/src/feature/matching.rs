//! Text matching: normalised, on word boundaries, by whole domain labels, against dated lists.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::Error;
use crate::amount::people;
use crate::expression::normalise;
use crate::json::{Cursor, Node, Object};

/// One rule of a `match` source: if its test matches, its level is the value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MatchRule {
    pub(super) level: String,
    pub(super) code: f64,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Words(Phrases),
    Is(Texts),
    Ends(Texts),
    List(&'static List),
    Longer(usize),
    Shorter(usize),
    /// At least so many people.
    People(usize),
}

impl MatchRule {
    pub(super) fn read(
        cursor: &Cursor<'_>,
        code: impl Fn(&Cursor<'_>) -> Result<f64, Error>,
    ) -> Result<Self, Error> {
        let fields =
            cursor.object(&["level", "words", "is", "ends", "list", "longer", "shorter", "people"])?;
        let level = fields.required("level")?;
        let mut tests = Vec::new();
        for (name, value) in fields.all() {
            tests.push(match name {
                "words" => Test::Words(Phrases::new(value.texts()?)),
                "is" if matches!(value.node, Node::Text(_)) => {
                    Test::Is(Texts::new(vec![value.text()?.to_owned()]))
                }
                "is" => Test::Is(Texts::new(value.texts()?)),
                "ends" => Test::Ends(Texts::new(value.texts()?)),
                "list" => Test::List(List::named(&value)?),
                "longer" => Test::Longer(value.count()?),
                "shorter" => Test::Shorter(value.count()?),
                "people" => Test::People(value.count()?),
                _ => continue,
            });
        }
        let (Some(test), true) = (tests.pop(), tests.is_empty()) else {
            return Err(cursor.error("wants exactly one of words, is, ends, list, longer, shorter, people"));
        };
        Ok(MatchRule { level: level_name(&level)?, code: code(&level)?, test })
    }

    /// Whether the rule matches a normalised, non-blank text by what it says and not by its length.
    pub(super) fn names(&self, text: &str) -> bool {
        !matches!(self.test, Test::Longer(_) | Test::Shorter(_)) && self.hits(text)
    }

    /// Whether the rule matches a normalised, non-blank text.
    pub(super) fn hits(&self, text: &str) -> bool {
        match &self.test {
            Test::Words(phrases) => phrases.found_in(text),
            Test::Is(texts) => texts.normalised.iter().any(|wanted| wanted == text),
            Test::Ends(endings) => endings.normalised.iter().any(|ending| ends_with_labels(text, ending)),
            Test::List(list) => list.contains(text),
            Test::Longer(length) => text.chars().count() > *length,
            Test::Shorter(length) => text.chars().count() < *length,
            Test::People(least) => people(text).is_some_and(|found| found.number >= *least as f64),
        }
    }
}

impl From<&MatchRule> for Node {
    fn from(rule: &MatchRule) -> Node {
        let object = Object::default().with("level", &rule.level);
        match &rule.test {
            Test::Words(phrases) => object.with("words", phrases.written.as_slice()),
            Test::Is(texts) => object.with("is", texts.written.as_slice()),
            Test::Ends(texts) => object.with("ends", texts.written.as_slice()),
            Test::List(list) => object.with("list", list.name),
            Test::Longer(length) => object.with("longer", *length),
            Test::Shorter(length) => object.with("shorter", *length),
            Test::People(least) => object.with("people", *least),
        }
        .into()
    }
}

/// Texts as written, and normalised for comparison.
#[derive(Debug, Clone, PartialEq)]
struct Texts {
    written: Vec<String>,
    normalised: Vec<String>,
}

impl Texts {
    fn new(written: Vec<String>) -> Texts {
        let normalised = written.iter().map(|text| normalise(text).into_owned()).collect();
        Texts { written, normalised }
    }
}

/// A level as written; flags take the numbers 0 and 1 too.
pub(super) fn level_name(cursor: &Cursor<'_>) -> Result<String, Error> {
    match cursor.node {
        Node::Integer(number) => Ok(number.to_string()),
        _ => cursor.text().map(str::to_owned),
    }
}

/// Phrases to match on word boundaries.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Phrases {
    pub(super) written: Vec<String>,
    /// Normalised, with single blanks; none is empty.
    normalised: Vec<String>,
    /// Whether a phrase begins with a byte.
    first_bytes: Box<[bool; 256]>,
}

impl Phrases {
    pub(super) fn new(written: Vec<String>) -> Phrases {
        let normalised = written.iter().map(|phrase| single_spaced(&normalise(phrase)).into_owned());
        let normalised: Vec<String> = normalised.filter(|phrase| !phrase.is_empty()).collect();
        let mut first_bytes = Box::new([false; 256]);
        for phrase in &normalised {
            first_bytes[usize::from(phrase.as_bytes()[0])] = true;
        }
        Phrases { written, normalised, first_bytes }
    }

    /// Whether a normalised text contains one of the phrases.
    pub(super) fn found_in(&self, text: &str) -> bool {
        let text = single_spaced(text);
        let bytes = text.as_bytes();
        // Titles and messages are short, and few of their bytes begin a phrase.
        (0..bytes.len()).filter(|&at| self.first_bytes[usize::from(bytes[at])]).any(|at| {
            self.normalised
                .iter()
                .any(|phrase| bytes[at..].starts_with(phrase.as_bytes()) && is_whole(&text, at, phrase))
        })
    }
}

/// Text with single blanks between its words.
fn single_spaced(text: &str) -> Cow<'_, str> {
    let is_uneven = |text: &str| {
        let mut blank_before = false;
        text.chars().any(|c| {
            let blank = c.is_whitespace();
            let bad = blank && (blank_before || c != ' ');
            blank_before = blank;
            bad
        })
    };
    let plain = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    let bytes = text.as_bytes();
    let is_even = bytes.iter().all(plain) && !bytes.windows(2).any(|pair| pair == b"  ");
    if is_even || !is_uneven(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whole-word match of a phrase found in a text, like the regular expression `\bphrase\b`: a word character at either end
/// of the phrase must not be followed or preceded by another.
fn is_whole(text: &str, at: usize, phrase: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let before = text[..at].chars().next_back();
    let after = text[at + phrase.len()..].chars().next();
    let starts_inside = phrase.chars().next().is_some_and(is_word) && before.is_some_and(is_word);
    let ends_inside = phrase.chars().next_back().is_some_and(is_word) && after.is_some_and(is_word);
    !starts_inside && !ends_inside
}

/// Whole labels at the end of a domain: `ox.ac.uk` ends in `ac.uk`, `notedu` does not end in `edu`.
fn ends_with_labels(domain: &str, ending: &str) -> bool {
    let ending = ending.trim_start_matches('.');
    domain
        .strip_suffix(ending)
        .is_some_and(|rest| !ending.is_empty() && (rest.is_empty() || rest.ends_with('.')))
}

/// A built-in list of texts; its name carries the date of its content.
#[derive(Debug, PartialEq)]
pub(super) struct List {
    name: &'static str,
    entries: Vec<&'static str>,
}

static LISTS: LazyLock<Vec<List>> = LazyLock::new(|| {
    let list = |name, text: &'static str| {
        // A remark starts with `#`.
        let is_entry = |line: &&str| !line.is_empty() && !line.starts_with('#');
        let mut entries: Vec<&str> = text.lines().filter(is_entry).collect();
        entries.sort_unstable();
        List { name, entries }
    };
    vec![
        list("free_mail@2026-11", include_str!("lists/free_mail@2026-11.txt")),
        list("disposable_mail@2026-08", include_str!("lists/disposable_mail@2026-08.txt")),
    ]
});

impl List {
    fn named(cursor: &Cursor<'_>) -> Result<&'static List, Error> {
        let name = cursor.text()?;
        LISTS.iter().find(|list| list.name == name).ok_or_else(|| {
            let known: Vec<&str> = LISTS.iter().map(|list| list.name).collect();
            cursor.error(format!("unknown list `{name}`; built in: {}", known.join(", ")))
        })
    }

    fn contains(&self, text: &str) -> bool {
        self.entries.binary_search(&text).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_on_boundaries_and_signs_are_literal() {
        let found = |phrase: &str, text: &str| Phrases::new(vec![phrase.into()]).found_in(&normalise(text));
        assert!(found("now", "Buy NOW!"));
        assert!(!found("now", "I know"));
        assert!(found("vice president", "Senior Vice\n President, Sales"));
        assert!(found("$", "under 5$ each"));
        assert!(found("inc.", "Acme Inc."));
        assert!(!found("demo", "demo_request"));
        assert!(found("ceo", "ＣＥＯ"));
        assert!(found("büro", "das BÜRO,"));
        assert!(!found("", "anything"));
    }

    #[test]
    fn domains_end_in_whole_labels() {
        assert!(ends_with_labels("ox.ac.uk", "ac.uk"));
        assert!(ends_with_labels("ac.uk", ".ac.uk"));
        assert!(!ends_with_labels("notedu", "edu"));
        assert!(!ends_with_labels("mac.uk", "ac.uk"));
    }

    #[test]
    fn lists_are_sorted_and_found() {
        assert!(LISTS[0].contains("gmail.com"));
        assert!(!LISTS[0].contains("acme.com"));
        assert!(LISTS[1].contains("mailinator.com"));
        assert_eq!(LISTS[1].entries.len(), 8_335);
        assert!(LISTS[1].entries.iter().all(|domain| domain.contains('.') && !LISTS[0].contains(domain)));
    }
}
