//! Instagram Messaging: messages in, replies out, by Instagram Login as by Facebook Login.
//!
//! ```
//! use leadscore_connect::instagram::{Delivery, EventKind};
//!
//! let body = br#"{"object":"instagram","entry":[{"id":"17841400000000001","time":1749416383000,"messaging":[{
//!     "sender":{"id":"1254459154682919"},"recipient":{"id":"17841400000000001"},"timestamp":1749416382345,
//!     "message":{"mid":"aWdfZAG1faXRlbToxOkl0001","text":"How much is it?"}}]}]}"#;
//! let delivery = Delivery::read(body).unwrap();
//! assert!(matches!(delivery.events[0].kind, EventKind::Message { .. }));
//! assert_eq!(delivery.events[0].text(), Some("How much is it?"));
//! assert_eq!(delivery.events[0].person.as_deref(), Some("1254459154682919"));
//! ```
//!
//! Sources: Meta's pages "Instagram Platform webhook notification examples", "Instagram Messaging webhooks" and "Send messages" of
//! 2025.

mod delivery;
mod sender;

pub use delivery::{Attachment, Delivery, Event, EventKind, ReplyTo};
pub use sender::{MAX_TEXT_BYTES, Sender};
