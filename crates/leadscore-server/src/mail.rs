//! E-mails on their way out: to the mail server or, as long as there is none, into a folder.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use leadscore_connect::smtp::{Email, EmailError, Mailbox, SendError, Unsubscribe};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::store::{JobKind, NewJob};
use crate::words::Words;

/// The folder within that of the data where e-mails are kept that nobody sends.
const OUTBOX: &str = "outbox";
/// Who e-mails are from that nobody sends.
const NOBODY: &str = "leadscore@sandbox.invalid";

/// An e-mail that is sent by a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outgoing {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: Option<String>,
    /// What its Message-ID begins with: the same at every attempt.
    pub(crate) message_id: String,
    pub(crate) kind: EmailKind,
    /// The address by which its reader gets no more of them.
    pub(crate) unsubscribe: Option<String>,
}

/// What an e-mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EmailKind {
    /// Tells the people of the business something.
    Notification,
    /// Advertises to a lead, which may have refused that.
    Marketing,
}

/// What became of an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Posted {
    /// The mail server took it.
    Sent,
    /// There is no mail server: it is in this file.
    Saved(PathBuf),
}

/// Why an e-mail did not go out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostError {
    /// It is none.
    #[error("{0}")]
    Unfit(#[from] EmailError),
    /// The mail server did not take it.
    #[error("{0}")]
    Refused(#[from] SendError),
    /// The file could not be written.
    #[error("the folder outbox: {0}")]
    Unsaved(#[from] io::Error),
}

impl PostError {
    /// Whether it may go out later.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            PostError::Unfit(_) => false,
            PostError::Refused(error) => error.is_temporary(),
            PostError::Unsaved(_) => true,
        }
    }
}

impl Outgoing {
    /// The job that sends it; the same key sends it once.
    pub(crate) fn job(&self, key: String, lead: Option<i64>) -> NewJob {
        NewJob {
            kind: JobKind::Email,
            key,
            lane: "email".to_owned(),
            lead,
            body: serde_json::to_string(self).expect("an e-mail serializes"),
            priority: 0,
        }
    }

    /// As it is sent.
    pub(crate) fn email(&self, from: Mailbox) -> Email {
        let mut email =
            Email::new(from, Mailbox::new(&self.to), &self.subject, &self.text).id(&self.message_id);
        email.html.clone_from(&self.html);
        email.automatic = true;
        email.unsubscribe = self.unsubscribe.as_deref().map(Unsubscribe::new);
        email
    }
}

/// The address that e-mails are from.
pub(crate) fn sender(words: &Words, config: &Config) -> Mailbox {
    match &words.mail {
        Some(mail) => mail.from.clone(),
        None => Mailbox::new(config.smtp.from.as_deref().unwrap_or(NOBODY)),
    }
}

/// Makes one attempt at an e-mail that has an id.
///
/// # Errors
/// Why it did not go out.
pub(crate) async fn post(words: &Words, config: &Config, email: &Email) -> Result<Posted, PostError> {
    let message = email.message()?;
    if let Some(mail) = &words.mail {
        mail.mailer.send(&message).await?;
        return Ok(Posted::Sent);
    }
    let folder = config.data.join(OUTBOX);
    let file = folder.join(format!("{}.eml", email.id.as_deref().unwrap_or("without-id")));
    let (path, bytes) = (file.clone(), message.bytes().to_vec());
    let saved = tokio::task::spawn_blocking(move || save(&folder, &path, &bytes)).await;
    saved.map_err(io::Error::other)??;
    tracing::info!(file = %file.display(), "an e-mail was saved and not sent: there is no mail server (smtp.server)");
    Ok(Posted::Saved(file))
}

/// Writes a file whole or not at all.
fn save(folder: &Path, file: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    // For the owner alone, as temporary files are.
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    temporary.persist(file).map_err(|error| error.error)?;
    Ok(())
}
