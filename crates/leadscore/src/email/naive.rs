//! The prompt that one writes first, kept only to measure the saving of the other: whole passages and the whole lead.

use serde::Serialize;

use super::knowledge::Passage;
use crate::task::Prompt;
use crate::task::data::{DATA_RULE, block};

const SYSTEM: &str = "You write a personalised e-mail to a sales lead. The data holds the lead and passages of our \
    knowledge base. Use what is known of the lead and what is useful to it from the passages. Write a subject of at \
    most 78 characters, a body of at most 120 words in plain text with a greeting and one clear next step, and say \
    why you wrote it so. Fit the tone to how warm the lead is, and invent no urgency. ";
const SCHEMA: &str = r#"{"type":"object","properties":{"subject":{"type":"string"},"body":{"type":"string"},"why":{"type":"string"}},"required":["subject","body","why"],"additionalProperties":false}"#;
/// The longest passage that is sent, in characters.
const MAX_PASSAGE: usize = 1_000;

#[derive(Serialize)]
struct Data<'a, L: Serialize> {
    lead: &'a L,
    passages: Vec<String>,
}

/// The prompt with so many passages and a lead as it is.
pub(super) fn naive<L: Serialize>(lead: &L, passages: &[&Passage]) -> Prompt {
    let passages = passages.iter().map(|passage| passage.text.chars().take(MAX_PASSAGE).collect()).collect();
    let user = block(&Data { lead, passages });
    Prompt::new("naive_email", 1, format!("{SYSTEM}{DATA_RULE}"), user, SCHEMA.to_owned())
}
