//! Health, metrics and documentation.

pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod metrics;
pub(crate) mod resources;
pub(crate) mod root;
pub(crate) mod status;
pub(crate) mod unsubscribe;
pub(crate) mod version;
