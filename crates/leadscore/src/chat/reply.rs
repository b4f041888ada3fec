//! Replies from a file of templates.

use std::sync::LazyLock;

use super::{ContactDetails, Question};
use crate::Error;
use crate::intent::{Classification, Intent};
use crate::json::{self, Cursor, Document};

const REPLIES: &str = include_str!("data/replies-en.json");

/// The replies to messages of one intent, or about one matter, that end with one question or none.
#[derive(Debug)]
struct Replies {
    intent: Option<Intent>,
    /// The code of a word list: messages in which it found something.
    about: Option<String>,
    asks: Option<Question>,
    texts: Vec<String>,
}

static BUILTIN: LazyLock<Vec<Replies>> =
    LazyLock::new(|| read(REPLIES).expect("the included replies can be read"));

/// The matter of a message that has replies of its own.
pub(super) fn matter(classification: &Classification) -> Option<&'static str> {
    let matters = BUILTIN.iter().filter_map(|replies| replies.about.as_deref());
    let found = |matter: &&str| {
        classification.evidence.iter().any(|e| e.code == *matter && e.intent == classification.intent)
    };
    matters.into_iter().find(found)
}

/// Whether there is a reply about a matter that asks a question.
pub(super) fn may_ask(matter: &str, question: Question) -> bool {
    BUILTIN.iter().any(|replies| replies.about.as_deref() == Some(matter) && replies.asks == Some(question))
}

/// A reply without anything left to fill in. Those that name what is known come first; the turn chooses between equals, and no
/// reply follows itself.
pub(super) fn choose(
    intent: Intent,
    matter: Option<&str>,
    asks: Option<Question>,
    contact: &ContactDetails,
    turn: usize,
    last: Option<&str>,
) -> String {
    let fits = |replies: &&Replies| {
        let same = if matter.is_some() {
            replies.about.as_deref() == matter
        } else {
            replies.intent == Some(intent)
        };
        same && replies.asks == asks
    };
    let texts = BUILTIN.iter().find(fits).map_or(&[][..], |replies| &replies.texts);
    let filled: Vec<(bool, String)> = texts
        .iter()
        .filter_map(|text| Some((text.contains("{name}"), fill(text, contact)?)))
        .filter(|(_, text)| last != Some(text.as_str()))
        .collect();
    let names_lead = filled.iter().any(|(named, _)| *named);
    let best: Vec<&String> =
        filled.iter().filter(|(named, _)| *named == names_lead).map(|(_, text)| text).collect();
    if best.is_empty() { String::new() } else { best[turn % best.len()].clone() }
}

fn fill(text: &str, contact: &ContactDetails) -> Option<String> {
    if !text.contains("{name}") {
        return Some(text.to_owned());
    }
    Some(text.replace("{name}", contact.name.as_deref()?))
}

fn read(text: &str) -> Result<Vec<Replies>, Error> {
    let node = json::parse(text)?;
    let root = Cursor::root(&node, "", Document::Model);
    let fields = root.object(&["format", "language", "date", "replies"])?;
    let list = fields.required("replies")?;
    list.items()?.iter().map(read_replies).collect()
}

fn read_replies(cursor: &Cursor<'_>) -> Result<Replies, Error> {
    let fields = cursor.object(&["intent", "about", "asks", "texts"])?;
    let intent = fields.text("intent")?.map(|word| word.parse()).transpose()?;
    Ok(Replies {
        intent,
        about: fields.text("about")?,
        asks: fields.optional("asks").map(|c| c.word(&Question::ALL.map(|q| (q.as_str(), q)))).transpose()?,
        texts: fields.texts("texts")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_reply_for_every_state() {
        let nobody = ContactDetails::default();
        let known = ContactDetails { name: Some("Ann".into()), ..ContactDetails::default() };
        for contact in [&nobody, &known] {
            for intent in Intent::ALL {
                for asks in [None, Some(Question::Name), Some(Question::Interest), Some(Question::Contact)] {
                    if intent == Intent::Cold && asks.is_some()
                        || contact.name.is_some() && asks == Some(Question::Name)
                    {
                        continue;
                    }
                    let mut last = None;
                    for turn in 0..6 {
                        let text = choose(intent, None, asks, contact, turn, last.as_deref());
                        assert!(!text.is_empty(), "{intent} {asks:?}");
                        assert!(!text.contains(['{', '}']) && last.as_ref() != Some(&text), "{text}");
                        assert!(text.ends_with('?') == asks.is_some(), "{text}");
                        last = Some(text);
                    }
                }
            }
        }
    }

    #[test]
    fn templates_are_fit_to_send() {
        for replies in &*BUILTIN {
            assert!(replies.intent.is_some() != replies.about.is_some());
            assert!(replies.texts.iter().any(|text| !text.contains('{')), "{replies:?}");
            for text in &replies.texts {
                let questions = text.matches('?').count();
                assert_eq!(questions, usize::from(replies.asks.is_some()), "{text}");
                let rest = text.replace("{name}", "");
                assert!(!rest.contains(['{', '}', '[', ']', '<']), "{text}");
                let lower = text.to_lowercase();
                for pressure in
                    ["hurry", "only today", "last chance", "limited", "now or", "act fast", "don't miss"]
                {
                    assert!(!lower.contains(pressure), "{text}");
                }
            }
        }
    }
}
