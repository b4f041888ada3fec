//! Lines that wait a moment to be written together: a system call for each costs as much as scoring a lead.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line waits at most.
pub(super) const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// How many bytes wait at most.
const MOST: usize = 64 << 10;

/// A writer that many share. A warning or an error is written at once, and what waits before it.
pub(super) struct Buffered<W: Write> {
    shared: Arc<Shared<W>>,
}

struct Shared<W: Write> {
    pending: Mutex<Pending<W>>,
    filled: Condvar,
}

struct Pending<W: Write> {
    bytes: Vec<u8>,
    out: W,
    is_closed: bool,
}

/// Writes what waits when it is dropped; a process holds it to its end.
#[derive(Default)]
#[must_use = "what waits is written when it is dropped"]
pub struct LogGuard(Vec<Box<dyn FnOnce() + Send>>);

/// Where one line goes.
pub(super) struct Line<'a, W: Write> {
    pending: MutexGuard<'a, Pending<W>>,
    filled: &'a Condvar,
    is_urgent: bool,
}

impl<W: Write + Send + 'static> Buffered<W> {
    /// A writer with its thread, which sleeps while nothing waits.
    pub(super) fn new(out: W) -> io::Result<(Buffered<W>, LogGuard)> {
        let pending = Mutex::new(Pending { bytes: Vec::with_capacity(MOST), out, is_closed: false });
        let shared = Arc::new(Shared { pending, filled: Condvar::new() });
        let own = Arc::clone(&shared);
        thread::Builder::new().name("log".to_owned()).spawn(move || own.write_in_time())?;
        let closing = Arc::clone(&shared);
        let close = move || {
            let mut pending = closing.lock();
            pending.is_closed = true;
            pending.write();
            closing.filled.notify_all();
        };
        Ok((Buffered { shared }, LogGuard(vec![Box::new(close)])))
    }
}

impl LogGuard {
    /// Does something more when it is dropped, before all else.
    #[cfg(feature = "otel")]
    pub(super) fn first(&mut self, close: impl FnOnce() + Send + 'static) {
        self.0.insert(0, Box::new(close));
    }
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        self.0.drain(..).for_each(|close| close());
    }
}

impl std::fmt::Debug for LogGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogGuard")
    }
}

impl<W: Write> Shared<W> {
    fn lock(&self) -> MutexGuard<'_, Pending<W>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_in_time(&self) {
        let mut pending = self.lock();
        while !pending.is_closed {
            if pending.bytes.is_empty() {
                pending = self.filled.wait(pending).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            drop(pending);
            thread::sleep(LONGEST_WAIT);
            pending = self.lock();
            pending.write();
        }
    }
}

impl<W: Write> Pending<W> {
    /// A log that cannot be written is no reason to fail: nobody could be told.
    fn write(&mut self) {
        let _ = self.out.write_all(&self.bytes);
        let _ = self.out.flush();
        self.bytes.clear();
    }
}

impl<'a, W: Write + 'static> MakeWriter<'a> for Buffered<W> {
    type Writer = Line<'a, W>;

    fn make_writer(&'a self) -> Line<'a, W> {
        Line { pending: self.shared.lock(), filled: &self.shared.filled, is_urgent: true }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Line<'a, W> {
        Line { is_urgent: *metadata.level() <= Level::WARN, ..self.make_writer() }
    }
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let pending = &mut *self.pending;
        let was_empty = pending.bytes.is_empty();
        pending.bytes.extend_from_slice(bytes);
        if self.is_urgent || pending.is_closed || pending.bytes.len() >= MOST {
            pending.write();
        } else if was_empty {
            self.filled.notify_one();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Out(Arc<Mutex<Vec<Vec<u8>>>>);

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Out {
        fn writes(&self) -> usize {
            self.0.lock().unwrap().len()
        }

        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().concat()).unwrap()
        }
    }

    fn logging(events: impl FnOnce(&Out)) -> Out {
        let out = Out::default();
        let (writer, guard) = Buffered::new(out.clone()).unwrap();
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).without_time().with_writer(writer);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || events(&out));
        drop(guard);
        out
    }

    #[test]
    fn lines_are_written_together_and_in_order() {
        let out = logging(|_| (0..100).for_each(|at| tracing::info!(at)));
        assert!(out.writes() < 100, "{}", out.writes());
        let text = out.text();
        assert_eq!(text.lines().count(), 100);
        assert!(text.lines().enumerate().all(|(at, line)| line.ends_with(&format!("at={at}"))));
    }

    #[test]
    fn an_error_takes_what_waits_with_it() {
        logging(|out| {
            tracing::info!("first");
            tracing::error!("second");
            let text = out.text();
            assert!(text.find("first").unwrap() < text.find("second").unwrap(), "{text}");
        });
    }

    #[test]
    fn a_line_waits_no_longer_than_it_may() {
        logging(|out| {
            tracing::info!("alone");
            let began = Instant::now();
            while out.writes() == 0 {
                assert!(began.elapsed() < 50 * LONGEST_WAIT, "it still waits");
                thread::sleep(LONGEST_WAIT / 10);
            }
        });
    }

    #[test]
    fn no_more_waits_than_there_is_room() {
        let long = "x".repeat(1_000);
        let out = logging(|_| (0..1_000).for_each(|_| tracing::info!(long)));
        assert!(out.0.lock().unwrap().iter().all(|one| one.len() < MOST + 2_000));
    }
}
