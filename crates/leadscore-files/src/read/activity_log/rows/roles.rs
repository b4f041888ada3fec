//! Which column or field of a log is what.

use std::sync::LazyLock;

use serde::Deserialize;

use super::super::mapping::LogMapping;
use crate::read::columns::normalized;
use crate::wording::first_of;

/// The columns, or fields, of a log by their numbers; all others are properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Roles {
    pub(super) lead: usize,
    pub(super) kind: usize,
    pub(super) at: usize,
    pub(super) id: Option<usize>,
}

/// What a column holds that could be times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TimeEvidence {
    None,
    Numbers,
    Dates,
}

/// Names that exports give them, the best first.
#[derive(Deserialize)]
struct Names {
    lead_id: Vec<String>,
    /// What is the activity's own id where another column names the lead.
    lead_id_if_no_other: Vec<String>,
    kind: Vec<String>,
    at: Vec<String>,
    id: Vec<String>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../columns.json")).expect("columns.json lists names of columns")
});

impl Roles {
    /// Finds them among names: as a mapping says, else under their own names, else under those of exports. A column of
    /// times is preferred to another with the name of one. Lead, kind and time come from columns that are filled as a rule.
    pub(super) fn find(
        names: &[&str],
        mapping: &LogMapping,
        is_filled: impl Fn(usize) -> bool,
        holds_times: impl Fn(usize) -> TimeEvidence,
    ) -> Result<Roles, String> {
        let mapped = [
            given(names, "lead_id", mapping.lead_id.as_deref())?,
            given(names, "kind", mapping.kind.as_deref())?,
            given(names, "at", mapping.at.as_deref())?,
            given(names, "id", mapping.id.as_deref())?,
        ];
        let spelled: Vec<String> = names.iter().map(|name| normalized(name)).collect();
        let mut taken: Vec<usize> = mapped.into_iter().flatten().collect();
        let mut find = |own: &str,
                        lists: &[&Vec<String>],
                        mapped: Option<usize>,
                        fits: &dyn Fn(usize) -> bool| {
            let found = mapped.or_else(|| {
                let is_free = |column: &usize| !taken.contains(column) && fits(*column);
                let exact = (0..names.len()).find(|column| {
                    names[*column] == own && !taken.contains(column) && (own == "id" || is_filled(*column))
                });
                let mut others =
                    std::iter::once(own).chain(lists.iter().copied().flatten().map(String::as_str));
                exact.or_else(|| {
                    others.find_map(|wanted| {
                        let wanted = normalized(wanted);
                        (0..names.len()).filter(is_free).find(|column| spelled[*column] == wanted)
                    })
                })
            })?;
            taken.push(found);
            Some(found)
        };
        let lists = &*NAMES;
        let lead = find("lead_id", &[&lists.lead_id, &lists.lead_id_if_no_other], mapped[0], &is_filled);
        let kind = find("kind", &[&lists.kind], mapped[1], &is_filled);
        let at =
            [TimeEvidence::Dates, TimeEvidence::Numbers, TimeEvidence::None].into_iter().find_map(|least| {
                find("at", &[&lists.at], mapped[2], &|column| {
                    is_filled(column) && holds_times(column) >= least
                })
            });
        let id = find("id", &[&lists.id], mapped[3], &|_| true);
        let missing = |what: &str| {
            let has = first_of(names);
            format!(
                "an activity log names {what}, which no column of this one does; it has: {has}. Say which is which \
                 under `activities` in the mapping (--map)"
            )
        };
        Ok(Roles {
            lead: lead.ok_or_else(|| missing("the lead (`lead_id`)"))?,
            kind: kind.ok_or_else(|| missing("what happened (`kind`)"))?,
            at: at.ok_or_else(|| missing("the time (`at`)"))?,
            id,
        })
    }

    /// Their columns.
    pub(super) fn columns(self) -> impl Iterator<Item = usize> {
        [self.lead, self.kind, self.at].into_iter().chain(self.id)
    }

