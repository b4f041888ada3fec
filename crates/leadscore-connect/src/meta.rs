//! What WhatsApp and Instagram have in common: signatures, the handshake, double deliveries.
