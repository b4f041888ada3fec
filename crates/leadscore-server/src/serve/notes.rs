//! What is worth telling whoever starts a server: what it does, and what is set up halfway.

use super::Server;
use crate::channels::Platform;
use crate::config::Config;
use crate::family::Family;
use crate::store::StoreError;

impl Server {
    /// What is worth telling whoever started it, a line each.
    ///
    /// # Errors
    /// [`StoreError`] where the keys cannot be looked up.
    pub async fn notes(&self) -> Result<Vec<String>, StoreError> {
        let config = &self.state.config;
        let mut notes = Vec::new();
        let place = match config.database_url {
            Some(_) => "a PostgreSQL database".to_owned(),
            None => format!("SQLite in {}", config.data.display()),
        };
        if config.unused_variables.is_empty() {
            notes.push(format!("data is kept in {place}"));
        } else {
            let names = config.unused_variables.join(" and ");
            notes.push(format!("{names}: MongoDB is not used; data is kept in {place}"));
        }
        if !self.state.callers.has_keys().await? {
            notes.push(
                "there is no key yet: heat scores are open to this machine, all else answers 401".to_owned(),
            );
            notes.push("make one: leadscore keys create --name NAME".to_owned());
        }
        match &self.state.words.model {
            Some((provider, model)) => {
                notes.push(format!(
                    "language model: {provider}, {model}; what it is asked about a lead goes there"
                ));
            }
            None => notes.push("no language model: the rules write and predict alone".to_owned()),
        }
        if config.families.contains(&Family::Capture) {
            let channels = &self.state.channels;
            notes.extend(platform_notes("whatsapp", &channels.whatsapp));
            notes.extend(platform_notes("instagram", &channels.instagram));
        }
        if !config.notification_emails.is_empty() && self.state.words.mail.is_none() {
            let folder = config.data.join("outbox");
            notes.push(format!(
                "there is no mail server (smtp.server): e-mails about hot leads are kept in {}",
                folder.display()
            ));
        }
        if self.state.b2b.load().is_some_and(|model| model.info().metadata.is_stub) {
            notes.push(
                "the included models were trained on synthetic leads: not for real decisions".to_owned(),
            );
        }
        Ok(notes)
    }
}

/// Says in the log what lets webhooks reach more than the public internet by https.
pub(super) fn warn_of_open_webhooks(config: &Config) {
    if !config.webhooks.allowlist.is_empty() || !config.webhooks.allowed_hosts.is_empty() {
        let networks = config.webhooks.allowlist.iter().map(ToString::to_string);
        let allowed: Vec<String> = networks.chain(config.webhooks.allowed_hosts.iter().cloned()).collect();
        let allowed = allowed.join(", ");
        tracing::warn!(
            allowed,
            "webhook_allowlist: whoever may register webhooks reaches these from this server"
        );
    }
    if config.webhooks.is_http_allowed {
        tracing::warn!("allow_insecure_webhooks: events with data of leads may be sent without encryption");
    }
}

/// What of a platform is set up halfway, which would otherwise show only when somebody writes.
fn platform_notes(name: &str, platform: &Platform) -> Vec<String> {
    let is_wanted = platform.handshake.is_some() || platform.is_answering();
    let mut notes = Vec::new();
    if platform.deliveries.is_none() && is_wanted {
        notes.push(format!("{name}: no app secret ({name}.app_secret): its deliveries are refused with 503"));
    } else if platform.deliveries.is_none() {
        notes.push(format!("{name}: not set up; its deliveries are refused with 503"));
    }
    if platform.deliveries.is_some() && platform.handshake.is_none() {
        notes.push(format!("{name}: no verify token ({name}.verify_token): the handshake is refused"));
    }
    if platform.deliveries.is_some() && !platform.is_answering() {
        notes.push(format!(
            "{name}: no access token ({name}.access_token): messages are kept and not answered"
        ));
    }
    notes
}
