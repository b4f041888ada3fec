//! `attribute`: the value of a record's attribute.

use super::{ABSENT, Found, Input, SharedSource, Source, SourceReader, TextPart, text};
use crate::Error;
use crate::expression::normalise;
use crate::feature::feature_type::FeatureType;
use crate::feature::missing::MissingCause;
use crate::feature::number::parse_number;
use crate::json::{Object, word_for};
use crate::record::AttributeRef;

#[derive(Debug)]
struct AttributeSource {
    name: String,
    /// Whether the file names the attribute; else it is the feature's name.
    is_named: bool,
    part: TextPart,
    read: ReadAs,
    kind: FeatureType,
    /// The levels of a category, in the form in which texts are compared.
    levels: Vec<String>,
    unseen_code: Option<f64>,
    missing: Vec<MissingToken>,
}

/// A text that means that there is no value.
#[derive(Debug)]
struct MissingToken {
    written: String,
    normalised: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum ReadAs {
    Value,
    Present,
    WordCount,
}

const READ_AS: [(&str, ReadAs); 3] =
    [("value", ReadAs::Value), ("present", ReadAs::Present), ("word_count", ReadAs::WordCount)];

pub(super) fn read(reader: &SourceReader<'_>) -> Result<SharedSource, Error> {
    let fields = reader.fields(&["name", "part", "as", "missing"])?;
    let name = fields.text("name")?;
    let read = fields.optional("as").map_or(Ok(ReadAs::Value), |c| c.word(&READ_AS))?;
    let fits = match read {
        ReadAs::Value => true,
        ReadAs::Present => matches!(reader.kind, FeatureType::Flag | FeatureType::Number),
        ReadAs::WordCount => reader.kind == FeatureType::Number,
    };
    if !fits {
        let message = "`present` gives a flag and `word_count` a number; the feature is none";
        return Err(reader.cursor.error(message));
    }
    let token = |written: String| MissingToken { normalised: normalise(&written).into_owned(), written };
    Ok(SharedSource::new(AttributeSource {
        is_named: name.is_some(),
        name: name.unwrap_or_else(|| reader.feature.to_owned()),
        part: TextPart::read(&fields)?,
        read,
        kind: reader.kind,
        levels: reader.levels.to_vec(),
        unseen_code: reader.unseen_code,
        missing: fields.texts("missing")?.into_iter().map(token).collect(),
    }))
}

impl Source for AttributeSource {
    fn attribute(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn names_text(&self, normalised: &str) -> bool {
        let is_level = self.kind == FeatureType::Category && self.level_code(normalised).is_some();
        is_level || self.missing.iter().any(|token| token.normalised == normalised)
    }

    fn takes_numbers_as_they_are(&self) -> bool {
        self.read == ReadAs::Value && self.missing.is_empty()
    }

    fn takes_flags_as_they_are(&self) -> bool {
        self.takes_numbers_as_they_are() && self.part == TextPart::Whole
    }

    fn evaluate(&self, input: &Input<'_>) -> Found {
        let attribute = input.attribute;
        // Fast path: already a number.
        if let (Some(AttributeRef::Number(number)), FeatureType::Number) = (attribute, self.kind)
            && self.takes_numbers_as_they_are()
        {
            return Found::Value(number);
        }
        let whole = text(attribute);
        let text = self.part.cut(&whole).trim();
        let blank = text.is_empty() || (!self.missing.is_empty() && self.is_missing_token(text));
        match self.read {
            ReadAs::Present => return Found::Value(f64::from(u8::from(!blank))),
            ReadAs::WordCount if !blank => return Found::Value(text.split_whitespace().count() as f64),
            _ if blank => return ABSENT,
            ReadAs::Value | ReadAs::WordCount => {}
        }
        self.typed(attribute, text)
    }

    fn write(&self) -> Object {
        let missing: Vec<String> = self.missing.iter().map(|token| token.written.clone()).collect();
        let object =
            Object::default().with("from", "attribute").maybe("name", self.is_named.then_some(&self.name));
        self.part
            .write(object)
            .maybe("as", (self.read != ReadAs::Value).then(|| word_for(&READ_AS, &self.read)))
            .texts("missing", &missing)
    }
}

impl AttributeSource {
    fn is_missing_token(&self, text: &str) -> bool {
        let normalised = normalise(text);
        self.missing.iter().any(|token| token.normalised == normalised)
    }

    /// A text that is not blank, read as the type of the feature.
    fn typed(&self, attribute: Option<AttributeRef<'_>>, text: &str) -> Found {
        let unreadable = || Found::unusable(MissingCause::Unreadable, text);
        match self.kind {
            FeatureType::Number => match (attribute, parse_number(text)) {
                (Some(AttributeRef::Flag(flag)), _) => Found::Value(f64::from(u8::from(flag))),
                (_, Some(number)) => Found::Value(number),
                (_, None) => unreadable(),
            },
            FeatureType::Flag => match &*normalise(text) {
                "yes" | "true" | "y" | "t" | "1" | "1.0" => Found::Value(1.0),
                "no" | "false" | "n" | "f" | "0" | "0.0" => Found::Value(0.0),
                _ => unreadable(),
            },
            FeatureType::Category => {
                let level = self.level_code(&normalise(text)).map(|code| code as f64);
                let code = level.or(self.unseen_code);
                code.map_or_else(|| Found::unusable(MissingCause::Unseen, text), Found::Value)
            }
            FeatureType::Text => Found::Text(text.to_owned()),
        }
    }

    fn level_code(&self, normalised: &str) -> Option<usize> {
        self.levels.iter().position(|level| level == normalised)
    }
}
