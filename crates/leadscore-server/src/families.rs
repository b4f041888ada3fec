//! The documented APIs, one module for each family.

pub mod b2b;
pub(crate) mod capture;
pub(crate) mod core;
pub(crate) mod heatscore;
pub(crate) mod lead_ml;
pub(crate) mod qualify;
pub(crate) mod system;
