//! What of a record a score rests on, and how much of it.

use std::collections::BTreeSet;

use super::importance::ImportanceBy;
use super::{Pipeline, Scorer};
use crate::feature::Feature;
use crate::json::Range;
use crate::scorecard::Rule;

/// What of a record the score of a pipeline rests on: what its rules weigh, or its model's columns.
///
/// ```
/// use leadscore::Pipeline;
/// let inputs = Pipeline::builtin("conversion")?.score_inputs();
/// assert!(inputs.reads_activities && inputs.attributes.iter().any(|name| name == "company"));
/// assert!(inputs.model_columns.is_empty());
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ScoreInputs {
    /// The attributes, in the order of the schema.
    pub attributes: Vec<String>,
    /// Whether activities count.
    pub reads_activities: bool,
    /// The columns of a model, in its order; none where rules score.
    pub model_columns: Vec<ModelColumn>,
}

/// A column of a model, and what it is computed from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelColumn {
    /// Its name in the model.
    pub name: String,
    /// The attributes it is computed from.
    pub attributes: Vec<String>,
    /// Whether it is computed from activities too.
    pub reads_activities: bool,
}

impl Pipeline {
    /// What of a record the score rests on. Attributes that are only shown, only tell risks, or are only read by rules that
    /// can give no points, are not among them.
    pub fn score_inputs(&self) -> ScoreInputs {
        let schema = self.schema();
        let names = |attributes: &BTreeSet<usize>| -> Vec<String> {
            let all = schema.attribute_names().iter().enumerate();
            all.filter(|(index, _)| attributes.contains(index)).map(|(_, name)| name.to_owned()).collect()
        };
        let mut model_columns = Vec::new();
        let mut columns = BTreeSet::new();
        match self.scorer() {
            Scorer::Scorecard(card) => {
                for rule in card.weighing_rules(&self.column_ranges()) {
                    rule.visit_columns(&mut |column| {
                        columns.insert(column.index);
                    });
                }
            }
            Scorer::Forest(model) => {
                for input in model.inputs() {
                    let inputs = schema.inputs_of_column(input.column);
                    model_columns.push(ModelColumn {
                        name: input.name.clone(),
                        attributes: names(&inputs.attributes),
                        reads_activities: inputs.activities,
                    });
                    columns.insert(input.column);
                }
            }
        }
        let (mut attributes, mut reads_activities) = (BTreeSet::new(), false);
        for column in columns {
            let inputs = schema.inputs_of_column(column);
            attributes.extend(inputs.attributes);
            reads_activities |= inputs.activities;
        }
        ScoreInputs { attributes: names(&attributes), reads_activities, model_columns }
    }

    /// The share, from 0 to 1, of what decides a score that rests on these attributes, and on activities where there are any.
    /// Of rules it is their points in reach: how far their sum can move, after every cap, by those rules of which at least one
    /// input is there. Of a model it is the gain of its splits, or where that is not known, how many of its columns there are.
    ///
    /// ```
    /// use leadscore::Pipeline;
    /// let pipeline = Pipeline::builtin("conversion")?;
    /// assert_eq!(pipeline.share_in_reach(|_| true, true), 1.0);
    /// assert!(pipeline.share_in_reach(|name| name == "company", false) < 0.2);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn share_in_reach(&self, has: impl Fn(&str) -> bool, has_activities: bool) -> f64 {
        let is_there = |column: usize| {
            let inputs = self.schema().inputs_of_column(column);
            let names = self.schema().attribute_names();
            (inputs.activities && has_activities)
                || inputs.attributes.iter().filter_map(|index| names.name(*index)).any(&has)
        };
        let (found, all) = match self.scorer() {
            Scorer::Scorecard(card) => {
                let ranges = self.column_ranges();
                let reads = |rule: &Rule, wanted: &dyn Fn(usize) -> bool| {
                    let mut reads = false;
                    rule.visit_columns(&mut |column| reads |= wanted(column.index));
                    reads
                };
                let found = card.points_in_reach(&ranges, |rule| reads(rule, &is_there));
                (found, card.points_in_reach(&ranges, |rule| reads(rule, &|_| true)))
            }
            Scorer::Forest(model) => {
                let gains = model.split_importance(ImportanceBy::TotalGain).unwrap_or_default();
                let all: f64 = gains.iter().map(|(_, gain)| gain).sum();
                let weight = |index: usize| match gains.get(index) {
                    Some((_, gain)) if all > 0.0 => *gain,
                    _ => 1.0,
                };
                let weights =
                    || model.inputs().iter().enumerate().map(|(index, input)| (weight(index), input));
                let found = weights().filter(|(_, input)| is_there(input.column)).map(|(weight, _)| weight);
                (found.sum(), weights().map(|(weight, _)| weight).sum())
            }
        };
        if all > 0.0 { found / all } else { 1.0 }
    }

    fn column_ranges(&self) -> Vec<Range> {
        self.schema().columns().map(Feature::bounds).collect()
    }
}
