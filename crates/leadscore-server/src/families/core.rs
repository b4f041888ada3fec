//! What the documents leave out and a client needs: leads, activities, outcomes, configurations and pipelines.

pub(crate) mod activities;
pub(crate) mod configurations;
pub(crate) mod jobs;
pub(crate) mod leads;
pub(crate) mod outcome;
pub(crate) mod score;
