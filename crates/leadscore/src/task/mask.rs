//! Personal details as placeholders, for models that must not see them.

use super::data::block;
use super::detail::{Detail, DetailKind, details, of_field, overlap, replaced};
use super::{Prompt, Rejection, RejectionKind, Task};
use crate::json::{self, Node};

/// A task whose prompt has placeholders such as `[EMAIL_1]` in place of e-mail and web addresses, telephone numbers and the
/// names of persons. In an answer they are put back before it is checked.
///
/// The same detail has the same placeholder all over a prompt, and another one than every other detail. Names are those
/// that the data give as names (`name`, `first_name` …), wherever they or their parts occur; a name that stands only in a
/// message is not recognised. Names of companies stay.
///
/// ```
/// use leadscore::task::{ConversionTask, Masked, Task};
/// use leadscore::{AsOf, Lead, Pipeline, Zone};
/// let lead = Lead::new("l-1").with("name", "Ann Lee").with("message", "Call me: 030 5550100. Ann");
/// let prediction = Pipeline::builtin("conversion")?.score(&lead, &AsOf::parse("2026-11-22", &Zone::utc())?)?;
/// let task = Masked::new(ConversionTask::new(&lead, &prediction)?.with_contact_details());
/// let prompt = task.prompt();
/// assert!(prompt.user.contains(r#""message":"Call me: [PHONE_1]. [NAME_1]""#), "{}", prompt.user);
///
/// let reply = r#"{"probability": 0.2, "explanation": "[NAME_1] asks for a call.", "risk_factors": [], "recommendations": []}"#;
/// assert_eq!(task.accept(reply).unwrap().explanation, "Ann asks for a call.");
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Masked<T> {
    task: T,
    prompt: Prompt,
    placeholders: Placeholders,
}

/// The details of one prompt, each kind numbered from 1 in the order in which they occur.
#[derive(Debug, Clone, Default)]
struct Placeholders {
    /// Stands before the number where the prompt itself has something that looks like a placeholder.
    tag: String,
    details: Vec<(DetailKind, String)>,
}

/// Fields whose value is the name of a person.
const NAME_FIELDS: [&str; 14] = [
    "name",
    "first_name",
    "firstname",
    "given_name",
    "vorname",
    "last_name",
    "lastname",
    "family_name",
    "surname",
    "nachname",
    "full_name",
    "fullname",
    "contact_name",
    "contact_person",
];

const KINDS: [DetailKind; 4] = [DetailKind::Email, DetailKind::Phone, DetailKind::Url, DetailKind::Name];
const MASK_RULE: &str = " Words in square brackets with a number, such as [NAME_1], stand for details that are kept back: \
    where you mean one, write it exactly so, and never guess what it stands for.";

impl<T: Task> Masked<T> {
    /// The same question, with placeholders.
    pub fn new(task: T) -> Masked<T> {
        let open = task.prompt();
        let mut placeholders = Placeholders::for_prompt(&open);
        let user = placeholders.mask_user(&open.user);
        let system = if placeholders.details.is_empty() {
            open.system
        } else {
            // The rule names a placeholder of the form that this prompt has.
            format!("{}{}", open.system, MASK_RULE.replace("NAME_", &placeholders.prefix(DetailKind::Name)))
        };
        Masked { task, prompt: Prompt { system, user, ..open }, placeholders }
    }
}

impl<T: Task> Task for Masked<T> {
    type Output = T::Output;

    fn name(&self) -> &'static str {
        self.task.name()
    }

    fn version(&self) -> u32 {
        self.task.version()
    }

    fn prompt(&self) -> Prompt {
        self.prompt.clone()
    }

    fn accept(&self, reply: &str) -> Result<T::Output, Rejection> {
        self.task.accept(&self.placeholders.unmask(reply)?)
    }

    fn fallback(&self) -> T::Output {
        self.task.fallback()
    }
}

impl Placeholders {
    fn for_prompt(prompt: &Prompt) -> Placeholders {
        let mut own = Placeholders::default();
        let texts = [&prompt.system, &prompt.user, &prompt.schema];
        let occurs = |prefix: &str| texts.iter().any(|text| text.contains(prefix));
        // Every longer tag needs a longer prompt, so one that does not occur is found.
        for number in 1.. {
            if !KINDS.iter().any(|kind| occurs(&own.prefix(*kind))) {
                break;
            }
            own.tag = format!("X{number}_");
        }
        own
    }

    fn prefix(&self, kind: DetailKind) -> String {
        let word = match kind {
            DetailKind::Email => "EMAIL",
            DetailKind::Phone => "PHONE",
            DetailKind::Url => "URL",
            DetailKind::Name => "NAME",
        };
        format!("{word}_{}", self.tag)
    }

    fn mask_user(&mut self, user: &str) -> String {
        let json = user.strip_prefix("<data>\n").and_then(|rest| rest.strip_suffix("\n</data>"));
        match json.and_then(|json| json::parse(json).ok()) {
            Some(data) => {
                let mut names = Vec::new();
                collect_names("", &data, &mut names);
                names.sort_by_key(|name| std::cmp::Reverse(name.len()));
                block(&self.mask_node("", data, &names))
            }
            // A task of the caller's own, whose data may be any text.
            None => self.mask_text(user, &[]),
        }
    }

