//! The words of a message beside what was written.

use crate::expression::normalise;
use crate::text::plain_apostrophe;

/// A word as written, without the marks around it, and in the form for comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) normal: String,
    /// Where it begins in the message, in bytes.
    pub(super) start: usize,
    /// Whether a mark after it ends a clause: `.`, `,`, `!`, `?`, `;`, `:` or a line break.
    pub(super) ends: bool,
}

/// The words of a message. NFKC, lower case and plain apostrophes are for comparison only.
pub(super) fn words(message: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut at = 0;
    for piece in message.split_inclusive(char::is_whitespace) {
        let start = at;
        at += piece.len();
        let body = piece.trim_start_matches(|c: char| !c.is_alphanumeric());
        let text = body.trim_end_matches(|c: char| !c.is_alphanumeric());
        let start = start + (piece.len() - body.len());
        let marks = &body[text.len()..];
        let text = if is_abbreviation(text, marks) { &body[..=text.len()] } else { text };
        let marks = &body[text.len()..];
        let ends = marks.contains(['.', ',', '!', '?', ';', ':', '\n']);
        if text.is_empty() {
            let closes = piece.contains(['.', ',', '!', '?', ';', ':', '\n']);
            if let (Some(last), true) = (words.last_mut(), closes) {
                last.ends = true;
            }
            continue;
        }
        words.push(Word { text, normal: normal(text), start, ends });
    }
    words
}

/// Whether a point belongs to a short word, as in `Dr.` or `J.`.
fn is_abbreviation(text: &str, marks: &str) -> bool {
    marks.trim_end() == "." && text.chars().count() <= 2 && text.starts_with(char::is_uppercase)
}

/// A phrase of a list in the form for comparison.
pub(super) fn phrase(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.normal).collect()
}

/// Where a phrase ends that begins at a word: the index of the word after it. A mark between its words breaks it.
pub(super) fn phrase_end(words: &[Word<'_>], at: usize, phrase: &[String]) -> Option<usize> {
    let found = words.get(at..at + phrase.len())?;
    let same = found.iter().zip(phrase).all(|(word, wanted)| word.normal == *wanted);
    let unbroken = found.iter().rev().skip(1).all(|word| !word.ends);
    (same && unbroken).then_some(at + phrase.len())
}

/// Whether the words contain any of some phrases.
pub(super) fn contains_any(words: &[Word<'_>], phrases: &[Vec<String>]) -> bool {
    (0..words.len()).any(|at| phrases.iter().any(|phrase| phrase_end(words, at, phrase).is_some()))
}

fn normal(text: &str) -> String {
    normalise(&text.chars().map(plain_apostrophe).collect::<String>()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_what_was_written() {
        let message = "Hi, I’m (Ann) Smith-Jones !";
        let read: Vec<_> = words(message).into_iter().map(|w| (w.text, w.normal, w.ends)).collect();
        let word = |text, normal: &str, ends| (text, normal.to_owned(), ends);
        assert_eq!(
            read,
            [
                word("Hi", "hi", true),
                word("I’m", "i'm", false),
                word("Ann", "ann", false),
                word("Smith-Jones", "smith-jones", true)
            ]
        );
        for word in words(message) {
            assert!(message[word.start..].starts_with(word.text));
        }
    }
}
