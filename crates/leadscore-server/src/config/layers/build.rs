//! The configuration that the layers make: every setting read as what it is.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;

use super::{ConfigError, Layers, find};
use crate::config::{
    Config, HubSpotSettings, JwtSettings, LlmSettings, MetaSettings, QualifySettings, SalesforceSettings,
    SenderSettings, SmtpSettings, WebhookSettings,
};
use crate::family::Family;

impl Layers {
    /// The configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with the setting, where it is from and what is wrong.
    pub fn build(&self) -> Result<Config, ConfigError> {
        let is_debug = self.flag_of("debug")?;
        let mut keys = Vec::new();
        for provider in ["openai", "gemini", "openrouter", "anthropic"] {
            if let Some(key) = self.secret(&format!("llm.{provider}_api_key")) {
                keys.push((provider.to_owned(), key));
            }
        }
        let path = |name: &str| self.text(name).map(PathBuf::from);
        Ok(Config {
            listen: self.needed("listen", self.parsed("listen")?)?,
            data: self.needed("data", path("data"))?,
            database_url: self.secret("database_url"),
            families: self.families()?,
            cors_origins: self.list("cors_origins"),
            trusted_proxies: self.networks("trusted_proxies")?,
            public_url: self.web_address("public_url")?,
            public_chat: self.flag_of("public_chat")?,
            chat_country: self.text("chat_country"),
            is_llm_failure_an_error: match self.text("llm_failure").as_deref() {
                Some("error") => true,
                Some("fallback") | None => false,
                Some(_) => return Err(self.wrong("llm_failure", "fallback or error")),
            },
            prediction_ttl: self.duration("prediction_ttl")?,
            retention_days: match self.parsed("retention_days")? {
                Some(0) => return Err(self.wrong("retention_days", "1 or more days")),
                days => days,
            },
            api_keys: self.list("api_keys").into_iter().map(SecretString::from).collect(),
            secret_key: self.secret("secret_key"),
            jwt: JwtSettings {
                algorithm: self.text("auth.jwt.algorithm"),
                secret: self.secret("auth.jwt.secret"),
                public_key: self.text("auth.jwt.public_key"),
                jwks_url: self.text("auth.jwt.jwks_url"),
                issuer: self.text("auth.jwt.issuer").unwrap_or_default(),
                audience: self.text("auth.jwt.audience").unwrap_or_default(),
                tenant_claim: self.text("auth.jwt.tenant_claim").unwrap_or_default(),
            },
            llm: LlmSettings {
                provider: self.text("llm.provider"),
                model: self.text("llm.model"),
                base_url: self.text("llm.base_url"),
                keys,
            },
            smtp: SmtpSettings {
                server: self.text("smtp.server"),
                port: self.parsed("smtp.port")?,
                username: self.text("smtp.username"),
                password: self.secret("smtp.password"),
                from: self.text("smtp.from"),
            },
            sender: SenderSettings {
                name: self.text("sender.name"),
                company: self.text("sender.company"),
                address: self.text("sender.address"),
                unsubscribe: self.text("sender.unsubscribe"),
            },
            knowledge: path("knowledge"),
            notification_emails: self.list("notification_emails"),
            qualify: QualifySettings {
                companies: path("qualify.companies"),
                companies_url: self.text("qualify.companies_url"),
                companies_token: self.secret("qualify.companies_token"),
                reps: path("qualify.reps"),
            },
            hubspot: HubSpotSettings {
                access_token: self.secret("hubspot.access_token"),
                base_url: self.text("hubspot.base_url"),
            },
            salesforce: SalesforceSettings {
                login_url: self.text("salesforce.login_url"),
                client_id: self.text("salesforce.client_id"),
                client_secret: self.secret("salesforce.client_secret"),
                username: self.text("salesforce.username"),
                private_key: self.secret("salesforce.private_key"),
            },
            graph_version: self.needed("graph_version", self.text("graph_version"))?,
            whatsapp: self.meta("whatsapp", "phone_number_id"),
            instagram: self.meta("instagram", "account_id"),
            webhooks: self.webhooks()?,
            job_lease: self.duration("job_lease")?,
            b2b_model: path("b2b_model"),
            b2b_version: self.text("b2b_version"),
            is_b2b_stored: self.flag_of("b2b_store")?,
            max_requests: self.needed("max_requests", self.parsed("max_requests")?)?,
            header_timeout: self.duration("header_timeout")?,
            body_timeout: self.duration("body_timeout")?,
            log_level: if is_debug { "debug".to_owned() } else { self.text("log_level").unwrap_or_default() },
            unused_variables: self.unused.clone(),
        })
    }

    fn needed<T>(&self, name: &str, value: Option<T>) -> Result<T, ConfigError> {
        value.ok_or_else(|| self.wrong(name, "a value"))
    }

