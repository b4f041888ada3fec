//! Capture: chats on a website, WhatsApp and Instagram, and the leads that come of them.

pub(crate) mod chat;
pub(crate) mod lead;
pub(crate) mod summary;
pub(crate) mod webhook;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where somebody chats, or where a lead came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CaptureSource {
    Website,
    Whatsapp,
    Instagram,
}

impl CaptureSource {
    fn as_str(self) -> &'static str {
        match self {
            CaptureSource::Website => "website",
            CaptureSource::Whatsapp => "whatsapp",
            CaptureSource::Instagram => "instagram",
        }
    }
}
