//! All that is known of a lead beside the request: the sources that were set up, and what they say.

mod directory;
mod domains;
mod facts;
mod record;
mod remote;
mod reps;
mod stated;

use directory::Directory;
use domains::Domains;
pub(crate) use facts::{Fact, FactKind, FactSource, settle};
use leadscore_connect::ssrf::Guard;
use remote::Remote;
pub(crate) use reps::AssignedRep;
use reps::Roster;

use crate::config::{Config, ConfigError};
use crate::store::{Attributes, StoredLead};

/// The sources that were set up.
pub(crate) struct Knowledge {
    domains: Domains,
    directory: Option<Directory>,
    remote: Option<Remote>,
    pub(crate) roster: Option<Roster>,
}

/// The input of a qualification: what the request states, and what the store has of the lead.
pub(crate) struct Statement<'a> {
    pub(crate) email: &'a str,
    pub(crate) message: Option<&'a str>,
    pub(crate) metadata: Option<&'a Attributes>,
    /// What the store has of it.
    pub(crate) stored: Option<&'a StoredLead>,
    /// What was known of it the last time.
    pub(crate) before: &'a [Fact],
}

/// What is known, and which sources could not be asked.
pub(crate) struct Found {
    pub(crate) facts: Vec<Fact>,
    pub(crate) problems: Vec<(FactSource, String)>,
}

impl Knowledge {
    /// Opens the sources that a configuration names.
    ///
    /// # Errors
    /// [`ConfigError`] for one that cannot be used.
    pub(crate) async fn open(config: &Config, guard: Guard) -> Result<Knowledge, ConfigError> {
        let own = &config.qualify;
        Ok(Knowledge {
            domains: Domains::new().map_err(|error| ConfigError::new(error.to_string()))?,
            directory: match &own.companies {
                Some(path) => Some(Directory::open(path).await?),
                None => None,
            },
            remote: Remote::new(config, guard)?,
            roster: own.reps.as_ref().map(|path| Roster::read(path)).transpose()?,
        })
    }

    /// One fact of each kind that is known: what is stated now comes first, then what the store has, the file, the address,
    /// and what was stated before.
    pub(crate) async fn find(&self, said: &Statement<'_>) -> Found {
        let mut problems = Vec::new();
        let mut all = Vec::new();
        if let Some(metadata) = said.metadata {
            all.extend(record::facts(|name| text(metadata, name), FactSource::Metadata));
        }
        all.extend(said.message.map(stated::facts).unwrap_or_default());
        if let Some(stored) = said.stored {
            all.extend(record::facts(|name| text(&stored.attributes, name), FactSource::Lead));
        }
        let domain = self.domains.company(said.email);
        if let Some(directory) = &self.directory {
            match directory.facts(said.email, domain.as_deref()).await {
                Ok(facts) => all.extend(facts),
                Err(error) => {
                    tracing::warn!(%error, "the file of companies");
                    problems.push((FactSource::CompaniesFile, error));
                }
            }
        }
        // Not waited for where it could add nothing.
        let is_open = || !answered().all(|kind| all.iter().any(|fact| fact.field == kind && !fact.at_least));
        if let (Some(remote), Some(domain)) = (&self.remote, &domain)
            && is_open()
        {
            match remote.facts(domain).await {
                Ok(facts) => all.extend(facts),
                Err(error) => problems.push((FactSource::CompaniesUrl, error)),
            }
        }
        let is_silent = |source| problems.iter().any(|(own, _)| *own == source);
        let before = said.before.iter().filter(|fact| fact.source.is_stated() || is_silent(fact.source));
        all.extend(before.cloned());
        Found { facts: settle(&all), problems }
    }
}

/// The kinds that the answer has a place for.
pub(crate) fn answered() -> impl Iterator<Item = FactKind> {
    [
        FactKind::CompanySize,
        FactKind::Industry,
        FactKind::EstimatedRevenue,
        FactKind::LinkedinUrl,
        FactKind::Location,
    ]
    .into_iter()
}

/// A value of an object as text; its names may be written with capitals.
fn text(object: &Attributes, name: &str) -> Option<String> {
    let own = object.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)?;
    match own {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
