//! E-mail by SMTP: one message to one recipient, over TLS, with an outcome that says whether a retry makes sense.
//!
//! ```no_run
//! use leadscore_connect::smtp::{Email, Mailbox, Mailer, Settings};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings::from_url("smtps://sales%40example.com:secret@mail.example.com")?;
//! let email = Email::new(
//!     Mailbox::new("sales@example.com").name("Example sales"),
//!     Mailbox::new("ana@example.org"),
//!     "Your question",
//!     "Hello Ana, …",
//! );
//! let message = email.message()?;
//! match Mailer::new(settings)?.send(&message).await {
//!     Ok(receipt) => println!("taken over as {}: {}", message.id(), receipt.response),
//!     Err(error) if error.is_temporary() => println!("send the same message again later: {error}"),
//!     Err(error) => println!("will not work: {error}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Sources: RFC 5321, 5322, 3207, 4954, 2047, 6531, 2369, 8058 and 8314; 6376, 8301 and 8463 for DKIM; Google's page on `XOAUTH2`.

mod dkim;
mod email;
mod failure;
mod mailer;
mod settings;
mod stream;

pub use dkim::{Dkim, DkimError};
pub use email::{Email, EmailError, Mailbox, Message, Unsubscribe};
pub use failure::{SendError, SendFailure};
pub use mailer::{Mailer, Receipt};
pub use settings::{Security, Settings, SettingsError, Timeouts};
