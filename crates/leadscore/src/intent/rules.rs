//! Word lists as data, found on word boundaries, with negation and questions.

use std::collections::{BTreeSet, HashMap};

use super::Intent;
use super::text::{COMMA, Clause, phrase};
use crate::Error;
use crate::json::{self, Cursor, Document, Fields};

/// How many words may stand between a negation and what it negates.
const NEGATION_REACH: usize = 7;

/// What a question about nothing listed is worth: somebody asks, so there is some interest.
const QUESTION_POINTS: f64 = 1.0;

/// The word lists of one language.
#[derive(Debug, Clone)]
pub(super) struct WordLists {
    pub(super) language: String,
    pub(super) date: String,
    pub(super) groups: Vec<Group>,
    /// The phrases by their first word, the longest first; without a group a phrase means nothing.
    phrases: HashMap<String, Vec<Phrase>>,
    negators: Vec<Negators>,
    breaks: BTreeSet<String>,
    question_words: BTreeSet<String>,
    before_question: BTreeSet<String>,
    /// What follows the verb of a question: "don't you", against "don't call".
    subjects: BTreeSet<String>,
    common: BTreeSet<String>,
}

/// Phrases that say the same about the sender.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) code: String,
    intent: Intent,
    points: f64,
    /// What the opposite says; nothing where it is absent.
    negated: Option<Intent>,
    /// Whether a phrase says no to everything else in its part of the message, as a negated wish does.
    refuses: bool,
}

#[derive(Debug, Clone)]
struct Phrase {
    words: Vec<String>,
    group: Option<usize>,
}

#[derive(Debug, Clone)]
struct Negators {
    words: BTreeSet<String>,
    between: BTreeSet<String>,
}

/// A phrase found in a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub(super) group: usize,
    pub(super) words: String,
    pub(super) negated: bool,
    /// What it says, `None` where its negation says nothing.
    pub(super) intent: Option<Intent>,
    points: f64,
    /// Commas, ends of sentences and words like "but" begin a new one.
    segment: usize,
}

/// What the lists say about a message.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Findings {
    pub(super) all: Vec<Finding>,
    /// By [`Intent::index`].
    pub(super) points: [f64; 4],
    pub(super) asks: bool,
    /// Whether the sender said no, and nothing after it says yes.
    pub(super) refuses: bool,
    /// Whether any word is an everyday word of the language.
    pub(super) common: bool,
}

