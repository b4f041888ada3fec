//! Ids and e-mail addresses that more than one lead has.

use std::hash::{DefaultHasher, Hash, Hasher};

use hashbrown::HashTable;
use leadscore_csv::Warning;

use crate::wording::count;

/// The most leads that are compared, so that memory stays small whatever the length of a file.
const MAX_COMPARED: u64 = 1_000_000;
/// How many are named, and how many rows of each.
const MAX_NAMED: usize = 5;
const MAX_ROWS: usize = 5;
/// The highest bit of a row tells that its hash was met twice already.
const TWICE: u32 = 1 << 31;

/// The leads met so far, by their ids and by their e-mail addresses.
#[derive(Debug, Default)]
pub(super) struct Duplicates {
    ids: Seen,
    emails: Seen,
    lead_count: u64,
}

/// Who a lead is, as far as it can be compared: hashes, since texts would take much memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity {
    pub(super) row: u64,
    id: Option<u64>,
    email: Option<u64>,
}

impl Identity {
    pub(super) fn new(row: u64, id: Option<&str>, email: Option<&str>) -> Identity {
        let email = email.filter(|email| email.contains('@'));
        Identity { row, id: id.map(hash), email: email.map(hash_of_email) }
    }
}

impl Duplicates {
    /// Takes in a lead; `id` and `email` are asked for the texts that another lead has too.
    pub(super) fn add(
        &mut self,
        lead: Identity,
        id: impl FnOnce() -> Option<String>,
        email: impl FnOnce() -> Option<String>,
    ) {
        self.lead_count += 1;
        if self.lead_count > MAX_COMPARED {
            return;
        }
        self.ids.add(lead.id, lead.row, id);
        self.emails.add(lead.email, lead.row, || email().map(|email| comparable(&email)));
    }

    /// What to say of them.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let warning = |message| Warning { line: None, column: None, message };
        let mut warnings: Vec<Warning> = [
            self.ids.message("lead id", "lead ids", "; each row is scored by itself"),
            self.emails.message("e-mail address", "e-mail addresses", ", upper and lower case alike"),
        ]
        .into_iter()
        .flatten()
        .map(warning)
        .collect();
        if self.lead_count > MAX_COMPARED {
            let compared = count(MAX_COMPARED);
            warnings.push(warning(format!(
                "ids and e-mail addresses were compared among the first {compared} leads only"
            )));
        }
        warnings
    }
}

#[derive(Debug, Default)]
struct Seen {
    /// Hashes with the first row of each.
    rows: HashTable<(u64, u32)>,
    repeated: Vec<Repeated>,
    repeated_count: u64,
}

#[derive(Debug)]
struct Repeated {
    hash: u64,
    text: String,
    rows: Vec<u64>,
    row_count: u64,
}

impl Seen {
    fn add(&mut self, hash: Option<u64>, row: u64, text: impl FnOnce() -> Option<String>) {
        let Some(hash) = hash else { return };
        let Some((_, first)) = self.rows.find_mut(hash, |(own, _)| *own == hash) else {
            self.rows.insert_unique(hash, (hash, row as u32 & !TWICE), |(own, _)| *own);
            return;
        };
        if *first & TWICE == 0 {
            self.repeated_count += 1;
            if self.repeated.len() < MAX_NAMED {
                let rows = vec![u64::from(*first)];
                let text = text().unwrap_or_default();
                self.repeated.push(Repeated { hash, text, rows, row_count: 1 });
            }
            *first |= TWICE;
        }
        if let Some(repeated) = self.repeated.iter_mut().find(|repeated| repeated.hash == hash) {
            repeated.row_count += 1;
            if repeated.rows.len() < MAX_ROWS {
                repeated.rows.push(row);
            }
        }
    }

    /// `2 lead ids stand on more than one row: …`.
    fn message(&self, one: &str, many: &str, remark: &str) -> Option<String> {
        if self.repeated_count == 0 {
            return None;
        }
        let named = self.repeated.iter().map(|Repeated { text, rows, row_count, .. }| {
            let more = row_count - rows.len() as u64;
            let more = if more > 0 { format!(" and {} more", count(more)) } else { String::new() };
            let rows: Vec<String> = rows.iter().map(u64::to_string).collect();
            format!("`{text}` (rows {}{more})", rows.join(", "))
        });
        let named: Vec<String> = named.collect();
        let more = self.repeated_count - named.len() as u64;
        let more = if more > 0 { format!(" and {} more", count(more)) } else { String::new() };
        let what = if self.repeated_count == 1 {
            format!("1 {one} stands")
        } else {
            format!("{} {many} stand", count(self.repeated_count))
        };
        Some(format!("{what} on more than one row{remark}: {}{more}", named.join(", ")))
    }
}

/// An e-mail address in the form in which two are compared.
fn comparable(email: &str) -> String {
    email.trim().to_lowercase()
}

/// The hash of a [`comparable`] address.
fn hash_of_email(email: &str) -> u64 {
    // Fast path, without memory of its own: nearly all addresses.
    let mut buffer = [0; 96];
    let email = email.trim();
    if email.is_ascii() && email.len() <= buffer.len() {
        let lower = &mut buffer[..email.len()];
        lower.copy_from_slice(email.as_bytes());
        lower.make_ascii_lowercase();
        if let Ok(text) = std::str::from_utf8(lower) {
            return hash(text);
        }
    }
    hash(&comparable(email))
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(leads: &[(&str, &str)]) -> Vec<String> {
        let mut duplicates = Duplicates::default();
        for (row, (id, email)) in (1..).zip(leads) {
            let id = (!id.is_empty()).then_some(*id);
            let lead = Identity::new(row, id, Some(email));
            duplicates.add(lead, || id.map(str::to_owned), || Some((*email).to_owned()));
        }
        duplicates.warnings().into_iter().map(|warning| warning.message).collect()
    }

    #[test]
    fn duplicates_are_named_with_their_rows() {
        let leads =
            [("1", "a@x.example"), ("1", " A@X.example "), ("2", "-"), ("", "-"), ("", ""), ("1", "")];
        assert_eq!(
            said(&leads),
            [
                "1 lead id stands on more than one row; each row is scored by itself: `1` (rows 1, 2, 6)",
                "1 e-mail address stands on more than one row, upper and lower case alike: `a@x.example` (rows 1, 2)"
            ]
        );
        assert!(said(&[("1", "a@x.example"), ("a", "b@x.example"), ("A", "")]).is_empty());
        let long = format!("{}@x.example", "A".repeat(99));
        for [one, other] in [["é@X.example", "É@x.example"], [long.as_str(), &long.to_lowercase()]] {
            assert_eq!(said(&[("1", one), ("2", other)]).len(), 1, "{one}");
        }
    }

    #[test]
    fn many_are_counted() {
        let ids: Vec<String> = (0..20).map(|number| (number % 7).to_string()).collect();
        let leads: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "")).collect();
        let said = said(&leads);
        assert!(said[0].starts_with("7 lead ids stand on more than one row"), "{said:?}");
        assert!(said[0].ends_with("`4` (rows 5, 12, 19) and 2 more"), "{said:?}");
        let all: Vec<(&str, &str)> = std::iter::repeat_n(("x", ""), 9).collect();
        assert!(self::said(&all)[0].ends_with("`x` (rows 1, 2, 3, 4, 5 and 4 more)"));
    }
}
