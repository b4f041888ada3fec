//! Pipelines from JSON and back.

use std::borrow::Cow;

use super::card::ModelCard;
use super::extend::extended;
use super::parts::{Parts, ScorerPart, assemble};
use super::schema::read_schema;
use super::{FORMAT, Inner, Pipeline};
use crate::expression::Reading;
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
    /// that one's, and `"set": {"scorer.groups.profile.rules.company.points": 12}` changes single values of it; items of lists
    /// are named by their code or name. `schema` and `tiers` may name a built-in schema or tier scheme.
    ///
    /// # Errors
    /// `invalid_json`; `invalid_pipeline` with the path of what is wrong; `unsupported_format` for a newer file.
    ///
    /// ```
    /// use leadscore::Pipeline;
    /// let own = Pipeline::from_json(
    ///     r#"{"format": 1, "id": "ours", "extends": "lead-score",
    ///         "set": {"scorer.groups.demographic.rules.company.points": 8, "tiers.bounds.HOT.from": 75}}"#,
    /// )?;
    /// assert_eq!(own.tiers().tier(76.0, None).unwrap().name(), "HOT");
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Pipeline, Error> {
        assemble(parts_of(text)?)
    }

    /// Reads the bytes of a pipeline file: UTF-8 or UTF-16, with a byte order mark or without one.
    ///
    /// # Errors
    /// As [`from_json`](Pipeline::from_json).
    pub fn from_bytes(bytes: &[u8]) -> Result<Pipeline, Error> {
        Pipeline::from_json(&text_of(bytes)?)
    }
}

/// The text of the bytes of a pipeline file.
pub(super) fn text_of(bytes: &[u8]) -> Result<Cow<'_, str>, Error> {
    // XGBoost's UBJSON begins like JSON, and has the lengths of its names before them.
    let is_binary_model =
        bytes.starts_with(b"{") && bytes.get(1).is_some_and(|byte| b"iUIlL$".contains(byte));
    if is_binary_model { Err(a_model("XGBoost")) } else { json::decode(bytes) }
}

/// The error about a model that was given as a pipeline.
fn a_model(library: &str) -> Error {
    let message = format!(
        "this is a model of {library}, not a pipeline; make one of it with `leadscore import MODEL --output P.json`"
    );
    Error::new(ErrorKind::InvalidPipeline, "", message)
}

/// The parts of a pipeline file, each by itself as it should be.
pub(super) fn parts_of(text: &str) -> Result<Parts, Error> {
    read_whole(&whole_of(json_of(text)?)?)
}

/// The JSON of a pipeline file.
pub(super) fn json_of(text: &str) -> Result<Node, Error> {
    // LightGBM's text form and its dump in JSON, and XGBoost's JSON.
    if text.starts_with("tree\n") || text.starts_with("tree\r\n") {
        return Err(a_model("LightGBM"));
    }
    let mut node = json::parse_file(text)?;
    node.drop_comments();
    if node.field("learner").is_some() {
        return Err(a_model("XGBoost"));
    }
    if node.field("tree_info").is_some() {
        return Err(a_model("LightGBM"));
    }
    Ok(node)
}

/// The file with what it extends.
pub(super) fn whole_of(node: Node) -> Result<Node, Error> {
    // A newer file may extend what this version does not know, so its format is looked at first.
    if let Some(format) = Cursor::root(&node, "", Document::Pipeline).entries()?.optional("format") {
        known_format(&format)?;
    }
    extended(node)
}

/// The parts of a file that extends nothing any more.
pub(super) fn read_whole(node: &Node) -> Result<Parts, Error> {
    read(&Cursor::root(node, "", Document::Pipeline))
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
