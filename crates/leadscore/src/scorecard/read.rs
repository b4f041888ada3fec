//! Scorecards from JSON and back.

use std::collections::HashSet;

use super::{Effect, Group, MOST_POINTS, Rounding, Rule, Scorecard, Unit};
use crate::Error;
use crate::expression::{Reading, Scope};
use crate::json::{Cursor, Node, Object, word_for};
use crate::scorer::ContributionKind;

const UNITS: [(&str, Unit); 2] = [("points", Unit::Points), ("log_odds", Unit::LogOdds)];
const ROUNDINGS: [(&str, Rounding); 2] = [("down", Rounding::Down), ("nearest", Rounding::Nearest)];

/// The feature through which a language model's adjustment enters; rules on it make contributions of kind `model`.
const MODEL_FEATURE: &str = "model_adjustment";

impl Scorecard {
    pub(crate) fn read(cursor: &Cursor<'_>, scope: &Scope, reading: &Reading) -> Result<Scorecard, Error> {
        let fields = cursor.object(&["kind", "unit", "base", "groups", "round", "range"])?;
        let unit = fields.required("unit")?.word(&UNITS)?;
        if unit == Unit::LogOdds {
            for name in ["round", "range"] {
                if let Some(field) = fields.optional(name) {
                    return Err(field.error("a scorecard in log-odds is neither rounded nor clipped"));
                }
            }
        }
        let list = fields.required("groups")?;
        let mut codes = HashSet::new();
        let mut groups = Vec::new();
        for item in list.items()? {
            let group = read_group(&item, scope, reading)?;
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
        })
    }
}

/// A number small enough that sums and products of a few stay finite.
fn bounded(cursor: &Cursor<'_>) -> Result<f64, Error> {
    let number = cursor.number()?;
    if number.abs() <= MOST_POINTS {
        Ok(number)
    } else {
        Err(cursor.error(format!("wants a number within {MOST_POINTS:e} of 0, found {number:e}")))
    }
}

fn read_group(cursor: &Cursor<'_>, scope: &Scope, reading: &Reading) -> Result<Group, Error> {
    let fields = cursor.object(&["code", "label", "weight", "range", "rules"])?;
    let code = fields.required("code")?.text()?.to_owned();
    let list = fields.required("rules")?;
    let mut codes = HashSet::new();
    let mut rules = Vec::new();
    for item in list.items()? {
        let rule = read_rule(&item, scope, reading)?;
        if !codes.insert(rule.code.clone()) {
            return Err(item.error(format!("a second rule with the code `{}` in one group", rule.code)));
        }
        rules.push(rule);
    }
    let label = fields.text("label")?;
    Ok(Group {
        own_label: label.is_some(),
        label: label.unwrap_or_else(|| code.replace('_', " ")),
        weight: fields.optional("weight").map_or(Ok(1.0), |c| bounded(&c))?,
        range: fields.range("range")?,
        rules,
        range_code: format!("{code}.range"),
        code,
    })
}

fn read_rule(cursor: &Cursor<'_>, scope: &Scope, reading: &Reading) -> Result<Rule, Error> {
    let fields = cursor.object(&["code", "when", "points", "range", "disqualify", "text"])?;
    let code = fields.required("code")?.text()?.to_owned();
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
    let mut columns: Vec<usize> = Vec::new();
    let mut kind = ContributionKind::Rule;
    let mut see = |slot: &crate::expression::Slot| {
        if !columns.contains(&slot.index) {
            columns.push(slot.index);
        }
        if slot.name == MODEL_FEATURE {
            kind = ContributionKind::Model;
        }
    };
    if let Some(when) = &when {
        when.slots(&mut see);
    }
    if let Effect::Points { points, .. } = &effect {
        points.slots(&mut see);
    }
    Ok(Rule {
        label: code.replace('_', " "),
        text: fields.optional("text").map(|c| reading.text(&c, scope)).transpose()?,
        range_code: format!("{code}.range"),
        code,
        when,
        effect,
        columns,
        kind,
    })
}

impl From<&Scorecard> for Node {
    fn from(card: &Scorecard) -> Node {
        Object::default()
            .with("kind", "scorecard")
            .with("unit", word_for(&UNITS, &card.unit))
            .with("base", card.base)
            .with("groups", Node::List(card.groups.iter().map(Node::from).collect()))
            .maybe("round", card.round.map(|round| word_for(&ROUNDINGS, &round)))
            .maybe("range", card.range)
            .into()
    }
}

impl From<&Group> for Node {
    fn from(group: &Group) -> Node {
        Object::default()
            .with("code", &group.code)
            .maybe("label", group.own_label.then_some(&group.label))
            .maybe("weight", (group.weight != 1.0).then_some(group.weight))
            .maybe("range", group.range)
            .with("rules", Node::List(group.rules.iter().map(Node::from).collect()))
            .into()
    }
}

impl From<&Rule> for Node {
    fn from(rule: &Rule) -> Node {
        let object = Object::default().with("code", &rule.code).maybe("when", rule.when.as_ref());
        match &rule.effect {
            Effect::Points { points, range } => object.with("points", points).maybe("range", *range),
            Effect::Disqualify => object.flag("disqualify", true),
        }
        .maybe("text", rule.text.as_ref())
        .into()
    }
}
