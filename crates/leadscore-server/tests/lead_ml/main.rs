//! The Lead ML API's routes, as the document has them.

mod configurations;
mod documentation;
mod kept;
#[path = "../support/language_model.rs"]
mod language_model;
mod model;
mod refusals;
mod samples;
mod setup;
mod shapes;
#[path = "../support/mod.rs"]
mod support;
