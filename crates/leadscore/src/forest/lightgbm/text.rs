//! The lines of the file, and blocks of `key=value` lines.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::str::FromStr;

use super::error::invalid;
use crate::Error;

/// Lines without their ends, be they LF or CRLF.
#[derive(Clone)]
pub(super) struct Lines<'a>(std::str::Split<'a, char>);

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Lines<'a> {
        Lines(text.split('\n'))
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.0.next().map(|line| line.trim_matches([' ', '\r']))
    }
}

/// What follows a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Following<'a> {
    /// A tree, with its number.
    Tree(&'a str),
    /// The part after the trees.
    Tail,
    /// The end of the file, too early.
    Truncated,
}

/// The header or one tree: lines `key=value`, and lines of one word.
pub(super) struct Block<'a> {
    /// The path in the model, for messages; empty for the header.
    path: String,
    values: BTreeMap<&'a str, &'a str>,
    words: Vec<&'a str>,
}

impl<'a> Block<'a> {
    /// Reads the lines up to the first one of the next block, and that one too.
    pub(super) fn read(path: &str, lines: &mut Lines<'a>) -> Result<(Block<'a>, Following<'a>), Error> {
        let mut block = Block { path: path.to_owned(), values: BTreeMap::new(), words: Vec::new() };
        for line in lines {
            if let Some(number) = line.strip_prefix("Tree=") {
                return Ok((block, Following::Tree(number)));
            }
            // Version 2 has no `end of trees`.
            if ["end of trees", "feature importances:", "feature_importances:"].contains(&line) {
                return Ok((block, Following::Tail));
            }
            let Some((key, value)) = line.split_once('=') else {
                if !line.is_empty() {
                    block.words.push(line);
                }
                continue;
            };
            match block.values.entry(key) {
                Entry::Vacant(entry) => entry.insert(value),
                Entry::Occupied(_) => return Err(block.error(key, "is given twice".to_owned())),
            };
        }
        Ok((block, Following::Truncated))
    }

    pub(super) fn error(&self, key: &str, message: String) -> Error {
        if self.path.is_empty() {
            invalid(key, message)
        } else {
            invalid(&self.path, format!("{key} {message}"))
        }
    }

    /// Whether a line of the block is just this word.
    pub(super) fn has_line(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.values.get(key).copied()
    }

    pub(super) fn required(&self, key: &str) -> Result<&'a str, Error> {
        self.text(key).ok_or_else(|| self.error(key, "is missing".to_owned()))
    }

    /// A required count.
    pub(super) fn number(&self, key: &str) -> Result<usize, Error> {
        let text = self.required(key)?;
        text.trim().parse().map_err(|_| self.error(key, format!("is {}, no count", quoted(text))))
    }

    /// The numbers of an optional line.
    pub(super) fn list<T: FromStr>(&self, key: &str) -> Result<Option<Vec<T>>, Error> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let read = |(at, word): (usize, &str)| {
            word.parse().map_err(|_| self.error(key, format!("has {} at index {at}", quoted(word))))
        };
        text.split_ascii_whitespace().enumerate().map(read).collect::<Result<_, _>>().map(Some)
    }

    /// The numbers of an optional line, which must be `count`.
    pub(super) fn optional_list<T: FromStr>(&self, key: &str, count: usize) -> Result<Option<Vec<T>>, Error> {
        let list = self.list(key)?;
        match &list {
            Some(list) if list.len() != count => {
                Err(self.error(key, format!("has {} entries where there should be {count}", list.len())))
            }
            _ => Ok(list),
        }
    }

    /// The numbers of a required line, which must be `count`.
    pub(super) fn required_list<T: FromStr>(&self, key: &str, count: usize) -> Result<Vec<T>, Error> {
        self.optional_list(key, count)?.ok_or_else(|| self.error(key, "is missing".to_owned()))
    }
}

/// A text in quotes, truncated where it is long.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(30) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
