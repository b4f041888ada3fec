//! The attributes a schema reads, numbered once, so that a record can look them up by index.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// The names of the attributes a schema reads, in order of first use; a cheap handle.
///
/// ```
/// let schema = leadscore::FeatureSchema::builtin("heat")?;
/// let names = schema.attribute_names();
/// assert_eq!((names.index("page_views"), names.name(1)), (Some(1), Some("page_views")));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct AttributeNames(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    names: Vec<String>,
    by_name: HashMap<String, usize, BuildHasherDefault<NameHasher>>,
}

impl AttributeNames {
    /// These names; one that is repeated counts once.
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> AttributeNames {
        let mut inner = Inner::default();
        for name in names {
            if !inner.by_name.contains_key(&name) {
                inner.by_name.insert(name.clone(), inner.names.len());
                inner.names.push(name);
            }
        }
        AttributeNames(Arc::new(inner))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.names.len()
    }

    /// Whether the schema reads no attribute at all.
    pub fn is_empty(&self) -> bool {
        self.0.names.is_empty()
    }

    /// The number of an attribute, from 0, if the schema reads it.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.0.by_name.get(name).copied()
    }

    /// The name of an attribute by its number.
    pub fn name(&self, index: usize) -> Option<&str> {
        self.0.names.get(index).map(String::as_str)
    }

    /// All names in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.names.iter().map(String::as_str)
    }

    pub(crate) fn key(&self, index: usize) -> AttributeKey<'_> {
        AttributeKey { index, name: &self.0.names[index] }
    }
}

/// Multiplies and mixes eight bytes at a time, the last eight overlapping those before. A record's keys are only looked
/// up, never put in, so nobody can fill the table with names of the same hash.
#[derive(Debug, Clone, Copy, Default)]
struct NameHasher(u64);

impl NameHasher {
    fn mix(&mut self, word: u64) {
        const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
        self.0 = (self.0 ^ word).wrapping_mul(ODD);
        self.0 ^= self.0 >> 32;
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        match bytes.last_chunk() {
            None => bytes.iter().for_each(|byte| self.mix(u64::from(*byte))),
            Some(last) => {
                let (words, _) = bytes.as_chunks();
                for word in words {
                    self.mix(u64::from_le_bytes(*word));
                }
                self.mix(u64::from_le_bytes(*last));
            }
        }
    }

    fn write_u8(&mut self, _end_of_text: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

impl PartialEq for AttributeNames {
    fn eq(&self, other: &AttributeNames) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.names == other.0.names
    }
}

/// One attribute that a schema reads: its name, and its number among [`AttributeNames`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeKey<'s> {
    index: usize,
    name: &'s str,
}

impl<'s> AttributeKey<'s> {
    /// The number of the attribute, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The name of the attribute.
    pub fn name(&self) -> &'s str {
        self.name
    }
}
