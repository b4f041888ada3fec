//! Outbound webhooks: signatures and the schedule of attempts.
