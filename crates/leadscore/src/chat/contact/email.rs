//! E-mail addresses in running text.

/// The longest local part and address that SMTP takes (RFC 5321, 4.5.3.1).
const MAX_LOCAL: usize = 64;
const MAX_ADDRESS: usize = 254;

/// An address and its position in a text, as byte offsets.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    /// As written, the domain in lower case.
    pub(super) address: String,
}

/// The addresses of a text, in its order. Only plain forms are read: `name@host.tld`, no quoted local part.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let from = found.last().map_or(0, |last| last.end);
        let Some(before) = text.get(from..at) else { continue };
        let after = &text[at + 1..];
        let local_length: usize = before.chars().rev().take_while(|c| is_local(*c)).map(char::len_utf8).sum();
        let domain_length: usize = after.chars().take_while(|c| is_domain(*c)).map(char::len_utf8).sum();
        let written = &before[before.len() - local_length..];
        let local = written.trim_start_matches(['.', '\'', '/', '=', '*', '_', '`', '-']);
        let domain = after[..domain_length].trim_end_matches(['.', '-']);
        // What touches another word is part of something else.
        let attached =
            after[domain.len()..].starts_with('@') || before[..before.len() - local_length].ends_with('@');
        if !attached && is_valid(local, domain) {
            let address = format!("{local}@{}", domain.to_lowercase());
            found.push(Found { start: at - local.len(), end: at + 1 + domain.len(), address });
        }
    }
    found
}

fn is_valid(local: &str, domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    let label = |label: &&str| {
        !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
    };
    let top = labels.last().copied().unwrap_or_default();
    !local.is_empty()
        && local.len() <= MAX_LOCAL
        && local.len() + 1 + domain.len() <= MAX_ADDRESS
        && !local.ends_with('.')
        && !local.contains("..")
        && labels.len() >= 2
        && labels.iter().all(label)
        && top.chars().count() >= 2
        && (top.chars().all(char::is_alphabetic) || top.starts_with("xn--"))
}

fn is_local(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c)
}

fn is_domain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_write_them() {
        for (text, address) in [
            ("ann@example.com", "ann@example.com"),
            ("Write to Ann.Smith+chat@Mail.Example.COM, please.", "Ann.Smith+chat@mail.example.com"),
            ("<ann@example.com>", "ann@example.com"),
            ("mailto:ann@example.com", "ann@example.com"),
            ("(ann_s@example.co.uk)...", "ann_s@example.co.uk"),
            ("it's 'ann@example.com'", "ann@example.com"),
            ("info@müller.example", "info@müller.example"),
            ("ann@xn--mller-kva.example.", "ann@xn--mller-kva.example"),
        ] {
            let found = find(text);
            assert_eq!(found.iter().map(|f| f.address.as_str()).collect::<Vec<_>>(), [address], "{text}");
            assert_eq!(text[found[0].start..found[0].end].to_lowercase(), address.to_lowercase());
        }
        assert_eq!(find("a@example.com or b@example.com").len(), 2);
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "@",
            "a@",
            "@b.com",
            "ann@example",
            "ann@example.c",
            "ann@.com",
            "ann@exa..mple.com",
            "an..n@example.com",
            "ann.@example.com",
            "ann@-a.com",
            "ann@1.2.3.4",
            "meet @ 5.30",
            "a@b@example.com",
            "ann at example.com",
            "ann@@example.com",
        ] {
            assert_eq!(find(text), [], "{text}");
        }
        assert_eq!(find(&format!("{}@example.com", "a".repeat(65))), []);
        assert_eq!(find(&format!("a@{}.com", "b.".repeat(130))), []);
    }
}
