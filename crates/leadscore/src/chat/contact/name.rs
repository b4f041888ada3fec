//! Names that people give of themselves.

use super::super::text::{Word, phrase_end};
use super::Lists;

const MAX_WORDS: usize = 4;
const MAX_CHARS: usize = 60;

/// What a message is to the question for a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum NameAnswer {
    /// The question was not asked.
    NotAsked,
    /// It was asked, and the message mentions something else too.
    Mixed,
    /// It was asked, and the message may be the name alone.
    Bare,
}

/// The name a message gives, as written.
///
/// "My name is …" always counts, "I am …" only in an introduction ("Hi, I'm Ann", "I'm Ann from Acme") or as an answer, and
/// a bare name only as an answer. Words of `not_names` are never taken for one.
pub(super) fn find(words: &[Word<'_>], lists: &Lists, answer: NameAnswer) -> Option<String> {
    let said = (0..words.len()).find_map(|at| {
        let after = lists.name_cues.iter().find_map(|cue| phrase_end(words, at, cue))?;
        name_at(words, after, lists, true)
    });
    let bare = || (answer == NameAnswer::Bare).then(|| bare_name(words, lists)).flatten();
    said.or_else(|| introduction(words, lists, answer)).or_else(bare)
}

fn introduction(words: &[Word<'_>], lists: &Lists, answer: NameAnswer) -> Option<String> {
    let greeted = greeting_end(words, lists);
    let (asked, any_case) = (answer != NameAnswer::NotAsked, answer == NameAnswer::Bare);
    (0..words.len()).find_map(|at| {
        let after = lists.introductions.iter().find_map(|cue| phrase_end(words, at, cue))?;
        let length = name_length(words, after, lists, any_case);
        let next = words.get(after + length).filter(|_| length > 0 && !words[after + length - 1].ends);
        let is_followed = next.is_some_and(|word| lists.after_introduction.contains(&word.normal));
        let is_whole = next.is_none_or(|word| word.normal == "and");
        let begins = at == greeted && (asked || greeted > 0);
        let introduces = is_followed || is_whole && begins;
        introduces.then(|| name_at(words, after, lists, any_case)).flatten()
    })
}

/// A message that is nothing but a name, after a greeting or a yes, and before a thank-you; or that begins with a
/// capitalised one and a mark: "Ann Smith, my number is …".
fn bare_name(words: &[Word<'_>], lists: &Lists) -> Option<String> {
    let start = greeting_end(words, lists);
    let length = name_length(words, start, lists, true);
    let rest = start + length;
    let closing =
        || lists.after_name.iter().any(|phrase| phrase_end(words, rest, phrase) == Some(words.len()));
    let is_set_off = || words[rest - 1].ends && is_capitalised(words[start].text);
    let is_name = length > 0 && (rest == words.len() || closing() || is_set_off());
    is_name.then(|| name_at(words, start, lists, true)).flatten()
}

fn greeting_end(words: &[Word<'_>], lists: &Lists) -> usize {
    let mut at = 0;
    while let Some(next) = lists.before_name.iter().filter_map(|phrase| phrase_end(words, at, phrase)).max() {
        at = next;
    }
    at
}

fn name_at(words: &[Word<'_>], start: usize, lists: &Lists, any_case: bool) -> Option<String> {
    let length = name_length(words, start, lists, any_case);
    let parts: Vec<&str> = words[start..start + length].iter().map(|word| word.text).collect();
    let name = parts.join(" ");
    (length > 0 && name.chars().count() <= MAX_CHARS).then_some(name)
}

/// How many words from here on are a name: capitalised ones, particles between them, or two in lower case where these
/// count.
fn name_length(words: &[Word<'_>], start: usize, lists: &Lists, any_case: bool) -> usize {
    let Some(first) = words.get(start) else { return 0 };
    let capitalised = is_capitalised(first.text);
    if !is_name_word(first, lists) || !(capitalised || any_case) {
        return 0;
    }
    let most = if capitalised { MAX_WORDS } else { 2 };
    let mut length = 1;
    while length < most && !words[start + length - 1].ends {
        let Some(word) = words.get(start + length) else { break };
        let particle = capitalised && lists.name_particles.contains(&word.normal);
        let fits = is_capitalised(word.text) == capitalised && is_name_word(word, lists);
        if !particle && !fits {
            break;
        }
        length += 1;
    }
    // A particle does not end a name.
    while length > 1 && capitalised && !is_capitalised(words[start + length - 1].text) {
        length -= 1;
    }
    length
}

fn is_name_word(word: &Word<'_>, lists: &Lists) -> bool {
    let letters =
        word.text.chars().all(|c| c.is_alphabetic() || is_mark(c) || matches!(c, '-' | '\'' | '’' | '.'));
    letters && word.text.chars().count() <= 30 && !lists.not_names.contains(&word.normal)
}

/// A vowel sign or tone mark of the scripts of India and of combining Latin.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// Whether a word begins with a capital letter, or is of a script without capitals.
fn is_capitalised(text: &str) -> bool {
    text.chars().next().is_some_and(|c| c.is_uppercase() || !c.is_lowercase())
}

#[cfg(test)]
mod tests {
    use super::super::super::text::words;
    use super::*;

    fn name(message: &str, asked: bool) -> Option<String> {
        let answer = if asked { NameAnswer::Bare } else { NameAnswer::NotAsked };
        find(&words(message), Lists::builtin(), answer)
    }

    #[test]
    fn names_that_are_said() {
        for (message, wanted) in [
            ("My name is Ann Smith.", "Ann Smith"),
            ("my name is ann and I need a sofa", "ann"),
            ("Hello, my name's José de la Cruz, how much is it?", "José de la Cruz"),
            ("Hi, I'm Ann", "Ann"),
            ("Hi, I’m Ann O’Neill and I have a question", "Ann O’Neill"),
            ("I am Ann Smith from Acme", "Ann Smith"),
            ("This is Ludwig van Beethoven at Acme", "Ludwig van Beethoven"),
        ] {
            assert_eq!(name(message, false).as_deref(), Some(wanted), "{message}");
        }
    }

    #[test]
    fn names_that_are_answers() {
        for (message, wanted) in [
            ("Ann", "Ann"),
            ("ann smith", "ann smith"),
            ("Sure, it's Ann", "Ann"),
            ("Hello, the name is Ann", "Ann"),
            ("Ann-Marie here", "Ann-Marie"),
            ("Ann Smith, my number is below", "Ann Smith"),
            ("李明", "李明"),
            ("i am priya", "priya"),
            ("Hi! Dr. Ann Smith, thanks", "Dr. Ann Smith"),
        ] {
            assert_eq!(name(message, true).as_deref(), Some(wanted), "{message}");
        }
        assert_eq!(name("Ann", false), None);
        let mixed = |message| find(&words(message), Lists::builtin(), NameAnswer::Mixed);
        assert_eq!(mixed("I'm Ann").as_deref(), Some("Ann"));
        assert_eq!((mixed("I'm ann"), mixed("Ann")), (None, None));
    }

    #[test]
    fn what_is_no_name() {
        for message in [
            "I'm interested",
            "I am Interested",
            "Hi, I'm looking for a sofa",
            "no",
            "Yes please",
            "why?",
            "my name is secret",
            "it's urgent",
            "This is Great",
            "ok",
            "42",
            "ann@example.com",
            "I'm from Leeds",
            "my name is",
            "the price",
            "what is your name",
            "x1",
            "Great, thanks",
            "Oh, one moment",
            "ann, my number is below",
            "I'd like a sofa please",
            "a b c d e f",
        ] {
            assert_eq!(name(message, true), None, "{message}");
        }
        for message in [
            "I am Ann",
            "I'm German",
            "I AM INTERESTED",
            "His name is Paul",
            "the product name is Comfort Plus",
            "Ann bought it",
            "it's Monday",
        ] {
            assert_eq!(name(message, false), None, "{message}");
        }
    }
}
