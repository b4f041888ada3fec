//! A message as clauses of normalised words.

use unicode_normalization::UnicodeNormalization;

use crate::text::{MAX_MESSAGE_CHARS, is_invisible, plain_apostrophe};

/// A comma among the words: a phrase spans it only where the phrase has one too.
pub(super) const COMMA: &str = ",";

/// The words between two ends of a sentence.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Clause {
    pub(super) words: Vec<String>,
    /// Whether it ends with a question mark.
    pub(super) asked: bool,
}

/// Cuts a message into clauses: NFKC, lower case, apostrophes dropped from words (`don’t` is `dont`).
pub(super) fn clauses(message: &str) -> Vec<Clause> {
    let mut reader = Reader::default();
    let mut rest = normalised(message).peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        let after = rest.peek().copied().unwrap_or(' ');
        let between_digits = before.is_ascii_digit() && after.is_ascii_digit();
        match c {
            '\'' => {
                if !(before.is_alphanumeric() && after.is_alphanumeric()) {
                    reader.end_word();
                }
            }
            _ if c.is_alphanumeric() || (c == '%' && before.is_ascii_digit()) => reader.word.push(c),
            '.' | ',' if between_digits => {}
            ',' => reader.comma(),
            '?' => reader.end_clause(true),
            '.' | '!' | ';' | ':' | '\n' | '。' | '！' | '？' => reader.end_clause(false),
            _ => reader.end_word(),
        }
        before = c;
    }
    reader.end_clause(false);
    reader.clauses
}

/// The words of a phrase in a list, written as a message would be.
pub(super) fn phrase(text: &str) -> Vec<String> {
    clauses(text).into_iter().flat_map(|clause| clause.words).collect()
}

fn normalised(message: &str) -> impl Iterator<Item = char> {
    let end = message.char_indices().nth(MAX_MESSAGE_CHARS).map_or(message.len(), |(at, _)| at);
    let pieces = message[..end].split_inclusive(char::is_whitespace);
    // Apostrophes before NFKC, which makes two characters of a single acute accent.
    pieces
        .flat_map(without_address)
        .filter(|c| !is_ignored(*c))
        .map(plain_apostrophe)
        .nfkc()
        .flat_map(char::to_lowercase)
        .nfkc()
}

/// A piece of text that ends with a blank; an address in it is left out, since its words are not the sender's.
fn without_address(piece: &str) -> std::str::Chars<'_> {
    let is_address =
        piece.contains("://") || piece.starts_with("www.") || piece.trim().trim_matches('@').contains('@');
    let blank = piece.trim_end().len();
    if is_address { piece[blank..].chars() } else { piece.chars() }
}

/// What is not seen and would split a word; joiners too, which no English word has.
fn is_ignored(c: char) -> bool {
    is_invisible(c) || matches!(c, '\u{200c}' | '\u{200d}')
}

#[derive(Default)]
struct Reader {
    clauses: Vec<Clause>,
    words: Vec<String>,
    word: String,
}

impl Reader {
    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.words.push(std::mem::take(&mut self.word));
        }
    }

    fn comma(&mut self) {
        self.end_word();
        if self.words.last().is_some_and(|word| word != COMMA) {
            self.words.push(COMMA.to_owned());
        }
    }

    fn end_clause(&mut self, asked: bool) {
        self.end_word();
        if !self.words.is_empty() {
            self.clauses.push(Clause { words: std::mem::take(&mut self.words), asked });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(message: &str) -> Vec<String> {
        clauses(message)
            .iter()
            .map(|clause| clause.words.join(" ") + if clause.asked { "?" } else { "" })
            .collect()
    }

    #[test]
    fn clauses_end_with_sentences() {
        assert_eq!(
            cut("Hi! How much is it? 0% or 1,200.50 EUR"),
            ["hi", "how much is it?", "0% or 120050 eur"]
        );
        assert_eq!(cut("No, thanks,, bye\nok"), ["no , thanks , bye", "ok"]);
        assert_eq!(cut(" ?!... , "), [""; 0]);
    }

    #[test]
    fn written_forms_are_one() {
        for text in [
            "I DON'T know",
            "i don’t know",
            "I don\u{2bc}t k\u{200b}now",
            "Ｉ ｄｏｎ'ｔ know",
            "I don´t know",
            "I dont know",
        ] {
            assert_eq!(cut(text), ["i dont know"], "{text}");
        }
        assert_eq!(phrase("Don't contact me"), ["dont", "contact", "me"]);
    }

    #[test]
    fn addresses_say_nothing() {
        let message = "see https://buy.example/now or buy@example.com www.price.example\nok @ 5";
        assert_eq!(cut(message), ["see or", "ok 5"]);
    }

    #[test]
    fn only_the_beginning_of_a_long_message_is_read() {
        let read = clauses(&"word ".repeat(20_000));
        assert_eq!(read[0].words.len(), MAX_MESSAGE_CHARS / 5);
    }
}
