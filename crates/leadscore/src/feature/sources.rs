//! The sources that feature values are computed from: one file each, and the list of them.

mod age;
mod aggregate;
mod attribute;
mod burst;
mod count;
mod distinct;
mod formula;
mod matches;
mod response_time;
mod share;

use std::borrow::Cow;
use std::fmt::Debug;
use std::ops::Deref;
use std::sync::Arc;

pub(super) use formula::Formula;

use super::activity_log::ActivityLog;
use super::feature_type::FeatureType;
use super::filter::{self, ActivityNeeds, Filter};
use super::levels::Levels;
use super::missing::MissingCause;
use crate::error::did_you_mean;
use crate::expression::{Reading, Scope, positive};
use crate::json::{Cursor, Fields, Node, Object};
use crate::record::AttributeRef;
use crate::time::clip;
use crate::{Error, Timestamp, Zone};

/// One way to compute a feature. To add a source, write a file with this trait and name it in [`SOURCES`].
pub(super) trait Source: Debug + Send + Sync {
    /// The value of the feature for a record. A [`Source::formula`] is evaluated itself instead.
    fn evaluate(&self, input: &Input<'_>) -> Found;

    /// The formula it is, if it is one.
    fn formula(&self) -> Option<&Formula> {
        None
    }

    /// Its JSON, `from` first.
    fn write(&self) -> Object;

    /// The lead attribute it reads, if it reads one: it comes as [`Input::attribute`].
    fn attribute(&self) -> Option<&str> {
        None
    }

    /// What it reads of [`Input::log`].
    fn activity_needs(&self) -> ActivityNeeds {
        ActivityNeeds::None
    }

    /// The filters by which it selects activities.
    fn filters(&self) -> Vec<&Filter> {
        Vec::new()
    }

    /// The same count of all activities, where it only considers the latest of them.
    fn of_all_activities(&self) -> Option<SharedSource> {
        None
    }

    /// The part of a text attribute that alone decides the value, where equal texts are worth remembering.
    fn deciding_text<'t>(&self, _attribute: &'t str) -> Option<&'t str> {
        None
    }

    /// Whether a normalised text is one of the values it tells apart: a level, a word of a rule, a word for missing.
    fn names_text(&self, _normalised: &str) -> bool {
        false
    }

    /// Whether it reads its attribute as a date.
    fn wants_date(&self) -> bool {
        false
    }

    /// Whether it reads its attribute letter for letter, as the record has it.
    fn wants_text_as_written(&self) -> bool {
        false
    }

    /// Whether its values are never negative.
    fn is_never_negative(&self) -> bool {
        false
    }

    /// Whether its value is that of its attribute, read as the feature's type.
    fn is_value_of_attribute(&self) -> bool {
        false
    }

    /// Whether a number is taken as it is.
    fn takes_numbers_as_they_are(&self) -> bool {
        false
    }

    /// Whether a flag is taken as it is, and so are the numbers 0 and 1 for a flag.
    fn takes_flags_as_they_are(&self) -> bool {
        false
    }
}

/// The inputs of a source.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    /// The value of [`Source::attribute`], if the record has it.
    pub(super) attribute: Option<AttributeRef<'a>>,
    pub(super) log: &'a ActivityLog<'a>,
    pub(super) as_of: Timestamp,
    pub(super) zone: &'a Zone,
}

/// The result of a source: a value, a text, or the cause of its absence.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found {
    Value(f64),
    Text(String),
    Nothing(MissingCause, Option<String>),
}

pub(super) const ABSENT: Found = Found::Nothing(MissingCause::Absent, None);

impl Found {
    /// A value that is in the record but cannot be used; what was found is truncated to a readable length.
    fn unusable(cause: MissingCause, found: &str) -> Found {
        Found::Nothing(cause, Some(clip(found)))
    }
}

