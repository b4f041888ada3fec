//! The documentation is true: every command of the README runs on the files that come with it, what it is said to print is
//! what it prints, and the values of its examples are those of the library.

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use leadscore::Pipeline;
use support::{folder, leadscore, path, records, root};

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap().replace("\r\n", "\n")
}

/// The blocks of a language with what follows each up to the next block of any.
fn blocks(text: &str, language: &str) -> Vec<(String, String)> {
    let opening = format!("```{language}\n");
    let parts = text.split(&opening).skip(1);
    parts
        .map(|part| {
            let (block, rest) = part.split_once("\n```\n").unwrap();
            (block.to_owned(), rest.to_owned())
        })
        .collect()
}

/// What is printed, without blanks at the ends of lines and empty lines around it.
fn trimmed(text: &str) -> String {
    text.trim_matches('\n').lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Commands that are not tried here: they build, need a key of a vendor, or are tried with a server below.
fn is_left_out(line: &str) -> bool {
    let asks_a_vendor = line.contains("--model openai:") && !line.contains("--dry-run");
    line.starts_with("cargo install") || line.starts_with("make ") || asks_a_vendor
}

/// A copy of the files that the commands run on, and a shell in it that finds the command.
struct Shell(tempfile::TempDir);

impl Shell {
    fn new() -> Shell {
        let dir = folder(&[]);
        for shipped in ["examples", "docs/examples"] {
            std::fs::create_dir_all(dir.path().join(shipped)).unwrap();
            for entry in std::fs::read_dir(root().join(shipped)).unwrap() {
                let entry = entry.unwrap().path();
                if entry.is_file() {
                    std::fs::copy(&entry, dir.path().join(shipped).join(entry.file_name().unwrap())).unwrap();
                }
            }
        }
        Shell(dir)
    }

    fn run(&self, script: &str) -> std::process::Output {
        let bin = Path::new(env!("CARGO_BIN_EXE_leadscore")).parent().unwrap().display().to_string();
        let path = std::env::var("PATH").unwrap();
        Command::new("bash")
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(self.0.path())
            .env("PATH", format!("{bin}:{path}"))
            .env("NO_PROXY", "127.0.0.1")
            .env_remove("COLUMNS")
            .env_remove("OPENAI_API_KEY")
            .output()
            .unwrap()
    }
}

#[cfg(unix)]
#[test]
fn every_command_of_the_readme_runs() {
    let shell = Shell::new();
    let (mut run, mut compared) = (0, 0);
    for document in ["README.md", "docs/output.md"] {
        for (block, rest) in blocks(&read(document), "sh") {
            let lines: Vec<String> = block
                .lines()
                .filter(|line| !is_left_out(line))
                .map(|line| line.replace("cargo run --", "leadscore"))
                .map(|line| line.replace("leadscore demo ", "leadscore demo --exit "))
                .collect();
            if lines.iter().any(|line| line.starts_with("leadscore serve")) {
                continue;
            }
            let done = shell.run(&lines.join("\n"));
            let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
            assert!(done.status.success(), "{document}:\n{block}\n{err}");
            run += lines.iter().filter(|line| line.contains("leadscore ")).count();
            if let Some(said) = rest.trim_start().strip_prefix("```text\n") {
                let said = said.split("\n```").next().unwrap();
                assert!(trimmed(&out).ends_with(&trimmed(said)), "{document}:\n{block}\n{out}");
                compared += 1;
            }
        }
    }
    assert!(run >= 25 && compared >= 2, "{run} commands, {compared} outputs");
}

#[cfg(all(unix, feature = "serve"))]
#[test]
fn the_commands_with_a_server_run() {
    let readme = read("README.md");
    let blocks = blocks(&readme, "sh");
    let (block, _) = blocks.iter().find(|(block, _)| block.starts_with("leadscore serve")).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let started = format!(
        "leadscore serve --listen 127.0.0.1:{port} >/dev/null 2>&1 &\nserver=$!\ntrap 'kill $server' EXIT\n\
         for turn in $(seq 100); do curl -sf http://127.0.0.1:{port}/health >/dev/null && break; sleep 0.1; done"
    );
    let script = block
        .lines()
        .map(|line| if line.starts_with("leadscore serve") { started.clone() } else { line.to_owned() })
        .map(|line| {
            line.replace("127.0.0.1:8000", &format!("127.0.0.1:{port}")).replace("curl -H", "curl -sSf -H")
        })
        .collect::<Vec<_>>()
        .join("\n");
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: curl is not installed");
        return;
    }
    let done = Shell::new().run(&script);
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{script}\n{out}\n{err}");
    assert!(out.contains("\"score\""), "{out}");
}

