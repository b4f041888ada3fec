//! One attempt to deliver an event.

use std::time::Duration;

use super::{Endpoint, Event};
use crate::answer::{cause, retry_after};
use crate::ssrf::{Guard, NotAllowed, refusal};

/// Delivers events; cheap to clone, and shared by all that deliver.
#[derive(Debug, Clone)]
pub struct Deliverer {
    guard: Guard,
    client: reqwest::Client,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// Whether it arrived, and what to do if not.
    pub outcome: DeliveryOutcome,
    /// The receiver's status, where it answered.
    pub status: Option<u16>,
    /// The first KiB of its answer, to find out what is wrong.
    pub reply: String,
    /// Why there is no answer, for one's own log: a receiver's owner is not to see it.
    pub error: Option<String>,
}

/// Whether an event arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryOutcome {
    /// The receiver answered with a status of 200 to 299.
    Delivered,
    /// Try again later.
    Failed {
        /// How long the receiver asks to wait.
        retry_after: Option<Duration>,
    },
    /// The receiver answered 410: there is nobody any more, and nothing more is to be sent.
    Gone,
    /// The address may not be reached.
    NotAllowed,
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(15);
const MAX_REPLY_BYTES: usize = 64 << 10;
const KEPT_REPLY_BYTES: usize = 1 << 10;

impl Deliverer {
    /// With a guard, and 15 seconds for an attempt.
    ///
    /// # Errors
    /// That of the HTTP library where it cannot set itself up.
    pub fn new(guard: Guard) -> Result<Deliverer, reqwest::Error> {
        Deliverer::with_timeouts(guard, CONNECT_TIMEOUT, TOTAL_TIMEOUT)
    }

    /// The same with timeouts of your own.
    ///
    /// # Errors
    /// As [`Deliverer::new`].
    pub fn with_timeouts(
        guard: Guard,
        connect: Duration,
        total: Duration,
    ) -> Result<Deliverer, reqwest::Error> {
        let client = guard.client(connect, total)?;
        Ok(Deliverer { guard, client })
    }

    /// Makes one attempt, at a time in seconds since 1970 and with an id of its own.
    ///
    /// The address is checked anew, redirects are not followed, and of the answer nothing is read beyond the chunk in which 64 KiB are reached.
    pub async fn deliver(
        &self,
        endpoint: &Endpoint,
        event: &Event,
        seconds: i64,
        delivery: &str,
    ) -> Delivery {
        let url = match self.guard.check(&endpoint.url) {
            Ok(url) => url,
            Err(reason) => return not_allowed(&reason),
        };
        let mut request = self.client.post(url).body(event.body.clone());
        for (name, value) in endpoint.headers(event, seconds, delivery) {
            request = request.header(name, value);
        }
        match request.send().await {
            Ok(response) => answered(response).await,
            Err(error) => match refusal(&error) {
                Some(reason) => not_allowed(reason),
                None => Delivery {
                    outcome: DeliveryOutcome::Failed { retry_after: None },
                    status: None,
                    reply: String::new(),
                    error: Some(cause(&error)),
                },
            },
        }
    }
}

async fn answered(mut response: reqwest::Response) -> Delivery {
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers());
    let (mut kept, mut read, mut error) = (Vec::new(), 0, None);
    // What is not read keeps a connection from being used again; what is not kept costs nothing.
    while read < MAX_REPLY_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                read += chunk.len();
                let room = KEPT_REPLY_BYTES.saturating_sub(kept.len()).min(chunk.len());
                kept.extend_from_slice(&chunk[..room]);
            }
            Ok(None) => break,
            Err(broken) => {
                error = Some(cause(&broken));
                break;
            }
        }
    }
    let outcome = match status {
        200..=299 => DeliveryOutcome::Delivered,
        410 => DeliveryOutcome::Gone,
        429 | 502 | 503 | 504 => DeliveryOutcome::Failed { retry_after },
        _ => DeliveryOutcome::Failed { retry_after: None },
    };
    Delivery { outcome, status: Some(status), reply: String::from_utf8_lossy(&kept).into_owned(), error }
}

fn not_allowed(reason: &NotAllowed) -> Delivery {
    Delivery {
        outcome: DeliveryOutcome::NotAllowed,
        status: None,
        reply: String::new(),
        error: Some(reason.to_string()),
    }
}
