//! Against servers, SDKs and verifiers that others wrote: `make test-third-party` installs them and runs what is ignored here.

#![cfg(all(
    feature = "llm",
    feature = "webhook",
    feature = "smtp",
    feature = "whatsapp",
    feature = "hubspot",
    feature = "salesforce"
))]

mod program;
mod reporter;

mod crm;
mod models;
mod smtp;
mod webhooks;
mod whatsapp;
