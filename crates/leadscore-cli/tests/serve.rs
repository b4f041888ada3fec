//! The server as it is started, called, secured and ended by its users.
#![cfg(feature = "serve")]

mod support;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;
use support::server::{Server, run};
use support::{folder, path, root};

fn lead(email: &str) -> serde_json::Value {
    json!({"name": "Ada", "email": email, "role": "Director", "page_views": 12})
}

#[test]
fn it_starts_with_nothing_and_scores_a_lead() {
    let folder = folder(&[]);
    let server = Server::start(folder.path(), &["--data", "own"], &[("MONGO_URI", "mongodb://x")]);
    assert!(server.said.contains("documentation at /docs"), "{}", server.said);
    assert!(server.wait_for("MONGO_URI").contains("SQLite in own"));
    let (status, body) = server.call("GET", "/health", None, None);
    assert_eq!((status, body["status"].as_str()), (200, Some("healthy")));
    let (status, body) = server.call("POST", "/api/v1/score-lead", None, Some(&lead("ada@a.example")));
    assert_eq!(status, 200, "{body}");
    assert!(["hot", "warm", "cold"].contains(&body["heat_score"].as_str().unwrap()), "{body}");
    assert!(folder.path().join("own/leadscore.db").is_file());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = folder.path().join("own").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}

