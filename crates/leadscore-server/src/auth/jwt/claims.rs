//! What a token claims, and the rules for it.

use serde_json::{Map, Value};

use super::refused::{Reason, Refused};
use crate::auth::scope::{Scope, Scopes};

/// How far two clocks may differ, in seconds.
const LEEWAY_SECONDS: f64 = 60.0;

/// Claims that have a meaning of their own and so are never the tenant.
pub(super) const RESERVED: [&str; 8] = ["sub", "iss", "aud", "exp", "nbf", "iat", "jti", "scope"];

/// The subject of a token that was issued for nobody by name.
pub(super) const UNNAMED_SUBJECT: &str = "unnamed";

/// What is known of a caller with a good token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Whose data the caller sees.
    pub tenant: String,
    /// Who calls, for the log; none where the token was issued without a name. It is never a tenant.
    pub subject: Option<String>,
    /// What the caller may do, each scope once; score, read and write where the token says nothing.
    pub scopes: Vec<Scope>,
}

/// What the claims of a token must be.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) issuer: String,
    pub(super) audience: String,
    pub(super) tenant_claim: String,
}

impl Rules {
    /// Checks claims whose signature is good at a time in seconds since 1970.
    pub(super) fn check(&self, claims: &Map<String, Value>, now_seconds: i64) -> Result<Claims, Refused> {
        check_times(claims, now_seconds as f64)?;
        if claims.get("iss").and_then(Value::as_str) != Some(&self.issuer) {
            return Err(Refused::because(Reason::Issuer));
        }
        if !is_for(claims.get("aud"), &self.audience) {
            return Err(Refused::because(Reason::Audience));
        }
        let scopes = match claims.get("scope") {
            None => Scopes::USUAL,
            Some(Value::String(names)) => Scopes::of_claim(names),
            Some(_) => return Err(Refused::because(Reason::Scope)),
        };
        let subject = text(claims, "sub").filter(|subject| !subject.is_empty());
        let subject = subject.ok_or(Refused::because(Reason::Subject))?;
        let tenant = text(claims, &self.tenant_claim).filter(|tenant| is_tenant(tenant));
        let tenant = tenant.ok_or(Refused::because(Reason::Tenant))?;
        Ok(Claims {
            tenant: tenant.to_owned(),
            subject: (subject != UNNAMED_SUBJECT).then(|| subject.to_owned()),
            scopes: scopes.iter().collect(),
        })
    }
}

/// Whether a text can be a tenant: nothing invisible may make two tenants look alike.
pub(super) fn is_tenant(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(char::is_control)
}

/// Times may have fractions, which RFC 7519 allows.
fn check_times(claims: &Map<String, Value>, now: f64) -> Result<(), Refused> {
    let expires = claims.get("exp").and_then(Value::as_f64).ok_or(Refused::because(Reason::Expiry))?;
    if expires <= now - LEEWAY_SECONDS {
        return Err(Refused::because(Reason::Expired));
    }
    match claims.get("nbf").map(Value::as_f64) {
        None => Ok(()),
        Some(Some(starts)) if starts <= now + LEEWAY_SECONDS => Ok(()),
        Some(_) => Err(Refused::because(Reason::NotYetValid)),
    }
}

/// A list may have other audiences beside ours, and nothing but texts.
fn is_for(claim: Option<&Value>, audience: &str) -> bool {
    match claim {
        Some(Value::String(only)) => only == audience,
        Some(Value::Array(list)) => {
            list.iter().all(Value::is_string) && list.iter().any(|one| one.as_str() == Some(audience))
        }
        _ => false,
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}
