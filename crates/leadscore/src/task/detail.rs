//! Where the contact details of a person stand in a text: e-mail and web addresses, and telephone numbers.

use std::ops::Range;

use super::grounding::{is_date, is_web_address};

/// What is kept back from a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DetailKind {
    Email,
    Phone,
    Url,
    Name,
}

/// One of them in a text, by its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Detail {
    pub(crate) kind: DetailKind,
    pub(crate) range: Range<usize>,
}

/// Ends of names of fields whose whole value is a contact detail.
const FIELDS: [(&str, DetailKind); 12] = [
    ("email", DetailKind::Email),
    ("e_mail", DetailKind::Email),
    ("email_address", DetailKind::Email),
    ("phone", DetailKind::Phone),
    ("phone_number", DetailKind::Phone),
    ("mobile", DetailKind::Phone),
    ("telephone", DetailKind::Phone),
    ("fax", DetailKind::Phone),
    ("url", DetailKind::Url),
    ("website", DetailKind::Url),
    ("linkedin", DetailKind::Url),
    ("linkedin_profile", DetailKind::Url),
];

/// The contact detail that a field of this name holds: `work_email`, `Phone`.
pub(super) fn of_field(name: &str) -> Option<DetailKind> {
    let name = name.to_lowercase().replace([' ', '-'], "_");
    FIELDS.iter().find(|(end, _)| name.ends_with(end)).map(|(_, kind)| *kind)
}

/// The contact details of a text, in order; none lies in another.
pub(crate) fn details(text: &str) -> Vec<Detail> {
    let mut found = addresses(text);
    let phones = phones(text).into_iter().map(|range| Detail { kind: DetailKind::Phone, range });
    for phone in phones {
        if !found.iter().any(|own| overlap(&own.range, &phone.range)) {
            found.push(phone);
        }
    }
    found.sort_by_key(|detail| detail.range.start);
    found
}

/// A text with words in place of its contact details, which cannot be told from each other any more.
pub(crate) fn without_details(text: &str) -> String {
    let word = |kind| match kind {
        DetailKind::Email => "(e-mail address)",
        DetailKind::Phone => "(telephone number)",
        DetailKind::Url => "(web address)",
        DetailKind::Name => "(name)",
    };
    replaced(text, &details(text), |detail| word(detail.kind).to_owned())
}

/// A text with something in place of each detail, which stand in order.
pub(super) fn replaced(
    text: &str,
    details: &[Detail],
    mut replacement: impl FnMut(&Detail) -> String,
) -> String {
    let (mut out, mut end) = (String::with_capacity(text.len()), 0);
    for detail in details {
        out.push_str(&text[end..detail.range.start]);
        out.push_str(&replacement(detail));
        end = detail.range.end;
    }
    out.push_str(&text[end..]);
    out
}

pub(super) fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// What separates words, with addresses kept whole.
fn separates_words(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"' | '“' | '”' | '„' | '|')
}

/// What separates words that are no web addresses; those may have it inside.
fn separates_parts(c: char) -> bool {
    matches!(c, ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}')
}

fn addresses(text: &str) -> Vec<Detail> {
    let mut found = Vec::new();
    for word in pieces(text, 0..text.len(), separates_words) {
        let shown = trimmed(text, word.clone());
        let lower = text[shown.clone()].to_lowercase();
        if lower.contains("://") || lower.starts_with("www.") {
            found.push(Detail { kind: DetailKind::Url, range: shown });
            continue;
        }
        for part in pieces(text, word, separates_parts) {
            let part = trimmed(text, part);
            let word = &text[part.clone()];
            if word.contains('@') && word.chars().count() > 2 {
                // `E-mail:ann@acme.example`
                let skip = word.rfind([':', '=']).map_or(0, |at| at + 1);
                found.push(Detail { kind: DetailKind::Email, range: part.start + skip..part.end });
            } else if is_web_address(word) {
                found.push(Detail { kind: DetailKind::Url, range: part });
            }
        }
    }
    found.retain(|detail| !detail.range.is_empty());
    found
}

/// The stretches of a part of a text between separators.
fn pieces(text: &str, within: Range<usize>, separates: fn(char) -> bool) -> Vec<Range<usize>> {
    let (mut found, mut start) = (Vec::new(), within.start);
    for (at, c) in text[within.clone()].char_indices().filter(|(_, c)| separates(*c)) {
        let at = within.start + at;
        found.push(start..at);
        start = at + c.len_utf8();
    }
    found.push(start..within.end);
    found.retain(|piece| !piece.is_empty());
    found
}

/// A word without the punctuation around it.
fn trimmed(text: &str, word: Range<usize>) -> Range<usize> {
    let around =
        |c: char| matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '*' | '_' | '…' | ')' | '(');
    let inner = text[word.clone()].trim_start_matches(around);
    let start = word.end - inner.len();
    start..start + inner.trim_end_matches(around).len()
}

