//! Scorecards from parts. The parts become the JSON that [`Scorecard::from_json`] reads, so that there is one set of
//! rules for what a scorecard may be.

use super::read::{ROUNDINGS, UNITS};
use super::{Rounding, Scorecard, ScorecardUnit};
use crate::expression::{Expression, Reading};
use crate::json::{Cursor, Document, Node, Object, Range, word_for};
use crate::{Error, FeatureSchema};

/// Collects the parts of a [`Scorecard`].
///
/// ```
/// use leadscore::{Expression, FeatureSchema, Range, Scorecard};
/// use leadscore::scorecard::{GroupBuilder, RuleBuilder, ScorecardUnit};
/// let schema = FeatureSchema::from_json(
///     r#"{"features": [{"name": "visits", "type": "number", "source": {"from": "attribute"}},
///         {"name": "has_phone", "type": "flag", "source": {"from": "attribute", "as": "present"}}]}"#,
/// )?;
/// let many = Expression::from_json(r#"{"of": "visits", "at_least": 3}"#)?;
/// let card = Scorecard::builder(ScorecardUnit::Points)
///     .base(20.0)
///     .group(
///         GroupBuilder::new("interest")
///             .range(Range { low: 0.0, high: 60.0 })
///             .rule(RuleBuilder::points("phone", 5.0).when("has_phone"))
///             .rule(RuleBuilder::points("visits", "visits").range(Range { low: 0.0, high: 40.0 }))
///             .rule(RuleBuilder::points("regular", 10.0).when(many).text("{visits:visit|visits}")),
///     )
///     .build(&schema)?;
/// assert_eq!(card.rule_count(), 3);
/// assert_eq!(Scorecard::from_json(&card.to_json(), &schema)?, card);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ScorecardBuilder {
    unit: ScorecardUnit,
    base: f64,
    groups: Vec<Node>,
    round: Option<Rounding>,
    range: Option<Range>,
}

/// Collects a group of rules for a [`ScorecardBuilder`].
#[derive(Debug, Clone)]
pub struct GroupBuilder {
    code: String,
    label: Option<String>,
    weight: f64,
    range: Option<Range>,
    rules: Vec<Node>,
}

/// Collects one rule for a [`GroupBuilder`].
#[derive(Debug, Clone)]
pub struct RuleBuilder {
    code: String,
    when: Option<Expression>,
    /// None where the rule disqualifies.
    points: Option<Expression>,
    range: Option<Range>,
    text: Option<Expression>,
}

impl Scorecard {
    /// Starts a scorecard without groups and with the base 0.
    pub fn builder(unit: ScorecardUnit) -> ScorecardBuilder {
        ScorecardBuilder { unit, base: 0.0, groups: Vec::new(), round: None, range: None }
    }
}

impl ScorecardBuilder {
    /// The margin of a lead for which no rule fires; ±10⁹ at most.
    #[must_use]
    pub fn base(mut self, base: f64) -> ScorecardBuilder {
        self.base = base;
        self
    }

    /// Adds a group; codes of groups are unique.
    #[must_use]
    pub fn group(mut self, group: GroupBuilder) -> ScorecardBuilder {
        self.groups.push(group.into_node());
        self
    }

    /// Rounds the sum; not in log-odds.
    #[must_use]
    pub fn round(mut self, rounding: Rounding) -> ScorecardBuilder {
        self.round = Some(rounding);
        self
    }

    /// Clips the rounded sum; not in log-odds. Its low end is the margin of a disqualified lead.
    #[must_use]
    pub fn range(mut self, range: Range) -> ScorecardBuilder {
        self.range = Some(range);
        self
    }

    /// The scorecard; names in its expressions are features of the schema.
    ///
    /// # Errors
    /// `invalid_pipeline` with the path of what is wrong, such as `groups[0].rules[2].points`.
    pub fn build(self, schema: &FeatureSchema) -> Result<Scorecard, Error> {
        let node: Node = Object::default()
            .with("unit", word_for(&UNITS, &self.unit))
            .with("base", self.base)
            .with("groups", Node::List(self.groups))
            .maybe("round", self.round.map(|round| word_for(&ROUNDINGS, &round)))
            .maybe("range", self.range)
            .into();
        Scorecard::read(&Cursor::root(&node, "", Document::Pipeline), &schema.scope(), &Reading::new())
    }
}

impl GroupBuilder {
    /// A group with the weight 1 and no rules.
    pub fn new(code: impl Into<String>) -> GroupBuilder {
        GroupBuilder { code: code.into(), label: None, weight: 1.0, range: None, rules: Vec::new() }
    }

    /// The name people read; made from the code if there is none.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> GroupBuilder {
        self.label = Some(label.into());
        self
    }

    /// What the sum is multiplied by, after its range; ±10⁹ at most.
    #[must_use]
    pub fn weight(mut self, weight: f64) -> GroupBuilder {
        self.weight = weight;
        self
    }

    /// What the sum of the rules is clipped to.
    #[must_use]
    pub fn range(mut self, range: Range) -> GroupBuilder {
        self.range = Some(range);
        self
    }

    /// Adds a rule; codes are unique in a group.
    #[must_use]
    pub fn rule(mut self, rule: RuleBuilder) -> GroupBuilder {
        self.rules.push(rule.into_node());
        self
    }

    fn into_node(self) -> Node {
        Object::default()
            .with("code", &self.code)
            .maybe("label", self.label.as_ref())
            .with("weight", self.weight)
            .maybe("range", self.range)
            .with("rules", Node::List(self.rules))
            .into()
    }
}

