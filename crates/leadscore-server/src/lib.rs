//! The reference server of leadscore.

pub mod observe;
