//! The dialogue with a server, step by step, so that each step has its own time and its own meaning of a refusal.

use std::fmt;
use std::io;
use std::time::{Duration, SystemTime};

use base64::Engine;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::failure::{SendError, SendFailure};
use super::settings::{Login, LoginKind, Security, Settings, SettingsError, redacted};
use super::stream::LineStream;
use super::{Message, Timeouts};
use crate::answer::shortened;

/// How long to wait for the server's goodbye, which changes nothing.
const GOODBYE: Duration = Duration::from_secs(2);

/// Sends messages by one server; each over a connection of its own. Cheap to clone, and without any retry: see
/// [`SendError::is_temporary`].
#[derive(Clone)]
pub struct Mailer {
    settings: Settings,
    tls: Option<TlsParameters>,
    hello: ClientId,
}

/// The server has taken a message over, and answers for it from here on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// What the server said, often with the id it has for the message; shortened.
    pub response: String,
}

type Outcome<T> = Result<T, lettre::transport::smtp::Error>;

impl Mailer {
    /// A mailer with its TLS prepared.
    ///
    /// # Errors
    /// TLS cannot be prepared: a root certificate is no certificate, or the host is none that can have one.
    pub fn new(settings: Settings) -> Result<Mailer, SettingsError> {
        let tls = match settings.security {
            Security::None => None,
            Security::ImplicitTls | Security::StartTls => {
                let mut tls = TlsParameters::builder(settings.host.clone());
                for root in &settings.roots {
                    tls = tls.add_root_certificate(root.clone());
                }
                let built = tls.build_rustls();
                Some(built.map_err(|error| SettingsError::Tls { reason: error.to_string() })?)
            }
        };
        let hello = settings.hello_name.clone().map_or_else(
            // As RFC 5321 has it for machines without a name; the true address is nobody's business.
            || ClientId::Ipv4([127, 0, 0, 1].into()),
            ClientId::Domain,
        );
        Ok(Mailer { settings, tls, hello })
    }

    /// Makes one attempt.
    ///
    /// # Errors
    /// Why the server has not taken the message, and whether it may take it later.
    pub async fn send(&self, message: &Message) -> Result<Receipt, SendError> {
        self.attempt(message).await.map_err(|error| error.redacted(self.settings.login.as_ref()))
    }

    /// Whether the server answers and, where that is wanted, encrypts. Nobody logs in, and nothing is sent.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn check(&self) -> Result<(), SendError> {
        let checked = self.connect().await.map_err(|error| error.redacted(self.settings.login.as_ref()));
        let _ = timeout(GOODBYE, checked?.abort()).await;
        Ok(())
    }

    async fn attempt(&self, message: &Message) -> Result<Receipt, SendError> {
        let mut connection = self.connect().await?;
        let result = self.transfer(&mut connection, message).await;
        // A server that has gone or fallen silent gets no goodbye.
        let is_in_order = result.as_ref().map_or_else(SendError::is_in_order, |_| true);
        if is_in_order {
            // Says QUIT and closes.
            let _ = timeout(GOODBYE, connection.abort()).await;
        }
        result
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let Settings { host, port, security, .. } = &self.settings;
        let Timeouts { connect, greeting, command, .. } = self.settings.timeouts;
        if let (Security::ImplicitTls, Some(tls)) = (security, &self.tls) {
            let address = (host.as_str(), *port);
            let greeted = AsyncSmtpConnection::connect_tokio1(
                address,
                Some(connect),
                &self.hello,
                Some(tls.clone()),
                None,
            );
            return within(connect + greeting, "connecting", SendFailure::Refused, greeted).await;
        }
        let step = "connecting";
        let tcp = match timeout(connect, opened(host, *port, *security)).await {
            Ok(Ok(tcp)) => tcp,
            Ok(Err(error)) => return Err(SendError::new(SendFailure::Connection, step, &error.to_string())),
            Err(_) => return Err(SendError::timeout(step, connect.as_secs_f64())),
        };
        let stream = Box::new(LineStream::new(tcp));
        let greeted = AsyncSmtpConnection::connect_with_transport(stream, &self.hello);
        let mut connection = within(greeting, "greeting", SendFailure::Refused, greeted).await?;
        if let Some(tls) = &self.tls {
            let step = "STARTTLS";
            if !connection.can_starttls() {
                let told = "the server does not offer it, and without it nothing is sent";
                return Err(SendError::new(SendFailure::NoStartTls, step, told));
            }
            let encrypted = connection.starttls(tls.clone(), &self.hello);
            within(command, step, SendFailure::NoStartTls, encrypted).await?;
        }
        Ok(connection)
    }

    async fn transfer(
        &self,
        connection: &mut AsyncSmtpConnection,
        message: &Message,
    ) -> Result<Receipt, SendError> {
        let Timeouts { command, message: patience, .. } = self.settings.timeouts;
        if let Some(login) = &self.settings.login {
            log_in(connection, login, command).await?;
        }
        let parameters = parameters(connection, message)?;
        let refused = SendFailure::Refused;
        let sender = Mail::new(message.envelope.from().cloned(), parameters);
        within(command, "MAIL FROM", refused, connection.command(sender)).await?;
        for recipient in message.envelope.to() {
            let recipient = Rcpt::new(recipient.clone(), Vec::new());
            within(command, "RCPT TO", refused, connection.command(recipient)).await?;
        }
        within(command, "DATA", refused, connection.command(Data)).await?;
        let signed = self.settings.dkim.as_ref().map(|dkim| dkim.signed(&message.bytes, SystemTime::now()));
        let bytes = signed.as_ref().unwrap_or(&message.bytes);
        let taken = within(patience, "message", refused, connection.message(bytes)).await;
        let response: Response = taken.map_err(|mut error| {
            error.may_have_been_delivered = error.code.is_none();
            error
        })?;
        let words: Vec<&str> = response.message().collect();
        Ok(Receipt { response: shortened(&redacted(&words.join(" "), self.settings.login.as_ref())) })
    }
}

