//! What a wire form makes of a prompt.

/// A request by `POST`, without the key.
pub(super) struct Request {
    /// Behind the address.
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}
