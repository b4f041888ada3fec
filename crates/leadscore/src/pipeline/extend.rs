//! `extends` and `set`: a pipeline file that changes parts of an included pipeline.

use super::builtin;
use super::schema::schema_in_full;
use crate::error::did_you_mean;
use crate::json::{self, Cursor, Document, Node};
use crate::{Error, TierScheme};

/// What names an item of a list, in the order in which they are looked for.
const NAMES: [&str; 5] = ["code", "name", "tier", "class", "contains"];

/// The file with the fields of the built-in pipeline it extends filled in, and then its `set` carried out.
pub(super) fn extended(node: Node) -> Result<Node, Error> {
    let root = Cursor::root(&node, "", Document::Pipeline);
    let given = root.entries()?;
    let set = given.optional("set");
    let Some(name) = given.optional("extends") else {
        return match set {
            Some(set) => Err(set.error("`set` changes the pipeline that `extends` names, and there is none")),
            None => Ok(node),
        };
    };
    let base = builtin::pipeline(name.text()?).map_err(|error| name.error(error.message()))?;
    let (Node::Object(own), Node::Object(base)) = (&node, extended(json::parse(base)?)?) else {
        return Ok(node);
    };
    let mut fields: Vec<(String, Node)> =
        own.iter().filter(|(name, _)| name != "extends" && name != "set").cloned().collect();
    // What a file says about itself is its own.
    let personal = ["id", "name", "version", "note"];
    let given = |name: &str| own.iter().any(|(field, _)| field == name);
    // The card speaks of the scorer and goes with it.
    let taken = |name: &String| {
        personal.contains(&name.as_str()) || given(name) || (name == "model" && given("scorer"))
    };
    fields.extend(base.into_iter().filter(|(name, _)| !taken(name)));
    let mut whole = Node::Object(fields);
    if let Some(set) = set {
        for (path, value) in set.entries()?.all() {
            spell_out(&mut whole, path.split('.').next().unwrap_or_default())?;
            put(&mut whole, path, &value)?;
        }
    }
    Ok(whole)
}

/// Replaces the name of an included schema or tier scheme by what it stands for.
fn spell_out(whole: &mut Node, part: &str) -> Result<(), Error> {
    let Node::Object(fields) = whole else { return Ok(()) };
    let Some((_, node)) = fields.iter_mut().find(|(name, _)| name == part) else { return Ok(()) };
    let cursor = Cursor::root(node, part, Document::Pipeline);
    let full = match (part, &*node) {
        ("schema", _) => schema_in_full(&cursor)?,
        ("tiers", Node::Text(_)) => Some(Node::from(&TierScheme::read(&cursor)?)),
        _ => None,
    };
    if let Some(full) = full {
        *node = full;
    }
    Ok(())
}

/// Puts a value where a path of names leads; null takes away what is there.
fn put(whole: &mut Node, path: &str, value: &Cursor<'_>) -> Result<(), Error> {
    let (front, last) = path.rsplit_once('.').map_or((None, path), |(front, last)| (Some(front), last));
    let mut place = whole;
    for name in front.into_iter().flat_map(|front| front.split('.')) {
        let known = names(place);
        let found = match place {
            Node::Object(fields) => fields.iter_mut().find(|(field, _)| field == name).map(|(_, node)| node),
            Node::List(items) => position(items, name, value)?.map(|at| &mut items[at]),
            _ => None,
        };
        place = found.ok_or_else(|| nothing_there(value, name, &known))?;
    }
    let known = names(place);
    let is_removed = matches!(value.node, Node::Null);
    match place {
        Node::Object(fields) => match fields.iter().position(|(field, _)| field == last) {
            Some(at) if is_removed => drop(fields.remove(at)),
            Some(at) => fields[at].1 = value.node.clone(),
            None if is_removed => return Err(nothing_there(value, last, &known)),
            None => fields.push((last.to_owned(), value.node.clone())),
        },
        Node::List(items) => match position(items, last, value)? {
            Some(at) if is_removed => drop(items.remove(at)),
            Some(at) => items[at] = value.node.clone(),
            None if name_of(value.node) == Some(last) => items.push(value.node.clone()),
            None => return Err(nothing_there(value, last, &known)),
        },
        _ => return Err(nothing_there(value, last, &known)),
    }
    Ok(())
}

/// The item of a list by its name; `stale#2` is the second of that name.
fn position(items: &[Node], name: &str, value: &Cursor<'_>) -> Result<Option<usize>, Error> {
    let (own, number) = match name.rsplit_once('#') {
        Some((own, number)) => (own, number.parse::<usize>().ok()),
        None => (name, None),
    };
    let found: Vec<usize> = (0..items.len()).filter(|at| name_of(&items[*at]) == Some(own)).collect();
    match (number, found.as_slice()) {
        (Some(number), found) => Ok(number.checked_sub(1).and_then(|at| found.get(at).copied())),
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some(*only)),
        (None, several) => {
            let many = several.len();
            Err(value.error(format!("{many} items are named `{own}`; write `{own}#1` to `{own}#{many}`")))
        }
    }
}

fn name_of(item: &Node) -> Option<&str> {
    NAMES.iter().find_map(|field| match item.field(field) {
        Some(Node::Text(name)) => Some(name.as_str()),
        _ => None,
    })
}

/// What can be named in an object or a list.
fn names(node: &Node) -> Vec<String> {
    match node {
        Node::Object(fields) => fields.iter().map(|(name, _)| name.clone()).collect(),
        Node::List(items) => items.iter().filter_map(name_of).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn nothing_there(value: &Cursor<'_>, name: &str, known: &[String]) -> Error {
    let meant = did_you_mean(name, known.iter().map(String::as_str));
    let there = match known.len() {
        0 => "nothing has a name there".to_owned(),
        _ => format!("there are: {}", known.join(", ")),
    };
    value.error(format!("nothing is named `{name}`{meant}; {there}"))
}
