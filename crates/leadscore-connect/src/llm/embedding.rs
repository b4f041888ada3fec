//! Vectors of texts, for finding passages by meaning.
//!
//! Sources: `OpenAI`'s API specification 2.3.0, which `OpenRouter` and many servers speak too, and Ollama's API documentation.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use leadscore::email::{Embedder, Embedding, EmbeddingError};
use leadscore::task::{Budget, FailureKind, ModelFailure, Price, PriceList, Prompt, Usage};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout};

use super::connection::{Connection, checked_name, counted};
use super::failure::{VendorError, told_failure, unreadable};
use super::model::BYTES_PER_TOKEN;
use super::openai::json;
use super::provider::{Provider, SpecError};
use super::request::Request;
use super::retry::{LONGEST_WAIT, Waits, settle_failure};
use super::spec::Named;

/// A model that makes vectors of texts, at a provider that speaks `OpenAI`'s embeddings or at Ollama.
///
/// Texts go out in parts of at most 64 and 200 KB, each with at most 3 attempts of 30 s and 45 s in all.
///
/// ```no_run
/// use leadscore::email::{EmailTask, KnowledgeBase};
/// use leadscore_connect::llm::EmbeddingModel;
///
/// # async fn find(base: KnowledgeBase, lead: &leadscore::Lead) -> Result<(), Box<dyn std::error::Error>> {
/// let model = EmbeddingModel::from_spec("openai:text-embedding-3-small")?; // the key is in OPENAI_API_KEY
/// let base = base.embedded(&model).await?; // once for a base
/// let base = base.embedded_for(&model, &EmailTask::query(lead)).await?; // for each lead
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct EmbeddingModel {
    connection: Connection,
    name: String,
    budget: Arc<Budget>,
    attempts: u32,
    attempt_timeout: Duration,
    deadline: Duration,
    first_wait: Duration,
}

/// The longest answer that is read: 64 vectors of 4,096 numbers with all their digits have less.
const MAX_ANSWER_BYTES: usize = 16 << 20;
/// The largest request: a token is at least a byte, and `OpenAI` takes at most 300,000 tokens.
const MAX_REQUEST_BYTES: usize = 200_000;
const MAX_REQUEST_TEXTS: usize = 64;
/// Longer is as good as for ever, and no clock has room for much more.
const LONGEST_DEADLINE: Duration = Duration::from_secs(86_400);

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding_format: Option<&'static str>,
    /// Ollama else cuts what is too long for the model, without a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    truncate: Option<bool>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    data: Option<Vec<Item>>,
    #[serde(default)]
    embeddings: Option<Vec<Vec<f32>>>,
    #[serde(default)]
    usage: Option<Tokens>,
    #[serde(default)]
    prompt_eval_count: Option<u64>,
    #[serde(default)]
    error: Option<VendorError>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    index: Option<usize>,
    embedding: Vec<f32>,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(default)]
    prompt_tokens: u64,
}

impl EmbeddingModel {
    /// A model at an address, which is what the path of the provider's API is appended to.
    ///
    /// # Errors
    /// What is wrong with the name, the key or the address, and that a provider has no embeddings here.
    pub fn new(
        provider: Provider,
        name: &str,
        key: Option<SecretString>,
        address: &str,
    ) -> Result<EmbeddingModel, SpecError> {
        if !provider.has_embeddings() {
            return Err(SpecError::NoEmbeddings { provider });
        }
        Ok(EmbeddingModel {
            name: checked_name(name)?,
            connection: Connection::new(provider, key, address)?,
            budget: Arc::new(Budget::unlimited()),
            attempts: 3,
            attempt_timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(45),
            first_wait: Duration::from_millis(500),
        })
    }

    /// A model by `PROVIDER:NAME`, with key and address from the environment as for [`Model::from_spec`](super::Model::from_spec).
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn from_spec(spec: &str) -> Result<EmbeddingModel, SpecError> {
        EmbeddingModel::from_spec_with(spec, |variable| std::env::var(variable).ok())
    }

    /// The same with another environment.
    ///
    /// # Errors
    /// As [`EmbeddingModel::from_spec`].
    pub fn from_spec_with(
        spec: &str,
        variable: impl Fn(&'static str) -> Option<String>,
    ) -> Result<EmbeddingModel, SpecError> {
        let Named { provider, name, key, address } = Named::read(spec, variable)?;
        EmbeddingModel::new(provider, &name, key, &address)
    }

    /// The same within a budget, in which every attempt is reserved before it is made.
    #[must_use]
    pub fn budget(mut self, budget: Arc<Budget>) -> EmbeddingModel {
        self.budget = budget;
        self
    }

    /// The same with so many attempts for each part, at least one.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> EmbeddingModel {
        self.attempts = attempts.max(1);
        self
    }

