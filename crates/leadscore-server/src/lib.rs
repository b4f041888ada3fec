//! The reference server of leadscore.

pub mod families;
