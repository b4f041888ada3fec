//! Everything that is wrong with a pipeline file, each with its place, and what is allowed but hardly meant.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Pipeline;
use super::lint::{self, Lint};
use super::parts::assemble;
use super::read::{json_of, read_whole, text_of, whole_of};
use crate::Error;
use crate::error::{Path, PathStep};
use crate::expression::normalise;
use crate::json::{self, Node};

/// The most problems that are listed.
const MAX_PROBLEMS: usize = 100;
/// The most readings of a file with something left out.
const MAX_READINGS: usize = 2_000;

/// What a check of a pipeline file came to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PipelineCheck {
    /// The pipeline, where nothing is wrong.
    pub pipeline: Option<Pipeline>,
    /// What is wrong, in the order in which it was found.
    pub errors: Vec<PipelineProblem>,
    /// What can be used but is hardly meant.
    pub warnings: Vec<PipelineProblem>,
    /// Whether the whole file was looked at; else there may be more errors, which show once these are mended: a file that
    /// is no JSON is read up to the fault, and of others the first 100 errors are listed.
    pub is_complete: bool,
}

/// One thing about a pipeline file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PipelineProblem {
    /// A stable code: that of the error, or `rule_never_fires`, `case_never_reached`, `tier_out_of_reach`, `unused_feature`
    /// and `reason_without_text`.
    pub code: &'static str,
    /// Where it is, such as `scorer.groups[1].rules[0].points`; empty where the whole file is meant.
    pub path: Path,
    /// Its line, from 1; none where it is not in the file itself but in what that extends.
    pub line: Option<usize>,
    /// Its column, from 1.
    pub column: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

impl Pipeline {
    /// Checks the bytes of a pipeline file and lists all problems, where reading stops at the first.
    ///
    /// What is wrong is left out and the rest read again, so a mistake that has others for its consequence is listed alone.
    ///
    /// ```
    /// use leadscore::Pipeline;
    /// let file = r#"{"format": 1, "id": "p", "extends": "lead-score",
    ///   "scorer": {"kind": "scorecard", "unit": "points", "base": 0, "groups": [{"code": "g", "rules": [
    ///     {"code": "a", "when": "has_compny", "points": 5, "text": "Known"},
    ///     {"code": "b", "point": 5, "text": "Known"}]}]}}"#;
    /// let errors = Pipeline::check(file.as_bytes()).errors;
    /// assert_eq!(errors.iter().map(|problem| problem.line.unwrap()).collect::<Vec<_>>(), [3, 4]);
    /// assert!(errors[0].message.contains("did you mean `has_company`?"));
    /// ```
    pub fn check(bytes: &[u8]) -> PipelineCheck {
        let mut check =
            PipelineCheck { pipeline: None, errors: Vec::new(), warnings: Vec::new(), is_complete: false };
        let text = match text_of(bytes) {
            Ok(text) => text,
            Err(error) => {
                check.errors.push(PipelineProblem::new(&error, error.path().clone(), None));
                return check;
            }
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let document = match json_of(text) {
            Ok(document) => document,
            Err(error) => {
                check.errors.push(PipelineProblem::new(&error, error.path().clone(), None));
                return check;
            }
        };
        let mut repair = Repair { document, removed: Vec::new(), readings: 0 };
        loop {
            match repair.read() {
                Ok(pipeline) => {
                    // Where something was left out, only a rule can still be judged by itself.
                    let is_certain = |lint: &Lint| check.errors.is_empty() || lint.is_of_one_rule;
                    check.warnings = lint::warnings(&pipeline, &repair.document)
                        .into_iter()
                        .filter(is_certain)
                        .map(|lint| {
                            PipelineProblem::at(
                                lint.code,
                                repair.original(&lint.path),
                                Some(text),
                                lint.message,
                            )
                        })
                        .collect();
                    check.pipeline = check.errors.is_empty().then_some(pipeline);
                    check.is_complete = true;
                    return check;
                }
                Err(error) => {
                    let problem = PipelineProblem::new(&error, repair.original(error.path()), Some(text));
                    // What is absent cannot be left out: the same mistake would come again.
                    if check.errors.contains(&problem) {
                        return check;
                    }
                    check.errors.push(problem);
                    if check.errors.len() == MAX_PROBLEMS || !repair.leave_out(&error) {
                        return check;
                    }
                }
            }
        }
    }
}

impl PipelineProblem {
    fn new(error: &Error, path: Path, text: Option<&str>) -> PipelineProblem {
        PipelineProblem::at(error.code(), path, text, error.message().to_owned())
    }