impl WordLists {
    pub(super) fn from_json(text: &str) -> Result<WordLists, Error> {
        let node = json::parse(text)?;
        let root = Cursor::root(&node, "", Document::Model);
        let fields = root.object(&[
            "format",
            "language",
            "date",
            "groups",
            "ignored",
            "negators",
            "breaks",
            "question_words",
            "before_question",
            "subjects",
            "common",
        ])?;
        let format = fields.required("format")?;
        if format.count()? != 1 {
            return Err(format.error("wants the format 1"));
        }
        let mut lists = WordLists {
            language: fields.required("language")?.text()?.to_owned(),
            date: fields.required("date")?.text()?.to_owned(),
            groups: Vec::new(),
            phrases: HashMap::new(),
            negators: Vec::new(),
            breaks: words(&fields, "breaks")?,
            question_words: words(&fields, "question_words")?,
            before_question: words(&fields, "before_question")?,
            subjects: words(&fields, "subjects")?,
            common: words(&fields, "common")?,
        };
        let groups = fields.required("groups")?;
        for cursor in groups.items()? {
            lists.read_group(&cursor)?;
        }
        if let Some(ignored) = fields.optional("ignored") {
            lists.add_phrases(&ignored, None)?;
        }
        if let Some(negators) = fields.optional("negators") {
            for cursor in negators.items()? {
                let fields = cursor.object(&["words", "between"])?;
                lists
                    .negators
                    .push(Negators { words: words(&fields, "words")?, between: words(&fields, "between")? });
            }
        }
        for phrases in lists.phrases.values_mut() {
            phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len()));
        }
        Ok(lists)
    }

    fn read_group(&mut self, cursor: &Cursor<'_>) -> Result<(), Error> {
        let fields = cursor.object(&["code", "intent", "points", "negated", "refuses", "phrases"])?;
        let points = fields.required("points")?;
        let group = Group {
            code: fields.required("code")?.text()?.to_owned(),
            intent: Intent::read(&fields.required("intent")?)?,
            points: points.number()?,
            negated: fields.optional("negated").map(|c| Intent::read(&c)).transpose()?,
            refuses: fields.flag("refuses")?,
        };
        if group.points <= 0.0 || group.points > 100.0 {
            return Err(points.error("wants a number above 0, up to 100"));
        }
        if self.groups.iter().any(|known| known.code == group.code) {
            return Err(cursor.error(format!("the group `{}` appears twice", group.code)));
        }
        self.groups.push(group);
        self.add_phrases(&fields.required("phrases")?, Some(self.groups.len() - 1))
    }

    fn add_phrases(&mut self, list: &Cursor<'_>, group: Option<usize>) -> Result<(), Error> {
        for cursor in list.items()? {
            let words = phrase(cursor.text()?);
            let Some(first) = words.first() else { return Err(cursor.error("holds no word")) };
            let known = self.phrases.entry(first.clone()).or_default();
            if known.iter().any(|known| known.words == words) {
                return Err(cursor.error(format!("the phrase `{}` appears twice", words.join(" "))));
            }
            known.push(Phrase { words, group });
        }
        Ok(())
    }

    /// Finds the phrases of a message and adds up what they say.
    pub(super) fn find(&self, clauses: &[Clause]) -> Findings {
        let mut findings = Findings::default();
        let mut segment = 0;
        for clause in clauses {
            let opens_question = self.opens_question(&clause.words);
            findings.asks |= opens_question || clause.asked;
            findings.common |= clause.words.iter().any(|word| self.common.contains(word));
            self.find_in(&clause.words, !opens_question, &mut segment, &mut findings);
            segment += 1;
        }
        self.add_up(&mut findings);
        findings
    }

    /// Whether a clause begins like a question; "do not call" and "don't call" begin like orders.
    fn opens_question(&self, words: &[String]) -> bool {
        let mut rest = words.iter().skip_while(|word| *word == COMMA || self.before_question.contains(*word));
        let (Some(first), next) = (rest.next(), rest.next()) else { return false };
        let negates = |word: &String| self.negators.iter().any(|negators| negators.words.contains(word));
        let asks_subject = || next.is_some_and(|word| self.subjects.contains(word));
        self.question_words.contains(first)
            && !next.is_some_and(negates)
            && (!negates(first) || asks_subject())
    }

    fn find_in(&self, words: &[String], may_negate: bool, segment: &mut usize, findings: &mut Findings) {
        // A word of a phrase does not negate what follows: "no problem", "can't wait".
        let mut taken = vec![false; words.len()];
        let mut at = 0;
        while at < words.len() {
            let Some(found) = self.phrase_at(&words[at..]) else {
                if words[at] == COMMA || self.breaks.contains(&words[at]) {
                    *segment += 1;
                }
                at += 1;
                continue;
            };
            let length = found.words.len();
            if let Some(group) = found.group {
                let Group { intent, points, negated: opposite, .. } = &self.groups[group];
                let negation = if may_negate { self.negation(&words[..at], &taken) } else { None };
                findings.all.push(Finding {
                    group,
                    words: words[negation.unwrap_or(at)..at + length].join(" ").replace(" ,", ","),
                    negated: negation.is_some(),
                    intent: if negation.is_some() { *opposite } else { Some(*intent) },
                    points: if negation.is_some() { points + 2.0 } else { *points },
                    segment: *segment,
                });
            }
            taken[at..at + length].fill(length > 1);
            at += length;
        }
    }

    /// The longest phrase that the words begin with.
    fn phrase_at(&self, words: &[String]) -> Option<&Phrase> {
        self.phrases.get(&words[0])?.iter().find(|phrase| words.starts_with(&phrase.words))
    }

    /// The position of the word that negates what follows these words.
    fn negation(&self, before: &[String], taken: &[bool]) -> Option<usize> {
        self.negators.iter().find_map(|negators| {
            for at in (0..before.len()).rev().take(NEGATION_REACH) {
                if negators.words.contains(&before[at]) && !taken[at] {
                    return Some(at);
                }
                if !negators.between.contains(&before[at]) {
                    return None;
                }
            }
            None
        })
    }

    fn add_up(&self, findings: &mut Findings) {
        let mut counted = BTreeSet::new();
        let mut refused_in = None;
        for finding in &mut findings.all {
            let refusal = finding.intent == Some(Intent::Cold)
                && (finding.negated || self.groups[finding.group].refuses);
            if refusal {
                findings.refuses = true;
                refused_in = Some(finding.segment);
            } else if matches!(finding.intent, Some(Intent::Hot | Intent::Warm)) {
                // "Not interested in your offer" says nothing about the offer.
                if refused_in == Some(finding.segment) {
                    finding.intent = None;
                } else if finding.intent == Some(Intent::Hot) {
                    findings.refuses = false;
                }
            }
            if let Some(intent) = finding.intent
                && counted.insert((finding.group, finding.negated))
            {
                findings.points[intent.index()] += finding.points;
            }
        }
        if findings.asks {
            findings.points[Intent::Warm.index()] += QUESTION_POINTS;
        }
    }
}

