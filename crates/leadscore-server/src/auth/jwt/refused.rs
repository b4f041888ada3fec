//! A refused token, and the reason that only the log has.

/// A token that is not accepted.
///
/// Its text is the same for every reason, since each difference would help a forger; [`Refused::reason`] is for
/// the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct Refused {
    reason: Reason,
}

impl Refused {
    pub(super) const fn because(reason: Reason) -> Self {
        Self { reason }
    }

    /// Why, for the log alone.
    pub const fn reason(self) -> Reason {
        self.reason
    }
}

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// More than 8 KiB.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts cut by dots.
    #[error("the token has not three parts")]
    Parts,
    /// A part is not base64url without padding.
    #[error("a part of the token is not base64url")]
    Base64,
    /// The header is no JSON object, has a name twice, or a member of the wrong kind.
    #[error("the token's header is malformed")]
    Header,
    /// `alg` is not the configured one.
    #[error("the token's algorithm is not the configured one")]
    Algorithm,
    /// The header has `crit`: none of its extensions is known here.
    #[error("the token asks for an extension")]
    Critical,
    /// `kid` is missing or names no key of the set.
    #[error("the token names no known key")]
    KeyId,
    /// The issuer's keys could not be had.
    #[error("the issuer's keys could not be had")]
    KeysUnavailable,
    /// The signature is not that of the key.
    #[error("the signature is wrong")]
    Signature,
    /// The claims are no JSON object, or have a name twice.
    #[error("the claims are malformed")]
    Claims,
    /// `exp` is missing or no number.
    #[error("the token does not say when it expires")]
    Expiry,
    /// `exp` is past.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is to come, or no number.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iss` is another.
    #[error("the token is of another issuer")]
    Issuer,
    /// `aud` does not name this server.
    #[error("the token is for another audience")]
    Audience,
    /// `sub` is missing, empty or no text.
    #[error("the token has no subject")]
    Subject,
    /// The tenant is missing or cannot be one.
    #[error("the token has no tenant")]
    Tenant,
    /// `scope` is no text.
    #[error("the token's scope is malformed")]
    Scope,
}
