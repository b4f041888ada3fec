//! Scorecards from JSON and back.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Effect, MAX_POINTS, Rounding, Rule, RuleGroup, Scorecard, ScorecardUnit};
use crate::Error;
use crate::expression::{ColumnRef, Reading, Scope};
use crate::json::{Cursor, Node, Object, word_for};
use crate::scorer::{ContributionKind, PartInfo, PartList};

pub(super) const UNITS: [(&str, ScorecardUnit); 2] =
    [("points", ScorecardUnit::Points), ("log_odds", ScorecardUnit::LogOdds)];
pub(super) const ROUNDINGS: [(&str, Rounding); 2] =
    [("down", Rounding::Down), ("nearest", Rounding::Nearest)];

/// The feature through which a language model's adjustment enters; rules on it make contributions of kind `model`.
const MODEL_FEATURE: &str = "model_adjustment";

impl Scorecard {
    pub(crate) fn read(cursor: &Cursor<'_>, scope: &Scope, reading: &Reading) -> Result<Scorecard, Error> {
        let fields = cursor.object(&["kind", "unit", "base", "groups", "round", "range"])?;
        if let Some(kind) = fields.optional("kind") {
            kind.word(&[("scorecard", ())])?;
        }
        let unit = fields.required("unit")?.word(&UNITS)?;
        if unit == ScorecardUnit::LogOdds {
            for name in ["round", "range"] {
                if let Some(field) = fields.optional(name) {
                    return Err(field.error("a scorecard in log-odds is neither rounded nor clipped"));
                }
            }
        }
        let mut parts = PartList::new();
        let round_part = parts.push(PartInfo::limit("round".into(), None, "Rounding".into()));
        let range_label = "The score is kept within its range".into();
        let range_part = parts.push(PartInfo::limit("range".into(), None, range_label));
        let list = fields.required("groups")?;
        let mut codes = HashSet::new();
        let mut groups = Vec::new();
        for item in list.items()? {
            let group = read_group(&item, scope, reading, &mut parts)?;
            if !codes.insert(group.code.clone()) {
                return Err(item.error(format!("a second group with the code `{}`", group.code)));
            }
            groups.push(group);
        }
        Ok(Scorecard {
            unit,
            base: bounded(&fields.required("base")?)?,
            groups,
            round: fields.optional("round").map(|c| c.word(&ROUNDINGS)).transpose()?,
            range: fields.range("range")?,
            parts,
            round_part,
            range_part,
        })
    }
}

/// A number small enough that sums and products of a few stay finite.
fn bounded(cursor: &Cursor<'_>) -> Result<f64, Error> {
    let number = cursor.number()?;
    if number.abs() <= MAX_POINTS {
        Ok(number)
    } else {
        Err(cursor.error(format!("wants a number within {MAX_POINTS:e} of 0, found {number:e}")))
    }
}

fn read_group(
    cursor: &Cursor<'_>,
    scope: &Scope,
    reading: &Reading,
    parts: &mut PartList,
) -> Result<RuleGroup, Error> {
    let fields = cursor.object(&["code", "label", "weight", "range", "rules"])?;
    let code: Arc<str> = fields.required("code")?.text()?.into();
    let list = fields.required("rules")?;
    let mut codes = HashSet::new();
    let mut rules = Vec::new();
    for item in list.items()? {
        let rule = read_rule(&item, &code, scope, reading, parts)?;
        if !codes.insert(rule.code.clone()) {
            return Err(item.error(format!("a second rule with the code `{}` in one group", rule.code)));
        }
        rules.push(rule);
    }
    let given = fields.text("label")?;
    let label_given = given.is_some();
    let label = given.unwrap_or_else(|| code.replace('_', " "));
    let limit = PartInfo::limit(format!("{code}.range").into(), Some(code.clone()), label.as_str().into());
    Ok(RuleGroup {
        range_part: parts.push(limit),
        label_given,
        label,
        weight: fields.optional("weight").map_or(Ok(1.0), |c| bounded(&c))?,
        range: fields.range("range")?,
        rules,
        code,
    })
}

fn read_rule(
    cursor: &Cursor<'_>,
    group: &Arc<str>,
    scope: &Scope,
    reading: &Reading,
    parts: &mut PartList,
) -> Result<Rule, Error> {
    let fields = cursor.object(&["code", "when", "points", "range", "disqualify", "text"])?;
    let code: Arc<str> = fields.required("code")?.text()?.into();
    let when = fields.optional("when").map(|c| reading.condition(&c, scope)).transpose()?;
    let effect = match (fields.optional("points"), fields.flag("disqualify")?) {
        (Some(points), false) => {
            Effect::Points { points: reading.value(&points, scope)?, range: fields.range("range")? }
        }
        (None, true) if when.is_some() && !fields.has("range") => Effect::Disqualify,
        (None, true) => return Err(cursor.error(
            "a rule with `\"disqualify\": true` wants `when` (which leads does it rule out?) and no `range`",
        )),
        _ => return Err(cursor.error("wants either `points` or `\"disqualify\": true`")),
    };
    let mut columns: Vec<ColumnRef> = Vec::new();
    let mut collect = |column: &ColumnRef| {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    };
    if let Some(when) = &when {
        when.visit_columns(&mut collect);
    }
    if let Effect::Points { points, .. } = &effect {
        points.visit_columns(&mut collect);
    }
    let kind = match &effect {
        Effect::Disqualify => ContributionKind::Limit,
        Effect::Points { .. } if columns.iter().any(|column| *column.name == *MODEL_FEATURE) => {
            ContributionKind::Model
        }
        Effect::Points { .. } => ContributionKind::Rule,
    };
    let label: Arc<str> = code.replace('_', " ").into();
    let text = fields.optional("text").map(|c| reading.text(&c, scope)).transpose()?;
    let limit = PartInfo::limit(format!("{code}.range").into(), Some(group.clone()), label.clone());
    let part = PartInfo {
        code: code.clone(),
        group: Some(group.clone()),
        kind,
        columns,
        text,
        label: label.clone(),
        is_rule_cap: false,
    };
    Ok(Rule {
        part: parts.push(part),
        range_part: parts.push(PartInfo { is_rule_cap: true, ..limit }),
        code,
        label,
        when,
        effect,
    })
}

impl From<&Scorecard> for Node {
    fn from(card: &Scorecard) -> Node {
        let groups = card.groups.iter().map(|group| write_group(group, &card.parts));
        Object::default()
            .with("kind", "scorecard")
            .with("unit", word_for(&UNITS, &card.unit))
            .with("base", card.base)
            .with("groups", Node::List(groups.collect()))
            .maybe("round", card.round.map(|round| word_for(&ROUNDINGS, &round)))
            .maybe("range", card.range)
            .into()
    }
}

fn write_group(group: &RuleGroup, parts: &PartList) -> Node {
    let rules = group.rules.iter().map(|rule| write_rule(rule, parts));
    Object::default()
        .with("code", &*group.code)
        .maybe("label", group.label_given.then_some(&group.label))
        .maybe("weight", (group.weight != 1.0).then_some(group.weight))
        .maybe("range", group.range)
        .with("rules", Node::List(rules.collect()))
        .into()
}

fn write_rule(rule: &Rule, parts: &PartList) -> Node {
    let object = Object::default().with("code", &*rule.code).maybe("when", rule.when.as_ref());
    match &rule.effect {
        Effect::Points { points, range } => object.with("points", points).maybe("range", *range),
        Effect::Disqualify => object.flag("disqualify", true),
    }
    .maybe("text", parts.get(rule.part).text.as_ref())
    .into()
}
