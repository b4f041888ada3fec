//! The native operations are the same in every language: read from what each binding declares, at test time.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::root;

type Surface = BTreeMap<String, BTreeSet<String>>;

#[test]
fn every_language_has_the_same_native_operations() {
    let wanted: Surface = serde_json::from_str(&text("fixtures/conformance/operations.json")).unwrap();
    assert!(wanted.values().map(BTreeSet::len).sum::<usize>() > 20);
    let mut python = python(&text("python/src/leadscore/_native.pyi"));
    // Tables come to Python through Arrow; the other hosts have no such type.
    assert!(python.remove("Frame").is_some() && python.remove("ModelRows").is_some());
    // Neither have they frames, whose columns it sorts by how they are read.
    assert!(python.get_mut("Forest").is_some_and(|forest| forest.remove("is_settled")));
    // Nor scikit-learn, for which it learns from rows of numbers.
    assert!(python.get_mut("module").is_some_and(|module| module.remove("train_matrix")));
    assert_eq!(python, wanted, "Python");
    // What streams and frees in Node is of its own: its test of the surface names it.
    let mut node = node(&text("node/native/native.d.ts"));
    node.retain(|class, _| wanted.contains_key(class));
    for (class, names) in &mut node {
        let own = ["abandon_unfinished_files", "clean_up_before", "close", "score_lists_json", "score_rows"];
        names.retain(|name| wanted[class].contains(name) || !own.contains(&name.as_str()));
    }
    assert_eq!(node, wanted, "Node");
    let kotlin = "bindings/uniffi/jvm/src/main/generated/io/leadscore/ffi/leadscore_uniffi.kt";
    assert_eq!(kotlin_of(&text(kotlin)), wanted, "JVM");
    let swift = text("bindings/uniffi/swift/LeadscoreNative.swift");
    for name in wanted.values().flatten() {
        let camel = camel(name);
        assert!(swift.contains(&format!("func {camel}(")), "Swift has no {camel}");
    }
}

#[test]
fn every_operation_on_data_has_a_case() {
    let wanted: Surface = serde_json::from_str(&text("fixtures/conformance/operations.json")).unwrap();
    let folder = root().join("fixtures/conformance");
    let mut cases = String::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        if !file.ends_with("operations.json") {
            cases += &std::fs::read_to_string(file).unwrap();
        }
    }
    // What reads a file by its path, runs the command, or writes what another reads, is tested beside the bindings.
    let without = ["load", "run_command", "to_json"];
    for name in wanted.values().flatten().filter(|name| !without.contains(&name.as_str())) {
        assert!(cases.contains(&format!("\"operation\":\"{name}\"")), "no case of {name}");
    }
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Functions of a stub file, by class.
fn python(text: &str) -> Surface {
    let mut surface = Surface::new();
    let mut class = "module";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("class ") {
            class = rest.split([':', '(']).next().unwrap();
        } else if let Some(rest) = line.strip_prefix("def ") {
            add(&mut surface, "module", rest);
        } else if let Some(rest) = line.strip_prefix("    def ") {
            // What starts with an underscore is private, or is a helper type's.
            if !class.starts_with('_') {
                add(&mut surface, class, rest);
            }
        }
    }
    surface
}

/// Functions of a declaration file, by class; an `…Async` twin is the same operation.
fn node(text: &str) -> Surface {
    let mut surface = Surface::new();
    let mut class = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("export declare class ") {
            class = rest.split_whitespace().next().map(str::to_owned);
        } else if line.starts_with('}') {
            class = None;
        } else if let Some(rest) = line.strip_prefix("export declare function ") {
            add(&mut surface, "module", rest);
        } else if let Some(class) = &class {
            let line = line.trim_start().trim_start_matches("static ");
            let name = line.split('(').next().unwrap();
            if line.contains('(') && name.chars().all(char::is_alphanumeric) {
                add(&mut surface, class, line);
            }
        }
    }
    surface
}

/// Functions of the generated Kotlin, by class: ours are the ones in backticks.
fn kotlin_of(text: &str) -> Surface {
    let mut surface = Surface::new();
    let mut class = "module";
    for line in text.lines() {
        let named =
            |prefix: &str| line.strip_prefix(prefix).and_then(|rest| rest.split([':', ' ', '(']).next());
        if let Some(name) = named("open class ") {
            class = name;
        } else if line.starts_with("public interface ") {
            class = "interface";
        } else if line.starts_with("public object ") || line.starts_with("data class ") {
            class = "module";
        }
        for rest in line.split("fun `").skip(1) {
            match rest.strip_prefix("builtinNames") {
                // A class of the generator has no static functions but its constructors.
                Some(_) => add(&mut surface, "Pipeline", "builtinNames("),
                None => add(&mut surface, class, rest),
            }
        }
    }
    // What an interface says, its class says again.
    surface.remove("interface");
    // By which number a call for a few rows, which the generator does not write, knows a handle.
    for class in ["Pipeline", "Forest"] {
        assert!(surface.get_mut(class).is_some_and(|names| names.remove("row_key")), "{class}");
    }
    surface
}

fn add(surface: &mut Surface, class: &str, rest: &str) {
    let name = rest.split(['(', '`']).next().unwrap();
    if name.starts_with('_') {
        return;
    }
    let name = snake(name.strip_suffix("Async").unwrap_or(name));
    surface.entry(class.to_owned()).or_default().insert(name);
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += &part[..1].to_ascii_uppercase();
        out += &part[1..];
    }
    out
}
