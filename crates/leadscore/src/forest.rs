//! Boosted trees as XGBoost and LightGBM write them: loading, margins, predictions and SHAP values.
//!
//! A [`Forest`] is made of three things: the model as data, its engine (the trees compiled for scoring) and, once
//! contributions are asked for, what SHAP can compute ahead of the rows.

mod cells;
mod engine;
mod format;
mod iterations;
mod lightgbm;
mod link;
mod model;
#[cfg(feature = "parallel")]
mod parallel;
mod precision;
mod shap;
#[cfg(test)]
mod tests;
mod tree;
mod unseen;
mod xgboost;

use std::sync::{Arc, OnceLock};

use engine::Engine;
pub(crate) use engine::MarginScratch;
pub use iterations::Iterations;
pub use model::Library;
pub(crate) use model::{Booster, FeatureKind, Link, Model, ModelFeature};
#[cfg(feature = "learn")]
pub(crate) use precision::{Precision, widen_threshold};
pub(crate) use tree::{Leaf, Node};
#[cfg(feature = "learn")]
pub(crate) use tree::{Split, Test, Tree};
pub use unseen::Unseen;

#[cfg(feature = "learn")]
pub(crate) use self::xgboost::base_margin_of;
#[cfg(feature = "arrow")]
use crate::feature::CellKind;
use crate::feature::{CellReader, FeatureMatrix, MissingCause};
use crate::json::{self, Cursor, Document, Node as JsonNode, Object};
use crate::record::AttributeRef;
use crate::{Error, ErrorKind};

/// A boosted-tree model, ready for scoring.
///
/// A forest is a handle: cloning it is cheap, it never changes, and any number of threads may use it at once. Two
/// forests are equal when their models are, written as JSON.
#[derive(Debug, Clone)]
pub struct Forest(Arc<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    model: Model,
    /// Built when the forest is loaded, or first asked where it was learned: folds learn many that are never asked.
    engine: OnceLock<Engine>,
    /// Built when contributions are first asked for.
    shap: OnceLock<shap::Plans>,
    /// Built when the first cell is read.
    cells: OnceLock<Vec<CellReader>>,
}

impl Inner {
    fn engine(&self) -> &Engine {
        self.engine.get_or_init(|| Engine::new(&self.model))
    }
}

impl Forest {
    /// Compiles a model.
    pub(crate) fn new(model: Model) -> Forest {
        let forest = Forest::uncompiled(model);
        forest.0.engine();
        forest
    }

    /// A model that is compiled when it is first asked for a margin.
    pub(crate) fn uncompiled(model: Model) -> Forest {
        let (engine, shap, cells) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Forest(Arc::new(Inner { model, engine, shap, cells }))
    }

