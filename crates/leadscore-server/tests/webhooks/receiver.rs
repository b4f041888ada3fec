//! A receiver of webhooks in the test's own process.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What came.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) at: Instant,
}

/// What is answered to the so-manieth delivery, from 1.
pub(crate) type Answer = Arc<dyn Fn(usize) -> Reply + Send + Sync>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) text: String,
    /// How long it takes.
    pub(crate) after: Duration,
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    inner: Arc<Inner>,
    task: JoinHandle<()>,
}

struct Inner {
    answer: Answer,
    taken: Mutex<Vec<Taken>>,
    /// How many are being answered, and the most at once.
    busy: Mutex<(usize, usize)>,
}

impl Receiver {
    /// One that answers every delivery with a status.
    pub(crate) async fn answering(status: u16) -> Receiver {
        Receiver::start(move |_| Reply { status, ..Reply::default() }).await
    }

    pub(crate) async fn start(answer: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Receiver {
        let inner =
            Arc::new(Inner { answer: Arc::new(answer), taken: Mutex::default(), busy: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().fallback(take).with_state(Arc::clone(&inner));
        let task = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Receiver { url, inner, task }
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.inner.taken.lock().unwrap().clone()
    }

    /// The most deliveries that it was given at once.
    pub(crate) fn most_at_once(&self) -> usize {
        self.inner.busy.lock().unwrap().1
    }

    /// Waits until so many deliveries have come.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Taken> {
        let began = Instant::now();
        loop {
            let taken = self.taken();
            if taken.len() >= count {
                return taken;
            }
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "{} of {count} deliveries came: {taken:?}",
                taken.len()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Taken {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {:?}", self.headers)).to_str().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

async fn take(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> Response {
    let number = {
        let mut taken = inner.taken.lock().unwrap();
        taken.push(Taken { headers, body, at: Instant::now() });
        taken.len()
    };
    let _busy = Busy::new(&inner);
    let reply = (inner.answer)(number);
    tokio::time::sleep(reply.after).await;
    let mut response = (StatusCode::from_u16(reply.status).unwrap(), reply.text).into_response();
    for (name, value) in reply.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

/// A delivery that is being answered, until it is or its sender goes away.
struct Busy(Arc<Inner>);

impl Busy {
    fn new(inner: &Arc<Inner>) -> Busy {
        let mut busy = inner.busy.lock().unwrap();
        busy.0 += 1;
        busy.1 = busy.1.max(busy.0);
        Busy(Arc::clone(inner))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.lock().unwrap().0 -= 1;
    }
}
