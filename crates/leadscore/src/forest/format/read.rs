//! The model from JSON, everything checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::words::{FIELDS, KINDS, LIBRARIES, LINKS, PRECISIONS, RAW_LOGIT, SIDES};
use crate::Error;
use crate::feature::Levels;
use crate::forest::model::{Booster, FeatureKind, Link, Model, ModelFeature};
use crate::forest::precision::{Precision, widen_threshold};
use crate::forest::tree::{Leaf, Node, Split, Test, Tree};
use crate::json::{self, Cursor, Fields};

/// Reads the model of a pipeline file.
///
/// # Errors
/// `invalid_model` with the path of what is wrong.
pub(in crate::forest) fn read(cursor: &Cursor<'_>) -> Result<Model, Error> {
    let fields = cursor.object(&FIELDS)?;
    let kind = fields.required("kind")?;
    if kind.text()? != "forest" {
        return Err(kind.error("is no forest"));
    }
    let objective = fields.text("objective")?.unwrap_or_default();
    let slope = fields.optional("slope");
    let link = match (fields.required("link")?.word(&LINKS)?, &slope) {
        (Link::Sigmoid(_), Some(slope)) => Link::Sigmoid(crate::expression::positive(slope)?),
        (_, Some(slope)) => return Err(slope.error("only the link sigmoid has a slope")),
        (Link::Identity, None) if objective == RAW_LOGIT => Link::LogOdds,
        (link, None) => link,
    };
    let precision = fields.required("precision")?.word(&PRECISIONS)?;
    let features = fields.required("features")?;
    let features: Vec<ModelFeature> = features.items()?.iter().map(read_feature).collect::<Result<_, _>>()?;
    let base_cursor = fields.required("base")?;
    let base_score = reals(&base_cursor, precision)?;
    if base_score.is_empty() || base_score.iter().any(|value| !value.is_finite()) {
        return Err(base_cursor.error("wants a finite number for each output"));
    }
    let mut attributes = BTreeMap::new();
    if let Some(map) = fields.optional("attributes") {
        for (name, text) in map.entries()?.all() {
            attributes.insert(name.to_owned(), text.text()?.to_owned());
        }
    }
    let missing = fields.optional("missing").map(|value| real(&value, Precision::F64)).transpose()?;
    let booster = read_booster(cursor, &fields, features.len(), base_score.len(), precision)?;
    let round_ends = read_round_ends(&fields, &booster)?;
    let best_iteration = fields.optional("best_iteration").map(|c| c.count()).transpose()?;
    Ok(Model {
        source_library: fields.required("library")?.word(&LIBRARIES)?,
        library_version: fields.text("library_version")?.unwrap_or_default(),
        objective,
        link,
        precision,
        features,
        base_score,
        booster,
        best_iteration: best_iteration.filter(|best| *best < round_ends.len()),
        round_ends,
        average_output: fields.flag("average")?,
        missing: missing.filter(|value| !value.is_nan()),
        attributes,
    })
}

fn read_booster(
    cursor: &Cursor<'_>,
    fields: &Fields<'_>,
    features: usize,
    outputs: usize,
    precision: Precision,
) -> Result<Booster, Error> {
    match (fields.optional("trees"), fields.optional("weights")) {
        (Some(trees), None) => {
            let reader = TreeReader { features, outputs, precision };
            let items = trees.items()?;
            let read = items.iter().enumerate().map(|(index, item)| reader.tree(item, index));
            Ok(Booster::Trees(read.collect::<Result<_, _>>()?))
        }
        (None, Some(weights)) => {
            let numbers = reals(&weights, Precision::F32)?;
            if numbers.len() != (features + 1) * outputs {
                return Err(weights.error(format!(
                    "{} weights for {features} features and a bias of {outputs} outputs",
                    numbers.len()
                )));
            }
            Ok(Booster::Linear(numbers.iter().map(|weight| *weight as f32).collect()))
        }
        _ => Err(cursor.error("wants either `trees` or `weights`")),
    }
}

fn read_round_ends(fields: &Fields<'_>, booster: &Booster) -> Result<Vec<usize>, Error> {
    let cursor = fields.required("rounds")?;
    let ends: Vec<usize> = cursor.items()?.iter().map(Cursor::count).collect::<Result<_, _>>()?;
    let trees = if let Booster::Trees(trees) = booster { trees.len() } else { 0 };
    let ascending = ends.windows(2).all(|two| two[0] <= two[1]);
    if matches!(booster, Booster::Trees(_)) && (!ascending || ends.last().copied().unwrap_or(0) != trees) {
        return Err(cursor.error(format!("wants the number of trees up to each round, {trees} at the end")));
    }
    Ok(ends)
}

