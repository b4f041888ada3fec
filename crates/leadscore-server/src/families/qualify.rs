//! Qualification: leads one by one and in batches, webhooks, analytics, CRM systems.

pub(crate) mod qualify;
