//! The Lead ML API's routes, as the document has them.

mod configurations;
mod documentation;
mod kept;
mod model;
mod refusals;
mod samples;
mod setup;
mod shapes;
#[path = "../support/mod.rs"]
mod support;
