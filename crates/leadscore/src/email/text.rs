//! Words and sentences of plain text.

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

/// Whether a text has a phrase as whole words.
pub(super) fn has_phrase(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        let ends_open = phrase.ends_with(' ');
        !before.is_some_and(char::is_alphanumeric) && (ends_open || !after.is_some_and(char::is_alphanumeric))
    })
}

/// A text cut at the end of a word.
pub(super) fn cut(text: &str, max_chars: usize) -> String {
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
    fn phrases_are_whole_words() {
        assert!(has_phrase("how much is it?", "how much is") && !has_phrase("priceless", "price"));
        assert_eq!(cut("one two three four", 10), "one two…");
    }
}
