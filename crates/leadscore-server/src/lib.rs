//! The reference server of leadscore.

pub mod auth;
pub mod observe;
pub mod families;