    /// The same with how long one attempt may take.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> EmbeddingModel {
        self.attempt_timeout = timeout.min(LONGEST_DEADLINE);
        self
    }

    /// The same with how long a part may take in all: attempts and the waits between them; at most a day.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> EmbeddingModel {
        self.deadline = deadline.min(LONGEST_DEADLINE);
        self
    }

    /// The same with the wait before the second attempt, as [`Assistant::first_wait`](super::Assistant::first_wait).
    #[must_use]
    pub fn first_wait(mut self, wait: Duration) -> EmbeddingModel {
        self.first_wait = wait.min(LONGEST_WAIT);
        self
    }

    /// What it costs by the list that ships with the library; on a machine of one's own nothing.
    pub fn price(&self) -> Option<Price> {
        match self.connection.provider {
            Provider::Ollama => Some(Price::FREE),
            Provider::OpenAiCompatible => None,
            _ => PriceList::builtin().price(&self.name),
        }
    }

    async fn embed_all(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for part in parts(texts) {
            vectors.extend(self.embed_part(part).await?);
        }
        Ok(vectors)
    }

    async fn embed_part(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        let (prompt, price) = (Prompt::for_embedding(texts), self.price());
        let deadline = Instant::now() + self.deadline;
        let mut waits = Waits::new(self.first_wait);
        for attempt in 1.. {
            let permit = self.budget.reserve(&prompt, price.as_ref()).map_err(EmbeddingError::OverBudget)?;
            let left = deadline.saturating_duration_since(Instant::now()).min(self.attempt_timeout);
            let failure = match timeout(left, self.attempt(texts)).await {
                Ok(Ok((vectors, usage))) => {
                    // What is not told counts in full.
                    if let Some(usage) = usage {
                        permit.settle(&usage, None);
                    }
                    return Ok(vectors);
                }
                Ok(Err(failure)) => self.connection.presentable(failure),
                Err(_) => {
                    let message = format!("no answer within {:.1} s", left.as_secs_f64());
                    ModelFailure::new(FailureKind::Timeout, message)
                }
            };
            settle_failure(permit, &failure);
            match waits.before_next(&failure, deadline).filter(|_| attempt < self.attempts) {
                Some(wait) => sleep(wait).await,
                None => return Err(EmbeddingError::Failed(failure)),
            }
        }
        unreachable!("the last attempt returns")
    }

    async fn attempt(&self, texts: &[String]) -> Result<(Vec<Vec<f32>>, Option<Usage>), ModelFailure> {
        let is_ollama = self.connection.provider == Provider::Ollama;
        let body = Body {
            model: &self.name,
            input: texts,
            encoding_format: (!is_ollama).then_some("float"),
            truncate: is_ollama.then_some(false),
        };
        let bytes: usize = texts.iter().map(String::len).sum();
        let path = if is_ollama { "/api/embed" } else { "/embeddings" };
        let request = Request { path: path.to_owned(), headers: Vec::new(), body: json(&body) };
        let body = self.connection.post(request, bytes as u64 / BYTES_PER_TOKEN, MAX_ANSWER_BYTES).await?;
        answer(&body, texts.len())
    }
}

impl Embedder for EmbeddingModel {
    fn name(&self) -> String {
        self.to_string()
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> Embedding<'a> {
        Box::pin(self.embed_all(texts))
    }
}

impl fmt::Debug for EmbeddingModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddingModel")
            .field("provider", &self.connection.provider)
            .field("name", &self.name)
            .field("address", &self.connection.address.as_str())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for EmbeddingModel {
    /// As [`EmbeddingModel::from_spec`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.connection.provider, self.name)
    }
}