async fn opened(host: &str, port: u16, security: Security) -> io::Result<TcpStream> {
    if security != Security::None {
        return TcpStream::connect((host, port)).await;
    }
    // A name may lead elsewhere; without TLS nothing leaves this machine.
    let mut last = io::Error::new(io::ErrorKind::AddrNotAvailable, "the host is not on this machine");
    for address in lookup_host((host, port)).await?.filter(|address| address.ip().is_loopback()) {
        match TcpStream::connect(address).await {
            Ok(tcp) => return Ok(tcp),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn log_in(
    connection: &mut AsyncSmtpConnection,
    login: &Login,
    patience: Duration,
) -> Result<(), SendError> {
    if login.kind == LoginKind::AccessToken {
        return log_in_with_token(connection, login, patience).await;
    }
    if connection.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
        let told = "the server offers neither PLAIN nor LOGIN";
        return Err(SendError::new(SendFailure::NoLogin, "AUTH", told));
    }
    let credentials = Credentials::new(login.user.clone(), login.password.expose_secret().to_owned());
    let asked = connection.auth(DEFAULT_MECHANISMS, &credentials);
    within(patience, "AUTH", SendFailure::Login, asked).await.map(|_| ())
}

/// By `XOAUTH2`. A server that refuses says why in a challenge, and its code only after an empty answer to it.
async fn log_in_with_token(
    connection: &mut AsyncSmtpConnection,
    login: &Login,
    patience: Duration,
) -> Result<(), SendError> {
    if !connection.server_info().supports_auth_mechanism(Mechanism::Xoauth2) {
        return Err(SendError::new(SendFailure::NoLogin, "AUTH", "the server does not offer XOAUTH2"));
    }
    let base64 = base64::engine::general_purpose::STANDARD;
    let command = format!("AUTH XOAUTH2 {}\r\n", base64.encode(login.bearer()));
    let answer = within(patience, "AUTH", SendFailure::Login, connection.command(command)).await?;
    if !answer.has_code(334) {
        return Ok(());
    }
    let why = answer.message().next().and_then(|challenge| base64.decode(challenge.trim()).ok());
    let why = why.map(|why| String::from_utf8_lossy(&why).into_owned()).unwrap_or_default();
    match within(patience, "AUTH", SendFailure::Login, connection.command("\r\n")).await {
        Ok(_) => Err(SendError::new(SendFailure::Login, "AUTH", &format!("the token was refused: {why}"))),
        Err(mut error) => {
            if error.code.is_some() {
                error.message += &format!(" {why}");
            }
            Err(error)
        }
    }
}

/// What the server must be told about letters beyond ASCII.
fn parameters(connection: &AsyncSmtpConnection, message: &Message) -> Result<Vec<MailParameter>, SendError> {
    if message.bytes.is_ascii() {
        return Ok(Vec::new());
    }
    // Bodies and texts of headers are encoded: only an address can have them.
    if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
        let told = "an address has letters beyond ASCII before the @, and the server does not offer SMTPUTF8";
        return Err(SendError::new(SendFailure::Address, "MAIL FROM", told));
    }
    Ok(vec![MailParameter::Body(MailBodyParameter::EightBitMime), MailParameter::SmtpUtfEight])
}

async fn within<T>(
    patience: Duration,
    step: &str,
    refused: SendFailure,
    step_done: impl Future<Output = Outcome<T>>,
) -> Result<T, SendError> {
    match timeout(patience, step_done).await {
        Ok(done) => done.map_err(|error| SendError::from_lettre(&error, step, refused)),
        Err(_) => Err(SendError::timeout(step, patience.as_secs_f64())),
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mailer").field(&self.settings).finish()
    }
}
