//! The schema of a pipeline file: in full, the name of a built-in one, or one that extends it.

use super::builtin;
use crate::expression::Reading;
use crate::feature::FeatureSchema;
use crate::json::{self, Cursor, Document, Node};
use crate::{Error, ErrorKind};

/// A schema, the name of a built-in one, or one that extends it.
pub(super) fn read_schema(cursor: &Cursor<'_>, reading: &Reading) -> Result<FeatureSchema, Error> {
    match schema_in_full(cursor)? {
        Some(node) => FeatureSchema::read(&Cursor::root(&node, "schema", Document::Pipeline), reading)
            .map_err(|error| as_written(error, &node, cursor.node)),
        None => FeatureSchema::read(cursor, reading),
    }
}

/// The schema that a name or an `extends` stands for: the built-in one, with features of the same name replaced where
/// they stood, and new ones put at the end or where `before` says.
pub(super) fn schema_in_full(cursor: &Cursor<'_>) -> Result<Option<Node>, Error> {
    let load = |name: &Cursor<'_>| -> Result<Node, Error> {
        json::parse(builtin::schema(name.text()?).map_err(|error| name.error(error.message()))?)
    };
    if matches!(cursor.node, Node::Text(_)) {
        return load(cursor).map(Some);
    }
    let Some(name) = cursor.entries()?.optional("extends") else { return Ok(None) };
    let changes = cursor.object(&["extends", "features"])?.required("features")?;
    let mut schema = load(&name)?;
    let Node::Object(fields) = &mut schema else { return Ok(Some(schema)) };
    let Some((_, Node::List(features))) = fields.iter_mut().find(|(field, _)| field == "features") else {
        return Ok(Some(schema));
    };
    let position = |features: &[Node], name: &str| {
        features.iter().position(|f| f.field("name") == Some(&Node::from(name)))
    };
    for item in changes.items()? {
        let change = item.entries()?;
        let own = change.required("name")?.text()?;
        let mut node = item.node.clone();
        if let Node::Object(fields) = &mut node {
            fields.retain(|(field, _)| field != "before");
        }
        let before = match change.optional("before") {
            None => None,
            Some(c) => {
                let missing = || c.error("no such feature in the schema that is extended");
                Some(position(features, c.text()?).ok_or_else(missing)?)
            }
        };
        match (position(features, own), before) {
            (Some(at), _) => features[at] = node,
            (None, Some(at)) => features.insert(at, node),
            (None, None) => features.push(node),
        }
    }
    Ok(Some(schema))
}

/// The error about an extended schema with the feature's position in the file instead of that in the whole.
fn as_written(error: Error, whole: &Node, own: &Node) -> Error {
    if error.kind() != ErrorKind::InvalidPipeline {
        return error;
    }
    let path = error.path().to_string();
    let index = |rest: &str| -> Option<(usize, usize)> {
        let end = rest.find(']')?;
        Some((rest[..end].parse().ok()?, end))
    };
    let list = |node: &Node| match node.field("features") {
        Some(Node::List(features)) => features.clone(),
        _ => Vec::new(),
    };
    let rewritten = path.strip_prefix("schema.features[").and_then(|rest| {
        let (at, end) = index(rest)?;
        let whole = list(whole);
        let name = whole.get(at)?.field("name")?;
        let position = list(own).iter().position(|feature| feature.field("name") == Some(name))?;
        Some(format!("schema.features[{position}{}", &rest[end..]))
    });
    match rewritten {
        Some(path) => error.with_path(path),
        None => error,
    }
}
