//! The check of addresses that users supply, against server-side request forgery.
