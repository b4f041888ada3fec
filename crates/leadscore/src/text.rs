//! Texts of strangers made fit to store, to show and to send on.

/// The longest message of a stranger that is read, in characters; a chat message or an inquiry is far shorter.
pub(crate) const MAX_MESSAGE_CHARS: usize = 4_000;

/// A text without control characters, with single blanks, of at most so many characters.
///
/// Line breaks stay; marks of direction and other characters that are not seen are dropped, but for the joiners that
/// some scripts and emojis need.
pub(crate) fn clean(text: &str, max_chars: usize) -> String {
    let mut cleaned = String::new();
    let (mut chars, mut pending) = (0, None);
    for c in text.chars() {
        if is_invisible(c) {
            continue;
        }
        if c.is_whitespace() || c.is_control() {
            let is_break = c == '\n' || pending == Some('\n');
            pending = Some(if is_break { '\n' } else { ' ' });
            continue;
        }
        let blank = pending.take().filter(|_| !cleaned.is_empty());
        chars += 1 + usize::from(blank.is_some());
        if chars > max_chars {
            break;
        }
        cleaned.extend(blank);
        cleaned.push(c);
    }
    cleaned
}

/// Whether a character cannot be seen and changes how others look, such as a mark of direction.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Apostrophes as they are typed and as programs set them are one.
pub(crate) fn plain_apostrophe(c: char) -> char {
    if matches!(c, '’' | 'ʼ' | '‘' | '`' | '´') { '\'' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cleaned_and_cut() {
        assert_eq!(clean(" a\u{0}\u{7}b\t c \u{202e}\u{200b}d \n\n e\u{feff} ", 100), "a b c d\ne");
        assert_eq!(clean("👨\u{200d}👩", 100), "👨\u{200d}👩");
        assert_eq!(clean("\u{1b}[31m", 10), "[31m");
        assert_eq!(clean("  Ann\u{202E}\t\u{0} Lee\u{200B}\n", 50), "Ann Lee");
        assert_eq!(clean("one \r\n\n two\u{2028}three", 50), "one\ntwo three");
        assert_eq!(clean("ab cd ef", 5), "ab cd");
        assert_eq!(clean("ab cd ef", 3), "ab");
        assert_eq!(clean("äöü", 2), "äö");
        assert_eq!(clean("\u{E0041}\u{E0042}", 9), "");
    }
}
