//! The rows of a file, handed over as they are asked for.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use leadscore::error::catch_panic;
use leadscore::{Error, ErrorKind, Stop};
use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

use crate::enter::enter;
use crate::later::{Deferred, Stopper, promise, settle, stop_with};

/// Text that is handed over at once, more or less: its rows are made objects before the event loop turns again.
const PIECE_BYTES: usize = 1 << 16;
/// Text that waits to be taken before scoring pauses.
const WAITING_BYTES: usize = 1 << 18;
/// How often a paused thread asks whether anybody still wants its rows.
const POLL: Duration = Duration::from_millis(50);

/// The rows of a file, scored on a thread of their own that waits while nobody takes them.
#[napi]
#[derive(Debug)]
pub struct RowReader(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Told when a piece was taken.
    taken: Condvar,
    stopper: Stopper,
}

#[derive(Default)]
struct State {
    pieces: VecDeque<String>,
    bytes: usize,
    /// Who waits for the next piece.
    waiting: Option<Deferred<Option<String>>>,
    /// What came of the file, once all is scored.
    end: Option<Result<String, Error>>,
    summary: Option<String>,
}

#[napi]
impl RowReader {
    /// The next rows as JSON lines; null after the last.
    #[napi(ts_return_type = "Promise<string | null>")]
    pub fn next(&self, env: Env) -> napi::Result<Object<'static>> {
        let (deferred, promise) = promise::<Option<String>>(&env)?;
        let mut state = self.0.lock();
        if let Some(piece) = state.pieces.pop_front() {
            state.bytes -= piece.len();
            drop(state);
            self.0.taken.notify_one();
            settle(deferred, Ok(Some(piece)));
        } else if let Some(end) = state.end.take() {
            let end = end.map(|summary| {
                state.summary = Some(summary);
                None
            });
            // Asked again there are no more.
            state.end = Some(Ok(state.summary.clone().unwrap_or_default()));
            drop(state);
            settle(deferred, end);
        } else if state.waiting.is_some() {
            drop(state);
            let twice = "the next rows are being waited for already";
            settle::<Option<String>, _>(deferred, Err(Error::new(ErrorKind::Internal, "", twice)));
        } else {
            state.waiting = Some(deferred);
        }
        Ok(promise)
    }

    /// What came of the file, once the last rows were taken.
    #[napi]
    pub fn summary(&self) -> Option<String> {
        self.0.lock().summary.clone()
    }

    /// Lets go of the rows that were not taken, and ends the work.
    #[napi]
    pub fn stop(&self) {
        self.0.stop();
    }
}

impl Drop for RowReader {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl RowReader {
    /// Begins to score a file.
    pub(crate) fn open(env: Env, pipeline: leadscore::Pipeline, options: String) -> napi::Result<RowReader> {
        let shared =
            Arc::new(Shared { state: Mutex::default(), taken: Condvar::new(), stopper: Stopper::new() });
        stop_with(env, &shared.stopper)?;
        let own = shared.clone();
        let thread = std::thread::Builder::new().name("leadscore-rows".to_owned());
        let begun = thread.spawn(move || own.score(&pipeline, &options));
        enter(env, || begun.map(drop).map_err(|error| Error::new(ErrorKind::Io, "", error.to_string())))?;
        Ok(RowReader(shared))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.stopper.stop();
        let mut state = self.lock();
        (state.pieces, state.bytes) = (VecDeque::new(), 0);
        drop(state);
        self.taken.notify_all();
    }

    /// Scores the file, and hands over what came of it.
    fn score(&self, pipeline: &leadscore::Pipeline, options: &str) {
        let receive = Box::new(|lines: &[u8]| self.receive(lines));
        let result = catch_panic(|| leadscore_files::score_rows(pipeline, options, receive, &self.stopper));
        let mut state = self.lock();
        let waiting = state.waiting.take();
        match (waiting, result) {
            (None, result) => state.end = Some(result),
            (Some(waiting), result) => {
                state.summary = result.as_ref().ok().cloned();
                state.end = Some(Ok(state.summary.clone().unwrap_or_default()));
                drop(state);
                settle(waiting, result.map(|_| None));
            }
        }
    }

    /// Takes whole lines in, once there is room.
    fn receive(&self, lines: &[u8]) -> Result<(), Error> {
        let mut rest = lines;
        while !rest.is_empty() {
            let least = rest.len().min(PIECE_BYTES) - 1;
            let end = line_end(&rest[least..]).map_or(rest.len(), |at| least + at + 1);
            let (piece, later) = rest.split_at(end);
            rest = later;
            let piece = str::from_utf8(piece)
                .map_err(|error| Error::new(ErrorKind::Internal, "", error.to_string()))?
                .to_owned();
            self.hand_over(piece)?;
        }
        self.stopper.check()
    }

    fn hand_over(&self, piece: String) -> Result<(), Error> {
        let mut state = self.lock();
        while state.bytes >= WAITING_BYTES {
            self.stopper.check()?;
            state = self.taken.wait_timeout(state, POLL).unwrap_or_else(PoisonError::into_inner).0;
        }
        self.stopper.check()?;
        if let Some(waiting) = state.waiting.take() {
            drop(state);
            settle(waiting, Ok(Some(piece)));
        } else {
            state.bytes += piece.len();
            state.pieces.push_back(piece);
        }
        Ok(())
    }
}

fn line_end(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n')
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("stopper", &self.stopper).finish_non_exhaustive()
    }
}
