//! The middle of a pipeline: rules, or a model.

use crate::explain::PointSum;
use crate::expression::{ColumnRef, FEW_ROWS, ROWS};
use crate::feature::{FeatureMatrix, FeatureSchema};

use crate::forest::{self, Booster, Forest, Iterations, Leaf, Library, Link, MarginScratch};
use crate::json::{Node, Object};
use crate::scale::{ClassBuffers, Scale};
use crate::scorer::{
    ClassParts, ContributionKind, MarginMeaning, MarginParts, MarginTraits, Part, PartInfo, PartList,
};
use crate::{Error, ErrorKind, Scorecard};

/// Turns features into a margin and its parts.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Scorer {
    /// Rules.
    Scorecard(Scorecard),
    /// Boosted trees.
    Forest(ForestScorer),
}

/// A forest that reads the columns of a schema.
#[derive(Debug, Clone)]
pub struct ForestScorer {
    forest: Forest,
    /// In the forest's order.
    inputs: Vec<Input>,
    /// One for each input, after the scale's range.
    parts: PartList,
    reasons: bool,
    /// What the library's margins are multiplied by to become log-odds, or a mean over the rounds.
    factor: f64,
}

/// A column of the forest, and where the schema has it.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) column: usize,
    pub(super) name: String,
    pub(super) label: String,
    pub(super) group: Option<String>,
    /// Index in the scorer's [`PartList`].
    part: u32,
}

/// How much of a sum is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SumDetail {
    /// The score and the probabilities of classes.
    Score,
    /// The lines of a scorecard too, which cost little; of a model the score alone.
    RuleLines,
    /// Every line, if the scorer has reasons.
    Lines,
}

/// What is computed on the way to a sum; reused from row to row.
#[derive(Debug, Clone, Default)]
pub(super) struct SumBuffers {
    forest: ForestBuffers,
    rules: RuleBuffers,
    margin: MarginParts,
    class_parts: ClassParts,
    classes: ClassBuffers,
    sum: PointSum,
}

/// A forest's input, row after row in its own order, and its margins.
#[derive(Debug, Clone, Default)]
struct ForestBuffers {
    rows: Vec<f64>,
    margins: Vec<f64>,
    scratch: MarginScratch,
}

/// Rows of the schema column after column, and their margins.
#[derive(Debug, Clone, Default)]
struct RuleBuffers {
    columns: Vec<[f64; ROWS]>,
    margins: Vec<MarginParts>,
}

impl Scorer {
    /// Calls `visit` with the index and the sum of every row of the schema, in order. The scale is the one that was
    /// fitted to this scorer.
    pub(super) fn for_each_sum(
        &self,
        rows: &[&[f64]],
        scale: &Scale,
        detail: SumDetail,
        buffers: &mut SumBuffers,
        mut visit: impl FnMut(usize, &PointSum),
    ) {
        match (self, scale) {
            (Scorer::Scorecard(card), Scale::Single(scale)) => {
                if detail == SumDetail::Score {
                    for (index, row) in rows.iter().enumerate() {
                        let margin = card.margin(row);
                        if margin.is_disqualified {
                            buffers.sum.fill_disqualified_score(scale, card.lowest());
                        } else {
                            buffers.sum.fill_score(scale, margin.margin);
                        }
                        visit(index, &buffers.sum);
                    }
                    return;
                }
                let RuleBuffers { columns, margins } = &mut buffers.rules;
                for (number, rows) in rows.chunks(ROWS).enumerate() {
                    margins.resize_with(rows.len().max(margins.len()), MarginParts::default);
                    let margins = &mut margins[..rows.len()];
                    if rows.len() < FEW_ROWS {
                        for (row, margin) in rows.iter().zip(&mut *margins) {
                            card.margin_parts(row.as_chunks::<1>().0, std::slice::from_mut(margin));
                        }
                    } else {
                        transpose(rows, columns);
                        card.margin_parts(columns, margins);
                    }
                    for (index, margin) in (number * ROWS..).zip(margins) {
                        buffers.sum.fill(margin, scale, card.lowest());
                        visit(index, &buffers.sum);
                    }
                }
            }
            (Scorer::Scorecard(_), Scale::Classes(_)) => {
                unreachable!("no scorecard is fitted to a scale of classes")
            }
            (Scorer::Forest(model), scale) => {
                let with_lines = detail == SumDetail::Lines && model.reasons;
                model.for_each_sum(rows, scale, with_lines, buffers, visit);
            }
        }
    }

