//! Learning from past leads.

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

use crate::enter::enter;
use crate::later::{Stopper, enter_later};

/// Learns a pipeline from a file of past leads; options and result as JSON.
#[napi]
#[cfg_attr(test, allow(dead_code, reason = "tests are built without the registration of napi"))]
pub(crate) fn train_file(env: Env, options: String) -> napi::Result<String> {
    enter(env, || leadscore_files::train_file(&options, &mut |_| {}, &leadscore_files::never_stop))
}

/// The same off the event loop.
#[napi(ts_return_type = "Promise<string>")]
#[cfg_attr(test, allow(dead_code, reason = "tests are built without the registration of napi"))]
pub(crate) fn train_file_async(
    env: Env,
    options: String,
    stopper: Option<&Stopper>,
) -> napi::Result<Object<'static>> {
    enter_later::<_, String>(env, stopper, move |stop| {
        leadscore_files::train_file(&options, &mut |_| {}, stop)
    })
}
