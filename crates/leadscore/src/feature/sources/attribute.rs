//! `attribute`: the value of a record's attribute.

use super::{ABSENT, Found, Input, SharedSource, Source, SourceReader, TextPart, text};
use crate::Error;
use crate::amount::{dollars, people};
use crate::expression::normalise;
use crate::feature::cells::{CellKind, CellReader};
use crate::feature::feature_type::FeatureType;
use crate::feature::flag_word::flag_word;
use crate::feature::levels::Levels;
use crate::feature::missing::MissingCause;
use crate::feature::number::parse_number;
use crate::json::{Node, Object, word_for};
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
    /// Whether it is an amount of US dollars.
    is_dollars: bool,
    missing: Vec<MissingToken>,
    /// How a model's column is read: letter for letter, and nothing guessed.
    cells: Option<CellReader>,
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
    /// A number, or a flag in words.
    NumberOrFlag,
    /// The code of a level whose name is not known.
    Code,
    Present,
    WordCount,
    /// A number of people, or the lower end of a range.
    People,
}

const READ_AS: [(&str, ReadAs); 6] = [
    ("value", ReadAs::Value),
    ("number_or_flag", ReadAs::NumberOrFlag),
    ("code", ReadAs::Code),
    ("present", ReadAs::Present),
    ("word_count", ReadAs::WordCount),
    ("people", ReadAs::People),
];

pub(super) fn read(reader: &SourceReader<'_>) -> Result<SharedSource, Error> {
    let fields = reader.fields(&["name", "part", "as", "missing", "unclear"])?;
    let name = fields.text("name")?;
    let read = fields.optional("as").map_or(Ok(ReadAs::Value), |c| c.word(&READ_AS))?;
    let fits = match read {
        ReadAs::Value => true,
        ReadAs::Present => matches!(reader.kind, FeatureType::Flag | FeatureType::Number),
        ReadAs::WordCount | ReadAs::NumberOrFlag | ReadAs::Code | ReadAs::People => {
            reader.kind == FeatureType::Number
        }
    };
    if !fits {
        let message = "`present` gives a flag and the other words a number; the feature is none";
        return Err(reader.cursor.error(message));
    }
    let unclear = match fields.optional("unclear") {
        Some(c) => c.items()?.iter().map(Levels::read).collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    let token = |written: String| MissingToken { normalised: normalise(&written).into_owned(), written };
    Ok(SharedSource::new(AttributeSource {
        is_named: name.is_some(),
        name: name.unwrap_or_else(|| reader.feature.to_owned()),
        part: TextPart::read(&fields)?,
        read,
        kind: reader.kind,
        levels: reader.levels.to_vec(),
        unseen_code: reader.unseen_code,
        is_dollars: reader.unit == Some("USD"),
        missing: fields.texts("missing")?.into_iter().map(token).collect(),
        cells: cell_reader(reader, read, unclear),
    }))
}

/// The reader of a model's cells, where the feature asks for one.
fn cell_reader(reader: &SourceReader<'_>, read: ReadAs, unclear: Vec<Levels>) -> Option<CellReader> {
    let kind = match (reader.exact, read, reader.kind) {
        (Some(levels), ..) => CellKind::Levels(levels.clone()),
        (None, ReadAs::NumberOrFlag, _) => CellKind::NumberOrFlag,
        (None, ReadAs::Code, _) => CellKind::Code,
        (None, ReadAs::Value, FeatureType::Number) if !unclear.is_empty() => CellKind::Number,
        _ => return None,
    };
    Some(CellReader { kind, unclear })
}

impl Source for AttributeSource {
    fn attribute(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn names_text(&self, normalised: &str) -> bool {
        let is_level = self.kind == FeatureType::Category && self.level_code(normalised).is_some();
        is_level || self.missing.iter().any(|token| token.normalised == normalised)
    }

    fn is_value_of_attribute(&self) -> bool {
        matches!(self.read, ReadAs::Value | ReadAs::NumberOrFlag | ReadAs::Code)
            && self.part == TextPart::Whole
    }

    fn takes_numbers_as_they_are(&self) -> bool {
        matches!(self.read, ReadAs::Value | ReadAs::NumberOrFlag | ReadAs::Code | ReadAs::People)
            && self.missing.is_empty()
            && self.cells.as_ref().is_none_or(|cells| cells.unclear.is_empty())
    }

    fn takes_flags_as_they_are(&self) -> bool {
        self.takes_numbers_as_they_are() && self.part == TextPart::Whole
    }

    fn wants_text_as_written(&self) -> bool {
        self.cells.as_ref().is_some_and(|cells| matches!(cells.kind, CellKind::Levels(_)))
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
            ReadAs::Value | ReadAs::NumberOrFlag | ReadAs::Code | ReadAs::WordCount | ReadAs::People => {}
        }
        self.typed(attribute, text)
    }

    fn write(&self) -> Object {
        let missing: Vec<String> = self.missing.iter().map(|token| token.written.clone()).collect();
        let object =
            Object::default().with("from", "attribute").maybe("name", self.is_named.then_some(&self.name));
        let unclear = self.cells.iter().flat_map(|cells| &cells.unclear).map(Node::from).collect::<Vec<_>>();
        self.part
            .write(object)
            .maybe("as", (self.read != ReadAs::Value).then(|| word_for(&READ_AS, &self.read)))
            .texts("missing", &missing)
            .maybe("unclear", (!unclear.is_empty()).then_some(Node::List(unclear)))
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
        if let Some(cells) = &self.cells {
            let whole = if self.part == TextPart::Whole { attribute } else { Some(AttributeRef::Text(text)) };
            return match cells.read(whole) {
                Ok(value) if value.is_nan() => ABSENT,
                Ok(value) => Found::Value(value),
                Err(cause) => {
                    let code = self.unseen_code.filter(|_| cause == MissingCause::Unseen);
                    code.map_or_else(|| Found::unusable(cause, text), Found::Value)
                }
            };
        }
        match self.kind {
            FeatureType::Number => match (attribute, parse_number(text)) {
                (Some(AttributeRef::Flag(flag)), _) => Found::Value(f64::from(u8::from(flag))),
                (_, Some(number)) => Found::Value(number),
                (_, None) => self.amount(text).map_or_else(unreadable, Found::Value),
            },
            FeatureType::Flag => {
                flag_word(text).map_or_else(unreadable, |flag| Found::Value(f64::from(u8::from(flag))))
            }
            FeatureType::Category => {
                let level = self.level_code(&normalise(text)).map(|code| code as f64);
                let code = level.or(self.unseen_code);
                code.map_or_else(|| Found::unusable(MissingCause::Unseen, text), Found::Value)
            }
            FeatureType::Text => Found::Text(text.to_owned()),
        }
    }

    /// A number of people or an amount of money that is not written as a number alone.
    fn amount(&self, text: &str) -> Option<f64> {
        if self.read == ReadAs::People {
            return people(text).map(|found| found.number);
        }
        // A range of money says too little.
        dollars(text).filter(|found| self.is_dollars && !found.at_least).map(|found| found.number)
    }

    fn level_code(&self, normalised: &str) -> Option<usize> {
        self.levels.iter().position(|level| level == normalised)
    }
}
