//! What a caller may do: four scopes and sets of them.

use std::fmt;
use std::str::FromStr;

/// One permission; a route asks for one of them and a caller without it is answered 403.
///
/// ```
/// use leadscore_server::auth::Scope;
///
/// assert_eq!("read".parse(), Ok(Scope::Read));
/// assert_eq!(Scope::Admin.to_string(), "admin");
/// assert!("Read".parse::<Scope>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Every call that scores, predicts, qualifies, recommends or writes words.
    Score,
    /// Every GET and list.
    Read,
    /// Leads, activities, uploads, outcomes, webhooks, CRM sync and e-mail.
    Write,
    /// Keys, configurations and pipelines.
    Admin,
}

impl Scope {
    /// Every scope, in the order in which sets list them.
    pub const ALL: [Self; 4] = [Self::Score, Self::Read, Self::Write, Self::Admin];

    /// The scope's name, as tokens, the command line and the store write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(name: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name).ok_or(UnknownScope)
    }
}

/// A text that names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope is score, read, write or admin")]
pub struct UnknownScope;

/// A set of scopes.
///
/// ```
/// use leadscore_server::auth::{Scope, Scopes};
///
/// let scopes: Scopes = "score,read".parse()?;
/// assert!(scopes.contains(Scope::Read) && !scopes.contains(Scope::Admin));
/// assert_eq!(scopes.to_string(), "score,read");
/// # Ok::<(), leadscore_server::auth::UnknownScope>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes(u8);

impl Scopes {
    /// No scope: such a caller is known and may do nothing.
    pub const NONE: Self = Self(0);

    /// What a token without a `scope` claim and a key of the environment have: score, read and write.
    pub const USUAL: Self = Self::NONE.with(Scope::Score).with(Scope::Read).with(Scope::Write);

    /// The set with `scope` added.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | scope.bit())
    }

    /// Whether `scope` is in the set.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether no scope is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes of the set in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }

    /// The scopes in the `scope` claim of a token: names cut by spaces, of which unknown ones are ignored,
    /// because the issuer's other services have scopes of their own.
    pub fn of_claim(claim: &str) -> Self {
        claim.split(' ').filter_map(|name| name.parse().ok()).collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        scopes.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The names, cut by commas, as the command line and the store write them.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, scope) in self.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

/// Reads names cut by commas; spaces around a name are ignored, the empty text is the empty set, and an
/// unknown name is an error, because here a person wrote it.
impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(names: &str) -> Result<Self, UnknownScope> {
        if names.trim().is_empty() {
            return Ok(Self::NONE);
        }
        names.split(',').map(|name| name.trim().parse()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_round_trips_through_its_text() {
        for bits in 0_u8..16 {
            let set = Scopes(bits);
            assert_eq!(set.to_string().parse(), Ok(set));
            assert_eq!(set.iter().collect::<Scopes>(), set);
            assert_eq!(set.iter().count(), bits.count_ones() as usize);
        }
        assert_eq!(Scopes::USUAL.to_string(), "score,read,write");
        assert_eq!(" admin , read".parse(), Ok(Scopes::NONE.with(Scope::Read).with(Scope::Admin)));
    }

    #[test]
    fn a_wrong_name_is_an_error_for_people_and_ignored_in_a_token() {
        for text in ["score,reed", "score,", ",", "score read"] {
            assert_eq!(text.parse::<Scopes>(), Err(UnknownScope), "{text:?}");
        }
        let set = Scopes::of_claim("openid  read profile admin READ");
        assert_eq!(set, Scopes::NONE.with(Scope::Read).with(Scope::Admin));
        assert!(Scopes::of_claim("openid").is_empty() && Scopes::of_claim("").is_empty());
    }
}
