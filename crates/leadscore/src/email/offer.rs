//! What is told of the knowledge base: whole sentences of one passage that speaks to the lead.

use super::audience::{Fit, Groups, fit, passage_fit};
use super::choice::Choice;
use super::knowledge::{KnowledgeBase, Passage};
use super::step::{Step, is_about_price};
use super::text::{cut, has_phrase, sentences, words};
use super::wording::WORDING;
use crate::expression::normalise;
use crate::{Error, ErrorKind};

/// A passage and its sentences for one lead.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub(super) passage: Passage,
    /// What a model is told: the first sentence, or a few where they are short.
    pub(super) sent: String,
    /// Whether it addresses the lead's own group.
    pub(super) fit: Fit,
    /// Whether it answers a question about the price.
    pub(super) has_price: bool,
}

/// Whom an offer is for.
pub(super) struct Wanted<'a> {
    pub(super) interest: Option<&'a str>,
    pub(super) query: &'a str,
    pub(super) job: Option<&'a str>,
    /// The groups of the lead's job; `None` where its job is not known.
    pub(super) groups: Option<&'a Groups>,
    pub(super) step: Step,
}

/// How many passages about one thing are looked at.
const MAX_PASSAGES: usize = 4;

/// The longest text that is sent, in characters.
const MAX_TEXT: usize = 260;
/// From here on a sentence says enough to stand alone, in characters.
const MIN_SENT: usize = 45;
/// A sentence that is longer is told only where no other suits, since every e-mail pays for it.
const MAX_SENT: usize = 115;
/// A longer sentence is cut where its beginning has at most so many characters.
const MAX_CLAUSE: usize = 130;
/// How a clause begins that a sentence is whole without.
const CLAUSES: [&str; 5] = ["; ", ": ", ", which ", ", so that ", ", because "];

/// Where a passage may begin.
struct Window<'b> {
    passage: &'b Passage,
    /// Its first sentence, without what can be left out of a long one.
    first: String,
    /// The sentence after it, where that one suits too.
    next: Option<&'b str>,
    fit: Fit,
}

impl Offer {
    /// The offer that suits; among those that suit alike the lead's content chooses, so that not all get the same.
    ///
    /// # Errors
    /// `invalid_knowledge` where every passage is stated for others than the lead.
    pub(super) fn find(
        knowledge: &KnowledgeBase,
        wanted: &Wanted<'_>,
        choice: &mut Choice,
    ) -> Result<Offer, Error> {
        if wanted.step == Step::Price
            && let Some(offer) = best(&priced(knowledge, wanted), true, choice)
        {
            return Ok(offer);
        }
        let mut groups = knowledge.grouped(wanted.interest, wanted.query);
        if matches!(wanted.step, Step::Booked | Step::DemoAsked) {
            let demo = |passage: &&Passage| words(&passage.heading).iter().any(|word| word == "demo");
            groups.insert(0, knowledge.passages().iter().filter(demo).collect());
        }
        // Where the job is not known, what is stated for somebody is better than nothing.
        let attempts = if wanted.groups.is_some() { &[false][..] } else { &[false, true] };
        for takes_others in attempts {
            for passages in &groups {
                let passages = passages.iter().take(MAX_PASSAGES);
                let windows: Vec<Window<'_>> =
                    passages.flat_map(|passage| windows(passage, wanted, *takes_others)).collect();
                if let Some(offer) = best(&windows, false, choice) {
                    return Ok(offer);
                }
            }
        }
        let message = "every passage is stated for other people than this lead, by heading or text";
        Err(Error::new(ErrorKind::InvalidKnowledge, "", message))
    }
}

/// Windows that begin with a price of what the lead is interested in.
fn priced<'b>(knowledge: &'b KnowledgeBase, wanted: &Wanted<'_>) -> Vec<Window<'b>> {
    let interest = wanted.interest.map(words).unwrap_or_default();
    let names_it = |text: &str| {
        let named = words(text);
        interest.iter().all(|word| named.contains(word))
    };
    let own = knowledge.passages().iter().flat_map(|passage| windows(passage, wanted, false));
    own.filter(|window| {
        let first = window.first.as_str();
        // A price is a number; `prices are the same everywhere` is none.
        is_about_price(first) && has_amount(first) && (names_it(first) || names_it(&window.passage.heading))
    })
    .collect()
}

fn has_amount(sentence: &str) -> bool {
    let lower = normalise(sentence);
    sentence.contains(|c: char| c.is_ascii_digit())
        || has_phrase(&lower, "free")
        || has_phrase(&lower, "no charge")
}

