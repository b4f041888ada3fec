//! The static binary in a folder that has nothing else: what the image of the `Dockerfile` is.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};

use crate::{set, skipped};

/// The user of images without users, as in the `Dockerfile`.
const USER: &str = "65532:65532";

struct Chroot(tempfile::TempDir);

impl Chroot {
    /// A folder with the binary and a folder for data; nothing where the system does not let us.
    fn new(binary: &Path) -> Option<Chroot> {
        let root = Chroot(tempfile::tempdir().unwrap());
        fs::set_permissions(root.0.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::copy(binary, root.0.path().join("leadscore")).unwrap();
        let data = root.0.path().join("data");
        fs::create_dir(&data).unwrap();
        let owned = Command::new("chown").arg(USER).arg(&data).status().is_ok_and(|status| status.success());
        (owned && root.run(&["--version"]).status.success()).then_some(root)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        command.arg(format!("--userspec={USER}")).arg(self.0.path()).arg("/leadscore").args(arguments);
        command
            .env_clear()
            .envs([("PATH", std::env::var("PATH").unwrap()), ("LEADSCORE_DATA", "/data".to_owned())]);
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants a static binary: make -C crates/leadscore-server/third-party static"]
async fn the_static_binary_runs_where_nothing_else_is() {
    let binary = PathBuf::from(set("THIRD_PARTY_STATIC"));
    let linked = Command::new("ldd").arg(&binary).output().unwrap();
    let linked = String::from_utf8([linked.stdout, linked.stderr].concat()).unwrap();
    assert!(linked.contains("statically linked") || linked.contains("not a dynamic executable"), "{linked}");
    let Some(root) = Chroot::new(&binary) else { return skipped("a chroot") };
    let text = |output: &Output| {
        String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
    };
    let key = root.run(&["keys", "create", "--name", "image"]);
    assert!(key.status.success(), "{}", text(&key));
    let key = String::from_utf8(key.stdout).unwrap().trim().to_owned();
    let token = root.run(&["keys", "token", "--tenant", "default"]);
    assert!(token.status.success(), "{}", text(&token));
    let token = String::from_utf8(token.stdout).unwrap().trim().to_owned();

    let mut serving = root.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut served = Served(serving.stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(served.0.stderr.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    let base =
        line.split_whitespace().find(|word| word.starts_with("http://")).unwrap_or_else(|| panic!("{line}"));
    let base = base.to_owned();
    let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    let ready = client.get(format!("{base}/health/ready")).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let post = async |path: &str, body: &Value, header: (&str, String)| {
        let request = client.post(format!("{base}{path}")).header(header.0, header.1).json(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let keyed = || ("x-api-key", key.clone());
    // The model, the store, a JWT, and an upload, which wants a temporary file.
    let sample = include_str!("../../../../docs/examples/sample_request_1.json");
    let (status, score) = post("/api/v1/score", &serde_json::from_str(sample).unwrap(), keyed()).await;
    assert_eq!(status, 200, "{score}");
    let lead = json!({"name": "Ann", "email": "ann@acme.example", "page_views": 12});
    let (status, own) = post("/api/v1/score-lead", &lead, keyed()).await;
    assert_eq!(status, 200, "{own}");
    let bearer = ("authorization", format!("Bearer {token}"));
    let (status, prediction) = post("/api/lead-scoring/leads/1/ml/predict", &json!({}), bearer).await;
    assert_eq!(status, 200, "{prediction}");
    let form = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"l.csv\"\r\n\r\n\
                name,email\nBob,bob@acme.example\n\r\n--edge--\r\n";
    let upload = client.post(format!("{base}/api/v1/upload-leads")).header("x-api-key", &key);
    let upload = upload.header("content-type", "multipart/form-data; boundary=edge").body(form);
    let response = upload.send().await.unwrap();
    let (status, answer) = (response.status().as_u16(), response.text().await.unwrap());
    assert_eq!(status, 200, "{answer}");
    let (_, status): (u16, Value) = {
        let response = client.get(format!("{base}/status")).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    };
    assert_eq!(status["status"], "operational", "{status}");
    let resources = client.get(format!("{base}/resources")).send().await.unwrap();
    assert_eq!(resources.status(), 200, "without /proc too");

    let process = served.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
    assert!(served.0.wait().unwrap().success(), "SIGTERM ends it with 0");
    let exported = root.run(&["store", "export", "/data/leads.jsonl"]);
    assert!(exported.status.success(), "{}", text(&exported));
    let leads = fs::read_to_string(root.0.path().join("data/leads.jsonl")).unwrap();
    assert_eq!(leads.lines().count(), 2, "{leads}");
    // Names of hosts are looked up without the files that glibc loads for it: the database is asked for.
    fs::create_dir(root.0.path().join("etc")).unwrap();
    fs::write(root.0.path().join("etc/hosts"), "127.0.0.1 db.test\n").unwrap();
    let database = TcpListener::bind("127.0.0.1:0").unwrap();
    let listens_at = database.local_addr().unwrap().port();
    let asked = std::thread::spawn(move || database.accept().map(drop));
    let lost =
        root.run(&["keys", "list", "--database-url", &format!("postgres://me@db.test:{listens_at}/leads")]);
    assert!(!lost.status.success() && asked.is_finished(), "{}", text(&lost));
}
