//! A message without a model: sentences of ours around the lead's facts and a passage, chosen by the lead's content.

use std::collections::BTreeMap;

use super::audience::Fit;
use super::choice::Choice;
use super::job;
use super::step::Step;
use super::text::cut;
use super::wording::{Channel, FactRole, Tone, WORDING};
use super::{EmailTask, MAX_SUBJECT};

/// The longest excerpt in a message that is not an e-mail, in characters.
const SHORT_EXCERPT: usize = 160;

/// A subject, and a text between greeting and signature.
pub(super) fn written(task: &EmailTask) -> (String, String) {
    let phrase = |role| task.facts.of_role(role).map(|fact| fact.phrase.as_str());
    let (interest, touch) = (phrase(FactRole::Interest), phrase(FactRole::Touch));
    let (job, company) = (phrase(FactRole::Job), phrase(FactRole::Company));
    let excerpt = match task.channel {
        Channel::Email => task.offer.text.clone(),
        _ => cut(&task.offer.sent, SHORT_EXCERPT),
    };
    let company = company.map(|company| company.trim_end_matches('.').to_owned());
    // `CEO at Acme` names the company already.
    let names_company = job.is_some_and(|job| job.to_lowercase().contains(" at "));
    let at = company.as_ref().filter(|_| !names_company).map(|company| format!(" at {company}"));
    let mut values = BTreeMap::from([
        ("interest", interest.map(with_article).unwrap_or_default()),
        ("touch", touch.unwrap_or_default().to_owned()),
        ("touching", touch.map(gerund).unwrap_or_default()),
        ("job", job.map(job::with_article).unwrap_or_default()),
        ("at", at.unwrap_or_default()),
        ("company", company.clone().unwrap_or_default()),
        ("sender", task.sender.company.clone()),
        ("heading", task.offer.passage.heading.clone()),
        ("excerpt", excerpt),
        ("booking", task.booking.to_owned()),
    ]);
    let mut choice = task.choice("template");
    let opening = match (touch, interest) {
        (Some(_), Some(_)) => "touch",
        (Some(_), None) => "touch_only",
        (None, Some(_)) => "interest",
        (None, None) => "none",
    };
    let opening = choice.worded(&WORDING.openings[opening], &values);
    // Who has asked for something, or is left in peace, is not asked for what matters more.
    let may_ask = matches!(task.step, Step::Open | Step::InfoAsked) && task.tone != Tone::Light;
    let comes_after = job.is_some() && may_ask && task.offer.fit != Fit::Own && choice.below(3) == 0;
    let work = match (job, &company) {
        (Some(_), _) if task.offer.fit == Fit::Own => "own",
        (Some(_), _) if comes_after => "after",
        (Some(_), _) => "before",
        (None, Some(_)) => "company",
        (None, None) => "none",
    };
    let work = choice.worded(&WORDING.jobs[work], &values);
    let intro = choice.worded(&WORDING.intros, &values);
    let closing = choice.worded(&WORDING.closings[closing(task)], &values);
    let subject = subject(task, interest, &mut values, &mut choice);
    let body = match task.channel {
        Channel::Email if comes_after => format!("{opening}\n\n{intro}\n\n{work} {closing}"),
        Channel::Email => format!("{opening} {work}\n\n{intro}\n\n{closing}"),
        _ => format!("{opening} {intro}\n\n{closing}"),
    };
    (subject, body)
}

/// The name of the closing sentences: what the lead has done goes before its tier.
fn closing(task: &EmailTask) -> &'static str {
    match task.step {
        // Who asked is not told that no answer is needed.
        Step::InfoAsked if task.tone == Tone::Light => Tone::Helpful.as_str(),
        Step::Open | Step::InfoAsked => task.tone.as_str(),
        Step::Price if task.offer.has_price => "price_told",
        Step::Price => "price_open",
        step => step.name(),
    }
}

