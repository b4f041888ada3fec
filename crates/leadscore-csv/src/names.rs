//! The names of the columns.

use std::collections::{HashMap, HashSet};

use super::notes::WarningLog;
use super::{excerpt, is_invisible, trim};

/// Whether a cell repeats a column's name; in a table of one column the case must be the same too.
pub(crate) fn same_name(cell: &str, name: &str, single_column: bool) -> bool {
    cell == name || (!single_column && cell.eq_ignore_ascii_case(name))
}

/// Makes the names usable: without invisible characters, none empty, none twice.
pub(crate) fn name_columns(header: &[String], line: Option<u64>, warnings: &mut WarningLog) -> Vec<String> {
    let clean = |name: &String| {
        let visible: String = name.chars().filter(|c| !is_invisible(*c) && *c != '\0').collect();
        trim(&visible).replace("\r\n", " ").replace(['\r', '\n'], " ")
    };
    let cleaned: Vec<String> = header.iter().map(clean).collect();
    let mut taken: HashSet<String> = cleaned.iter().cloned().collect();
    let mut occurrences: HashMap<String, usize> = HashMap::new();
    let mut names = Vec::with_capacity(cleaned.len());
    for (index, name) in cleaned.into_iter().enumerate() {
        let unnamed = name.is_empty();
        let number = occurrences.entry(name.clone()).or_default();
        *number += 1;
        if !unnamed && *number == 1 {
            names.push(name);
            continue;
        }
        let base = if unnamed { "column" } else { &name };
        *number = if unnamed { index + 1 } else { *number };
        let mut unique = format!("{base}_{number}");
        while !taken.insert(unique.clone()) {
            *number += 1;
            unique = format!("{base}_{number}");
        }
        let problem = if unnamed {
            format!("column {} has no name", index + 1)
        } else {
            format!("the column name `{}` stands more than once", excerpt(&name))
        };
        warnings.warn(line, None, format!("{problem}; it is called `{}`", excerpt(&unique)));
        names.push(unique);
    }
    names
}
