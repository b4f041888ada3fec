//! Records of one plan, feature after feature.

use super::{Extraction, Mode, RecordRow, TextFeature, unusable};
use crate::Zone;
use crate::expression::format_number;
use crate::feature::activity_log::ActivityLog;
use crate::feature::gap::{Gap, issue};
use crate::feature::match_cache::MatchCaches;
use crate::feature::missing::MissingCause;
use crate::feature::schema::FeatureSchema;
use crate::feature::schema::steps::{GivingWay, How, Plan, Step};
use crate::feature::sources::{Found, Input, SharedSource};
use crate::record::{Activities, AttributeRef, Record};

/// What is the same for all records that are read together.
pub(super) struct PlannedExtraction<'a> {
    pub(super) schema: &'a FeatureSchema,
    pub(super) plan: &'a Plan,
    pub(super) zone: &'a Zone,
    pub(super) mode: Mode,
}

impl PlannedExtraction<'_> {
    /// Fills the extractions of up to `N` records, feature after feature.
    pub(super) fn run<const N: usize, R: Record + ?Sized>(
        &self,
        rows: &mut [RecordRow<'_, R>],
        mut caches: Option<&mut MatchCaches>,
        columns: &mut Vec<[f64; N]>,
    ) {
        columns.clear();
        columns.extend(self.plan.template.iter().map(|value| [*value; N]));
        let logs: [Option<ActivityLog<'_>>; N] = std::array::from_fn(|at| {
            let (record, as_of) = rows.get(at).map(|row| (row.record, row.as_of))?;
            let reads = self.schema.reads_activities();
            let activities = if reads { record.activities() } else { Activities::default() };
            Some(ActivityLog::new(self.schema.activity_types(), activities, as_of))
        });
        for step in &self.plan.steps {
            let position = step.position as usize;
            let source = match &step.how {
                How::Formula(formula) => {
                    let values = formula.evaluate_rows(columns);
                    for ((row, value), own) in rows.iter_mut().zip(values).zip(&mut columns[position]) {
                        if step.accepted.contains(value) {
                            *own = value;
                        } else {
                            self.take(step, unusable(value), own, row.extraction);
                        }
                    }
                    continue;
                }
                How::ConstantlyMissing(found) => {
                    for (row, own) in rows.iter_mut().zip(&mut columns[position]) {
                        self.take(step, found.clone(), own, row.extraction);
                    }
                    continue;
                }
                How::OptionalText(_) if !rows.iter().any(|row| row.extraction.wants_texts) => continue,
                How::OptionalText(source)
                | How::PlainNumber(source)
                | How::PlainFlag(source)
                | How::Source(source) => source,
            };
            let own = rows.iter_mut().zip(&mut columns[position]);
            let key = step.attribute.map(|index| self.schema.attribute_names().key(index as usize));
            for ((row, own), log) in own.zip(logs.iter().flatten()) {
                let attribute = key.and_then(|key| row.record.attribute(key));
                if let Some(value) = step.how.plain_value(attribute)
                    && step.accepted.contains(value)
                {
                    *own = value;
                    continue;
                }
                let found = match &step.absent {
                    Some(absent) if attribute.is_none() => absent.clone(),
                    _ => {
                        let input = Input { attribute, log, as_of: row.as_of, zone: self.zone };
                        self.find(position, source, &input, caches.as_deref_mut())
                    }
                };
                self.take(step, found, own, row.extraction);
            }
        }
        for own in &self.plan.giving_way {
            let (stated, logged) = (&columns[own.stated], &columns[own.logged]);
            for (at, (row, log)) in rows.iter_mut().zip(logs.iter().flatten()).enumerate() {
                // A log that begins after the as-of time is none.
                if stated[at] > logged[at] && !log.is_empty() && self.is_outweighed(own, stated[at], row, log)
                {
                    let found = Some(format_number(stated[at]));
                    let gap = Gap { feature: own.stated, cause: MissingCause::Outweighed, found };
                    row.extraction.gaps.push(gap);
                }
            }
        }
        for (row, log) in rows.iter_mut().zip(logs.iter().flatten()) {
            if log.is_empty() {
                self.schema.add_unknowns(row);
            }
        }
        let positions = self.schema.column_positions();
        for (at, row) in rows.iter_mut().enumerate() {
            row.extraction.columns.extend(positions.iter().map(|&position| columns[position][at]));
        }
    }

    /// Whether a stated count is larger than that of the whole log too.
    fn is_outweighed<R: Record + ?Sized>(
        &self,
        own: &GivingWay,
        stated: f64,
        row: &RecordRow<'_, R>,
        log: &ActivityLog<'_>,
    ) -> bool {
        let input = Input { attribute: None, log, as_of: row.as_of, zone: self.zone };
        match own.in_all.as_ref().map(|source| source.evaluate(&input)) {
            Some(Found::Value(count)) => stated > count,
            _ => true,
        }
    }

    /// What a source finds, or what its match made of the same text before.
    fn find(
        &self,
        position: usize,
        source: &SharedSource,
        input: &Input<'_>,
        caches: Option<&mut MatchCaches>,
    ) -> Found {
        let find = || self.schema.features()[position].usable(source.evaluate(input));
        let text = match input.attribute {
            Some(AttributeRef::Text(text)) => source.deciding_text(text),
            _ => None,
        };
        match (text, caches) {
            (Some(text), Some(caches)) => caches.of_feature(position).found(text, find),
            _ => find(),
        }
    }

    /// Takes what was found for a record; where that is nothing, the template's default stays in the row.
    fn take(&self, step: &Step, found: Found, own: &mut f64, extraction: &mut Extraction) {
        let feature = step.position as usize;
        match found {
            Found::Value(value) => *own = value,
            Found::Text(text) => extraction.texts.push(TextFeature { feature, text }),
            Found::Nothing(cause, found) => {
                if self.mode == Mode::Strict {
                    let issue = issue(&self.schema.features()[feature], cause, found.as_deref());
                    extraction.issues.extend(issue);
                }
                if step.is_column || cause != MissingCause::Absent {
                    extraction.gaps.push(Gap { feature, cause, found });
                }
            }
        }
    }
}

impl How {
    /// The value that an attribute is, where no text needs to be understood.
    #[inline]
    fn plain_value(&self, attribute: Option<AttributeRef<'_>>) -> Option<f64> {
        match (self, attribute?) {
            (How::PlainNumber(_), AttributeRef::Number(number)) => Some(number),
            (How::PlainFlag(_), AttributeRef::Flag(flag)) => Some(f64::from(u8::from(flag))),
            // −0 is no flag.
            (How::PlainFlag(_), AttributeRef::Number(number)) if number == 1.0 || number.to_bits() == 0 => {
                Some(number)
            }
            _ => None,
        }
    }
}
