//! Who is the same person: e-mail addresses and telephone numbers in one form, whichever way they are written.

use leadscore::chat::e164;
use unicode_normalization::UnicodeNormalization;

/// Fewer digits are no number that one person can be reached by.
const MIN_DIGITS: usize = 7;

/// The form by which an e-mail address is compared: without space around it, in lower case, its domain as DNS has it.
///
/// Gmail ignores dots and what stands behind a plus sign, and says so; `googlemail.com` is the same mail service. With others a
/// plus sign may be part of a name, and two people would become one: there it counts.
pub(super) fn email_key(address: &str) -> String {
    let address: String = address.trim().nfc().collect::<String>().to_lowercase();
    let Some((local, domain)) = address.rsplit_once('@') else { return address };
    let domain = domain.trim_end_matches('.');
    let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned());
    if !matches!(domain.as_str(), "gmail.com" | "googlemail.com") {
        return format!("{local}@{domain}");
    }
    let name = local.split_once('+').map_or(local, |(name, _)| name);
    let plain = name.replace('.', "");
    // Nothing but a tag is no address of Gmail's: it stays what it is.
    let local = if plain.is_empty() { local } else { &plain };
    format!("{local}@gmail.com")
}

/// The form by which a telephone number is compared: E.164 where its country is written, else its digits; empty where it
/// cannot tell one lead from another.
pub(super) fn phone_key(written: &str) -> String {
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let is_placeholder = digits.bytes().all(|digit| Some(&digit) == digits.as_bytes().first());
    if digits.len() < MIN_DIGITS || is_placeholder {
        return String::new();
    }
    e164(written).unwrap_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_person_have_one_key() {
        for (one, other) in [
            ("ada@a.example", " Ada@A.EXAMPLE\t"),
            ("j.smith@gmail.com", "JSmith+news@googlemail.com"),
            ("jsmith@gmail.com", "j.s.m.i.t.h@gmail.com."),
            ("ada@b\u{fc}ro.example", "ada@xn--bro-hoa.example"),
            ("ada@b\u{fc}ro.example", "ada@bu\u{308}ro.example"),
            ("ada@B\u{dc}RO.example", "ada@b\u{fc}ro.example"),
            ("ada@a\u{3002}example", "ada@a.example"),
            ("jos\u{e9}@a.example", "jose\u{301}@a.example"),
            ("\u{391}@a.example", "\u{3b1}@a.example"),
            ("ada@a.example.", "ada@a.example"),
            ("no address", " No Address "),
        ] {
            assert_eq!(email_key(one), email_key(other), "{one:?} and {other:?}");
        }
    }

    #[test]
    fn addresses_of_two_people_have_two_keys() {
        for (one, other) in [
            ("ada@a.example", "ada@b.example"),
            ("ada+sales@a.example", "ada@a.example"),
            ("a.da@a.example", "ada@a.example"),
            ("jsmith@gmail.com", "jsmith@gmail.example"),
            ("jsmith@gmail.com", "jsmith@mail.gmail.com"),
            ("jose@a.example", "jos\u{e9}@a.example"),
            ("stra\u{df}e@a.example", "strasse@a.example"),
            ("+a@gmail.com", "+b@gmail.com"),
            ("ada@stra\u{df}e.example", "ada@strasse.example"),
        ] {
            assert_ne!(email_key(one), email_key(other), "{one:?} and {other:?}");
        }
    }

    #[test]
    fn numbers_are_compared_by_what_is_certain() {
        for (one, other) in [
            ("+49 (0)30 901820", "+4930901820"),
            ("030/901820", "030 90 18 20"),
            ("(415) 555-0132", "4155550132"),
            // No calling code, so only the digits are left.
            ("+999 1234567", "9991234567"),
        ] {
            assert_eq!(phone_key(one), phone_key(other), "{one:?} and {other:?}");
        }
        // Which country 0 or no prefix stands for, nobody has said.
        for (one, other) in
            [("+4930901820", "030901820"), ("+4930901820", "4930901820"), ("+4930901820", "004930901820")]
        {
            assert_ne!(phone_key(one), phone_key(other), "{one:?} and {other:?}");
        }
        for nobody in ["", "n/a", "+1", "123456", "0000000", "+0000000000", "call me"] {
            assert_eq!(phone_key(nobody), "", "{nobody:?}");
        }
    }
}
