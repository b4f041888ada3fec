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
            Value::Column(column) => Node::from(&*column.name),
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
            Choice::Map { column, branches, otherwise } => {
                let map = branches.iter().map(|branch| (branch.level.clone(), write(&branch.then))).collect();
                Object::default()
                    .with("of", &*column.name)
                    .with("map", Node::Object(map))
                    .with("else", write(otherwise))
            }
            Choice::Cases { cases, otherwise } => {
                let cases = cases
                    .iter()
                    .map(|case| Node::List(vec![Node::from(&case.when), write(&case.then)]))
                    .collect();
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
            Condition::Flag(column) => Node::from(&*column.name),
            Condition::Missing(column) => Object::default().with("missing", &*column.name).into(),
            Condition::All(parts) => many("all", parts),
            Condition::Any(parts) => many("any", parts),
            Condition::Not(part) => Object::default().with("not", &**part).into(),
            Condition::Compare { value, limits } => {
                let object = Object::default().with("of", value);
                limits
                    .iter()
                    .fold(object, |object, limit| object.with(limit.bound.name(), limit.number))
                    .into()
            }
            Condition::Is { value, member } => Object::default().with("of", value).with("is", member).into(),
            Condition::In { value, members } => {
                let members = members.iter().map(Node::from).collect();
                Object::default().with("of", value).with("in", Node::List(members)).into()
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
        Node::from(&*template.source)
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
