//! Reads the import graph of a crate: which file uses items that which other file defines.
//!
//! The reader knows tokens, not types. It follows `use` lists and written-out paths (`crate::…`, `super::…`, `self::…`,
//! and paths that begin with an imported name or a child module), through re-exports, to the file that defines the
//! item. A name that it finds nowhere (one that a macro made, say) counts as the file of the module it is looked for in.

use std::collections::{BTreeMap, BTreeSet};

/// The path of a module below its crate: `["feature", "schema"]`; the crate's root is empty.
pub(crate) type ModulePath = Vec<String>;

/// The files of one crate, by module.
#[derive(Debug, Default)]
pub(crate) struct Crate {
    modules: BTreeMap<ModulePath, Module>,
}

/// What one file says of itself.
#[derive(Debug, Default)]
struct Module {
    children: BTreeSet<String>,
    /// The items it defines itself.
    items: BTreeSet<String>,
    /// What it imports or re-exports: the name here, and the path it stands for.
    imports: BTreeMap<String, Vec<String>>,
    /// Every path it names, imports included.
    paths: BTreeSet<Vec<String>>,
}

impl Crate {
    /// Reads a crate from its root module on; `source` gives the text of a module's file.
    pub(crate) fn read(source: &dyn Fn(&[String]) -> Option<String>) -> Crate {
        let mut read = Crate::default();
        let mut waiting = vec![ModulePath::new()];
        while let Some(path) = waiting.pop() {
            let text =
                source(&path).unwrap_or_else(|| panic!("the module `{}` has no file", path.join("::")));
            let module = Module::read(&tokens(&text), &path);
            waiting.extend(
                module.children.iter().map(|child| [&path[..], std::slice::from_ref(child)].concat()),
            );
            read.modules.insert(path, module);
        }
        read
    }

    pub(crate) fn modules(&self) -> impl Iterator<Item = &ModulePath> {
        self.modules.keys()
    }

    /// For every file, the files that define what it uses.
    pub(crate) fn uses(&self) -> BTreeMap<ModulePath, BTreeSet<ModulePath>> {
        let uses = |(path, module): (&ModulePath, &Module)| {
            let owners = module.paths.iter().filter_map(|used| self.owner(path, used));
            (path.clone(), owners.filter(|owner| owner != path).collect())
        };
        self.modules.iter().map(uses).collect()
    }

    /// Which module owns what a path names that is written in the module `at`; none for other crates' items.
    fn owner(&self, at: &[String], path: &[String]) -> Option<ModulePath> {
        let mut at = at.to_vec();
        let mut rest = path;
        let written_out = matches!(path.first()?.as_str(), "crate" | "super" | "self");
        while let Some(first) = rest.first() {
            match first.as_str() {
                "crate" => at.clear(),
                "super" => drop(at.pop()),
                "self" => {}
                _ => break,
            }
            rest = &rest[1..];
        }
        let module = self.modules.get(&at)?;
        let first = rest.first();
        let is_known = |name: &String| module.children.contains(name) || module.imports.contains_key(name);
        if !written_out && !first.is_some_and(is_known) {
            return None;
        }
        self.owner_below(&at, rest, 0)
    }

    fn owner_below(&self, at: &[String], path: &[String], followed: usize) -> Option<ModulePath> {
        assert!(followed < 32, "re-exports of `{path:?}` go round in circles");
        let Some((first, rest)) = path.split_first() else { return Some(at.to_vec()) };
        let module = &self.modules[at];
        if module.children.contains(first) {
            return self.owner_below(&[at, std::slice::from_ref(first)].concat(), rest, followed);
        }
        if module.items.contains(first) {
            return Some(at.to_vec());
        }
        let Some(target) = module.imports.get(first) else { return Some(at.to_vec()) };
        let mut target = target.clone();
        // An import names a child, or begins at the root; all else is another crate's.
        let mut from = at.to_vec();
        let mut steps = 0;
        for step in &target {
            match step.as_str() {
                "crate" => from.clear(),
                "super" => drop(from.pop()),
                "self" => {}
                _ => break,
            }
            steps += 1;
        }
        let names_import = target[0] != *first && module.imports.contains_key(&target[0]);
        let own = steps > 0 || module.children.contains(&target[0]) || names_import;
        target.drain(..steps);
        target.extend(rest.iter().cloned());
        if own { self.owner_below(&from, &target, followed + 1) } else { None }
    }
}

