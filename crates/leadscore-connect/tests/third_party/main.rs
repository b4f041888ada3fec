//! Against servers, SDKs and verifiers that others wrote: `make test-third-party` installs them and runs what is ignored here.

#![cfg(all(feature = "llm", feature = "webhook", feature = "smtp", feature = "whatsapp"))]

mod program;
mod reporter;

mod models;
mod smtp;
mod webhooks;
mod whatsapp;
