//! The attributes a schema reads, numbered once, so that a record can look them up by index.

use std::collections::HashMap;
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
    by_name: HashMap<String, usize>,
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
