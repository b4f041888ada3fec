//! Qualification: leads one by one and in batches, webhooks, analytics, CRM systems.

pub(crate) mod analytics;
pub(crate) mod batch_cancel;
pub(crate) mod batch_qualify;
pub(crate) mod batch_status;
mod batch_webhook;
pub(crate) mod crm_sync;
pub(crate) mod health_detailed;
#[expect(clippy::module_inception, reason = "a file is named as its route")]
pub(crate) mod qualify;
pub(crate) mod webhook_upkeep;
pub(crate) mod webhooks;