/// Texts in parts that a request has room for; a text that is too long has a part of its own.
fn parts(texts: &[String]) -> Vec<&[String]> {
    let (mut parts, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (at, text) in texts.iter().enumerate() {
        if at > start && (at - start >= MAX_REQUEST_TEXTS || bytes + text.len() > MAX_REQUEST_BYTES) {
            parts.push(&texts[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += text.len();
    }
    if start < texts.len() {
        parts.push(&texts[start..]);
    }
    parts
}

fn answer(body: &[u8], count: usize) -> Result<(Vec<Vec<f32>>, Option<Usage>), ModelFailure> {
    let answer: Answer = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    let wrong = |message: String| ModelFailure::new(FailureKind::BadResponse, message);
    if let Some(error) = &answer.error {
        return Err(told_failure(error));
    }
    let tokens = answer.usage.map(|usage| usage.prompt_tokens).or(answer.prompt_eval_count);
    let usage = counted(tokens.map(|tokens| Usage::new(tokens, 0)));
    let found = match (answer.data, answer.embeddings) {
        (Some(items), _) => {
            // Where a server numbers them, that counts and not the order.
            let mut numbered: Vec<(usize, Vec<f32>)> = items
                .into_iter()
                .enumerate()
                .map(|(at, item)| (item.index.unwrap_or(at), item.embedding))
                .collect();
            numbered.sort_by_key(|(index, _)| *index);
            if numbered.iter().enumerate().any(|(at, (index, _))| at != *index) {
                return Err(wrong("the answer's vectors are not numbered as the texts are".to_owned()));
            }
            numbered.into_iter().map(|(_, vector)| vector).collect()
        }
        (None, Some(vectors)) => vectors,
        (None, None) => Vec::new(),
    };
    if found.len() != count {
        return Err(wrong(format!("the answer has {} vectors for {count} texts", found.len())));
    }
    Ok((found, usage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_go_out_in_parts() {
        let texts = |lengths: &[usize]| lengths.iter().map(|&length| "x".repeat(length)).collect::<Vec<_>>();
        let sizes = |texts: &[String]| parts(texts).iter().map(|part| part.len()).collect::<Vec<_>>();
        assert_eq!(sizes(&texts(&[1; 130])), [64, 64, 2]);
        assert_eq!(sizes(&texts(&[150_000, 50_000, 1, 300_000, 1])), [2, 1, 1, 1]);
        assert_eq!(sizes(&[]), [0_usize; 0]);
        assert_eq!(parts(&texts(&[1; 130])).concat().len(), 130);
    }

    #[test]
    fn vectors_are_in_the_order_of_their_texts() {
        let body = r#"{"object":"list","data":[{"object":"embedding","index":1,"embedding":[0.5,-1e-3]},
            {"object":"embedding","index":0,"embedding":[1,2]}],"model":"m","usage":{"prompt_tokens":8,"total_tokens":8}}"#;
        let expected = (vec![vec![1.0, 2.0], vec![0.5, -0.001]], Some(Usage::new(8, 0)));
        assert_eq!(answer(body.as_bytes(), 2).unwrap(), expected);
        let ollama = r#"{"model":"m","embeddings":[[0.5]],"total_duration":1,"load_duration":1,"prompt_eval_count":3}"#;
        assert_eq!(answer(ollama.as_bytes(), 1).unwrap(), (vec![vec![0.5]], Some(Usage::new(3, 0))));
        let bare = r#"{"data":[{"embedding":[1]},{"embedding":[2]}]}"#;
        assert_eq!(answer(bare.as_bytes(), 2).unwrap(), (vec![vec![1.0], vec![2.0]], None));
    }

    #[test]
    fn what_are_no_vectors_is_a_failure() {
        for (body, kind, message) in [
            (
                r#"{"data":[{"index":0,"embedding":[1]}]}"#,
                FailureKind::BadResponse,
                "has 1 vectors for 2 texts",
            ),
            (r#"{"data":[]}"#, FailureKind::BadResponse, "has 0 vectors for 2 texts"),
            ("{}", FailureKind::BadResponse, "has 0 vectors for 2 texts"),
            (
                r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#,
                FailureKind::BadResponse,
                "not numbered as the texts are",
            ),
            (
                r#"{"data":[{"index":1,"embedding":[1]},{"index":2,"embedding":[1]}]}"#,
                FailureKind::BadResponse,
                "not numbered as the texts are",
            ),
            (r#"{"data":[{"embedding":[null]}]}"#, FailureKind::BadResponse, "cannot be read"),
            (r#"{"data":[{"embedding":"AAAA"}]}"#, FailureKind::BadResponse, "cannot be read"),
            ("<html>", FailureKind::BadResponse, "cannot be read"),
            (r#"{"error":{"code":429,"message":"slow down"}}"#, FailureKind::RateLimited, "slow down"),
        ] {
            let failure = answer(body.as_bytes(), 2).unwrap_err();
            assert!(failure.kind == kind && failure.message.contains(message), "{body}: {failure}");
        }
    }
}