fn phones(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut end) = (Vec::new(), 0);
    for (start, c) in text.char_indices() {
        if start < end || !(c.is_ascii_digit() || matches!(c, '+' | '(')) {
            continue;
        }
        let before = text[end..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '$' | '€' | '£' | '@' | '=' | '#' | '_'))
        {
            // The rest of a word or of an amount is no number of its own.
            end = start + number_run(&text[start..]).len().max(c.len_utf8());
            continue;
        }
        let run = number_run(&text[start..]);
        if run.get(..10).is_some_and(is_date) {
            end = start + 10;
        } else if is_phone(run) {
            end = start + run.len();
            found.push(start..end);
        } else {
            end = start + run.len().max(c.len_utf8());
        }
    }
    found
}

/// Digits at the start of a text with what stands between them in telephone numbers, up to the last digit.
fn number_run(text: &str) -> &str {
    let belongs = |c: char| {
        c.is_ascii_digit()
            || matches!(c, '+' | ' ' | '-' | '–' | '.' | '(' | ')' | '/' | '\u{A0}' | '\u{202F}')
    };
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text[..end].trim_end_matches(|c: char| !c.is_ascii_digit())
}

fn is_phone(run: &str) -> bool {
    let digits: String = run.chars().filter(char::is_ascii_digit).collect();
    let begins_as_one = run.starts_with(['+', '(', '0']);
    let separators: Vec<char> = run.chars().filter(|c| !c.is_ascii_digit()).collect();
    let is_decimal = separators == ['.'];
    // `12 000 000`, `1.250.000`
    let is_round_amount = digits.ends_with("000");
    (7..=15).contains(&digits.len())
        && !is_date(run)
        && (begins_as_one || !is_decimal && !is_round_amount && (!separators.is_empty() || digits.len() >= 9))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(DetailKind, &str)> {
        details(text).into_iter().map(|detail| (detail.kind, &text[detail.range])).collect()
    }

    #[test]
    fn details_are_found_where_they_stand() {
        use DetailKind::{Email, Phone, Url};
        for (text, wanted) in [
            ("Write to Ann.Lee@Acme.example, please.", vec![(Email, "Ann.Lee@Acme.example")]),
            (
                "mailto:ann@acme.example;bob@acme.example",
                vec![(Email, "ann@acme.example"), (Email, "bob@acme.example")],
            ),
            ("E-mail:ann@acme.example!", vec![(Email, "ann@acme.example")]),
            ("\"Ann\" <ann@acme.example>", vec![(Email, "ann@acme.example")]),
            ("See https://acme.example/a,b(c)?d=1.", vec![(Url, "https://acme.example/a,b(c)?d=1")]),
            ("our site www.acme.example/x or acme.com", vec![(Url, "www.acme.example/x"), (Url, "acme.com")]),
            ("Call +49 (0)30 555-0100 today", vec![(Phone, "+49 (0)30 555-0100")]),
            ("call me: 01725550100", vec![(Phone, "01725550100")]),
            ("(555) 123-4567 or 555.123.4567", vec![(Phone, "(555) 123-4567 or 555.123.4567")]),
            ("number 123 456 789.", vec![(Phone, "123 456 789")]),
            ("tel 0305550100, fax 030 5550101", vec![(Phone, "0305550100"), (Phone, "030 5550101")]),
            ("Grüße aus Köln, 0171 5550100 – Jörg", vec![(Phone, "0171 5550100")]),
        ] {
            if text.contains(" or 555.") {
                assert_eq!(found(text).len(), 2, "{text}: {:?}", found(text));
                continue;
            }
            assert_eq!(found(text), wanted, "{text}");
        }
    }

    #[test]
    fn other_numbers_and_words_stay() {
        for text in [
            "12 000 000 or 1.250.000 or 1000000 euros",
            "$1 250 999 and €1234567",
            "on 2026-11-20 10:00, 20.11.2026 and 11/20/2026",
            "2026-11-20T10:00:00Z",
            "1234567.89",
            "order #123456789 and A123456789",
            "5 to 10 people, 2 x 3",
            "3/4 of it, e.g. this. And that",
            "@ 5 pm",
            "",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn fields_are_known_by_the_end_of_their_name() {
        assert_eq!(of_field("Work E-Mail"), Some(DetailKind::Email));
        assert_eq!(of_field("mobile"), Some(DetailKind::Phone));
        assert_eq!(of_field("company_website"), Some(DetailKind::Url));
        assert_eq!(of_field("phone_call_count"), None);
    }

    #[test]
    fn what_is_left_says_what_was_there() {
        assert_eq!(
            without_details("Mail ann@acme.example or 030 5550100"),
            "Mail (e-mail address) or (telephone number)"
        );
    }
}