    /// What was taken for what under another name, where no mapping says so.
    pub(super) fn assumed(self, names: &[&str], mapping: &LogMapping) -> Option<String> {
        let roles = [
            ("lead_id", Some(self.lead), &mapping.lead_id),
            ("kind", Some(self.kind), &mapping.kind),
            ("at", Some(self.at), &mapping.at),
            ("the activity's id", self.id, &mapping.id),
        ];
        let words = roles.into_iter().filter_map(|(role, column, mapped)| {
            let name = names[column?];
            let is_own =
                name == role || (role == "the activity's id" && matches!(name, "id" | "activity_id"));
            (mapped.is_none() && !is_own).then(|| format!("`{name}` as {role}"))
        });
        let words: Vec<String> = words.collect();
        (!words.is_empty()).then(|| format!("reading of the activity log {}", words.join(", ")))
    }
}

/// The column that a mapping names.
fn given(names: &[&str], role: &str, wanted: Option<&str>) -> Result<Option<usize>, String> {
    let Some(wanted) = wanted else { return Ok(None) };
    let found = names.iter().position(|name| name.trim() == wanted.trim());
    found.map(Some).ok_or_else(|| {
        format!(
            "the mapping reads the {role} of activities from a column `{wanted}` that the log does not have; its \
             columns: {}",
            first_of(names)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(names: &[&str]) -> [Option<String>; 4] {
        let evidence = |column: usize| match names[column] {
            "Time" => TimeEvidence::None,
            _ => TimeEvidence::Dates,
        };
        let roles = Roles::find(names, &LogMapping::default(), |_| true, evidence).unwrap();
        let name = |column: usize| Some(names[column].to_owned());
        [name(roles.lead), name(roles.kind), name(roles.at), roles.id.and_then(name)]
    }

    #[test]
    fn names_of_exports_are_known() {
        for (names, wanted) in [
            (vec!["lead_id", "kind", "at"], ["lead_id", "kind", "at", ""]),
            (vec!["id", "lead_id", "kind", "at"], ["lead_id", "kind", "at", "id"]),
            (vec!["id", "kind", "at"], ["id", "kind", "at", ""]),
            (
                vec!["Record ID", "Contact ID", "Activity Type", "Activity Date"],
                ["Contact ID", "Activity Type", "Activity Date", "Record ID"],
            ),
            (vec!["Id", "WhoId", "Type", "Subject", "ActivityDate"], ["WhoId", "Type", "ActivityDate", "Id"]),
            (
                vec!["Contact ID", "Event", "Event ID", "Timestamp"],
                ["Contact ID", "Event", "Timestamp", "Event ID"],
            ),
            (vec!["Prospect Id", "Type", "Time", "Date"], ["Prospect Id", "Type", "Date", ""]),
            (vec!["Lead", "Action", "Created At", "Event Date"], ["Lead", "Action", "Event Date", ""]),
        ] {
            let wanted = wanted.map(|name| (!name.is_empty()).then(|| name.to_owned()));
            assert_eq!(find(&names), wanted, "{names:?}");
        }
    }

    #[test]
    fn a_mapping_wins() {
        let mapping: LogMapping = serde_json::from_str(r#"{"lead_id": "Mail", "id": "No"}"#).unwrap();
        let names = ["lead_id", "Mail", "kind", "at", "id", "No"];
        let roles = Roles::find(&names, &mapping, |_| true, |_| TimeEvidence::Dates).unwrap();
        assert_eq!(roles, Roles { lead: 1, kind: 2, at: 3, id: Some(5) });
        assert_eq!(roles.assumed(&names, &mapping), None);
        let error =
            Roles::find(&["Mail", "kind", "at"], &mapping, |_| true, |_| TimeEvidence::Dates).unwrap_err();
        assert!(error.contains("the id of activities from a column `No`"), "{error}");
        let error =
            Roles::find(&["Mail", "Colour"], &LogMapping::default(), |_| true, |_| TimeEvidence::Dates)
                .unwrap_err();
        assert!(error.contains("names the lead (`lead_id`)") && error.contains("Mail, Colour"), "{error}");
    }
}
