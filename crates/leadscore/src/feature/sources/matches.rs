//! `match`: the level of the first rule that matches a text.

use super::{Found, Input, SharedSource, Source, SourceReader, TextPart, text};
use crate::Error;
use crate::expression::normalise;
use crate::feature::feature_type::FeatureType;
use crate::feature::matching::{MatchRule, level_name};
use crate::feature::missing::MissingCause;
use crate::json::{Node, Object};

#[derive(Debug)]
struct MatchSource {
    attribute: String,
    part: TextPart,
    rules: Vec<MatchRule>,
    otherwise: Option<Level>,
    blank: Option<Level>,
}

#[derive(Debug)]
struct Level {
    name: String,
    code: f64,
}

pub(super) fn read(reader: &SourceReader<'_>) -> Result<SharedSource, Error> {
    let fields = reader.fields(&["attribute", "part", "rules", "else", "blank"])?;
    if !matches!(reader.kind, FeatureType::Category | FeatureType::Flag) {
        return Err(reader.cursor.error("gives a level; the feature is neither a category nor a flag"));
    }
    let level = |name| -> Result<Option<Level>, Error> {
        let read = |c| Ok(Level { name: level_name(&c)?, code: (reader.level_code)(&c)? });
        fields.optional(name).map(read).transpose()
    };
    let rules = fields.required("rules")?;
    Ok(SharedSource::new(MatchSource {
        attribute: fields.required("attribute")?.text()?.to_owned(),
        part: TextPart::read(&fields)?,
        rules: rules
            .items()?
            .iter()
            .map(|c| MatchRule::read(c, reader.level_code))
            .collect::<Result<_, _>>()?,
        otherwise: level("else")?,
        blank: level("blank")?,
    }))
}

impl Source for MatchSource {
    fn attribute(&self) -> Option<&str> {
        Some(&self.attribute)
    }

    fn deciding_text<'t>(&self, attribute: &'t str) -> Option<&'t str> {
        Some(self.part.cut(attribute))
    }

    fn names_text(&self, normalised: &str) -> bool {
        self.rules.iter().any(|rule| rule.names(normalised))
    }

    fn evaluate(&self, input: &Input<'_>) -> Found {
        let whole = text(input.attribute);
        let text = normalise(self.part.cut(&whole));
        let level = |level: &Option<Level>| level.as_ref().map_or(f64::NAN, |level| level.code);
        if text.is_empty() {
            return Found::Value(level(&self.blank));
        }
        match (self.rules.iter().find(|rule| rule.hits(&text)), &self.otherwise) {
            (Some(rule), _) => Found::Value(rule.code),
            (None, Some(otherwise)) => Found::Value(otherwise.code),
            (None, None) => Found::unusable(MissingCause::Unseen, &whole),
        }
    }

    fn write(&self) -> Object {
        let level = |level: &Option<Level>| level.as_ref().map(|level| Node::from(&level.name));
        let object = Object::default().with("from", "match").with("attribute", &self.attribute);
        self.part
            .write(object)
            .with("rules", Node::List(self.rules.iter().map(Node::from).collect()))
            .maybe("else", level(&self.otherwise))
            .maybe("blank", level(&self.blank))
    }
}
