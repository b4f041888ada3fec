//! Leads and their scores in HubSpot: contacts by e-mail, owners, deals in pipelines.
//!
//! A synchronisation reads the contacts first, in batches of 100, and writes only those that differ, so that a second
//! one writes nothing. A record that was not written is named in the report with the reason.

mod batch;
mod contacts;
mod deals;
mod failure;
mod lookup;
mod properties;

use std::fmt;

use reqwest::Method;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use crate::crm::{
    Answer, Body, Call, CrmRecord, Draft, Failure, Http, HttpLimits, Refusal, RefusalKind, SetupError,
    SyncReport, accepted, base_url, is_sendable, normalized_email, path_url,
};

pub use properties::{PropertyCheck, PropertyState};

/// Where HubSpot's API is.
pub const HUBSPOT_URL: &str = "https://api.hubapi.com";

/// The paths of HubSpot's API, which have its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubSpotPaths {
    /// Contacts and deals. `crm/v3/objects`; dated versions have `crm/objects/2026-03`.
    pub objects: String,
    /// Owners. `crm/v3/owners`.
    pub owners: String,
    /// Pipelines. `crm/v3/pipelines`.
    pub pipelines: String,
    /// Properties. `crm/v3/properties`.
    pub properties: String,
}

impl Default for HubSpotPaths {
    fn default() -> HubSpotPaths {
        let path = |name: &str| format!("crm/v3/{name}");
        HubSpotPaths {
            objects: path("objects"),
            owners: path("owners"),
            pipelines: path("pipelines"),
            properties: path("properties"),
        }
    }
}

/// A HubSpot account, by the token of a private app.
///
/// ```
/// use leadscore_connect::crm::HttpLimits;
/// use leadscore_connect::hubspot::{HUBSPOT_URL, HubSpot, HubSpotPaths};
///
/// let hubspot = HubSpot::new("pat-na1-secret".into(), HUBSPOT_URL, HubSpotPaths::default(), HttpLimits::default())?;
/// assert!(!format!("{hubspot:?}").contains("secret"));
/// # Ok::<(), leadscore_connect::crm::SetupError>(())
/// ```
pub struct HubSpot {
    token: SecretString,
    base: Url,
    paths: HubSpotPaths,
    http: Http,
}

impl HubSpot {
    /// An account at an address, which is [`HUBSPOT_URL`] outside tests.
    ///
    /// # Errors
    /// What is wrong with the token, the address or a path.
    pub fn new(
        token: SecretString,
        url: &str,
        paths: HubSpotPaths,
        limits: HttpLimits,
    ) -> Result<HubSpot, SetupError> {
        if !is_sendable(&token) {
            return Err(SetupError::Secret { name: "token" });
        }
        let base = base_url(url)?;
        for path in [&paths.objects, &paths.owners, &paths.pipelines, &paths.properties] {
            let is_segment = |part: &str| {
                !part.is_empty()
                    && !part.starts_with('.')
                    && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            };
            if !path.split('/').all(is_segment) {
                return Err(SetupError::Setting { name: "path", value: path.clone() });
            }
        }
        Ok(HubSpot { token, base, paths, http: Http::new(limits)? })
    }

    /// Makes the contacts of the records what the records say, and opens a deal where a pipeline is given and the lead
    /// has none. The report has one entry for each record; nothing is left out.
    ///
    /// The properties of [`HubSpot::ensure_properties`] must exist. The life cycle stage is set for new contacts only,
    /// because HubSpot refuses to move it back, and a deal that is there is left as its owner has it.
    pub async fn sync(&self, records: &[CrmRecord]) -> SyncReport {
        let mut draft = Draft::new(records);
        let by_email = |record: &CrmRecord| {
            if let Some(name) = contacts::taken_name(record) {
                let message = format!("the property {name:?} cannot be given among the further fields");
                return Err(Refusal::new(RefusalKind::Field, message));
            }
            let Some(email) = &record.email else {
                let message = "HubSpot contacts are found by e-mail, and there is none";
                return Err(Refusal::new(RefusalKind::Email, message));
            };
            normalized_email(email)
        };
        let accepted = accepted(records, &mut draft, by_email);
        let planned = self.plan(accepted, &mut draft).await;
        self.write_contacts(&planned, &mut draft).await;
        self.open_deals(&planned, &mut draft).await;
        draft.finish()
    }

    /// Whether the token is good for reading contacts.
    ///
    /// # Errors
    /// The failure of the call.
    pub async fn check(&self) -> Result<(), Failure> {
        self.get(&self.paths.objects, &["contacts"], &[("limit", "1")]).await.map(|_| ())
    }

    async fn get(&self, path: &str, rest: &[&str], query: &[(&str, &str)]) -> Result<Answer, Failure> {
        let mut url = path_url(&self.base, path.split('/').chain(rest.iter().copied()));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.call(Method::GET, url, Body::None, true).await
    }

    async fn post(
        &self,
        path: &str,
        rest: &[&str],
        body: &Value,
        is_repeatable: bool,
    ) -> Result<Answer, Failure> {
        let url = path_url(&self.base, path.split('/').chain(rest.iter().copied()));
        self.call(Method::POST, url, Body::Json(body), is_repeatable).await
    }

    async fn call(
        &self,
        method: Method,
        url: Url,
        body: Body<'_>,
        is_repeatable: bool,
    ) -> Result<Answer, Failure> {
        let headers = &[("accept", "application/json")];
        let call = Call { method, url, token: Some(&self.token), secrets: &[], headers, body, is_repeatable };
        self.http.send(call, failure::failure).await
    }
}

impl fmt::Debug for HubSpot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubSpot")
            .field("base", &self.base.as_str())
            .field("paths", &self.paths)
            .finish_non_exhaustive()
    }
}
