//! What the documents leave out and a client needs: leads, activities, outcomes, and the pipelines themselves.

pub(crate) mod activities;
pub(crate) mod leads;
pub(crate) mod outcome;
pub(crate) mod score;