impl RuleBuilder {
    /// A rule that gives points: a number, the name of a feature, or any value of the rule language.
    pub fn points(code: impl Into<String>, points: impl Into<Expression>) -> RuleBuilder {
        let points = Some(points.into());
        RuleBuilder { code: code.into(), when: None, points, range: None, text: None }
    }

    /// A rule that disqualifies the leads for which the condition is true.
    pub fn disqualify(code: impl Into<String>, when: impl Into<Expression>) -> RuleBuilder {
        let when = Some(when.into());
        RuleBuilder { code: code.into(), when, points: None, range: None, text: None }
    }

    /// The condition under which it fires: the name of a flag, or any condition of the rule language.
    #[must_use]
    pub fn when(mut self, condition: impl Into<Expression>) -> RuleBuilder {
        self.when = Some(condition.into());
        self
    }

    /// What the points are clipped to; the clip is a line of its own in the explanation.
    #[must_use]
    pub fn range(mut self, range: Range) -> RuleBuilder {
        self.range = Some(range);
        self
    }

    /// What people read where it fires: a template such as `{visits:visit|visits}`, or a choice of them.
    #[must_use]
    pub fn text(mut self, text: impl Into<Expression>) -> RuleBuilder {
        self.text = Some(text.into());
        self
    }

    fn into_node(self) -> Node {
        let disqualifies = self.points.is_none();
        Object::default()
            .with("code", &self.code)
            .maybe("when", self.when)
            .maybe("points", self.points)
            .maybe("range", self.range)
            .flag("disqualify", disqualifies)
            .maybe("text", self.text)
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> FeatureSchema {
        FeatureSchema::from_json(
            r#"{"features": [{"name": "n", "type": "number", "source": {"from": "attribute"}},
                {"name": "yes", "type": "flag", "source": {"from": "attribute"}}]}"#,
        )
        .unwrap()
    }

    fn card() -> ScorecardBuilder {
        Scorecard::builder(ScorecardUnit::Points)
    }

    fn refused(card: ScorecardBuilder, path: &str) {
        let error = card.build(&schema()).unwrap_err();
        assert_eq!((error.code(), error.path().to_string().as_str()), ("invalid_pipeline", path), "{error}");
    }

    #[test]
    fn what_is_built_is_what_its_json_says() {
        let card = card()
            .base(-3.5)
            .round(Rounding::Down)
            .range(Range { low: 0.0, high: f64::INFINITY })
            .group(GroupBuilder::new("empty"))
            .group(
                GroupBuilder::new("a_b")
                    .label("A and B")
                    .weight(0.5)
                    .range(Range { low: -1.0, high: 9.0 })
                    .rule(RuleBuilder::points(
                        "double",
                        Expression::from_json(r#"{"product":["n",2]}"#).unwrap(),
                    ))
                    .rule(RuleBuilder::disqualify("out", "yes").text("Said {yes}")),
            )
            .build(&schema())
            .unwrap();
        let json = r#"{"kind":"scorecard","unit":"points","base":-3.5,"groups":[{"code":"empty","rules":[]},{"code":"a_b","label":"A and B","weight":0.5,"range":[-1,9],"rules":[{"code":"double","points":{"product":["n",2]}},{"code":"out","when":"yes","disqualify":true,"text":"Said {yes}"}]}],"round":"down","range":[0,null]}"#;
        assert_eq!(card.to_json(), json);
        assert_eq!(Scorecard::from_json(json, &schema()).unwrap(), card);
        assert_eq!(card.groups()[0].label(), "empty");
        assert!(card.groups()[1].rules()[1].disqualifies());
    }

    #[test]
    fn parts_that_a_file_could_not_have_are_refused_by_path() {
        let rule = |rule: RuleBuilder| card().group(GroupBuilder::new("g").rule(rule));
        refused(card().base(f64::NAN), "base");
        refused(card().base(2e9), "base");
        refused(card().group(GroupBuilder::new("g")).group(GroupBuilder::new("g")), "groups[1]");
        refused(card().group(GroupBuilder::new("g").weight(f64::INFINITY)), "groups[0].weight");
        refused(card().range(Range { low: 2.0, high: 1.0 }), "range");
        refused(card().range(Range { low: f64::NAN, high: 1.0 }), "range[0]");
        refused(card().range(Range { low: 0.0, high: f64::NEG_INFINITY }), "range[1]");
        refused(rule(RuleBuilder::points("r", "m")), "groups[0].rules[0].points");
        refused(rule(RuleBuilder::points("r", f64::NAN)), "groups[0].rules[0].points");
        refused(rule(RuleBuilder::points("r", 1.0).when("n")), "groups[0].rules[0].when");
        refused(rule(RuleBuilder::points("r", 1.0).text("{")), "groups[0].rules[0].text");
        refused(
            rule(RuleBuilder::disqualify("r", "yes").range(Range { low: 0.0, high: 1.0 })),
            "groups[0].rules[0]",
        );
        refused(Scorecard::builder(ScorecardUnit::LogOdds).round(Rounding::Down), "round");
    }
}
