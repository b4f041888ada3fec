//! What is known of a record without activities: a count that became 0 for want of anything to count is not.

use std::collections::BTreeSet;

use super::{Feature, FeatureSchema};
use crate::expression::{Choice, Value};
use crate::feature::filter::ActivityNeeds;
use crate::feature::sources::{Formula, Found};
use crate::record::{AttributeRef, Record};

/// When the value of a feature is known, where the record has no activities.
#[derive(Debug, Clone, PartialEq)]
enum Known {
    Always,
    Never,
    /// Where the record has the attribute of that number.
    Attribute(usize),
    Any(Vec<Known>),
    All(Vec<Known>),
}

/// The columns that have a value without activities and are not always known, by their positions in the schema.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::feature) struct Unknowns(Vec<(usize, Known)>);

/// What a column is computed from.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Inputs {
    /// The numbers of attributes.
    pub(crate) attributes: BTreeSet<usize>,
    pub(crate) activities: bool,
}

impl Unknowns {
    pub(super) fn new(schema: &FeatureSchema, absent: impl Fn(&Feature) -> Found) -> Unknowns {
        let mut known: Vec<Known> = Vec::new();
        let mut unknowns = Vec::new();
        for (position, feature) in schema.features().iter().enumerate() {
            let own = if let Some(formula) = feature.source.formula() {
                of_formula(formula, &known)
            } else if feature.source.activity_needs() > ActivityNeeds::None {
                Known::Never
            } else if let Some(attribute) = feature.attribute
                && !matches!(absent(feature), Found::Value(_))
            {
                Known::Attribute(attribute)
            } else {
                Known::Always
            };
            // What an attribute alone gives is missing without it, and is found so.
            if feature.is_column() && !matches!(own, Known::Always | Known::Attribute(_)) {
                unknowns.push((position, own.clone()));
            }
            known.push(own);
        }
        Unknowns(unknowns)
    }

    /// The columns that are not known of a record without activities.
    pub(in crate::feature) fn of<'s, R: Record + ?Sized>(
        &'s self,
        schema: &'s FeatureSchema,
        record: &'s R,
    ) -> impl Iterator<Item = usize> + 's {
        self.0.iter().filter(|(_, known)| !known.holds(schema, record)).map(|(position, _)| *position)
    }
}

impl Known {
    fn any(parts: Vec<Known>) -> Known {
        match parts.len() {
            0 => Known::Always,
            _ if parts.contains(&Known::Always) => Known::Always,
            _ => Known::Any(parts),
        }
    }

    fn all(mut parts: Vec<Known>) -> Known {
        parts.retain(|part| *part != Known::Always);
        match parts.len() {
            0 => Known::Always,
            1 => parts.remove(0),
            _ => Known::All(parts),
        }
    }

    fn holds<R: Record + ?Sized>(&self, schema: &FeatureSchema, record: &R) -> bool {
        match self {
            Known::Always => true,
            Known::Never => false,
            Known::Attribute(index) => match record.attribute(schema.attribute_names().key(*index)) {
                None => false,
                Some(AttributeRef::Text(text)) => !text.trim().is_empty(),
                Some(AttributeRef::Number(number)) => !number.is_nan(),
                Some(_) => true,
            },
            Known::Any(parts) => parts.iter().any(|part| part.holds(schema, record)),
            Known::All(parts) => parts.iter().all(|part| part.holds(schema, record)),
        }
    }
}

/// A formula by what is known of the features before it.
fn of_formula(formula: &Formula, known: &[Known]) -> Known {
    if let Some(value) = formula.value() {
        return of_value(value, known);
    }
    // What a condition or a level rests on may be known in part.
    let mut parts = Vec::new();
    formula.visit_columns(&mut |column| parts.push(known[column.index].clone()));
    Known::any(parts)
}

fn of_value(value: &Value, known: &[Known]) -> Known {
    let of_all = |parts: &[Value]| -> Vec<Known> {
        let read = parts.iter().filter(|part| !matches!(part, Value::Number(_)));
        read.map(|part| of_value(part, known)).collect()
    };
    match value {
        Value::Number(_) => Known::Always,
        Value::Column(column) => known[column.index].clone(),
        // Of a sum a part says something; of the first one that is known, a number at the end stands for not known.
        Value::Sum(parts) | Value::First(parts) => Known::any(of_all(parts)),
        Value::Product(parts) | Value::Min(parts) | Value::Max(parts) => Known::all(of_all(parts)),
        Value::Ratio(pair) => Known::all(vec![of_value(&pair.0, known), of_value(&pair.1, known)]),
        Value::Round(part) | Value::Floor(part) | Value::HalfLife(part, _) => of_value(part, known),
        Value::Choice(choice) => of_choice(choice, known),
    }
}

fn of_choice(choice: &Choice<Value>, known: &[Known]) -> Known {
    let mut parts = Vec::new();
    choice.visit_columns(&mut |column| parts.push(known[column.index].clone()));
    let read = choice.branches().filter(|branch| !matches!(branch, Value::Number(_)));
    parts.extend(read.map(|branch| of_value(branch, known)));
    Known::any(parts)
}

impl FeatureSchema {
    /// Whether activities tell what this attribute states: every column that reads it is computed from activities too.
    ///
    /// ```
    /// let schema = leadscore::FeatureSchema::builtin("lead-ml")?;
    /// assert!(schema.is_told_by_activities("meeting_count") && !schema.is_told_by_activities("created_at"));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn is_told_by_activities(&self, attribute: &str) -> bool {
        let Some(index) = self.attribute_names().index(attribute) else { return false };
        let columns = (0..self.columns.len()).map(|column| self.inputs_of_column(column));
        let mut readers = columns.filter(|inputs| inputs.attributes.contains(&index)).peekable();
        readers.peek().is_some() && readers.all(|inputs| inputs.activities)
    }

    /// What one of the columns is computed from, formulas followed to their ends.
    pub(crate) fn inputs_of_column(&self, column: usize) -> Inputs {
        let mut inputs = Inputs::default();
        let (mut todo, mut seen) = (vec![self.columns[column]], BTreeSet::new());
        while let Some(position) = todo.pop() {
            if !seen.insert(position) {
                continue;
            }
            let feature = &self.features()[position];
            inputs.attributes.extend(feature.attribute);
            inputs.activities |= feature.source.activity_needs() > ActivityNeeds::None;
            if let Some(formula) = feature.source.formula() {
                formula.visit_columns(&mut |column| todo.push(column.index));
            }
        }
        inputs
    }
}
