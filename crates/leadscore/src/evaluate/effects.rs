//! What moves the scores of leads: which features or rules most, and how the points of each hang on its value.

use serde::{Serialize, Serializer};

use super::scored::{Effects, PipelineScores};
use crate::explain::FeatureValue;
use crate::math::random::hash;
use crate::scorer::{ContributionKind, SCALE_RANGE};

/// Of so many features it is shown how points hang on their values.
const SHOWN: usize = 6;
/// The most leads that are shown for one of them.
const SHOWN_LEADS: usize = 300;
/// The most levels.
const SHOWN_LEVELS: usize = 12;

/// How much a feature of a model, or a rule, moves scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FeatureEffect {
    /// The feature's name, or the rule's code.
    pub code: String,
    /// The name people read.
    pub label: String,
    /// The group it belongs to, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The mean of its points over the leads, without their signs.
    pub mean_points: f64,
}

/// How points hang on the value of a feature: those of a model's feature, or of all rules that read it first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Dependence {
    /// The feature's name.
    pub feature: String,
    /// The name people read.
    pub label: String,
    /// Some leads with a number as the value, by rising value; empty where values are levels.
    pub leads: Vec<ValuePoints>,
    /// The levels, or yes and no, the most frequent first; empty where values are numbers.
    pub levels: Vec<LevelPoints>,
    /// The leads of which the value is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<MissingPoints>,
}

/// A lead's value and points; as JSON `[value, points]`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ValuePoints {
    /// The value.
    pub value: f64,
    /// The points it gave or took.
    pub points: f64,
}

/// The leads of one level.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LevelPoints {
    /// The level.
    pub level: String,
    /// How many leads have it.
    pub leads: usize,
    /// The mean of their points.
    pub mean_points: f64,
}

/// The leads without a value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MissingPoints {
    /// How many.
    pub leads: usize,
    /// The mean of their points.
    pub mean_points: f64,
}

impl Serialize for ValuePoints {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.value, self.points].serialize(serializer)
    }
}

/// What moves the scores of a pipeline.
#[derive(Debug, Default)]
pub(super) struct Moved {
    pub(super) features: Vec<FeatureEffect>,
    pub(super) dependence: Vec<Dependence>,
}

impl Moved {
    /// Over the leads of which it is known.
    pub(super) fn of(scores: &PipelineScores) -> Moved {
        let parts = scores.pipeline.scorer().parts();
        let mut sums = vec![0.0; parts.len()];
        for (_, effects) in &scores.effects {
            for (part, points) in &effects.lines {
                sums[*part as usize] += points.abs();
            }
        }
        let is_shown =
            |part: &u32| parts.get(*part).kind != ContributionKind::Limit && sums[*part as usize] > 0.0;
        let mut ranked: Vec<u32> = (SCALE_RANGE..parts.len() as u32).filter(is_shown).collect();
        ranked.sort_by(|a, b| sums[*b as usize].total_cmp(&sums[*a as usize]).then(a.cmp(b)));
        let count = scores.effects.len() as f64;
        let effect = |part: &u32| {
            let info = parts.get(*part);
            FeatureEffect {
                code: info.code.to_string(),
                label: info.label.to_string(),
                group: info.group.as_deref().map(str::to_owned),
                mean_points: sums[*part as usize] / count,
            }
        };
        let mut columns: Vec<usize> = Vec::new();
        for column in ranked.iter().filter_map(|part| Some(parts.get(*part).columns.first()?.index)) {
            if columns.len() < SHOWN && !columns.contains(&column) {
                columns.push(column);
            }
        }
        let shown = columns.iter().filter_map(|column| dependence(scores, *column));
        Moved { features: ranked.iter().map(effect).collect(), dependence: shown.collect() }
    }
}

/// How the points of the parts that read a column first hang on its value.
fn dependence(scores: &PipelineScores, column: usize) -> Option<Dependence> {
    let feature = scores.pipeline.schema().column(column)?;
    let parts = scores.pipeline.scorer().parts();
    let is_own = |part: u32| parts.get(part).columns.first().is_some_and(|own| own.index == column);
    let points = |effects: &Effects| {
        let own = effects.lines.iter().filter(|(part, _)| is_own(*part));
        own.fold(0.0, |sum, (_, points)| sum + points)
    };
    let (mut numbers, mut levels, mut missing) = (Vec::new(), Vec::<LevelPoints>::new(), (0, 0.0));
    for (at, effects) in &scores.effects {
        let (value, points) = (effects.columns[column], points(effects));
        let level = match FeatureValue::new(feature, value) {
            FeatureValue::Missing => {
                missing.0 += 1;
                missing.1 += points;
                continue;
            }
            FeatureValue::Number(number) => {
                numbers.push((scores.numbers()[*at], ValuePoints { value: number, points }));
                continue;
            }
            FeatureValue::Text(_) => feature.level_label(value as usize).unwrap_or_default().to_owned(),
            flag @ FeatureValue::Flag(_) => flag.to_string(),
        };
        let place = levels.iter().position(|own| own.level == level).unwrap_or_else(|| {
            levels.push(LevelPoints { level, leads: 0, mean_points: 0.0 });
            levels.len() - 1
        });
        levels[place].leads += 1;
        levels[place].mean_points += points;
    }
    for level in &mut levels {
        level.mean_points /= level.leads as f64;
    }
    levels.sort_by(|a, b| b.leads.cmp(&a.leads).then_with(|| a.level.cmp(&b.level)));
    levels.truncate(SHOWN_LEVELS);
    // Some of all leads, whatever their order.
    numbers.sort_by_key(|(number, _)| (hash(0, [*number, 1]), *number));
    numbers.truncate(SHOWN_LEADS);
    let mut leads: Vec<ValuePoints> = numbers.into_iter().map(|(_, own)| own).collect();
    leads.sort_by(|a, b| a.value.total_cmp(&b.value).then(a.points.total_cmp(&b.points)));
    Some(Dependence {
        feature: feature.name.clone(),
        label: feature.label.clone(),
        leads,
        levels,
        missing: (missing.0 > 0)
            .then(|| MissingPoints { leads: missing.0, mean_points: missing.1 / missing.0 as f64 }),
    })
}
