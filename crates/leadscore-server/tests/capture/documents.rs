//! The samples and commands of the document, as they stand there.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::shared::shared;
use crate::support::{KEY, Running, json};

const DOCUMENT: &str = "seeds/004_8038b83df120a862.txt";
const ADDRESS: &str = "http://localhost:8000";

fn document() -> Option<String> {
    shared(DOCUMENT).map(|path| std::fs::read_to_string(path).unwrap())
}

/// The code blocks of a language.
fn blocks<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    document.split(opening.as_str()).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_curl_commands_of_the_document_run() {
    let Some(document) = document() else { return };
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let commands: Vec<&str> =
        blocks(&document, "bash").into_iter().filter(|block| block.starts_with("curl")).collect();
    assert_eq!(commands.len(), 6, "{commands:?}");
    let mut id = String::new();
    let mut answers = Vec::new();
    for command in commands {
        let mut command = command.replace(ADDRESS, &server.base).replace("YOUR_API_KEY", KEY);
        command = command.replace("YOUR_LEAD_ID", &id);
        // The command of the chat has no key: one is set here.
        if command.contains("/chat/respond") {
            command += &format!(" -H 'X-API-Key: {KEY}'");
        }
        let script = command.replacen("curl ", "curl -sS --fail-with-body ", 1);
        let output = Command::new("bash").arg("-c").arg(&script).stdin(Stdio::null()).output().await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{command}: {text}");
        let answer: Value = serde_json::from_str(&text).expect(&text);
        if let Some(own) = answer["id"].as_str() {
            own.clone_into(&mut id);
        }
        answers.push(answer);
    }
    let [chat, made, got, summary, root, health] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!(chat["intent"], "WARM", "{chat}");
    assert!(
        chat["response"].as_str().is_some_and(|text| text.ends_with('?')) && chat["follow_up"] == true,
        "{chat}"
    );
    assert_eq!(made, got);
    let names = ["name", "email", "phone", "source", "intent"].map(|name| made[name].as_str().unwrap());
    assert_eq!(names, ["Test Lead", "test@example.com", "+1234567890", "website", "WARM"]);
    assert_eq!(made["messages"], json!([]));
    assert_eq!(
        (&summary["total_conversations"], &summary["leads_captured"]),
        (&json!(1), &json!(1)),
        "{summary}"
    );
    assert_eq!(root["message"], "AI Lead Capture & Automation System is running!");
    assert_eq!(health["status"], "healthy");
}

/// The keys of an object.
fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test]
async fn answers_have_the_keys_of_the_samples() {
    let Some(document) = document() else { return };
    let samples: Vec<Value> =
        blocks(&document, "json").into_iter().filter_map(|own| serde_json::from_str(own).ok()).collect();
    let with =
        |key: &str| samples.iter().find(|own| own.get(key).is_some()).unwrap_or_else(|| panic!("{key}"));
    let server = Running::start(&[]).await;
    // Without any key the chat is open to this machine, and the rest is not.
    let request = json!({"message": "I want to buy your product", "user_id": "u", "source": "website"});
    let (status, chat) = json(server.post("/api/v1/chat/respond", &request)).await;
    assert_eq!(status, 200, "{chat}");
    assert_eq!(keys(&chat), keys(with("follow_up")));
    let (status, refused) = json(server.get("/api/v1/analytics/summary")).await;
    assert_eq!((status, keys(&refused)), (401, keys(with("detail"))), "{refused}");
    server.stop().await;

    let server = Running::start(&[("API_KEY", KEY)]).await;
    assert_eq!(keys(&crate::summary(&server).await), keys(with("total_conversations")));
    crate::say(&server, "u", "I want to buy it, my e-mail is ann@example.com").await;
    let body = json!({"email": "ann@example.com", "source": "instagram"});
    let (_, made) = json(server.post("/api/v1/lead", &body).header("x-api-key", KEY)).await;
    let sample = samples.iter().find(|own| own["messages"][0]["role"] == "user").unwrap();
    let own = crate::lead(&server, made["id"].as_str().unwrap()).await;
    assert_eq!(keys(&own), keys(sample));
    assert_eq!(keys(&own["messages"][0]), keys(&sample["messages"][0]));
    let time = regex::Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$").unwrap();
    for at in [&own["created_at"], &own["updated_at"], &own["messages"][0]["timestamp"]] {
        assert!(time.is_match(at.as_str().unwrap()), "{own}");
    }
    assert_eq!((&own["intent"], &own["source"]), (&json!("HOT"), &json!("website")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snippets_of_the_document_run() {
    let Some(document) = document() else { return };
    // Without a key, as in the document: on this machine the chat is open.
    let server = Running::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let call = "'I would like to buy two desks', 'web_user_1'";
    let javascript = blocks(&document, "javascript").remove(0).replace(ADDRESS, &server.base)
        + &format!("\nsendMessage({call}).then((data) => console.log(JSON.stringify(data)));\n");
    let python = blocks(&document, "python").remove(0).replace(ADDRESS, &server.base)
        + &format!("\nimport json\nprint(json.dumps(send_message({call})))\n");
    let mut run = 0;
    for (program, name, text) in [("node", "snippet.mjs", javascript), ("python3", "snippet.py", python)] {
        let file = folder.path().join(name);
        std::fs::write(&file, &text).unwrap();
        let is_there = match program {
            "python3" => has(program, &["-c", "import requests"]).await,
            _ => has(program, &["--version"]).await,
        };
        if !is_there {
            eprintln!("skipped: {program} with what the snippet wants is not there");
            continue;
        }
        let output = Command::new(program).arg(&file).stdin(Stdio::null()).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        let answer: Value = serde_json::from_str(said.trim()).expect(&said);
        assert_eq!(answer["intent"], "HOT", "{program}: {answer}");
        run += 1;
    }
    assert!(run > 0 || !Path::new("/usr/bin/node").exists());
}

async fn has(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().await.is_ok_and(|status| status.success())
}
