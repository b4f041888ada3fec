//! The position of a value in an input: `leads[3].activities[0].at`.

use std::fmt::{self, Write as _};
use std::ops::Deref;

/// One step into an input.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PathStep {
    /// The field of an object, or the name of a file.
    Field(String),
    /// The item of a list, from 0.
    Index(usize),
}

/// The steps from the whole input to one value in it; shown as `leads[3].activities[0].at`.
///
/// ```
/// use leadscore::error::{Path, PathStep};
/// let path = Path::from("leads").index(3).field("email");
/// assert_eq!(path.to_string(), "leads[3].email");
/// assert_eq!(path, Path::from("leads[3].email"));
/// assert_eq!(path[1], PathStep::Index(3));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Path(Vec<PathStep>);

impl Path {
    /// A path of one field, whatever characters its name has.
    pub fn from_field(name: impl Into<String>) -> Path {
        Path::default().field(name)
    }

    /// The path to a field of the object at this path.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>) -> Path {
        self.0.push(PathStep::Field(name.into()));
        self
    }

    /// The path to an item, counted from 0, of the list at this path.
    #[must_use]
    pub fn index(mut self, index: usize) -> Path {
        self.0.push(PathStep::Index(index));
        self
    }

    /// This path followed by another.
    #[must_use]
    pub fn join(mut self, inner: Path) -> Path {
        self.0.extend(inner.0);
        self
    }
}

impl Deref for Path {
    type Target = [PathStep];

    fn deref(&self) -> &[PathStep] {
        &self.0
    }
}

impl From<Vec<PathStep>> for Path {
    fn from(steps: Vec<PathStep>) -> Path {
        Path(steps)
    }
}

impl From<&str> for Path {
    /// Reads a path as it is shown. Dots separate fields; `[3]` at a field's end is the item of a list.
    fn from(text: &str) -> Path {
        let mut path = Path::default();
        if text.is_empty() {
            return path;
        }
        for part in text.split('.') {
            let (name, indices) = trailing_indices(part);
            if !name.is_empty() || indices.is_empty() {
                path.0.push(PathStep::Field(name.to_owned()));
            }
            path.0.extend(indices.into_iter().map(PathStep::Index));
        }
        path
    }
}

/// `nodes[3][0]` as `nodes` and [3, 0].
fn trailing_indices(part: &str) -> (&str, Vec<usize>) {
    let mut name = part;
    let mut indices = Vec::new();
    while let Some((before, digits)) = name.strip_suffix(']').and_then(|open| open.rsplit_once('[')) {
        let Ok(index) = digits.parse() else { break };
        indices.push(index);
        name = before;
    }
    indices.reverse();
    (name, indices)
}

impl From<String> for Path {
    fn from(text: String) -> Path {
        Path::from(text.as_str())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Field(name) if position == 0 => f.write_str(name)?,
                PathStep::Field(name) => write!(f, ".{name}")?,
                PathStep::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl serde::Serialize for Path {
    /// As text, the way it is shown.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl PartialEq<str> for Path {
    /// Whether it is shown as that text.
    fn eq(&self, other: &str) -> bool {
        let mut expected = Expected(other);
        write!(expected, "{self}").is_ok() && expected.0.is_empty()
    }
}

/// Takes only what it expects, so that a path is compared with a text without writing it out.
struct Expected<'a>(&'a str);

impl fmt::Write for Expected<'_> {
    fn write_str(&mut self, written: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(written).ok_or(fmt::Error)?;
        Ok(())
    }
}

impl PartialEq<&str> for Path {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_reads_back() {
        for text in [
            "",
            "a",
            "a.b",
            "leads[3].x",
            "trees[0].nodes[12]",
            "[4].x",
            "m[1][2]",
            "line 7",
            "a[b]",
            ".hidden",
        ] {
            let (path, longer) = (Path::from(text), format!("{text}x"));
            assert_eq!(path.to_string(), text);
            assert_eq!(path, text);
            assert_ne!(path, longer.as_str());
        }
        assert_eq!(Path::from("m[1][2]").len(), 3);
    }

    #[test]
    fn any_name_is_one_field() {
        let path = Path::from("attributes").field("a.b[1]");
        assert_eq!((path.len(), path.to_string()), (2, "attributes.a.b[1]".to_owned()));
    }
}
