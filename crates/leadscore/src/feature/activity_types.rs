//! What a schema says of activity kinds: their types, and the channels of types.

use crate::Error;
use crate::expression::normalise;
use crate::json::{Fields, Node, Object};
use crate::record::ActivityKind;

/// The types of activity kinds, and the channels of types.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct ActivityTypes {
    rules: Vec<TypeRule>,
    channels: Vec<(String, String)>,
}

/// Maps activity kinds to a type; the first matching rule wins.
#[derive(Debug, Clone, PartialEq)]
struct TypeRule {
    contains: String,
    kind: String,
}

/// Their fields in a schema.
pub(super) const FIELDS: [&str; 2] = ["activity_types", "channels"];

impl ActivityTypes {
    pub(super) fn read(fields: &Fields<'_>) -> Result<ActivityTypes, Error> {
        let mut types = ActivityTypes::default();
        if let Some(list) = fields.optional("activity_types") {
            for item in list.items()? {
                let rule = item.object(&["contains", "type"])?;
                let text = |name| -> Result<String, Error> {
                    Ok(normalise(rule.required(name)?.text()?).into_owned())
                };
                types.rules.push(TypeRule { contains: text("contains")?, kind: text("type")? });
            }
        }
        if let Some(map) = fields.optional("channels") {
            for (kind, channel) in map.entries()?.all() {
                types.channels.push((normalise(kind).into_owned(), channel.text()?.to_owned()));
            }
        }
        Ok(types)
    }

    pub(super) fn write(&self, mut object: Object) -> Object {
        if !self.rules.is_empty() {
            let rule = |rule: &TypeRule| -> Node {
                Object::default().with("contains", &rule.contains).with("type", &rule.kind).into()
            };
            object = object.with("activity_types", Node::List(self.rules.iter().map(rule).collect()));
        }
        if !self.channels.is_empty() {
            let pair = |(kind, channel): &(String, String)| (kind.clone(), Node::from(channel));
            object = object.with("channels", Node::Object(self.channels.iter().map(pair).collect()));
        }
        object
    }

    /// Whether there are neither rules nor channels.
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.channels.is_empty()
    }

    /// What is known of an activity's kind.
    pub(super) fn kind(&self, kind: &str) -> ActivityKind {
        let normalised = normalise(kind).into_owned();
        let rule_type = self.rule_type(&normalised).map(str::to_owned);
        ActivityKind { normalised, rule_type }
    }

    /// The type that the first rule gives that a normalised activity kind meets; without one the kind is its own type.
    pub(super) fn rule_type(&self, kind: &str) -> Option<&str> {
        let rule = self.rules.iter().find(|rule| kind.contains(&rule.contains))?;
        Some(&rule.kind)
    }

    /// The channel of an activity type, if it has one.
    pub(super) fn channel(&self, activity_type: &str) -> Option<&str> {
        self.channels.iter().find(|(own, _)| own == activity_type).map(|(_, channel)| channel.as_str())
    }
}
