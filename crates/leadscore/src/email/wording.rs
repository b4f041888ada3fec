//! The words of messages, from `wording.json`: which attributes are told, tones, templates, and what is refused.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// How a message speaks, by the lead's tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Tone {
    /// Asks for a call: for leads that are about to decide.
    Direct,
    /// Offers an answer: for leads that are interested.
    Helpful,
    /// Asks for nothing: for leads that are far from buying.
    Light,
}

/// Where a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Channel {
    /// With a subject; up to 1,200 characters.
    Email,
    /// Up to 600 characters.
    Whatsapp,
    /// Up to 450 characters.
    Instagram,
}

/// What a fact is to a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FactRole {
    Interest,
    Touch,
    Job,
    Company,
    Message,
    Other,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FactWording {
    pub(super) attribute: String,
    /// What a model is told that it is.
    pub(super) label: String,
    pub(super) role: FactRole,
    /// The words for its values; other values are not told. Empty where the value is told as it is.
    #[serde(default)]
    pub(super) values: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wording {
    pub(super) facts: Vec<FactWording>,
    tiers: BTreeMap<Tone, Vec<String>>,
    pub(super) urgency: Vec<String>,
    pub(super) placeholders: Vec<String>,
    pub(super) openings: BTreeMap<String, Vec<String>>,
    pub(super) jobs: BTreeMap<String, Vec<String>>,
    pub(super) intros: Vec<String>,
    pub(super) closings: BTreeMap<Tone, Vec<String>>,
    pub(super) subjects: BTreeMap<String, BTreeMap<Tone, Vec<String>>>,
    pub(super) farewells: Vec<String>,
}

pub(super) static WORDING: LazyLock<Wording> = LazyLock::new(|| {
    serde_json::from_str(include_str!("wording.json")).expect("the wording that ships is read by every test")
});

/// From these scores on, where the tier's name tells nothing.
const DIRECT_FROM: f64 = 70.0;
const HELPFUL_FROM: f64 = 40.0;

impl Tone {
    pub(super) fn for_tier(tier: Option<&str>, score: f64) -> Tone {
        let tier = tier.unwrap_or_default().to_lowercase();
        let named = WORDING.tiers.iter().find(|(_, tiers)| tiers.contains(&tier));
        match named {
            Some((tone, _)) => *tone,
            None if score >= DIRECT_FROM => Tone::Direct,
            None if score >= HELPFUL_FROM => Tone::Helpful,
            None => Tone::Light,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Tone::Direct => "direct",
            Tone::Helpful => "helpful",
            Tone::Light => "light",
        }
    }

    pub(super) fn instruction(self) -> &'static str {
        match self {
            Tone::Direct => "ending by asking for a call",
            Tone::Helpful => "ending by offering an answer",
            Tone::Light => "asking for nothing",
        }
    }
}

impl Channel {
    pub(super) fn noun(self) -> &'static str {
        match self {
            Channel::Email => "an e-mail",
            Channel::Whatsapp => "a WhatsApp message",
            Channel::Instagram => "an Instagram message",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Channel::Email => "60-120",
            Channel::Whatsapp => "30-60",
            Channel::Instagram => "25-45",
        }
    }

    /// The longest text between greeting and signature, in characters.
    pub(super) fn max_chars(self) -> usize {
        match self {
            Channel::Email => 1_200,
            Channel::Whatsapp => 600,
            Channel::Instagram => 450,
        }
    }
}
