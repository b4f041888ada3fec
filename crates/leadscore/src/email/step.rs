//! Where a lead stands, by what it did last: what a message may ask it for.

use super::text::has_phrase;
use super::wording::{Tone, WORDING};
use crate::expression::normalise;
use crate::task::grounding::single_spaced;
use crate::{Attribute, Error, ErrorKind, Lead, Timestamp, Zone};

/// What a lead has done that decides what is asked for next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing of these: the tone decides.
    Open,
    /// Asked for information or to be written to.
    InfoAsked,
    /// Asked for a demo, and has not had one.
    DemoAsked,
    /// Has met with somebody.
    InTalks,
    /// Has booked a demo or a meeting.
    Booked,
    /// Asked what it costs.
    Price,
}

impl Step {
    pub(super) fn for_lead(lead: &Lead) -> Step {
        let words = &WORDING.steps;
        let did = |names: &[String]| touched(lead, names) || said(lead, names) || acted(lead, names);
        match () {
            () if did(&words.price) || asks_price(lead) => Step::Price,
            () if did(&words.booked) => Step::Booked,
            () if did(&words.in_talks) => Step::InTalks,
            () if did(&words.demo_asked) => Step::DemoAsked,
            () if touched(lead, &words.info_asked) => Step::InfoAsked,
            () => Step::Open,
        }
    }

    /// It as what the lead did, for the person who sends the message.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Step::Open => "has asked for nothing yet",
            Step::InfoAsked => "asked for information",
            Step::DemoAsked => "asked for a demo",
            Step::InTalks => "has met with somebody",
            Step::Booked => "has booked a demo, a meeting or a call",
            Step::Price => "asked about the price",
        }
    }

    /// What a model is told to end with; what the lead has done goes before its tier.
    pub(super) fn instruction(self, tone: Tone) -> &'static str {
        match (self, tone) {
            (Step::Booked, _) => "Ask what to cover when you meet.",
            (Step::DemoAsked, _) => "Ask for a demo time.",
            (Step::InTalks, _) => "Ask what is still open.",
            (Step::Price, _) => "Offer an answer on the price.",
            (Step::Open, Tone::Direct) => "Ask for a call.",
            (Step::Open, Tone::Helpful) | (Step::InfoAsked, _) => "Offer an answer.",
            (Step::Open, Tone::Light) => "Ask for nothing.",
        }
    }

    /// Its name in `wording.json`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Step::Open => "open",
            Step::InfoAsked => "info_asked",
            Step::DemoAsked => "demo_asked",
            Step::InTalks => "in_talks",
            Step::Booked => "booked",
            Step::Price => "price",
        }
    }
}

/// What a lead has booked: a demo, a meeting or a call.
pub(super) fn booking(lead: &Lead) -> &'static str {
    let names = &WORDING.steps.booked;
    let has = |noun: &str| {
        let names: Vec<String> = names.iter().filter(|name| name.contains(noun)).cloned().collect();
        touched(lead, &names) || said(lead, &names) || acted(lead, &names)
    };
    ["demo", "meeting"].into_iter().find(|noun| has(noun)).unwrap_or("call")
}

/// Whether words are about a price.
pub(super) fn is_about_price(text: &str) -> bool {
    let lower = single_spaced(text);
    text.contains(['€', '$', '£']) || WORDING.steps.price_words.iter().any(|word| has_phrase(&lower, word))
}

/// Refuses a lead that does not want to be written to.
pub(super) fn refuse_unsubscribed(lead: &Lead) -> Result<(), Error> {
    let words = &WORDING.steps;
    let refuse = |name: &str| {
        let message = format!("the lead may not be written to, by its `{name}`");
        Err(Error::new(ErrorKind::InvalidTask, "lead", message))
    };
    for (name, value) in &lead.attributes {
        let key = key(name);
        let is_refusal = words.unsubscribed.contains(&key) && is_yes(value)
            || words.consent.contains(&key) && is_no(value)
            || words.touches.contains(&key) && is_text_of(value, &words.unsubscribed);
        if is_refusal {
            return refuse(name);
        }
    }
    let last = |names: &[String]| {
        let own = lead.activities.iter().filter(|activity| names.contains(&key(&activity.kind)));
        own.max_by_key(|activity| activity.at)
    };
    if let Some(left) = last(&words.unsubscribed)
        && last(&words.subscribed).is_none_or(|back| back.at <= left.at)
    {
        return refuse(&left.kind);
    }
    Ok(())
}

