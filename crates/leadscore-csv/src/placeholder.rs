//! Texts that stand for a missing value, such as `n/a`.

use super::notes::Note;

/// Texts that stand for a missing value in number, date and flag columns, in lower case; in a text column each of them may
/// also be a value.
const PLACEHOLDERS: [&str; 43] = [
    "na",
    "n/a",
    "null",
    "nan",
    "none",
    "-",
    "--",
    "?",
    "#n/a",
    "\\n",
    "\u{2013}",
    "\u{2014}",
    "n.a.",
    "#ref!",
    "#value!",
    "#div/0!",
    "#name?",
    "#null!",
    "#num!",
    "---",
    "n.a",
    "n\\a",
    "(no value)",
    "no value",
    "[no value]",
    "[not provided]",
    "(not provided)",
    "not provided",
    "not available",
    "not applicable",
    "(not set)",
    "(blank)",
    "(empty)",
    "(none)",
    "(null)",
    "[null]",
    "<null>",
    "(unknown)",
    "[unknown]",
    "undefined",
    "nil",
    // These are words of the language, and often levels of their own.
    "unknown",
    "test",
];
const FIRST_WORD: usize = 41;
/// `test`, which may be an id.
const TEST: usize = 42;
/// The longest of them.
pub(crate) const MAX_LEN: usize = 14;
/// A number or date in a column too narrow for it: `####`.
const TOO_NARROW: usize = PLACEHOLDERS.len();

/// Those that stand for a missing value in text columns of which nothing is known, exactly as written; `NA` and `None` may
/// be real values there.
const TEXT_PLACEHOLDERS: [&str; 11] =
    ["NULL", "\\N", "#N/A", "NaN", "N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"];

/// A text that means a missing value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placeholder(u8);

impl Placeholder {
    /// The placeholder that a trimmed text is, in any case of its letters.
    #[inline]
    pub(crate) fn find(text: &[u8]) -> Option<Placeholder> {
        // Fast path: few texts start like one.
        let starts_like_one = matches!(
            text.first()?,
            b'n' | b'N' | b'u' | b'U' | b't' | b'T' | b'-' | b'?' | b'#' | b'\\' | b'(' | b'[' | b'<' | 0xE2
        );
        if !starts_like_one {
            return None;
        }
        if text.len() > 2 && text.iter().all(|byte| *byte == b'#') {
            return Some(Placeholder(TOO_NARROW as u8));
        }
        if text.len() > MAX_LEN {
            return None;
        }
        let index = PLACEHOLDERS.iter().position(|own| own.as_bytes().eq_ignore_ascii_case(text))?;
        Some(Placeholder(index as u8))
    }

    /// Whether it is a word of the language.
    pub(crate) fn is_word(self) -> bool {
        (FIRST_WORD..TOO_NARROW).contains(&usize::from(self.0))
    }

    pub(crate) fn note(self) -> Note {
        Note::Placeholder(self.0)
    }
}

/// Whether a trimmed text stands for a missing value and is no word of the language.
pub(crate) fn is_placeholder(text: &str) -> bool {
    Placeholder::find(text.as_bytes()).is_some_and(|found| !found.is_word())
}

/// Whether a trimmed text says that something is not known, such as `n/a`, `-` or `unknown`, in any case of its letters: it
/// is nobody's id.
///
/// ```
/// assert!(leadscore_csv::is_unknown("N/A") && leadscore_csv::is_unknown("unknown"));
/// assert!(!leadscore_csv::is_unknown("7") && !leadscore_csv::is_unknown("") && !leadscore_csv::is_unknown("test"));
/// ```
pub fn is_unknown(text: &str) -> bool {
    Placeholder::find(text.as_bytes()).is_some_and(|found| usize::from(found.0) != TEST)
}

/// Which placeholders mean that there is no value in a text column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TextPlaceholders {
    /// Nothing is known of the column: a few, exactly as written.
    #[default]
    AsWritten,
    /// Those of a set, by their bits.
    Set(u64),
}

impl TextPlaceholders {
    /// All but those that are values of the column.
    pub(crate) fn all_but(is_value: impl Fn(&str) -> bool) -> TextPlaceholders {
        let mut bits = 1 << TOO_NARROW;
        for (index, text) in PLACEHOLDERS.iter().enumerate() {
            bits |= u64::from(!is_value(text)) << index;
        }
        TextPlaceholders::Set(bits)
    }

    /// The placeholder that a trimmed text is, where it means that there is no value.
    #[inline]
    pub(crate) fn find(self, text: &[u8]) -> Option<Placeholder> {
        let found = Placeholder::find(text)?;
        let is_missing = match self {
            TextPlaceholders::AsWritten => TEXT_PLACEHOLDERS.iter().any(|own| own.as_bytes() == text),
            TextPlaceholders::Set(bits) => bits >> found.0 & 1 == 1,
        };
        is_missing.then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_what_is_said_of_it() {
        assert!(PLACEHOLDERS.len() < 64);
        assert_eq!(PLACEHOLDERS.iter().map(|text| text.len()).max(), Some(MAX_LEN));
        for text in PLACEHOLDERS {
            assert_eq!(text, text.to_lowercase());
            assert!(Placeholder::find(text.as_bytes()).is_some(), "{text}");
        }
        assert_eq!(PLACEHOLDERS[FIRST_WORD..], ["unknown", "test"]);
        assert_eq!(PLACEHOLDERS[TEST], "test");
        for text in TEXT_PLACEHOLDERS {
            assert!(TextPlaceholders::AsWritten.find(text.as_bytes()).is_some(), "{text}");
        }
        for text in ["", "n", "nobody", "tester", "####1", "(no value) ", "Nathan", "\u{2015}"] {
            assert_eq!(Placeholder::find(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_column_keeps_its_values() {
        let interest = TextPlaceholders::all_but(|text| text == "none");
        for (text, is_missing) in
            [("None", false), ("NULL", true), ("Unknown", true), ("####", true), ("x", false)]
        {
            assert_eq!(interest.find(text.as_bytes()).is_some(), is_missing, "{text}");
        }
        let unknown = TextPlaceholders::default();
        for (text, is_missing) in
            [("None", false), ("NULL", true), ("null", false), ("unknown", false), ("####", false)]
        {
            assert_eq!(unknown.find(text.as_bytes()).is_some(), is_missing, "{text}");
        }
    }
}