/// A circle of every parent that has one among its children: modules each of which uses the next one, the last one the
/// first. A module stands for its own file and all files below it.
pub(crate) fn circles(uses: &BTreeMap<ModulePath, BTreeSet<ModulePath>>) -> Vec<String> {
    // A file and one below it may use each other; all other uses are one between two siblings.
    let mut siblings: BTreeMap<ModulePath, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (from, owners) in uses {
        for to in owners {
            let shared = from.iter().zip(to).take_while(|(a, b)| a == b).count();
            if let (Some(user), Some(used)) = (from.get(shared), to.get(shared)) {
                let edges = siblings.entry(from[..shared].to_vec()).or_default();
                edges.entry(user.clone()).or_default().insert(used.clone());
            }
        }
    }
    let rings = siblings.into_iter().filter_map(|(parent, edges)| Some((parent, ring(&edges)?)));
    rings.map(|(parent, ring)| format!("{}: {}", parent.join("::"), ring.join(" -> "))).collect()
}

/// The nodes of some circle of a graph, if it has one.
fn ring(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn walk<'a>(
        node: &'a String,
        edges: &'a BTreeMap<String, BTreeSet<String>>,
        trail: &mut Vec<&'a String>,
        done: &mut BTreeSet<&'a String>,
    ) -> Option<Vec<String>> {
        if let Some(start) = trail.iter().position(|seen| *seen == node) {
            return Some(trail[start..].iter().map(|name| (*name).clone()).collect());
        }
        if done.contains(node) {
            return None;
        }
        trail.push(node);
        let found = edges.get(node).into_iter().flatten().find_map(|next| walk(next, edges, trail, done));
        trail.pop();
        done.insert(node);
        found
    }
    let mut done = BTreeSet::new();
    edges.keys().find_map(|node| walk(node, edges, &mut Vec::new(), &mut done))
}

impl Module {
    fn read(tokens: &[String], path: &[String]) -> Module {
        let mut module = Module::default();
        let (mut at, mut depth, mut inline_end) = (0, 0_usize, 0);
        while at < tokens.len() {
            let next = tokens.get(at + 1).map(String::as_str);
            match (tokens[at].as_str(), next) {
                ("{" | "(" | "[", _) => depth += 1,
                ("}" | ")" | "]", _) => depth -= 1,
                // What an item is visible to is no use of it.
                ("in", _) if at >= 2 && tokens[at - 2] == "pub" => {
                    at += tokens[at..].iter().position(|token| token == ")").unwrap();
                    continue;
                }
                ("#", Some("[")) if tokens[at..].starts_with(&TEST.map(str::to_owned)) => {
                    at = end_of_item(tokens, at);
                    continue;
                }
                ("mod", Some(name)) if depth == 0 && tokens[at + 2] == ";" => {
                    module.children.insert(name.to_owned());
                }
                // A module within the file counts as the file.
                ("mod", Some(name)) if depth == 0 => {
                    module.items.insert(name.to_owned());
                    inline_end = end_of_item(tokens, at);
                }
                // `use<'a>` says what a type captures.
                ("use", Some(next)) if next != "<" => {
                    let end = at + tokens[at..].iter().position(|token| token == ";").unwrap();
                    for (name, mut target) in use_list(&tokens[at + 1..end]) {
                        if at < inline_end && target[0] == "super" {
                            "self".clone_into(&mut target[0]);
                        }
                        assert!(name != "*", "`{}` imports `{}::*`", path.join("::"), target.join("::"));
                        module.paths.insert(target.clone());
                        module.imports.insert(name, target);
                    }
                    at = end;
                    continue;
                }
                ("macro_rules", _) if depth == 0 => drop(module.items.insert(tokens[at + 2].clone())),
                (keyword, Some(name)) if depth == 0 && ITEMS.contains(&keyword) => {
                    module.items.insert(name.to_owned());
                }
                (word, Some("::")) if is_word(word) && (at == 0 || tokens[at - 1] != "::") => {
                    let is_outer = at < inline_end && word == "super";
                    let mut path = vec![if is_outer { "self" } else { word }.to_owned()];
                    while tokens.get(at + 1).is_some_and(|token| token == "::")
                        && tokens.get(at + 2).is_some_and(|token| is_word(token))
                    {
                        path.push(tokens[at + 2].clone());
                        at += 2;
                    }
                    module.paths.insert(path);
                }
                _ => {}
            }
            at += 1;
        }
        module
    }
}

const TEST: [&str; 5] = ["#", "[", "cfg", "(", "test"];
const ITEMS: [&str; 7] = ["struct", "enum", "trait", "type", "fn", "const", "static"];

