//! The reference server of leadscore: documented lead-scoring APIs over one store.
//!
//! A family of routes is a folder under `families`, a route a file or a short block in it. What is the same for all routes
//! of a family (credential, error body, limits, how times are written) is data in `family` and `policy`, beside the route
//! in `router`.

pub mod auth;
pub mod b2b;
mod body;
mod callers;
mod channels;
mod chat;
mod checks;
pub mod config;
mod crm;
pub mod demo;
pub mod families;
mod family;
mod fault;
mod gate;
mod health;
mod jobs;
mod json;
mod knowledge;
mod limits;
mod mail;
mod notification;
pub mod observe;
mod openapi;
mod pipelines;
mod policy;
mod qualify;
mod router;
mod schemas;
pub mod serve;
mod state;
pub mod store;
mod unsubscribe;
mod vault;
mod wakes;
mod webhooks;
mod words;

pub use config::{Config, ConfigError, Layers};
pub use family::Family;
pub use serve::{Server, StartError, documentation};
