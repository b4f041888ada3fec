//! Passages found by what they mean, beside the words in them.
//!
//! Vectors come from a model outside (an [`Embedder`]); here they are checked and kept with the passages.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::knowledge::KnowledgeBase;
use super::meaning::{Meaning, Vectors, unit};
use crate::error::Path;
use crate::task::{ModelFailure, OverBudget, Prompt};
use crate::{Error, ErrorKind};

/// Turns texts into vectors that are close to each other where the texts mean the same. It does the network's part.
pub trait Embedder: Send + Sync {
    /// The model's name. Vectors of different models cannot be compared.
    fn name(&self) -> String;

    /// One vector for each text, in their order and of one length.
    fn embed<'a>(&'a self, texts: &'a [String]) -> Embedding<'a>;
}

/// The vectors, when they have come.
pub type Embedding<'a> = Pin<Box<dyn Future<Output = Result<Vec<Vec<f32>>, EmbeddingError>> + Send + 'a>>;

/// Why there are no vectors.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EmbeddingError {
    /// Nothing was asked, for it could exceed the budget.
    OverBudget(OverBudget),
    /// The model failed.
    Failed(ModelFailure),
    /// The vectors are none that can be used.
    Invalid(Error),
}

impl KnowledgeBase {
    /// What to embed of each passage: heading and text, in the order of the passages.
    pub fn texts(&self) -> Vec<String> {
        self.passages().iter().map(|passage| format!("{}\n{}", passage.heading, passage.text)).collect()
    }

    /// The same with a vector for each passage, in their order, as a model made them of [`texts`](KnowledgeBase::texts).
    ///
    /// # Errors
    /// `invalid_knowledge` with the path `vectors`: for another count than that of the passages, vectors of different lengths,
    /// of none or of more than 16,384 numbers, and for one that has a NaN or an infinity or is zero.
    ///
    /// ```
    /// use leadscore::email::{Document, KnowledgeBase};
    /// let base = KnowledgeBase::new([Document::new("a.md", "## Prices\nFrom 49 euros.\n\n## Dogs\nThey may come along.")])?;
    /// let base = base.with_vectors("some-model", [vec![1.0, 0.0], vec![0.0, 1.0]])?;
    /// assert!(base.search("pets", 1).is_empty());
    /// assert_eq!(base.for_query("some-model", &[0.1, 0.9])?.search("pets", 1)[0].heading, "Dogs");
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn with_vectors(
        &self,
        model: impl Into<String>,
        vectors: impl IntoIterator<Item = Vec<f32>>,
    ) -> Result<KnowledgeBase, Error> {
        let (mut values, mut dimensions, mut count) = (Vec::new(), 0, 0_usize);
        for vector in vectors {
            if count == 0 {
                dimensions = vector.len();
            }
            let path = || Path::from_field("vectors").index(count);
            values.extend(unit(&vector, dimensions).map_err(|problem| unusable(path(), problem))?);
            count += 1;
            if count > self.passages().len() {
                break;
            }
        }
        let wanted = self.passages().len();
        if count != wanted {
            let count = if count > wanted { "more".to_owned() } else { format!("only {count}") };
            return Err(unusable(
                Path::from_field("vectors"),
                format!("there are {count} for {wanted} passages"),
            ));
        }
        let vectors = Vectors { model: model.into(), dimensions, values };
        Ok(self.with_meaning(Meaning { vectors: Some(Arc::new(vectors)), query: None }))
    }

    /// The same for one query, by its vector: [`search`](KnowledgeBase::search) and an [`EmailTask`](super::EmailTask) then find
    /// passages by words and by meaning.
    ///
    /// # Errors
    /// `invalid_knowledge` with the path `query`: where the passages have no vectors or those of another model, and for a vector
    /// of another length than theirs, with a NaN or an infinity, or zero.
    pub fn for_query(&self, model: &str, vector: &[f32]) -> Result<KnowledgeBase, Error> {
        let path = || Path::from_field("query");
        let Some(vectors) = &self.1.vectors else {
            return Err(unusable(path(), "the passages have no vectors".to_owned()));
        };
        if vectors.model != model {
            let message =
                format!("is of the model `{model}`, and the passages' vectors are of `{}`", vectors.model);
            return Err(unusable(path(), message));
        }
        let query = unit(vector, vectors.dimensions).map_err(|problem| unusable(path(), problem))?;
        let meaning = Meaning { vectors: Some(vectors.clone()), query: Some(query.into()) };
        Ok(self.with_meaning(meaning))
    }

    /// The same with the vectors that a model makes of the passages. Once for a base: its handles share them.
    ///
    /// # Errors
    /// What the model says, or what is wrong with its vectors.
    pub async fn embedded(&self, embedder: &dyn Embedder) -> Result<KnowledgeBase, EmbeddingError> {
        let vectors = embedder.embed(&self.texts()).await?;
        self.with_vectors(embedder.name(), vectors).map_err(EmbeddingError::Invalid)
    }

    /// The same for one query, by the vector that the model makes of it; without any word in it, as it is.
    ///
    /// # Errors
    /// As [`KnowledgeBase::embedded`] and [`KnowledgeBase::for_query`].
    pub async fn embedded_for(
        &self,
        embedder: &dyn Embedder,
        query: &str,
    ) -> Result<KnowledgeBase, EmbeddingError> {
        if query.trim().is_empty() {
            return Ok(self.clone());
        }
        let vectors = embedder.embed(&[query.to_owned()]).await?;
        let [vector] = vectors.as_slice() else {
            let message = format!("there are {} vectors for one query", vectors.len());
            return Err(EmbeddingError::Invalid(unusable(Path::from_field("query"), message)));
        };
        self.for_query(&embedder.name(), vector).map_err(EmbeddingError::Invalid)
    }
}

impl Prompt {
    /// What it takes to embed texts, for a [`Budget`](crate::task::Budget) and a [`Price`](crate::task::Price): nothing but the
    /// texts counts.
    pub fn for_embedding(texts: &[String]) -> Prompt {
        Prompt::new("embedding", 1, String::new(), texts.concat(), String::new()).max_output_tokens(0)
    }
}

fn unusable(path: Path, message: String) -> Error {
    Error::new(ErrorKind::InvalidKnowledge, path, message)
}

impl fmt::Display for EmbeddingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EmbeddingError::OverBudget(over) => write!(f, "nothing was asked: {over}"),
            EmbeddingError::Failed(failure) => write!(f, "the model failed: {failure}"),
            EmbeddingError::Invalid(error) => write!(f, "the model's vectors cannot be used: {error}"),
        }
    }
}

impl std::error::Error for EmbeddingError {}

#[cfg(test)]
mod tests;
