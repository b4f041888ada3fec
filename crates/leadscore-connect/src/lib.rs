#![doc = include_str!("../README.md")]

#[cfg(any(feature = "http", feature = "smtp"))]
#[allow(dead_code, reason = "each connector uses its part of it, and may be the only one")]
mod answer;
#[cfg(any(feature = "hubspot", feature = "salesforce"))]
pub mod crm;
#[cfg(feature = "hubspot")]
pub mod hubspot;
#[cfg(feature = "instagram")]
pub mod instagram;
#[cfg(feature = "llm")]
pub mod llm;
#[cfg(any(feature = "whatsapp", feature = "instagram"))]
pub mod meta;
#[cfg(feature = "salesforce")]
pub mod salesforce;
#[cfg(feature = "signature")]
pub mod signature;
#[cfg(feature = "smtp")]
pub mod smtp;
#[cfg(feature = "http")]
pub mod ssrf;
#[cfg(feature = "webhook")]
pub mod webhook;
#[cfg(feature = "whatsapp")]
pub mod whatsapp;
