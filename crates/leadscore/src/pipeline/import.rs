//! From a model to a pipeline.

use super::parts::{Parts, ScorerPart, assemble};
use super::schema::read_schema;
use super::scorer::margin_meaning;
use super::{ModelCard, Pipeline};
use crate::expression::Reading;
use crate::feature::FeatureSchema;
use crate::forest::{self, FeatureKind, Forest, Iterations, ModelFeature};
use crate::json::{self, Cursor, Document, Node, Object};
use crate::scale::{ClassScale, ClassWeight, Scale, ScaleKind};
use crate::scorer::MarginMeaning;
use crate::tier::{Tier, TierAxis};
use crate::{Error, ErrorKind, TierScheme};

/// How a model becomes a pipeline: what its file does not tell. Only the id has no default.
///
/// ```
/// use leadscore::ImportOptions;
/// let options = ImportOptions::new("mine").name("My model").classes(["cold", "hot"]).without_reasons();
/// assert_eq!(options.id(), "mine");
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ImportOptions {
    id: String,
    name: Option<String>,
    schema: Option<FeatureSchema>,
    scale: Option<Scale>,
    classes: Vec<String>,
    class_weights: Vec<f64>,
    tiers: Option<TierScheme>,
    reasons: bool,
    iterations: Iterations,
    missing: Option<f64>,
    levels: Vec<(String, Vec<String>)>,
}

impl ImportOptions {
    /// Everything by default, under an id.
    pub fn new(id: impl Into<String>) -> ImportOptions {
        ImportOptions {
            id: id.into(),
            name: None,
            schema: None,
            scale: None,
            classes: Vec::new(),
            class_weights: Vec::new(),
            tiers: None,
            reasons: true,
            iterations: Iterations::default(),
            missing: None,
            levels: Vec::new(),
        }
    }

    /// The pipeline's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name people read; the id if there is none.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> ImportOptions {
        self.name = Some(name.into());
        self
    }

    /// What the features are called and read from, with every column of the model in it; made from the model's names
    /// and types if there is none.
    #[must_use]
    pub fn schema(mut self, schema: FeatureSchema) -> ImportOptions {
        self.schema = Some(schema);
        self
    }

    /// The schema as JSON, the name of a built-in one, or a whole pipeline file for its schema.
    ///
    /// # Errors
    /// `invalid_json`; `invalid_pipeline` with the path of what is wrong.
    pub fn schema_json(self, text: &str) -> Result<ImportOptions, Error> {
        let schema = match given(text, "schema")? {
            Given::Part(node) => {
                read_schema(&Cursor::root(&node, "schema", Document::Pipeline), &Reading::new())?
            }
            Given::Pipeline(pipeline) => pipeline.schema().clone(),
        };
        Ok(self.schema(schema))
    }

    /// How margins become scores. A logistic objective has `logistic` as its default; classes are spaced evenly, in the
    /// order of the outputs; other objectives have no default.
    #[must_use]
    pub fn scale(mut self, scale: Scale) -> ImportOptions {
        self.scale = Some(scale);
        self
    }

    /// The scale as JSON, or a whole pipeline file for its scale.
    ///
    /// # Errors
    /// `invalid_json`; `invalid_pipeline` with the path of what is wrong.
    pub fn scale_json(self, text: &str) -> Result<ImportOptions, Error> {
        let scale = match given(text, "scale")? {
            Given::Part(node) => Scale::read(&Cursor::root(&node, "scale", Document::Pipeline))?,
            Given::Pipeline(pipeline) => pipeline.scale().clone(),
        };
        Ok(self.scale(scale))
    }

    /// The names of the classes, in the order of the model's outputs; `class_0`, … by default.
    #[must_use]
    pub fn classes(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> ImportOptions {
        self.classes = names.into_iter().map(Into::into).collect();
        self
    }

    /// The weights of the classes, 0–1; evenly spaced by default.
    #[must_use]
    pub fn class_weights(mut self, weights: impl IntoIterator<Item = f64>) -> ImportOptions {
        self.class_weights = weights.into_iter().collect();
        self
    }

    /// The tiers; by default `a-e` for a probability, the classes themselves, or `hot-warm-cold` for a score.
    #[must_use]
    pub fn tiers(mut self, tiers: TierScheme) -> ImportOptions {
        self.tiers = Some(tiers);
        self
    }

    /// The tiers as JSON, the name of a built-in scheme, or a whole pipeline file for its tiers.
    ///
    /// # Errors
    /// `invalid_json`; `invalid_pipeline` with the path of what is wrong.
    pub fn tiers_json(self, text: &str) -> Result<ImportOptions, Error> {
        let tiers = match given(text, "tiers")? {
            Given::Part(node) => TierScheme::read(&Cursor::root(&node, "tiers", Document::Pipeline))?,
            Given::Pipeline(pipeline) => pipeline.tiers().clone(),
        };
        Ok(self.tiers(tiers))
    }

    /// Whether scores come with reasons, as they do by default; without cover in the model's file they cannot.
    #[must_use]
    pub fn reasons(mut self, reasons: bool) -> ImportOptions {
        self.reasons = reasons;
        self
    }

    /// Scores come without reasons.
    #[must_use]
    pub fn without_reasons(self) -> ImportOptions {
        self.reasons(false)
    }

    /// Which boosting rounds are used, by default those up to the best; the others are left out.
    #[must_use]
    pub fn iterations(mut self, iterations: Iterations) -> ImportOptions {
        self.iterations = iterations;
        self
    }

    /// The value besides NaN that stood for missing in training, which the model's file does not keep.
    #[must_use]
    pub fn missing(mut self, value: f64) -> ImportOptions {
        self.missing = Some(value);
        self
    }

    /// The levels of a column in the order of their codes, where the model's file does not keep them or does not settle
    /// whose they are: [`Forest::with_levels`].
    #[must_use]
    pub fn levels(
        mut self,
        column: impl Into<String>,
        levels: impl IntoIterator<Item = impl Into<String>>,
    ) -> ImportOptions {
        self.levels.push((column.into(), levels.into_iter().map(Into::into).collect()));
        self
    }

    /// Reads `{"id", "name"?, "schema"?, "scale"?, "classes"?, "weights"?, "tiers"?, "reasons"?, "iterations"?,
    /// "missing"?, "levels"?}`; levels as `{"country": ["de", "fr"]}`, schema, scale and tiers as objects or names.
    ///
    /// # Errors
    /// `invalid_json`; `invalid_context` with the field; `invalid_pipeline` for what is wrong in schema, scale or tiers.
    pub fn from_json(text: &str) -> Result<ImportOptions, Error> {
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
            "reasons",
            "iterations",
            "missing",
            "levels",
        ])?;
        let part = |name: &'static str| {
            fields.optional(name).map(|c| match c.node {
                Node::Text(name) => name.clone(),
                node => node.to_json(),
            })
        };
        let mut options = ImportOptions::new(fields.required("id")?.text()?);
        options.name = fields.text("name")?;
        options.classes = fields.texts("classes")?;
        if let Some(list) = fields.optional("weights") {
            options.class_weights = list.items()?.iter().map(Cursor::number).collect::<Result<_, _>>()?;
        }
        options.reasons = fields.optional("reasons").map_or(Ok(true), |reasons| reasons.flag())?;
        if let Some(rounds) = fields.optional("iterations") {
            options.iterations =
                rounds.text()?.parse().map_err(|error: Error| rounds.error(error.message()))?;
        }
        options.missing = fields.number("missing")?;
        if let Some(levels) = fields.optional("levels") {
            options.levels = forest::read_levels(&levels)?;
        }
        if let Some(schema) = part("schema") {
            options = options.schema_json(&schema)?;
        }
        if let Some(scale) = part("scale") {
            options = options.scale_json(&scale)?;
        }
        match part("tiers") {
            Some(tiers) => options.tiers_json(&tiers),
            None => Ok(options),
        }
    }
}

