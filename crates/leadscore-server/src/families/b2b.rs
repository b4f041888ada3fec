//! The B2B Lead Scoring API: one gradient-boosted model, up to 100 leads a request.
//!
//! The path of a request goes over bytes: [`body`] reads them into rows of features, [`model`] scores the rows, and
//! [`answer`] writes the response. What a body has wrong is an [`Invalid`](invalid::Invalid).

pub mod answer;
pub mod body;
pub(crate) mod documentation;
mod fields;
pub(crate) mod info;
pub mod invalid;
pub mod model;
pub mod model_file;
#[cfg(test)]
mod sample;
pub(crate) mod score;
