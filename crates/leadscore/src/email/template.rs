//! A message without a model: sentences of ours around the lead's facts and a passage, chosen by the lead's content.

use std::collections::BTreeMap;

use super::choice::Choice;
use super::facts::is_first_name_first;
use super::job;
use super::knowledge::Passage;
use super::naming::{named_again, noun, with_article};
use super::offer::main_clause;
use super::step::{Step, is_about_price};
use super::telling::Sentence;
use super::text::cut;
use super::wording::{Channel, FactRole, Tone, WORDING};
use super::{EmailTask, MAX_SUBJECT};

/// The longest sentence of the knowledge base in a message that is not an e-mail, in characters.
const SHORT_SENTENCE: usize = 160;
/// A message names at least so many facts of a lead that has them.
const MIN_NAMED: usize = 2;

/// A subject, and a text between greeting and signature.
pub(super) fn written(task: &EmailTask) -> (String, String) {
    let mut choice = task.choice("template");
    let values = values(task, &mut choice);
    let name = opening(task);
    let mut opening = choice.worded(&WORDING.openings[name], &values);
    let mut told = told(task, &opening, &values, &mut choice);
    // The job stands before what speaks to it; elsewhere only where it must be named, or little else of the lead is known.
    if let Some(by_job) = WORDING.openings.get(&format!("{name}_job"))
        && task.facts.of_role(FactRole::Job).is_some()
    {
        let text = format!("{opening}\n{told}");
        if task.facts.lacks_job(&text) || task.facts.named_in_template(&text).len() < MIN_NAMED {
            opening = choice.worded(by_job, &values);
            told = self::told(task, &opening, &values, &mut choice);
        }
    }
    let closes = closing(task);
    let closing = choice.worded(&WORDING.closings[closes], &values);
    let subject = subject(task, closes, &values, &mut choice);
    let body = match task.channel {
        Channel::Email => {
            let booking = task.telling.booking.as_ref();
            let booking = booking.map(|own| format!("{} ", own.text)).unwrap_or_default();
            format!("{opening}\n\n{told}\n\n{booking}{closing}")
        }
        _ => format!("{opening} {}\n\n{closing}", short(task, &opening)),
    };
    (subject, body)
}

/// The passages that [`written`] rests on.
pub(super) fn passages(task: &EmailTask) -> &[Passage] {
    let all = &task.telling.passages;
    match task.channel {
        Channel::Email => all,
        // One sentence, which is of the first.
        _ => &all[..1],
    }
}

/// What the templates are filled with.
fn values(task: &EmailTask, choice: &mut Choice) -> BTreeMap<&'static str, String> {
    let phrase = |role| task.facts.of_role(role).map(|fact| fact.phrase.as_str());
    let (job, company) = (phrase(FactRole::Job), phrase(FactRole::Company));
    let company = company.map(|company| company.trim_end_matches('.').to_owned());
    // `CEO at Acme` names the company already.
    let names_company = job.is_some_and(|job| job.to_lowercase().contains(" at "));
    let at = company.filter(|_| !names_company).map(|company| format!(" at {company}"));
    let interest = task.telling.interest.as_deref().map(with_article).unwrap_or_default();
    let touch = touch(task);
    let link = WORDING.touch_links.get(&touch).filter(|_| task.telling.knows_interest);
    let asked = link.map_or_else(|| touch.clone(), |link| format!("{touch} {link} {interest}"));
    let mut values = BTreeMap::from([
        ("interest", interest),
        ("name", task.telling.interest.clone().unwrap_or_default()),
        ("touching", gerund(&touch)),
        ("touch", touch),
        ("asking", gerund(&asked)),
        ("asked", asked),
        ("job", job.map(job::with_article).unwrap_or_default()),
        ("there", at.clone().filter(|_| job.is_none()).unwrap_or_default()),
        ("at", at.unwrap_or_default()),
        ("writer", task.sender.name.clone()),
        ("sender", task.sender.company.clone()),
        ("booking", task.booking.to_owned()),
        ("came", task.facts.source().unwrap_or_default().to_owned()),
    ]);
    let (note, note_on) = match () {
        () if !task.telling.knows_interest => ("none", "none"),
        () if task.telling.intro.is_some() => ("intro", "intro_on"),
        () => ("detail", "detail_on"),
    };
    let about = if note == "intro" { "about" } else { note_on };
    let worded = [("note", note), ("note_on", note_on), ("about", about)];
    let worded = worded.map(|(name, list)| (name, choice.worded(&WORDING.notes[list], &values)));
    values.extend(worded);
    values
}

/// What the lead did, in words that fit what is asked of it.
fn touch(task: &EmailTask) -> String {
    let own = task.facts.in_template(FactRole::Touch).map(str::to_owned);
    let or = |is_meant: &dyn Fn(&str) -> bool, else_: String| {
        own.clone().filter(|own| is_meant(own)).unwrap_or(else_)
    };
    match task.step {
        Step::Price => or(&is_about_price, "asked about the price".to_owned()),
        Step::DemoAsked => or(&|own| own == "asked for a demo", "asked for a demo".to_owned()),
        Step::Booked => or(&|own| own.starts_with("booked"), format!("booked a {}", task.booking)),
        Step::Open | Step::InfoAsked | Step::InTalks => own.unwrap_or_default(),
    }
}

