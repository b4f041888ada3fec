//! What is allowed in a pipeline file but hardly meant: rules that never fire, tiers out of reach, features that nothing
//! reads, reasons without a text.

use std::collections::HashSet;

use super::{Pipeline, Scorer};
use crate::error::Path;
use crate::feature::Feature;
use crate::json::{Node, Range};
use crate::scorecard::{Rule, RuleGroup};
use crate::tier::{TierAxis, TierBound};
use crate::{Scale, Scorecard};

/// A remark about a pipeline file.
pub(super) struct Lint {
    pub(super) code: &'static str,
    pub(super) path: Path,
    pub(super) message: String,
    /// Whether it is so whatever the rest of the file says.
    pub(super) is_of_one_rule: bool,
}

/// The remarks about what a file itself says; what it extends is not its own.
pub(super) fn warnings(pipeline: &Pipeline, document: &Node) -> Vec<Lint> {
    let columns: Vec<Range> = pipeline.schema().columns().map(Feature::bounds).collect();
    let mut all = Vec::new();
    if let Scorer::Scorecard(card) = pipeline.scorer() {
        if document.field("scorer").is_some() {
            rules(card, &columns, &mut all);
        }
        tiers(pipeline, card, &columns, &mut all);
    }
    unused_features(pipeline, document, &mut all);
    all
}

fn rules(card: &Scorecard, columns: &[Range], all: &mut Vec<Lint>) {
    for (group_at, group) in card.groups().iter().enumerate() {
        for (at, rule) in group.rules().iter().enumerate() {
            let path = || Path::from("scorer.groups").index(group_at).field("rules").index(at);
            let name = format!("the rule `{}.{}`", group.code(), rule.code());
            let mut say = |code, path, message| all.push(Lint { code, path, message, is_of_one_rule: true });
            if rule.when().is_some_and(|when| !when.can_be_true(columns)) {
                let message =
                    format!("{name} can never fire: no value within the ranges of the features fulfils it");
                say("rule_never_fires", path().field("when"), message);
            } else if rule.points().is_some() {
                let bounds = rule.bounds(columns);
                if bounds.low == 0.0 && bounds.high == 0.0 {
                    say("rule_never_fires", path(), format!("{name} never gives points: they are always 0"));
                }
            }
            if let Some(points) = rule.points() {
                points.visit_unreached_cases(columns, &mut |case| {
                    let message = format!(
                        "case {} of {name} is never reached: what fulfils it is outside the ranges of the features, or fulfils a \
                         case before it",
                        case + 1
                    );
                    say("case_never_reached", path().field("points"), message);
                });
            }
            if card.parts().get(rule.part()).text.is_none() {
                let message =
                    format!("{name} has no `text`; its reason is shown as `{}` and a value", rule.label());
                say("reason_without_text", path(), message);
            }
        }
    }
}

/// Tiers that no score can have, by the ends of all scores.
fn tiers(pipeline: &Pipeline, card: &Scorecard, columns: &[Range], all: &mut Vec<Lint>) {
    let Scale::Single(scale) = pipeline.scale() else { return };
    let unit = match pipeline.tiers().axis() {
        TierAxis::Score => 1.0,
        TierAxis::Probability => 100.0,
        TierAxis::Class | TierAxis::Rank => return,
    };
    let margins = card.margin_bounds(columns);
    let end = |margin: f64, open: f64| if margin.is_finite() { scale.score(margin) } else { open };
    let (mut low, high) = (end(margins.low, f64::NEG_INFINITY), end(margins.high, f64::INFINITY));
    let rules_out = card.groups().iter().flat_map(RuleGroup::rules).any(Rule::disqualifies);
    if rules_out {
        low = low.min(card.lowest().unwrap_or(0.0));
    }
    let tiers = pipeline.tiers().tiers();
    for (at, tier) in tiers.iter().enumerate() {
        let is_high_enough = match tier.bound() {
            Some(TierBound::AtLeast(bound)) => high >= bound * unit,
            Some(TierBound::Above(bound)) => high > bound * unit,
            Some(TierBound::Top(_)) | None => true,
        };
        let is_low_enough = match at.checked_sub(1).and_then(|above| tiers[above].bound()) {
            Some(TierBound::AtLeast(bound)) => low < bound * unit,
            Some(TierBound::Above(bound)) => low <= bound * unit,
            Some(TierBound::Top(_)) | None => true,
        };
        if !(is_high_enough && is_low_enough) {
            let ends = format!(
                "{} to {}",
                crate::expression::format_number(low),
                crate::expression::format_number(high)
            );
            let message = format!("no lead can be in the tier `{}`: scores lie within {ends}", tier.name());
            all.push(Lint {
                code: "tier_out_of_reach",
                path: Path::from("tiers.bounds").index(at),
                message,
                is_of_one_rule: false,
            });
        }
    }
}

/// Features that the file gives itself, and whose name stands nowhere.
fn unused_features(pipeline: &Pipeline, document: &Node, all: &mut Vec<Lint>) {
    let Some(Node::List(own)) = document.field("schema").and_then(|schema| schema.field("features")) else {
        return;
    };
    let whole = Node::from(&*pipeline.0);
    let mut names = HashSet::new();
    for part in ["scorer", "estimates", "risks", "recommendations"] {
        whole.field(part).into_iter().for_each(|node| collect(node, &mut names));
    }
    if let Some(Node::List(features)) = whole.field("schema").and_then(|schema| schema.field("features")) {
        for feature in features {
            // The attribute that a feature reads is no feature, though it often has the same name.
            let parts = ["value", "when", "level", "else"];
            let source = feature.field("source");
            let is_formula = source.and_then(|source| source.field("from")) == Some(&Node::from("formula"));
            for part in parts.iter().filter(|_| is_formula) {
                source
                    .and_then(|source| source.field(part))
                    .into_iter()
                    .for_each(|node| collect(node, &mut names));
            }
            feature.field("gives_way_to").into_iter().for_each(|node| collect(node, &mut names));
        }
    }
    for (at, feature) in own.iter().enumerate() {
        let Some(Node::Text(name)) = feature.field("name") else { continue };
        if !names.contains(name.as_str()) {
            let message = format!("nothing reads the feature `{name}`");
            all.push(Lint {
                code: "unused_feature",
                path: Path::from("schema.features").index(at),
                message,
                is_of_one_rule: false,
            });
        }
    }
}

/// All texts, and the names in the braces of templates.
fn collect<'a>(node: &'a Node, names: &mut HashSet<&'a str>) {
    match node {
        Node::Text(text) => {
            names.insert(text);
            for piece in text.split('{').skip(1) {
                names.insert(piece.split(['}', ':']).next().unwrap_or_default());
            }
        }
        Node::List(items) => items.iter().for_each(|item| collect(item, names)),
        Node::Object(fields) => fields.iter().for_each(|(_, node)| collect(node, names)),
        _ => {}
    }
}
