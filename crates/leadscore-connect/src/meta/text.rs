//! How long a reply may be, and how a longer one is cut.

use thiserror::Error;
use unicode_segmentation::UnicodeSegmentation;

/// What a platform counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    #[cfg_attr(not(feature = "whatsapp"), allow(dead_code, reason = "WhatsApp counts so"))]
    Characters(usize),
    Bytes(usize),
}

/// Why a text cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TextError {
    /// There is nothing in it.
    #[error("{path} is empty")]
    Empty {
        /// Which text.
        path: &'static str,
    },
    /// It is longer than the platform takes.
    #[error("{path} has {actual} {unit}, and at most {limit} are taken")]
    TooLong {
        /// Which text.
        path: &'static str,
        /// How much it may have.
        limit: usize,
        /// How much it has.
        actual: usize,
        /// Characters or bytes.
        unit: &'static str,
    },
    /// There are none or too many of them.
    #[error("there are {actual} {path}, and 1 to {limit} are taken")]
    WrongNumber {
        /// Of what.
        path: &'static str,
        /// How many there may be.
        limit: usize,
        /// How many there are.
        actual: usize,
    },
    /// Two of them are the same.
    #[error("{path} is there twice")]
    Repeated {
        /// Which text.
        path: &'static str,
    },
}

impl Limit {
    fn number(self) -> usize {
        match self {
            Limit::Characters(limit) | Limit::Bytes(limit) => limit,
        }
    }

    fn length(self, text: &str) -> usize {
        match self {
            Limit::Characters(_) => text.chars().count(),
            Limit::Bytes(_) => text.len(),
        }
    }

    pub(crate) fn check(self, text: &str, path: &'static str) -> Result<(), TextError> {
        let (limit, actual) = (self.number(), self.length(text));
        if text.trim().is_empty() {
            return Err(TextError::Empty { path });
        }
        let unit = match self {
            Limit::Characters(_) => "characters",
            Limit::Bytes(_) => "bytes",
        };
        if actual > limit { Err(TextError::TooLong { path, limit, actual, unit }) } else { Ok(()) }
    }

    pub(crate) fn split(self, text: &str) -> Vec<String> {
        let mut parts = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (part, behind) = rest.split_at(self.cut(rest));
            let part = part.trim_end();
            if !part.is_empty() {
                parts.push(part.to_owned());
            }
            rest = behind.trim_start();
        }
        parts
    }

    /// Where a text is cut: behind the last space that fits, or else behind the last whole sign.
    fn cut(self, text: &str) -> usize {
        let (mut used, mut behind_space, mut behind_sign) = (0, 0, 0);
        for (at, sign) in text.grapheme_indices(true) {
            used += self.length(sign);
            if used > self.number() {
                let whole = if behind_space > 0 { behind_space } else { behind_sign };
                return if whole > 0 { whole } else { self.cut_sign(text) };
            }
            behind_sign = at + sign.len();
            if sign.chars().all(char::is_whitespace) {
                behind_space = behind_sign;
            }
        }
        text.len()
    }

    /// One sign that is longer than the limit, as a letter under a hundred accents is.
    fn cut_sign(self, text: &str) -> usize {
        let mut end = 0;
        for (at, letter) in text.char_indices() {
            let next = at + letter.len_utf8();
            if self.length(&text[..next]) > self.number() {
                break;
            }
            end = next;
        }
        // A limit below one letter would never end.
        if end == 0 { text.chars().next().map_or(text.len(), char::len_utf8) } else { end }
    }
}

/// Cuts a text into parts of at most so many bytes, between words where that is possible and never within a sign.
///
/// ```
/// use leadscore_connect::meta::split_text;
/// assert_eq!(split_text("Our price is 49 € a month.", 16), ["Our price is 49", "€ a month."]);
/// ```
pub fn split_text(text: &str, max_bytes: usize) -> Vec<String> {
    Limit::Bytes(max_bytes.max(4)).split(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_are_counted_as_the_platform_does() {
        assert!(Limit::Characters(4).check("ääää", "text").is_ok());
        let error = Limit::Bytes(7).check("ääää", "text").unwrap_err();
        assert_eq!(error.to_string(), "text has 8 bytes, and at most 7 are taken");
        assert_eq!(Limit::Bytes(7).check(" \n", "text").unwrap_err().to_string(), "text is empty");
    }

    #[test]
    fn a_sign_of_several_characters_stays_whole() {
        let family = "👨\u{200D}👩\u{200D}👧";
        assert_eq!(Limit::Bytes(20).split(&format!("{family}{family}")), [family, family]);
        assert_eq!(
            Limit::Bytes(10).split("e\u{301}e\u{301}e\u{301}e\u{301}"),
            ["e\u{301}e\u{301}e\u{301}", "e\u{301}"]
        );
        let zalgo = format!("a{}", "\u{301}".repeat(50));
        assert!(Limit::Bytes(20).split(&zalgo).iter().all(|part| part.len() <= 20));
        assert_eq!(Limit::Bytes(5).split(""), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn parts_fit_and_hold_everything_but_spaces(text in "\\PC{0,80}|[a-z ]{0,80}", limit in 4_usize..40) {
            for limit in [Limit::Bytes(limit), Limit::Characters(limit)] {
                let parts = limit.split(&text);
                prop_assert!(parts.iter().all(|part| limit.check(part, "text").is_ok()));
                let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
                prop_assert_eq!(bare(&parts.concat()), bare(&text));
            }
        }
    }
}
