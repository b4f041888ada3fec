//! What stands in the middle of a pipeline: rules, or a model.

use crate::explain::{self, Sum};
use crate::feature::{FeatureMatrix, FeatureSchema};
use crate::forest::{self, Booster, Forest, Iterations, Leaf, Library, Link};
use crate::json::{Cursor, Node, Object};
use crate::scale::Scale;
use crate::scorecard::Unit;
use crate::scorer::{ContributionKind, Part, Scored};
use crate::{Error, Scorecard};

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
}

impl Scorer {
    /// The sums of several rows of the schema, with or without reasons.
    pub(super) fn sums(&self, rows: &[&[f64]], scale: &Scale, reasons: bool) -> Result<Vec<Sum<'_>>, Error> {
        match self {
            Scorer::Scorecard(card) => {
                Ok(rows.iter().map(|row| explain::sum(card.score(row), scale, card.lowest())).collect())
            }
            Scorer::Forest(model) => model.sums(rows, scale, reasons && model.reasons),
        }
    }

    /// Reads a scorer and fits it to the schema and the scale.
    pub(super) fn read(
        cursor: &Cursor<'_>,
        schema: &FeatureSchema,
        scale: (&Cursor<'_>, &mut Scale),
        reading: &crate::expression::Reading,
    ) -> Result<Scorer, Error> {
        let kind = cursor.entries()?.required("kind")?;
        match kind.text()? {
            "scorecard" => {
                let card = Scorecard::read(cursor, &schema.scope(), reading)?;
                card_fits(&card, scale.0, scale.1)?;
                Ok(Scorer::Scorecard(card))
            }
            "forest" => ForestScorer::read(cursor, schema, scale).map(Scorer::Forest),
            other => Err(kind.error(format!("unknown scorer `{other}`; known here: scorecard, forest"))),
        }
    }
}

fn card_fits(card: &Scorecard, cursor: &Cursor<'_>, scale: &Scale) -> Result<(), Error> {
    let log_odds = card.unit == Unit::LogOdds;
    let fits = match scale {
        Scale::Quantiles { .. } => true,
        Scale::Logistic { .. } => log_odds,
        Scale::Points { .. } | Scale::Linear { .. } => !log_odds,
        Scale::Classes(_) => false,
    };
    if fits {
        return Ok(());
    }
    let wanted = if log_odds {
        "log_odds wants the scale logistic or quantiles"
    } else {
        "points wants the scale points, linear or quantiles"
    };
    Err(cursor.error(format!("a scorecard in {wanted}")))
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
    pub(super) fn matrix<'r>(&self, rows: impl Iterator<Item = &'r [f64]>) -> Result<FeatureMatrix, Error> {
        let mut values = Vec::with_capacity(rows.size_hint().0 * self.inputs.len());
        for row in rows {
            values.extend(self.inputs.iter().map(|input| row[input.column]));
        }
        FeatureMatrix::new(self.inputs.len(), values)
    }

    fn sums(&self, rows: &[&[f64]], scale: &Scale, reasons: bool) -> Result<Vec<Sum<'_>>, Error> {
        let matrix = self.matrix(rows.iter().copied())?;
        let outputs = self.forest.output_count();
        let mut margins = self.forest.margin(&matrix, Iterations::All)?;
        let mut shap = if reasons { self.forest.shap(&matrix, Iterations::All)? } else { Vec::new() };
        if self.factor != 1.0 {
            margins.iter_mut().chain(&mut shap).for_each(|value| *value *= self.factor);
        }
        let width = (self.inputs.len() + 1) * outputs;
        let shap = |row: usize| shap.get(row * width..(row + 1) * width);
        let margins = margins.chunks_exact(outputs);
        Ok(margins.enumerate().map(|(row, margins)| self.sum(margins, shap(row), scale)).collect())
    }

    /// The sum of one row from its margins and contributions, one for each output.
    fn sum(&self, margins: &[f64], shap: Option<&[f64]>, scale: &Scale) -> Sum<'_> {
        let Some(shap) = shap else {
            return match scale {
                Scale::Classes(own) => explain::bare(own.score(margins), own.probabilities(margins)),
                _ => explain::bare(scale.score(margins[0]), Vec::new()),
            };
        };
        let outputs = shap.chunks_exact(self.inputs.len() + 1);
        let base: Vec<f64> = outputs.clone().map(|phi| phi[self.inputs.len()]).collect();
        // A feature no split reads says nothing.
        let speaking = (0..self.inputs.len()).filter(|at| outputs.clone().any(|phi| phi[*at] != 0.0));
        if let Scale::Classes(classes) = scale {
            let amounts = |at| outputs.clone().map(|phi: &[f64]| phi[at]).collect();
            let parts = speaking.map(|at| (self.part(at, shap[at]), amounts(at))).collect();
            return explain::sum_of_classes(classes, &base, margins, parts);
        }
        let parts = speaking.map(|at| self.part(at, shap[at])).collect();
        explain::sum(Scored { base: base[0], margin: margins[0], parts, ..Scored::default() }, scale, None)
    }

    fn part(&self, at: usize, amount: f64) -> Part<'_> {
        let input = &self.inputs[at];
        Part {
            code: &input.name,
            group: input.group.as_deref(),
            kind: ContributionKind::Feature,
            columns: std::slice::from_ref(&input.column),
            amount,
            worth: amount,
            text: None,
            label: &input.label,
            caps_rule: false,
        }
    }

    fn read(
        cursor: &Cursor<'_>,
        schema: &FeatureSchema,
        (scale_cursor, scale): (&Cursor<'_>, &mut Scale),
    ) -> Result<ForestScorer, Error> {
        let forest = Forest::read(cursor)?;
        let fields = cursor.entries()?;
        let reasons = fields.optional("reasons").map_or(Ok(true), |c| c.flag())?;
        let inputs = inputs(&forest, cursor, schema)?;
        scale_fits(&forest, scale_cursor, scale)?;
        if let Some(tree) = infinite(&forest) {
            return Err(
                cursor.error(format!("trees[{tree}] has a leaf that is not finite, so no score could be"))
            );
        }
        if reasons {
            forest.check_contributions().map_err(|error| {
                cursor.error(format!("{error}; with \"reasons\": false the model scores without reasons"))
            })?;
        }
        let model = forest.model();
        let rounds = if model.average_output { forest.round_count().max(1) as f64 } else { 1.0 };
        let slope = if let Link::Sigmoid(slope) = model.link { slope } else { 1.0 };
        Ok(ForestScorer { forest, inputs, reasons, factor: slope / rounds })
    }

    fn write(&self) -> Object {
        let object = Object::default().with("kind", "forest");
        let reasons = (!self.reasons).then_some(Node::Flag(false));
        self.forest.write(object.maybe("reasons", reasons))
    }
}

