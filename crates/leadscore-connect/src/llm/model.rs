//! One attempt over HTTP.

use std::fmt;
use std::pin::Pin;

use leadscore::task::{Completion, LanguageModel, ModelFailure, Price, PriceList, Prompt};
use secrecy::SecretString;

use super::connection::{Connection, checked_name, counted};
use super::provider::{Provider, SpecError};
use super::request::Request;
use super::{anthropic, gemini, ollama, openai};

/// A language model behind HTTP. It makes one attempt per call; cheap to clone.
///
/// The key is kept as a secret: it is neither in `Debug` nor in any message, not even where the vendor repeats it.
#[derive(Clone)]
pub struct Model {
    connection: Connection,
    name: String,
}

/// The longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 1 << 20;
pub(super) const BYTES_PER_TOKEN: u64 = 4;

impl Model {
    /// A model at an address, which is what the paths of the provider's API are appended to.
    ///
    /// # Errors
    /// What is wrong with the name, the key or the address.
    pub fn new(
        provider: Provider,
        name: &str,
        key: Option<SecretString>,
        address: &str,
    ) -> Result<Model, SpecError> {
        let name = checked_name(name)?;
        Ok(Model { connection: Connection::new(provider, key, address)?, name })
    }

    /// Who runs it.
    pub fn provider(&self) -> Provider {
        self.connection.provider
    }

    /// Its name, as the vendor has it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it costs by the list that ships with the library; on a machine of one's own nothing.
    pub fn price(&self) -> Option<Price> {
        match self.connection.provider {
            Provider::Ollama => Some(Price::FREE),
            Provider::OpenAiCompatible => None,
            _ => PriceList::builtin().price(&self.name),
        }
    }

    /// Whether the vendor answers and takes the key: by the list of its models, which costs nothing.
    ///
    /// # Errors
    /// The failure of the call.
    pub async fn check(&self) -> Result<(), ModelFailure> {
        let (path, headers) = match self.connection.provider {
            Provider::OpenAi | Provider::OpenAiCompatible => ("/models", Vec::new()),
            // OpenRouter lists its models without a key, so only the route that describes the key shows whether it is valid.
            Provider::OpenRouter => ("/key", Vec::new()),
            Provider::Gemini => ("/models?pageSize=1", Vec::new()),
            Provider::Anthropic => ("/v1/models?limit=1", anthropic::version()),
            Provider::Ollama => ("/api/tags", Vec::new()),
        };
        self.connection.check(path, headers).await.map_err(|failure| self.connection.presentable(failure))
    }

    #[cfg(test)]
    pub(super) fn has_key(&self) -> bool {
        self.connection.has_key()
    }

    /// What tells its answers from those of another model: provider, address and name.
    pub(super) fn identity(&self) -> String {
        format!("{} {} {}", self.connection.provider, self.connection.address, self.name)
    }

    fn request(&self, prompt: &Prompt) -> Result<Request, ModelFailure> {
        match self.connection.provider {
            Provider::OpenAi | Provider::OpenAiCompatible | Provider::OpenRouter => {
                openai::request(self.connection.provider, &self.name, prompt)
            }
            Provider::Gemini => gemini::request(&self.name, prompt),
            Provider::Anthropic => anthropic::request(&self.name, prompt),
            Provider::Ollama => ollama::request(&self.name, prompt),
        }
    }

    fn answer(&self, body: &[u8]) -> Result<Completion, ModelFailure> {
        match self.connection.provider {
            Provider::OpenAi | Provider::OpenAiCompatible | Provider::OpenRouter => {
                openai::answer(&self.name, body)
            }
            Provider::Gemini => gemini::answer(&self.name, body),
            Provider::Anthropic => anthropic::answer(&self.name, body),
            Provider::Ollama => ollama::answer(&self.name, body),
        }
    }

    async fn attempt(&self, prompt: &Prompt) -> Result<Completion, ModelFailure> {
        let body = self.connection.post(self.request(prompt)?, tokens(prompt), MAX_ANSWER_BYTES).await?;
        let mut completion = self.answer(&body)?;
        completion.usage = counted(completion.usage);
        Ok(completion)
    }
}

/// About how many tokens a vendor counts for a request: a token is some four bytes, and the longest answer counts too.
fn tokens(prompt: &Prompt) -> u64 {
    prompt.input_token_bound() / BYTES_PER_TOKEN + u64::from(prompt.max_output_tokens)
}

impl LanguageModel for Model {
    fn complete<'a>(
        &'a self,
        prompt: &'a Prompt,
    ) -> Pin<Box<dyn Future<Output = Result<Completion, ModelFailure>> + Send + 'a>> {
        Box::pin(async { self.attempt(prompt).await.map_err(|failure| self.connection.presentable(failure)) })
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("provider", &self.connection.provider)
            .field("name", &self.name)
            .field("address", &self.connection.address.as_str())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Model {
    /// As [`Model::from_spec`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.connection.provider, self.name)
    }
}
