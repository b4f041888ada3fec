//! Leads and their scores in Salesforce: upserts by our id of the lead, owners by e-mail.
//!
//! A synchronisation reads the leads first and writes only those that differ, 200 in a call, each for itself
//! (`allOrNone` is false). A record that was not written is named in the report with the reason.

mod assertion;
mod failure;
mod leads;
mod login;
mod lookup;
mod soql;

use std::fmt;

use reqwest::Method;
use serde_json::Value;

use crate::crm::{
    Answer, Body, Call, CrmRecord, Draft, Failure, Http, HttpLimits, Refusal, RefusalKind, SetupError,
    SyncReport, accepted, base_url, normalized_email, path_url,
};
use failure::EXPIRED;
use login::Sessions;

pub use login::SalesforceLogin;

/// The version of the API and the fields of ours, which an administrator makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesforceApi {
    /// The version. `v66.0`.
    pub version: String,
    /// A text of 64 characters, external id and unique. `Leadscore_Id__c`.
    pub external_id: String,
    /// A number without decimals: scores are rounded. `Leadscore_Score__c`.
    pub score: String,
    /// A text. `Leadscore_Tier__c`.
    pub tier: String,
    /// A long text. `Leadscore_Reasoning__c`.
    pub reasoning: String,
}

impl Default for SalesforceApi {
    fn default() -> SalesforceApi {
        let field = |name: &str| format!("Leadscore_{name}__c");
        SalesforceApi {
            version: "v66.0".to_owned(),
            external_id: field("Id"),
            score: field("Score"),
            tier: field("Tier"),
            reasoning: field("Reasoning"),
        }
    }
}

/// A Salesforce organisation.
///
/// ```
/// use leadscore_connect::crm::HttpLimits;
/// use leadscore_connect::salesforce::{Salesforce, SalesforceApi, SalesforceLogin};
///
/// let login = SalesforceLogin::ClientCredentials { client_id: "3MVG9".into(), client_secret: "secret".into() };
/// let url = "https://acme.my.salesforce.com";
/// let salesforce = Salesforce::new(login, url, SalesforceApi::default(), HttpLimits::default())?;
/// assert!(!format!("{salesforce:?}").contains("secret"));
/// # Ok::<(), leadscore_connect::crm::SetupError>(())
/// ```
pub struct Salesforce {
    sessions: Sessions,
    api: SalesforceApi,
    http: Http,
}

impl Salesforce {
    /// An organisation by the address where it gives tokens: its own (My Domain), or for refresh tokens also
    /// `https://login.salesforce.com`.
    ///
    /// # Errors
    /// What is wrong with the address, a secret, the version or a field's name.
    pub fn new(
        login: SalesforceLogin,
        login_url: &str,
        api: SalesforceApi,
        limits: HttpLimits,
    ) -> Result<Salesforce, SetupError> {
        let is_version = api.version.strip_prefix('v').and_then(|number| number.split_once('.')).is_some_and(
            |(major, minor)| {
                [major, minor].iter().all(|part| {
                    (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
                })
            },
        );
        if !is_version {
            return Err(SetupError::Setting { name: "version", value: api.version });
        }
        for field in [&api.external_id, &api.score, &api.tier, &api.reasoning] {
            if !soql::is_name(field) {
                return Err(SetupError::Setting { name: "field", value: field.clone() });
            }
        }
        let sessions = Sessions::new(login, base_url(login_url)?)?;
        Ok(Salesforce { sessions, api, http: Http::new(limits)? })
    }

    /// Makes the leads what the records say. The report has one entry for each record; nothing is left out.
    ///
    /// A new lead without a name has the local part of its address as family name, one without a company
    /// `[not provided]`, since Salesforce takes no lead without; what is there is never replaced by these.
    pub async fn sync(&self, records: &[CrmRecord]) -> SyncReport {
        let mut draft = Draft::new(records);
        let by_id = |record: &CrmRecord| {
            if let Some(email) = &record.email {
                normalized_email(email)?;
            }
            let own = self.own_fields(record, Some(String::new()));
            let taken = |name: &&String| {
                ["Id", "OwnerId", "attributes", "type"].iter().any(|own| name.eq_ignore_ascii_case(own))
                    || own.keys().any(|own| name.eq_ignore_ascii_case(own))
            };
            match record.fields.keys().find(|name| taken(name) || !soql::is_name(name)) {
                Some(name) => {
                    let message = format!("the field {name:?} cannot be given among the further fields");
                    Err(Refusal::new(RefusalKind::Field, message))
                }
                None => Ok(record.external_id.clone()),
            }
        };
        let accepted = accepted(records, &mut draft, by_id);
        let planned = self.plan(accepted, &mut draft).await;
        self.write_leads(&planned, &mut draft).await;
        draft.finish()
    }

    /// Whether the login is good and the API answers in this version.
    ///
    /// # Errors
    /// The failure of the call.
    pub async fn check(&self) -> Result<(), Failure> {
        self.call(&Method::GET, &["limits"], &[], &[], None).await.map(|_| ())
    }

    /// A call with a token; when it has expired, once more with a new one.
    async fn call(
        &self,
        method: &Method,
        segments: &[&str],
        query: &[(&str, &str)],
        headers: &[(&'static str, &'static str)],
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let mut expired = None;
        loop {
            let session = self.sessions.session(&self.http, expired.as_ref()).await?;
            let path = ["services", "data", &self.api.version];
            let mut url = path_url(&session.instance, path.into_iter().chain(segments.iter().copied()));
            if !query.is_empty() {
                url.query_pairs_mut().extend_pairs(query);
            }
            let call = Call {
                method: method.clone(),
                url,
                token: Some(&session.token),
                secrets: &[],
                headers,
                body: body.map_or(Body::None, Body::Json),
                // Reads, and upserts by a key of ours.
                is_repeatable: true,
            };
            match self.http.send(call, failure::failure).await {
                Err(failure) if expired.is_none() && failure.code.as_deref() == Some(EXPIRED) => {
                    expired = Some(session.token.clone());
                }
                done => return done,
            }
        }
    }
}

impl fmt::Debug for Salesforce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Salesforce").field("api", &self.api).finish_non_exhaustive()
    }
}
