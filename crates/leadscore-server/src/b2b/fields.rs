//! What a body may say of each feature of a model, and how a key finds its column.

use std::collections::HashMap;

use leadscore::feature::FeatureType;
use leadscore::{Feature, FeatureSchema};

use super::invalid::Problem;

/// The features of a model, by position and by name.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    list: Vec<Field>,
    by_name: HashMap<Box<str>, usize>,
    /// What each column holds where a body does not say: the default, or NaN where there is none.
    defaults: Vec<f64>,
    required: ColumnSet,
}

/// One feature.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: Box<str>,
    /// Its name as a JSON key, quotes and colon included.
    pub(super) key: Box<[u8]>,
    whole: bool,
    low: f64,
    high: f64,
    pub(super) is_flag: bool,
}

/// A set of columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ColumnSet(Vec<u64>);

impl Fields {
    pub(super) fn new(schema: &FeatureSchema) -> Fields {
        let list: Vec<Field> = schema.columns().map(Field::new).collect();
        let default = |feature: &Feature| if feature.required { None } else { feature.default };
        let mut required = ColumnSet::for_columns(list.len());
        for (at, feature) in schema.columns().enumerate() {
            if default(feature).is_none() {
                required.insert(at);
            }
        }
        Fields {
            by_name: list.iter().enumerate().map(|(at, field)| (field.name.clone(), at)).collect(),
            defaults: schema.columns().map(|feature| default(feature).unwrap_or(f64::NAN)).collect(),
            list,
            required,
        }
    }

    pub(super) fn all(&self) -> &[Field] {
        &self.list
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(super) fn defaults(&self) -> &[f64] {
        &self.defaults
    }

    /// The columns that every body must fill.
    pub(super) fn required(&self) -> &ColumnSet {
        &self.required
    }

    pub(super) fn no_columns(&self) -> ColumnSet {
        ColumnSet::for_columns(self.list.len())
    }
}

impl Field {
    fn new(feature: &Feature) -> Field {
        let (whole, low, high) = match feature.kind {
            FeatureType::Flag => (true, 0.0, 1.0),
            // A category is given as its code.
            FeatureType::Category => (true, 0.0, feature.levels.len().saturating_sub(1) as f64),
            _ => match feature.range {
                Some(range) => (feature.whole, range.low, range.high),
                None => (feature.whole, f64::NEG_INFINITY, f64::INFINITY),
            },
        };
        let key = format!("{}:", serde_json::Value::from(&*feature.name));
        Field {
            name: feature.name.as_str().into(),
            key: key.into_bytes().into(),
            whole,
            low,
            high,
            is_flag: feature.kind == FeatureType::Flag,
        }
    }

    /// Whether a finite number is a value of the feature.
    pub(super) fn takes(&self, value: f64) -> bool {
        value >= self.low && value <= self.high && (!self.whole || value.trunc() == value)
    }

    /// What is wrong with a number, if anything.
    pub(super) fn problem(&self, value: f64) -> Option<Problem> {
        if self.whole && value.trunc() != value {
            return Some(Problem::NotInteger);
        }
        if value < self.low {
            return Some(Problem::BelowLimit(self.low));
        }
        (value > self.high).then_some(Problem::AboveLimit(self.high))
    }

    /// What is wrong with anything that is no number.
    pub(super) fn not_a_number(&self) -> Problem {
        if self.whole { Problem::NotInteger } else { Problem::NotNumber }
    }
}

impl ColumnSet {
    fn for_columns(count: usize) -> ColumnSet {
        ColumnSet(vec![0; count.div_ceil(64)])
    }

    /// Adds a column; false where it was in the set already.
    pub(super) fn insert(&mut self, column: usize) -> bool {
        let (word, bit) = (&mut self.0[column / 64], 1 << (column % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    pub(super) fn contains(&self, column: usize) -> bool {
        self.0[column / 64] & (1 << (column % 64)) != 0
    }

    /// Whether it has every column of another set.
    pub(super) fn has_all(&self, other: &ColumnSet) -> bool {
        self.0.iter().zip(&other.0).all(|(own, other)| own & other == *other)
    }

    pub(super) fn clear(&mut self) {
        self.0.fill(0);
    }
}
