//! The time that a body may take: so long in all, and a second more for so many bytes of it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

/// A body gets a second more for so many bytes: a slow line is no attack, a byte now and then is.
const BYTES_A_SECOND: u64 = 10 << 10;

/// What became of a body.
#[derive(Debug, Clone)]
pub(super) struct Progress(Arc<AtomicU8>);

const UNDER_WAY: u8 = 0;
const ENDED: u8 = 1;
const LATE: u8 = 2;

/// Gives a body a time limit, and what tells how it went; none where there is no body.
pub(super) fn limit(body: &mut Body, time: Duration) -> Option<Progress> {
    if body.is_end_stream() {
        return None;
    }
    let progress = Progress(Arc::default());
    let limited = Limited {
        inner: std::mem::take(body),
        began: Instant::now(),
        time,
        received: 0,
        sleep: None,
        progress: progress.clone(),
    };
    *body = Body::new(limited);
    Some(progress)
}

impl Progress {
    /// Whether the body took too long.
    pub(super) fn is_late(&self) -> bool {
        self.0.load(Ordering::Relaxed) == LATE
    }

    /// Whether more of the body was still to come.
    pub(super) fn is_under_way(&self) -> bool {
        self.0.load(Ordering::Relaxed) == UNDER_WAY
    }
}

struct Limited {
    inner: Body,
    began: Instant,
    time: Duration,
    received: u64,
    /// Made when the body is waited for: most are there at once.
    sleep: Option<Pin<Box<Sleep>>>,
    progress: Progress,
}

impl Limited {
    fn deadline(&self) -> Instant {
        let more = Duration::from_millis(self.received.saturating_mul(1_000) / BYTES_A_SECOND);
        self.began + self.time + more
    }
}

impl HttpBody for Limited {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let own = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut own.inner).poll_frame(context) {
            match &frame {
                Some(Ok(frame)) => own.received += frame.data_ref().map_or(0, |data| data.len() as u64),
                None => own.progress.0.store(ENDED, Ordering::Relaxed),
                Some(Err(_)) => {}
            }
            if own.inner.is_end_stream() {
                own.progress.0.store(ENDED, Ordering::Relaxed);
            }
            return Poll::Ready(frame);
        }
        let deadline = own.deadline();
        let sleep = own.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        if sleep.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        own.progress.0.store(LATE, Ordering::Relaxed);
        Poll::Ready(Some(Err(axum::Error::new("the body took too long"))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::to_bytes;
    use futures_util::stream;

    use super::*;

    /// A body of so many parts of so many bytes, each after so long a time.
    fn dripping(parts: usize, bytes: usize, pause: Duration) -> Body {
        Body::from_stream(stream::unfold(0, move |sent| async move {
            if sent == parts {
                return None;
            }
            tokio::time::sleep(pause).await;
            Some((Ok::<_, Infallible>(Bytes::from(vec![b'x'; bytes])), sent + 1))
        }))
    }

    async fn read(mut body: Body) -> (Option<usize>, Progress, Duration) {
        let began = Instant::now();
        let progress = limit(&mut body, Duration::from_secs(5));
        let read = to_bytes(body, usize::MAX).await.ok().map(|bytes| bytes.len());
        (read, progress.unwrap(), began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_line_is_waited_for_and_a_drip_is_not() {
        let second = Duration::from_secs(1);
        // 20 KiB a second for a minute, more than the time for a stalled one.
        let (length, progress, took) = read(dripping(60, 20 << 10, second)).await;
        assert_eq!(
            (length, progress.is_late(), progress.is_under_way()),
            (Some(60 * (20 << 10)), false, false)
        );
        assert_eq!(took.as_secs(), 60);
        let (length, progress, took) = read(dripping(60, 1, second)).await;
        assert_eq!((length, progress.is_late(), took.as_secs()), (None, true, 5));
        let (length, progress, took) = read(dripping(1, 100, 3 * second)).await;
        assert_eq!((length, progress.is_late(), took.as_secs()), (Some(100), false, 3));
        let stalled = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        let (length, progress, took) = read(stalled).await;
        assert_eq!((length, progress.is_late(), took.as_secs()), (None, true, 5));
        assert!(limit(&mut Body::empty(), second).is_none());
    }
}