fn words(fields: &Fields<'_>, name: &'static str) -> Result<BTreeSet<String>, Error> {
    let Some(list) = fields.optional(name) else { return Ok(BTreeSet::new()) };
    let word = |item: &Cursor<'_>| match &mut *phrase(item.text()?) {
        [word] => Ok(std::mem::take(word)),
        _ => Err(item.error("wants one word")),
    };
    list.items()?.iter().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::super::text::clauses;
    use super::*;

    const LISTS: &str = r#"{"format": 1, "language": "en", "date": "2026-11",
        "groups": [
            {"code": "buy", "intent": "HOT", "points": 3, "negated": "COLD", "phrases": ["buy", "want to buy"]},
            {"code": "price", "intent": "HOT", "points": 2, "phrases": ["price"]},
            {"code": "refusal", "intent": "COLD", "points": 4, "refuses": true, "phrases": ["no thanks"]}],
        "ignored": ["no problem", "red"],
        "negators": [{"words": ["not", "don't", "no"], "between": ["to", "want", "the"]}],
        "breaks": ["but"], "question_words": ["do", "don't"], "before_question": ["so"], "subjects": ["the"], "common": ["the"]}"#;

    fn found(message: &str) -> (Vec<(String, Option<Intent>)>, bool) {
        let findings = WordLists::from_json(LISTS).unwrap().find(&clauses(message));
        (findings.all.iter().map(|f| (f.words.clone(), f.intent)).collect(), findings.refuses)
    }

    #[test]
    fn the_longest_phrase_is_found_on_word_boundaries() {
        assert_eq!(found("I want to buy, buyers"), (vec![("want to buy".into(), Some(Intent::Hot))], false));
        assert_eq!(found("the pricey one").0, []);
    }

    #[test]
    fn negation_reaches_over_light_words_only() {
        assert_eq!(found("don't want to buy"), (vec![("dont want to buy".into(), Some(Intent::Cold))], true));
        assert_eq!(found("not red, buy").0, [("buy".into(), Some(Intent::Hot))]);
        assert_eq!(found("do not know the price").0, [("price".into(), Some(Intent::Hot))]);
        assert_eq!(found("not the price").0, [("not the price".into(), None)]);
        assert_eq!(found("no problem to buy").0, [("buy".into(), Some(Intent::Hot))]);
    }

    #[test]
    fn a_question_does_not_negate() {
        assert_eq!(found("so, don't the people buy it").0, [("buy".into(), Some(Intent::Hot))]);
        for order in ["do not buy", "don't buy", "don't want to buy"] {
            assert_eq!(found(order).0[0].1, Some(Intent::Cold), "{order}");
        }
    }

    #[test]
    fn a_refusal_covers_its_segment_until_a_later_wish() {
        assert_eq!(found("no thanks the price").0[1].1, None);
        assert!(found("no thanks the price").1);
        assert!(!found("no thanks but i want to buy the other one").1);
    }

    #[test]
    fn lists_are_refused_with_a_path() {
        for (from, to, path) in [
            (r#""format": 1"#, r#""format": 2"#, "format"),
            (r#""points": 2"#, r#""points": 0"#, "groups[1].points"),
            (r#""price"]"#, r#""price", "Price!"]"#, "groups[1].phrases[1]"),
            (r#""no thanks""#, r#"" - ""#, "groups[2].phrases[0]"),
            (r#""code": "price""#, r#""code": "buy""#, "groups[1]"),
            (r#""intent": "COLD""#, r#""intent": "cool""#, "groups[2].intent"),
            (r#""breaks": ["but"]"#, r#""breaks": ["but", "and so"]"#, "breaks[1]"),
            (r#""breaks": ["but"]"#, r#""breaks": "but""#, "breaks"),
        ] {
            let text = LISTS.replacen(from, to, 1);
            assert_ne!(text, LISTS, "{from}");
            let error = WordLists::from_json(&text).unwrap_err();
            assert_eq!((error.code(), error.path().to_string().as_str()), ("invalid_model", path));
        }
    }
}
