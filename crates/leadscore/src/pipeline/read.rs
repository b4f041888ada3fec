//! Pipelines from JSON and back.

use super::card::ModelCard;
use super::parts::{Parts, ScorerPart, assemble};
use super::{FORMAT, Inner, Pipeline, builtin};
use crate::expression::Reading;
use crate::feature::FeatureSchema;
use crate::forest::Forest;
use crate::json::{self, Cursor, Document, Node, Object};
use crate::scale::Scale;
use crate::{Error, ErrorKind, TierScheme};

const FIELDS: [&str; 15] = [
    "$schema",
    "format",
    "id",
    "name",
    "version",
    "note",
    "model",
    "extends",
    "schema",
    "scorer",
    "scale",
    "tiers",
    "estimates",
    "risks",
    "recommendations",
];

impl Pipeline {
    /// Reads a pipeline file.
    ///
    /// A file may build on a built-in pipeline with `"extends": "conversion"`: the top-level fields it gives replace
    /// that one's. `schema` and `tiers` may name a built-in schema or tier scheme.
    ///
    /// # Errors
    /// `invalid_json`; `invalid_pipeline` with the path of what is wrong; `unsupported_format` for a newer file.
    pub fn from_json(text: &str) -> Result<Pipeline, Error> {
        let node = json::parse(text)?;
        // A newer file may extend what this version does not know, so its format is looked at first.
        if let Some(format) = Cursor::root(&node, "", Document::Pipeline).entries()?.optional("format") {
            known_format(&format)?;
        }
        let node = extended(node)?;
        assemble(read(&Cursor::root(&node, "", Document::Pipeline))?)
    }
}

/// The file with the fields of the built-in pipeline it extends filled in.
fn extended(node: Node) -> Result<Node, Error> {
    let root = Cursor::root(&node, "", Document::Pipeline);
    let Some(name) = root.entries()?.optional("extends") else { return Ok(node) };
    let base = builtin::pipeline(name.text()?).map_err(|error| name.error(error.message()))?;
    let (Node::Object(own), Node::Object(base)) = (&node, extended(json::parse(base)?)?) else {
        return Ok(node);
    };
    let mut fields: Vec<(String, Node)> = own.iter().filter(|(name, _)| name != "extends").cloned().collect();
    // What a file says about itself is its own.
    let personal = ["id", "name", "version", "note"];
    let given = |name: &str| own.iter().any(|(field, _)| field == name);
    // The card speaks of the scorer and goes with it.
    let taken = |name: &String| {
        personal.contains(&name.as_str()) || given(name) || (name == "model" && given("scorer"))
    };
    fields.extend(base.into_iter().filter(|(name, _)| !taken(name)));
    Ok(Node::Object(fields))
}

fn known_format(format: &Cursor<'_>) -> Result<(), Error> {
    match format.count()? {
        FORMAT => Ok(()),
        newer if newer > FORMAT => Err(Error::new(
            ErrorKind::UnsupportedFormat,
            format.path(),
            format!("the file has format {newer}; this version reads up to {FORMAT}: update leadscore"),
        )),
        other => Err(format.error(format!("there is no format {other}"))),
    }
}

fn read(root: &Cursor<'_>) -> Result<Parts, Error> {
    known_format(&root.entries()?.required("format")?)?;
    let fields = root.object(&FIELDS)?;
    let reading = Reading::new();
    let node = |name| fields.optional(name).map(|part| part.node.clone());
    Ok(Parts {
        schema: read_schema(&fields.required("schema")?, &reading)?,
        scale: Scale::read(&fields.required("scale")?)?,
        scorer: read_scorer(&fields.required("scorer")?)?,
        tiers: TierScheme::read(&fields.required("tiers")?)?,
        estimates: node("estimates"),
        risks: node("risks"),
        recommendations: node("recommendations"),
        id: fields.required("id")?.text()?.to_owned(),
        name: fields.text("name")?,
        version: fields.text("version")?,
        note: fields.text("note")?,
        model: fields.optional("model").map(|c| ModelCard::read(&c)).transpose()?,
        reading,
    })
}

fn read_scorer(cursor: &Cursor<'_>) -> Result<ScorerPart, Error> {
    let fields = cursor.entries()?;
    let kind = fields.required("kind")?;
    match kind.text()? {
        "scorecard" => Ok(ScorerPart::Scorecard(cursor.node.clone())),
        "forest" => {
            let reasons = fields.optional("reasons").map_or(Ok(true), |c| c.flag())?;
            Ok(ScorerPart::Forest { forest: Forest::read(cursor)?, reasons })
        }
        other => Err(kind.error(format!("unknown scorer `{other}`; known here: scorecard, forest"))),
    }
}

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
fn schema_in_full(cursor: &Cursor<'_>) -> Result<Option<Node>, Error> {
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

impl From<&Inner> for Node {
    fn from(pipeline: &Inner) -> Node {
        Object::default()
            .with("format", FORMAT)
            .with("id", &*pipeline.id)
            .maybe("name", pipeline.name.as_ref())
            .maybe("version", pipeline.version.as_deref())
            .maybe("note", pipeline.note.as_ref())
            .maybe("model", pipeline.model.as_ref())
            .with("schema", &pipeline.schema)
            .with("scorer", &pipeline.scorer)
            .with("scale", &pipeline.scale)
            .with("tiers", &pipeline.tiers)
            .maybe("estimates", pipeline.estimates_node())
            .maybe("risks", pipeline.risks.node("factors"))
            .maybe("recommendations", pipeline.recommendations.node("actions"))
            .into()
    }
}

impl Inner {
    /// The estimates as in a pipeline file; nothing where there are none.
    pub(super) fn estimates_node(&self) -> Option<Node> {
        let estimates = || Node::List(self.estimates.iter().map(Node::from).collect());
        (!self.estimates.is_empty()).then(estimates)
    }
}
