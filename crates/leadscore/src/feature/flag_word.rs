//! Words for yes and no.

use crate::expression::normalise;

/// What a text says that is yes or no in words, or 1 or 0.
pub(crate) fn flag_word(text: &str) -> Option<bool> {
    match &*normalise(text) {
        "yes" | "true" | "y" | "t" | "1" | "1.0" => Some(true),
        "no" | "false" | "n" | "f" | "0" | "0.0" => Some(false),
        _ => None,
    }
}
