//! The WhatsApp Cloud API: messages in, replies out.
