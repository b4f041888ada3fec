//! A model file as a tree of values, whichever encoding it came in, and a cursor over it.

use std::borrow::Cow;

use crate::{Error, ErrorKind};

/// How deep a file may be nested; models need about ten levels.
pub(super) const MAX_DEPTH: usize = 64;

/// A value of the file. Floats are f32, parsed from their text without a detour over f64, as XGBoost does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Doc {
    Null,
    Bool(bool),
    Int(i64),
    Real(f32),
    Text(String),
    /// A list of integers or booleans, but not the empty list.
    Ints(Vec<i64>),
    /// A list of numbers, not all of them integers.
    Reals(Vec<f32>),
    List(Vec<Doc>),
    Object(Vec<(String, Doc)>),
}

impl Doc {
    /// Adds to a list, which becomes the narrowest kind that holds all its items.
    pub(super) fn push(&mut self, item: Doc) {
        match (&mut *self, item) {
            (Doc::List(list), item) if list.is_empty() => {
                *self = match item {
                    Doc::Bool(flag) => Doc::Ints(vec![i64::from(flag)]),
                    Doc::Int(number) => Doc::Ints(vec![number]),
                    Doc::Real(number) => Doc::Reals(vec![number]),
                    other => Doc::List(vec![other]),
                }
            }
            (Doc::Ints(list), Doc::Int(number)) => list.push(number),
            (Doc::Ints(list), Doc::Bool(flag)) => list.push(i64::from(flag)),
            (Doc::Ints(list), Doc::Real(number)) => {
                let mut reals: Vec<f32> = list.iter().map(|&whole| whole as f32).collect();
                reals.push(number);
                *self = Doc::Reals(reals);
            }
            (Doc::Reals(list), Doc::Real(number)) => list.push(number),
            (Doc::Reals(list), Doc::Int(number)) => list.push(number as f32),
            (Doc::List(list), item) => list.push(item),
            (Doc::Ints(list), item) => {
                let items = list.iter().map(|&number| Doc::Int(number)).chain([item]).collect();
                *self = Doc::List(items);
            }
            (Doc::Reals(list), item) => {
                let items = list.iter().map(|&number| Doc::Real(number)).chain([item]).collect();
                *self = Doc::List(items);
            }
            (_, item) => *self = Doc::List(vec![item]),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Doc::Null => "null",
            Doc::Bool(_) => "true or false",
            Doc::Int(_) | Doc::Real(_) => "a number",
            Doc::Text(_) => "a text",
            Doc::Ints(_) | Doc::Reals(_) => "a list of numbers",
            Doc::List(_) => "a list",
            Doc::Object(_) => "an object",
        }
    }
}

/// A value and its path in the file.
#[derive(Debug, Clone)]
pub(super) struct DocCursor<'a> {
    pub(super) doc: &'a Doc,
    path: String,
}

impl<'a> DocCursor<'a> {
    pub(super) fn new(doc: &'a Doc, path: String) -> DocCursor<'a> {
        DocCursor { doc, path }
    }

    /// A field that is present and not null. Of repeated keys the last one counts, as in XGBoost.
    pub(super) fn field(&self, key: &str) -> Option<DocCursor<'a>> {
        let Doc::Object(fields) = self.doc else { return None };
        let (_, doc) = fields.iter().rfind(|(name, _)| name == key)?;
        (*doc != Doc::Null).then(|| DocCursor { doc, path: self.below(key) })
    }

    pub(super) fn required(&self, key: &str) -> Result<DocCursor<'a>, Error> {
        self.field(key).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidModel,
                self.below(key),
                "is missing; this is no complete XGBoost model",
            )
        })
    }

    pub(super) fn fields(&self) -> Result<&'a [(String, Doc)], Error> {
        match self.doc {
            Doc::Object(fields) => Ok(fields),
            _ => Err(self.expected("an object")),
        }
    }

    pub(super) fn list(&self) -> Result<&'a [Doc], Error> {
        match self.doc {
            Doc::List(items) => Ok(items),
            _ => Err(self.expected("a list")),
        }
    }

    pub(super) fn ints(&self) -> Result<&'a [i64], Error> {
        match self.doc {
            Doc::Ints(list) => Ok(list),
            Doc::List(list) if list.is_empty() => Ok(&[]),
            _ => Err(self.expected("a list of whole numbers")),
        }
    }

    pub(super) fn reals(&self) -> Result<Cow<'a, [f32]>, Error> {
        match self.doc {
            Doc::Reals(list) => Ok(Cow::Borrowed(list)),
            Doc::Ints(list) => Ok(list.iter().map(|&number| number as f32).collect()),
            Doc::List(list) if list.is_empty() => Ok(Cow::Borrowed(&[])),
            _ => Err(self.expected("a list of numbers")),
        }
    }

    /// The integers of an optional field; none where it is absent.
    pub(super) fn optional_ints(&self, key: &str) -> Result<&'a [i64], Error> {
        self.field(key).map_or(Ok(&[]), |cursor| cursor.ints())
    }

    pub(super) fn optional_reals(&self, key: &str) -> Result<Cow<'a, [f32]>, Error> {
        self.field(key).map_or(Ok(Cow::Borrowed(&[])), |cursor| cursor.reals())
    }

    /// The texts of an optional field; none where it is absent.
    pub(super) fn optional_texts(&self, key: &str) -> Result<Vec<&'a str>, Error> {
        let Some(cursor) = self.field(key) else { return Ok(Vec::new()) };
        let texts = cursor.list()?.iter().map(|item| match item {
            Doc::Text(text) => Ok(text.as_str()),
            _ => Err(cursor.expected("a list of texts")),
        });
        texts.collect()
    }

    pub(super) fn text(&self) -> Result<&'a str, Error> {
        match self.doc {
            Doc::Text(text) => Ok(text),
            _ => Err(self.expected("a text")),
        }
    }

    /// A count, which XGBoost writes as text.
    pub(super) fn count(&self) -> Result<usize, Error> {
        match self.doc {
            Doc::Text(text) => text.trim().parse().ok(),
            Doc::Int(number) => usize::try_from(*number).ok(),
            _ => None,
        }
        .ok_or_else(|| self.error("must be a count"))
    }

    pub(super) fn count_or(&self, key: &str, default: usize) -> Result<usize, Error> {
        self.field(key).map_or(Ok(default), |cursor| cursor.count())
    }

    pub(super) fn error(&self, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::InvalidModel, self.path.clone(), message)
    }

    fn expected(&self, what: &str) -> Error {
        self.error(format!("must be {what}, not {}", self.doc.kind()))
    }

    fn below(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}