impl Pipeline {
    /// Makes a pipeline of the file of an XGBoost or LightGBM model.
    ///
    /// # Errors
    /// As [`Forest::from_bytes`] and [`Pipeline::from_forest`].
    ///
    /// ```
    /// use leadscore::{AsOf, ImportOptions, Lead, Pipeline, Zone};
    /// let model = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=binary sigmoid:1\n\
    ///     feature_names=visits\nfeature_infos=[0:9]\n\nTree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=2.5\n\
    ///     decision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=-1 1\nleaf_count=6 4\ninternal_count=10\n\nend of trees\n";
    /// let pipeline = Pipeline::import_model(model.as_bytes(), &ImportOptions::new("mine"))?;
    /// let as_of = AsOf::parse("2026-11-22", &Zone::utc())?;
    /// let prediction = pipeline.score(&Lead::new("l-1").with("visits", 7.0), &as_of)?;
    /// assert_eq!(&*prediction.explanation.reasons[0].text, "visits: 7");
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn import_model(model: &[u8], options: &ImportOptions) -> Result<Pipeline, Error> {
        Pipeline::from_forest(Forest::from_bytes(model)?, options)
    }

    /// Makes a pipeline of a forest.
    ///
    /// # Errors
    /// `scale_required` where the objective has no default scale; `cover_missing` and `contributions_unsupported` where
    /// the model has no reasons and they are not given up; `invalid_pipeline` where schema, scale or tiers do not fit the
    /// model.
    pub fn from_forest(forest: Forest, options: &ImportOptions) -> Result<Pipeline, Error> {
        let forest = match options.iterations {
            Iterations::All => forest,
            iterations => forest.truncate_rounds(iterations),
        };
        let forest = match options.missing {
            Some(value) => forest.with_missing(value),
            None => forest,
        };
        let forest = options
            .levels
            .iter()
            .try_fold(forest, |forest, (column, levels)| forest.with_levels(column, levels))?;
        if options.reasons {
            forest.check_contributions()?;
        }
        let reading = Reading::new();
        let schema = match &options.schema {
            Some(schema) => schema.clone(),
            None => default_schema(&forest.model().features, &forest.feature_names(), &reading)?,
        };
        let scale = match &options.scale {
            Some(scale) => scale.clone(),
            None => default_scale(&forest, options)?,
        };
        let tiers = match &options.tiers {
            Some(tiers) => tiers.clone(),
            None => default_tiers(&scale)?,
        };
        let (library, version) = (forest.source_library(), forest.library_version());
        let model_type = format!("{library} {version} {}", forest.objective());
        assemble(Parts {
            id: options.id.clone(),
            name: options.name.clone(),
            version: None,
            note: None,
            model: Some(ModelCard::new(options.id.clone(), model_type.trim().replace("  ", " "))),
            schema,
            scorer: ScorerPart::Forest { forest, reasons: options.reasons },
            scale,
            tiers,
            estimates: None,
            risks: None,
            recommendations: None,
            reading,
        })
    }
}

