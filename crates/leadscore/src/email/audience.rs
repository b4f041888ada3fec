//! Whom a passage speaks to, and whether a lead is one of them.

use std::collections::BTreeSet;

use super::knowledge::Passage;
use super::text::{has_phrase, sentences};
use super::wording::{Audience, WORDING};
use crate::expression::normalise;

/// Groups of people by what they work as, such as `nurse`; from `wording.json`.
pub(super) type Groups = BTreeSet<&'static str>;

/// The groups that a job title belongs to.
pub(super) fn of_job(title: &str) -> Groups {
    let words = split(title);
    let found = WORDING.audiences.iter().filter(|audience| {
        audience.nouns.iter().chain(&audience.titles).any(|noun| {
            let noun: Vec<&str> = noun.split(' ').collect();
            words.windows(noun.len()).any(|own| own == noun)
        })
    });
    found.map(|audience| audience.group.as_str()).collect()
}

/// The groups that a text addresses: `nurses` and `for a director` do, `a meeting of manager and mentor` does not.
pub(super) fn named_in(text: &str) -> Groups {
    nouns_in(text).into_iter().map(|(audience, _)| audience.group.as_str()).collect()
}

/// Whether a text addresses people by a word of a job title: `managers` a project manager, `team leads` not.
pub(super) fn names_job(text: &str, title: &str) -> bool {
    let title = split(title);
    nouns_in(text).iter().any(|(_, noun)| noun.split(' ').all(|word| title.iter().any(|own| own == word)))
}

/// Whether a text says what the lead's group need not be told, such as `no programming experience is needed` a developer.
pub(super) fn is_idle(text: &str, lead: &Groups) -> bool {
    let lower = normalise(text);
    let own = WORDING.audiences.iter().filter(|audience| lead.contains(audience.group.as_str()));
    own.flat_map(|audience| &audience.idle).any(|phrase| has_phrase(&lower, phrase))
}

/// The groups that a text addresses, with what it calls them.
fn nouns_in(text: &str) -> Vec<(&'static Audience, &'static str)> {
    let words = split(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        // The longest noun counts: `product managers` are no other managers.
        let mut best: Option<(usize, &'static Audience, &'static str)> = None;
        for audience in &WORDING.audiences {
            for noun in &audience.nouns {
                let count = noun.split(' ').count();
                let is_longer = best.is_none_or(|(longest, _, _)| count > longest);
                if is_longer && stands_at(&words, at, noun) {
                    best = Some((count, audience, noun));
                }
            }
        }
        if let Some((_, audience, noun)) = best {
            found.push((audience, noun));
        }
        at += best.map_or(1, |(count, _, _)| count);
    }
    found
}

/// Which parts of a passage may be sent to a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// It speaks to others.
    Others,
    /// It speaks to nobody in particular.
    Everybody,
    /// It speaks to the lead's own group.
    Own,
}

pub(super) fn fit(text: &str, lead: &Groups) -> Fit {
    let named = named_in(text);
    match () {
        () if named.is_empty() => Fit::Everybody,
        () if named.is_disjoint(lead) => Fit::Others,
        () => Fit::Own,
    }
}

/// Whether a passage as a whole is stated for somebody: by its heading, or by a sentence such as `this is made for nurses`.
pub(super) fn passage_fit(passage: &Passage, lead: &Groups) -> Fit {
    let by_heading = fit(&passage.heading, lead);
    if by_heading != Fit::Everybody {
        return by_heading;
    }
    let mut stated = sentences(&passage.text).into_iter().filter(|sentence| {
        let lower = normalise(sentence);
        WORDING.stated_for.iter().any(|phrase| lower.contains(phrase.as_str()))
    });
    stated
        .try_fold(Fit::Everybody, |so_far, sentence| match fit(sentence, lead) {
            Fit::Others => Err(Fit::Others),
            Fit::Own => Ok(Fit::Own),
            Fit::Everybody => Ok(so_far),
        })
        .unwrap_or_else(|others| others)
}

fn stands_at(words: &[String], at: usize, noun: &str) -> bool {
    let parts: Vec<&str> = noun.split(' ').collect();
    let Some(own) = words.get(at..at + parts.len()) else { return false };
    let (Some(last), Some((noun, first))) = (own.last(), parts.split_last()) else { return false };
    if own[..own.len() - 1].iter().ne(first) {
        return false;
    }
    let is_plural = last.strip_suffix('s') == Some(noun)
        || last.strip_suffix("ies").is_some_and(|stem| noun.strip_suffix('y') == Some(stem));
    let before = at.checked_sub(1).map(|at| words[at].as_str());
    let is_any = matches!(before, Some("a" | "an" | "the" | "every" | "each" | "any" | "for" | "as"));
    is_plural || last == noun && is_any
}

fn split(text: &str) -> Vec<String> {
    let text = normalise(text);
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::{Document, KnowledgeBase};

    #[test]
    fn groups_are_told_apart() {
        let groups = |text: &str| named_in(text).into_iter().collect::<Vec<_>>();
        assert_eq!(groups("Nurses and physicians need nothing"), ["nurse", "physician"]);
        assert_eq!(groups("How a director can measure success"), ["director"]);
        assert_eq!(groups("Reports for product managers"), ["product_manager"]);
        assert_eq!(groups("a call between manager and mentor; your account manager"), Vec::<&str>::new());
        assert_eq!(groups("The Project Management Program"), Vec::<&str>::new());
        assert_eq!(
            of_job("Senior Project Manager").into_iter().collect::<Vec<_>>(),
            ["manager", "project_manager"]
        );
        assert_eq!(of_job("VP Sales").into_iter().collect::<Vec<_>>(), ["director", "seller"]);
        assert!(of_job("Wizard").is_empty());
        let leads = "For directors, product managers and team leads.";
        assert!(names_job(leads, "Sales Director") && names_job(leads, "Product Manager"));
        assert!(!names_job(leads, "Project Manager") && !names_job(leads, "CTO"));
        let idle = "No programming experience is needed.";
        assert!(is_idle(idle, &of_job("Developer")) && !is_idle(idle, &of_job("Nurse")));
    }

    #[test]
    fn what_is_stated_for_others_is_not_for_the_lead() {
        let base = KnowledgeBase::new([Document::new(
            "a.md",
            "## For developers\nIt is fast.\n\n## Speed\nThe tool is made for nurses. It is fast.\n\n## Price\nIt costs little.",
        )])
        .unwrap();
        let fits =
            |job: &str| base.passages().iter().map(|own| passage_fit(own, &of_job(job))).collect::<Vec<_>>();
        assert_eq!(fits("Developer"), [Fit::Own, Fit::Others, Fit::Everybody]);
        assert_eq!(fits("Nurse"), [Fit::Others, Fit::Own, Fit::Everybody]);
        assert_eq!(fits(""), [Fit::Others, Fit::Others, Fit::Everybody]);
    }
}
