//! What may be said to leads: documents as passages that can be searched.

mod chunk;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use bm25::{Document as Indexed, SearchEngine, SearchEngineBuilder, Tokenizer};
use serde::Serialize;

use super::meaning::{Meaning, fuse};
use super::text::words;
use crate::error::Path;
use crate::{Error, ErrorKind};

/// A document of a knowledge base: its name, which ends in `.json` where it is JSON, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    name: String,
    text: String,
}

/// A part of a document that can be understood on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Passage {
    /// The document's name and the passage's number in it, from 1: `prices.md#2`.
    pub id: String,
    /// The heading that it stands under.
    pub heading: String,
    /// Plain text in one line for each paragraph.
    pub text: String,
}

/// Passages of documents, found by BM25, and by meaning too where it has [vectors](KnowledgeBase::with_vectors). A cheap handle.
///
/// ```
/// use leadscore::email::{Document, KnowledgeBase};
/// let base = KnowledgeBase::new([
///     Document::new("a.md", "# Plans\n\n## Prices\nThe plan costs 49 euros.\n\n## Support\nWe answer within a day."),
///     Document::new("b.json", r#"[{"question": "Is there a trial?", "answer": "Yes, for 14 days."}]"#),
/// ])?;
/// assert_eq!(base.passages().len(), 3);
/// assert_eq!(base.search("what does it cost in euros", 1)[0].heading, "Prices");
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Clone)]
pub struct KnowledgeBase(Arc<Index>, pub(super) Meaning);

