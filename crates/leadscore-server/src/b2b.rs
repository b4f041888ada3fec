//! Scores of the B2B API from bytes to bytes: one gradient-boosted model, up to 100 leads a request.
//!
//! [`body`] reads a request into rows of features, [`model`] scores the rows, and [`answer`] writes the response. What a
//! body has wrong is an [`Invalid`](invalid::Invalid). Nothing here knows the web framework.

pub mod answer;
pub mod body;
pub mod current;
mod fields;
pub mod invalid;
pub mod model;
pub mod model_file;

#[cfg(test)]
mod tests;