    fn at(code: &'static str, path: Path, text: Option<&str>, message: String) -> PipelineProblem {
        let place = text.and_then(|text| {
            let (place, taken) = json::find_place(text, &path);
            (taken > 0 || path.is_empty()).then_some(place)
        });
        let (line, column) = (place.map(|place| place.line), place.map(|place| place.column));
        PipelineProblem { code, path, line, column, message }
    }
}

impl std::fmt::Display for PipelineProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, "line {line}, column {column}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{} [{}]", self.message, self.code)
    }
}

/// A document of which what is wrong is left out, piece by piece.
struct Repair {
    document: Node,
    /// The items that were left out, in this order: the list, and the place in it at that time.
    removed: Vec<(Path, usize)>,
    readings: usize,
}

impl Repair {
    fn read(&mut self) -> Result<Pipeline, Error> {
        self.readings += 1;
        read(&self.document)
    }

    /// A path in the document as one in the file.
    fn original(&self, path: &Path) -> Path {
        let mut steps: Vec<PathStep> = path.to_vec();
        for (list, place) in self.removed.iter().rev() {
            if let Some(PathStep::Index(index)) = steps.get_mut(list.len())
                && *index >= *place
            {
                let is_below = steps[..list.len()] == list[..];
                if let (true, Some(PathStep::Index(index))) = (is_below, steps.get_mut(list.len())) {
                    *index += 1;
                }
            }
        }
        Path::from(steps)
    }

    /// Leaves out the least without which the error is gone; says whether there is anything like that.
    fn leave_out(&mut self, error: &Error) -> bool {
        let path: Vec<PathStep> = error.path().to_vec();
        let mut all = changes(&self.document, &path);
        // A field that the message names is what is wrong.
        all.sort_by_key(|change| !change.is_named(error.message()));
        for change in all {
            if self.readings >= MAX_READINGS {
                return false;
            }
            let mut document = self.document.clone();
            if !change.make(&mut document) {
                continue;
            }
            self.readings += 1;
            // What is left out must not be missed where it was: that would be an error of ours.
            let is_gone = match read(&document) {
                Ok(_) => true,
                Err(next) => {
                    (next.path(), next.message()) != (error.path(), error.message())
                        && !change.is_missed(&next)
                }
            };
            if is_gone {
                self.document = document;
                if let Change::RemoveItem(list, at) = change {
                    self.removed.push((list, at));
                }
                return true;
            }
        }
        false
    }
}

fn read(document: &Node) -> Result<Pipeline, Error> {
    assemble(read_whole(&whole_of(document.clone())?)?)
}

/// A way to leave something out.
enum Change {
    RemoveField(Path, String),
    RemoveItem(Path, usize),
    /// A feature becomes an attribute of its name, so that what reads it is not wrong for that.
    Plain(Path),
    Replace(Path, Node),
}

/// The ways to leave out what is wrong at a path, the smallest first.
fn changes(document: &Node, path: &[PathStep]) -> Vec<Change> {
    let part = |length: usize| Path::from(path[..length].to_vec());
    let mut all = Vec::new();
    // A field of the object that is meant, such as one that is not known.
    if let Some(Node::Object(fields)) = node(document, path) {
        all.extend(fields.iter().map(|(name, _)| Change::RemoveField(part(path.len()), name.clone())));
    }
    for length in (1..=path.len()).rev() {
        match &path[length - 1] {
            PathStep::Field(name) if length > 1 => {
                all.push(Change::RemoveField(part(length - 1), name.clone()));
            }
            PathStep::Field(_) => {}
            PathStep::Index(index) => {
                let list = part(length - 1);
                if list == *"schema.features" {
                    all.push(Change::Plain(part(length)));
                }
                // Tiers hang together: without one of them the others are wrong too, so all of them are left out.
                if list != *"tiers.bounds" {
                    all.push(Change::RemoveItem(list, *index));
                }
            }
        }
    }
    let top = |name: &str| Path::from_field(name);
    match path.first() {
        Some(PathStep::Field(name)) => match name.as_str() {
            "estimates" | "risks" | "recommendations" | "model" | "set" | "name" | "version" | "note" => {
                all.push(Change::RemoveField(Path::default(), name.clone()));
            }
            "tiers" => all.push(Change::Replace(top("tiers"), Node::from("hot-warm-cold"))),
            "scale" => {
                for kind in ["points", "logistic"] {
                    let scale = json::Object::default().with("kind", kind);
                    all.push(Change::Replace(top("scale"), scale.into()));
                }
            }
            "id" => all.push(Change::Replace(top("id"), Node::from("checked"))),
            "format" => all.push(Change::Replace(top("format"), Node::Integer(1))),
            _ => {}
        },
        _ => {
            // Something is missing at the top.
            for (name, value) in [
                ("format", Node::Integer(1)),
                ("id", Node::from("checked")),
                ("tiers", Node::from("hot-warm-cold")),
                ("scale", json::Object::default().with("kind", "points").into()),
            ] {
                if document.field(name).is_none() {
                    all.push(Change::Replace(top(name), value));
                }
            }
        }
    }
    all
}

