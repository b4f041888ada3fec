//! A message without a model: sentences of ours around the lead's facts and a passage, chosen by the lead's content.

use std::collections::BTreeMap;

use super::wording::{Channel, FactRole, WORDING};
use super::{EmailTask, text};
use crate::json::sha256;

/// The longest excerpt in a message that is not an e-mail, in characters.
const SHORT_EXCERPT: usize = 160;

/// A subject, and a text between greeting and signature.
pub(super) fn written(task: &EmailTask) -> (String, String) {
    let phrase = |role| task.facts.of_role(role).map(|fact| fact.phrase.as_str());
    let (interest, touch) = (phrase(FactRole::Interest), phrase(FactRole::Touch));
    let (job, company) = (phrase(FactRole::Job), phrase(FactRole::Company));
    let excerpt = if task.channel == Channel::Email {
        task.excerpt.clone()
    } else {
        text::excerpt(&task.passages[0].text, &task.facts.query(), SHORT_EXCERPT)
    };
    let values = BTreeMap::from([
        ("interest", interest.map(with_article).unwrap_or_default()),
        ("touch", touch.unwrap_or_default().to_owned()),
        ("job", job.map(with_indefinite).unwrap_or_default()),
        ("company", company.unwrap_or_default().trim_end_matches('.').to_owned()),
        ("sender", task.sender.company.clone()),
        ("heading", task.passages[0].heading.clone()),
        ("excerpt", excerpt),
    ]);
    let mut choice = Choice::new(task);
    let opening = match (touch, interest) {
        (Some(_), Some(_)) => "touch",
        (Some(_), None) => "touch_only",
        (None, Some(_)) => "interest",
        (None, None) => "none",
    };
    let work = match (job, company) {
        (Some(_), Some(_)) => "job_company",
        (Some(_), None) => "job",
        (None, Some(_)) => "company",
        (None, None) => "none",
    };
    let opening = filled(choice.of_list(&WORDING.openings[opening]), &values);
    let work = filled(choice.of_list(&WORDING.jobs[work]), &values);
    let intro = filled(choice.of_list(&WORDING.intros), &values);
    let closing = choice.of_list(&WORDING.closings[&task.tone]).to_owned();
    let subjects = &WORDING.subjects[if interest.is_some() { "interest" } else { "none" }];
    let plain = BTreeMap::from([
        ("interest", interest.unwrap_or_default().to_owned()),
        ("sender", task.sender.company.clone()),
    ]);
    let subject = filled(choice.of_list(&subjects[&task.tone]), &plain);
    let body = match task.channel {
        Channel::Email => format!("{opening} {work}\n\n{intro}\n\n{closing}"),
        _ => format!("{opening} {intro}\n\n{closing}"),
    };
    (subject, body)
}

/// A text with greeting, signature, postal address and the way to unsubscribe.
pub(super) fn framed(task: &EmailTask, text: &str) -> String {
    let (sender, name) = (&task.sender, &task.facts.greeting);
    let greeting = if name.is_empty() { "Hello,".to_owned() } else { format!("Hi {name},") };
    let farewell = Choice::new(task).of_list(&WORDING.farewells).to_owned();
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

/// One sentence of each list, by the lead's content: the same lead always gets the same one.
struct Choice {
    digits: Vec<u8>,
    next: usize,
}

impl Choice {
    fn new(task: &EmailTask) -> Choice {
        let facts: Vec<&str> = task.facts.told(usize::MAX).map(|fact| fact.phrase.as_str()).collect();
        let content = format!("{}\n{}\n{}", task.lead_id, task.facts.greeting, facts.join("\n"));
        Choice { digits: sha256(&content).into_bytes(), next: 0 }
    }

    fn of_list<'l>(&mut self, list: &'l [String]) -> &'l str {
        // Four hexadecimal digits for each.
        let digits = self.digits.iter().skip(4 * self.next).take(4);
        let number = digits.fold(0_usize, |number, digit| {
            number * 16 + char::from(*digit).to_digit(16).unwrap_or(0) as usize
        });
        self.next += 1;
        &list[number % list.len()]
    }
}

/// A template with its values.
///
/// Values are put in once and not looked at again, so that braces in them stay what they are.
fn filled(template: &str, values: &BTreeMap<&str, String>) -> String {
    let (mut out, mut rest) = (String::new(), template);
    while let Some((before, tail)) = rest.split_once('{') {
        let (name, after) = tail.split_once('}').expect("the templates that ship are closed");
        out.push_str(before);
        out.push_str(values.get(name).map(String::as_str).unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out
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

/// `a nurse`, `an architect`; abbreviations such as `VP Sales` stay as they are spoken.
fn with_indefinite(job: &str) -> String {
    let shown = job.trim_end_matches('.');
    let first = shown.split([' ', '-']).next().unwrap_or_default();
    let is_abbreviation = first.chars().count() > 1 && first.chars().all(char::is_uppercase);
    let vowels: &[char] = if is_abbreviation {
        &['A', 'E', 'F', 'H', 'I', 'L', 'M', 'N', 'O', 'R', 'S', 'X']
    } else {
        &['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']
    };
    let article = if first.starts_with(vowels) { "an" } else { "a" };
    format!("{article} {shown}")
}
