//! Traces of requests reach a collector.
#![cfg(all(feature = "otel", unix))]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use support::folder;
use support::server::{Server, run};

const TRACE: [u8; 16] =
    [0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36];
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A collector that answers 200; the request lines with the headers, and the bodies.
fn collector() -> (String, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (send, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {
                let line = head.lines().last().unwrap_or_default().to_ascii_lowercase();
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            reader.get_mut().write_all(answer).unwrap();
            let _ = send.send((head, body));
        }
    });
    (url, received)
}

#[test]
fn a_request_is_a_span_of_its_callers_trace() {
    let (url, received) = collector();
    let folder = folder(&[]);
    let mut server = Server::start(folder.path(), &[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", &url)]);
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let request = format!(
        "GET /api/v1/leads/jane@example.com?q=secret HTTP/1.1\r\nhost: localhost\r\ntraceparent: {TRACEPARENT}\r\n\
         x-request-id: req-7\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    // What waits is sent before it ends.
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
    let (head, body) = received.recv_timeout(Duration::from_secs(30)).expect("nothing came to the collector");
    assert!(head.starts_with("POST /v1/traces "), "{head}");
    assert!(head.to_ascii_lowercase().contains("content-type: application/x-protobuf"), "{head}");
    let has = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
    for part in ["GET /api/v1/leads/{lead}", "http.response.status_code", "req-7", "leadscore"] {
        assert!(has(part.as_bytes()), "{part} is not in the span");
    }
    assert!(has(&TRACE), "it is not of the caller's trace");
    assert!(!has(b"jane") && !has(b"secret"), "the path of the request is in the span");
}

#[test]
fn a_collector_that_cannot_be_one_is_told() {
    let folder = folder(&[]);
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", "not an address")];
    let refused = run(folder.path(), &["serve", "--listen", "127.0.0.1:0"], &variables);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(refused.err.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{}", refused.err);
}
