//! Sources back to the JSON they came from.

use super::{AS, AgeOf, As, Filter, Formula, PARTS, Part, Source, TAKES, UNITS, Wanted, What};
use crate::expression::Condition;
use crate::json::{Node, Object, word_for};

impl Filter {
    fn write(&self, object: Object) -> Object {
        let property = self.property.as_ref().map(|(name, wanted)| {
            let object = Object::default().with("property", name);
            Node::from(match wanted {
                Wanted::Is(node) => object.with("is", node.clone()),
                Wanted::Words(phrases) => object.with("words", phrases.written.as_slice()),
            })
        });
        object
            .texts("types", &self.types)
            .maybe("where", property)
            .maybe("within_days", self.within_days)
            .maybe("latest", self.latest)
            .maybe("among_latest", self.among_latest)
    }
}

impl From<&Source> for Node {
    fn from(source: &Source) -> Node {
        let from = |name: &str| Object::default().with("from", name);
        let level = |pair: &Option<(String, f64)>| pair.as_ref().map(|(level, _)| Node::from(level));
        let own_part = |part: &Part| (*part != Part::Text).then(|| word_for(&PARTS, part));
        match source {
            Source::Attribute { name, own_name, part, read, missing } => from("attribute")
                .maybe("name", own_name.then_some(name))
                .maybe("part", own_part(part))
                .maybe("as", (*read != As::Value).then(|| word_for(&AS, read)))
                .texts("missing", missing),
            Source::Age { of, unit, floor } => {
                let object = from("age");
                let object = match of {
                    AgeOf::Attribute(name) => object.with("of", name),
                    AgeOf::Activity { filter, last } => object
                        .with("of", filter.write(Object::default()))
                        .with("which", if *last { "last" } else { "first" }),
                };
                object.with("unit", word_for(&UNITS, unit)).flag("floor", *floor)
            }
            Source::Count { filter, half_life_days } => {
                filter.write(from("count")).maybe("half_life_days", *half_life_days)
            }
            Source::Aggregate { filter, property, take, half_life_days } => filter
                .write(from("aggregate"))
                .with("property", property)
                .with("take", word_for(&TAKES, take))
                .maybe("half_life_days", *half_life_days),
            Source::Distinct { filter, what } => {
                let object = filter.write(from("distinct"));
                match what {
                    What::Kind => object.with("what", "kind"),
                    What::Type => object.with("what", "type"),
                    What::Channel => object.with("what", "channel"),
                    What::Property(name) => object.with("what", "property").with("property", name),
                }
            }
            Source::Burst { filter, hours } => filter.write(from("burst")).with("hours", *hours),
            Source::Share { filter, hours, weekdays } => {
                let number = |n: u8| Node::Integer(i64::from(n));
                filter
                    .write(from("share"))
                    .maybe("hours", hours.map(|(a, b)| Node::List(vec![number(a), number(b)])))
                    .maybe(
                        "weekdays",
                        weekdays.as_ref().map(|d| Node::List(d.iter().copied().map(number).collect())),
                    )
            }
            Source::ResponseTime { after, reply } => from("response_time")
                .with("after", after.write(Object::default()))
                .with("reply", reply.write(Object::default())),
            Source::Match { attribute, part, rules, otherwise, blank } => from("match")
                .with("attribute", attribute)
                .maybe("part", own_part(part))
                .with("rules", Node::List(rules.iter().map(Node::from).collect()))
                .maybe("else", level(otherwise))
                .maybe("blank", level(blank)),
            Source::Formula(Formula::Value(value)) => from("formula").with("value", value),
            Source::Formula(Formula::When(when)) => from("formula").with("when", when),
            Source::Formula(Formula::Level { cases, otherwise }) => {
                let pair =
                    |(when, level, _): &(Condition, String, f64)| Node::List(vec![when.into(), level.into()]);
                from("formula")
                    .with("level", Node::List(cases.iter().map(pair).collect()))
                    .with("else", &otherwise.0)
            }
        }
        .into()
    }
}
