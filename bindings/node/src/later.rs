//! Long work on threads of our own: neither the event loop nor Node's few threads for files, names and compression wait
//! for it, and nothing waits for it where a worker is terminated.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

use leadscore::error::catch_panic;
use leadscore::{Error, Stop};
use napi::bindgen_prelude::{Object, ToNapiValue};
use napi::{Env, JsDeferred};
use napi_derive::napi;

use crate::enter::thrown;

/// Ends the work that it was given to, at its next block of rows.
#[napi]
#[derive(Debug, Default, Clone)]
pub struct Stopper(Arc<AtomicBool>);

#[napi]
impl Stopper {
    /// One that has not stopped anything.
    #[napi(constructor)]
    pub fn new() -> Stopper {
        Stopper::default()
    }

    /// Ends the work.
    #[napi]
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Stop for Stopper {
    fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A promise that a thread of ours settles.
pub(crate) type Deferred<J> = JsDeferred<J, Settle<J>>;
type Settle<J> = Box<dyn FnOnce(Env) -> napi::Result<J>>;

/// Does some work on a thread of ours, as a promise. The work asks its [`Stop`] now and then.
pub(crate) fn enter_later<T, J>(
    env: Env,
    stopper: Option<&Stopper>,
    work: impl FnOnce(&dyn Stop) -> Result<T, Error> + Send + 'static,
) -> napi::Result<Object<'static>>
where
    T: Send + 'static,
    J: From<T> + ToNapiValue + 'static,
{
    let stopper = stopper.cloned().unwrap_or_default();
    stop_with(env, &stopper)?;
    let (deferred, promise) = promise::<J>(&env)?;
    run(Box::new(move || {
        let result = catch_panic(|| {
            stopper.check()?;
            work(&stopper)
        });
        settle(deferred, result);
    }));
    Ok(promise)
}

/// A promise with what settles it.
pub(crate) fn promise<J: ToNapiValue>(env: &Env) -> napi::Result<(Deferred<J>, Object<'static>)> {
    let (deferred, promise) = env.create_deferred::<J, Settle<J>>()?;
    // The object is handed to JavaScript at once, within the call that made it.
    let promise = Object::from_raw(env.raw(), napi::JsValue::raw(&promise));
    Ok((deferred, promise))
}

/// Settles a promise, from any thread; nothing happens where its environment is gone.
pub(crate) fn settle<T: 'static, J: From<T> + ToNapiValue>(deferred: Deferred<J>, result: Result<T, Error>) {
    deferred.resolve(Box::new(move |env| result.map(J::from).map_err(|error| thrown(env, &error))));
}

thread_local! {
    /// The work of the environment of this thread: of the main one, or of a worker.
    static RUNNING: RefCell<Vec<Weak<AtomicBool>>> = const { RefCell::new(Vec::new()) };
    static IS_HOOKED: Cell<bool> = const { Cell::new(false) };
}

/// Has work stopped when the environment ends, as that of a worker that is terminated does.
pub(crate) fn stop_with(env: Env, stopper: &Stopper) -> napi::Result<()> {
    RUNNING.with_borrow_mut(|running| {
        if running.len() == running.capacity() {
            running.retain(|one| one.strong_count() > 0);
        }
        running.push(Arc::downgrade(&stopper.0));
    });
    if !IS_HOOKED.get() {
        env.add_env_cleanup_hook((), |()| {
            let running = RUNNING.take();
            running.iter().filter_map(Weak::upgrade).for_each(|one| one.store(true, Ordering::Relaxed));
        })?;
        IS_HOOKED.set(true);
    }
    Ok(())
}

type Job = Box<dyn FnOnce() + Send>;

/// Threads that come when there is work and go when there is none.
struct Pool {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

static POOL: Mutex<Pool> = Mutex::new(Pool { jobs: VecDeque::new(), threads: 0, idle: 0 });
static WAKE: Condvar = Condvar::new();
/// How long a thread waits for more work.
const IDLE: Duration = Duration::from_secs(2);

/// Has a job done by one of as many threads as there are processors, four at least, in the order of the calls.
fn run(job: Job) {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    pool.jobs.push_back(job);
    let most = std::thread::available_parallelism().map_or(4, usize::from).max(4);
    if pool.idle >= pool.jobs.len() || pool.threads >= most {
        WAKE.notify_one();
        return;
    }
    pool.threads += 1;
    drop(pool);
    if std::thread::Builder::new().name("leadscore-job".to_owned()).spawn(work).is_err() {
        // The system gives no thread: other threads do it, or this one.
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        pool.threads -= 1;
        let own = if pool.threads == 0 { pool.jobs.pop_back() } else { None };
        drop(pool);
        if let Some(job) = own {
            job();
        }
    }
}

/// Works on jobs until there are none for a while.
fn work() {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(job) = pool.jobs.pop_front() {
            drop(pool);
            job();
            pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
            continue;
        }
        pool.idle += 1;
        let (again, waited) = WAKE.wait_timeout(pool, IDLE).unwrap_or_else(PoisonError::into_inner);
        pool = again;
        pool.idle -= 1;
        if waited.timed_out() && pool.jobs.is_empty() {
            pool.threads -= 1;
            return;
        }
    }
}
