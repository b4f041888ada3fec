//! The B2B Lead Scoring API.

pub(crate) mod documentation;
pub(crate) mod info;
pub(crate) mod score;
