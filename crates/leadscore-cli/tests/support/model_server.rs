//! A server on loopback that answers like OpenAI's chat completions and embeddings, one answer after another.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub(crate) struct ModelServer {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl ModelServer {
    /// Answers each request with the next status and text; the last one stays.
    pub(crate) fn start(answers: Vec<(u16, String)>) -> ModelServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut seen = seen.lock().unwrap();
                let (status, text) = &answers[seen.len().min(answers.len() - 1)];
                seen.push(serve(stream.unwrap(), *status, text));
            }
        });
        ModelServer { url, requests }
    }

    /// The bodies of all requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, status: u16, text: &str) -> String {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let asked: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let answer = if let (200, Some(texts)) = (status, asked["input"].as_array()) {
        // Embeddings: one axis for each word of the answer's text, and one for all.
        let axes: Vec<&str> = text.split_whitespace().collect();
        let vector = |told: &serde_json::Value| {
            let has =
                |word: &&str| f32::from(u8::from(told.as_str().unwrap().to_lowercase().contains(*word)));
            axes.iter().map(has).chain([0.1]).collect::<Vec<f32>>()
        };
        let item =
            |(at, told)| serde_json::json!({"object": "embedding", "index": at, "embedding": vector(told)});
        let data: Vec<serde_json::Value> = texts.iter().enumerate().map(item).collect();
        serde_json::json!({"object": "list", "data": data, "usage": {"prompt_tokens": 1_000, "total_tokens": 1_000}})
    } else if status == 200 {
        serde_json::json!({
            "id": "c-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini-2024-07-18",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": 400, "completion_tokens": 50, "total_tokens": 450},
        })
    } else {
        serde_json::json!({"error": {"message": text, "type": "server_error"}})
    };
    let answer = answer.to_string();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        answer.len()
    );
    reader.get_mut().write_all((head + &answer).as_bytes()).unwrap();
    String::from_utf8(body).unwrap()
}
