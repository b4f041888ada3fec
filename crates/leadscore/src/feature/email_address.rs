//! E-mail addresses as people write them into a field: with a name, twice, or not at all.

/// The domain of the first valid address in a text, empty where there is none.
///
/// A text with several addresses has them between semicolons, commas, bars, slashes or blanks. A blank within an address
/// makes it none: what stands behind it may be the rest of the domain.
pub(super) fn email_domain(text: &str) -> &str {
    let mut parts = text.split([';', ',', '|', '/', '\n', '\r', '\t']);
    parts.find_map(domain_in_part).unwrap_or_default()
}

/// The domain of the first valid address between two separators, such as `Ann Lee <ann@acme.example>`.
fn domain_in_part(part: &str) -> Option<&str> {
    let mut words = part.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let is_whole =
            words.peek().is_none_or(|next| next.contains('@') || next.starts_with(['(', '[', '<']));
        if let Some(domain) = domain_of_address(word).filter(|_| is_whole) {
            return Some(domain);
        }
    }
    None
}

/// The domain of a word that is one address, perhaps in brackets or quotes or as a link.
fn domain_of_address(word: &str) -> Option<&str> {
    let word = word.trim_matches(is_invisible);
    let word = word.trim_end_matches(['.', ';', ',']);
    let word =
        [('<', '>'), ('(', ')'), ('[', ']'), ('"', '"'), ('\'', '\'')].into_iter().fold(word, unwrapped);
    let word = match word.split_at_checked("mailto:".len()) {
        Some((scheme, address)) if scheme.eq_ignore_ascii_case("mailto:") => {
            address.split_once('?').map_or(address, |(address, _)| address)
        }
        _ => word,
    };
    let (user, domain) = word.split_once('@')?;
    let domain = domain.trim_end_matches('.');
    (is_user(user) && is_domain(domain)).then_some(domain)
}

/// The text within a pair of brackets; only an opening or closing one belongs to the text.
fn unwrapped(text: &str, (open, close): (char, char)) -> &str {
    text.strip_prefix(open).and_then(|inner| inner.strip_suffix(close)).unwrap_or(text)
}

/// Zero-width characters and the byte order mark, which are copied along with addresses.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

/// The part before the `@`: a dot-atom of RFC 5322, of up to 64 characters, with the letters of RFC 6531. Quoted ones are
/// as good as never addresses of people.
fn is_user(user: &str) -> bool {
    let is_allowed = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    !user.is_empty()
        && user.chars().count() <= 64
        && user.chars().all(is_allowed)
        && user.split('.').all(|atom| !atom.is_empty())
}

/// Two or more labels of letters, digits and inner hyphens between ASCII dots; the last is no number.
fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.chars().count() <= 63
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.len() <= 253
        && domain.split('.').all(is_label)
        && domain.rsplit_once('.').is_some_and(|(_, last)| !last.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_valid_address_counts() {
        for (text, domain) in [
            ("ann@acme.example", "acme.example"),
            (" Ann Lee <ann@acme.example> ", "acme.example"),
            ("\"Lee, Ann\" <ann@acme.example>", "acme.example"),
            ("'ann@acme.example'", "acme.example"),
            ("MAILTO:ann@acme.example?subject=x", "acme.example"),
            ("ann@acme.example.", "acme.example"),
            ("\u{200B}ann@acme.example\u{FEFF}", "acme.example"),
            ("ann@acme.example\u{A0}", "acme.example"),
            ("ann@acme.example (work)", "acme.example"),
            ("ann@acme.example bob@other.example", "acme.example"),
            ("ann@acme.example; bob@other.example", "acme.example"),
            ("not an address, bob@other.example", "other.example"),
            ("ann@acme/bob@other.example", "other.example"),
            ("ann.o'hara+news@mail.acme.example", "mail.acme.example"),
            ("é@bücher.example", "bücher.example"),
            ("ann@xn--bcher-kva.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(email_domain(text), domain, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_has_no_domain() {
        for text in [
            "",
            "nobody",
            "nobody@",
            "@acme.example",
            "ann@localhost",
            "ann at acme.example",
            "ann@acme .example",
            "ann@acme.co m",
            "ann@ acme.example",
            "ann@acme.example@x",
            "ann@acme\u{3002}example",
            "ann@acme\u{FF0E}example",
            "ann@acme\u{FF61}example",
            "ann@\"acme\".example",
            "\"a@b\"@acme.example",
            "ann@-acme.example",
            "ann@acme..example",
            "ann@acme_corp.example",
            "ann@10.0.0.1",
            "ann..lee@acme.example",
        ] {
            assert_eq!(email_domain(text), "", "{text}");
        }
    }
}