fn read_feature(cursor: &Cursor<'_>) -> Result<ModelFeature, Error> {
    let fields = cursor.object(&[
        "name",
        "type",
        "levels",
        "spellings",
        "lost",
        "unclear",
        "assumed_flag",
        "may_be_flag",
    ])?;
    let kind = fields.optional("type").map_or(Ok(FeatureKind::Numerical), |c| c.word(&KINDS))?;
    let levels = fields.optional("levels").map_or(Ok(Levels::default()), |c| Levels::read(&c))?;
    if !levels.is_empty() && !matches!(kind, FeatureKind::Categorical | FeatureKind::Ordered) {
        return Err(cursor.error("only a category has levels"));
    }
    let spellings = fields.optional("spellings").map(|c| levels.read_spellings(&c)).transpose()?;
    let lists = |name: &'static str| -> Result<Vec<Arc<Levels>>, Error> {
        let Some(lists) = fields.optional(name) else { return Ok(Vec::new()) };
        lists.items()?.iter().map(|item| Levels::read(item).map(Arc::new)).collect()
    };
    let lost = match fields.optional("lost") {
        Some(codes) => {
            codes.items()?.iter().map(|code| lost_code(code, &levels)).collect::<Result<_, _>>()?
        }
        None => Vec::new(),
    };
    let (unclear, assumed_flag) = (lists("unclear")?, lists("assumed_flag")?);
    let may_be_flag = fields.flag("may_be_flag")?;
    let levels = levels.with_spellings(spellings.unwrap_or_default());
    Ok(ModelFeature { name: fields.text("name")?, kind, levels, lost, unclear, assumed_flag, may_be_flag })
}

/// The code of a level whose name the model's file has lost.
fn lost_code(cursor: &Cursor<'_>, levels: &Levels) -> Result<usize, Error> {
    match cursor.count()? {
        code if code < levels.len() => Ok(code),
        _ => Err(cursor.error(format!("there are {} levels", levels.len()))),
    }
}

/// A number in some precision; `null`, `"inf"` and `"-inf"` are the ones that JSON has no syntax for.
fn real(cursor: &Cursor<'_>, precision: Precision) -> Result<f64, Error> {
    let value = match cursor.node {
        json::Node::Null => f64::NAN,
        json::Node::Text(text) if text == "inf" => f64::INFINITY,
        json::Node::Text(text) if text == "-inf" => f64::NEG_INFINITY,
        _ => cursor.number()?,
    };
    match precision {
        Precision::F64 => Ok(value),
        Precision::F32 if value.is_finite() && !(value as f32).is_finite() => {
            Err(cursor.error("the number does not fit f32"))
        }
        Precision::F32 => Ok(f64::from(value as f32)),
    }
}

fn reals(cursor: &Cursor<'_>, precision: Precision) -> Result<Vec<f64>, Error> {
    cursor.items()?.iter().map(|item| real(item, precision)).collect()
}

/// Reads trees and checks them against the model.
struct TreeReader {
    features: usize,
    outputs: usize,
    precision: Precision,
}

