//! Wrap every call from JavaScript into the library in [`enter`], or in [`enter_later`](crate::later::enter_later) for long
//! work: they turn errors and panics into JavaScript's.

use leadscore::error::catch_panic;
use leadscore::parallel::Workers;
use leadscore::{Error, Stop};
use napi::bindgen_prelude::{JsObjectValue, Unknown};
use napi::{Env, JsValue};
use napi_derive::napi;

/// Does some work on this thread.
pub(crate) fn enter<T>(env: Env, work: impl FnOnce() -> Result<T, Error>) -> napi::Result<T> {
    catch_panic(work).map_err(|error| thrown(env, &error))
}

/// At most so many threads, or as many as there are processors.
pub(crate) fn workers(threads: Option<u32>, stop: &dyn Stop) -> Workers<'_> {
    let workers = Workers::new().stop(stop);
    threads.map_or(workers, |count| workers.threads(count as usize))
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
pub(crate) fn thrown(env: Env, error: &Error) -> napi::Error {
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