fn touched(lead: &Lead, names: &[String]) -> bool {
    let mut attributes = lead.attributes.iter();
    attributes.any(|(name, value)| WORDING.steps.touches.contains(&key(name)) && is_text_of(value, names))
}

/// Whether an attribute of one of the names says yes, or counts at least one.
fn said(lead: &Lead, names: &[String]) -> bool {
    lead.attributes.iter().any(|(name, value)| names.contains(&key(name)) && is_yes(value))
}

fn acted(lead: &Lead, names: &[String]) -> bool {
    lead.activities.iter().any(|activity| names.contains(&key(&activity.kind)))
}

fn asks_price(lead: &Lead) -> bool {
    lead.attributes.iter().any(|(name, value)| match value {
        Attribute::Text(text) => key(name) == "message" && is_about_price(text),
        _ => false,
    })
}

fn is_yes(value: &Attribute) -> bool {
    match value {
        Attribute::Flag(flag) => *flag,
        Attribute::Number(number) => *number > 0.0,
        Attribute::Text(text) => {
            let word = normalise(text);
            matches!(word.as_ref(), "yes" | "true" | "y" | "x" | "on")
                || word.parse::<f64>().is_ok_and(|number| number > 0.0)
                // When it happened.
                || Timestamp::parse(text.trim(), &Zone::utc()).is_ok()
        }
        Attribute::Date(_) => true,
    }
}

fn is_no(value: &Attribute) -> bool {
    match value {
        Attribute::Flag(flag) => !flag,
        Attribute::Number(number) => *number == 0.0,
        Attribute::Text(text) => {
            matches!(
                normalise(text).as_ref(),
                "no" | "false" | "n" | "0" | "off" | "withdrawn" | "revoked" | "denied"
            )
        }
        Attribute::Date(_) => false,
    }
}

fn is_text_of(value: &Attribute, names: &[String]) -> bool {
    matches!(value, Attribute::Text(text) if names.contains(&key(text)))
}

/// A name as it is compared: `Book-Demo` is `book_demo`.
pub(super) fn key(name: &str) -> String {
    normalise(name).trim().replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Activity;

    fn activity(kind: &str, day: &str) -> Activity {
        Activity::new(kind, Timestamp::parse(day, &Zone::utc()).unwrap())
    }

    #[test]
    fn the_step_follows_what_was_done_last() {
        let lead = |touch: &str| Lead::new("a").with("last_touch", touch);
        for (touch, step) in [
            ("book_demo", Step::Booked),
            ("Demo-Booked", Step::Booked),
            ("demo_request", Step::DemoAsked),
            ("pricing_request", Step::Price),
            ("email_open", Step::Open),
        ] {
            assert_eq!(Step::for_lead(&lead(touch)), step, "{touch}");
        }
        let met = lead("demo_request").activity(activity("meeting", "2026-11-20"));
        assert_eq!(Step::for_lead(&met), Step::InTalks);
        assert_eq!(
            Step::for_lead(&Lead::new("a").with("message", "How much time does it take?")),
            Step::Open
        );
        assert_eq!(Step::for_lead(&Lead::new("a").with("message", "How much is it?")), Step::Price);
        assert_eq!(Step::for_lead(&Lead::new("a").with("meetings", 2)), Step::InTalks);
        assert_eq!(Step::for_lead(&Lead::new("a").with("meetings", 0)), Step::Open);
    }

    #[test]
    fn who_unsubscribed_gets_nothing() {
        for lead in [
            Lead::new("a").with("last_touch", "unsubscribe"),
            Lead::new("a").with("Unsubscribed", true),
            Lead::new("a").with("email_opt_out", "yes"),
            Lead::new("a").with("status", "Do not contact"),
            Lead::new("a").with("unsubscribed_at", "2026-11-20T10:00:00Z"),
            Lead::new("a").with("email_consent", false),
            Lead::new("a").activity(activity("unsubscribe", "2026-11-20")),
        ] {
            let error = refuse_unsubscribed(&lead).unwrap_err();
            assert_eq!((error.code(), error.path().to_string().as_str()), ("invalid_task", "lead"));
        }
        for lead in [
            Lead::new("a").with("unsubscribed", false),
            Lead::new("a").with("email_opt_out", "no"),
            Lead::new("a").with("email_consent", true),
            Lead::new("a")
                .activity(activity("unsubscribe", "2026-11-01"))
                .activity(activity("resubscribe", "2026-11-20")),
        ] {
            assert!(refuse_unsubscribed(&lead).is_ok(), "{lead:?}");
        }
    }
}