/// The name of the opening sentences.
fn opening(task: &EmailTask) -> &'static str {
    let has = |role| task.facts.of_role(role).is_some();
    let (interest, knows) = (has(FactRole::Interest), task.telling.knows_interest);
    let is_linked = WORDING.touch_links.contains_key(&touch(task));
    let has_touch = task.facts.in_template(FactRole::Touch).is_some()
        || matches!(task.step, Step::DemoAsked | Step::Booked);
    match task.step {
        Step::Price if task.offer.has_price => "price_told",
        Step::Price => "price_open",
        Step::InTalks => "met",
        Step::DemoAsked | Step::Booked if task.telling.is_demo => "demo",
        _ if has_touch && knows && is_linked => "linked",
        _ if has_touch && knows => "touch",
        _ if has_touch && interest => "touch_other",
        _ if has_touch => "touch_only",
        _ if interest && knows && task.facts.source().is_some() => "came",
        _ if interest && knows => "interest",
        _ if interest => "interest_other",
        // What is said to the lead's own group names its job.
        _ if has(FactRole::Job) && !task.telling.is_own => "job",
        _ => "none",
    }
}

/// What is told of the knowledge base behind an opening.
fn told(task: &EmailTask, opening: &str, values: &BTreeMap<&str, String>, choice: &mut Choice) -> String {
    let telling = &task.telling;
    let name = telling.interest.as_deref();
    let mut is_named = name.is_some_and(|name| opening.contains(name));
    let has_job = task.facts.of_role(FactRole::Job).is_some();
    let all: Vec<&Sentence> = telling.intro.iter().chain(&telling.detail).collect();
    let first = usize::from(telling.intro.is_some());
    let mut parts: Vec<String> = Vec::new();
    for (at, own) in all.iter().enumerate() {
        let is_own = at == first && telling.is_own && has_job;
        let text = if is_own { &own.lowered } else { &own.text };
        // Two sentences do not both begin with `It`.
        let has_it = all.get(at + 1).is_some_and(|next| next.text.starts_with("It "));
        let again = name.filter(|_| is_named).and_then(|name| {
            let noun = noun(name)?;
            let subject = match () {
                () if is_own => format!("the {noun}"),
                () if has_it || choice.below(2) == 0 => format!("The {noun}"),
                () => "It".to_owned(),
            };
            Some(named_again(text, name, &noun, &subject))
        });
        is_named |= name.is_some_and(|name| own.text.contains(name));
        let text = again.as_ref().unwrap_or(text);
        parts.push(match () {
            () if is_own => choice.worded(&WORDING.jobs["own"], values) + text,
            () if at == 0 && first == 0 && !telling.knows_interest && task.step != Step::Price => {
                led_in(own, values, choice)
            }
            () => text.clone(),
        });
    }
    parts.join(" ")
}

/// A sentence of the knowledge base behind a few words of ours.
fn led_in(sentence: &Sentence, values: &BTreeMap<&str, String>, choice: &mut Choice) -> String {
    // Behind a comma stands no capital that may not be one of a name.
    if sentence.lowered == sentence.text {
        return sentence.text.clone();
    }
    choice.worded(&WORDING.leads_in["example"], values) + &sentence.lowered
}

/// The first sentence of the knowledge base behind an opening, for messages that have room for one.
fn short(task: &EmailTask, opening: &str) -> String {
    let telling = &task.telling;
    let first = telling.intro.as_ref().or(telling.detail.first());
    let first = first.map_or(task.offer.sent.as_str(), |own| own.text.as_str());
    let name = telling.interest.as_deref().filter(|name| opening.contains(name));
    let again = name.and_then(|name| Some(named_again(first, name, &noun(name)?, "It")));
    let first = again.as_deref().unwrap_or(first);
    if first.chars().count() <= SHORT_SENTENCE {
        return first.to_owned();
    }
    let clause = main_clause(first);
    let clause = if clause.len() < first.len() { format!("{clause}.") } else { first.to_owned() };
    cut(&clause, SHORT_SENTENCE)
}

/// The name of the closing sentences: what the lead has done goes before its tier.
fn closing(task: &EmailTask) -> &'static str {
    match task.step {
        // Who asked is not told that no answer is needed.
        Step::InfoAsked if task.tone == Tone::Light => Tone::Helpful.as_str(),
        Step::Open | Step::InfoAsked => task.tone.as_str(),
        Step::Price if task.offer.has_price => "price_told",
        Step::Price => "price_open",
        Step::DemoAsked if task.telling.booking.is_some() => "demo_self",
        step => step.name(),
    }
}

fn subject(task: &EmailTask, closes: &str, values: &BTreeMap<&str, String>, choice: &mut Choice) -> String {
    let subjects = |list: &str| &WORDING.subjects[list][closes];
    if task.telling.interest.is_some() {
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
    let greeting = match name.as_str() {
        "" => "Hello,".to_owned(),
        // A whole name, of which no part is known to be the first one.
        name if name.contains(' ') || !name.chars().any(is_first_name_first) => format!("Dear {name},"),
        name => format!("Hi {name},"),
    };
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
            "interest", "name", "touch", "touching", "asked", "asking", "job", "at", "there", "sender",
            "writer", "booking", "note", "note_on", "about", "came",
        ];
        let subjects = WORDING.subjects.values().flat_map(BTreeMap::values);
        let sentences = WORDING.openings.values().chain(WORDING.closings.values());
        let parts = WORDING.notes.values().chain(WORDING.leads_in.values()).chain([&WORDING.jobs["own"]]);
        let parts = subjects.chain(parts);
        for (list, is_sentence) in parts.map(|list| (list, false)).chain(sentences.map(|list| (list, true))) {
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
        for step in [
            "direct",
            "helpful",
            "light",
            "demo_asked",
            "demo_self",
            "booked",
            "in_talks",
            "price_told",
            "price_open",
        ] {
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
