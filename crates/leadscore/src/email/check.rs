//! Whether what a model wrote can be sent.

use super::answer::Answer;
use super::text::has_phrase;
use super::wording::{Channel, WORDING};
use super::{EmailTask, MAX_SUBJECT};
use crate::task::grounding::{Sources, single_spaced};
use crate::task::reply::plain_text;
use crate::task::{Rejection, RejectionKind};

/// Shorter texts cannot name a fact and an offer.
const MIN_BODY: usize = 60;

/// The subject and the text of an answer.
pub(super) fn checked(
    task: &EmailTask,
    reply: &str,
    answer: &Answer,
) -> Result<(Option<String>, String), Rejection> {
    let body = plain_text("body", &answer.body, task.channel.max_chars())?;
    if body.chars().count() < MIN_BODY {
        let message = format!("the text has fewer than {MIN_BODY} characters");
        return Err(Rejection::new(RejectionKind::OutOfRange, "body", message));
    }
    let subject = match (&answer.subject, task.channel) {
        (Some(subject), Channel::Email) => Some(plain_text("subject", subject, MAX_SUBJECT)?),
        _ => None,
    };
    let offer = Sources::default()
        .text(&task.offer.sent)
        .text(&task.offer.passage.heading)
        .text(&task.sender.company)
        .text(&task.sender.name)
        .exact();
    let all = task.facts.sources(offer.clone()).for_answer(reply);
    for (path, text) in [("subject", subject.as_deref()), ("body", Some(&*body))] {
        let Some(text) = text else { continue };
        if path == "subject" && text.contains(['\n', '\t']) {
            return Err(Rejection::new(
                RejectionKind::OutOfRange,
                path,
                "the subject has more than one line",
            ));
        }
        refuse_pressure(path, text, &task.offer.sent)?;
        refuse_placeholders(path, text)?;
        all.check(path, text)?;
        // What a lead writes promises nothing, and names no address to click on.
        offer.check_promises(path, text)?;
    }
    refuse_frame(task, &body)?;
    let whole = format!("{}\n{body}", subject.as_deref().unwrap_or_default());
    if let Some(fact) = task.facts.unnamed(&whole) {
        let message = format!("the text does not name `{}`, which is asked for", fact.attribute);
        return Err(Rejection::new(RejectionKind::Inconsistent, "body", message));
    }
    if task.facts.told(1).next().is_some() && task.facts.named_in(&whole).is_empty() {
        return Err(Rejection::new(
            RejectionKind::Inconsistent,
            "body",
            "the text names no fact of the lead",
        ));
    }
    Ok((subject, body))
}

/// Words that press, unless the knowledge base has them.
fn refuse_pressure(path: &str, text: &str, offer: &str) -> Result<(), Rejection> {
    let (text, offer) = (single_spaced(text).replace('’', "'"), single_spaced(offer));
    let found =
        WORDING.urgency.iter().find(|phrase| has_phrase(&text, phrase) && !has_phrase(&offer, phrase));
    match found {
        Some(phrase) => {
            let message = format!("`{phrase}` makes a hurry that the knowledge base does not know of");
            Err(Rejection::new(RejectionKind::Ungrounded, path, message))
        }
        None => Ok(()),
    }
}

fn refuse_placeholders(path: &str, text: &str) -> Result<(), Rejection> {
    let lower = single_spaced(text);
    let is_marked =
        text.contains(['[', ']', '{', '}', '<', '>', '_']) || text.contains("%%") || text.contains("...");
    let named = WORDING.placeholders.iter().find(|phrase| has_phrase(&lower, phrase));
    if is_marked || named.is_some() {
        let message = "the text has something that looks like a placeholder";
        return Err(Rejection::new(RejectionKind::WrongForm, path, message));
    }
    Ok(())
}

/// Greeting and signature, which are added here: with a second one the message would have two.
fn refuse_frame(task: &EmailTask, body: &str) -> Result<(), Rejection> {
    let refuse = |what: &str| {
        let message = format!("the text has {what} of its own");
        Err(Rejection::new(RejectionKind::Inconsistent, "body", message))
    };
    let lower = single_spaced(body);
    let first = lower.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    if matches!(first, "hi" | "hello" | "dear" | "hey") {
        return refuse("a greeting");
    }
    let last = single_spaced(body.lines().next_back().unwrap_or_default());
    let mut before = body.lines().rev().take(4).map(single_spaced);
    let signs = |line: String| {
        matches!(
            line.trim_end_matches([',', '.', '!']),
            "best"
                | "regards"
                | "best regards"
                | "kind regards"
                | "sincerely"
                | "cheers"
                | "best wishes"
                | "warm regards"
        )
    };
    if before.any(signs) || last == single_spaced(&task.sender.name) {
        return refuse("a signature");
    }
    if lower.contains("unsubscribe") {
        return refuse("a way to unsubscribe");
    }
    Ok(())
}
