//! The examples of the b2b API's document, run without changes and filled in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::shared::shared;
use crate::support::{KEY, Running, json};
use crate::{set, skipped};

const DOCUMENT: &str = "seeds/002_964ac82ff817c393.txt";
const ADDRESS: &str = "http://localhost:8000";

/// The block of a language under `## Examples`, with the server's address in the place of the document's.
fn snippet(document: &str, language: &str, server: &Running) -> String {
    let (_, examples) = document.split_once("\n## Examples\n").expect("the document has examples");
    let (_, block) = examples.split_once(&format!("```{language}\n")).expect("one of this language");
    let (block, _) = block.split_once("\n```").expect("the block ends");
    assert!(block.contains(ADDRESS) && block.contains(KEY), "{block}");
    block.replace(ADDRESS, &server.base)
}

fn sample() -> (PathBuf, Value) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned();
    let text = fs::read_to_string(root.join("docs/examples/sample_request_1.json")).unwrap();
    (root, serde_json::from_str(&text).unwrap())
}

/// Replaces the comment “all 50 features” by the other features.
fn completed(snippet: &str, comment: &str, quote: &str) -> String {
    let (_, sample) = sample();
    let features = sample["features"].as_object().unwrap();
    let others = features.iter().filter(|(name, _)| !snippet.contains(name.as_str()));
    let lines: Vec<String> = others.map(|(name, value)| format!("{quote}{name}{quote}: {value},")).collect();
    assert_eq!(snippet.matches(comment).count(), 1, "{snippet}");
    snippet.replace(comment, &lines.join("\n"))
}

async fn execute(program: &Path, arguments: &[&Path], folder: &Path) -> (bool, String) {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

/// How many requests for a score were answered with a status.
async fn answered(server: &Running, status: &str) -> u32 {
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    let line = metrics.lines().find(|line| {
        [
            "http_requests_total{",
            "endpoint=\"/api/v1/score\"",
            "method=\"POST\"",
            &format!("status=\"{status}\""),
        ]
        .iter()
        .all(|part| line.contains(part))
    });
    line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants Python with requests, and Node"]
async fn the_snippets_of_the_document_run() {
    let Some(path) = shared(DOCUMENT) else { return };
    let document = fs::read_to_string(path).unwrap();
    // The document's key is one that works only where it is set.
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let folder = tempfile::tempdir().unwrap();
    let mut tiers = Vec::new();
    for (number, (language, file, program, comment, quote)) in [
        ("python", "snippet.py", "THIRD_PARTY_PYTHON", "# ... all 50 features", "\""),
        ("javascript", "snippet.mjs", "THIRD_PARTY_NODE", "// ... all 50 features", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let program = PathBuf::from(set(program));
        let file = folder.path().join(file);
        let snippet = snippet(&document, language, &server);
        // As they stand most features are missing, which is refused.
        fs::write(&file, &snippet).unwrap();
        let (success, output) = execute(&program, &[&file], folder.path()).await;
        assert!(!success, "{language}: {output}");
        assert_eq!(
            answered(&server, "422").await,
            u32::try_from(number).unwrap() + 1,
            "{language}: {output}"
        );
        fs::write(&file, completed(&snippet, comment, quote)).unwrap();
        let (success, output) = execute(&program, &[&file], folder.path()).await;
        assert!(success, "{language}: {output}");
        assert_eq!(
            answered(&server, "200").await,
            u32::try_from(number).unwrap() + 1,
            "{language}: {output}"
        );
        let tier = output.lines().find_map(|line| line.strip_prefix("Tier: ")).expect("the tier is printed");
        tiers.push(tier.to_owned());
        if language == "python" {
            assert!(output.contains("Lead: LEAD-12345\n") && output.contains("Score: 0."), "{output}");
        }
    }
    // The same as a request by hand says.
    let (_, mut body) = sample();
    body["features"]["company_revenue"] = 5_000_000.0.into();
    let (_, javascript) = json(server.post("/api/v1/score", &body).header("x-api-key", KEY)).await;
    body["features"]["company_employee_count"] = 50.into();
    let (_, python) = json(server.post("/api/v1/score", &body).header("x-api-key", KEY)).await;
    assert_eq!(
        tiers,
        [&python["score"]["tier"], &javascript["score"]["tier"]].map(|tier| tier.as_str().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants curl"]
async fn the_curl_commands_of_the_document_run() {
    let Some(path) = shared(DOCUMENT) else { return };
    let document = fs::read_to_string(path).unwrap();
    if std::process::Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        return skipped("curl");
    }
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("snippet.sh");
    // Each command writes an answer; a line break between them tells them apart.
    let snippet = snippet(&document, "bash", &server).replace("curl ", "curl -sS -w '\\n' ");
    fs::write(&script, snippet).unwrap();
    // They name a file of the repository.
    let (root, sample) = sample();
    let (success, output) = execute(Path::new("bash"), &[Path::new("-eu"), &script], &root).await;
    assert!(success, "{output}");
    let answers: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let [score, info, health] = answers.as_slice() else { panic!("{output}") };
    assert_eq!(score["lead_id"], sample["lead_id"], "{output}");
    assert_eq!((&info["n_features"], &health["status"]), (&50.into(), &"healthy".into()), "{output}");
}