    fn mask_node(&mut self, field: &str, node: Node, names: &[String]) -> Node {
        let kind = of_field(field);
        match (node, kind) {
            (Node::Text(text), Some(kind)) => Node::Text(self.placeholder(kind, &text)),
            (Node::Text(text), None) => Node::Text(self.mask_text(&text, names)),
            // A telephone number that a table took for a number.
            (number @ (Node::Integer(_) | Node::Number(_)), Some(DetailKind::Phone)) => {
                Node::Text(self.placeholder(DetailKind::Phone, &number.to_json()))
            }
            (Node::List(items), _) => {
                Node::List(items.into_iter().map(|item| self.mask_node(field, item, names)).collect())
            }
            (Node::Object(fields), _) => {
                let masked = fields.into_iter().map(|(name, node)| {
                    let node = self.mask_node(&name, node, names);
                    (name, node)
                });
                Node::Object(masked.collect())
            }
            (other, _) => other,
        }
    }

    fn mask_text(&mut self, text: &str, names: &[String]) -> String {
        let mut found = details(text);
        for name in names {
            for (start, _) in text.match_indices(name.as_str()) {
                let range = start..start + name.len();
                if is_whole_word(text, &range) && !found.iter().any(|own| overlap(&own.range, &range)) {
                    found.push(Detail { kind: DetailKind::Name, range });
                }
            }
        }
        found.sort_by_key(|detail| detail.range.start);
        replaced(text, &found, |detail| self.placeholder(detail.kind, &text[detail.range.clone()]))
    }

    fn placeholder(&mut self, kind: DetailKind, value: &str) -> String {
        let known = |(own, text): &(DetailKind, String)| *own == kind && text == value;
        if !self.details.iter().any(known) {
            self.details.push((kind, value.to_owned()));
        }
        let mut same = self.details.iter().filter(|(own, _)| *own == kind);
        let number = 1 + same.position(|(_, text)| text == value).unwrap_or_default();
        format!("[{}{number}]", self.prefix(kind))
    }

    fn value(&self, kind: DetailKind, number: usize) -> Option<&str> {
        let mut same = self.details.iter().filter(|(own, _)| *own == kind);
        same.nth(number.checked_sub(1)?).map(|(_, value)| value.as_str())
    }

    /// An answer with the details put back, with or without the brackets. It is JSON, so they are escaped as in a JSON string.
    fn unmask(&self, reply: &str) -> Result<String, Rejection> {
        let prefixes = KINDS.map(|kind| (kind, self.prefix(kind)));
        let (mut out, mut rest) = (String::with_capacity(reply.len()), reply);
        loop {
            let next = prefixes
                .iter()
                .filter_map(|(kind, prefix)| Some((rest.find(prefix.as_str())?, *kind, prefix)));
            let Some((at, kind, prefix)) = next.min_by_key(|(at, ..)| *at) else {
                out.push_str(rest);
                return Ok(out);
            };
            let (before, behind) = (&rest[..at], &rest[at + prefix.len()..]);
            let digits = behind.len() - behind.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            out.push_str(before);
            if digits == 0 || before.ends_with(char::is_alphanumeric) {
                out.push_str(prefix);
                rest = behind;
                continue;
            }
            let number = &behind[..digits];
            let Some(value) = number.parse().ok().and_then(|number| self.value(kind, number)) else {
                let message = format!("the placeholder `{prefix}{number}` stands for nothing");
                return Err(Rejection::new(RejectionKind::Ungrounded, "", message));
            };
            rest = &behind[digits..];
            if let Some(inner) = rest.strip_prefix(']').filter(|_| out.ends_with('[')) {
                out.pop();
                rest = inner;
            }
            let quoted = Node::Text(value.to_owned()).to_json();
            out.push_str(&quoted[1..quoted.len() - 1]);
        }
    }
}

/// The names of persons in some data, whole and in parts, as they may be written.
fn collect_names(field: &str, node: &Node, names: &mut Vec<String>) {
    match node {
        Node::Text(text) if NAME_FIELDS.contains(&field.to_lowercase().replace([' ', '-'], "_").as_str()) => {
            let is_part = |part: &&str| part.chars().count() > 1 && part.starts_with(char::is_uppercase);
            let parts = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '\'' | '’'));
            for name in std::iter::once(text.as_str()).chain(parts.filter(is_part)) {
                for form in [name.to_owned(), name.to_lowercase(), name.to_uppercase()] {
                    // In small letters a short name is a word of its own: `al`, `jo`.
                    if form.contains(char::is_alphanumeric)
                        && !names.contains(&form)
                        && (form == name || form.chars().count() > 2)
                    {
                        names.push(form);
                    }
                }
            }
        }
        Node::List(items) => items.iter().for_each(|item| collect_names(field, item, names)),
        Node::Object(fields) => fields.iter().for_each(|(name, node)| collect_names(name, node, names)),
        _ => {}
    }
}

fn is_whole_word(text: &str, range: &std::ops::Range<usize>) -> bool {
    let wordy = |c: char| c.is_alphanumeric() || c == '_';
    !text[..range.start].ends_with(wordy) && !text[range.end..].starts_with(wordy)
}

#[cfg(test)]
mod tests;
