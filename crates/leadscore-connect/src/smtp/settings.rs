//! Which server, how it is reached, and who asks.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::client::Certificate;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use url::{Host, Url};

use super::dkim::Dkim;

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Security {
    /// TLS from the first byte: `smtps://`, port 465.
    ImplicitTls,
    /// `STARTTLS` before anything else, and no message without it: `smtp://`, port 587.
    StartTls,
    /// No TLS, which is for servers on the same machine only: `smtp://localhost:1025?tls=none`.
    None,
}

/// How long to wait for a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Until there is a connection.
    pub connect: Duration,
    /// Until the server has greeted.
    pub greeting: Duration,
    /// For each command, and for the TLS handshake.
    pub command: Duration,
    /// From the first byte of a message until the server has taken it.
    pub message: Duration,
}

/// The settings of a mail server. The password is kept as a secret: it is not in `Debug`.
#[derive(Clone)]
pub struct Settings {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) login: Option<Login>,
    pub(super) hello_name: Option<String>,
    pub(super) roots: Vec<Certificate>,
    pub(super) timeouts: Timeouts,
    pub(super) dkim: Option<Dkim>,
}

#[derive(Clone)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: SecretString,
    pub(super) kind: LoginKind,
}

/// What a login's password is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoginKind {
    /// A password, for `PLAIN` or `LOGIN`.
    Password,
    /// An access token of OAuth 2.0, for `XOAUTH2`.
    AccessToken,
}

/// What is wrong with the settings of a mail server. No message has the password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The text is no URL.
    #[error("the URL of the mail server cannot be read: {reason}")]
    BadUrl {
        /// What a URL parser says.
        reason: String,
    },
    /// The scheme is neither `smtp` nor `smtps`.
    #[error(
        "the URL of the mail server has the scheme \"{scheme}\", which is neither smtp (with STARTTLS) nor smtps (TLS from the first byte)"
    )]
    UnknownScheme {
        /// What stands there.
        scheme: String,
    },
    /// There is no host.
    #[error("the URL of the mail server has no host")]
    NoHost,
    /// There is a part that has no meaning.
    #[error(
        "the URL of the mail server has {part}, which means nothing there; only ?tls=none and ?auth=xoauth2 may follow host and port"
    )]
    UnknownPart {
        /// Which one.
        part: &'static str,
    },
    /// There is a name without a password, a password without a name, or one with characters that none can have.
    #[error("the URL of the mail server has {problem}")]
    BadLogin {
        /// What is wrong.
        problem: &'static str,
    },
    /// TLS is switched off for a server on another machine.
    #[error("tls=none is for servers on this machine only, and {host} is none")]
    PlaintextToOthers {
        /// The host.
        host: String,
    },
    /// The name for the greeting is no host name.
    #[error("the name for EHLO is no host name: letters, digits, dots and hyphens, at most 255")]
    BadHelloName,
    /// A root certificate cannot be read, or there is none.
    #[error("the root certificates cannot be read as PEM")]
    BadRootCertificate,
    /// TLS cannot be prepared.
    #[error("TLS cannot be prepared: {reason}")]
    Tls {
        /// What the TLS library says.
        reason: String,
    },
}

impl Default for Timeouts {
    /// 10 s, 30 s, 30 s and 120 s.
    fn default() -> Timeouts {
        Timeouts {
            connect: Duration::from_secs(10),
            greeting: Duration::from_secs(30),
            command: Duration::from_secs(30),
            message: Duration::from_secs(120),
        }
    }
}

