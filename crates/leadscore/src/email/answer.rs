//! What a model wrote, before it is checked.

use serde::Deserialize;

use super::text::has_phrase;
use super::wording::WORDING;
use crate::task::grounding::single_spaced;
use crate::task::reply::{read, without_fences};
use crate::task::{Rejection, RejectionKind};

/// A text, and a subject where the model gave one.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    #[serde(default)]
    pub(super) subject: Option<String>,
    pub(super) body: String,
}

/// The longest answer that is looked at, in bytes.
const MAX_BYTES: usize = 64 << 10;

impl Answer {
    /// Plain text is what is asked for. A JSON string, and an object of `subject` and `body`, are taken too, since
    /// models that are made to answer in JSON give those.
    ///
    /// # Errors
    /// `wrong_form` for a text that speaks about itself, and JSON of another form.
    pub(super) fn read(reply: &str) -> Result<Answer, Rejection> {
        if reply.len() > MAX_BYTES {
            let message = format!("the answer has more than {} KiB", MAX_BYTES >> 10);
            return Err(Rejection::new(RejectionKind::OutOfRange, "", message));
        }
        let text = without_fences(reply.trim());
        let answer = if text.starts_with('{') {
            read(text)?
        } else if let Ok(text) = serde_json::from_str::<String>(text) {
            Answer::of_text(&text)
        } else {
            Answer::of_text(text)
        };
        refuse_chatter(&answer.body)?;
        Ok(answer)
    }

    /// A first line `Subject: …` is the subject.
    fn of_text(text: &str) -> Answer {
        let (first, rest) = text.trim().split_once('\n').unwrap_or((text, ""));
        let subject = first.get(..8).filter(|start| start.eq_ignore_ascii_case("subject:"));
        match subject {
            Some(_) => Answer { subject: Some(first[8..].trim().to_owned()), body: rest.trim().to_owned() },
            None => Answer { subject: None, body: text.trim().to_owned() },
        }
    }
}

/// Refuses words of a model to the person who asked, such as `Sure! Here is the message:`, which no lead should read.
fn refuse_chatter(body: &str) -> Result<(), Rejection> {
    let chatter = &WORDING.chatter;
    let lower = single_spaced(body).replace('’', "'");
    let first = single_spaced(body.trim().lines().next().unwrap_or_default()).replace('’', "'");
    let first_sentence = first.split_inclusive(['.', '!', ':']).take(2).collect::<String>();
    let starts = chatter.starts.iter().any(|start| first.trim().starts_with(start.as_str()));
    let is_about = chatter.about.iter().any(|word| has_phrase(&first_sentence, word));
    let is_heading = first.trim_end().ends_with(':') || body.contains("**") || body.trim().starts_with('#');
    if starts && is_about || is_heading || chatter.anywhere.iter().any(|phrase| has_phrase(&lower, phrase)) {
        let message = "the text speaks about itself, or is marked up; wants the plain text of a message";
        return Err(Rejection::new(RejectionKind::WrongForm, "body", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_taken_as_it_is() {
        let body = |body: &str| Ok(Answer { subject: None, body: body.to_owned() });
        assert_eq!(
            Answer::read(" You asked for a demo.\n\nWhich day suits you? "),
            body("You asked for a demo.\n\nWhich day suits you?")
        );
        assert_eq!(Answer::read("```\nYou asked.\n```"), body("You asked."));
        assert_eq!(Answer::read(r#""You asked.\nWhen?""#), body("You asked.\nWhen?"));
        assert_eq!(Answer::read(r#"{"body":"You asked."}"#), body("You asked."));
        assert_eq!(
            Answer::read("Here is a short note on our program."),
            body("Here is a short note on our program.")
        );
        let with_subject = Answer { subject: Some("Your demo".to_owned()), body: "You asked.".to_owned() };
        assert_eq!(Answer::read("Subject: Your demo\n\nYou asked."), Ok(with_subject));
    }

    #[test]
    fn what_a_model_says_about_its_text_is_refused() {
        for reply in [
            "Sure! Here is the email:\n\nYou asked for a demo.",
            "Here’s a message for the lead.\n\nYou asked for a demo.",
            "Certainly, this draft fits.\nYou asked for a demo.",
            "Text:\nYou asked for a demo.",
            "**You asked** for a demo.",
            "# Your demo\nYou asked for it.",
            "You asked for a demo.\n\nWould you like me to adjust it?",
            "As an AI, I cannot write this.",
        ] {
            assert_eq!(
                Answer::read(reply).map_err(|refused| refused.kind),
                Err(RejectionKind::WrongForm),
                "{reply}"
            );
        }
        assert_eq!(Answer::read(&"a".repeat(MAX_BYTES + 1)).unwrap_err().kind, RejectionKind::OutOfRange);
        assert_eq!(Answer::read("{\"body\":1}").unwrap_err().kind, RejectionKind::WrongForm);
    }
}
