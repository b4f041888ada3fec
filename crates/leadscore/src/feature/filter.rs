//! The filter of a source: which of a lead's activities it uses.

use crate::Error;
use crate::expression::{normalise, positive};
use crate::feature::matching::Phrases;
use crate::json::{Fields, Node, Object};
use crate::record::Attribute;

/// What a source reads of activities, from nothing to everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum ActivityNeeds {
    #[default]
    None,
    KindsAndTimes,
    Properties,
}

/// Selects activities by type, property, age and recency.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Filter {
    /// Only the latest N of the whole log are considered, before any other condition.
    pub(super) among_latest: Option<usize>,
    pub(super) types: Vec<String>,
    pub(super) property: Option<WantedProperty>,
    pub(super) within_days: Option<f64>,
    /// Only the latest N of those that pass.
    pub(super) latest: Option<usize>,
}

/// A condition on a property of an activity.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct WantedProperty {
    pub(super) name: String,
    pub(super) wanted: Wanted,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    Is(Node),
    Words(Phrases),
}

pub(super) const FIELDS: [&str; 5] = ["types", "where", "within_days", "latest", "among_latest"];

impl Filter {
    /// What selecting by this filter reads of activities.
    pub(super) fn activity_needs(&self) -> ActivityNeeds {
        if self.property.is_some() { ActivityNeeds::Properties } else { ActivityNeeds::KindsAndTimes }
    }

    pub(super) fn read(fields: &Fields<'_>) -> Result<Filter, Error> {
        let property = match fields.optional("where") {
            None => None,
            Some(c) => {
                let inner = c.object(&["property", "is", "words"])?;
                let name = inner.required("property")?.text()?.to_owned();
                let wanted = match (inner.optional("is"), inner.optional("words")) {
                    (Some(is), None) if matches!(is.node, Node::List(_) | Node::Object(_)) => {
                        return Err(is.error("wants a text, a number or a flag"));
                    }
                    (Some(is), None) => Wanted::Is(is.node.clone()),
                    (None, Some(words)) => Wanted::Words(Phrases::new(words.texts()?)),
                    _ => return Err(c.error("wants `is` or `words`")),
                };
                Some(WantedProperty { name, wanted })
            }
        };
        let limit = |name| fields.optional(name).map(|c| c.count()).transpose();
        Ok(Filter {
            among_latest: limit("among_latest")?,
            types: fields.texts("types")?.iter().map(|t| normalise(t).into_owned()).collect(),
            property,
            within_days: fields.optional("within_days").map(|c| positive(&c)).transpose()?,
            latest: limit("latest")?,
        })
    }

    pub(super) fn write(&self, object: Object) -> Object {
        let property = self.property.as_ref().map(|property| {
            let object = Object::default().with("property", &property.name);
            Node::from(match &property.wanted {
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

impl Wanted {
    /// Whether a property's value matches.
    pub(super) fn accepts(&self, found: &Attribute) -> bool {
        let text = match found {
            Attribute::Text(text) => Some(normalise(text)),
            Attribute::Date(date) => Some(date.to_string().into()),
            Attribute::Number(_) | Attribute::Flag(_) => None,
        };
        match (self, found, text) {
            (Wanted::Words(phrases), _, Some(text)) => phrases.found_in(&text),
            (Wanted::Is(Node::Text(wanted)), _, Some(text)) => text == normalise(wanted),
            (Wanted::Is(Node::Integer(wanted)), Attribute::Number(number), _) => *number == *wanted as f64,
            (Wanted::Is(Node::Number(wanted)), Attribute::Number(number), _) => number == wanted,
            (Wanted::Is(Node::Flag(wanted)), Attribute::Flag(flag), _) => flag == wanted,
            _ => false,
        }
    }
}
