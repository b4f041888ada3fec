//! Pipelines from JSON and back.

use super::advice::{self, Estimate, RecommendationRule, RiskRule};
use super::card::ModelCard;
use super::scorer::Scorer;
use super::{FORMAT, Pipeline, builtin, sha256};
use crate::expression::Reading;
use crate::feature::FeatureSchema;
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
        read(&Cursor::root(&node, "", Document::Pipeline))
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

pub(super) fn read(root: &Cursor<'_>) -> Result<Pipeline, Error> {
    known_format(&root.entries()?.required("format")?)?;
    let fields = root.object(&FIELDS)?;
    let reading = Reading::new();
    let schema = fields.required("schema")?;
    let schema = match schema_in_full(&schema)? {
        Some(node) => FeatureSchema::read(&Cursor::root(&node, "schema", Document::Pipeline), &reading)
            .map_err(|error| as_written(error, &node, schema.node))?,
        None => FeatureSchema::read(&schema, &reading)?,
    };
    let columns = schema.scope();
    let scale_cursor = fields.required("scale")?;
    let mut scale = Scale::read(&scale_cursor)?;
    let scorer = Scorer::read(&fields.required("scorer")?, &schema, (&scale_cursor, &mut scale), &reading)?;
    let tiers_cursor = fields.required("tiers")?;
    let tiers = TierScheme::read(&tiers_cursor)?;
    tiers_fit(&tiers, &tiers_cursor, &scale)?;
    let mut scope = advice::scope(&columns, scale.has_probability());
    let mut estimates = Vec::new();
    if let Some(list) = fields.optional("estimates") {
        for item in list.items()? {
            estimates.push(Estimate::read(&item, &mut scope, &reading)?);
        }
    }
    let (most_risks, risks) =
        list(fields.optional("risks"), "factors", |item| RiskRule::read(item, &scope, &reading))?;
    let (most_recommendations, recommendations) =
        list(fields.optional("recommendations"), "actions", |item| {
            RecommendationRule::read(item, &scope, &reading)
        })?;
    let id = fields.required("id")?;
    if id.text()?.trim().is_empty() {
        return Err(id.error("the id is blank"));
    }
    let mut pipeline = Pipeline {
        id: id.text()?.into(),
        name: fields.text("name")?,
        version: fields.text("version")?.map(Into::into),
        note: fields.text("note")?,
        model: fields.optional("model").map(|c| ModelCard::read(&c)).transpose()?,
        schema,
        scorer,
        scale,
        tiers,
        estimates,
        risks,
        most_risks,
        recommendations,
        most_recommendations,
        hash: "".into(),
    };
    pipeline.hash = sha256(&pipeline.to_json());
    Ok(pipeline)
}

fn tiers_fit(tiers: &TierScheme, cursor: &Cursor<'_>, scale: &Scale) -> Result<(), Error> {
    if tiers.reads_probability() && !scale.has_probability() {
        return Err(cursor.error("the tiers are read on the probability, but the scale gives none"));
    }
    if !tiers.reads_classes() {
        return Ok(());
    }
    let Scale::Classes(classes) = scale else {
        return Err(cursor.error("the tiers are classes, but the scale has none"));
    };
    let has = |name: &str| tiers.tiers().iter().any(|tier| tier.name() == name);
    match classes.names().iter().find(|name| !has(name)) {
        Some(name) => Err(cursor.error(format!("the class `{name}` has no action"))),
        None if tiers.tiers().len() > classes.names().len() => {
            Err(cursor.error(format!("there are more actions than classes: {}", classes.names().join(", "))))
        }
        None => Ok(()),
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
    let place = |features: &[Node], name: &str| {
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
                Some(place(features, c.text()?).ok_or_else(missing)?)
            }
        };
        match (place(features, own), before) {
            (Some(at), _) => features[at] = node,
            (None, Some(at)) => features.insert(at, node),
            (None, None) => features.push(node),
        }
    }
    Ok(Some(schema))
}

/// The error about an extended schema with the feature's place in the file instead of that in the whole.
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
        let place = list(own).iter().position(|feature| feature.field("name") == Some(name))?;
        Some(format!("schema.features[{place}{}", &rest[end..]))
    });
    match rewritten {
        Some(path) => error.with_path(path),
        None => error,
    }
}

/// A list with its limit: `{"limit": 6, "<name>": […]}`.
fn list<T>(
    cursor: Option<Cursor<'_>>,
    name: &'static str,
    read: impl Fn(&Cursor<'_>) -> Result<T, Error>,
) -> Result<(usize, Vec<T>), Error> {
    let Some(cursor) = cursor else { return Ok((0, Vec::new())) };
    let fields = cursor.object(&["limit", name])?;
    let list = fields.required(name)?;
    let items = list.items()?.iter().map(read).collect::<Result<_, _>>()?;
    Ok((fields.required("limit")?.count()?, items))
}

impl From<&Pipeline> for Node {
    fn from(pipeline: &Pipeline) -> Node {
        let limited = |name: &str, limit: usize, items: Vec<Node>| {
            (!items.is_empty())
                .then(|| Node::from(Object::default().with("limit", limit).with(name, Node::List(items))))
        };
        let estimates: Vec<Node> = pipeline.estimates.iter().map(Node::from).collect();
        let risks = pipeline.risks.iter().map(Node::from).collect();
        let actions = pipeline.recommendations.iter().map(Node::from).collect();
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
            .maybe("estimates", (!estimates.is_empty()).then_some(Node::List(estimates)))
            .maybe("risks", limited("factors", pipeline.most_risks, risks))
            .maybe("recommendations", limited("actions", pipeline.most_recommendations, actions))
            .into()
    }
}
