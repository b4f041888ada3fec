//! A cursor into a document that knows its path, so that every error can name it.

use super::{Node, Range};
use crate::error::did_you_mean;
use crate::{Error, ErrorKind};

/// A node of a document, with its path.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    pub(crate) node: &'a Node,
    step: Step<'a>,
    parent: Option<&'a Cursor<'a>>,
    kind: Document,
}

/// What kind of document is being read, which decides the kind of its errors.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Document {
    Pipeline,
    Lead,
    Model,
    Context,
    Task,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root(&'a str),
    Field(&'a str),
    Item(usize),
}

impl<'a> Cursor<'a> {
    pub(crate) fn root(node: &'a Node, prefix: &'a str, kind: Document) -> Cursor<'a> {
        Cursor { node, step: Step::Root(prefix), parent: None, kind }
    }

    pub(crate) fn path(&self) -> String {
        let name = match self.step {
            Step::Root(prefix) => return prefix.to_owned(),
            Step::Field(name) => name.to_owned(),
            Step::Item(index) => format!("[{index}]"),
        };
        let outer = self.parent.map(Cursor::path).unwrap_or_default();
        match self.step {
            Step::Field(_) if !outer.is_empty() => format!("{outer}.{name}"),
            _ => format!("{outer}{name}"),
        }
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> Error {
        let (path, message) = (self.path(), message.into());
        match self.kind {
            Document::Pipeline => Error::new(ErrorKind::InvalidPipeline, path, message),
            Document::Lead => Error::new(ErrorKind::InvalidLead, path, message),
            Document::Context => Error::new(ErrorKind::InvalidContext, path, message),
            Document::Task => Error::new(ErrorKind::InvalidTask, path, message),
            Document::Model => Error::new(ErrorKind::InvalidModel, path, message),
        }
    }

    fn wanted(&self, what: &str) -> Error {
        self.error(format!("wants {what}, found {}", self.node.kind()))
    }

    /// The fields of an object, every one of them known.
    pub(crate) fn object(&'a self, known: &[&str]) -> Result<Fields<'a>, Error> {
        let fields = self.entries()?;
        for (name, _) in fields.fields {
            if !known.contains(&name.as_str()) {
                let meant = did_you_mean(name, known.iter().copied());
                return Err(
                    self.error(format!("unknown field `{name}`{meant}; known here: {}", known.join(", ")))
                );
            }
        }
        Ok(fields)
    }

    /// The fields of an object whose names are data.
    pub(crate) fn entries(&'a self) -> Result<Fields<'a>, Error> {
        match self.node {
            Node::Object(fields) => Ok(Fields { cursor: self, fields }),
            _ => Err(self.wanted("an object")),
        }
    }

    pub(crate) fn items(&'a self) -> Result<Vec<Cursor<'a>>, Error> {
        match self.node {
            Node::List(items) => Ok(items
                .iter()
                .enumerate()
                .map(|(i, node)| Cursor { node, step: Step::Item(i), parent: Some(self), kind: self.kind })
                .collect()),
            _ => Err(self.wanted("a list")),
        }
    }

    pub(crate) fn text(&self) -> Result<&'a str, Error> {
        match self.node {
            Node::Text(text) => Ok(text),
            _ => Err(self.wanted("a text")),
        }
    }

    pub(crate) fn texts(&'a self) -> Result<Vec<String>, Error> {
        self.items()?.iter().map(|item| item.text().map(str::to_owned)).collect()
    }

    /// A finite number.
    pub(crate) fn number(&self) -> Result<f64, Error> {
        match self.node {
            Node::Integer(value) => Ok(*value as f64),
            Node::Number(value) if value.is_finite() => Ok(*value),
            Node::Number(_) => Err(self.error("the number is not finite")),
            _ => Err(self.wanted("a number")),
        }
    }

    /// A whole number from 0 up.
    pub(crate) fn count(&self) -> Result<usize, Error> {
        match self.node {
            Node::Integer(value) => {
                usize::try_from(*value).map_err(|_| self.error(format!("wants 0 or more, found {value}")))
            }
            _ => Err(self.wanted("a whole number")),
        }
    }

    pub(crate) fn flag(&self) -> Result<bool, Error> {
        match self.node {
            Node::Flag(value) => Ok(*value),
            _ => Err(self.wanted("true or false")),
        }
    }

    /// Two numbers, the first not above the second.
    pub(crate) fn range(&'a self) -> Result<Range, Error> {
        let items = self.items()?;
        let [low, high] = items.as_slice() else {
            return Err(self.error("wants two numbers, [low, high]; null leaves an end open"));
        };
        let end = |item: &Cursor<'_>, open: f64| {
            if matches!(item.node, Node::Null) { Ok(open) } else { item.number() }
        };
        let (low, high) = (end(low, f64::NEG_INFINITY)?, end(high, f64::INFINITY)?);
        if low > high {
            return Err(self.error(format!("the low end {low} is above the high end {high}")));
        }
        Ok(Range { low, high })
    }

    /// One of a fixed set of words.
    pub(crate) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, Error> {
        let text = self.text()?;
        words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let meant = did_you_mean(text, known.iter().copied());
            self.error(format!("unknown word `{text}`{meant}; known here: {}", known.join(", ")))
        })
    }
}

/// The fields of one object.
pub(crate) struct Fields<'a> {
    cursor: &'a Cursor<'a>,
    fields: &'a [(String, Node)],
}

impl<'a> Fields<'a> {
    /// A field that must be there.
    pub(crate) fn required(&self, name: &'static str) -> Result<Cursor<'a>, Error> {
        self.optional(name).ok_or_else(|| self.cursor.error(format!("the field `{name}` is missing")))
    }

    /// A field that may be left out; null is the same as left out.
    pub(crate) fn optional(&self, name: &'static str) -> Option<Cursor<'a>> {
        self.all().find(|(key, cursor)| *key == name && !matches!(cursor.node, Node::Null)).map(|(_, c)| c)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&'a str, Cursor<'a>)> {
        let cursor = self.cursor;
        self.fields.iter().map(move |(name, node)| {
            (name.as_str(), Cursor { node, step: Step::Field(name), parent: Some(cursor), kind: cursor.kind })
        })
    }

    pub(crate) fn has(&self, name: &'static str) -> bool {
        self.optional(name).is_some()
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<Option<String>, Error> {
        self.optional(name).map(|c| c.text().map(str::to_owned)).transpose()
    }

    pub(crate) fn flag(&self, name: &'static str) -> Result<bool, Error> {
        self.optional(name).map_or(Ok(false), |c| c.flag())
    }

    pub(crate) fn number(&self, name: &'static str) -> Result<Option<f64>, Error> {
        self.optional(name).map(|c| c.number()).transpose()
    }

    pub(crate) fn range(&self, name: &'static str) -> Result<Option<Range>, Error> {
        self.optional(name).map(|c| c.range()).transpose()
    }

    pub(crate) fn texts(&self, name: &'static str) -> Result<Vec<String>, Error> {
        self.optional(name).map_or(Ok(Vec::new()), |c| c.texts())
    }
}
