//! Settings: defaults, then a file, then the environment, then flags.

mod layers;
mod settings;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;

pub use layers::{ConfigError, Layers};

use crate::family::Family;

/// What the server is told. [`Layers`] makes one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The folder of its files.
    pub data: PathBuf,
    /// The PostgreSQL database, instead of a file in the folder.
    pub database_url: Option<SecretString>,
    /// The APIs that it speaks.
    pub families: Vec<Family>,
    /// Origins of web pages that may call it.
    pub cors_origins: Vec<String>,
    /// Proxies whose word about the caller's address counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Where others reach this server, for links in e-mails.
    pub public_url: Option<String>,
    /// Whether chats are open to all.
    pub public_chat: bool,
    /// The country whose rules telephone numbers without a `+` follow.
    pub chat_country: Option<String>,
    /// Whether a failing language model is an error; the rules answer otherwise.
    pub is_llm_failure_an_error: bool,
    /// How long a prediction counts.
    pub prediction_ttl: Duration,
    /// After how many days without a change a lead is erased.
    pub retention_days: Option<u32>,
    /// Keys from the environment, of the tenant `default`.
    pub api_keys: Vec<SecretString>,
    /// What signs and encrypts.
    pub secret_key: Option<SecretString>,
    /// How tokens are checked; by a key derived from the secret one where nothing is said.
    pub jwt: JwtSettings,
    /// The language model.
    pub llm: LlmSettings,
    /// The mail server.
    pub smtp: SmtpSettings,
    /// Who e-mails are from.
    pub sender: SenderSettings,
    /// The folder or file of the knowledge base for e-mails.
    pub knowledge: Option<PathBuf>,
    /// Who is told of a hot lead.
    pub notification_emails: Vec<String>,
    /// What qualification knows beside the request.
    pub qualify: QualifySettings,
    /// HubSpot.
    pub hubspot: HubSpotSettings,
    /// Salesforce.
    pub salesforce: SalesforceSettings,
    /// The version of the Graph API.
    pub graph_version: String,
    /// The number at WhatsApp.
    pub whatsapp: MetaSettings,
    /// The account at Instagram.
    pub instagram: MetaSettings,
    /// Outbound webhooks.
    pub webhooks: WebhookSettings,
    /// After how long without a sign of life the work of a server is taken over by another one.
    pub job_lease: Duration,
    /// The model of the b2b API, instead of the included one.
    pub b2b_model: Option<PathBuf>,
    /// Its version.
    pub b2b_version: Option<String>,
    /// Whether leads that the b2b API scores are kept.
    pub is_b2b_stored: bool,
    /// How many requests are answered at once; more are turned away.
    pub max_requests: usize,
    /// How long a connection may take for the head of a request.
    pub header_timeout: Duration,
    /// How long a request may take for its body, and longer for a long one.
    pub body_timeout: Duration,
    /// What is logged.
    pub log_level: String,
    /// Variables of other databases that were seen, and are not used.
    pub unused_variables: Vec<String>,
}

/// How tokens are checked.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct JwtSettings {
    /// HS256 or RS256.
    pub algorithm: Option<String>,
    /// The key of HS256.
    pub secret: Option<SecretString>,
    /// The public key of RS256: PEM, or a file of it.
    pub public_key: Option<String>,
    /// Where the public keys of RS256 are.
    pub jwks_url: Option<String>,
    /// Who must have issued a token.
    pub issuer: String,
    /// Whom a token must be for.
    pub audience: String,
    /// The claim that names the tenant.
    pub tenant_claim: String,
}

/// The language model.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct LlmSettings {
    /// The vendor; the one with a key where none is named.
    pub provider: Option<String>,
    /// The model's name.
    pub model: Option<String>,
    /// Another address of the vendor's API.
    pub base_url: Option<String>,
    /// Keys by the name of the vendor.
    pub keys: Vec<(String, SecretString)>,
}

/// What qualification knows beside the request.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct QualifySettings {
    /// A CSV or SQLite file of companies by their domain.
    pub companies: Option<PathBuf>,
    /// An address that is asked for a company, with `{domain}` in it.
    pub companies_url: Option<String>,
    /// The bearer token of that address.
    pub companies_token: Option<SecretString>,
    /// The file of the sales representatives.
    pub reps: Option<PathBuf>,
}

/// HubSpot.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct HubSpotSettings {
    /// The token of a private app.
    pub access_token: Option<SecretString>,
    /// Another address of its API.
    pub base_url: Option<String>,
}

/// Salesforce.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SalesforceSettings {
    /// Where to log in.
    pub login_url: Option<String>,
    /// The key of the app.
    pub client_id: Option<String>,
    /// The secret of the app, for client credentials.
    pub client_secret: Option<SecretString>,
    /// The user, for the JWT bearer flow.
    pub username: Option<String>,
    /// The private key of the JWT bearer flow: PEM, or a file of it.
    pub private_key: Option<SecretString>,
}

/// A number at WhatsApp, or an account at Instagram.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct MetaSettings {
    /// What signs the deliveries of the platform.
    pub app_secret: Option<SecretString>,
    /// What the platform shows when it asks for the address.
    pub verify_token: Option<SecretString>,
    /// What replies are sent with.
    pub access_token: Option<SecretString>,
    /// The id of the number or account that replies are from.
    pub account_id: Option<String>,
    /// Another address of the Graph API.
    pub base_url: Option<String>,
}

/// Outbound webhooks.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct WebhookSettings {
    /// Networks that they may reach although they are not public.
    pub allowlist: Vec<IpNet>,
    /// Hosts that they may reach whatever their addresses are.
    pub allowed_hosts: Vec<String>,
    /// Whether they may go to http addresses.
    pub is_http_allowed: bool,
    /// How long after each failure a delivery is tried again.
    pub waits: Vec<Duration>,
}

/// The mail server.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SmtpSettings {
    /// Its host name, or a URL.
    pub server: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// The account.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<SecretString>,
    /// The address that e-mails are from; the account's where none is named.
    pub from: Option<String>,
}

/// Who e-mails are from.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SenderSettings {
    /// The person or team.
    pub name: Option<String>,
    /// The company.
    pub company: Option<String>,
    /// The postal address, which many laws want in every e-mail.
    pub address: Option<String>,
    /// The link by which a lead unsubscribes, where the server has no address for links of its own.
    pub unsubscribe: Option<String>,
}
