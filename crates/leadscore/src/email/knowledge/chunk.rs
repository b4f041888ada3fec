//! Cuts documents into passages.

use serde::Deserialize;

use super::{Document, Passage, invalid};
use crate::email::text::sentences;
use crate::error::Path;
use crate::text::clean;
use crate::{Error, ErrorKind};

/// The longest passage, in characters.
const MAX_PASSAGE: usize = 1_200;
const MAX_HEADING: usize = 120;

#[derive(Deserialize)]
#[serde(untagged)]
enum Sections {
    List(Vec<Section>),
    Object {
        #[serde(default)]
        title: Option<String>,
        sections: Vec<Section>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(alias = "title", alias = "question")]
    heading: Option<String>,
    #[serde(alias = "answer")]
    text: Option<String>,
}

/// Adds the passages of a document.
pub(super) fn add_passages(document: &Document, passages: &mut Vec<Passage>) -> Result<(), Error> {
    let mut cut = Cut { document: document.name(), count: 0, passages };
    if document.name.to_lowercase().ends_with(".json") {
        return cut.json(&document.text);
    }
    cut.markdown(&document.text);
    Ok(())
}

struct Cut<'a> {
    document: &'a str,
    count: usize,
    passages: &'a mut Vec<Passage>,
}

impl Cut<'_> {
    fn json(&mut self, text: &str) -> Result<(), Error> {
        let read: Sections = serde_json::from_str(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => invalid(
                self.document,
                "wants a list of {\"heading\", \"text\"}, or an object with such a list as `sections`",
            ),
            _ => invalid(self.document, format!("is no JSON: {error}")),
        })?;
        let (title, sections, is_list) = match read {
            Sections::List(sections) => (None, sections, true),
            Sections::Object { title, sections } => (title, sections, false),
        };
        for (at, section) in sections.iter().enumerate() {
            let Some(text) = section.text.as_deref().filter(|text| !text.trim().is_empty()) else {
                let list = Path::from_field(self.document);
                let list = if is_list { list } else { list.field("sections") };
                return Err(Error::new(ErrorKind::InvalidKnowledge, list.index(at), "wants a `text`"));
            };
            let heading = section.heading.as_deref().or(title.as_deref());
            self.add(heading.unwrap_or(self.document), text);
        }
        Ok(())
    }

    /// Headings are lines that begin with `#`; those in a block of code are none.
    fn markdown(&mut self, text: &str) {
        let (mut heading, mut part) = (self.document.to_owned(), String::new());
        let mut is_code = false;
        for line in text.lines() {
            if line.trim_start().starts_with("```") {
                is_code = !is_code;
                continue;
            }
            let marks = line.bytes().take_while(|byte| *byte == b'#').count();
            let title = line[marks..].trim().trim_end_matches('#').trim_end();
            if !is_code
                && (1..=6).contains(&marks)
                && line[marks..].starts_with(char::is_whitespace)
                && !title.is_empty()
            {
                self.add(&heading, &part);
                part.clear();
                title.clone_into(&mut heading);
            } else {
                part.push_str(&plain(line));
                part.push('\n');
            }
        }
        self.add(&heading, &part);
    }

    /// Adds the text of a heading as one passage, or as several where it is long.
    fn add(&mut self, heading: &str, text: &str) {
        let heading = clean(&plain(heading).replace('\n', " "), MAX_HEADING);
        let mut passage = String::new();
        for paragraph in paragraphs(text) {
            if passage.chars().count() + paragraph.chars().count() <= MAX_PASSAGE {
                join(&mut passage, &paragraph, '\n');
                continue;
            }
            for sentence in sentences(&paragraph) {
                let mut rest = sentence.to_owned();
                while !rest.is_empty() {
                    let head: String = rest.chars().take(MAX_PASSAGE).collect();
                    rest.drain(..head.len());
                    if !passage.is_empty() && passage.chars().count() + head.chars().count() > MAX_PASSAGE {
                        self.push(&heading, std::mem::take(&mut passage));
                    }
                    join(&mut passage, &head, ' ');
                }
            }
        }
        self.push(&heading, passage);
    }

    fn push(&mut self, heading: &str, text: String) {
        if text.is_empty() {
            return;
        }
        self.count += 1;
        let id = format!("{}#{}", self.document, self.count);
        self.passages.push(Passage { id, heading: heading.to_owned(), text });
    }
}

fn join(text: &mut String, other: &str, separator: char) {
    if !text.is_empty() {
        text.push(separator);
    }
    text.push_str(other);
}

/// Paragraphs as one line each, without what cannot be seen.
fn paragraphs(text: &str) -> Vec<String> {
    let blocks = text.split("\n\n").map(|block| clean(&block.replace('\n', " "), usize::MAX));
    blocks.filter(|block| !block.is_empty()).collect()
}

/// A line of Markdown as plain text: without marks of lists, quotes and emphasis; of a link the words stay.
fn plain(line: &str) -> String {
    let line = line.trim();
    let line = ["- ", "* ", "+ ", "> "].iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line);
    let (mut out, mut rest) = (String::with_capacity(line.len()), line);
    while let Some(open) = rest.find('[') {
        let tail = &rest[open + 1..];
        let target = tail.find("](").and_then(|middle| Some((middle, middle + tail[middle..].find(')')?)));
        let Some((middle, end)) = target else { break };
        out.push_str(&rest[..open]);
        out.push_str(&tail[..middle]);
        rest = &tail[end + 1..];
    }
    out.push_str(rest);
    out.replace("**", "").replace("__", "").replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passages(name: &str, text: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        add_passages(&Document::new(name, text), &mut found).unwrap();
        found.into_iter().map(|passage| (passage.heading, passage.text)).collect()
    }

    #[test]
    fn markdown_is_cut_at_headings() {
        let text = "Before\n# One\n\n- a **bold** [link](https://x.example/a)\n- b\n\nNext [x\n## Two ##\n```\n# no heading\n```\n#tag\n### Empty\n";
        let expected = [("a.md", "Before"), ("One", "a bold link b\nNext [x"), ("Two", "# no heading #tag")];
        assert_eq!(passages("a.md", text), expected.map(|(h, t)| (h.to_owned(), t.to_owned())));
    }

    #[test]
    fn long_parts_are_cut_at_sentences_and_nothing_is_lost() {
        let text = "A sentence of some length stands here. ".repeat(100);
        let found = passages("a.md", &text);
        assert!(found.len() > 3 && found.iter().all(|(_, text)| text.chars().count() <= MAX_PASSAGE + 1));
        let joined: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(joined.join(" "), text.trim());
        let found = passages("a.md", &"ä".repeat(5_000));
        assert_eq!(
            found.iter().map(|(_, text)| text.chars().filter(|c| *c == 'ä').count()).sum::<usize>(),
            5_000
        );
    }

    #[test]
    fn json_says_which_section_is_wrong() {
        let error = |text: &str| {
            let error = add_passages(&Document::new("a.json", text), &mut Vec::new()).unwrap_err();
            assert_eq!(error.code(), "invalid_knowledge");
            error.path().to_string()
        };
        assert!(error(r#"{"sections":[{"text":"x"},{"heading":"h"}]}"#).ends_with("sections[1]"));
        for text in ["", "7", "{}", r#"[{"text":7}]"#, r#"[{"text":"x","more":1}]"#] {
            assert!(error(text).contains("a.json"), "{text}");
        }
    }
}
