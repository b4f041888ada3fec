//! The core knows features only by their names in data, and imports run one way.
//!
//! Two rules hold for imports, and the second one for every crate:
//!
//! 1. **Floors.** A module of the core imports from the modules to its left on its floor, and from all floors below.
//! 2. **No circles among siblings.** Modules with one parent, each with all files below it, never use one another in a
//!    circle. A file and the files below it may use each other: a parent defines what its children share, and puts
//!    its children together. What a parent only re-exports counts as its definer's, so that two children cannot meet
//!    through it.
//!
//! Both rules are checked on files: an import counts for the file that defines the item (see [`imports`]).

mod imports;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use imports::{Crate, circles};
use leadscore::FeatureSchema;

/// The modules by floor, the lowest first. `blend`, `train` and the others of DESIGN's plan go here when they exist.
const FLOORS: [&[&str]; 5] = [
    &["error", "stop", "math", "json", "text", "time", "amount", "record"],
    &["expression", "feature", "parallel", "scorer"],
    &["scorecard", "forest", "scale", "capacity", "tier"],
    &["explain", "learn"],
    &["pipeline", "evaluate", "train", "arrow", "intent", "chat", "task", "email", "request"],
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
fn modules_import_from_the_left_and_from_below() {
    let core = read_crate(Path::new(env!("CARGO_MANIFEST_DIR")));
    let modules: BTreeSet<&str> = core.modules().filter_map(|path| Some(&**path.first()?)).collect();
    let placed: BTreeSet<&str> = FLOORS.concat().into_iter().collect();
    assert_eq!(modules, placed, "every module stands on one floor");
    let order: Vec<&str> = FLOORS.concat();
    let position = |module: &str| order.iter().position(|name| *name == module).unwrap();
    for (file, owners) in core.uses() {
        let Some(module) = file.first() else { continue };
        for owner in owners {
            let Some(used) = owner.first() else {
                panic!("{} uses what the crate's root defines", file.join("::"))
            };
            assert!(
                position(used) <= position(module),
                "{} uses {}, which stands further up or further right",
                file.join("::"),
                owner.join("::")
            );
        }
    }
}

#[test]
fn no_files_import_in_a_circle() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(crates).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("src/lib.rs").exists() {
            continue;
        }
        seen += 1;
        let found = circles(&read_crate(&folder).uses());
        assert!(found.is_empty(), "{}: {found:#?}", folder.display());
    }
    assert!(seen > 2, "{seen} crates");
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

/// The modules of a crate. Every file of its `src` is one, but for tests and programs.
fn read_crate(folder: &Path) -> Crate {
    let src = folder.join("src");
    let file = |path: &[String]| {
        let plain = path.iter().fold(src.clone(), |folder, name| folder.join(name));
        let candidates = if path.is_empty() {
            vec![src.join("lib.rs")]
        } else {
            vec![plain.with_extension("rs"), plain.join("mod.rs")]
        };
        candidates.into_iter().find(|file| file.exists())
    };
    let read = Crate::read(&|path| fs::read_to_string(file(path)?).ok());
    let reached: BTreeSet<PathBuf> = read.modules().filter_map(|path| file(path)).collect();
    let mut files = Vec::new();
    collect(&src, &mut files);
    let is_test = |file: &Path| file.with_extension("").components().any(|part| part.as_os_str() == "tests");
    files.retain(|file| !reached.contains(file) && !file.ends_with("main.rs"));
    files.retain(|file| !is_test(file.strip_prefix(&src).unwrap()));
    assert!(files.is_empty(), "no module declares {files:?}");
    read
}

/// Whether a name stands in code as a word of its own.
fn names(code: &str, name: &str) -> bool {
    let wordy = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        !code[..at].chars().next_back().is_some_and(wordy)
            && !code[at + name.len()..].chars().next().is_some_and(wordy)
    })
}

#[test]
fn names_are_found_as_whole_words() {
    assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests { b }"), "a\n");
    assert_eq!(
        without_tests("a\n    #[cfg(test)]\n    fn b() {}\nc\n#[cfg(test)]\nmod tests { d }"),
        "a\n    #[cfg(test)]\n    fn b() {}\nc\n"
    );
    assert!(names("f(\"has_title\")", "has_title"));
    assert!(!names("has_titles", "has_title"));
}
