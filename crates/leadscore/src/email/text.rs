//! Words and sentences of plain text.

use std::collections::BTreeSet;

use crate::expression::normalise;

/// Words that say nothing of what a text is about.
const STOP_WORDS: [&str; 48] = [
    "about", "after", "all", "an", "and", "any", "are", "as", "at", "be", "by", "can", "do", "for", "from",
    "has", "have", "how", "if", "in", "is", "it", "its", "more", "no", "not", "of", "on", "one", "or", "our",
    "so", "that", "the", "their", "them", "this", "to", "us", "was", "we", "what", "when", "who", "will",
    "with", "you", "your",
];

/// The words of a text by which it is found: in lower case, without those that say nothing, plurals as singulars.
pub(super) fn words(text: &str) -> Vec<String> {
    let text = normalise(text);
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 1);
    words.filter(|word| !STOP_WORDS.contains(word)).map(singular).collect()
}

fn singular(word: &str) -> String {
    let is_plural = word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us");
    let stem = if is_plural { &word[..word.len() - 1] } else { word };
    // `nurse` and `nursing`, `price` and `pricing` stay apart; `analysi` is the same for both of its forms.
    stem.to_owned()
}

/// The sentences of a text, each trimmed.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let (mut found, mut start) = (Vec::new(), 0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let ends = c == '\n' || matches!(c, '.' | '!' | '?') && next.is_none_or(char::is_whitespace);
        if ends {
            found.push(text[start..at + c.len_utf8()].trim());
            start = at + c.len_utf8();
        }
    }
    found.push(text[start..].trim());
    found.retain(|sentence| !sentence.is_empty());
    found
}

/// Sentences of a text that follow each other and have most of the words that are asked for, of at most so many
/// characters; a single sentence that is longer is cut at a word.
pub(super) fn excerpt(text: &str, query: &str, max_chars: usize) -> String {
    let wanted: BTreeSet<String> = words(query).into_iter().collect();
    let sentences = sentences(text);
    let mut best: (usize, String) = (0, String::new());
    for start in 0..sentences.len() {
        let mut joined = String::new();
        for sentence in &sentences[start..] {
            let length = joined.chars().count() + usize::from(!joined.is_empty()) + sentence.chars().count();
            if length > max_chars {
                break;
            }
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(sentence);
        }
        let hits = words(&joined).iter().filter(|word| wanted.contains(*word)).collect::<BTreeSet<_>>().len();
        if best.1.is_empty() && !joined.is_empty() || hits > best.0 {
            best = (hits, joined);
        }
    }
    if best.1.is_empty() {
        return cut(text, max_chars);
    }
    best.1
}

/// A text cut at the end of a word.
fn cut(text: &str, max_chars: usize) -> String {
    let head: String = text.chars().take(max_chars).collect();
    match head.rsplit_once(char::is_whitespace) {
        Some((whole, _)) if head.len() < text.len() => format!("{}…", whole.trim_end_matches([',', ';'])),
        _ => head,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_at_a_stop_before_a_blank() {
        assert_eq!(
            sentences("It costs 2.400 euros. Is that much? No"),
            ["It costs 2.400 euros.", "Is that much?", "No"]
        );
        assert!(sentences(" \n ").is_empty());
    }

    #[test]
    fn an_excerpt_has_what_is_asked_for() {
        let text = "We are old. Nurses learn on shifts. Developers write code.";
        assert_eq!(excerpt(text, "a developer", 30), "Developers write code.");
        assert_eq!(excerpt(text, "nothing else", 30), "We are old.");
        assert_eq!(excerpt("one two three four", "x", 10), "one two…");
        assert_eq!(excerpt("", "x", 10), "");
    }
}
