//! Which column of a table holds which attribute, by its name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Other names that attributes have in exports: attribute, column, where it is called so, and the source of that.
/// Earlier names of an attribute win over later ones, and over its own name where that has a row below them: beside a
/// `position`, Mautic's `title` is a form of address.
const COLUMNS: &str = include_str!("columns.csv");

/// The names by attribute, [`normalized`].
static ALIASES: LazyLock<BTreeMap<&str, Vec<String>>> = LazyLock::new(|| {
    let mut aliases: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in COLUMNS.lines().skip(1) {
        let mut cells = row.split(',');
        if let (Some(attribute), Some(column)) = (cells.next(), cells.next()) {
            aliases.entry(attribute).or_default().push(normalized(column));
        }
    }
    aliases
});

/// A name without case, blanks and punctuation: `E-mail Address` and `email_address` are the same.
pub(super) fn normalized(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The same without what stands in brackets at its end: `Create Date (EST)` is a `Create Date`.
fn without_remark(name: &str) -> Option<String> {
    let (name, remark) = name.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    (!name.trim().is_empty() && !remark.is_empty()).then(|| normalized(name))
}

/// The column for an attribute: the same name, the same name [`normalized`], or one of its aliases.
pub(super) fn find_column(attribute: &str, columns: &[&str]) -> Option<usize> {
    let columns = Columns::new(columns);
    columns.find_own(attribute).or_else(|| columns.find_alias(attribute))
}

/// The attribute that is made of a first and a last name where nothing else holds it.
pub(super) const NAME: &str = "name";

/// What a name is made of.
pub(super) const NAME_PARTS: [&str; 2] = ["first_name", "last_name"];

/// A name of its parts: those that say something, one after another.
///
/// ```
/// use leadscore_files::full_name;
/// assert_eq!(full_name([" Ada", "Lovelace "]).as_deref(), Some("Ada Lovelace"));
/// assert_eq!(full_name(["", "Lovelace"]).as_deref(), Some("Lovelace"));
/// assert_eq!(full_name([" "]), None);
/// ```
pub fn full_name<'a>(parts: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let parts: Vec<&str> = parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// The columns of a table, and which of them are already taken.
#[derive(Debug)]
pub(super) struct Columns<'h> {
    names: Vec<Name<'h>>,
}

#[derive(Debug)]
struct Name<'h> {
    written: &'h str,
    normalized: String,
    without_remark: Option<String>,
    is_taken: bool,
    /// Whether it is called like an attribute that the pipeline reads.
    is_reserved: bool,
}

impl<'h> Columns<'h> {
    pub(super) fn new(header: &[&'h str]) -> Columns<'h> {
        let name = |written: &&'h str| Name {
            written,
            normalized: normalized(written),
            without_remark: without_remark(written),
            is_taken: false,
            is_reserved: false,
        };
        Columns { names: header.iter().map(name).collect() }
    }

    /// Keeps a column from being taken for something else.
    pub(super) fn take(&mut self, column: usize) {
        self.names[column].is_taken = true;
    }

    /// Keeps the columns that are called like these attributes for them.
    pub(super) fn reserve(&mut self, attributes: &[&str]) {
        for attribute in attributes {
            if let Some(column) = self.find_called(attribute) {
                self.names[column].is_reserved = true;
            }
        }
    }

    /// The column that is called like an attribute, but for case, blanks and punctuation, or has a name that is better
    /// than that.
    pub(super) fn find_own(&self, attribute: &str) -> Option<usize> {
        let own = self.find_called(attribute)?;
        let aliases = ALIASES.get(attribute).map(Vec::as_slice).unwrap_or_default();
        let better = aliases.iter().position(|alias| *alias == normalized(attribute)).unwrap_or_default();
        let is_free = |column: &usize| !self.names[*column].is_reserved;
        let better = aliases[..better].iter().find_map(|alias| self.find(alias).filter(is_free));
        Some(better.unwrap_or(own))
    }

    fn find_called(&self, attribute: &str) -> Option<usize> {
        let exact = self.names.iter().position(|name| name.written == attribute && !name.is_taken);
        exact.or_else(|| self.find(&normalized(attribute)))
    }

    /// The free column that exports call so where they mean the attribute.
    pub(super) fn find_alias(&self, attribute: &str) -> Option<usize> {
        ALIASES.get(attribute)?.iter().find_map(|alias| self.find(alias))
    }

    /// The free columns that hold the parts of a name.
    pub(super) fn find_name_parts(&self) -> Vec<usize> {
        let find = |part: &&str| self.find_own(part).or_else(|| self.find_alias(part));
        NAME_PARTS.iter().filter_map(find).collect()
    }

    /// The free column of an amount whose name, without its unit as `bare` leaves it out, is one of the attribute's.
    pub(super) fn find_amount(&self, attribute: &str, bare: impl Fn(&str) -> String) -> Option<usize> {
        let own = [normalized(attribute), bare(attribute)];
        let aliases = ALIASES.get(attribute).map(Vec::as_slice).unwrap_or_default();
        let is_wanted = |name: &Name<'_>| {
            let bare = bare(name.written);
            !name.is_taken && !name.is_reserved && (own.contains(&bare) || aliases.contains(&bare))
        };
        self.names.iter().position(is_wanted)
    }

    fn find(&self, wanted: &str) -> Option<usize> {
        let free = || self.names.iter().enumerate().filter(|(_, name)| !name.is_taken);
        let same = free().find(|(_, name)| name.normalized == wanted);
        let same = same.or_else(|| free().find(|(_, name)| name.without_remark.as_deref() == Some(wanted)));
        same.map(|(column, _)| column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_source() {
        let mut seen = std::collections::BTreeSet::new();
        for row in COLUMNS.lines() {
            let cells: Vec<&str> = row.split(',').collect();
            assert!(cells.len() == 4 && cells.iter().all(|cell| !cell.is_empty()), "{row}");
            let is_new = seen.insert((cells[0], normalized(cells[1])));
            assert!(is_new, "twice: {row}");
        }
    }

    #[test]
    fn a_remark_in_brackets_is_no_part_of_a_name() {
        let header = ["(Do Not Modify) Lead", "Create Date (EST)", "Email (Work)", "(x)"];
        assert_eq!(find_column("created_at", &header), Some(1));
        assert_eq!(find_column("email", &header), Some(2));
        assert_eq!(find_column("lead_id", &header), Some(0));
        assert_eq!(find_column("x", &header), Some(3));
        // The name itself is better than one with a remark.
        assert_eq!(find_column("email", &["Email (Private)", "Email"]), Some(1));
    }

    #[test]
    fn a_column_that_is_taken_is_no_other_attribute() {
        let mut columns = Columns::new(&["contact", "Full Name"]);
        assert_eq!(columns.find_alias("name"), Some(1));
        columns.take(1);
        assert_eq!(columns.find_alias("name"), Some(0));
        columns.take(0);
        assert_eq!(columns.find_alias("name"), None);
    }

    #[test]
    fn some_names_are_better_than_the_attributes_own() {
        let header = ["title", "position", "name", "Lead Name"];
        let mut columns = Columns::new(&header);
        assert_eq!((columns.find_own("title"), columns.find_own("name")), (Some(1), Some(3)));
        // Unless they are called like something else that is read.
        columns.reserve(&["position", "title"]);
        assert_eq!(columns.find_own("title"), Some(0));
        assert_eq!(Columns::new(&["title", "Full Name"]).find_own("title"), Some(0));
        assert_eq!(Columns::new(&["title", "Full Name"]).find_own("name"), None);
    }
}