#[test]
fn a_key_opens_until_it_is_revoked() {
    let folder = folder(&[]);
    let own = |args: &[&str]| run(folder.path(), args, &[]);
    let made = own(&["keys", "create", "--name", "crm", "--plan", "free", "--scopes", "score,read"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let key = made.out.trim_end();
    assert!(key.starts_with("ls_") && !key.contains(char::is_whitespace) && !made.err.contains(key), "{key}");
    let listed = own(&["keys", "list", "--json"]);
    let keys: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(
        (keys[0]["name"].as_str(), keys[0]["scopes"].clone()),
        (Some("crm"), json!(["score", "read"]))
    );
    let id = keys[0]["id"].as_str().unwrap();
    assert!(own(&["keys", "list"]).out.contains(id) && !listed.out.contains(key));

    let server = Server::start(folder.path(), &[], &[]);
    let score =
        |key: Option<&str>| server.call("POST", "/api/v1/score-lead", key, Some(&lead("a@a.example"))).0;
    assert_eq!((score(None), score(Some("ls_wrong")), score(Some(key))), (401, 401, 200));
    assert_eq!(own(&["keys", "revoke", id]).code, 0);
    let since = Instant::now();
    while score(Some(key)) != 401 {
        assert!(since.elapsed() < Duration::from_secs(6), "a revoked key still opens");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(has_audit(&folder, "key.create") && has_audit(&folder, "key.revoke"));
    let again = own(&["keys", "revoke", id]);
    assert_eq!((again.code, again.err.contains("revoked before")), (2, true), "{}", again.err);
    let by_key = own(&["keys", "revoke", key]);
    assert!(
        by_key.code == 2 && !by_key.err.contains(key) && by_key.err.contains("by its id"),
        "{}",
        by_key.err
    );
    for bad in
        [["--scopes", "fly"], ["--plan", "gold"], ["--families", "x"], ["--name", " "], ["--tenant", ""]]
    {
        let name = if bad[0] == "--name" { &[][..] } else { &["--name", "x"] };
        let refused = own(&[&["keys", "create"], name, &bad].concat());
        assert!(refused.code == 2 && refused.out.is_empty(), "{bad:?}: {}", refused.err);
    }
}

#[test]
fn tokens_are_issued_under_the_own_key_alone() {
    let folder = folder(&[(
        "rs.toml",
        b"[auth.jwt]\nalgorithm = \"RS256\"\njwks_url = \"https://id.example/keys\"\n",
    )]);
    let token =
        |more: &[&str]| run(folder.path(), &[&["keys", "token", "--tenant", "acme"], more].concat(), &[]);
    let made = token(&["--sub", "ada", "--scopes", "read", "--ttl", "2h"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let claims = made.out.trim_end().split('.').nth(1).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&base64_url(claims)).unwrap();
    let lifetime = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!((claims["tenantId"].as_str(), claims["sub"].as_str()), (Some("acme"), Some("ada")));
    assert_eq!((claims["scope"].as_str(), lifetime), (Some("read"), 7_200));
    assert!(has_audit(&folder, "token.issue"));
    let refused = token(&["--config", &path(&folder, "rs.toml")]);
    assert!(refused.code == 2 && refused.out.is_empty(), "{}", refused.err);
    for ttl in ["0s", "1", "1w", "x", "", "-1h", "ü"] {
        assert_eq!(token(&[&format!("--ttl={ttl}")]).code, 2, "{ttl}");
    }
    let server = Server::start(folder.path(), &[], &[]);
    let bearer = format!("x\r\nAuthorization: Bearer {}", made.out.trim_end());
    // The route is there or not yet; it never answers as to somebody unknown.
    let (status, body) = server.call("GET", "/api/lead-scoring/1/ranked-leads", Some(&bearer), None);
    assert_ne!(status, 401, "{body}");
}

/// Whether the store's files have a word of the audit log in them.
fn has_audit(folder: &tempfile::TempDir, action: &str) -> bool {
    ["leadscore.db", "leadscore.db-wal"].iter().any(|name| {
        let bytes = std::fs::read(folder.path().join("leadscore-data").join(name)).unwrap_or_default();
        bytes.windows(action.len()).any(|part| part == action.as_bytes())
    })
}

/// The bytes of unpadded base64url, by RFC 4648.
fn base64_url(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.bytes() {
        bits = bits << 6 | alphabet.iter().position(|own| *own == letter).unwrap() as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    bytes
}

#[test]
fn what_keeps_it_from_starting_is_said() {
    let folder = folder(&[
        ("bad.toml", b"listn = 1\n"),
        ("zero.toml", b"retention_days = 0\n"),
        ("model.ubj", b"no model"),
    ]);
    let serve = |args: &[&str]| run(folder.path(), &[&["serve"], args].concat(), &[]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = serve(&["--listen", &address]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.contains(&address) && refused.err.contains("another program listens"),
        "{}",
        refused.err
    );
    for (args, says) in [
        (&["--listen", "8000"][..], "listen (--listen): `8000`"),
        (&["--listen", "0.0.0.0:0"], "wants a key"),
        (&["--config", "bad.toml"], "there is no setting `listn`"),
        (&["--config", "zero.toml"], "retention_days (zero.toml): `0`; wants 1 or more days"),
        (&["--config", "none.toml"], "none.toml"),
        (&["--env-file", "none.env"], "none.env"),
        (&["--b2b-model", "model.ubj", "--listen", "127.0.0.1:0"], "b2b_model"),
    ] {
        let refused = serve(args);
        assert!(
            refused.code == 2 && refused.err.contains(says),
            "{args:?}: {} {}",
            refused.code,
            refused.err
        );
    }
    let checked = serve(&["--check", "--listen", &address]);
    assert_eq!((checked.code, checked.out.as_str()), (0, "ok\n"), "{}", checked.err);
    assert_eq!(serve(&["--check", "--b2b-model", "model.ubj"]).code, 2);
}

#[test]
fn later_layers_of_settings_win() {
    let folder = folder(&[
        (
            "own.toml",
            b"max_requests = 1\nlog_level = \"error\"\nb2b_version = \"t\"\n[sender]\nname = \"Ada\"\n",
        ),
        (".env", b"LEADSCORE_MAX_REQUESTS=2\nLOG_LEVEL=warn\nAPI_KEY=hidden-words\n"),
        ("other.env", b"LOG_LEVEL=debug\n"),
    ]);
    let print = |args: &[&str], variables: &[(&str, &str)]| {
        let printed = run(
            folder.path(),
            &[&["serve", "--print-config", "--config", "own.toml"], args].concat(),
            variables,
        );
        assert_eq!(printed.code, 0, "{}", printed.err);
        assert!(!printed.out.contains("hidden-words"), "{}", printed.out);
        printed.out
    };
    let printed = print(&["--b2b-version", "f"], &[("LOG_LEVEL", "info")]);
    for line in [
        "listen = \"127.0.0.1:8000\"  # default",
        "max_requests = \"2\"  # LEADSCORE_MAX_REQUESTS in .env",
        "log_level = \"info\"  # LOG_LEVEL",
        "b2b_version = \"f\"  # --b2b-version",
        "sender.name = \"Ada\"  # own.toml",
        "# api_keys = \"(not shown)\"  # API_KEY in .env",
    ] {
        assert!(printed.lines().any(|own| own == line), "{line}\n{printed}");
    }
    // The file that is named is read instead.
    let printed = print(&["--env-file", "other.env"], &[]);
    assert!(printed.contains("max_requests = \"1\"  # own.toml"), "{printed}");
    assert!(printed.contains("log_level = \"debug\"  # LOG_LEVEL in other.env"), "{printed}");
    // What is printed is a file of settings.
    std::fs::write(folder.path().join("again.toml"), &printed).unwrap();
    let again = run(
        folder.path(),
        &["serve", "--print-config", "--config", "again.toml", "--env-file", "other.env"],
        &[],
    );
    assert!(again.out.contains("sender.name = \"Ada\"  # again.toml"), "{}{}", again.out, again.err);
    // And the key of .env counts.
    let server = Server::start(folder.path(), &[], &[]);
    let score = |key| server.call("POST", "/api/v1/score-lead", key, Some(&lead("a@a.example"))).0;
    assert_eq!((score(None), score(Some("hidden-words"))), (401, 200));
}

#[cfg(unix)]
#[test]
fn signals_end_it_and_load_the_model_again() {
    let folder = folder(&[]);
    let mut server = Server::start(folder.path(), &[], &[]);
    server.signal("HUP");
    server.wait_for("no file to load again");
    assert_eq!(server.call("GET", "/health", None, None).0, 200);
    server.signal("TERM");
    server.wait_for("stopping");
    assert_eq!(server.wait(), Some(0));

    let model = path(&folder, "model.json");
    std::fs::copy(root().join("fixtures/golden/xgb-3.2.0-binary-json/model.json"), &model).unwrap();
    let mut server = Server::start(folder.path(), &["--b2b-model", &model], &[]);
    server.signal("HUP");
    server.wait_for("was loaded again");
    std::fs::write(&model, "no model").unwrap();
    server.signal("HUP");
    server.wait_for("the old one stays");
    assert_eq!(server.call("GET", "/health", None, None).0, 200);
    server.signal("INT");
    assert_eq!(server.wait(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_request_under_way_is_answered_before_it_ends() {
    use std::io::{Read, Write};

    let folder = folder(&[]);
    let mut server = Server::start(folder.path(), &[], &[]);
    let body = lead("slow@a.example").to_string();
    let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
    let head = format!(
        "POST /api/v1/score-lead HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        server.address,
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body.as_bytes()[..10]).unwrap();
    // So that the server has seen the head; where it has not, it has not taken the connection either.
    std::thread::sleep(Duration::from_millis(500));
    server.signal("TERM");
    server.wait_for("stopping");
    let since = Instant::now();
    while std::net::TcpStream::connect(&server.address).is_ok() {
        assert!(since.elapsed() < Duration::from_secs(10), "it takes new connections");
        std::thread::sleep(Duration::from_millis(20));
    }
    stream.write_all(&body.as_bytes()[10..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(server.wait(), Some(0));
}