    /// The sum of one row of the schema.
    pub(super) fn row_sum<'b>(
        &self,
        row: &[f64],
        scale: &Scale,
        detail: SumDetail,
        buffers: &'b mut SumBuffers,
    ) -> &'b PointSum {
        self.for_each_sum(&[row], scale, detail, buffers, |_, _| {});
        &buffers.sum
    }

    /// What the parts of its margins are.
    pub(crate) fn parts(&self) -> &PartList {
        match self {
            Scorer::Scorecard(card) => card.parts(),
            Scorer::Forest(model) => &model.parts,
        }
    }

    /// What its margins are.
    pub(super) fn traits(&self) -> MarginTraits<'_> {
        match self {
            Scorer::Scorecard(card) => card.traits(),
            Scorer::Forest(model) => MarginTraits::Model {
                output_count: model.forest.output_count(),
                meaning: margin_meaning(&model.forest),
                objective: model.forest.objective(),
            },
        }
    }
}

/// Fills the first values of columns from rows of the same width.
fn transpose(rows: &[&[f64]], columns: &mut Vec<[f64; ROWS]>) {
    columns.resize(rows.first().map_or(0, |row| row.len()), [f64::NAN; ROWS]);
    for (at, row) in rows.iter().enumerate() {
        for (column, value) in columns.iter_mut().zip(*row) {
            column[at] = *value;
        }
    }
}

impl ForestScorer {
    /// The model itself.
    pub fn forest(&self) -> &Forest {
        &self.forest
    }

    /// Whether scores come with reasons; a model without cover can give none.
    pub fn has_reasons(&self) -> bool {
        self.reasons
    }

    pub(super) fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// The forest's input for rows of the schema.
    pub(super) fn matrix<'r>(&self, rows: impl Iterator<Item = &'r [f64]>) -> FeatureMatrix {
        let mut values = Vec::with_capacity(rows.size_hint().0 * self.inputs.len());
        self.append_inputs(rows, &mut values);
        FeatureMatrix::new(self.inputs.len(), values).expect("whole rows of at least one column")
    }

    /// Appends the forest's columns of rows of the schema.
    fn append_inputs<'r>(&self, rows: impl Iterator<Item = &'r [f64]>, out: &mut Vec<f64>) {
        for row in rows {
            out.extend(self.inputs.iter().map(|input| row[input.column]));
        }
    }

    fn for_each_sum(
        &self,
        rows: &[&[f64]],
        scale: &Scale,
        with_lines: bool,
        buffers: &mut SumBuffers,
        mut visit: impl FnMut(usize, &PointSum),
    ) {
        let outputs = self.forest.output_count();
        let ForestBuffers { rows: inputs, margins, scratch } = &mut buffers.forest;
        inputs.clear();
        self.append_inputs(rows.iter().copied(), inputs);
        margins.clear();
        self.forest.margins_of_rows(inputs, Iterations::All, scratch, margins);
        let mut shap = if with_lines {
            let shap = self.forest.shap_of_rows(inputs, Iterations::All);
            shap.expect("reasons were checked when the forest was read")
        } else {
            Vec::new()
        };
        if self.factor != 1.0 {
            margins.iter_mut().chain(&mut shap).for_each(|value| *value *= self.factor);
        }
        let width = (self.inputs.len() + 1) * outputs;
        for (index, margins) in margins.chunks_exact(outputs).enumerate() {
            let shap = shap.get(index * width..(index + 1) * width);
            match (scale, shap) {
                (Scale::Single(scale), None) => buffers.sum.fill_score(scale, margins[0]),
                (Scale::Classes(scale), None) => buffers.sum.fill_class_score(scale, margins),
                (Scale::Single(scale), Some(shap)) => {
                    self.fill_margin(margins[0], shap, &mut buffers.margin);
                    buffers.sum.fill(&buffers.margin, scale, None);
                }
                (Scale::Classes(scale), Some(shap)) => {
                    self.fill_classes(margins, shap, &mut buffers.class_parts);
                    buffers.sum.fill_classes(&buffers.class_parts, scale, &mut buffers.classes);
                }
            }
            visit(index, &buffers.sum);
        }
    }

    /// The parts of one margin; a feature that no split of the row's paths reads has none.
    fn fill_margin(&self, margin: f64, shap: &[f64], out: &mut MarginParts) {
        out.clear();
        out.base = shap[self.inputs.len()];
        out.margin = margin;
        for (input, &amount) in self.inputs.iter().zip(shap) {
            if amount != 0.0 {
                out.parts.push(Part { id: input.part, amount, capped_amount: amount });
            }
        }
    }

    /// The parts of the margins of several classes, in the order of the classes.
    fn fill_classes(&self, margins: &[f64], shap: &[f64], out: &mut ClassParts) {
        let by_output = || shap.chunks_exact(self.inputs.len() + 1);
        out.base.clear();
        out.base.extend(by_output().map(|amounts| amounts[self.inputs.len()]));
        out.margins.clear();
        out.margins.extend_from_slice(margins);
        out.parts.clear();
        out.amounts.clear();
        for (at, input) in self.inputs.iter().enumerate() {
            if by_output().any(|amounts| amounts[at] != 0.0) {
                out.parts.push(input.part);
                out.amounts.extend(by_output().map(|amounts| amounts[at]));
            }
        }
    }

    /// A forest bound to the columns of a schema.
    ///
    /// # Errors
    /// `invalid_pipeline` where it does not fit the schema, or has no reasons to give.
    pub(super) fn new(forest: Forest, reasons: bool, schema: &FeatureSchema) -> Result<ForestScorer, Error> {
        let mut parts = PartList::new();
        let inputs = inputs(&forest, schema, &mut parts)?;
        if forest.model().base_score.iter().any(|value| !value.is_finite()) {
            return Err(invalid("the model starts at a number that is not finite, so no score could be"));
        }
        if let Some(tree) = tree_with_infinite_leaf(&forest) {
            return Err(invalid(format!(
                "trees[{tree}] has a leaf that is not finite, so no score could be"
            )));
        }
        if reasons {
            forest.check_contributions().map_err(|error| {
                invalid(format!("{error}; with \"reasons\": false the model scores without reasons"))
            })?;
        }
        let model = forest.model();
        let rounds = if model.average_output { forest.round_count().max(1) as f64 } else { 1.0 };
        let slope = if let Link::Sigmoid(slope) = model.link { slope } else { 1.0 };
        Ok(ForestScorer { forest, inputs, parts, reasons, factor: slope / rounds })
    }

    fn write(&self) -> Object {
        let object = Object::default().with("kind", "forest");
        let reasons = (!self.reasons).then_some(Node::Flag(false));
        self.forest.write(object.maybe("reasons", reasons))
    }
}

