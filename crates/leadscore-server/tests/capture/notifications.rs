//! E-mails about hot leads, and the folder where they wait for a mail server.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{KEY, Running, json};
use crate::{eventually, lead, say};

const TWO: &str = "sales@example.com,owner@example.com";

/// The files of the folder, each as Python's own library reads it.
fn outbox(folder: &Path) -> Vec<Value> {
    let Ok(files) = std::fs::read_dir(folder.join("outbox")) else { return Vec::new() };
    let mut paths: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|own| own == "eml"))
        .collect();
    paths.sort();
    let script = "import email, email.policy, json, sys\n\
        m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)\n\
        part = lambda kind: (lambda b: b.get_content() if b else None)(m.get_body((kind,)))\n\
        print(json.dumps({'headers': {k.lower(): str(v) for k, v in m.items()}, 'text': part('plain'), 'html': part('html'),\n\
            'defects': [str(d) for d in m.defects]}))";
    let read = |path: &std::path::PathBuf| {
        let output =
            Command::new("python3").args(["-c", script]).arg(path).output().expect("Python reads e-mails");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    paths.iter().map(read).collect()
}

async fn start() -> (Running, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    (Running::start_in(folder, &[("API_KEY", KEY), ("NOTIFICATION_EMAILS", TWO)]).await, path)
}

async fn count(folder: &Path, wanted: usize) -> Vec<Value> {
    eventually("the e-mails", || async {
        let files = std::fs::read_dir(folder.join("outbox")).map_or(0, Iterator::count);
        (files >= wanted).then_some(())
    })
    .await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let all = outbox(folder);
    assert_eq!(all.len(), wanted, "{all:?}");
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_becomes_hot_is_told_of_once() {
    let (server, folder) = start().await;
    say(&server, "u", "Hello").await;
    say(&server, "u", "My name is Ann <b>Smith</b>, ann@example.com").await;
    assert!(outbox(&folder).is_empty());
    let words = "I want to buy it now <script>alert(1)</script>\nBcc: everybody@example.com";
    assert_eq!(say(&server, "u", words).await["intent"], "HOT");
    let all = count(&folder, 2).await;
    let to: Vec<&str> = all.iter().map(|own| own["headers"]["to"].as_str().unwrap()).collect();
    assert_eq!(to, ["sales@example.com", "owner@example.com"]);
    for own in &all {
        let headers = &own["headers"];
        assert_eq!(
            (&headers["auto-submitted"], &own["defects"]),
            (&json!("auto-generated"), &json!([])),
            "{own}"
        );
        assert!(headers["subject"].as_str().unwrap().starts_with("Hot lead: Ann"), "{own}");
        assert!(
            headers.get("bcc").is_none() && headers["message-id"].as_str().unwrap().starts_with("<hot-"),
            "{own}"
        );
        let (text, html) = (own["text"].as_str().unwrap(), own["html"].as_str().unwrap());
        for wanted in [
            "> I want to buy it now <script>alert(1)</script>\n> Bcc: everybody@example.com",
            "Intent: HOT",
            "E-mail: ann@example.com",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        assert!(
            html.contains("&lt;script&gt;") && !html.contains("<script>") && !html.contains("<b>"),
            "{html}"
        );
        // What it names is there.
        let path = text.split_once("GET /api/v1/lead/").unwrap().1.split_whitespace().next().unwrap();
        assert_eq!(lead(&server, path).await["email"], "ann@example.com");
    }
    // Still hot, neutral, cold: nothing new. Hot again: it is.
    for (message, wanted) in [
        ("How much is it?", 2),
        ("Thanks", 2),
        ("I am not interested any more", 2),
        ("I want to buy it after all", 4),
    ] {
        say(&server, "u", message).await;
        count(&folder, wanted).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_a_hot_lead_is_told_of() {
    let (server, folder) = start().await;
    let body =
        json!({"name": "Zoë 🔥 \u{202e}x", "phone": "+491712345678", "source": "website", "intent": "HOT"});
    for _ in 0..2 {
        assert_eq!(json(server.post("/api/v1/lead", &body).header("x-api-key", KEY)).await.0, 200);
    }
    let all = count(&folder, 2).await;
    assert_eq!(all[0]["headers"]["subject"], "Hot lead: Zoë 🔥 x (website)", "{all:?}");
    let raw =
        std::fs::read(std::fs::read_dir(folder.join("outbox")).unwrap().next().unwrap().unwrap().path())
            .unwrap();
    let head = String::from_utf8_lossy(&raw);
    let head = head.split("\r\n\r\n").next().unwrap();
    assert!(head.is_ascii(), "the subject is encoded: {head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_not_there_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let settings = [
        ("API_KEY", KEY),
        ("NOTIFICATION_EMAILS", TWO),
        ("SMTP_SERVER", "smtp://localhost:9"),
        ("LEADSCORE_SMTP_FROM", "leads@example.com"),
    ];
    let server = Running::start_in(folder, &settings).await;
    assert_eq!(say(&server, "u", "I want to buy it").await["intent"], "HOT");
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    let folder = server.stop().await;
    let store = leadscore_server::store::Store::open_folder(folder.path()).await.unwrap();
    let waiting =
        store.jobs("default", Some(leadscore_server::store::JobState::Waiting), None, 10).await.unwrap();
    assert_eq!(waiting.len(), 2, "{waiting:?}");
    assert!(
        waiting.iter().all(|entry| entry
            .job
            .last_error
            .as_deref()
            .is_some_and(|error| error.contains("connecting"))),
        "{waiting:?}"
    );
    assert!(outbox(&path).is_empty(), "nothing falls into the folder while there is a mail server");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_e_mail_is_a_file_too() {
    let (server, folder) = start().await;
    let body =
        json!({"to_email": "john@example.com", "lead_data": {"name": "John Doe", "role": "Developer"}});
    let (status, sent) = json(server.post("/api/v1/send-test-email", &body).header("x-api-key", KEY)).await;
    assert_eq!((status, &sent["sandbox"]), (200, &json!(true)), "{sent}");
    let all = count(&folder, 1).await;
    let id = sent["message_id"].as_str().unwrap();
    assert!(all[0]["headers"]["message-id"].as_str().unwrap().contains(id), "{all:?}");
    assert_eq!(all[0]["headers"]["to"], "John Doe <john@example.com>");
}
