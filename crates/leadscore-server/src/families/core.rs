//! Leads, activities, outcomes, configurations and pipelines, which the documents leave out.

pub(crate) mod configurations;
