//! Values of JSON records that are written in a form which their features do not read.

use leadscore::{Attribute, Dataset, Lead};

use super::schema::{Draft, DraftFeature};
use crate::wording::{count, counted};

/// Values by feature of the table: how many rows have one, and the last.
pub(super) struct UnreadValues<'a> {
    features: Vec<Values<'a>>,
}

struct Values<'a> {
    column: &'a str,
    attribute: &'a str,
    name: &'a str,
    is_date: bool,
    count: u64,
    /// The first text among them, which is what may not be read.
    text: Option<String>,
}

impl<'d> UnreadValues<'d> {
    pub(super) fn new(draft: &'d Draft) -> UnreadValues<'d> {
        // What is taken for missing is not read on purpose.
        let typed = draft.features.iter().filter(|own| !own.is_from_log && !own.has_missing());
        let values = |own: &'d DraftFeature| Values {
            column: &own.column,
            attribute: &own.attribute,
            name: &own.name,
            is_date: own.is_date,
            count: 0,
            text: None,
        };
        UnreadValues { features: typed.map(values).collect() }
    }

    /// Takes in a row of a lead; `is_time` says whether a column of dates has a moment.
    pub(super) fn add(&mut self, lead: &Lead, is_time: impl Fn(&str) -> bool) {
        for own in &mut self.features {
            let text = match lead.attributes.get(own.attribute) {
                None => continue,
                Some(Attribute::Number(number)) if number.is_nan() => continue,
                Some(Attribute::Text(text)) if text.trim().is_empty() => continue,
                // A date behind the moment is told elsewhere.
                Some(_) if own.is_date && is_time(own.attribute) => continue,
                Some(value) => value.as_ref().to_text(),
            };
            own.count += 1;
            if own.text.is_none() && text.parse::<f64>().is_err() {
                own.text = Some(text.into_owned());
            }
        }
    }

    /// What to say of columns with values that were not read.
    pub(super) fn messages(&self, dataset: &Dataset) -> Vec<String> {
        let names: Vec<&str> = dataset.schema().columns().map(|feature| feature.name.as_str()).collect();
        let matrix = dataset.matrix();
        let unread = |own: &Values<'_>| {
            let known = if own.is_date {
                0
            } else {
                let at = names.iter().position(|name| *name == own.name)?;
                (0..matrix.row_count()).filter(|row| !matrix.row(*row)[at].is_nan()).count() as u64
            };
            let unread = own.count.saturating_sub(known);
            if unread == 0 {
                return None;
            }
            let wanted =
                if own.is_date { "dates such as 2026-11-22" } else { "numbers, true and false as such" };
            let example = own.text.as_ref().map(|text| format!(" such as `{text}`")).unwrap_or_default();
            Some(format!(
                "column `{}`: {} of {}{example} cannot be read from JSON and count as missing, when leads are scored too; write \
                 {wanted}",
                own.column,
                count(unread),
                counted(own.count, "value", "values")
            ))
        };
        self.features.iter().filter_map(unread).collect()
    }
}
