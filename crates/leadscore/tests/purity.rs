//! The core knows features only by their names in data, and its modules import downward only.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use leadscore::FeatureSchema;

/// The modules by floor; a module may use its own floor and those below.
const FLOORS: [&[&str]; 5] = [
    &["lead", "time", "math", "error", "json"],
    &["expression", "feature", "scorer"],
    &["scorecard", "forest", "scale", "tier"],
    &["explain"],
    &["pipeline"],
];

/// The feature through which a language model's adjustment enters, and a word of the feature language
/// (`"part": "email_domain"`) that a feature happens to be named after.
const RESERVED: [&str; 2] = ["model_adjustment", "email_domain"];

#[test]
fn no_feature_is_named_in_code() {
    let mut forbidden: BTreeSet<String> =
        ["c_level", "gmail", "demo_request"].into_iter().map(str::to_owned).collect();
    for name in ["lead-ml", "b2b"] {
        for feature in FeatureSchema::builtin(name).unwrap().features() {
            forbidden.insert(feature.name.clone());
        }
    }
    for name in leadscore::Pipeline::builtin_names() {
        for feature in leadscore::Pipeline::builtin(name).unwrap().schema().features() {
            forbidden.insert(feature.name.clone());
        }
    }
    forbidden.retain(|name| (name.contains('_') || name == "gmail") && !RESERVED.contains(&name.as_str()));
    assert!(forbidden.len() > 60);
    for (file, code) in sources() {
        for name in &forbidden {
            assert!(!names(&code, name), "{} names `{name}`", file.display());
        }
    }
}

#[test]
fn modules_import_downward_only() {
    let owners = owners();
    for (file, code) in sources() {
        let own = module(&file);
        let Some(floor) = floor(&own) else {
            assert!(own == "lib", "`{own}` stands on no floor");
            continue;
        };
        for used in uses(&code) {
            let name = owners.iter().find(|(name, _)| *name == used).map_or(&used, |(_, owner)| owner);
            let above = self::floor(name);
            let above = above.unwrap_or_else(|| panic!("{}: who owns `crate::{used}`?", file.display()));
            assert!(above <= floor, "{}: `{own}` imports `{used}` from the higher `{name}`", file.display());
        }
    }
}

#[test]
fn the_test_sees_what_it_should() {
    assert_eq!(
        uses("use crate::{Error, feature::normalise, json::{Cursor, Node}};"),
        ["Error", "feature", "json"]
    );
    assert_eq!(
        uses("use crate::lead::Lead; fn f() { crate::math::exp(0.0) } pub(crate) fn g() {}"),
        ["lead", "math"]
    );
    assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests { b }"), "a\n");
    assert_eq!(
        without_tests("a\n    #[cfg(test)]\n    fn b() {}\nc\n#[cfg(test)]\nmod tests { d }"),
        "a\n    #[cfg(test)]\n    fn b() {}\nc\n"
    );
    assert!(names("f(\"has_title\")", "has_title"));
    assert!(!names("has_titles", "has_title"));
}

/// The library's sources without comments, documentation and tests.
fn sources() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 10);
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let code = without_tests(&text)
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .fold(String::new(), |all, line| all + line + "\n");
        (file, code)
    };
    files.into_iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
}

/// What stands before the test module at the end of a file.
fn without_tests(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod ").map_or(text, |at| &text[..at])
}

/// The top module a file belongs to.
fn module(file: &Path) -> String {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let inside = file.strip_prefix(src).unwrap();
    let first = inside.iter().next().unwrap().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// Which module owns each name that the crate's root hands on.
fn owners() -> Vec<(String, String)> {
    let root = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let mut owners = Vec::new();
    for line in root.split(';').filter_map(|item| item.split_once("pub use ").map(|(_, path)| path)) {
        // `pub use ndarray` hands on another crate.
        let Some((module, names)) = line.split_once("::") else { continue };
        for name in names.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty()) {
            owners.push((name.to_owned(), module.trim().to_owned()));
        }
    }
    owners
}

/// The first name of every path into the crate: `crate::x`, and each branch of `crate::{…}`.
fn uses(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut item = String::new();
            for sign in list.chars() {
                match sign {
                    '}' if depth == 0 => break,
                    ',' if depth == 0 => found.push(first_name(&std::mem::take(&mut item))),
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ if depth == 0 => item.push(sign),
                    _ => {}
                }
            }
            found.push(first_name(&item));
        } else {
            found.push(first_name(rest));
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

fn first_name(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Whether a name stands in code as a word of its own.
fn names(code: &str, name: &str) -> bool {
    let wordy = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        !code[..at].chars().next_back().is_some_and(wordy)
            && !code[at + name.len()..].chars().next().is_some_and(wordy)
    })
}
