//! Instagram Messaging: messages in, replies out.