/// The columns of the schema that the forest reads, by name.
fn inputs(forest: &Forest, cursor: &Cursor<'_>, schema: &FeatureSchema) -> Result<Vec<Input>, Error> {
    let names = forest.feature_names();
    let mut inputs: Vec<Input> = Vec::with_capacity(names.len());
    for (at, name) in names.into_iter().enumerate() {
        let Some((column, feature)) = schema.columns().enumerate().find(|(_, own)| own.name == name) else {
            return Err(cursor.error(format!("the model reads `{name}`, which the schema does not have")));
        };
        if inputs.iter().any(|other| other.column == column) {
            return Err(cursor.error(format!("the model reads `{name}` twice")));
        }
        let levels = forest.levels(at);
        if !levels.is_empty() && feature.levels != levels {
            return Err(cursor.error(format!(
                "`{name}` has other levels in the schema than in the model, which codes them in this order: {}",
                levels.join(", ")
            )));
        }
        inputs.push(Input { column, name, label: feature.label.clone(), group: feature.group.clone() });
    }
    if inputs.is_empty() {
        return Err(cursor.error("the model reads no feature"));
    }
    Ok(inputs)
}

/// Whether the margins are log-odds.
pub(super) fn is_logistic(forest: &Forest) -> bool {
    forest.output_count() == 1 && matches!(forest.model().link, Link::Sigmoid(_) | Link::LogOdds)
}

/// Whether the outputs are classes of which one is true: by softmax, or one against the rest.
pub(super) fn has_classes(forest: &Forest) -> bool {
    let link = forest.model().link;
    // Several logistic outputs of XGBoost are targets of their own.
    let one_vs_rest = forest.source_library() == Library::LightGbm && matches!(link, Link::Sigmoid(_));
    forest.output_count() > 1 && (matches!(link, Link::Softmax | Link::ArgMax) || one_vs_rest)
}

fn scale_fits(forest: &Forest, cursor: &Cursor<'_>, scale: &mut Scale) -> Result<(), Error> {
    let outputs = forest.output_count();
    match scale {
        Scale::Classes(classes) => {
            if !has_classes(forest) {
                return Err(cursor.error("the model's outputs are no classes"));
            }
            if classes.names().len() != outputs {
                return Err(cursor.error(format!("the model has {outputs} classes")));
            }
            if matches!(forest.model().link, Link::Sigmoid(_)) {
                classes.set_apart();
            }
            Ok(())
        }
        _ if outputs > 1 => Err(cursor.error(format!(
            "the model has {outputs} outputs; of these a score can be made only where they are classes, by the scale classes"
        ))),
        Scale::Logistic { calibration: None } if !is_logistic(forest) => Err(cursor.error(format!(
            "the objective `{}` does not give log-odds; use the scale logistic with a calibration, linear, quantiles or points",
            forest.objective()
        ))),
        Scale::Points { probability: true } => {
            Err(cursor.error("a model's points are no probability"))
        }
        _ => Ok(()),
    }
}

/// The first tree with a leaf that is no finite number.
fn infinite(forest: &Forest) -> Option<usize> {
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
