//! Tokens: one for all calls, and a new one when it has expired.

use std::sync::Arc;
use std::time::SystemTime;

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::assertion::Signer;
use super::failure::token_failure;
use crate::crm::{Body, Call, Failure, FailureKind, Http, SetupError, is_loopback, is_sendable, path_url};

/// How a token is asked for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SalesforceLogin {
    /// An app of its own, with the OAuth flow for client credentials. The address must be My Domain.
    ClientCredentials {
        /// The consumer key.
        client_id: String,
        /// The consumer secret.
        client_secret: SecretString,
    },
    /// In the name of a user who has agreed.
    RefreshToken {
        /// The consumer key.
        client_id: String,
        /// The consumer secret, where the app has one.
        client_secret: Option<SecretString>,
        /// The token of the user's agreement.
        refresh_token: SecretString,
    },
    /// In the name of a user whom an administrator has approved for the app, by an assertion that a key signs.
    JwtBearer {
        /// The consumer key.
        client_id: String,
        /// The user's name at Salesforce.
        username: String,
        /// The private key of the certificate that the app has, RSA as PEM.
        private_key: SecretString,
    },
}

/// A token and where it is good.
pub(super) struct Session {
    pub(super) token: SecretString,
    pub(super) instance: Url,
}

pub(super) struct Sessions {
    login: SalesforceLogin,
    url: Url,
    signer: Option<Signer>,
    /// Held while a token is fetched, so that calls that run at once fetch one.
    current: Mutex<Option<Arc<Session>>>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    instance_url: String,
    #[serde(default)]
    token_type: Option<String>,
}

impl Sessions {
    pub(super) fn new(login: SalesforceLogin, url: Url) -> Result<Sessions, SetupError> {
        let is_empty = |secret: &SecretString| secret.expose_secret().is_empty();
        let mut signer = None;
        let wrong = match &login {
            SalesforceLogin::ClientCredentials { client_id, client_secret } => {
                (client_id.is_empty(), is_empty(client_secret), false)
            }
            SalesforceLogin::RefreshToken { client_id, client_secret, refresh_token } => {
                (client_id.is_empty(), client_secret.as_ref().is_some_and(is_empty), is_empty(refresh_token))
            }
            SalesforceLogin::JwtBearer { client_id, username, private_key } => {
                if username.is_empty() {
                    return Err(SetupError::Secret { name: "username" });
                }
                signer = Some(Signer::new(private_key)?);
                (client_id.is_empty(), false, false)
            }
        };
        match wrong {
            (true, _, _) => Err(SetupError::Secret { name: "client id" }),
            (_, true, _) => Err(SetupError::Secret { name: "client secret" }),
            (_, _, true) => Err(SetupError::Secret { name: "refresh token" }),
            _ => Ok(Sessions { login, url, signer, current: Mutex::new(None) }),
        }
    }

    /// The token there is, unless it is the one that has expired.
    pub(super) async fn session(
        &self,
        http: &Http,
        expired: Option<&SecretString>,
    ) -> Result<Arc<Session>, Failure> {
        let mut current = self.current.lock().await;
        if let Some(session) = current.as_ref() {
            let is_expired = expired.is_some_and(|old| old.expose_secret() == session.token.expose_secret());
            if !is_expired {
                return Ok(Arc::clone(session));
            }
        }
        *current = None;
        let session = Arc::new(self.fetch(http).await?);
        *current = Some(Arc::clone(&session));
        Ok(session)
    }

    async fn fetch(&self, http: &Http) -> Result<Session, Failure> {
        let mut form: Vec<(&str, &str)> = Vec::new();
        let mut secrets: Vec<&SecretString> = Vec::new();
        let assertion;
        match &self.login {
            SalesforceLogin::JwtBearer { client_id, username, .. } => {
                let Some(signer) = &self.signer else {
                    return Err(Failure::new(FailureKind::Credentials, "there is no key to sign with"));
                };
                // The audience is who gives the token: a login host, or My Domain.
                let audience = self.url.origin().ascii_serialization();
                assertion = signer.assertion(client_id, username, &audience, SystemTime::now())?;
                form.push(("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"));
                form.push(("assertion", assertion.expose_secret()));
                secrets.push(&assertion);
            }
            SalesforceLogin::ClientCredentials { client_id, client_secret } => {
                form.extend([("grant_type", "client_credentials"), ("client_id", client_id)]);
                form.push(("client_secret", client_secret.expose_secret()));
                secrets.push(client_secret);
            }
            SalesforceLogin::RefreshToken { client_id, client_secret, refresh_token } => {
                form.extend([("grant_type", "refresh_token"), ("client_id", client_id)]);
                form.push(("refresh_token", refresh_token.expose_secret()));
                secrets.push(refresh_token);
                if let Some(secret) = client_secret {
                    form.push(("client_secret", secret.expose_secret()));
                    secrets.push(secret);
                }
            }
        }
        let call = Call {
            method: Method::POST,
            url: path_url(&self.url, ["services", "oauth2", "token"]),
            token: None,
            secrets: &secrets,
            headers: &[("accept", "application/json")],
            body: Body::Form(&form),
            is_repeatable: true,
        };
        let answer = http.send(call, token_failure).await?;
        let answer: TokenAnswer = answer.read()?;
        let is_bearer = answer.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        let token = SecretString::from(answer.access_token);
        if !is_bearer || !is_sendable(&token) {
            return Err(Failure::new(FailureKind::BadAnswer, "Salesforce gave a token that cannot be sent"));
        }
        let instance = instance(&answer.instance_url, &self.url).ok_or_else(|| {
            let message =
                "Salesforce names an instance that is not one of its own, so the token is not sent there";
            Failure::new(FailureKind::Credentials, message)
        })?;
        Ok(Session { token, instance })
    }
}

/// The address of an instance, if the token may go there: a host of Salesforce's by https, or the one that gave it.
fn instance(text: &str, login: &Url) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let host = url.host_str()?;
    let is_salesforce = url.scheme() == "https"
        && url.port().is_none()
        && [".salesforce.com", ".force.com", ".cloudforce.com"].iter().any(|end| host.ends_with(end));
    let is_login = url.origin() == login.origin() && (url.scheme() == "https" || is_loopback(&url));
    if !is_salesforce && !is_login {
        return None;
    }
    let mut root = url;
    root.set_query(None);
    root.set_fragment(None);
    root.set_path("/");
    Some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_goes_to_salesforce_or_back() {
        let login = Url::parse("https://login.salesforce.com").unwrap();
        for good in
            ["https://acme.my.salesforce.com", "https://acme.cloudforce.com/", "https://na1.force.com"]
        {
            assert!(instance(good, &login).is_some(), "{good}");
        }
        for wrong in [
            "http://acme.my.salesforce.com",
            "https://evil-salesforce.com",
            "https://salesforce.com.evil.com",
            "https://acme.my.salesforce.com@evil.com",
            "https://127.0.0.1",
            "https://acme.my.salesforce.com:8443",
            "",
        ] {
            assert!(instance(wrong, &login).is_none(), "{wrong}");
        }
        let local = Url::parse("http://127.0.0.1:8080").unwrap();
        assert!(instance("http://127.0.0.1:8080", &local).is_some());
        assert!(instance("http://127.0.0.1:8081", &local).is_none());
    }
}