/// The columns of the schema that the forest reads, by name.
fn inputs(forest: &Forest, schema: &FeatureSchema, parts: &mut PartList) -> Result<Vec<Input>, Error> {
    let names = forest.feature_names();
    let mut inputs: Vec<Input> = Vec::with_capacity(names.len());
    for (at, name) in names.into_iter().enumerate() {
        let Some((column, feature)) = schema.columns().enumerate().find(|(_, own)| own.name == name) else {
            return Err(invalid(format!("the model reads `{name}`, which the schema does not have")));
        };
        if inputs.iter().any(|other| other.column == column) {
            return Err(invalid(format!("the model reads `{name}` twice")));
        }
        let levels = forest.levels(at);
        if !levels.is_empty() && feature.levels != levels {
            return Err(invalid(format!(
                "`{name}` has other levels in the schema than in the model, which codes them in this order: {}",
                levels.join(", ")
            )));
        }
        let part = parts.push(PartInfo {
            code: name.as_str().into(),
            group: feature.group.as_deref().map(Into::into),
            kind: ContributionKind::Feature,
            columns: vec![ColumnRef { name: name.as_str().into(), index: column }],
            text: None,
            label: feature.label.as_str().into(),
            is_rule_cap: false,
        });
        let (label, group) = (feature.label.clone(), feature.group.clone());
        inputs.push(Input { column, name, label, group, part });
    }
    if inputs.is_empty() {
        return Err(invalid("the model reads no feature"));
    }
    Ok(inputs)
}

/// An error about the scorer as a whole.
fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidPipeline, "", message)
}

/// What the margins of a forest mean, by its objective.
pub(super) fn margin_meaning(forest: &Forest) -> MarginMeaning {
    let is_lightgbm = forest.source_library() == Library::LightGbm;
    match (forest.output_count(), forest.model().link) {
        (1, Link::Sigmoid(_) | Link::LogOdds) => MarginMeaning::LogOdds,
        (1, _) => MarginMeaning::Other,
        (_, Link::Softmax | Link::ArgMax) => MarginMeaning::SoftmaxClasses,
        // Several logistic outputs of XGBoost are targets of their own.
        (_, Link::Sigmoid(_)) if is_lightgbm => MarginMeaning::OneVsRestClasses,
        _ => MarginMeaning::Other,
    }
}

/// The first tree with a leaf that is no finite number.
fn tree_with_infinite_leaf(forest: &Forest) -> Option<usize> {
    let Booster::Trees(trees) = &forest.model().booster else { return None };
    let bad = |node: &forest::Node| match node {
        forest::Node::Leaf { leaf: Leaf::Value(value), .. } => !value.is_finite(),
        forest::Node::Leaf { leaf: Leaf::Vector(values), .. } => values.iter().any(|v| !v.is_finite()),
        _ => false,
    };
    trees.iter().position(|tree| tree.nodes.iter().any(bad))
}

impl From<&Scorer> for Node {
    fn from(scorer: &Scorer) -> Node {
        match scorer {
            Scorer::Scorecard(card) => card.into(),
            Scorer::Forest(model) => model.write().into(),
        }
    }
}
