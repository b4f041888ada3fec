//! Queries: names that are names, and texts that end where they should.

/// Whether it is the name of a field: letters, digits and underscores, a letter first.
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= 80
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A text between quotes.
pub(super) fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('\'');
    for c in text.chars() {
        match c {
            '\\' => literal.push_str("\\\\"),
            '\'' => literal.push_str("\\'"),
            '"' => literal.push_str("\\\""),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '\u{8}' => literal.push_str("\\b"),
            '\u{c}' => literal.push_str("\\f"),
            other => literal.push(other),
        }
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_quote_does_not_end_a_text() {
        assert_eq!(literal("o'brien@x.com"), r"'o\'brien@x.com'");
        assert_eq!(literal(r"\' OR Name != '"), r"'\\\' OR Name != \''");
        assert!(is_name("Leadscore_Id__c") && !is_name("Id FROM User") && !is_name("") && !is_name("1a"));
    }

    proptest! {
        #[test]
        fn every_text_ends_at_its_last_quote(text in r#"[\\'"\n a-c]{0,12}"#) {
            let literal = literal(&text);
            let inner = &literal[1..literal.len() - 1];
            let mut read = String::new();
            let mut chars = inner.chars();
            while let Some(c) = chars.next() {
                prop_assert_ne!(c, '\'');
                read.push(match c {
                    '\\' => match chars.next() { Some('n') => '\n', Some(c) => c, None => return Err(TestCaseError::fail("open")) },
                    c => c,
                });
            }
            prop_assert_eq!(read, text);
        }
    }
}
