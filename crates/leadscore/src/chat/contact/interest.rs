//! What people say they are looking for.

use super::super::text::{Word, contains_any, phrase_end};
use super::Lists;
use crate::text::clean;

const MAX_CHARS: usize = 100;

/// What a message says it is about: the words after "looking for" and the like, up to the end of the clause; as an answer to
/// the question the whole message, unless it asks something itself.
pub(super) fn find(message: &str, words: &[Word<'_>], lists: &Lists, asked: bool) -> Option<String> {
    let said = (0..words.len()).find_map(|at| {
        let after = lists.interest_cues.iter().filter_map(|cue| phrase_end(words, at, cue)).max()?;
        after_cue(message, words, after, lists)
    });
    said.or_else(|| asked.then(|| answer(message, words, lists)).flatten())
}

fn after_cue(message: &str, words: &[Word<'_>], start: usize, lists: &Lists) -> Option<String> {
    let mut end = start;
    while let Some(word) = words.get(end) {
        if end > start && lists.interest_ends.contains(&word.normal) {
            break;
        }
        end += 1;
        if word.ends {
            break;
        }
    }
    // The cue ended its clause: "I am interested. Call me".
    if start > 0 && words[start - 1].ends {
        return None;
    }
    let said = words.get(start..end).filter(|said| says_something(said, lists))?;
    let (first, last) = (said.first()?, said.last()?);
    text(&message[first.start..last.start + last.text.len()])
}

fn answer(message: &str, words: &[Word<'_>], lists: &Lists) -> Option<String> {
    let declined = contains_any(words, &lists.declines);
    let opens_question = words.first().is_some_and(|word| lists.question_words.contains(&word.normal));
    let asks = message.contains('?') || opens_question;
    (!declined && !asks && says_something(words, lists)).then(|| text(message)).flatten()
}

/// Whether a word is left that is neither a thing like "it" nor a yes or a greeting.
fn says_something(words: &[Word<'_>], lists: &Lists) -> bool {
    words.iter().any(|word| {
        word.text.chars().any(char::is_alphabetic)
            && !lists.not_interests.contains(&word.normal)
            && !lists.not_names.contains(&word.normal)
    })
}

/// On one line, cut at a word, without the marks that templates are written in.
fn text(written: &str) -> Option<String> {
    let plain: String = written.chars().filter(|c| !matches!(c, '{' | '}' | '<' | '>')).collect();
    let line = clean(&plain.replace('\n', " "), usize::MAX);
    let cut = clean(&line, MAX_CHARS);
    let whole = if cut.len() < line.len() {
        cut.rsplit_once(' ').map_or(cut.as_str(), |(kept, _)| kept)
    } else {
        &cut
    };
    let trimmed =
        whole.trim_matches(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | '!' | '?' | ';' | ':'));
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::super::text::words;
    use super::*;

    fn interest(message: &str, asked: bool) -> Option<String> {
        find(message, &words(message), Lists::builtin(), asked)
    }

    #[test]
    fn what_stands_after_a_cue() {
        for (message, wanted) in [
            ("I'm looking for a grey sofa. Do you have one?", "a grey sofa"),
            ("we are interested in solar panels, please call", "solar panels"),
            ("I want to buy two {desks} and a chair", "two desks"),
            ("I am interested in buying it", ""),
            ("I am interested in it", ""),
            ("I am interested. In Leeds it rains", ""),
            ("looking for", ""),
            ("hello", ""),
        ] {
            assert_eq!(interest(message, false).unwrap_or_default(), wanted, "{message}");
        }
    }

    #[test]
    fn answers_are_taken_whole() {
        assert_eq!(interest("a standing\ndesk for two!", true).as_deref(), Some("a standing desk for two"));
        for message in [
            "yes",
            "hi there",
            "why do you ask?",
            "how much is delivery",
            "is it red?",
            "it",
            "?",
            "5",
            "I'd rather not say",
        ] {
            assert_eq!(interest(message, true), None, "{message}");
        }
        let long = interest(&"very long answer ".repeat(100), true).unwrap();
        assert!(
            long.chars().count() <= MAX_CHARS
                && long.split(' ').all(|word| ["very", "long", "answer"].contains(&word)),
            "{long}"
        );
    }
}
