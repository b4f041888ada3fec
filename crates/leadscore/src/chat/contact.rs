//! Contact details in a message.

mod email;
mod interest;
mod name;
mod phone;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::text::{Word, contains_any, phrase, words};
use super::{ContactDetails, Question};
use crate::Error;
use crate::json::{self, Cursor, Document, Fields};
use name::NameAnswer;
use phone::Cues;
pub(super) use phone::{Country, country, e164_of_international};

const LISTS: &str = include_str!("data/contact-en.json");

/// The word lists of one language.
struct Lists {
    name_cues: Vec<Vec<String>>,
    introductions: Vec<Vec<String>>,
    after_introduction: BTreeSet<String>,
    before_name: Vec<Vec<String>>,
    after_name: Vec<Vec<String>>,
    name_particles: BTreeSet<String>,
    not_names: BTreeSet<String>,
    phone_cues: Vec<Vec<String>>,
    not_phone_cues: Vec<Vec<String>>,
    interest_cues: Vec<Vec<String>>,
    interest_ends: BTreeSet<String>,
    not_interests: BTreeSet<String>,
    question_words: BTreeSet<String>,
    declines: Vec<Vec<String>>,
    corrections: Vec<Vec<String>>,
}

/// What a message holds, as far as it is new.
pub(super) struct Captured {
    pub(super) details: ContactDetails,
    /// Whether the sender would not answer.
    pub(super) declines: bool,
}

/// Reads a message for the details that are still unknown. A known one is replaced only where the message corrects it.
///
/// `refuses` says whether the sender wants nothing, `is_about_buying` whether the message mentions buying and therefore is
/// not a bare name.
pub(super) fn capture(
    message: &str,
    known: &ContactDetails,
    open: Option<Question>,
    refuses: bool,
    is_about_buying: bool,
    country: Option<&Country>,
) -> Captured {
    let lists = Lists::builtin();
    let all = words(message);
    let corrects = contains_any(&all, &lists.corrections);
    let wanted = |value: &Option<String>| value.is_none() || corrects;

    let address = email::find(message).into_iter().next();
    let cues = Cues {
        phone: &lists.phone_cues,
        other: &lists.not_phone_cues,
        asked: open == Some(Question::Contact),
    };
    let number = phone::find(message, &all, &cues, country);
    // Addresses and numbers are no part of a name or a wish.
    let taken = [address.as_ref().map(|a| (a.start, a.end)), number.as_ref().map(|n| (n.start, n.end))];
    let touches = |word: &Word<'_>| {
        taken.iter().flatten().any(|(start, end)| word.start < *end && word.start + word.text.len() > *start)
    };
    let only_details = all.iter().all(touches);
    let rest: Vec<Word<'_>> = all.iter().filter(|word| !touches(word)).cloned().collect();
    let declines = open.is_some() && contains_any(&all, &lists.declines);
    let is_answer = !refuses && !declines && !only_details;

    let answer = match (is_answer && open == Some(Question::Name), is_about_buying) {
        (false, _) => NameAnswer::NotAsked,
        (true, true) => NameAnswer::Mixed,
        (true, false) => NameAnswer::Bare,
    };
    let asked_interest = is_answer && open == Some(Question::Interest);
    let name = name::find(&rest, lists, answer);
    let interest = if refuses { None } else { interest::find(message, &rest, lists, asked_interest) };
    Captured {
        details: ContactDetails {
            name: name.filter(|_| wanted(&known.name)),
            email: address.map(|address| address.address).filter(|_| wanted(&known.email)),
            phone: number.map(|number| number.number).filter(|_| wanted(&known.phone)),
            interest: interest.filter(|_| known.interest.is_none()),
        },
        declines,
    }
}

impl Lists {
    fn builtin() -> &'static Lists {
        static BUILTIN: LazyLock<Lists> =
            LazyLock::new(|| read(LISTS).expect("the included lists can be read"));
        &BUILTIN
    }
}

fn read(text: &str) -> Result<Lists, Error> {
    let node = json::parse(text)?;
    let root = Cursor::root(&node, "", Document::Model);
    let fields = root.entries()?;
    Ok(Lists {
        name_cues: phrases(&fields, "name_cues")?,
        introductions: phrases(&fields, "introductions")?,
        after_introduction: set(&fields, "after_introduction")?,
        before_name: phrases(&fields, "before_name")?,
        after_name: phrases(&fields, "after_name")?,
        name_particles: set(&fields, "name_particles")?,
        not_names: set(&fields, "not_names")?,
        phone_cues: phrases(&fields, "phone_cues")?,
        not_phone_cues: phrases(&fields, "not_phone_cues")?,
        interest_cues: phrases(&fields, "interest_cues")?,
        interest_ends: set(&fields, "interest_ends")?,
        not_interests: set(&fields, "not_interests")?,
        question_words: set(&fields, "question_words")?,
        declines: phrases(&fields, "declines")?,
        corrections: phrases(&fields, "corrections")?,
    })
}

fn phrases(fields: &Fields<'_>, name: &'static str) -> Result<Vec<Vec<String>>, Error> {
    Ok(fields.required(name)?.texts()?.iter().map(|text| phrase(text)).collect())
}

/// Single words.
fn set(fields: &Fields<'_>, name: &'static str) -> Result<BTreeSet<String>, Error> {
    Ok(phrases(fields, name)?.into_iter().map(|words| words.join(" ")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(message: &str, open: Option<Question>) -> [Option<String>; 4] {
        let ContactDetails { name, email, phone, interest } =
            capture(message, &ContactDetails::default(), open, false, false, None).details;
        [name, email, phone, interest]
    }

    #[test]
    fn one_message_may_give_everything() {
        let message =
            "Hi, I'm Ann from Acme, looking for a sofa. Call +49 30 901820 or write to ann@example.com";
        let wanted = ["Ann", "ann@example.com", "+4930901820", "a sofa"].map(|text| Some(text.to_owned()));
        assert_eq!(details(message, None), wanted);
    }

    #[test]
    fn an_address_is_neither_a_name_nor_a_wish() {
        for open in [Question::Name, Question::Interest, Question::Contact] {
            let found = details("ann@example.com", Some(open));
            assert_eq!(found, [None, Some("ann@example.com".to_owned()), None, None], "{open:?}");
        }
        let named = details("Ann Smith, ann@example.com", Some(Question::Name));
        assert_eq!(named[0].as_deref(), Some("Ann Smith"));
    }

    #[test]
    fn only_corrections_replace_what_is_known() {
        let known = ContactDetails { email: Some("a@example.com".into()), ..ContactDetails::default() };
        let second = |message| capture(message, &known, None, false, false, None).details.email;
        assert_eq!(second("my boss is b@example.com"), None);
        assert_eq!(second("sorry, it's actually b@example.com").as_deref(), Some("b@example.com"));
    }
}