/// The names that a `use` brings, each with its path: the part between `use` and the semicolon.
fn use_list(tokens: &[String]) -> Vec<(String, Vec<String>)> {
    let mut prefix = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "::" => {}
            "{" => {
                let inner = &tokens[at + 1..tokens.len() - 1];
                let items = split_at_commas(inner).into_iter().flat_map(use_list);
                let join = |(name, path): (String, Vec<String>)| {
                    // `feature::{self, …}` brings `feature`.
                    let own = path.len() == 1 && path[0] == "self" && !prefix.is_empty();
                    let whole = if own { prefix.clone() } else { [&prefix[..], &path[..]].concat() };
                    let name = if own && name == "self" { prefix.last().cloned().unwrap() } else { name };
                    (name, whole)
                };
                return items.map(join).collect();
            }
            "as" => return vec![(tokens[at + 1].clone(), prefix)],
            "*" => return vec![("*".to_owned(), prefix)],
            word => prefix.push(word.to_owned()),
        }
        at += 1;
    }
    prefix.last().cloned().map(|name| (name, prefix)).into_iter().collect()
}

fn split_at_commas(tokens: &[String]) -> Vec<&[String]> {
    let mut depth = 0;
    let is_comma = |token: &String| {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        token == "," && depth == 0
    };
    tokens.split(is_comma).filter(|part| !part.is_empty()).collect()
}

/// Where the item ends that an attribute at `at` belongs to.
fn end_of_item(tokens: &[String], at: usize) -> usize {
    let mut depth = 0;
    for (end, token) in tokens.iter().enumerate().skip(at) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" if depth == 1 => return end + 1,
            "}" | ")" | "]" => depth -= 1,
            ";" if depth == 0 => return end + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Words, `::` and single signs; comments, texts and lifetimes are left out.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = literal(rest) {
            length
        } else if is_word_sign(first) {
            let length = rest.find(|sign| !is_word_sign(sign)).unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    tokens
}

/// The length of the text, character or lifetime that begins here.
fn literal(code: &str) -> Option<usize> {
    let after_prefix = code.trim_start_matches(['b', 'c', 'r']);
    let prefix = code.len() - after_prefix.len();
    let hashes = after_prefix.len() - after_prefix.trim_start_matches('#').len();
    if prefix <= 2 && code[..prefix].ends_with('r') && after_prefix[hashes..].starts_with('"') {
        let end = format!("\"{}", "#".repeat(hashes));
        let body = prefix + hashes + 1;
        return Some(body + code[body..].find(&end)? + end.len());
    }
    if prefix <= 1 && after_prefix.starts_with('"') {
        return Some(prefix + quoted(after_prefix, '"')?);
    }
    if prefix <= 1 && after_prefix.starts_with('\'') {
        let mut signs = after_prefix.chars().skip(1);
        let (first, second) = (signs.next()?, signs.next());
        let is_lifetime = is_word_sign(first) && second != Some('\'');
        let length = after_prefix[1..].find(|sign| !is_word_sign(sign)).map_or(after_prefix.len(), |n| n + 1);
        return Some(prefix + if is_lifetime { length } else { quoted(after_prefix, '\'')? });
    }
    None
}

/// The length of a quoted text with its quotes.
fn quoted(code: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, sign) in code.char_indices().skip(1) {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if sign == quote => return Some(at + sign.len_utf8()),
            _ => {}
        }
    }
    None
}

fn is_word(token: &str) -> bool {
    token.chars().next().is_some_and(|sign| sign.is_alphabetic() || sign == '_')
}

