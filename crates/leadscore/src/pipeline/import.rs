//! From a model file to a pipeline.

use super::scorer::{has_classes, is_logistic};
use super::{FORMAT, Pipeline, read};
use crate::forest::{FeatureKind, Forest, Iterations, ModelFeature};
use crate::json::{self, Cursor, Document, Node, Object};
use crate::{Error, ErrorKind};

/// How a model file becomes a pipeline: what the file does not tell. Only the id has no default.
///
/// Schema, scale and tiers are JSON as in a pipeline file, or the name of a built-in one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Import {
    /// The pipeline's id.
    pub id: String,
    /// The name people read; the id if there is none.
    pub name: Option<String>,
    /// What the features are called and read from, with every column of the model in it; made from the model's names
    /// and types if there is none. A whole pipeline file stands for its schema.
    pub schema: Option<String>,
    /// How margins become scores. A logistic objective has `logistic` as its default; classes are spaced evenly, in the
    /// order of the outputs; other objectives have no default.
    pub scale: Option<String>,
    /// The names of the classes, in the order of the model's outputs; `class_0`, … if there are none.
    pub classes: Vec<String>,
    /// The weights of the classes, 0–1.
    pub weights: Vec<f64>,
    /// The tiers; by default `a-e` for a probability, the classes themselves, or `hot-warm-cold` for a score.
    pub tiers: Option<String>,
    /// Whether scores go without reasons, as they must where the file keeps no cover.
    pub no_reasons: bool,
    /// Which boosting rounds speak; the others are left out.
    pub iterations: Iterations,
}

const ROUNDS: [(&str, Iterations); 2] = [("all", Iterations::All), ("best", Iterations::Best)];

impl Import {
    /// Reads `{"id", "name"?, "schema"?, "scale"?, "classes"?, "weights"?, "tiers"?, "no_reasons"?, "iterations"?}`; schema,
    /// scale and tiers as objects or names.
    ///
    /// # Errors
    /// `invalid_json`; `invalid_context` with the field.
    pub fn from_json(text: &str) -> Result<Import, Error> {
        let node = json::parse(text)?;
        let root = Cursor::root(&node, "", Document::Context);
        let fields = root.object(&[
            "id",
            "name",
            "schema",
            "scale",
            "classes",
            "weights",
            "tiers",
            "no_reasons",
            "iterations",
        ])?;
        let part = |name: &'static str| {
            fields.optional(name).map(|c| match c.node {
                Node::Text(name) => name.clone(),
                node => serde_json::to_string(node).unwrap_or_default(),
            })
        };
        let weights = fields
            .optional("weights")
            .map(|list| list.items()?.iter().map(Cursor::number).collect::<Result<Vec<f64>, Error>>());
        Ok(Import {
            id: fields.required("id")?.text()?.to_owned(),
            name: fields.text("name")?,
            schema: part("schema"),
            scale: part("scale"),
            classes: fields.texts("classes")?,
            weights: weights.transpose()?.unwrap_or_default(),
            tiers: part("tiers"),
            no_reasons: fields.flag("no_reasons")?,
            iterations: fields.optional("iterations").map_or(Ok(Iterations::All), |c| c.word(&ROUNDS))?,
        })
    }
}

impl Pipeline {
    /// Makes a pipeline of an XGBoost or LightGBM model.
    ///
    /// # Errors
    /// As [`Forest::from_bytes`]; `scale_required` where the objective has no default scale; `cover_missing` and
    /// `contributions_unsupported` where the model has no reasons and they are not given up; `invalid_pipeline` where
    /// schema, scale or tiers do not fit the model.
    ///
    /// ```
    /// use leadscore::{Context, Lead, Pipeline, Timestamp, Zone, pipeline::Import};
    /// let model = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=binary sigmoid:1\n\
    ///     feature_names=visits\nfeature_infos=[0:9]\n\nTree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=2.5\n\
    ///     decision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=-1 1\nleaf_count=6 4\ninternal_count=10\n\nend of trees\n";
    /// let pipeline = Pipeline::import(model.as_bytes(), &Import { id: "mine".into(), ..Import::default() })?;
    /// let now = Context::new(Timestamp::parse("2026-11-22", &Zone::utc())?);
    /// let prediction = pipeline.score(&Lead::new("l-1").with("visits", 7.0), &now)?;
    /// assert_eq!(prediction.explanation.reasons[0].text, "visits: 7");
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn import(model: &[u8], import: &Import) -> Result<Pipeline, Error> {
        let mut forest = Forest::from_bytes(model)?;
        forest.cut(import.iterations);
        if !import.no_reasons {
            forest.check_reasons()?;
        }
        let schema = match &import.schema {
            Some(text) => given(text, "schema")?,
            None => schema(&forest.features, &forest.feature_names()),
        };
        let scale = scale(&forest, import)?;
        let tiers = match &import.tiers {
            Some(text) => given(text, "tiers")?,
            None => tiers(&scale),
        };
        let (library, version) = forest.writer();
        let card = Object::default().with("name", &import.id).with(
            "model_type",
            &format!("{library} {version} {}", forest.objective()).trim().replace("  ", " "),
        );
        let reasons = import.no_reasons.then_some(Node::Flag(false));
        let scorer = forest.write(Object::default().with("kind", "forest").maybe("reasons", reasons));
        let node = Object::default()
            .with("format", FORMAT)
            .with("id", &import.id)
            .maybe("name", import.name.as_ref())
            .with("model", card)
            .with("schema", schema)
            .with("scorer", scorer)
            .with("scale", scale)
            .with("tiers", tiers);
        read::read(&Cursor::root(&node.into(), "", Document::Pipeline))
    }
}