#[test]
fn the_rules_of_the_readme_are_the_example() {
    let readme = read("README.md");
    let (json, _) =
        blocks(&readme, "json").into_iter().find(|(block, _)| block.contains("\"mini\"")).unwrap();
    assert_eq!(json.trim(), read("examples/mini.json").trim());
}

#[test]
fn the_small_model_gives_what_xgboost_gave() {
    // XGBoost's own margins, as fixtures/generate/tiny_model.py printed them.
    let wanted = [
        "0.713782787",
        "-1.03695083",
        "-0.89848721",
        "-0.887138903",
        "1.15994275",
        "0.74966073",
        "-1.81105292",
        "-0.527291775",
        "-1.36955428",
        "-1.17111301",
        "-2.0246141",
        "-0.17876786",
    ];
    let run = leadscore(&["predict", "examples/tiny_model.json", "examples/tiny_rows.csv"]);
    let rows = records(&run.out);
    assert_eq!((run.code, rows.len()), (0, wanted.len() + 1), "{}", run.err);
    for (row, wanted) in rows[1..].iter().zip(wanted) {
        let (found, wanted): (f32, f32) = (row[2].parse().unwrap(), wanted.parse().unwrap());
        assert_eq!(found.to_bits(), wanted.to_bits(), "{row:?}");
    }
}

#[test]
fn every_source_has_an_example_with_its_value() {
    let text = read("docs/sources.md");
    let all = blocks(&text, "json");
    let (lead, _) = &all[0];
    let features: Vec<serde_json::Value> =
        all[1..].iter().map(|(block, _)| serde_json::from_str(block).unwrap()).collect();
    let shown: BTreeSet<&str> = features.iter().map(|own| own["source"]["from"].as_str().unwrap()).collect();
    let schema: serde_json::Value = serde_json::from_str(&read("docs/pipeline.schema.json")).unwrap();
    let mut known = BTreeSet::new();
    sources(&schema, &mut known);
    assert!(known.len() >= 10, "{known:?}");
    assert_eq!(shown, known.iter().map(String::as_str).collect());
    let pipeline = serde_json::json!({
        "format": 1, "id": "sources", "schema": { "features": features },
        "scorer": { "kind": "scorecard", "unit": "points", "base": 0,
                    "groups": [{ "code": "g", "rules": [{ "code": "r", "points": 1 }] }] },
        "scale": { "kind": "linear", "from": 0, "to": 100 }, "tiers": "hot-warm-cold"
    });
    let lead: serde_json::Value = serde_json::from_str(lead).unwrap();
    let dir = folder(&[
        ("p.json", pipeline.to_string().as_bytes()),
        ("lead.jsonl", format!("{lead}\n").as_bytes()),
    ]);
    let (leads, pipeline) = (path(&dir, "lead.jsonl"), path(&dir, "p.json"));
    let run =
        leadscore(&["features", &leads, "-p", &pipeline, "--as-of", "2026-11-20T12:00:00Z", "-f", "jsonl"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let found: serde_json::Value = serde_json::from_str(run.out.trim()).unwrap();
    for (feature, (_, rest)) in features.iter().zip(&all[1..]) {
        let name = feature["name"].as_str().unwrap();
        let wanted = rest.trim_start().strip_prefix("Value: `").unwrap().split('`').next().unwrap();
        let value = match &found["features"][name] {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Number(number) => number.as_f64().unwrap().to_string(),
            other => other.to_string(),
        };
        assert_eq!(value, wanted, "{name}");
    }
}

/// The words that the schema of pipelines allows in `from` of a source.
fn sources(schema: &serde_json::Value, known: &mut BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(fields) => {
            let from = fields.get("properties").and_then(|own| own.get("from"));
            known.extend(
                from.and_then(|own| own.get("const")).and_then(|word| word.as_str()).map(str::to_owned),
            );
            fields.values().for_each(|field| sources(field, known));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| sources(item, known)),
        _ => {}
    }
}

#[test]
fn the_table_of_pipelines_has_all_and_names_what_they_read() {
    let text = read("docs/choosing.md");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    for name in Pipeline::builtin_names() {
        let row = rows.iter().find(|row| row[1] == format!("`{name}`"));
        let row = row.unwrap_or_else(|| panic!("docs/choosing.md has no row of {name}"));
        let pipeline = Pipeline::builtin(name).unwrap();
        let read: BTreeSet<&str> = pipeline.schema().attribute_names().iter().collect();
        for column in row[2].split('`').skip(1).step_by(2) {
            let is_pipeline = Pipeline::builtin_names().any(|own| own == column);
            assert!(is_pipeline || read.contains(column), "{name} does not read {column}");
        }
    }
}
