//! What the template tells of the knowledge base: whole sentences that read one after another, without their headings.

use std::collections::BTreeSet;

use super::audience::{Fit, Groups, fit, is_idle, names_job, passage_fit};
use super::choice::Choice;
use super::knowledge::{KnowledgeBase, Passage};
use super::naming::{full_name, lowered};
use super::offer::{Offer, Wanted};
use super::step::Step;
use super::text::{has_phrase, sentences, words};
use super::wording::{Tone, WORDING};
use crate::expression::normalise;

/// Sentences for one lead.
#[derive(Debug, Clone, Default)]
pub(super) struct Telling {
    /// What the lead is interested in, as the knowledge base calls it: `Data Science Program` for `Data Science`.
    pub(super) interest: Option<String>,
    /// Whether the knowledge base names what the lead is interested in.
    pub(super) knows_interest: bool,
    /// What that is.
    pub(super) intro: Option<Sentence>,
    /// More about it; the first sentence follows the intro, or stands alone.
    pub(super) detail: Vec<Sentence>,
    /// How one books the demo oneself.
    pub(super) booking: Option<Sentence>,
    /// Whether the detail speaks to the lead's own group.
    pub(super) is_own: bool,
    /// Whether it tells what a demo is.
    pub(super) is_demo: bool,
    pub(super) passages: Vec<Passage>,
}

/// A sentence of a passage.
#[derive(Debug, Clone)]
pub(super) struct Sentence {
    pub(super) text: String,
    /// The same as it stands behind a colon: without the capital, unless it begins with a name.
    pub(super) lowered: String,
}

/// A longer sentence is not told where there is another one, in characters.
const MAX_SENTENCE: usize = 240;
/// The longest text of two sentences that are told together, in characters.
const MAX_DETAIL: usize = 300;
/// The longest text of an intro and what follows it, in characters.
const MAX_TOLD: usize = 420;

/// Among so many first words of a sentence, `also` shows that it leans on the one before.
const LEANING_WORDS: usize = 4;

/// A sentence names its heading by so many words of it.
const NAMED_WORDS: usize = 2;
/// So many passages are near to a job.
const NEAR: usize = 5;
/// So many passages that introduce something are looked at.
const MAX_INTRODUCTIONS: usize = 20;

/// A sentence that may be told.
#[derive(Clone, Copy)]
struct Line<'b> {
    passage: &'b Passage,
    at: usize,
    text: &'b str,
    is_own: bool,
    /// Whether it can be understood only behind the sentence before it.
    leans: bool,
    /// Whether it stands in a passage about what something is or whom it is for.
    introduces: bool,
}

/// What is told, as sentences of the knowledge base.
#[derive(Default)]
struct Told<'b> {
    intro: Option<Line<'b>>,
    detail: Vec<Line<'b>>,
    booking: Option<Line<'b>>,
}

/// For whom sentences are looked for.
struct Reader<'a> {
    job: Option<&'a str>,
    groups: &'a Groups,
    /// The words of what the lead is interested in.
    interest: Vec<String>,
    /// The same, as the knowledge base calls it.
    name: Vec<String>,
    full_name: Option<String>,
    tone: Tone,
    step: Step,
}

impl Telling {
    /// What suits the lead; among what suits alike its content chooses. Where no sentence can stand alone, it is the
    /// offer's.
    pub(super) fn new(
        knowledge: &KnowledgeBase,
        wanted: &Wanted<'_>,
        offer: &Offer,
        tone: Tone,
        booked: &str,
        choice: &mut Choice,
    ) -> Telling {
        let none = Groups::new();
        let all = knowledge.passages();
        let name = wanted.interest.map(|interest| full_name(all, interest));
        let reader = Reader {
            job: wanted.job,
            groups: wanted.groups.unwrap_or(&none),
            interest: wanted.interest.map(words).unwrap_or_default(),
            name: name.as_deref().map(words).unwrap_or_default(),
            full_name: name.clone(),
            tone,
            step: wanted.step,
        };
        let is_about_demo = wanted.step == Step::DemoAsked || wanted.step == Step::Booked && booked == "demo";
        let demo = is_about_demo.then(|| reader.demo(all, choice)).flatten();
        let is_demo = demo.is_some();
        let told = match demo {
            Some(told) => told,
            None if offer.has_price => reader.price(&offer.passage, &offer.sent, choice),
            None => reader.subject(knowledge, &offer.passage, choice),
        };
        let mut telling = Telling::told(&told, offer);
        telling.is_demo = is_demo;
        telling.interest = name;
        telling.knows_interest = all.iter().any(|own| reader.names_interest(&own.heading))
            || all.iter().any(|own| reader.names_interest(&own.text));
        telling
    }

