//! The model as part of a pipeline file, and back.
//!
//! A tree is parallel arrays over its nodes in depth-first order, left before right: `features` holds the column a split
//! reads, −1 for a leaf, and so the shape; `values` the threshold or the leaf's value. Numbers that are f32 in the model
//! are written as f32, so that they are short and a threshold is the one of the file it came from.

mod read;
mod words;
mod write;

pub(super) use read::read;
pub(super) use write::{describe, write};
