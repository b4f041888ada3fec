//! The words of messages, from `wording.json`: which attributes are told, tones, templates, and what is refused.

use std::collections::{BTreeMap, BTreeSet};
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
    pub(super) role: FactRole,
    /// The words for its values; other values are not told. Empty where the value is told as it is.
    #[serde(default)]
    pub(super) values: BTreeMap<String, String>,
    /// The words for values that only a template tells.
    #[serde(default)]
    pub(super) template_values: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wording {
    pub(super) facts: Vec<FactWording>,
    /// Texts that stand for nothing known, such as `n/a`, and jobs that are none.
    pub(super) blanks: BTreeSet<String>,
    tiers: BTreeMap<Tone, Vec<String>>,
    pub(super) urgency: Vec<String>,
    pub(super) placeholders: Vec<String>,
    pub(super) steps: StepWording,
    /// Beginnings of titles that one person in a company has.
    pub(super) positions: Vec<String>,
    pub(super) acronyms: BTreeSet<String>,
    /// Words of job titles that have no capital within a sentence.
    pub(super) job_words: BTreeSet<String>,
    pub(super) audiences: Vec<Audience>,
    /// Phrases by which a passage says whom it is for.
    pub(super) stated_for: Vec<String>,
    pub(super) leaning: Leaning,
    /// What the name of a thing that is sold ends with, such as `program`.
    pub(super) product_nouns: BTreeSet<String>,
    /// Phrases of headings under which it is said what something is, or whom it is for.
    pub(super) introducing: Vec<String>,
    /// Phrases of sentences that tell how one books something oneself.
    pub(super) bookings: Vec<String>,
    /// Phrases of sentences that ask for something else than a message does, or point to another place.
    pub(super) asks: Vec<String>,
    /// First words of sentences that are no names, and have no capital behind a colon.
    pub(super) small_words: BTreeSet<String>,
    /// Words by which a clause limits what stands before it.
    pub(super) conditions: Vec<String>,
    /// Phrases of sentences that tell what is not there or what is asked for: no good beginning.
    pub(super) reservations: Vec<String>,
    /// What stands behind the name of a company by law, such as `inc`.
    pub(super) legal_forms: BTreeSet<String>,
    pub(super) chatter: Chatter,
    /// `asked` and `asking`.
    pub(super) gerunds: BTreeMap<String, String>,
    /// How what a lead did goes on to what it is interested in: `asked for a demo` with `of`.
    pub(super) touch_links: BTreeMap<String, String>,
    /// In all templates `{interest}` is a value, and of `[this|that]` one part is taken.
    pub(super) notes: BTreeMap<String, Vec<String>>,
    pub(super) openings: BTreeMap<String, Vec<String>>,
    pub(super) jobs: BTreeMap<String, Vec<String>>,
    /// What stands before a sentence of the knowledge base.
    pub(super) leads_in: BTreeMap<String, Vec<String>>,
    /// By tone, or by step where that decides.
    pub(super) closings: BTreeMap<String, Vec<String>>,
    pub(super) subjects: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    pub(super) farewells: Vec<String>,
}

/// Names of what a lead did or is, as `wording.json` lists them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepWording {
    /// Attributes whose text says what happened, such as `last_touch`.
    pub(super) touches: Vec<String>,
    pub(super) price: Vec<String>,
    pub(super) price_words: Vec<String>,
    pub(super) booked: Vec<String>,
    pub(super) in_talks: Vec<String>,
    pub(super) demo_asked: Vec<String>,
    pub(super) info_asked: Vec<String>,
    pub(super) unsubscribed: Vec<String>,
    /// What comes after it where the lead wants messages again.
    pub(super) subscribed: Vec<String>,
    /// Attributes that say whether one may write, such as `email_consent`.
    pub(super) consent: Vec<String>,
}

/// A group of people that a passage can speak to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Audience {
    pub(super) group: String,
    /// What they are called, in a text or as a title.
    pub(super) nouns: Vec<String>,
    /// Other words of titles that belong to the group.
    pub(super) titles: Vec<String>,
    /// Phrases of sentences that tell them nothing, since they know or can what is spoken of or have no such thing.
    #[serde(default)]
    pub(super) idle: Vec<String>,
}

/// How a model speaks about its text instead of writing it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chatter {
    /// A first line that begins with one of these and has a word of `about` is no part of a message.
    pub(super) starts: Vec<String>,
    pub(super) about: Vec<String>,
    pub(super) anywhere: Vec<String>,
}

/// How a sentence shows that it leans on the one before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Leaning {
    pub(super) starts: BTreeSet<String>,
    /// Words near the start.
    pub(super) early: BTreeSet<String>,
    pub(super) phrases: Vec<String>,
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
}

impl Channel {
    /// What the words of a prompt say beside the length.
    pub(super) fn name(self) -> &'static str {
        match self {
            Channel::Email => "",
            Channel::Whatsapp => " for WhatsApp",
            Channel::Instagram => " for Instagram",
        }
    }

    /// About how many words a text should have.
    pub(super) fn words(self) -> &'static str {
        match self {
            Channel::Email => "70",
            Channel::Whatsapp => "45",
            Channel::Instagram => "35",
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
