//! The filter of a source: which of a lead's activities it uses.

use crate::Error;
use crate::expression::{normalise, positive};
use crate::feature::matching::Phrases;
use crate::json::{Cursor, Fields, Node, Object};
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
    /// Types that never pass.
    pub(super) except: Vec<String>,
    /// Activities that pass only where none of these lies shortly before.
    pub(super) not_within: Option<NotWithin>,
    pub(super) property: Option<WantedProperty>,
    pub(super) within_days: Option<f64>,
    /// Only the latest N of those that pass.
    pub(super) latest: Option<usize>,
}

/// Leaves out what comes within some seconds after an activity of some types, as the opens of mail scanners do.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NotWithin {
    pub(super) seconds: f64,
    pub(super) after: Vec<String>,
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

pub(super) const FIELDS: [&str; 7] =
    ["types", "except", "not_within", "where", "within_days", "latest", "among_latest"];

impl Filter {
    /// What selecting by this filter reads of activities.
    pub(super) fn activity_needs(&self) -> ActivityNeeds {
        if self.property.is_some() { ActivityNeeds::Properties } else { ActivityNeeds::KindsAndTimes }
    }

    /// The activity types it names.
    pub(super) fn named_types(&self) -> impl Iterator<Item = &str> {
        let after = self.not_within.iter().flat_map(|not_within| &not_within.after);
        self.types.iter().chain(&self.except).chain(after).map(String::as_str)
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
            types: types(fields, "types")?,
            except: types(fields, "except")?,
            not_within: fields.optional("not_within").map(|c| NotWithin::read(&c)).transpose()?,
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
            .texts("except", &self.except)
            .maybe("not_within", self.not_within.as_ref().map(NotWithin::write))
            .maybe("where", property)
            .maybe("within_days", self.within_days)
            .maybe("latest", self.latest)
            .maybe("among_latest", self.among_latest)
    }
}

/// The activity types of a list, in the form in which they are compared.
fn types(fields: &Fields<'_>, name: &'static str) -> Result<Vec<String>, Error> {
    Ok(fields.texts(name)?.iter().map(|text| normalise(text).into_owned()).collect())
}

impl NotWithin {
    fn read(cursor: &Cursor<'_>) -> Result<NotWithin, Error> {
        let fields = cursor.object(&["seconds", "after"])?;
        let after = fields.required("after")?;
        let after_types = types(&fields, "after")?;
        if after_types.is_empty() {
            return Err(after.error("wants at least one activity type"));
        }
        Ok(NotWithin { seconds: positive(&fields.required("seconds")?)?, after: after_types })
    }

    fn write(&self) -> Node {
        Object::default().with("seconds", self.seconds).texts("after", &self.after).into()
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
