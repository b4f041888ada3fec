//! The roster of sales representatives, and how well each fits a lead.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::ConfigError;
use crate::store::{RepFit, Routing};

/// The representatives, in the order of the file.
pub(crate) struct Roster(Vec<Rep>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    reps: Vec<Rep>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rep {
    id: String,
    name: String,
    email: Option<String>,
    /// Countries or places, or `*` for all.
    #[serde(default)]
    territories: Vec<String>,
    /// Industries, or `*` for all.
    #[serde(default)]
    industries: Vec<String>,
    /// So many open leads are a full load.
    #[serde(default = "default_capacity")]
    capacity: u32,
}

/// A representative as answers show it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AssignedRep {
    id: String,
    name: String,
    email: Option<String>,
}

const TERRITORY: f64 = 30.0;
const INDUSTRY: f64 = 30.0;
const MOST_REPS: usize = 1_000;

impl Roster {
    /// Reads the file.
    ///
    /// # Errors
    /// [`ConfigError`] with the place and what is wrong.
    pub(crate) fn read(path: &Path) -> Result<Roster, ConfigError> {
        let told = |message: String| ConfigError::new(format!("qualify.reps: {}: {message}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| told(error.to_string()))?;
        Roster::parse(&text).map_err(told)
    }

    fn parse(text: &str) -> Result<Roster, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if file.reps.is_empty() || file.reps.len() > MOST_REPS {
            return Err(format!("reps: wants 1 to {MOST_REPS} of them"));
        }
        let mut ids = BTreeSet::new();
        for (at, rep) in file.reps.iter().enumerate() {
            let place = format!("reps[{at}]");
            for (name, value) in [("id", &rep.id), ("name", &rep.name)] {
                if value.trim().is_empty() || value.len() > 200 {
                    return Err(format!("{place}.{name}: wants a text of 1 to 200 bytes"));
                }
            }
            if !ids.insert(rep.id.as_str()) {
                return Err(format!("{place}.id: `{}` is there twice", rep.id));
            }
            if rep.email.as_ref().is_some_and(|email| !email.contains('@')) {
                return Err(format!("{place}.email: is no e-mail address"));
            }
            if rep.capacity == 0 {
                return Err(format!("{place}.capacity: wants 1 or more"));
            }
            for (name, all) in [("territories", &rep.territories), ("industries", &rep.industries)] {
                if all.iter().any(|own| own.trim().is_empty()) {
                    return Err(format!("{place}.{name}: has a blank text"));
                }
            }
        }
        Ok(Roster(file.reps))
    }

    /// How well each fits a lead, whose places and industries may be written in several ways.
    pub(crate) fn routing(&self, places: &[&str], industries: &[&str]) -> Routing {
        let fit = |rep: &Rep| {
            let territory = if has_any(&rep.territories, places) { TERRITORY } else { 0.0 };
            territory + if has_any(&rep.industries, industries) { INDUSTRY } else { 0.0 }
        };
        let reps = self.0.iter().map(|rep| RepFit {
            id: rep.id.clone(),
            fit: fit(rep),
            capacity: rep.capacity,
            name: rep.name.clone(),
            email: rep.email.clone(),
        });
        Routing { reps: reps.collect() }
    }

    /// The representative of an id.
    pub(crate) fn rep(&self, id: &str) -> Option<AssignedRep> {
        let rep = self.0.iter().find(|rep| rep.id == id)?;
        Some(AssignedRep { id: rep.id.clone(), name: rep.name.clone(), email: rep.email.clone() })
    }
}

fn default_capacity() -> u32 {
    50
}

/// Whether a list names one of the values; the case does not matter.
fn has_any(list: &[String], values: &[&str]) -> bool {
    list.iter().any(|own| {
        let own = own.trim();
        own == "*" || values.iter().any(|value| value.trim().to_lowercase() == own.to_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn territories_and_industries_give_points() {
        let roster = Roster::parse(
            r#"{"reps": [
                {"id": "ana", "name": "Ana", "territories": ["US", "Canada"], "industries": ["SaaS"]},
                {"id": "bo", "name": "Bo", "email": "bo@example.com", "territories": ["*"], "capacity": 5}]}"#,
        )
        .unwrap();
        let fits = |places: &[&str], industries: &[&str]| -> Vec<f64> {
            roster.routing(places, industries).reps.iter().map(|rep| rep.fit).collect()
        };
        assert_eq!(fits(&["us"], &["saas"]), [60.0, 30.0]);
        assert_eq!(fits(&["Germany", "Berlin, Germany"], &["SaaS"]), [30.0, 30.0]);
        assert_eq!(fits(&[], &[]), [0.0, 30.0]);
        assert_eq!(roster.rep("bo").unwrap().email.as_deref(), Some("bo@example.com"));
        assert_eq!(roster.rep("cy"), None);
    }

    #[test]
    fn a_wrong_roster_is_refused_with_its_place() {
        for (text, wanted) in [
            ("{", "EOF"),
            (r#"{"reps": []}"#, "reps: wants 1"),
            (r#"{"reps": [{"id": "a"}]}"#, "missing field `name`"),
            (r#"{"reps": [{"id": "a", "name": " "}]}"#, "reps[0].name"),
            (
                r#"{"reps": [{"id": "a", "name": "A"}, {"id": "a", "name": "B"}]}"#,
                "reps[1].id: `a` is there twice",
            ),
            (r#"{"reps": [{"id": "a", "name": "A", "capacity": 0}]}"#, "reps[0].capacity"),
            (r#"{"reps": [{"id": "a", "name": "A", "email": "x"}]}"#, "reps[0].email"),
            (r#"{"reps": [{"id": "a", "name": "A", "industries": [""]}]}"#, "reps[0].industries"),
            (r#"{"reps": [{"id": "a", "name": "A", "region": "US"}]}"#, "unknown field `region`"),
        ] {
            let error = Roster::parse(text).err().unwrap();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