impl TreeReader {
    fn tree(&self, cursor: &Cursor<'_>, index: usize) -> Result<Tree, Error> {
        let fields = cursor.object(&[
            "output",
            "features",
            "values",
            "missing_left",
            "zero_is_missing",
            "sets",
            "vectors",
            "linear",
            "cover",
            "gain",
        ])?;
        let output_cursor = fields.required("output")?;
        let output = output_cursor.count()?;
        if output >= self.outputs {
            return Err(output_cursor.error(format!("there are {} outputs", self.outputs)));
        }
        let shape = fields.required("features")?;
        let shape = shape.items()?;
        let list = |name: &'static str| -> Result<Option<Vec<f64>>, Error> {
            let Some(list) = fields.optional(name) else { return Ok(None) };
            reals(&list, self.precision).map(Some)
        };
        let values_cursor = fields.required("values")?;
        let values = reals(&values_cursor, self.precision)?;
        let cover = list("cover")?.unwrap_or_else(|| vec![f64::NAN; shape.len()]);
        if values.len() != shape.len() || cover.len() != shape.len() {
            return Err(cursor.error("`features`, `values` and `cover` have one entry for each node"));
        }
        let gain = list("gain")?;
        let mut gains = gain.iter().flatten();
        // Children that are still to come, as (parent, whether left); the last one is the next node.
        let mut open: Vec<(usize, bool)> = Vec::new();
        let mut nodes: Vec<Node> = Vec::with_capacity(shape.len());
        for (at, item) in shape.iter().enumerate() {
            if let Some((parent, left)) = open.pop() {
                if let Node::Split(split) = &mut nodes[parent] {
                    *(if left { &mut split.left } else { &mut split.right }) = at;
                }
            } else if at > 0 {
                return Err(item.error("belongs to no split"));
            }
            if matches!(item.node, json::Node::Integer(-1)) {
                nodes.push(Node::Leaf { leaf: Leaf::Value(values[at]), cover: cover[at] });
                continue;
            }
            let feature = self.feature(item)?;
            let threshold = match self.precision {
                Precision::F32 if !values[at].is_nan() => widen_threshold(values[at] as f32),
                _ => values[at],
            };
            open.extend([(at, false), (at, true)]);
            nodes.push(Node::Split(Split {
                feature,
                test: Test::Numerical { threshold, zero_is_missing: false },
                default_left: false,
                left: 0,
                right: 0,
                cover: cover[at],
                gain: gains.next().copied().unwrap_or(f64::NAN),
            }));
        }
        if !open.is_empty() || shape.is_empty() {
            return Err(cursor.error("`features` ends before every split has two children"));
        }
        self.sparse(&fields, &mut nodes)?;
        let is_vector = |node: &Node| matches!(node, Node::Leaf { leaf: Leaf::Vector(_), .. });
        let is_leaf = |node: &&Node| matches!(node, Node::Leaf { .. });
        if nodes.iter().any(is_vector) && !nodes.iter().filter(is_leaf).all(is_vector) {
            return Err(cursor.error("either all leaves are vectors or none"));
        }
        Tree::new(index, output, nodes)
    }

    /// The sparse arrays: nodes that differ from the default.
    fn sparse(&self, fields: &Fields<'_>, nodes: &mut [Node]) -> Result<(), Error> {
        if let Some(list) = fields.optional("missing_left") {
            for item in list.items()? {
                split(nodes, &item)?.default_left = true;
            }
        }
        if let Some(list) = fields.optional("zero_is_missing") {
            for item in list.items()? {
                if let Test::Numerical { zero_is_missing, .. } = &mut split(nodes, &item)?.test {
                    *zero_is_missing = true;
                }
            }
        }
        if let Some(list) = fields.optional("sets") {
            for item in list.items()? {
                let entry = item.object(&["node", "codes", "members", "negative_fraction_is_zero"])?;
                split(nodes, &entry.required("node")?)?.test = read_categories(&entry)?;
            }
        }
        if let Some(list) = fields.optional("vectors") {
            for item in list.items()? {
                let entry = item.object(&["node", "values"])?;
                let values_cursor = entry.required("values")?;
                let values = reals(&values_cursor, self.precision)?;
                if values.len() != self.outputs {
                    return Err(values_cursor.error(format!("wants {} values", self.outputs)));
                }
                *leaf(nodes, &entry.required("node")?)? = Leaf::Vector(values);
            }
        }
        if let Some(list) = fields.optional("linear") {
            for item in list.items()? {
                let entry = item.object(&["node", "constant", "terms", "fallback"])?;
                let terms = entry.required("terms")?;
                let term = |term: &Cursor<'_>| -> Result<(usize, f64), Error> {
                    let pair = term.items()?;
                    let [feature, coefficient] = pair.as_slice() else {
                        return Err(term.error("a term is a pair [feature, coefficient]"));
                    };
                    Ok((self.feature(feature)?, real(coefficient, Precision::F64)?))
                };
                let linear = Leaf::Linear {
                    constant: real(&entry.required("constant")?, Precision::F64)?,
                    terms: terms.items()?.iter().map(term).collect::<Result<_, _>>()?,
                    fallback: real(&entry.required("fallback")?, Precision::F64)?,
                };
                *leaf(nodes, &entry.required("node")?)? = linear;
            }
        }
        Ok(())
    }

    fn feature(&self, cursor: &Cursor<'_>) -> Result<usize, Error> {
        match cursor.count()? {
            feature if feature < self.features => Ok(feature),
            feature => {
                Err(cursor.error(format!("there is no feature {feature}; there are {}", self.features)))
            }
        }
    }
}

fn read_categories(fields: &Fields<'_>) -> Result<Test, Error> {
    let codes = fields.required("codes")?;
    let mut categories = Vec::new();
    for item in codes.items()? {
        let code = u32::try_from(item.count()?).map_err(|_| item.error("is no code of a category"))?;
        if categories.last().is_some_and(|last| *last >= code) {
            return Err(item.error("codes rise"));
        }
        categories.push(code);
    }
    Ok(Test::Categorical {
        categories,
        members_left: fields.required("members")?.word(&SIDES)?,
        negative_fraction_is_zero: fields.flag("negative_fraction_is_zero")?,
    })
}

fn split<'n>(nodes: &'n mut [Node], cursor: &Cursor<'_>) -> Result<&'n mut Split, Error> {
    match nodes.get_mut(cursor.count()?) {
        Some(Node::Split(split)) => Ok(split),
        _ => Err(cursor.error("is no split of this tree")),
    }
}

fn leaf<'n>(nodes: &'n mut [Node], cursor: &Cursor<'_>) -> Result<&'n mut Leaf, Error> {
    match nodes.get_mut(cursor.count()?) {
        Some(Node::Leaf { leaf, .. }) => Ok(leaf),
        _ => Err(cursor.error("is no leaf of this tree")),
    }
}
