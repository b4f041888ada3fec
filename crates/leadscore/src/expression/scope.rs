//! The names an expression may use, and what each of them is.

use std::collections::HashMap;
use std::sync::Arc;

use super::ColumnRef;
use crate::Error;
use crate::error::did_you_mean;
use crate::json::Cursor;

/// What kind of values a column has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ColumnKind {
    Number,
    Flag,
    /// The levels as written, and as a person reads them.
    Category {
        levels: Vec<String>,
        labels: Vec<String>,
    },
}

/// The names an expression may use, in row order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    columns: Vec<KnownColumn>,
    by_name: HashMap<Arc<str>, usize>,
    /// Names that are defined later in the file; for a better message.
    later: Vec<String>,
    /// Names that other files know, and why this one does not.
    withheld: Vec<(&'static str, &'static str)>,
}

/// A column that a name was resolved to.
#[derive(Debug, Clone)]
pub(super) struct KnownColumn {
    pub(super) column: ColumnRef,
    pub(super) kind: Arc<ColumnKind>,
}

impl Scope {
    /// Adds a name for the next column of the row.
    pub(crate) fn push(&mut self, name: &str, kind: ColumnKind) {
        let (name, index): (Arc<str>, usize) = (name.into(), self.columns.len());
        self.by_name.insert(name.clone(), index);
        self.columns.push(KnownColumn { column: ColumnRef { name, index }, kind: Arc::new(kind) });
    }

    /// Says why a name is not known here.
    pub(crate) fn withhold(&mut self, name: &'static str, why: &'static str) {
        self.withheld.push((name, why));
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    pub(crate) fn with_later(mut self, later: Vec<String>) -> Scope {
        self.later = later;
        self
    }

    /// The column a name stands for; the error is one at the cursor.
    pub(super) fn find(&self, name: &str, cursor: &Cursor<'_>) -> Result<KnownColumn, Error> {
        match self.by_name.get(name) {
            Some(&index) => Ok(self.columns[index].clone()),
            None if self.later.iter().any(|later| later == name) => {
                Err(cursor
                    .error(format!("`{name}` is defined later; a formula can use earlier features only")))
            }
            None => {
                if let Some((_, why)) = self.withheld.iter().find(|(withheld, _)| *withheld == name) {
                    return Err(cursor.error(format!("there is no `{name}` here: {why}")));
                }
                let meant = did_you_mean(name, self.columns.iter().map(|known| &*known.column.name));
                let unknown = if name.starts_with('$') { "name" } else { "feature" };
                let here = if name.starts_with('$') { " here" } else { "" };
                Err(cursor.error(format!("unknown {unknown} `{name}`{here}{meant}")))
            }
        }
    }
}