type ReadSource = fn(&SourceReader<'_>) -> Result<SharedSource, Error>;

/// Every source by the word that names it in `from`.
const SOURCES: [(&str, ReadSource); 10] = [
    ("attribute", attribute::read),
    ("age", age::read),
    ("count", count::read),
    ("aggregate", aggregate::read),
    ("distinct", distinct::read),
    ("burst", burst::read),
    ("share", share::read),
    ("response_time", response_time::read),
    ("match", matches::read),
    ("formula", formula::read),
];

/// What a source is parsed from: its JSON, and the feature it belongs to.
pub(super) struct SourceReader<'a> {
    pub(super) cursor: &'a Cursor<'a>,
    pub(super) feature: &'a str,
    pub(super) kind: FeatureType,
    /// The levels of a category, in the form in which texts are compared; the position is the code.
    pub(super) levels: &'a [String],
    /// The levels as a model has them, where they are compared letter for letter.
    pub(super) exact: Option<&'a Levels>,
    /// The code of a level that the cursor names.
    pub(super) level_code: &'a dyn Fn(&Cursor<'_>) -> Result<f64, Error>,
    /// The code of a text that is none of the levels, where it is not missing.
    pub(super) unseen_code: Option<f64>,
    /// The unit of a number.
    pub(super) unit: Option<&'a str>,
    pub(super) scope: &'a Scope,
    pub(super) reading: &'a Reading,
}

impl<'a> SourceReader<'a> {
    pub(super) fn read(&self) -> Result<SharedSource, Error> {
        let from = self.cursor.entries()?.required("from")?;
        let name = from.text()?;
        if let Some((_, read)) = SOURCES.iter().find(|(source, _)| *source == name) {
            return read(self);
        }
        let known: Vec<&str> = SOURCES.iter().map(|(source, _)| *source).collect();
        let meant = did_you_mean(name, known.iter().copied());
        Err(from.error(format!("unknown source `{name}`{meant}; known here: {}", known.join(", "))))
    }

    /// The source's fields, `from` and these alone.
    fn fields(&self, names: &[&'static str]) -> Result<Fields<'a>, Error> {
        self.cursor.object(&[&["from"], names].concat())
    }

    /// The same fields and those of a filter.
    fn fields_with_filter(&self, names: &[&'static str]) -> Result<Fields<'a>, Error> {
        self.cursor.object(&[&["from"], names, &filter::FIELDS].concat())
    }

    /// A source that gives a number, which the feature has to be.
    fn numeric(&self, source: impl Source + 'static) -> Result<SharedSource, Error> {
        if self.kind != FeatureType::Number {
            let message = "gives a number; the feature is none (a formula with `when` makes a flag of one)";
            return Err(self.cursor.error(message));
        }
        Ok(SharedSource::new(source))
    }
}

/// The source of a feature; two are equal when their JSON is.
#[derive(Debug, Clone)]
pub(super) struct SharedSource(Arc<dyn Source>);

impl SharedSource {
    fn new(source: impl Source + 'static) -> SharedSource {
        SharedSource(Arc::new(source))
    }
}

impl Deref for SharedSource {
    type Target = dyn Source + 'static;

    fn deref(&self) -> &(dyn Source + 'static) {
        &*self.0
    }
}

impl PartialEq for SharedSource {
    fn eq(&self, other: &SharedSource) -> bool {
        Node::from(self.write()) == Node::from(other.write())
    }
}

/// The part of a text that is used.
#[derive(Debug, Clone, Copy, PartialEq)]
enum TextPart {
    Whole,
    EmailDomain,
}

const PARTS: [(&str, TextPart); 2] = [("text", TextPart::Whole), ("email_domain", TextPart::EmailDomain)];

impl TextPart {
    fn read(fields: &Fields<'_>) -> Result<TextPart, Error> {
        fields.optional("part").map_or(Ok(TextPart::Whole), |c| c.word(&PARTS))
    }

    fn write(self, object: Object) -> Object {
        let word = (self != TextPart::Whole).then(|| crate::json::word_for(&PARTS, &self));
        object.maybe("part", word)
    }

    fn cut(self, text: &str) -> &str {
        match self {
            TextPart::Whole => text,
            TextPart::EmailDomain => super::email_address::email_domain(text),
        }
    }
}

/// An attribute as text; empty where it is absent.
fn text(attribute: Option<AttributeRef<'_>>) -> Cow<'_, str> {
    attribute.map_or(Cow::Borrowed(""), AttributeRef::to_text)
}

fn half_life(fields: &Fields<'_>) -> Result<Option<f64>, Error> {
    fields.optional("half_life_days").map(|c| positive(&c)).transpose()
}
