//! The lines of a sum in words.

use std::sync::Arc;

use crate::expression::push_number_of;
use crate::feature::{Feature, FeatureSchema, FeatureType};
use crate::scorer::{ContributionKind, PartInfo, PartList};

/// What the texts of a lead are made from.
#[derive(Clone, Copy)]
pub(crate) struct Wording<'a> {
    pub(crate) parts: &'a PartList,
    pub(crate) schema: &'a FeatureSchema,
    pub(crate) row: &'a [f64],
}

impl<'a> Wording<'a> {
    /// The text of a part; `buffer` is only scratch.
    pub(crate) fn text(&self, part: u32, buffer: &mut String) -> Arc<str> {
        buffer.clear();
        match self.shared_or_written(self.parts.get(part), buffer) {
            Some(text) => text.clone(),
            None => buffer.as_str().into(),
        }
    }

    /// Appends the text of a part.
    pub(crate) fn write(&self, part: u32, out: &mut String) {
        if let Some(text) = self.shared_or_written(self.parts.get(part), out) {
            out.push_str(text);
        }
    }

    /// The part's own text, else its label with the value of the one feature it is about. The text itself where it is the
    /// same for every lead; else it is appended to `out`.
    fn shared_or_written(&self, part: &'a PartInfo, out: &mut String) -> Option<&'a Arc<str>> {
        if let Some(template) = part.text.as_ref().and_then(|text| text.select(self.row)) {
            let start = out.len();
            match template.literal() {
                Some(text) if !text.trim().is_empty() => return Some(text),
                Some(_) => {}
                None => template.render_into(self.row, out),
            }
            if !out[start..].trim().is_empty() {
                return None;
            }
            out.truncate(start);
        }
        if part.kind != ContributionKind::Limit
            && let [column] = &*part.columns
            && let Some(feature) = self.schema.column(column.index)
        {
            out.push_str(&feature.label);
            out.push_str(": ");
            write_value(feature, self.row[column.index], out);
            return None;
        }
        Some(&part.label)
    }
}

fn write_value(feature: &Feature, value: f64, out: &mut String) {
    match feature.kind {
        _ if value.is_nan() => out.push_str("not known"),
        FeatureType::Flag => out.push_str(if value == 0.0 { "no" } else { "yes" }),
        FeatureType::Category => match feature.level_label(value as usize) {
            Some(label) => out.extend(label.chars().map(|c| if c == '_' { ' ' } else { c })),
            None => out.push_str("not known"),
        },
        _ => push_number_of(out, &feature.name, value),
    }
}