/// JSON as given, or a name. A whole pipeline file stands for the part that is wanted.
fn given(text: &str, part: &'static str) -> Result<Node, Error> {
    if !text.trim_start().starts_with('{') {
        return Ok(Node::from(text.trim()));
    }
    let node =
        json::parse(text).map_err(|error| Error::new(ErrorKind::InvalidJson, part, error.message()))?;
    if node.field("format").is_none() {
        return Ok(node);
    }
    let whole = Pipeline::from_json(text)?;
    Ok(if part == "schema" { (&whole.schema).into() } else { (&whole.tiers).into() })
}

/// One attribute for each column of the model.
fn schema(features: &[ModelFeature], names: &[String]) -> Node {
    let feature = |(feature, name): (&ModelFeature, &String)| -> Node {
        let kind = match feature.kind {
            FeatureKind::Category if !feature.levels.is_empty() => "category",
            FeatureKind::Flag => "flag",
            // Codes without names are numbers to whoever fills them in.
            _ => "number",
        };
        Object::default()
            .with("name", name)
            .with("type", kind)
            .texts("levels", &feature.levels)
            .with("source", Object::default().with("from", "attribute"))
            .into()
    };
    let features = features.iter().zip(names).map(feature).collect();
    Object::default().with("features", Node::List(features)).into()
}

fn scale(forest: &Forest, import: &Import) -> Result<Node, Error> {
    if let Some(text) = &import.scale {
        return given(text, "scale");
    }
    if is_logistic(forest) {
        return Ok(Object::default().with("kind", "logistic").into());
    }
    let outputs = forest.outputs();
    if !has_classes(forest) {
        let message = if outputs > 1 {
            format!(
                "the model has {outputs} outputs that are no classes; a score needs a model with one output"
            )
        } else {
            format!(
                "the objective `{}` says nothing of how its margins become a score from 0 to 100; name a scale: \
                 {{\"kind\": \"linear\", \"from\": …, \"to\": …}}, {{\"kind\": \"quantiles\", \"knots\": …}} for a ranking, \
                 {{\"kind\": \"logistic\", \"calibration\": …}} for a probability, or {{\"kind\": \"points\"}} where the margin \
                 is the score",
                forest.objective()
            )
        };
        return Err(Error::new(ErrorKind::ScaleRequired, "scale", message));
    }
    let fits = |count: usize| count == 0 || count == outputs;
    if !fits(import.classes.len()) || !fits(import.weights.len()) {
        return Err(Error::new(
            ErrorKind::ScaleRequired,
            "scale",
            format!("the model has {outputs} classes; give as many names and weights"),
        ));
    }
    let class = |k: usize| -> Node {
        let name = import.classes.get(k).cloned().unwrap_or_else(|| format!("class_{k}"));
        let even = k as f64 / (outputs - 1) as f64;
        let weight = import.weights.get(k).copied().unwrap_or(even);
        Object::default().with("class", &name).with("weight", weight).into()
    };
    let classes = Node::List((0..outputs).map(class).collect());
    Ok(Object::default().with("kind", "classes").with("classes", classes).into())
}

fn tiers(scale: &Node) -> Node {
    let Some(Node::List(classes)) = scale.field("classes") else {
        let logistic = scale.field("kind") == Some(&Node::from("logistic"));
        return Node::from(if logistic { "a-e" } else { "hot-warm-cold" });
    };
    let weight = |class: &Node| match class.field("weight") {
        Some(Node::Number(weight)) => *weight,
        Some(Node::Integer(weight)) => *weight as f64,
        _ => 0.0,
    };
    let mut classes: Vec<&Node> = classes.iter().collect();
    classes.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    let name = |class: &&Node| match class.field("class") {
        Some(Node::Text(name)) => Some((name.clone(), Node::from(""))),
        _ => None,
    };
    let actions = Node::Object(classes.iter().filter_map(name).collect());
    Object::default().with("on", "class").with("actions", actions).into()
}