impl Settings {
    /// Settings from a URL: `smtps://user:password@host:port` or `smtp://…`. Characters that mean something in a URL are
    /// percent-encoded in names and passwords: `sales%40example.com`.
    ///
    /// `smtp://` demands `STARTTLS`: a server that does not offer it gets neither password nor message. Only a server on the
    /// same machine may be asked without TLS, by `?tls=none`. With `?auth=xoauth2` the password is an access token.
    ///
    /// # Errors
    /// What is wrong with the URL.
    ///
    /// ```
    /// use leadscore_connect::smtp::{Security, Settings};
    ///
    /// let settings = Settings::from_url("smtp://sales%40example.com:secret@mail.example.com").unwrap();
    /// assert_eq!((settings.port(), settings.security()), (587, Security::StartTls));
    /// assert!(!format!("{settings:?}").contains("secret"));
    /// assert!(Settings::from_url("smtp://mail.example.com?tls=none").is_err());
    /// ```
    pub fn from_url(text: &str) -> Result<Settings, SettingsError> {
        let url =
            Url::parse(text.trim()).map_err(|error| SettingsError::BadUrl { reason: error.to_string() })?;
        let (security, default_port) = match url.scheme() {
            "smtps" => (Security::ImplicitTls, 465),
            "smtp" => (Security::StartTls, 587),
            scheme => return Err(SettingsError::UnknownScheme { scheme: scheme.to_owned() }),
        };
        let host = host(&url)?;
        if !matches!(url.path(), "" | "/") {
            return Err(SettingsError::UnknownPart { part: "a path" });
        }
        if url.fragment().is_some() {
            return Err(SettingsError::UnknownPart { part: "a fragment" });
        }
        let mut kind = LoginKind::Password;
        let mut security = security;
        for option in url.query().into_iter().flat_map(|query| query.split('&')) {
            match (option, security, kind) {
                ("tls=none", Security::StartTls, _) if is_loopback(&host) => security = Security::None,
                ("tls=none", Security::StartTls, _) => return Err(SettingsError::PlaintextToOthers { host }),
                ("auth=xoauth2", _, LoginKind::Password) => kind = LoginKind::AccessToken,
                _ => return Err(SettingsError::UnknownPart { part: "a query" }),
            }
        }
        Ok(Settings {
            host,
            port: url.port().unwrap_or(default_port),
            security,
            login: login(&url, kind)?,
            hello_name: None,
            roots: Vec::new(),
            timeouts: Timeouts::default(),
            dkim: None,
        })
    }

    /// Logs in with an access token of OAuth 2.0 by `XOAUTH2`, as Gmail and Microsoft 365 want it. A token is good for about an
    /// hour, and getting a new one is the caller's: a [`Mailer`](super::Mailer) with it is cheap to make.
    ///
    /// In a URL it is `smtps://user:token@host?auth=xoauth2`.
    ///
    /// # Errors
    /// The name or the token is empty or has characters that none can have.
    pub fn access_token(mut self, user: &str, token: SecretString) -> Result<Settings, SettingsError> {
        if user.is_empty() || user.chars().any(char::is_control) {
            return Err(SettingsError::BadLogin {
                problem: "a name that is empty or has control characters",
            });
        }
        check_token(token.expose_secret())?;
        self.login = Some(Login { user: user.to_owned(), password: token, kind: LoginKind::AccessToken });
        Ok(self)
    }

    /// Signs each message for the domain of its sender, where the mail server does not do so itself.
    #[must_use]
    pub fn dkim(mut self, dkim: Dkim) -> Settings {
        self.dkim = Some(dkim);
        self
    }

    /// The name by which this machine introduces itself; without one it is the address literal `[127.0.0.1]`.
    ///
    /// # Errors
    /// It is no host name.
    pub fn hello_name(mut self, name: &str) -> Result<Settings, SettingsError> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        if name.is_empty() || name.len() > 255 || !name.chars().all(is_name) {
            return Err(SettingsError::BadHelloName);
        }
        self.hello_name = Some(name.to_owned());
        Ok(self)
    }

    /// Certificates that are trusted beside those of the system, as PEM.
    ///
    /// # Errors
    /// The text holds none, or one that cannot be read.
    pub fn root_certificates(mut self, pem: &[u8]) -> Result<Settings, SettingsError> {
        // A file without any certificate is read as an empty list otherwise.
        if !pem.windows(27).any(|window| window == b"-----BEGIN CERTIFICATE-----") {
            return Err(SettingsError::BadRootCertificate);
        }
        let roots = Certificate::from_pem(pem).map_err(|_| SettingsError::BadRootCertificate)?;
        self.roots.push(roots);
        Ok(self)
    }

    /// How long to wait for the server.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Settings {
        self.timeouts = timeouts;
        self
    }

    /// The server's name or address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The server's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How the connection is protected.
    pub fn security(&self) -> Security {
        self.security
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("user", &self.login.as_ref().map(|login| login.user.as_str()))
            .field("roots", &self.roots.len())
            .field("timeouts", &self.timeouts)
            .field("dkim", &self.dkim)
            .finish_non_exhaustive()
    }
}

