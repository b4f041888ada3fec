//! From expressions back to the JSON they came from.

use super::template::{Template, Text};
use super::{Bound, Choice, Condition, Member, Value, Written};
use crate::json::{Node, Object};

impl From<&Value> for Node {
    fn from(value: &Value) -> Node {
        let one = |name: &str, inner: Node| Object::default().with(name, inner).into();
        let many = |name: &str, parts: &[Value]| {
            Object::default().with(name, Node::List(parts.iter().map(Node::from).collect())).into()
        };
        match value {
            Value::Number(number) => Node::Number(*number),
            Value::Slot(slot) => Node::from(&slot.name),
            Value::Sum(parts) => many("sum", parts),
            Value::Product(parts) => many("product", parts),
            Value::Min(parts) => many("min", parts),
            Value::Max(parts) => many("max", parts),
            Value::First(parts) => many("first", parts),
            Value::Ratio(pair) => one("ratio", Node::List(vec![(&pair.0).into(), (&pair.1).into()])),
            Value::Round(part) => one("round", (&**part).into()),
            Value::Floor(part) => one("floor", (&**part).into()),
            Value::HalfLife(age, days) => {
                one("half_life", Node::List(vec![(&**age).into(), Node::Number(*days)]))
            }
            Value::Choice(choice) => choice.write(|branch| branch.into()),
        }
    }
}

impl<T> Choice<T> {
    fn write(&self, write: fn(&T) -> Node) -> Node {
        match self {
            Choice::Map { of, map, otherwise } => {
                let map = map.iter().map(|(level, _, branch)| (level.clone(), write(branch))).collect();
                Object::default()
                    .with("of", &of.name)
                    .with("map", Node::Object(map))
                    .with("else", write(otherwise))
            }
            Choice::Cases { cases, otherwise } => {
                let cases =
                    cases.iter().map(|(when, then)| Node::List(vec![when.into(), write(then)])).collect();
                Object::default().with("cases", Node::List(cases)).with("else", write(otherwise))
            }
        }
        .into()
    }
}

impl From<&Condition> for Node {
    fn from(condition: &Condition) -> Node {
        let many = |name: &str, parts: &[Condition]| {
            Object::default().with(name, Node::List(parts.iter().map(Node::from).collect())).into()
        };
        match condition {
            Condition::Flag(slot) => Node::from(&slot.name),
            Condition::Missing(slot) => Object::default().with("missing", &slot.name).into(),
            Condition::All(parts) => many("all", parts),
            Condition::Any(parts) => many("any", parts),
            Condition::Not(part) => Object::default().with("not", &**part).into(),
            Condition::Compare { of, bounds } => {
                let object = Object::default().with("of", of);
                bounds.iter().fold(object, |object, (bound, limit)| object.with(bound.name(), *limit)).into()
            }
            Condition::Among { of, members, one } => {
                let object = Object::default().with("of", of);
                if *one {
                    object.with("is", &members[0]).into()
                } else {
                    object.with("in", Node::List(members.iter().map(Node::from).collect())).into()
                }
            }
        }
    }
}

impl Bound {
    fn name(self) -> &'static str {
        match self {
            Bound::AtLeast => "at_least",
            Bound::Over => "over",
            Bound::AtMost => "at_most",
            Bound::Under => "under",
        }
    }
}

impl From<&Member> for Node {
    fn from(member: &Member) -> Node {
        match &member.written {
            Written::Number => Node::Number(member.code),
            Written::Flag => Node::Flag(member.code != 0.0),
            Written::Level(level) => Node::from(level),
        }
    }
}

impl From<&Template> for Node {
    fn from(template: &Template) -> Node {
        Node::from(template.source.as_str())
    }
}

impl From<&Text> for Node {
    fn from(text: &Text) -> Node {
        match text {
            Text::Always(template) => template.into(),
            Text::Choice(choice) => choice.write(|branch| branch.into()),
        }
    }
}