struct Index {
    passages: Vec<Passage>,
    engine: SearchEngine<u32, u32, Words>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Words;

impl Tokenizer for Words {
    fn tokenize(&self, text: &str) -> Vec<String> {
        words(text)
    }
}

/// Differences of the logarithm between machines are far below one of these steps of a score.
const SCORE_STEPS: f32 = 1_000.0;

impl Document {
    /// A document.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Document {
        Document { name: name.into(), text: text.into() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl KnowledgeBase {
    /// The most documents.
    pub const MAX_DOCUMENTS: usize = 1_000;
    /// The longest document, in bytes.
    pub const MAX_DOCUMENT_BYTES: usize = 1 << 20;
    /// The longest text of all documents together, in bytes.
    pub const MAX_BYTES: usize = 16 << 20;
    /// The most passages.
    pub const MAX_PASSAGES: usize = 20_000;

    /// A base of documents. Markdown is cut at its headings, and long parts at paragraphs and sentences. JSON is a list
    /// of `{"heading": …, "text": …}`, also with `title` or `question` and `answer`, or an object with such a list as
    /// `sections`.
    ///
    /// # Errors
    /// `invalid_knowledge`, with the document's name first in the path: for JSON of another form, a name that is blank or
    /// occurs twice, sizes above the limits, and documents without any text.
    pub fn new(documents: impl IntoIterator<Item = Document>) -> Result<KnowledgeBase, Error> {
        let mut passages = Vec::new();
        let (mut names, mut bytes) = (BTreeSet::new(), 0);
        for document in documents {
            let refuse = |message: String| Err(invalid(&document.name, message));
            if document.name.trim().is_empty() || document.name.chars().count() > 200 {
                return Err(invalid("", "the name of a document is blank or has more than 200 characters"));
            }
            if !names.insert(document.name.clone()) {
                return refuse("there are two documents of this name".to_owned());
            }
            if names.len() > KnowledgeBase::MAX_DOCUMENTS {
                return refuse(format!("there are more than {} documents", KnowledgeBase::MAX_DOCUMENTS));
            }
            bytes += document.text.len();
            if document.text.len() > KnowledgeBase::MAX_DOCUMENT_BYTES || bytes > KnowledgeBase::MAX_BYTES {
                return refuse(format!(
                    "a document may have {} bytes, and all together {}",
                    KnowledgeBase::MAX_DOCUMENT_BYTES,
                    KnowledgeBase::MAX_BYTES
                ));
            }
            chunk::add_passages(&document, &mut passages)?;
            if passages.len() > KnowledgeBase::MAX_PASSAGES {
                return refuse(format!("there are more than {} passages", KnowledgeBase::MAX_PASSAGES));
            }
        }
        if passages.is_empty() {
            return Err(invalid("", "no document has any text"));
        }
        let indexed = passages.iter().enumerate().map(|(at, passage)| Indexed {
            id: at as u32,
            contents: format!("{} {}", passage.heading, passage.text),
        });
        let engine = SearchEngineBuilder::with_tokenizer_and_documents(Words, indexed).build();
        Ok(KnowledgeBase(Arc::new(Index { passages, engine }), Meaning::default()))
    }

    pub(super) fn with_meaning(&self, meaning: Meaning) -> KnowledgeBase {
        KnowledgeBase(self.0.clone(), meaning)
    }

    /// All passages, in the order of the documents.
    pub fn passages(&self) -> &[Passage] {
        &self.0.passages
    }

    /// The passages that suit a query best, the best first; ties in the order of the documents. Passages without any
    /// word of the query are not among them, unless the base has [a vector for the query](KnowledgeBase::for_query): then
    /// all are, in the order that words and meaning give together.
    pub fn search(&self, query: &str, limit: usize) -> Vec<&Passage> {
        let found = self.0.engine.search(query, None);
        let mut ranked: Vec<(i64, u32)> = found
            .iter()
            .map(|found| (-((found.score * SCORE_STEPS).round() as i64), found.document.id))
            .collect();
        ranked.sort_unstable();
        let mut ranked: Vec<u32> = ranked.into_iter().map(|(_, at)| at).collect();
        if let Some(nearest) = self.1.nearest() {
            ranked = fuse(&[&ranked, &nearest]);
        }
        ranked.into_iter().take(limit).filter_map(|at| self.0.passages.get(at as usize)).collect()
    }

    /// The passages that suit a query best, those about an interest before all others: who asked about one thing gets no
    /// passage about another one. Filled up with the first passages.
    pub(super) fn about(&self, interest: Option<&str>, query: &str, limit: usize) -> Vec<&Passage> {
        self.grouped(interest, query).into_iter().flatten().take(limit).collect()
    }

    /// All passages in groups, the best group first, and within each by the query: those whose heading names the
    /// interest, those whose text does, and each other one for itself.
    pub(super) fn grouped(&self, interest: Option<&str>, query: &str) -> Vec<Vec<&Passage>> {
        let found = self.search(query, self.0.passages.len());
        let is_found: BTreeSet<&str> = found.iter().map(|passage| passage.id.as_str()).collect();
        let rest = self.0.passages.iter().filter(|passage| !is_found.contains(passage.id.as_str()));
        let wanted = interest.map(words).unwrap_or_default();
        let names_it = |text: &str| {
            let named = words(text);
            !wanted.is_empty() && wanted.iter().all(|word| named.contains(word))
        };
        let (in_heading, others): (Vec<&Passage>, Vec<&Passage>) =
            found.into_iter().partition(|passage| names_it(&passage.heading));
        let (in_text, others): (Vec<&Passage>, Vec<&Passage>) =
            others.into_iter().partition(|passage| names_it(&passage.text));
        let single = others.into_iter().chain(rest).map(|passage| vec![passage]);
        [in_heading, in_text].into_iter().filter(|group| !group.is_empty()).chain(single).collect()
    }
}

impl fmt::Debug for KnowledgeBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnowledgeBase").field("passages", &self.0.passages.len()).finish_non_exhaustive()
    }
}

/// The error about a document, or about all of them.
fn invalid(document: &str, message: impl Into<String>) -> Error {
    let path = if document.is_empty() { Path::from("") } else { Path::from_field(document) };
    Error::new(ErrorKind::InvalidKnowledge, path, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_interested_in_one_thing_gets_no_passage_about_another() {
        let documents = [
            ("a.md", "# Nursing\n\nNurses on a ward work in shifts, and nurses read messages of a ward."),
            ("b.md", "# Catalogue\n\nProject Management is one of four programs."),
            ("c.md", "# The Project Management Program\n\nIt takes nine weeks."),
        ];
        let base = KnowledgeBase::new(documents.map(|(name, text)| Document::new(name, text))).unwrap();
        let found = |interest| {
            let found = base.about(interest, "Project Management nurse ward nurses shifts", 3);
            found.into_iter().map(|passage| passage.heading.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(
            found(Some("Project Management")),
            ["The Project Management Program", "Catalogue", "Nursing"]
        );
        assert_eq!(found(None)[0], "Nursing");
        assert_eq!(found(Some("Chess"))[0], "Nursing");
    }
}