/// Where a passage can begin for this lead: not with a sentence that leans on the one before, and not with one for others.
fn windows<'b>(passage: &'b Passage, wanted: &Wanted<'_>, takes_others: bool) -> Vec<Window<'b>> {
    let none = Groups::new();
    let groups = wanted.groups.unwrap_or(&none);
    let of_passage = passage_fit(passage, groups);
    if fit(&passage.heading, groups) == Fit::Others && !takes_others {
        return Vec::new();
    }
    let all = sentences(&passage.text);
    let is_done = |sentence: &str| {
        wanted.step == Step::Booked && words(sentence).iter().any(|word| word.starts_with("book"))
    };
    let mut found = Vec::new();
    for (start, sentence) in all.iter().enumerate() {
        let first = main_clause(sentence);
        let is_cut = first.len() < sentence.len();
        let own = fit(first, groups);
        // Of a passage for others only what names the lead's own group.
        let is_theirs = own == Fit::Others || of_passage == Fit::Others && own != Fit::Own;
        if is_theirs && !takes_others || is_done(first) || start > 0 && leans(first) {
            continue;
        }
        let suits = |next: &&&str| fit(next, groups) != Fit::Others && !is_done(next);
        let first = if is_cut { format!("{first}.") } else { first.to_owned() };
        let next = all.get(start + 1).filter(suits).copied();
        let fit = if of_passage == Fit::Own { Fit::Own } else { own };
        found.push(Window { passage, first, next, fit });
    }
    found
}

/// A long sentence up to a clause that only adds to it; whole where the rest limits what it says.
pub(super) fn main_clause(sentence: &str) -> &str {
    if sentence.chars().count() <= MAX_SENT {
        return sentence;
    }
    let cuts = CLAUSES.iter().flat_map(|start| sentence.match_indices(start)).map(|(at, _)| at);
    let is_whole = |at: &usize| {
        let (head, rest) = sentence.split_at(*at);
        let rest = normalise(rest);
        (MIN_SENT..=MAX_CLAUSE).contains(&head.chars().count())
            && !WORDING.conditions.iter().any(|word| has_phrase(&rest, word))
    };
    cuts.filter(is_whole).max().map_or(sentence, |at| &sentence[..at])
}

/// The best of some windows.
fn best(windows: &[Window<'_>], has_price: bool, choice: &mut Choice) -> Option<Offer> {
    let rank = |window: &Window<'_>| {
        let length = window.first.chars().count();
        let lower = normalise(&window.first);
        let is_open = !WORDING.reservations.iter().any(|phrase| has_phrase(&lower, phrase));
        (window.fit, is_open, length <= MAX_SENT, length <= MAX_TEXT)
    };
    let top = windows.iter().map(rank).max()?;
    let best: Vec<&Window<'_>> = windows.iter().filter(|window| rank(window) == top).collect();
    let window = best[choice.below(best.len())];
    let mut sent = window.first.clone();
    if let Some(next) = window.next.filter(|_| sent.chars().count() < MIN_SENT) {
        sent = format!("{sent} {next}");
    }
    Some(Offer { passage: window.passage.clone(), sent: cut(&sent, MAX_TEXT), fit: window.fit, has_price })
}

/// Whether a sentence leans on the one before it: `It`, `They`, `For this reason`, `of them`.
fn leans(sentence: &str) -> bool {
    let lower = normalise(sentence);
    let first = lower.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    WORDING.leaning.starts.iter().any(|word| word == first)
        || WORDING.leaning.phrases.iter().any(|phrase| has_phrase(&lower, phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sentences_lose_what_only_adds_to_them() {
        for (sentence, told) in [
            (
                "The project is a small improvement at the participant's own workplace: a form, a hand-over list or a report, described well.",
                "The project is a small improvement at the participant's own workplace",
            ),
            (
                "Nurses and physicians need no technical knowledge beforehand; developers in the same group learn why a field decides about safety.",
                "Nurses and physicians need no technical knowledge beforehand",
            ),
        ] {
            assert_eq!(main_clause(sentence), told);
        }
        for whole in [
            "Every participant can move to another group without costs; this holds only if a message arrives ten days before the start.",
            "A short sentence: it stays.",
            "It is short: the list of what belongs to it has grids, forms, reports, alerts, tables, charts, boards and much more of that kind.",
        ] {
            assert_eq!(main_clause(whole), whole);
        }
    }
}