fn is_word_sign(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate from sources given by module, such as `("forest::model", "…")`; the root declares what is not there.
    fn read(sources: &[(&str, &str)]) -> Crate {
        Crate::read(&|path| {
            let name = path.join("::");
            sources.iter().find(|(module, _)| *module == name).map(|(_, text)| (*text).to_owned())
        })
    }

    fn found(sources: &[(&str, &str)]) -> Vec<String> {
        circles(&read(sources).uses())
    }

    /// What the module `a` uses, where its text is given and the modules b and c stand beside it.
    fn used(text: &str) -> Vec<String> {
        let root = "mod a; mod b; mod c; pub use b::Thing; pub use c::inner::{Deep, Deep as Other};";
        let sources = [
            ("", root),
            ("a", text),
            ("b", "pub struct Thing; pub const LIMIT: usize = 1; kinds! { Made }"),
            ("c", "mod inner; pub(crate) use inner::Deep; pub fn run() {}"),
            ("c::inner", "pub enum Deep { Left, Right }"),
        ];
        let uses = read(&sources).uses();
        uses[&["a".to_owned()][..]].iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn a_name_counts_for_the_file_that_defines_it() {
        for (text, owners) in [
            ("use crate::b::Thing;", &["b"][..]),
            ("use crate::Thing;", &["b"]),
            ("use super::{Thing as Own, c::{self, run}};", &["b", "c"]),
            ("use crate::Deep;", &["c::inner"]),
            ("use crate::Other;", &["c::inner"]),
            ("use crate::c::Deep; fn f() { Deep::Left; }", &["c::inner"]),
            ("use crate::c; fn f() -> c::Deep { c::run() }", &["c", "c::inner"]),
            ("fn f() { use crate::c::Deep::Left; crate::b::LIMIT + 1 }", &["b", "c::inner"]),
            ("mod own { pub type T = super::super::b::Thing; } fn f(x: own::T) {}", &["b"]),
            // A name that only a macro knows counts for the module.
            ("use crate::b::Made;", &["b"]),
            // All this uses nothing of the crate.
            ("use std::fmt; use serde::{Serialize, de}; fn f() { fmt::Debug; Vec::<u8>::new(); }", &[]),
            ("// crate::b::Thing\n/* crate::b */ const A: &str = \"crate::b::Thing\";", &[]),
            ("const A: &str = r#\"\"crate::b::Thing\"#; const B: char = '\"'; fn f<'a>(b: &'a u8) {}", &[]),
            ("pub(in crate::b) struct A; fn f() -> impl Fn() + use<'static> {}", &[]),
            ("#[cfg(test)]\nmod tests { use crate::b::Thing; use super::*; }", &[]),
            ("#[cfg(test)]\n#[rustfmt::skip]\nfn f() -> [u8; 2] { crate::b::LIMIT }", &[]),
        ] {
            assert_eq!(used(text), owners, "{text}");
        }
    }

    #[test]
    fn a_parent_and_its_children_may_use_each_other() {
        let sources = [
            ("", "mod scale;"),
            ("scale", "mod read; mod single; pub struct Scale; pub use single::Single; use read::read;"),
            ("scale::read", "use super::{Scale, Single}; pub fn read() {}"),
            ("scale::single", "use super::Scale; pub struct Single;"),
        ];
        assert_eq!(found(&sources), [""; 0]);
        // What the parent hands on is its definer's all the same.
        let mut handed_on = sources;
        handed_on[3].1 = "use super::read; pub struct Single;";
        assert_eq!(found(&handed_on), ["scale: read -> single"]);
    }

    #[test]
    fn two_files_that_share_a_type_of_one_of_them() {
        // A record is cut into lines, and a line judges a record's spans.
        let sources = [
            ("", "mod csv;"),
            ("csv", "mod line; mod record;"),
            ("csv::line", "use super::record::Span; pub(super) struct Line; fn is_total(spans: &[Span]) {}"),
            (
                "csv::record",
                "use super::line::Line; pub(super) struct Span; struct Record { lines: Vec<Line> }",
            ),
        ];
        assert_eq!(found(&sources), ["csv: line -> record"]);
    }

    #[test]
    fn a_reader_whose_scope_its_own_parts_need() {
        let sources = [
            ("", "mod expression;"),
            ("expression", "mod read; mod template;"),
            ("expression::read", "use super::template; pub struct Scope; fn f() { template::read(); }"),
            ("expression::template", "use super::read::{Scope, SlotKind}; pub fn read() {}"),
        ];
        assert_eq!(found(&sources), ["expression: read -> template"]);
    }

    #[test]
    fn a_model_that_holds_its_own_engine() {
        let sources = [
            ("", "mod forest;"),
            ("forest", "mod engine; mod model; mod shap; pub use model::Forest;"),
            ("forest::engine", "mod tile; use super::Forest; use super::shap::Plan; pub struct Engine;"),
            ("forest::engine::tile", "pub(super) const COLUMNS: usize = 8;"),
            ("forest::model", "pub struct Forest { engine: crate::forest::engine::Engine }"),
            ("forest::shap", "use super::Forest; pub struct Plan;"),
        ];
        assert_eq!(found(&sources), ["forest: engine -> model"]);
        // The same from far below.
        let mut deep = sources;
        deep[2].1 = "mod tile; pub struct Engine;";
        deep[3].1 = "fn f(forest: &crate::forest::Forest) {}";
        assert_eq!(found(&deep), ["forest: engine -> model"]);
    }

    #[test]
    fn three_files_in_a_ring_with_imports_inside_functions() {
        let sources = [
            ("", "mod display; mod prediction; mod shap;"),
            ("display", "fn f() { use crate::prediction::Prediction; }"),
            ("prediction", "pub struct Prediction; fn f() -> crate::shap::Shap {}"),
            ("shap", "pub struct Shap; fn f() { super::display::f() }"),
        ];
        assert_eq!(found(&sources), [": display -> prediction -> shap"]);
    }

    #[test]
    #[should_panic(expected = "imports `crate::b::*`")]
    fn a_glob_hides_what_is_used() {
        used("use crate::b::*;");
    }
}