    fn told(told: &Told<'_>, offer: &Offer) -> Telling {
        let mut telling = Telling::default();
        let lines: Vec<&Line<'_>> = told.intro.iter().chain(&told.detail).chain(&told.booking).collect();
        if lines.is_empty() {
            telling.detail =
                vec![Sentence { text: offer.sent.clone(), lowered: lowered(&offer.sent, &offer.passage) }];
            telling.is_own = offer.fit == Fit::Own;
            telling.passages = vec![offer.passage.clone()];
            return telling;
        }
        for line in lines {
            if telling.passages.iter().all(|known| known.id != line.passage.id) {
                telling.passages.push(line.passage.clone());
            }
        }
        telling.intro = told.intro.as_ref().map(Line::sentence);
        telling.detail = told.detail.iter().map(Line::sentence).collect();
        telling.booking = told.booking.as_ref().map(Line::sentence);
        telling.is_own = told.detail.first().is_some_and(|line| line.is_own);
        telling
    }
}

impl<'b> Reader<'_> {
    /// What a demo is, and how one books it where the lead has not.
    fn demo(&self, all: &'b [Passage], choice: &mut Choice) -> Option<Told<'b>> {
        let is_about = |passage: &&Passage| words(&passage.heading).iter().any(|word| word == "demo");
        let passages: Vec<&Passage> = all.iter().filter(is_about).collect();
        let lines: Vec<Line<'_>> = passages.iter().flat_map(|passage| self.lines(passage)).collect();
        let asks = self.step == Step::DemoAsked;
        let booking = lines.iter().find(|line| asks && !line.leans && has_any(line.text, &WORDING.bookings));
        let lines: Vec<Line<'_>> =
            lines.iter().filter(|line| !has_any(line.text, &WORDING.bookings)).copied().collect();
        let firsts: Vec<&Line<'_>> = lines.iter().filter(|line| !line.leans).collect();
        let first = best(&firsts, |line| (line.is_own, line.text.chars().count() <= MAX_SENTENCE), choice)?;
        let detail =
            if booking.is_some() { vec![first] } else { with_another(first, &lines, MAX_DETAIL, choice) };
        Some(Told { intro: None, detail, booking: booking.copied() })
    }

    /// The sentence with the price, and at times what is said next.
    fn price(&self, passage: &'b Passage, sent: &str, choice: &mut Choice) -> Told<'b> {
        let lines = self.lines(passage);
        let start = sent.trim_end_matches('.');
        let detail = lines.iter().find(|line| line.text.starts_with(start)).map(|line| {
            let next = next_of(line, &lines).filter(|_| choice.below(2) == 0);
            [*line].into_iter().chain(next).collect()
        });
        Told { detail: detail.unwrap_or_default(), ..Told::default() }
    }

    /// What the lead is interested in: an intro and a detail. Without an interest that the base knows, what introduces
    /// something else.
    fn subject(&self, knowledge: &'b KnowledgeBase, offered: &'b Passage, choice: &mut Choice) -> Told<'b> {
        let all = knowledge.passages();
        let is_headed = |passage: &&Passage| self.names_interest(&passage.heading);
        let mut lines: Vec<Line<'_>> =
            all.iter().filter(is_headed).flat_map(|passage| self.lines(passage)).collect();
        if lines.is_empty() {
            let named = all.iter().filter(|passage| self.names_interest(&passage.text));
            let named = named.flat_map(|passage| self.lines(passage));
            lines = named.filter(|line| self.names_interest(line.text)).collect();
        }
        if lines.is_empty()
            && let Some(first) = self.introduction(knowledge, choice)
        {
            let lines = self.lines(first.passage);
            return Told { detail: with_another(first, &lines, MAX_DETAIL, choice), ..Told::default() };
        }
        if lines.is_empty() {
            lines = self.lines(offered);
        }
        lines.retain(|line| !has_any(line.text, &WORDING.bookings));
        // What names it further on would name it twice, since the message begins with the name.
        if lines.iter().any(|line| !line.leans && !self.names_inside(line.text)) {
            lines.retain(|line| line.is_own || !self.names_inside(line.text));
        }
        let is_intro = |line: &&Line<'_>| {
            line.at == 0 && self.names_interest(line.text) && line.text.chars().count() <= MAX_SENTENCE
        };
        let intros = || lines.iter().filter(is_intro);
        let intro = intros().find(|line| line.introduces).or_else(|| intros().next()).copied();
        let is_intro = |line: &Line<'_>| intro.is_some_and(|own| own.is_same(line));
        // What leans on the intro may follow it.
        let follows = |line: &Line<'_>| intro.is_some_and(|own| own.is_before(line)) && !line.is_own;
        let room = intro.map_or(MAX_DETAIL, |own| MAX_TOLD.saturating_sub(own.text.chars().count()));
        let firsts: Vec<&Line<'_>> =
            lines.iter().filter(|line| !is_intro(line) && (!line.leans || follows(line))).collect();
        let rank = |line: &Line<'_>| {
            (line.is_own, self.tone == Tone::Light && line.introduces, line.text.chars().count() <= room)
        };
        let Some(first) = best(&firsts, rank, choice) else {
            return Told { intro, ..Told::default() };
        };
        if intro.is_some() && first.text.chars().count() > room {
            return Told { intro, ..Told::default() };
        }
        // A sentence that names what it is about needs no intro; who is far from buying always gets one.
        let is_anchored = self.names_interest(first.text) && !first.leans;
        let drops_intro = is_anchored && !first.is_own && self.tone != Tone::Light && choice.below(2) == 0;
        let intro = intro.filter(|_| !drops_intro);
        let detail =
            if intro.is_some() { vec![first] } else { with_another(first, &lines, MAX_DETAIL, choice) };
        Told { intro, detail, booking: None }
    }

    /// A sentence that says what something is or whom it is for, and names it; best what speaks to the lead's job.
    fn introduction(&self, knowledge: &'b KnowledgeBase, choice: &mut Choice) -> Option<Line<'b>> {
        let names_heading = |line: &Line<'_>| {
            let (heading, named) = (words(&line.passage.heading), words(line.text));
            heading.iter().filter(|word| named.contains(word)).count() >= NAMED_WORDS.min(heading.len())
        };
        let near = self.job.map(|job| knowledge.search(job, NEAR)).unwrap_or_default();
        let all = near.iter().copied().chain(knowledge.passages()).filter(|passage| introduces(passage));
        let lines: Vec<Line<'_>> =
            all.take(MAX_INTRODUCTIONS).flat_map(|passage| self.lines(passage)).collect();
        let is_first = |line: &&Line<'_>| line.at == 0 && names_heading(line);
        let firsts: Vec<&Line<'_>> = lines.iter().filter(is_first).collect();
        let rank = |line: &Line<'_>| {
            let nearness = near.iter().rev().position(|passage| passage.id == line.passage.id);
            (line.is_own, nearness, line.text.chars().count() <= MAX_SENTENCE)
        };
        best(&firsts, rank, choice)
    }

    /// The sentences of a passage that may be told to this lead.
    fn lines(&self, passage: &'b Passage) -> Vec<Line<'b>> {
        let of_passage = passage_fit(passage, self.groups);
        if fit(&passage.heading, self.groups) == Fit::Others {
            return Vec::new();
        }
        let introduces = introduces(passage);
        let all = sentences(&passage.text);
        let mut before: BTreeSet<String> = BTreeSet::new();
        let mut found = Vec::new();
        for (at, text) in all.into_iter().enumerate() {
            let own = fit(text, self.groups);
            // What is said of others first is not announced as said to the lead.
            let start = text.split(';').next().unwrap_or_default();
            let is_own = own == Fit::Own && self.job.is_some_and(|job| names_job(start, job));
            let leans = at > 0 && self.leans(text, &before);
            before.extend(words(text));
            let is_theirs = own == Fit::Others || of_passage == Fit::Others && own != Fit::Own;
            let is_idle = is_idle(text, self.groups);
            let is_whole = text.ends_with(['.', '!']) && !text.starts_with(char::is_lowercase);
            let asks = has_any(text, &WORDING.asks) && !has_any(text, &WORDING.bookings);
            let is_kept = asks || has_any(text, &WORDING.reservations);
            let is_done =
                self.step == Step::Booked && words(text).iter().any(|word| word.starts_with("book"));
            if !is_theirs && !is_idle && is_whole && !is_kept && !is_done {
                found.push(Line { passage, at, text, is_own, leans, introduces });
            }
        }
        found
    }

    /// Whether a sentence leans on what was said before it: `They answer`, `The review looks at` behind a review.
    fn leans(&self, text: &str, before: &BTreeSet<String>) -> bool {
        let lower = normalise(text);
        let clause = lower.split(';').next().unwrap_or_default();
        let beginning = clause.split([',', ':']).next().unwrap_or_default();
        let beginning: Vec<&str> =
            beginning.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let is_told = |word: &str| {
            let is_open = |word: &String| before.contains(word) && !self.name.contains(word);
            !WORDING.small_words.contains(word) && words(word).first().is_some_and(is_open)
        };
        let names_told = |pair: &[&str]| match pair {
            ["the", "same", ..] => false,
            ["the", rest @ ..] => {
                rest.iter().take_while(|word| !words(word).is_empty()).any(|word| is_told(word))
            }
            ["this" | "these" | "those", ..] => true,
            _ => false,
        };
        beginning.first().is_some_and(|first| WORDING.leaning.starts.contains(*first))
            || beginning.iter().take(LEANING_WORDS).any(|word| WORDING.leaning.early.contains(*word))
            || WORDING.leaning.phrases.iter().any(|phrase| has_phrase(clause, phrase))
            || (0..beginning.len()).any(|at| names_told(&beginning[at..beginning.len().min(at + 3)]))
    }

    /// Whether a text has the name of what the lead is interested in elsewhere than at its start.
    fn names_inside(&self, text: &str) -> bool {
        let start = text.strip_prefix("The ").unwrap_or(text);
        self.full_name.as_deref().is_some_and(|name| start.match_indices(name).any(|(at, _)| at > 0))
    }

    fn names_interest(&self, text: &str) -> bool {
        if self.interest.is_empty() {
            return false;
        }
        let named = words(text);
        self.interest.iter().all(|word| named.contains(word))
    }
}

