//! The reference server of leadscore.