fn subject(
    task: &EmailTask,
    interest: Option<&str>,
    values: &mut BTreeMap<&str, String>,
    choice: &mut Choice,
) -> String {
    // A subject has the bare name.
    values.insert("interest", interest.unwrap_or_default().to_owned());
    let subjects = |of: &str| &WORDING.subjects[of][closing(task)];
    if interest.is_some() {
        let subject = choice.worded(subjects("interest"), values);
        if subject.chars().count() <= MAX_SUBJECT {
            return subject;
        }
    }
    cut(&choice.worded(subjects("none"), values), MAX_SUBJECT)
}

/// A text with greeting, signature, postal address and the way to unsubscribe.
pub(super) fn framed(task: &EmailTask, text: &str) -> String {
    let (sender, name) = (&task.sender, &task.facts.greeting);
    let greeting = if name.is_empty() { "Hello,".to_owned() } else { format!("Hi {name},") };
    let farewell = task.choice("farewell").worded(&WORDING.farewells, &BTreeMap::new());
    match task.channel {
        Channel::Email => format!(
            "{greeting}\n\n{text}\n\n{farewell},\n{}\n{}\n\n--\n{}, {}\nUnsubscribe: {}",
            sender.name, sender.company, sender.company, sender.address, sender.unsubscribe
        ),
        _ => format!(
            "{greeting}\n{text}\n{}, {}\nUnsubscribe: {}",
            sender.name, sender.company, sender.unsubscribe
        ),
    }
}

/// `our AI Program`; what is not called a program or a course stays as it is.
fn with_article(interest: &str) -> String {
    let lower = interest.to_lowercase();
    let is_ours = [" program", " programme", " course", " plan"].iter().any(|end| lower.ends_with(end));
    if is_ours && !lower.starts_with("the ") && !lower.starts_with("our ") {
        format!("our {interest}")
    } else {
        interest.to_owned()
    }
}

/// `asking for a demo` of `asked for a demo`.
fn gerund(touch: &str) -> String {
    let (verb, rest) = touch.split_once(' ').unwrap_or((touch, ""));
    let verb = WORDING.gerunds.get(verb).map_or(verb, String::as_str);
    format!("{verb} {rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text that a template can become.
    fn all(template: &str) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut rest = template;
        while let Some((before, tail)) = rest.split_once('[') {
            let (parts, after) = tail.split_once(']').unwrap();
            let with = |text: &String| {
                parts.split('|').map(|part| format!("{text}{before}{part}")).collect::<Vec<_>>()
            };
            texts = texts.iter().flat_map(with).collect();
            rest = after;
        }
        texts.into_iter().map(|text| text + rest).collect()
    }

    #[test]
    fn every_template_is_whole_and_presses_nobody() {
        let known = [
            "interest", "touch", "touching", "job", "at", "company", "sender", "heading", "excerpt",
            "booking",
        ];
        let subjects = WORDING.subjects.values().flat_map(BTreeMap::values);
        let sentences =
            WORDING.openings.values().chain(WORDING.jobs.values()).chain(WORDING.closings.values());
        for (list, is_sentence) in
            subjects.map(|list| (list, false)).chain(sentences.map(|list| (list, true)))
        {
            for text in list.iter().flat_map(|template| all(template)) {
                let names = text.split('{').skip(1).map(|part| part.split_once('}').unwrap().0);
                assert!(names.into_iter().all(|name| known.contains(&name)), "{text}");
                let lower = text.to_lowercase();
                assert!(
                    !text.contains(['[', ']', '|']) && !text.contains("  ") && !text.contains(" ."),
                    "{text}"
                );
                assert!(!is_sentence || text.ends_with(['.', '?']) && !text.contains(".."), "{text}");
                assert!(
                    !WORDING.urgency.iter().any(|phrase| super::super::text::has_phrase(&lower, phrase)),
                    "{text}"
                );
            }
        }
        for step in
            ["direct", "helpful", "light", "demo_asked", "booked", "in_talks", "price_told", "price_open"]
        {
            assert!(
                WORDING.closings.contains_key(step)
                    && WORDING.subjects.values().all(|of| of.contains_key(step))
            );
        }
        let touches = WORDING.facts.iter().filter(|fact| fact.role == FactRole::Touch);
        for touch in touches.flat_map(|fact| fact.values.values()) {
            assert!(gerund(touch).split(' ').next().unwrap().ends_with("ing"), "{touch}");
        }
    }
}