/// Schemes other than those of the web keep a host as it is written: here it becomes a name in A-labels or an address.
fn host(url: &Url) -> Result<String, SettingsError> {
    let written = url.host_str().filter(|host| !host.is_empty()).ok_or(SettingsError::NoHost)?;
    let decoded = percent_decode_str(written)
        .decode_utf8()
        .map_err(|error| SettingsError::BadUrl { reason: error.to_string() })?;
    let host = Host::parse(&decoded).map_err(|error| SettingsError::BadUrl { reason: error.to_string() })?;
    Ok(match host {
        Host::Domain(name) => name,
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn check_token(token: &str) -> Result<(), SettingsError> {
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(SettingsError::BadLogin {
            problem: "an access token that is empty or has characters that none can have",
        });
    }
    Ok(())
}

fn login(url: &Url, kind: LoginKind) -> Result<Option<Login>, SettingsError> {
    let wrong = |problem| SettingsError::BadLogin { problem };
    let decoded = |text: &str, problem| {
        let text = percent_decode_str(text).decode_utf8().map_err(|_| wrong(problem))?;
        // NUL separates name and password on the wire.
        if text.chars().any(char::is_control) { Err(wrong(problem)) } else { Ok(text.into_owned()) }
    };
    let user = decoded(url.username(), "a name that is no UTF-8 or has control characters")?;
    let password =
        decoded(url.password().unwrap_or_default(), "a password that is no UTF-8 or has control characters")?;
    if kind == LoginKind::AccessToken {
        check_token(&password)?;
    }
    match (user.is_empty(), password.is_empty()) {
        (true, true) => Ok(None),
        (false, false) => Ok(Some(Login { user, password: password.into(), kind })),
        (true, false) => Err(wrong("a password without a name")),
        (false, true) => Err(wrong("a name without a password")),
    }
}

impl Login {
    /// What `XOAUTH2` sends, before it is encoded.
    pub(super) fn bearer(&self) -> String {
        format!("user={}\x01auth=Bearer {}\x01\x01", self.user, self.password.expose_secret())
    }
}

/// A message without the password, in clear or as it is on the wire.
pub(super) fn redacted(message: &str, login: Option<&Login>) -> String {
    use base64::Engine;
    let Some(login) = login else { return message.to_owned() };
    let (user, password) = (&login.user, login.password.expose_secret());
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    message
        .replace(&base64(&login.bearer()), "[password]")
        .replace(&base64(&format!("\0{user}\0{password}")), "[password]")
        .replace(&base64(password), "[password]")
        .replace(password, "[password]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_settle_host_port_and_security() {
        for (url, host, port, security) in [
            ("smtps://mail.example.com", "mail.example.com", 465, Security::ImplicitTls),
            ("smtp://mail.example.com", "mail.example.com", 587, Security::StartTls),
            ("smtp://MAIL.example.com:2525/", "mail.example.com", 2525, Security::StartTls),
            ("smtp://localhost:1025?tls=none", "localhost", 1025, Security::None),
            ("smtp://127.0.0.1?tls=none", "127.0.0.1", 587, Security::None),
            ("smtp://[::1]:25?tls=none", "::1", 25, Security::None),
            ("smtps://bücher.example", "xn--bcher-kva.example", 465, Security::ImplicitTls),
        ] {
            let settings = Settings::from_url(url).unwrap();
            assert_eq!(
                (settings.host(), settings.port(), settings.security()),
                (host, port, security),
                "{url}"
            );
        }
    }

    #[test]
    fn what_a_url_does_not_settle_is_refused() {
        for (url, message) in [
            ("", "the URL of the mail server cannot be read: relative URL without a base"),
            ("mail.example.com:25", "the URL of the mail server has the scheme \"mail.example.com\", which"),
            ("http://mail.example.com", "the URL of the mail server has the scheme \"http\", which"),
            ("smtp:///x", "the URL of the mail server has no host"),
            ("smtp://mail.example.com/x", "the URL of the mail server has a path"),
            ("smtp://mail.example.com#x", "the URL of the mail server has a fragment"),
            ("smtp://mail.example.com?tls=maybe", "the URL of the mail server has a query"),
            ("smtps://localhost?tls=none", "the URL of the mail server has a query"),
            ("smtp://mail.example.com?tls=none", "tls=none is for servers on this machine only"),
            ("smtp://10.0.0.1?tls=none", "tls=none is for servers on this machine only"),
            ("smtp://localhost.example.com?tls=none", "tls=none is for servers on this machine only"),
            ("smtp://user@mail.example.com", "the URL of the mail server has a name without a password"),
            ("smtp://:secret@mail.example.com", "the URL of the mail server has a password without a name"),
            (
                "smtp://user:a%00b@mail.example.com",
                "the URL of the mail server has a password that is no UTF-8",
            ),
            (
                "smtps://mail.example.com?auth=xoauth2",
                "the URL of the mail server has an access token that is empty",
            ),
            (
                "smtps://user:a%20secret@x.example?auth=xoauth2",
                "the URL of the mail server has an access token",
            ),
            ("smtps://user:secret@x.example?auth=plain", "the URL of the mail server has a query"),
            (
                "smtps://user:secret@x.example?auth=xoauth2&auth=xoauth2",
                "the URL of the mail server has a query",
            ),
            ("smtp://x.example?auth=xoauth2&tls=none", "tls=none is for servers on this machine only"),
            (
                "smtp://user:%FF@mail.example.com",
                "the URL of the mail server has a password that is no UTF-8",
            ),
        ] {
            let error = Settings::from_url(url).unwrap_err().to_string();
            assert!(error.starts_with(message), "{url}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn the_password_is_in_no_output() {
        let settings = Settings::from_url("smtps://u%40example.com:s%3Acret@mail.example.com").unwrap();
        let login = settings.login.as_ref().unwrap();
        assert_eq!((login.user.as_str(), login.password.expose_secret()), ("u@example.com", "s:cret"));
        assert!(!format!("{settings:?}").contains("cret"));
        let told = "535 AHVAZXhhbXBsZS5jb20AczpjcmV0 / czpjcmV0 / s:cret";
        assert_eq!(redacted(told, settings.login.as_ref()), "535 [password] / [password] / [password]");
    }

    #[test]
    fn an_access_token_is_a_login_of_its_own() {
        let url = "smtp://u%40example.com:ya29.secret@localhost:25?tls=none&auth=xoauth2";
        let by_url = Settings::from_url(url).unwrap();
        let plain = Settings::from_url("smtps://mail.example.com").unwrap();
        let by_method = plain.clone().access_token("u@example.com", "ya29.secret".into()).unwrap();
        for settings in [&by_url, &by_method] {
            let login = settings.login.as_ref().unwrap();
            assert_eq!(login.kind, LoginKind::AccessToken);
            assert_eq!(login.bearer(), "user=u@example.com\x01auth=Bearer ya29.secret\x01\x01");
            assert!(!format!("{settings:?}").contains("secret"));
            let told = "no dXNlcj11QGV4YW1wbGUuY29tAWF1dGg9QmVhcmVyIHlhMjkuc2VjcmV0AQE= / ya29.secret";
            assert_eq!(redacted(told, Some(login)), "no [password] / [password]");
        }
        for (user, token) in [("", "t"), ("u", ""), ("u", "a b"), ("u", "a\x01b"), ("u\x01", "t"), ("u", "ä")]
        {
            let error = plain.clone().access_token(user, token.into()).unwrap_err();
            assert!(matches!(error, SettingsError::BadLogin { .. }), "{user:?} {token:?}");
        }
    }

    #[test]
    fn names_and_certificates_are_checked() {
        let settings = Settings::from_url("smtps://mail.example.com").unwrap();
        for name in ["", "a b", "a\r\nRSET", "ä", &"a".repeat(256)] {
            assert_eq!(settings.clone().hello_name(name).unwrap_err(), SettingsError::BadHelloName, "{name}");
        }
        assert!(settings.clone().hello_name("crm.example.com").is_ok());
        let broken = b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
        for pem in [&b""[..], b"no certificate", broken] {
            assert_eq!(
                settings.clone().root_certificates(pem).unwrap_err(),
                SettingsError::BadRootCertificate
            );
        }
    }
}
