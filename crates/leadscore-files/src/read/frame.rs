//! Tables that are held in memory: which column holds what, by the same names as in files.

use leadscore::Pipeline;

use super::ReadColumn;
use super::columns::Columns;
use super::times::Times;
use super::worth::Worth;

/// The columns of a table that hold attributes: those called like an attribute, but for case, blanks and punctuation, and
/// then those with a name that exports use for it. `lead_id` may be among the attributes.
///
/// ```
/// use leadscore_files::match_columns;
/// let found = match_columns(&["Job Title", "E-mail", "Score"], &["title", "email"]);
/// let found: Vec<(&str, &str)> = found.iter().map(|own| (&*own.attribute, &*own.column)).collect();
/// assert_eq!(found, [("email", "E-mail"), ("title", "Job Title")]);
/// ```
pub fn match_columns(header: &[&str], attributes: &[&str]) -> Vec<ReadColumn> {
    let mut free = Columns::new(header);
    free.reserve(attributes);
    let mut found: Vec<ReadColumn> = Vec::new();
    for finds_aliases in [false, true] {
        for &attribute in attributes {
            if found.iter().any(|own| own.attribute == attribute) {
                continue;
            }
            let place = if finds_aliases { free.find_alias(attribute) } else { free.find_own(attribute) };
            let Some(place) = place else { continue };
            free.take(place);
            found.push(ReadColumn { column: header[place].to_owned(), attribute: attribute.to_owned() });
        }
    }
    found
}

/// The columns that hold a first and a last name, in that order, by the same rule as in files: for a table in which nothing
/// holds the attribute `name`. The header is that of the columns which hold no attribute; [`full_name`](crate::full_name)
/// makes a name of what they hold.
///
/// ```
/// use leadscore_files::name_columns;
/// assert_eq!(name_columns(&["Surname", "City", "First Name"]), ["First Name", "Surname"]);
/// ```
pub fn name_columns<'h>(header: &[&'h str]) -> Vec<&'h str> {
    Columns::new(header).find_name_parts().into_iter().map(|place| header[place]).collect()
}

/// Why scores of a table in memory would say nothing of its leads, by the same measure as for files: the names of its
/// columns, the attributes they hold, whether any lead has a value that is weighed, and whether there are activities.
pub fn worthless_columns(
    pipeline: &Pipeline,
    header: &[&str],
    present: &[&str],
    has_value: bool,
    has_activities: bool,
) -> Option<String> {
    let mut worth = Worth::new(pipeline, Times::new(None)).in_memory();
    worth.set_columns(header);
    for attribute in present {
        worth.add_column(attribute);
    }
    worth.add_values(has_value);
    worth.reason(has_activities)
}
