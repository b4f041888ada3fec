//! What the server says about itself: metrics for Prometheus, the machine's resources, and its log.
//!
//! Nothing here knows of HTTP handlers: they call in here.

pub mod log;
pub mod metrics;
pub mod resources;
#[cfg(feature = "otel")]
pub(crate) mod trace;
