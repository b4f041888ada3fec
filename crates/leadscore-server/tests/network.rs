//! Who a caller is behind proxies, and how long a slow one is waited for.

mod support;

use std::io::ErrorKind;
use std::net::{IpAddr, TcpListener};
use std::time::{Duration, Instant};

use leadscore_server::Layers;
use reqwest::Client;
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use support::{KEY, Running, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const FORWARDED: &str = "x-forwarded-for";

fn from(address: &str) -> Client {
    let address: IpAddr = address.parse().unwrap();
    Client::builder().local_address(address).build().unwrap()
}

/// How many requests a caller has left after one with these headers: which window it was counted in.
async fn left(server: &Running, client: &Client, lines: &[(&'static str, &[u8])]) -> u32 {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_bytes(value).unwrap());
    }
    let response = client.get(format!("{}/u/no-token", server.base)).headers(headers).send().await.unwrap();
    assert_eq!(response.status(), 404);
    response.headers()["x-ratelimit-remaining"].to_str().unwrap().parse().unwrap()
}

/// Asserts that a request is counted as one of an address, between two that are without doubt.
async fn assert_counted(server: &Running, by: &Client, lines: &[(&'static str, &[u8])], of: (&Client, &str)) {
    let (client, address) = of;
    let plain = [(FORWARDED, address.as_bytes())];
    let plain: &[(&str, &[u8])] = if address.is_empty() { &[] } else { &plain };
    let before = left(server, client, plain).await;
    let own = left(server, by, lines).await;
    let after = left(server, client, plain).await;
    let shown: Vec<_> = lines.iter().map(|(name, value)| (*name, String::from_utf8_lossy(value))).collect();
    assert_eq!((before - own, before - after), (1, 2), "{shown:?} is not counted as {address:?}");
}

#[tokio::test]
async fn the_last_hop_that_no_proxy_of_ours_added_is_the_caller() {
    let trusted = ("LEADSCORE_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8, 2001:db8:ffff::/48");
    let server = Running::start(&[trusted]).await;
    let (proxy, stranger) = (from("127.0.0.1"), from("127.0.0.2"));
    let long = format!("{} 203.0.113.7", "1.1.1.1, ".repeat(5_000));
    // Lines of the header, and the address that is meant; an empty one is the connection's own.
    let table: &[(&[&[u8]], &str)] = &[
        (&[], ""),
        (&[b"203.0.113.7"], "203.0.113.7"),
        (&[b"  203.0.113.7  "], "203.0.113.7"),
        // Whatever stands left of it was sent by the caller.
        (&[b"1.1.1.1, 203.0.113.7"], "203.0.113.7"),
        (&[b"127.0.0.1, 10.0.0.1, 203.0.113.7"], "203.0.113.7"),
        (&[b"not an address,\x80,, 203.0.113.7"], "203.0.113.7"),
        (&[long.as_bytes()], "203.0.113.7"),
        // Our own proxies may stand behind each other, and add lines.
        (&[b"1.1.1.1, 203.0.113.7, 10.1.2.3"], "203.0.113.7"),
        (&[b"1.1.1.1, 203.0.113.7, 2001:db8:ffff::9"], "203.0.113.7"),
        (&[b"1.1.1.1", b"203.0.113.7, 10.0.0.1", b"10.0.0.2"], "203.0.113.7"),
        (&[b"203.0.113.7", b"203.0.113.8"], "203.0.113.8"),
        (&[b"10.0.0.9, 10.0.0.1"], "10.0.0.9"),
        // As some proxies write it.
        (&[b"203.0.113.7:4711"], "203.0.113.7"),
        (&[b"::ffff:203.0.113.7"], "203.0.113.7"),
        (&[b"2001:db8::1"], "2001:db8::"),
        (&[b"[2001:db8::1]"], "2001:db8::"),
        (&[b"[2001:db8::1]:443"], "2001:db8::"),
        // One line has a network of 64 bits, and must not be 2^64 callers.
        (&[b"2001:db8::ffff:1:2:3"], "2001:db8::1"),
        (&[b"2001:db8:0:1::1"], "2001:db8:0:1::2"),
        // What cannot be read is not believed, and nothing left of it.
        (&[b"203.0.113.7, unknown"], ""),
        (&[b"203.0.113.7, "], ""),
        (&[b""], ""),
        (&[b"203.0.113.7", b"\xff\xfe"], ""),
        (&[b"203.0.113.7, 999.1.1.1"], ""),
        (&[b"203.0.113.7, 0x7f.1"], ""),
        (&[b"fe80::1%eth0"], ""),
        (&[b"203.0.113.7, _hidden, 10.0.0.1"], "10.0.0.1"),
    ];
    for (lines, address) in table {
        let lines: Vec<(&'static str, &[u8])> = lines.iter().map(|line| (FORWARDED, *line)).collect();
        assert_counted(&server, &proxy, &lines, (&proxy, address)).await;
        // Who is no proxy of ours may say what it likes.
        assert_counted(&server, &stranger, &lines, (&stranger, "")).await;
    }
    let others: [(&'static str, &[u8]); 3] =
        [("forwarded", b"for=203.0.113.7"), ("x-real-ip", b"203.0.113.7"), ("via", b"1.1 proxy")];
    assert_counted(&server, &proxy, &others, (&proxy, "")).await;
    assert_ne!(left(&server, &stranger, &[]).await, left(&server, &proxy, &[]).await);
}

#[tokio::test]
async fn without_trusted_proxies_the_header_means_nothing() {
    let server = Running::start(&[]).await;
    let own = from("127.0.0.1");
    for line in ["203.0.113.7", "127.0.0.2", "::1", "x"] {
        assert_counted(&server, &own, &[(FORWARDED, line.as_bytes())], (&own, "")).await;
    }
}

#[tokio::test]
async fn a_proxy_is_trusted_over_ipv6_too() {
    if TcpListener::bind("[::1]:0").is_err_and(|error| error.kind() == ErrorKind::AddrNotAvailable) {
        eprintln!("skipped: this machine has no IPv6");
        return;
    }
    let server =
        Running::start(&[("LEADSCORE_LISTEN", "[::1]:0"), ("LEADSCORE_TRUSTED_PROXIES", "::1")]).await;
    let proxy = Client::new();
    assert_counted(&server, &proxy, &[(FORWARDED, b"1.1.1.1, 203.0.113.7")], (&proxy, "203.0.113.7")).await;
}

/// What is open to this machine alone is not opened by a proxy that says that the caller is on this machine.
#[tokio::test]
async fn nothing_forwarded_is_of_this_machine() {
    let lead = json!({"name": "Ann", "email": "ann@acme.example", "page_views": 3});
    for trusted in ["127.0.0.1", "192.0.2.1"] {
        let server = Running::start(&[("LEADSCORE_TRUSTED_PROXIES", trusted)]).await;
        for line in ["127.0.0.1", "::1", "203.0.113.7", "", "x"] {
            let request = server.post("/api/v1/score-lead", &lead).header(FORWARDED, line);
            let (status, body) = json(request).await;
            assert_eq!(
                (status, &body["error"]["code"]),
                (403, &json!("FORBIDDEN")),
                "{trusted} {line:?} {body}"
            );
        }
        assert_eq!(json(server.post("/api/v1/score-lead", &lead)).await.0, 200);
        // Without a key the windows are those of addresses.
        let mut remaining = Vec::new();
        for address in ["127.0.0.1", "127.0.0.1", "127.0.0.2"] {
            let request = from(address).post(format!("{}/api/v1/score-lead", server.base)).json(&lead);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 200);
            remaining.push(response.headers()["x-ratelimit-remaining"].to_str().unwrap().to_owned());
        }
        assert_eq!(remaining, ["98", "97", "99"]);
    }
}

/// Sends parts of a request, each after a pause; gives what came back until the connection was closed, and when that was.
async fn raw(server: &Running, parts: &[(u64, Vec<u8>)]) -> (String, Duration) {
    let address = server.base.strip_prefix("http://").unwrap();
    let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
    let began = Instant::now();
    let parts = parts.to_vec();
    let sending = tokio::spawn(async move {
        for (millis, part) in parts {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            if writer.write_all(&part).await.is_err() {
                break;
            }
        }
        // The connection is held open: it is the server that has to end it.
        std::future::pending::<()>().await;
        drop(writer);
    });
    let mut answer = Vec::new();
    let reading = tokio::time::timeout(Duration::from_secs(30), reader.read_to_end(&mut answer)).await;
    sending.abort();
    match reading.expect("the connection is closed in the end") {
        Ok(_) => {}
        // Where the server had not read all that was sent, the system says so.
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    (String::from_utf8(answer).unwrap(), began.elapsed())
}

fn head(path: &str, more: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {KEY}\r\n{more}\r\n").into_bytes()
}

fn body_of(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}

const SECOND: (&str, &str) = ("LEADSCORE_HEADER_TIMEOUT", "1s");
const BODY_SECOND: (&str, &str) = ("LEADSCORE_BODY_TIMEOUT", "1s");

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_whole_head_is_closed() {
    let server = Running::start(&[SECOND]).await;
    let half = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ".to_vec();
    let mut drip = vec![(0, half.clone())];
    drip.extend((0..100).map(|_| (100, b"a".to_vec())));
    let nothing = raw(&server, &[]);
    let half = [(0, half)];
    let stalled = raw(&server, &half);
    let dripping = raw(&server, &drip);
    // An answer first, then nothing more.
    let kept = [(0, b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_vec())];
    let idle = raw(&server, &kept);
    let meanwhile = async {
        let began = Instant::now();
        assert_eq!(json(server.get("/health")).await.0, 200);
        assert!(began.elapsed() < Duration::from_millis(900), "others wait: {:?}", began.elapsed());
    };
    let (nothing, stalled, dripping, idle, ()) = tokio::join!(nothing, stalled, dripping, idle, meanwhile);
    for (name, (answer, took)) in
        [("nothing", &nothing), ("stalled", &stalled), ("drip", &dripping), ("idle", &idle)]
    {
        assert!((900..5_000).contains(&took.as_millis()), "{name}: {took:?}");
        assert_eq!(answer.matches("HTTP/1.1 200").count(), usize::from(name == "idle"), "{name}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_a_timeout_in_the_family_s_shape() {
    let server = Running::start(&[BODY_SECOND, ("API_KEY", KEY)]).await;
    let json_head = "Content-Type: application/json\r\nContent-Length: 500\r\n";
    let chunked = "Content-Type: multipart/form-data; boundary=edge\r\nTransfer-Encoding: chunked\r\n";
    let start =
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"l.csv\"\r\n\r\nname,email\r\n";
    let part = format!("{:x}\r\n{start}\r\n", start.len()).into_bytes();
    let mut drip = vec![(0, head("/api/v1/leads", json_head))];
    drip.extend((0..200).map(|_| (50, b" ".to_vec())));
    let keyed = format!("{json_head}Idempotency-Key: slow-1\r\n");
    let requests = [
        ("heat", vec![(0, head("/api/v1/score-lead", json_head)), (0, b"{\"name\": ".to_vec())]),
        ("b2b", vec![(0, head("/api/v1/score", json_head)), (0, b"{\"lead_id\": ".to_vec())]),
        ("upload", vec![(0, head("/api/v1/upload-leads", chunked)), (0, part)]),
        ("keyed", vec![(0, head("/api/v1/leads", &keyed)), (0, b"{".to_vec())]),
        ("drip", drip),
    ];
    for (name, parts) in requests {
        let (answer, took) = raw(&server, &parts).await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{name}: {answer}");
        assert!((900..5_000).contains(&took.as_millis()), "{name}: {took:?}");
        assert!(answer.to_lowercase().contains("connection: close"), "{name}: {answer}");
        let body = body_of(&answer);
        if name == "b2b" {
            assert_eq!(body, json!({"detail": "the body of the request took too long"}));
        } else {
            assert_eq!(body["error"]["code"], "REQUEST_TIMEOUT", "{name}: {body}");
        }
    }
    // The key of the slow request is free.
    let request = server.post("/api/v1/leads", &json!({"id": "x"})).header("x-api-key", KEY);
    assert_eq!(json(request.header("idempotency-key", "slow-1")).await.0, 201);
    // Who may not call is told so without waiting for the body.
    let refused = [(0, b"POST /api/v1/leads HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{".to_vec())];
    let (answer, took) = raw(&server, &refused).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert!(took < Duration::from_millis(900), "{took:?}");
}

/// A slow line is no attack: what comes at a fair pace is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_upload_over_a_slow_line_is_taken() {
    let server = Running::start(&[BODY_SECOND, ("API_KEY", KEY)]).await;
    let rows: Vec<Vec<u8>> = (0..6)
        .map(|part| {
            let row = |at| format!("Ann,a{part}x{at}@acme.example,{}\n", "c".repeat(170));
            (0..100).map(row).collect::<String>().into_bytes()
        })
        .collect();
    let first = b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"l.csv\"\r\nContent-Type: text/csv\r\n\r\nname,email,campaign\n".to_vec();
    let last = b"\r\n--edge--\r\n".to_vec();
    let length = first.len() + last.len() + rows.iter().map(Vec::len).sum::<usize>();
    let more = format!(
        "Content-Type: multipart/form-data; boundary=edge\r\nConnection: close\r\nContent-Length: {length}\r\n"
    );
    let mut parts = vec![(0, head("/api/v1/upload-leads", &more)), (0, first)];
    parts.extend(rows.into_iter().map(|rows| (500, rows)));
    parts.push((0, last));
    let (answer, took) = raw(&server, &parts).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(took > Duration::from_millis(2_900), "{took:?}");
    assert_eq!(body_of(&answer)["processed"], 600);
}

/// Browsers open connections before they need them, and keep them: neither keeps the server from ending.
#[tokio::test(flavor = "multi_thread")]
async fn connections_without_a_request_do_not_keep_the_server() {
    let server = Running::start(&[]).await;
    let address = server.base.strip_prefix("http://").unwrap().to_owned();
    let untouched = TcpStream::connect(&address).await.unwrap();
    let mut kept = TcpStream::connect(&address).await.unwrap();
    kept.write_all(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    kept.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    let began = Instant::now();
    server.stop().await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    drop((untouched, kept));
}

#[test]
fn both_times_are_settings_with_defaults() {
    let shown = Layers::new().print();
    for line in ["header_timeout = \"30s\"  # default", "body_timeout = \"20s\"  # default"] {
        assert!(shown.contains(line), "{shown}");
    }
    for name in ["LEADSCORE_HEADER_TIMEOUT", "LEADSCORE_BODY_TIMEOUT"] {
        for wrong in ["0s", "5", "-1s", "soon"] {
            let layers = Layers::new().environment([(name.to_owned(), wrong.to_owned())]).unwrap();
            let error = layers.build().unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("24h"), "{error}");
        }
    }
}