/// A part of a pipeline as it was given.
enum Given {
    /// JSON, or a name.
    Part(Node),
    /// A whole pipeline stands for the part that is wanted.
    Pipeline(Pipeline),
}

fn given(text: &str, part: &str) -> Result<Given, Error> {
    if !text.trim_start().starts_with('{') {
        return Ok(Given::Part(Node::from(text.trim())));
    }
    let node = json::parse(text).map_err(|error| error.within(part))?;
    if node.field("format").is_none() {
        return Ok(Given::Part(node));
    }
    Ok(Given::Pipeline(Pipeline::from_json(text)?))
}

/// One attribute for each column of the model.
fn default_schema(
    features: &[ModelFeature],
    names: &[String],
    reading: &Reading,
) -> Result<FeatureSchema, Error> {
    let feature = |(feature, name): (&ModelFeature, &String)| -> Node {
        let (kind, read) = match feature.kind {
            FeatureKind::Indicator => ("flag", None),
            _ if !feature.levels.is_empty() => ("category", None),
            // Codes without names are numbers to whoever fills them in.
            FeatureKind::Categorical => ("number", Some("code")),
            _ if feature.may_be_flag => ("number", Some("number_or_flag")),
            _ => ("number", None),
        };
        let unclear: Vec<Node> = feature.unclear.iter().map(|levels| Node::from(&**levels)).collect();
        let source = Object::default()
            .with("from", "attribute")
            .maybe("as", read)
            .maybe("unclear", (!unclear.is_empty()).then_some(Node::List(unclear)));
        let has_levels = !feature.levels.is_empty();
        Object::default()
            .with("name", name)
            .with("type", kind)
            .maybe("levels", has_levels.then_some(&feature.levels))
            .flag("exact", has_levels)
            .maybe("spellings", feature.levels.spellings_node())
            .with("source", source)
            .into()
    };
    let features = features.iter().zip(names).map(feature).collect();
    let node = Node::from(Object::default().with("features", Node::List(features)));
    FeatureSchema::read(&Cursor::root(&node, "schema", Document::Pipeline), reading)
}

fn default_scale(forest: &Forest, options: &ImportOptions) -> Result<Scale, Error> {
    let outputs = forest.output_count();
    let meaning = margin_meaning(forest);
    if meaning == MarginMeaning::LogOdds {
        return Ok(Scale::logistic());
    }
    if meaning == MarginMeaning::Other {
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
    if !fits(options.classes.len()) || !fits(options.class_weights.len()) {
        return Err(Error::new(
            ErrorKind::ScaleRequired,
            "scale",
            format!("the model has {outputs} classes; give as many names and weights"),
        ));
    }
    let class = |k: usize| {
        let name = options.classes.get(k).cloned().unwrap_or_else(|| format!("class_{k}"));
        let even = k as f64 / (outputs - 1) as f64;
        ClassWeight::new(name, options.class_weights.get(k).copied().unwrap_or(even))
    };
    let classes = ClassScale::new((0..outputs).map(class)).map_err(|error| error.within("scale"))?;
    Ok(Scale::Classes(classes))
}

/// Tiers that fit a scale; classes from the most valuable one down.
fn default_tiers(scale: &Scale) -> Result<TierScheme, Error> {
    let classes = match scale {
        Scale::Single(scale) if scale.kind() == ScaleKind::Logistic => return TierScheme::builtin("a-e"),
        Scale::Single(_) => return TierScheme::builtin("hot-warm-cold"),
        Scale::Classes(classes) => classes,
    };
    let mut classes: Vec<_> = classes.names().iter().zip(classes.weights()).collect();
    classes.sort_by(|a, b| b.1.total_cmp(a.1));
    let tiers = classes.into_iter().map(|(name, _)| Tier::new(name.clone()));
    TierScheme::new(TierAxis::Class, tiers).map_err(|error| error.within("tiers"))
}
