//! Capture: chats on a website, WhatsApp and Instagram, and the leads that come of them.
