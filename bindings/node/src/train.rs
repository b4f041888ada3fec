//! Learning from past leads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use leadscore::train::TrainProgress;
use napi::Env;
use napi::bindgen_prelude::{FnArgs, Function, Object};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;

use crate::enter::enter;
use crate::later::{Stopper, enter_later};

/// The fold, the number of folds, the size of its trees, the round and the log loss of the held-out leads.
type Step = FnArgs<(u32, u32, &'static str, u32, f64)>;

/// What hears of it is told at most so often, so that whoever shows it has time for other work.
const PAUSE: Duration = Duration::from_millis(40);

/// Tells of progress now and then.
#[derive(Default)]
struct Teller {
    last: Option<Instant>,
}

impl Teller {
    /// The step, unless one was told just before.
    fn step(&mut self, told: &TrainProgress) -> Option<Step> {
        if self.last.is_some_and(|last| last.elapsed() < PAUSE) {
            return None;
        }
        self.last = Some(Instant::now());
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (fold, fold_count) = (count(told.fold), count(told.fold_count));
        Some((fold, fold_count, told.size.name(), count(told.round), told.held_out_loss).into())
    }
}

/// Learns a pipeline from a file of past leads; options and result as JSON. `progress` hears of it now and then, and says
/// whether the work is to end.
#[napi(
    ts_args_type = "options: string, progress?: (fold: number, folds: number, size: string, round: number, loss: number) => boolean"
)]
#[cfg_attr(test, allow(dead_code, reason = "tests are built without the registration of napi"))]
pub(crate) fn train_file(
    env: Env,
    options: String,
    progress: Option<Function<'_, Step, bool>>,
) -> napi::Result<String> {
    let (mut teller, is_over) = (Teller::default(), AtomicBool::new(false));
    let mut tell = |told: &TrainProgress| {
        if let Some(call) = &progress
            && let Some(step) = teller.step(told)
            && call.call(step).unwrap_or(true)
        {
            is_over.store(true, Ordering::Relaxed);
        }
    };
    let stop = || is_over.load(Ordering::Relaxed);
    enter(env, || leadscore_files::train_file(&options, &mut tell, &stop))
}

/// The same off the event loop, on which `progress` is called.
#[napi(
    ts_args_type = "options: string, stopper?: Stopper | undefined | null, progress?: (fold: number, folds: number, size: string, round: number, loss: number) => void",
    ts_return_type = "Promise<string>"
)]
#[cfg_attr(test, allow(dead_code, reason = "tests are built without the registration of napi"))]
pub(crate) fn train_file_async(
    env: Env,
    options: String,
    stopper: Option<&Stopper>,
    progress: Option<Function<'_, Step, ()>>,
) -> napi::Result<Object<'static>> {
    // Work alone keeps the event loop alive, not who hears of it.
    let progress =
        progress.map(|call| call.build_threadsafe_function::<Step>().weak::<true>().build()).transpose()?;
    let mut teller = Teller::default();
    enter_later::<_, String>(env, stopper, move |stop| {
        let mut tell = |told: &TrainProgress| {
            if let Some(call) = &progress
                && let Some(step) = teller.step(told)
            {
                call.call(step, ThreadsafeFunctionCallMode::NonBlocking);
            }
        };
        leadscore_files::train_file(&options, &mut tell, stop)
    })
}
