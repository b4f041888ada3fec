//! Where people chat: the rules of every chat, and the platforms with what they are trusted by.

mod event;

use leadscore::chat::Chat;
use leadscore::intent::IntentClassifier;
use leadscore_connect::instagram::Sender as InstagramSender;
use leadscore_connect::meta::{GraphClient, Webhook};
use leadscore_connect::whatsapp::Sender as WhatsappSender;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

pub(crate) use event::{Deliveries, Place, PlatformEvent, What, instagram_events, whatsapp_events};

use crate::config::{Config, ConfigError, MetaSettings};

/// The rules of every chat, and the platforms.
pub(crate) struct Channels {
    pub(crate) rules: Chat,
    pub(crate) classifier: IntentClassifier,
    pub(crate) whatsapp: Platform,
    pub(crate) instagram: Platform,
}

/// A platform of Meta's.
pub(crate) struct Platform {
    /// Answers the handshake; none without a verify token.
    pub(crate) handshake: Option<Webhook>,
    /// Checks deliveries; none without an app secret.
    pub(crate) deliveries: Option<Webhook>,
    graph: Option<GraphClient>,
    account: Option<String>,
}

impl Channels {
    /// As the configuration has them.
    ///
    /// # Errors
    /// [`ConfigError`] with the setting that cannot be used.
    pub(crate) fn new(config: &Config) -> Result<Channels, ConfigError> {
        let mut rules = Chat::new();
        if let Some(country) = &config.chat_country {
            rules =
                rules.country(country).map_err(|error| ConfigError::new(format!("chat_country: {error}")))?;
        }
        let version = &config.graph_version;
        Ok(Channels {
            rules,
            classifier: IntentClassifier::builtin(),
            whatsapp: Platform::new("whatsapp", &config.whatsapp, GraphClient::FACEBOOK, version)?,
            instagram: Platform::new("instagram", &config.instagram, GraphClient::INSTAGRAM, version)?,
        })
    }
}

impl Platform {
    fn new(
        name: &str,
        settings: &MetaSettings,
        address: &str,
        version: &str,
    ) -> Result<Platform, ConfigError> {
        let told = |error: String| ConfigError::new(format!("{name}: {error}"));
        // Several secrets: one replaces another, or two products share the address.
        let secrets = settings.app_secret.iter().flat_map(|own| own.expose_secret().split(','));
        let secrets: Vec<SecretString> =
            secrets.map(str::trim).filter(|own| !own.is_empty()).map(SecretString::from).collect();
        let token = settings.verify_token.as_ref().filter(|own| !own.expose_secret().trim().is_empty());
        // What is not set lets nobody in: nobody knows this one.
        let nobody = || SecretString::from(Uuid::new_v4().to_string());
        let webhook = |token: SecretString, secrets: Vec<SecretString>| {
            Webhook::new(token, secrets).map_err(|error| told(error.to_string()))
        };
        let handshake = token.map(|token| webhook(token.clone(), vec![nobody()])).transpose()?;
        let deliveries = (!secrets.is_empty()).then(|| webhook(nobody(), secrets)).transpose()?;
        let address = settings.base_url.as_deref().unwrap_or(address);
        let graph = settings.access_token.as_ref().map(|token| {
            GraphClient::new(address, version, token.clone()).map_err(|error| told(error.to_string()))
        });
        let platform = Platform {
            handshake,
            deliveries,
            graph: graph.transpose()?,
            account: settings.account_id.clone(),
        };
        if platform.graph.is_some() && platform.account.is_some() {
            let checked = if name == "whatsapp" {
                platform.whatsapp_sender(None).map(|_| ())
            } else {
                platform.instagram_sender().map(|_| ())
            };
            checked.ok_or_else(|| told("the id of the number or account is none".to_owned()))?;
        }
        Ok(platform)
    }

    /// Whether messages can be answered.
    pub(crate) fn is_answering(&self) -> bool {
        self.graph.is_some()
    }

    /// What answers from a number, or from the one of the settings.
    pub(crate) fn whatsapp_sender(&self, number: Option<&str>) -> Option<WhatsappSender> {
        let number = number.or(self.account.as_deref())?;
        WhatsappSender::new(self.graph.clone()?, number).ok()
    }

    /// What answers from the account.
    pub(crate) fn instagram_sender(&self) -> Option<InstagramSender> {
        InstagramSender::new(self.graph.clone()?, self.account.as_deref().unwrap_or("me")).ok()
    }
}
