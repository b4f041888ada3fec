//! How what is sold is called within a sentence, and how a sentence begins behind another word.

use super::audience::named_in;
use super::knowledge::Passage;
use super::text::has_phrase;
use super::wording::WORDING;
use crate::expression::normalise;

/// A name with the noun that the knowledge base gives it: `Data Science Program` for `Data Science`.
pub(super) fn full_name(all: &[Passage], name: &str) -> String {
    let wanted = normalise(name);
    let wanted = wanted.trim();
    for heading in all.iter().map(|passage| passage.heading.as_str()) {
        let lower = normalise(heading);
        if !has_phrase(&lower, wanted) {
            continue;
        }
        let parts: Vec<&str> = heading.split_whitespace().collect();
        let count = wanted.split_whitespace().count();
        let found = parts.windows(count + 1).find_map(|own| {
            let (noun, own) = own.split_last()?;
            let noun = noun.trim_end_matches(|c: char| !c.is_alphanumeric());
            let is_product = WORDING.product_nouns.contains(normalise(noun).as_ref());
            (normalise(&own.join(" ")) == wanted && is_product).then_some(noun)
        });
        if let Some(noun) = found {
            return format!("{} {noun}", name.trim());
        }
    }
    name.to_owned()
}

/// `our AI Program`; what is not called a program or a course stays as it is.
pub(super) fn with_article(interest: &str) -> String {
    let lower = interest.to_lowercase();
    let is_ours = lower.rsplit_once(' ').is_some_and(|(_, noun)| WORDING.product_nouns.contains(noun));
    if is_ours && !lower.starts_with("the ") && !lower.starts_with("our ") {
        format!("our {interest}")
    } else {
        interest.to_owned()
    }
}

/// How a thing is called that has been named: `program` for `AI Program`. None where the name does not say what it is.
pub(super) fn noun(name: &str) -> Option<String> {
    let noun = name.rsplit_once(' ')?.1.to_lowercase();
    WORDING.product_nouns.contains(&noun).then_some(noun)
}

/// A sentence about what has been named, with other words for it: `It lasts` for `The AI Program lasts`, and within the
/// sentence `the program`.
pub(super) fn named_again(text: &str, name: &str, noun: &str, subject: &str) -> String {
    // Without the article it may be a part of what is spoken of: `AI Program groups`.
    let start = text.strip_prefix("The ").or_else(|| text.strip_prefix("the ")).unwrap_or_default();
    if let Some(rest) = start.strip_prefix(name).filter(|rest| rest.starts_with(' ')) {
        return format!("{subject}{rest}");
    }
    text.replacen(&format!("the {name} "), &format!("the {noun} "), 1)
}

/// A sentence without its capital, if its first word is known to be no name: one of a group of people, a small word, or
/// one that the passage has without a capital.
pub(super) fn lowered(text: &str, passage: &Passage) -> String {
    let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    let (first, rest) = text.split_at(end);
    let lower = first.to_lowercase();
    let start: Vec<&str> = text.split_whitespace().take(2).collect();
    let is_plain = WORDING.small_words.contains(&lower)
        || !named_in(&start.join(" ")).is_empty()
        || has_phrase(&passage.text, &lower);
    let is_upper = first.chars().count() > 1 && first.chars().all(char::is_uppercase);
    if is_plain && !is_upper { format!("{lower}{rest}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::{Document, KnowledgeBase};

    fn passages() -> Vec<Passage> {
        let text = "# A\n\n## What the Data Science Program: an outline\nEvery demo is short. Oriole has Classic and classic parts.";
        KnowledgeBase::new([Document::new("a.md", text)]).unwrap().passages().to_vec()
    }

    #[test]
    fn things_have_the_name_of_the_knowledge_base() {
        let all = passages();
        for (name, full, shown) in [
            ("Data Science", "Data Science Program", "our Data Science Program"),
            ("Data Science Program", "Data Science Program", "our Data Science Program"),
            ("Science", "Science Program", "our Science Program"),
            ("Spring sale", "Spring sale", "Spring sale"),
            ("the Team plan", "the Team plan", "the Team plan"),
        ] {
            assert_eq!(full_name(&all, name), full);
            assert_eq!(with_article(full), shown);
        }
    }

    #[test]
    fn what_has_been_named_is_not_named_again() {
        let again = |text: &str| named_again(text, "AI Program", "program", "It");
        for (text, expected) in [
            ("The AI Program lasts.", "It lasts."),
            ("AI Program groups are small.", "AI Program groups are small."),
            ("Nobody in the AI Program sleeps.", "Nobody in the program sleeps."),
            ("Mentors of it meet.", "Mentors of it meet."),
        ] {
            assert_eq!(again(text), expected);
        }
        assert_eq!(
            (noun("AI Program").as_deref(), noun("Spring sale"), noun("Chess")),
            (Some("program"), None, None)
        );
    }

    #[test]
    fn only_what_is_no_name_loses_its_capital() {
        let passage = &passages()[0];
        for (text, expected) in [
            ("The demo is short.", "the demo is short."),
            ("Demo lessons are short.", "demo lessons are short."),
            ("Nurses and physicians learn.", "nurses and physicians learn."),
            ("Project managers learn.", "project managers learn."),
            ("Classic parts.", "classic parts."),
            ("Oriole reads files.", "Oriole reads files."),
            ("AI is a part.", "AI is a part."),
        ] {
            assert_eq!(lowered(text, passage), expected);
        }
    }
}