impl Line<'_> {
    fn sentence(&self) -> Sentence {
        Sentence { text: self.text.to_owned(), lowered: lowered(self.text, self.passage) }
    }

    fn is_same(&self, other: &Line<'_>) -> bool {
        self.passage.id == other.passage.id && self.at == other.at
    }

    fn is_before(&self, other: &Line<'_>) -> bool {
        self.passage.id == other.passage.id && self.at + 1 == other.at
    }
}

/// Whether a passage is about what something is or whom it is for.
fn introduces(passage: &Passage) -> bool {
    has_any(&passage.heading, &WORDING.introducing)
}

/// One of the best lines by a rank.
fn best<'b, R: Ord>(
    lines: &[&Line<'b>],
    rank: impl Fn(&Line<'b>) -> R,
    choice: &mut Choice,
) -> Option<Line<'b>> {
    let top = lines.iter().map(|line| rank(line)).max()?;
    let best: Vec<&&Line<'b>> = lines.iter().filter(|line| rank(line) == top).collect();
    Some(**best[choice.below(best.len())])
}

/// A line, and another one of its passage where there is room: what is said next, or what stands alone further on.
fn with_another<'b>(first: Line<'b>, lines: &[Line<'b>], room: usize, choice: &mut Choice) -> Vec<Line<'b>> {
    let left = room.saturating_sub(first.text.chars().count() + 1);
    let next = next_of(&first, lines);
    let later = lines.iter().filter(|line| {
        line.passage.id == first.passage.id && line.at > first.at + 1 && !line.leans && !line.is_own
    });
    let others: Vec<Line<'b>> =
        next.into_iter().chain(later.copied()).filter(|line| line.text.chars().count() <= left).collect();
    let another = (!others.is_empty()).then(|| others[choice.below(others.len())]);
    [first].into_iter().chain(another).collect()
}

/// The line behind another one.
fn next_of<'b>(line: &Line<'b>, lines: &[Line<'b>]) -> Option<Line<'b>> {
    lines.iter().find(|next| line.is_before(next)).copied()
}

fn has_any(text: &str, phrases: &[String]) -> bool {
    let lower = normalise(text);
    phrases.iter().any(|phrase| has_phrase(&lower, phrase))
}

#[cfg(test)]
mod tests;