    fn text(&self, name: &str) -> Option<String> {
        self.values.get(name).map(|said| said.text.trim().to_owned())
    }

    fn secret(&self, name: &str) -> Option<SecretString> {
        self.text(name).map(SecretString::from)
    }

    fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let what = match name {
            "listen" => "an address with a port, such as 127.0.0.1:8000",
            _ => "a whole number",
        };
        text.parse().map(Some).map_err(|_| self.wrong(name, what))
    }

    fn flag_of(&self, name: &str) -> Result<bool, ConfigError> {
        match self.text(name).map(|text| text.to_lowercase()).as_deref() {
            Some("true" | "1" | "yes" | "on") => Ok(true),
            Some("false" | "0" | "no" | "off" | "") | None => Ok(false),
            Some(_) => Err(self.wrong(name, "true or false")),
        }
    }

    fn duration(&self, name: &str) -> Result<Duration, ConfigError> {
        parse_duration(&self.text(name).unwrap_or_default())
            .ok_or_else(|| self.wrong(name, "a number with s, m, h or d, such as 24h"))
    }

    fn durations(&self, name: &str) -> Result<Vec<Duration>, ConfigError> {
        let all: Option<Vec<Duration>> = self.list(name).iter().map(|text| parse_duration(text)).collect();
        all.filter(|all| !all.is_empty())
            .ok_or_else(|| self.wrong(name, "numbers with s, m, h or d, such as 5s,5m,2h"))
    }

    /// An address of the web, without a slash at its end.
    fn web_address(&self, name: &str) -> Result<Option<String>, ConfigError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let wrong =
            || self.wrong(name, "an https address without a query, such as https://leads.example.com");
        let url = url::Url::parse(&text).map_err(|_| wrong())?;
        if url.scheme() != "https"
            || url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
        {
            return Err(wrong());
        }
        Ok(Some(url.as_str().trim_end_matches('/').to_owned()))
    }

    fn families(&self) -> Result<Vec<Family>, ConfigError> {
        let known = [Family::Heatscore, Family::LeadMl, Family::B2b, Family::Qualify, Family::Capture];
        let find = |name: String| known.into_iter().find(|family| family.as_str() == name);
        let found: Option<Vec<Family>> = self.list("families").into_iter().map(find).collect();
        found.ok_or_else(|| self.wrong("families", "a list of heatscore, lead-ml, b2b, qualify and capture"))
    }

    fn networks(&self, name: &str) -> Result<Vec<IpNet>, ConfigError> {
        let found: Option<Vec<IpNet>> = self.list(name).iter().map(|text| parse_network(text)).collect();
        found.ok_or_else(|| self.wrong(name, "addresses or networks, such as 10.0.0.0/8"))
    }

    fn meta(&self, platform: &str, account: &str) -> MetaSettings {
        let name = |setting: &str| format!("{platform}.{setting}");
        MetaSettings {
            app_secret: self.secret(&name("app_secret")),
            verify_token: self.secret(&name("verify_token")),
            access_token: self.secret(&name("access_token")),
            account_id: self.text(&name(account)),
            base_url: self.text(&name("base_url")),
        }
    }

    fn webhooks(&self) -> Result<WebhookSettings, ConfigError> {
        let (allowlist, allowed_hosts) = self.networks_and_hosts("webhook_allowlist")?;
        Ok(WebhookSettings {
            allowlist,
            allowed_hosts,
            is_http_allowed: self.flag_of("allow_insecure_webhooks")?,
            waits: self.durations("webhook_waits")?,
        })
    }

    fn networks_and_hosts(&self, name: &str) -> Result<(Vec<IpNet>, Vec<String>), ConfigError> {
        let (mut networks, mut hosts) = (Vec::new(), Vec::new());
        for text in self.list(name) {
            if let Some(network) = parse_network(&text) {
                networks.push(network);
            } else if is_host(&text) {
                hosts.push(text);
            } else {
                let wanted =
                    "addresses, networks or host names, such as 10.0.0.0/8 or hooks.example.internal";
                return Err(self.wrong(name, wanted));
            }
        }
        Ok((networks, hosts))
    }

    fn wrong(&self, name: &str, wanted: &str) -> ConfigError {
        let said = self.values.get(name);
        let origin = said.map_or("default", |said| said.origin.as_str());
        let is_secret = find(name).is_some_and(|setting| setting.is_secret);
        let found = said.filter(|_| !is_secret).map_or(String::new(), |said| format!("`{}`; ", said.text));
        ConfigError(format!("{name} ({origin}): {found}wants {wanted}"))
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let count = digits.parse::<u32>().ok().filter(|count| *count > 0)?;
    Some(Duration::from_secs(u64::from(count) * unit))
}

fn parse_network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Whether a text is the name of a host, and no address that was written wrong.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.trim_end_matches('.').split('.').all(is_label) && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}
