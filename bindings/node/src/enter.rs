//! Wrap every call from JavaScript into the library in one of these: they turn errors and panics into JavaScript's, and
//! run long work off the event loop, where an `AbortSignal` stops it.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use leadscore::error::catch_panic;
use leadscore::parallel::Workers;
use leadscore::{Error, ErrorKind, Stop};
use napi::bindgen_prelude::{AbortSignal, AsyncTask, JsObjectValue, ToNapiValue, TypeName, Unknown};
use napi::{Env, JsValue, Task};
use napi_derive::napi;

/// Does some work on this thread.
pub(crate) fn enter<T>(env: Env, work: impl FnOnce() -> Result<T, Error>) -> napi::Result<T> {
    catch_panic(work).map_err(|error| thrown(env, &error))
}

/// Does some work on a thread of Node's pool, as a promise. The work asks its [`Stop`] now and then.
pub(crate) fn enter_later<T, J>(
    signal: Option<AbortSignal>,
    work: impl FnOnce(&dyn Stop) -> Result<T, Error> + Send + 'static,
) -> AsyncTask<Later<T, J>>
where
    T: Send + 'static,
    J: From<T> + ToNapiValue + TypeName,
{
    let aborted = Arc::new(AtomicBool::new(false));
    if let Some(signal) = &signal {
        let aborted = aborted.clone();
        signal.on_abort(move || aborted.store(true, Ordering::Relaxed));
    }
    let work = Box::new(move || {
        let stop = || aborted.load(Ordering::Relaxed);
        stop.check()?;
        work(&stop)
    });
    AsyncTask::with_optional_signal(Later { work: Some(work), error: None, result: PhantomData }, signal)
}

/// At most so many threads, or as many as there are processors.
pub(crate) fn workers(threads: Option<u32>, stop: &dyn Stop) -> Workers<'_> {
    let workers = Workers::new().stop(stop);
    threads.map_or(workers, |count| workers.threads(count as usize))
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
        let twice = || Err(Error::new(ErrorKind::Internal, "", "the same work was begun twice"));
        let work = self.work.take().unwrap_or_else(|| Box::new(twice));
        catch_panic(work).map_err(|error| {
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

/// One thing that strict mode refuses in a lead.
#[napi(object)]
#[expect(unreachable_pub, reason = "the macro takes public types alone")]
pub struct Issue {
    /// What kind of error it is.
    pub code: String,
    /// The name of the feature.
    pub feature: String,
    /// Where in the input.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What the record said, where it said something.
    pub found: Option<String>,
}

impl From<&leadscore::error::Issue> for Issue {
    fn from(issue: &leadscore::error::Issue) -> Issue {
        Issue {
            code: issue.kind().code().to_owned(),
            feature: issue.feature().to_owned(),
            path: issue.path().to_string(),
            message: issue.message().to_owned(),
            found: issue.found().map(str::to_owned),
        }
    }
}

/// The error as JavaScript sees it, with `code`, `path` and `issues`.
fn thrown(env: Env, error: &Error) -> napi::Error {
    let plain = || napi::Error::from_reason(error.to_string());
    let made = || -> napi::Result<Unknown<'_>> {
        let mut object = env.create_error(napi::Error::from_reason(error.message()))?;
        object.set_named_property("code", error.code())?;
        object.set_named_property("path", error.path().to_string())?;
        let issues: Vec<Issue> = error.issues().iter().map(Issue::from).collect();
        object.set_named_property("issues", issues)?;
        Ok(object.to_unknown())
    };
    made().map_or_else(|_| plain(), napi::Error::from)
}