    /// Loads a model file, whose format is detected from its content: XGBoost's JSON or UBJSON, or LightGBM's text.
    ///
    /// # Errors
    /// `invalid_model` with tree and node for a malformed file; `unsupported_model` for what cannot be represented
    /// exactly, with what to do instead.
    ///
    /// ```
    /// use leadscore::{FeatureMatrix, Forest, forest::Iterations};
    /// let model = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=regression\n\
    ///     feature_names=visits\nfeature_infos=[0:9]\n\nTree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=2.5\n\
    ///     decision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=-1 1\nleaf_count=6 4\ninternal_count=10\n\nend of trees\n";
    /// let forest = Forest::from_bytes(model.as_bytes())?;
    /// let rows = FeatureMatrix::new(1, vec![1.0, 7.0])?;
    /// assert_eq!(forest.margin(&rows, Iterations::All)?, [-1.0, 1.0]);
    /// // For each row the contribution of every feature, then the bias.
    /// let shap = forest.shap(&rows, Iterations::All)?;
    /// assert!((shap[0] + shap[1] + 1.0).abs() < 1e-12 && (shap[1] + 0.2).abs() < 1e-12);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Forest, Error> {
        let model = if lightgbm::looks_like(bytes) { lightgbm::load(bytes)? } else { xgboost::load(bytes)? };
        Ok(Forest::new(model))
    }

    /// Reads what [`Forest::to_json`] wrote.
    ///
    /// # Errors
    /// `invalid_json`; `invalid_model` with the path of what is wrong.
    pub fn from_json(text: &str) -> Result<Forest, Error> {
        let node = json::parse(text)?;
        Forest::read(&Cursor::root(&node, "", Document::Model))
    }

    /// The forest in leadscore's own JSON, the `scorer` of a pipeline file.
    pub fn to_json(&self) -> String {
        text_of(self.write(Object::default().with("kind", "forest")))
    }

    /// The forest as an XGBoost model in JSON, which the library reads back with margins of the same bits. XGBoost before
    /// 3.1 keeps no names of levels, and neither does this file: cells of categories are codes there.
    ///
    /// # Errors
    /// `unsupported_model` for what XGBoost cannot represent exactly, such as a LightGBM model.
    #[cfg(feature = "learn")]
    pub fn to_xgboost_json(&self) -> Result<String, Error> {
        xgboost::write(&self.0.model)
    }

    /// The forest as a LightGBM text model. Margins are f64 sums there; those of a forest with f32 sums differ by the
    /// rounding of these alone. Blanks in names become underscores, as the library has it.
    ///
    /// # Errors
    /// `unsupported_model` for what LightGBM cannot represent.
    #[cfg(feature = "learn")]
    pub fn to_lightgbm_text(&self) -> Result<String, Error> {
        lightgbm::write(&self.0.model)
    }

    /// What the model is, as a JSON object: library, version, objective, features with types and levels, counts of
    /// outputs, predictions, trees and rounds, best iteration, the marker for missing values, and the precision of its
    /// margins.
    pub fn describe_json(&self) -> String {
        text_of(format::describe(&self.0.model, &self.feature_names()))
    }

    /// The same model with a value besides NaN that is read as missing, which no model file keeps: XGBoost's argument
    /// `missing`. NaN takes the marker away again.
    ///
    /// The value is replaced before anything else, in margins, predictions and contributions alike. As the library does
    /// it, an XGBoost model compares after rounding to f32.
    ///
    /// ```
    /// # use leadscore::{FeatureMatrix, Forest, forest::Iterations};
    /// # let model = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=regression\n\
    /// #     feature_names=visits\nfeature_infos=[0:9]\n\nTree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=2.5\n\
    /// #     decision_type=8\nleft_child=-1\nright_child=-2\nleaf_value=-1 1\nleaf_count=6 4\ninternal_count=10\n\nend of trees\n";
    /// let forest = Forest::from_bytes(model.as_bytes())?;
    /// let rows = FeatureMatrix::new(1, vec![-999.0, f64::NAN])?;
    /// assert_eq!(forest.margin(&rows, Iterations::All)?, [-1.0, 1.0]);
    /// assert_eq!(forest.with_missing(-999.0).margin(&rows, Iterations::All)?, [1.0, 1.0]);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    #[must_use]
    pub fn with_missing(mut self, value: f64) -> Forest {
        Arc::make_mut(&mut self.0).model.missing = (!value.is_nan()).then_some(value);
        self
    }

    /// The value besides NaN that is read as missing, if there is one.
    pub fn missing(&self) -> Option<f64> {
        self.0.model.missing
    }

    /// The forest without the boosting rounds that [`Iterations`] leaves out.
    #[must_use]
    pub fn truncate_rounds(&self, iterations: Iterations) -> Forest {
        let model = self.model();
        if model.rounds_used(iterations) == model.round_ends.len() {
            return self.clone();
        }
        Forest::new(model.clone().truncate_rounds(iterations))
    }

    /// The forest of so many boosting rounds from the first, at least one; all where it has no more.
    #[cfg(feature = "learn")]
    pub(crate) fn first_rounds(&self, count: usize) -> Forest {
        let mut model = self.model().clone();
        model.best_iteration = Some(count.saturating_sub(1));
        Forest::uncompiled(Model { best_iteration: None, ..model.truncate_rounds(Iterations::Best) })
    }

    /// The number of outputs: 1, or one for each class or target.
    pub fn output_count(&self) -> usize {
        self.0.model.output_count()
    }

    /// The number of predictions for a row: one for each output, or 1 where the objective predicts a class.
    pub fn prediction_width(&self) -> usize {
        self.0.model.link.prediction_width(self.output_count())
    }

    /// The number of trees; 0 for a linear booster.
    pub fn tree_count(&self) -> usize {
        self.0.model.tree_count()
    }

    /// The number of boosting rounds; 0 for a linear booster.
    pub fn round_count(&self) -> usize {
        self.0.model.round_ends.len()
    }

    /// The number of input columns.
    pub fn feature_count(&self) -> usize {
        self.0.model.features.len()
    }

    /// The names of the input columns, `f0`, `f1`, … where the file has none.
    pub fn feature_names(&self) -> Vec<String> {
        let name = |(index, feature): (usize, &ModelFeature)| {
            feature.name.clone().unwrap_or_else(|| format!("f{index}"))
        };
        self.0.model.features.iter().enumerate().map(name).collect()
    }

    /// Whether the file names its input columns.
    pub fn has_feature_names(&self) -> bool {
        self.0.model.features.iter().all(|feature| feature.name.is_some())
    }

    /// The names of a categorical column's levels where the file keeps them; the index is the code.
    pub fn levels(&self, feature: usize) -> &[String] {
        self.0.model.features.get(feature).map_or(&[], |feature| feature.levels.names())
    }

    /// The best boosting round, from 0, where the file names one.
    pub fn best_iteration(&self) -> Option<usize> {
        self.0.model.best_iteration
    }

    /// The objective's name as in the file; empty for a custom one.
    pub fn objective(&self) -> &str {
        &self.0.model.objective
    }

    /// The library that trained the model.
    pub fn source_library(&self) -> Library {
        self.0.model.source_library
    }

    /// The version of the library that wrote the file, as the file gives it; empty where it does not.
    pub fn library_version(&self) -> &str {
        &self.0.model.library_version
    }

    /// Whether margins are sums of f32 (XGBoost) rather than f64 (LightGBM).
    pub fn is_f32(&self) -> bool {
        self.0.model.precision == precision::Precision::F32
    }

    /// The same model with the levels of a column, in the order of their codes, which its file does not keep, has lost,
    /// or keeps without saying whose they are.
    ///
    /// # Errors
    /// `unknown_name` for a column the model does not have; `invalid_feature` for levels that do not agree with the file.
    ///
    /// ```
    /// # use leadscore::Forest;
    /// # let model = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=regression\n\
    /// #     feature_names=country\nfeature_infos=0:1\n\nTree=0\nnum_leaves=2\nnum_cat=1\nsplit_feature=0\nthreshold=0\n\
    /// #     decision_type=1\nleft_child=-1\nright_child=-2\ncat_boundaries=0 1\ncat_threshold=2\nleaf_value=-1 1\n\
    /// #     leaf_count=6 4\ninternal_count=10\n\nend of trees\n";
    /// let forest = Forest::from_bytes(model.as_bytes())?;
    /// assert!(forest.encode_cell(0, "fr").is_err());
    /// assert_eq!(forest.with_levels("country", &["de", "fr"])?.encode_cell(0, "fr")?, 1.0);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn with_levels(mut self, column: &str, levels: &[impl AsRef<str>]) -> Result<Forest, Error> {
        let names: Vec<String> = levels.iter().map(|level| level.as_ref().to_owned()).collect();
        let inner = Arc::make_mut(&mut self.0);
        cells::give_levels(&mut inner.model, column, &names)?;
        inner.cells = OnceLock::new();
        Ok(self)
    }

    /// [`Forest::with_levels`] for several columns, from JSON: `{"country": ["de", "fr"]}`.
    ///
    /// # Errors
    /// `invalid_json`, `invalid_context` for another shape, and those of [`Forest::with_levels`].
    pub fn with_levels_json(self, text: &str) -> Result<Forest, Error> {
        let node = json::parse(text)?;
        let root = Cursor::root(&node, "levels", Document::Context);
        read_levels(&root)?.iter().try_fold(self, |forest, (column, names)| forest.with_levels(column, names))
    }

    /// What the model's file leaves open about its columns, or what had to be concluded, in sentences; mostly nothing.
    pub fn notes(&self) -> Vec<String> {
        cells::notes(&self.0.model)
    }

    /// The value of a table's cell for a feature: the code of a level, or a number; NaN for an empty cell. A level that
    /// was not seen in training is missing to LightGBM and an error to XGBoost, as in the libraries. Levels are compared
    /// letter for letter; those that were numbers in training by value.
    ///
    /// # Errors
    /// `invalid_feature` with the feature's name for a cell whose value the model's file does not settle.
    ///
    /// ```
    /// # use leadscore::Forest;
    /// # let model = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=regression\n\
    /// #     feature_names=country\nfeature_infos=0:1\n\nTree=0\nnum_leaves=2\nnum_cat=1\nsplit_feature=0\nthreshold=0\n\
    /// #     decision_type=1\nleft_child=-1\nright_child=-2\ncat_boundaries=0 1\ncat_threshold=2\nleaf_value=-1 1\n\
    /// #     leaf_count=6 4\ninternal_count=10\n\nend of trees\n\npandas_categorical:[[\"de\", \"fr\"]]\n";
    /// let forest = Forest::from_bytes(model.as_bytes())?;
    /// assert_eq!(forest.levels(0), ["de", "fr"]);
    /// assert_eq!(forest.encode_cell(0, "fr")?, 1.0);
    /// assert!(forest.encode_cell(0, "unseen")?.is_nan());
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn encode_cell(&self, feature: usize, cell: &str) -> Result<f64, Error> {
        self.encode_value(feature, AttributeRef::Text(cell))
    }

    /// [`Forest::encode_cell`] for a value that is typed: a number, a flag, or a text.
    ///
    /// # Errors
    /// As [`Forest::encode_cell`].
    pub fn encode_value(&self, feature: usize, value: AttributeRef<'_>) -> Result<f64, Error> {
        self.encode_value_with(feature, value, Unseen::AsLibrary)
    }

    /// [`Forest::encode_value`] with what becomes of a level that was not seen in training.
    ///
    /// # Errors
    /// As [`Forest::encode_cell`].
    pub fn encode_value_with(
        &self,
        feature: usize,
        value: AttributeRef<'_>,
        unseen: Unseen,
    ) -> Result<f64, Error> {
        cells::encode(&self.0.model, self.cell_readers(), feature, value, unseen)
    }

    /// Whether a value is none of the levels that the model knows of a column: [`Forest::encode_value`] takes it as
    /// missing for LightGBM, as the library does, and refuses it for XGBoost.
    ///
    /// ```
    /// # use leadscore::Forest;
    /// # use leadscore::record::AttributeRef;
    /// # let model = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=regression\n\
    /// #     feature_names=country\nfeature_infos=0:1\n\nTree=0\nnum_leaves=2\nnum_cat=1\nsplit_feature=0\nthreshold=0\n\
    /// #     decision_type=1\nleft_child=-1\nright_child=-2\ncat_boundaries=0 1\ncat_threshold=2\nleaf_value=-1 1\n\
    /// #     leaf_count=6 4\ninternal_count=10\n\nend of trees\n\npandas_categorical:[[\"de\", \"fr\"]]\n";
    /// let forest = Forest::from_bytes(model.as_bytes())?;
    /// assert!(forest.is_unseen(0, AttributeRef::Text("es")));
    /// assert!(!forest.is_unseen(0, AttributeRef::Text("fr")) && !forest.is_unseen(0, AttributeRef::Text("")));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn is_unseen(&self, feature: usize, value: AttributeRef<'_>) -> bool {
        let reader = self.cell_readers().get(feature);
        reader.is_some_and(|reader| reader.read(Some(value)) == Err(MissingCause::Unseen))
    }

    /// Whether the model's file settles what a column's cells mean; of others [`Forest::notes`] tells, and their numbers may
    /// be names or values.
    pub fn is_settled(&self, feature: usize) -> bool {
        self.0.model.features.get(feature).is_none_or(|feature| feature.unclear.is_empty())
    }

    fn cell_readers(&self) -> &[CellReader] {
        self.0.cells.get_or_init(|| cells::readers(&self.0.model))
    }

    /// Whether the numbers of a column are its values as they are, and whether they are codes of levels without names.
    #[cfg(feature = "arrow")]
    pub(crate) fn number_cells(&self, feature: usize) -> (bool, bool) {
        let Some(reader) = self.cell_readers().get(feature) else { return (false, false) };
        let is_code = reader.kind == CellKind::Code;
        let takes_numbers = is_code || matches!(reader.kind, CellKind::Number | CellKind::NumberOrFlag);
        let is_clear = reader.unclear.is_empty();
        (takes_numbers && is_clear, is_code && is_clear)
    }

    /// [`Forest::encode_value`] for a JSON list of texts, numbers, flags and nulls.
    ///
    /// # Errors
    /// `invalid_json`, `invalid_matrix` for something else in the list, and those of [`Forest::encode_cell`].
    pub fn encode_json(&self, feature: usize, values: &str) -> Result<Vec<f64>, Error> {
        self.encode_json_with(feature, values, Unseen::AsLibrary)
    }

    /// [`Forest::encode_json`] with what becomes of a level that was not seen in training.
    ///
    /// # Errors
    /// As [`Forest::encode_json`].
    pub fn encode_json_with(&self, feature: usize, values: &str, unseen: Unseen) -> Result<Vec<f64>, Error> {
        let encode = |value: AttributeRef<'_>| self.encode_value_with(feature, value, unseen);
        let node = json::parse(values)?;
        let JsonNode::List(items) = &node else {
            return Err(Error::new(ErrorKind::InvalidMatrix, "", "wants a list of values"));
        };
        let value = |item: &JsonNode| match item {
            JsonNode::Null => Ok(f64::NAN),
            JsonNode::Text(text) => encode(AttributeRef::Text(text)),
            // A long whole number is no f64.
            JsonNode::Integer(number) if number.unsigned_abs() > 1 << 53 => {
                encode(AttributeRef::Text(&number.to_string()))
            }
            JsonNode::Integer(number) => encode(AttributeRef::Number(*number as f64)),
            JsonNode::Number(number) => encode(AttributeRef::Number(*number)),
            JsonNode::Flag(flag) => encode(AttributeRef::Flag(*flag)),
            _ => Err(Error::new(ErrorKind::InvalidMatrix, "", "a cell is a text, a number or a flag")),
        };
        items.iter().map(value).collect()
    }

    /// The margins of a matrix: row after row, one for each output, bit for bit those of the library that wrote the
    /// model. XGBoost's are f32 values held in f64.
    ///
    /// # Errors
    /// `invalid_matrix` when the width is not the model's.
    pub fn margin(&self, matrix: &FeatureMatrix, iterations: Iterations) -> Result<Vec<f64>, Error> {
        self.check(matrix)?;
        let mut out = Vec::with_capacity(matrix.row_count() * self.output_count());
        self.margins_of_rows(matrix.values(), iterations, &mut MarginScratch::default(), &mut out);
        Ok(out)
    }

    /// The predictions of a matrix, margins through the objective's inverse link: row after row, one for each output, or
    /// the class number alone where the objective predicts a class.
    ///
    /// # Errors
    /// `invalid_matrix` when the width is not the model's.
    pub fn predict(&self, matrix: &FeatureMatrix, iterations: Iterations) -> Result<Vec<f64>, Error> {
        let mut margins = self.margin(matrix, iterations)?;
        let model = &self.0.model;
        if model.average_output {
            let rounds = model.rounds_used(iterations).max(1) as f64;
            for margin in &mut margins {
                *margin /= rounds;
            }
        }
        let mut out = Vec::with_capacity(margins.len());
        margins.chunks_exact(model.output_count().max(1)).for_each(|row| link::apply(model, row, &mut out));
        Ok(out)
    }

    /// The contributions (SHAP values) to the margins of a matrix: for each row and output, one for each feature and the
    /// bias last. They add up to the margin.
    ///
    /// # Errors
    /// `invalid_matrix` when the width is not the model's; `cover_missing` and `contributions_unsupported` where the
    /// model has none.
    pub fn shap(&self, matrix: &FeatureMatrix, iterations: Iterations) -> Result<Vec<f64>, Error> {
        self.check(matrix)?;
        self.shap_of_rows(matrix.values(), iterations)
    }

    /// Appends the margins of whole rows, without an allocation for few of them once the buffers have grown.
    pub(crate) fn margins_of_rows(
        &self,
        rows: &[f64],
        iterations: Iterations,
        scratch: &mut MarginScratch,
        out: &mut Vec<f64>,
    ) {
        let model = self.model();
        let values = cells::mark_missing(model, rows);
        self.0.engine().margins(model, &values, model.trees_used(iterations), scratch, out);
    }

    /// [`Forest::shap`] of whole rows.
    pub(crate) fn shap_of_rows(&self, rows: &[f64], iterations: Iterations) -> Result<Vec<f64>, Error> {
        let model = self.model();
        let values = cells::mark_missing(model, rows);
        shap::contributions(model, self.0.engine(), self.shap_plans(), &values, iterations)
    }

    /// Whether there can be contributions.
    ///
    /// # Errors
    /// As [`Forest::shap`].
    pub(crate) fn check_contributions(&self) -> Result<(), Error> {
        self.shap_plans().check()
    }

    /// The model as data.
    pub(crate) fn model(&self) -> &Model {
        &self.0.model
    }

    /// Reads the forest of a pipeline file.
    pub(crate) fn read(cursor: &Cursor<'_>) -> Result<Forest, Error> {
        format::read(cursor).map(Forest::new)
    }

    /// Adds the forest's fields to an object that names its kind.
    pub(crate) fn write(&self, object: Object) -> Object {
        format::write(&self.0.model, object)
    }

    fn shap_plans(&self) -> &shap::Plans {
        self.0.shap.get_or_init(|| shap::Plans::new(&self.0.model, self.0.engine()))
    }

    fn check(&self, matrix: &FeatureMatrix) -> Result<(), Error> {
        let columns = self.feature_count();
        if matrix.column_count() == columns {
            return Ok(());
        }
        let message = format!("{} columns where the model reads {columns}", matrix.column_count());
        Err(Error::new(ErrorKind::InvalidMatrix, "", message))
    }
}

impl PartialEq for Forest {
    fn eq(&self, other: &Forest) -> bool {
        // By JSON, as unknown covers and gains are NaN, which is unlike itself.
        Arc::ptr_eq(&self.0, &other.0) || self.to_json() == other.to_json()
    }
}

impl Eq for Forest {}

/// The levels of columns, in order.
pub(crate) fn read_levels(cursor: &Cursor<'_>) -> Result<Vec<(String, Vec<String>)>, Error> {
    let columns = cursor.entries()?;
    columns.all().map(|(column, names)| Ok((column.to_owned(), names.texts()?))).collect()
}

fn text_of(object: Object) -> String {
    serde_json::to_string(&json::Node::from(object)).expect("our types serialize")
}
