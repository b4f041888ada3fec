//! The one way from JavaScript into the library: errors made JavaScript's, panics caught, long work off the event loop,
//! on blocks of rows, and stopped by an `AbortSignal`.

use std::marker::PhantomData;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use leadscore::{Error, ErrorKind};
use napi::bindgen_prelude::{AbortSignal, AsyncTask, JsObjectValue, ToNapiValue, TypeName, Unknown};
use napi::{Env, JsValue, Task};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// More threads than this are taken as this many.
const MOST_THREADS: usize = 256;

/// Does some work on this thread.
pub(crate) fn enter<T>(env: Env, work: impl FnOnce() -> Result<T, Error>) -> napi::Result<T> {
    guarded(work).map_err(|error| thrown(env, &error))
}

/// Whether work that runs elsewhere is still wanted.
#[derive(Clone, Default)]
pub(crate) struct Wanted(Arc<AtomicBool>);

impl Wanted {
    pub(crate) fn go_on(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }

    fn check(&self) -> Result<(), Error> {
        if self.go_on() {
            return Ok(());
        }
        // Nobody reads it: the promise is rejected with the signal's own reason.
        Err(Error::new(ErrorKind::Io, "", "stopped before the end"))
    }
}

/// Does some work on a thread of Node's pool, as a promise.
pub(crate) fn enter_later<T, J>(
    signal: Option<AbortSignal>,
    work: impl FnOnce(&Wanted) -> Result<T, Error> + Send + 'static,
) -> AsyncTask<Later<T, J>>
where
    T: Send + 'static,
    J: From<T> + ToNapiValue + TypeName,
{
    let wanted = Wanted::default();
    if let Some(signal) = &signal {
        let stop = wanted.0.clone();
        signal.on_abort(move || stop.store(true, Ordering::Relaxed));
    }
    let work = Box::new(move || {
        wanted.check()?;
        work(&wanted)
    });
    AsyncTask::with_optional_signal(Later { work: Some(work), error: None, result: PhantomData }, signal)
}

type Work<T> = Box<dyn FnOnce() -> Result<T, Error> + Send>;

/// Work for a thread of Node's pool, and the value it becomes.
pub struct Later<T, J> {
    work: Option<Work<T>>,
    error: Option<Error>,
    result: PhantomData<fn() -> J>,
}

impl<T: Send + 'static, J: From<T> + ToNapiValue + TypeName> Task for Later<T, J> {
    type Output = T;
    type JsValue = J;

    fn compute(&mut self) -> napi::Result<T> {
        let work = self.work.take().unwrap_or_else(|| Box::new(|| Err(defect())));
        guarded(work).map_err(|error| {
            let reason = error.to_string();
            self.error = Some(error);
            napi::Error::from_reason(reason)
        })
    }

    fn resolve(&mut self, _: Env, output: T) -> napi::Result<J> {
        Ok(output.into())
    }

    fn reject(&mut self, env: Env, error: napi::Error) -> napi::Result<J> {
        Err(self.error.take().map_or(error, |error| thrown(env, &error)))
    }
}

/// Does work on blocks of rows, on so many threads or all processors; the results in the order of the rows, the same
/// for any number of threads. Work without rows is done once, for its errors.
pub(crate) fn in_blocks<T: Send>(
    rows: usize,
    block: usize,
    threads: Option<u32>,
    wanted: &Wanted,
    work: impl Fn(Range<usize>) -> Result<T, Error> + Send + Sync,
) -> Result<Vec<T>, Error> {
    let blocks = rows.div_ceil(block).max(1);
    let one = |at: usize| {
        wanted.check()?;
        work(at * block..rows.min((at + 1) * block))
    };
    // Asking the system costs more than a row does.
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    if blocks == 1 {
        return Ok(vec![one(0)?]);
    }
    let threads =
        threads.map_or_else(processors, |threads| threads as usize).clamp(1, blocks.min(MOST_THREADS));
    if threads == 1 {
        return (0..blocks).map(one).collect();
    }
    pool(threads)?.install(|| (0..blocks).into_par_iter().map(one).collect())
}

/// The pool of so many threads; pools are kept, as making one costs more than a small matrix.
fn pool(threads: usize) -> Result<Arc<ThreadPool>, Error> {
    static POOLS: Mutex<Vec<(usize, Arc<ThreadPool>)>> = Mutex::new(Vec::new());
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, pool)) = pools.iter().find(|(size, _)| *size == threads) {
        return Ok(pool.clone());
    }
    let built = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = Arc::new(built.map_err(|error| Error::new(ErrorKind::Io, "threads", error.to_string()))?);
    pools.push((threads, pool.clone()));
    Ok(pool)
}

/// A panic is a defect of the library, and must not take the whole process with it.
fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(defect()))
}

fn defect() -> Error {
    let message = "a defect of leadscore ended this; please report it with the input".to_owned();
    Error::new(ErrorKind::Io, "", message)
}

/// The error as JavaScript sees it, with `code` and `path`.
fn thrown(env: Env, error: &Error) -> napi::Error {
    let plain = || napi::Error::from_reason(error.to_string());
    let made = || -> napi::Result<Unknown<'_>> {
        let mut object = env.create_error(napi::Error::from_reason(error.message()))?;
        object.set_named_property("code", error.code())?;
        object.set_named_property("path", error.path().to_string())?;
        Ok(object.to_unknown())
    };
    made().map_or_else(|_| plain(), napi::Error::from)
}