impl Change {
    /// Makes the change; says whether there was anything to change.
    fn make(&self, document: &mut Node) -> bool {
        match self {
            Change::RemoveField(object, name) => match node_mut(document, object) {
                Some(Node::Object(fields)) => {
                    let before = fields.len();
                    fields.retain(|(field, _)| field != name);
                    fields.len() < before
                }
                _ => false,
            },
            Change::RemoveItem(list, at) => match node_mut(document, list) {
                Some(Node::List(items)) if *at < items.len() => {
                    items.remove(*at);
                    true
                }
                _ => false,
            },
            Change::Plain(feature) => {
                // The levels of a category may be what is wrong; whatever is written somewhere may be one of them.
                let levels = texts(document);
                let Some(Node::Object(fields)) = node_mut(document, feature) else { return false };
                fields.retain(|(name, _)| ["name", "type", "helper", "before"].contains(&name.as_str()));
                match fields.iter().find(|(name, _)| name == "type") {
                    Some((_, Node::Text(kind))) if kind == "category" => {
                        fields.push(("levels".to_owned(), levels));
                    }
                    Some(_) => {}
                    None => fields.push(("type".to_owned(), Node::from("number"))),
                }
                fields.push(("source".to_owned(), json::Object::default().with("from", "attribute").into()));
                true
            }
            Change::Replace(at, value) => match (document, at.first()) {
                (Node::Object(fields), Some(PathStep::Field(name))) => {
                    fields.retain(|(field, _)| field != name);
                    fields.push((name.clone(), value.clone()));
                    true
                }
                _ => false,
            },
        }
    }

    /// Whether a message names what would be left out.
    fn is_named(&self, message: &str) -> bool {
        matches!(self, Change::RemoveField(_, name) if message.contains(&format!("`{name}`")))
    }

    /// Whether an error is about the place where something was left out.
    fn is_missed(&self, error: &Error) -> bool {
        let changed: &[PathStep] = match self {
            Change::RemoveField(path, _) | Change::Plain(path) => path,
            // The item that follows has moved up, and an error of its own is none of ours.
            Change::RemoveItem(..) | Change::Replace(..) => return false,
        };
        !changed.is_empty() && error.path()[..] == *changed
    }
}

/// All texts of a document, each once in the form in which levels are compared.
fn texts(document: &Node) -> Node {
    fn collect(node: &Node, found: &mut BTreeSet<String>) {
        match node {
            Node::Text(text) => drop(found.insert(normalise(text).into_owned())),
            Node::List(items) => items.iter().for_each(|item| collect(item, found)),
            Node::Object(fields) => {
                // The branches of a choice have levels for names.
                for (name, node) in fields {
                    found.insert(normalise(name).into_owned());
                    collect(node, found);
                }
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    collect(document, &mut found);
    Node::List(found.iter().map(Node::from).collect())
}

fn node<'a>(document: &'a Node, path: &[PathStep]) -> Option<&'a Node> {
    path.iter().try_fold(document, |node, step| match (node, step) {
        (Node::Object(_), PathStep::Field(name)) => node.field(name),
        (Node::List(items), PathStep::Index(index)) => items.get(*index),
        _ => None,
    })
}

fn node_mut<'a>(document: &'a mut Node, path: &[PathStep]) -> Option<&'a mut Node> {
    path.iter().try_fold(document, |node, step| match (node, step) {
        (Node::Object(fields), PathStep::Field(name)) => {
            fields.iter_mut().find(|(field, _)| field == name).map(|(_, node)| node)
        }
        (Node::List(items), PathStep::Index(index)) => items.get_mut(*index),
        _ => None,
    })
}
