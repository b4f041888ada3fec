//! One attempt over HTTP.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use leadscore::task::{
    Completion, FailureKind, LanguageModel, ModelFailure, Price, PriceList, Prompt, Usage,
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::failure::{connection_failure, presentable, status_failure};
use super::provider::{Provider, SpecError};
use super::request::Request;
use super::{anthropic, gemini, ollama, openai};

/// A language model behind HTTP. It makes one attempt per call; cheap to clone.
///
/// The key is kept as a secret: it is neither in `Debug` nor in any message, not even where the vendor repeats it.
#[derive(Clone)]
pub struct Model {
    provider: Provider,
    name: String,
    key: Option<SecretString>,
    address: Url,
    client: reqwest::Client,
}

/// The longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 1 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

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
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.:/@".contains(c);
        if name.is_empty() || name.len() > 200 || !name.chars().all(is_name) || name.contains("..") {
            return Err(SpecError::BadName { name: name.chars().take(200).collect() });
        }
        if key.as_ref().is_some_and(|key| HeaderValue::from_str(key.expose_secret()).is_err()) {
            return Err(SpecError::BadKey { provider });
        }
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("leadscore/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| SpecError::NoClient { reason: error.to_string() })?;
        let address = self::address(provider, address)?;
        Ok(Model { provider, name: name.to_owned(), key, address, client })
    }

    /// Who runs it.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// Its name, as the vendor has it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it costs by the list that ships with the library; on a machine of one's own nothing.
    pub fn price(&self) -> Option<Price> {
        match self.provider {
            Provider::Ollama => Some(Price::FREE),
            Provider::OpenAiCompatible => None,
            _ => PriceList::builtin().price(&self.name),
        }
    }

    #[cfg(test)]
    pub(super) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// What tells its answers from those of another model: provider, address and name.
    pub(super) fn identity(&self) -> String {
        format!("{} {} {}", self.provider, self.address, self.name)
    }

    fn request(&self, prompt: &Prompt) -> Result<Request, ModelFailure> {
        match self.provider {
            Provider::OpenAi | Provider::OpenAiCompatible | Provider::OpenRouter => {
                openai::request(self.provider, &self.name, prompt)
            }
            Provider::Gemini => gemini::request(&self.name, prompt),
            Provider::Anthropic => anthropic::request(&self.name, prompt),
            Provider::Ollama => ollama::request(&self.name, prompt),
        }
    }

    fn answer(&self, body: &[u8]) -> Result<Completion, ModelFailure> {
        match self.provider {
            Provider::OpenAi | Provider::OpenAiCompatible | Provider::OpenRouter => {
                openai::answer(&self.name, body)
            }
            Provider::Gemini => gemini::answer(&self.name, body),
            Provider::Anthropic => anthropic::answer(&self.name, body),
            Provider::Ollama => ollama::answer(&self.name, body),
        }
    }

    /// The headers of a request, with the key.
    fn headers(&self, own: Vec<(&'static str, String)>) -> Result<HeaderMap, ModelFailure> {
        let wrong =
            |_| ModelFailure::new(FailureKind::BadRequest, "a header has characters that none can have");
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        for (name, value) in own {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value).map_err(wrong)?);
        }
        if let Some(key) = &self.key {
            let key = key.expose_secret();
            let (name, value) = match self.provider {
                Provider::Gemini => ("x-goog-api-key", key.to_owned()),
                Provider::Anthropic => ("x-api-key", key.to_owned()),
                _ => ("authorization", format!("Bearer {key}")),
            };
            let mut value = HeaderValue::from_str(&value).map_err(wrong)?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(headers)
    }

    async fn attempt(&self, prompt: &Prompt) -> Result<Completion, ModelFailure> {
        let Request { path, headers, body } = self.request(prompt)?;
        let url = format!("{}{path}", self.address.as_str().trim_end_matches('/'));
        let request = self.client.post(url).headers(self.headers(headers)?).body(body);
        let mut response = request.send().await.map_err(|error| connection_failure(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| connection_failure(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                let message = format!("the answer has more than {} KiB", MAX_ANSWER_BYTES >> 10);
                return Err(ModelFailure::new(FailureKind::BadResponse, message));
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            return Err(status_failure(status, &headers, &body));
        }
        let mut completion = self.answer(&body)?;
        completion.usage = counted(completion.usage);
        Ok(completion)
    }
}

impl LanguageModel for Model {
    fn complete<'a>(
        &'a self,
        prompt: &'a Prompt,
    ) -> Pin<Box<dyn Future<Output = Result<Completion, ModelFailure>> + Send + 'a>> {
        Box::pin(async {
            self.attempt(prompt).await.map_err(|mut failure| {
                failure.message = presentable(&failure.message, self.key.as_ref());
                failure.usage = counted(failure.usage);
                failure
            })
        })
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("provider", &self.provider)
            .field("name", &self.name)
            .field("address", &self.address.as_str())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Model {
    /// As [`Model::from_spec`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.provider, self.name)
    }
}

/// No question has no tokens: who says so does not count.
fn counted(usage: Option<Usage>) -> Option<Usage> {
    usage.filter(|usage| usage.input_tokens > 0)
}

fn address(provider: Provider, text: &str) -> Result<Url, SpecError> {
    let text = text.trim();
    let wrong = |address: &str, reason: String| SpecError::BadAddress {
        provider,
        address: address.to_owned(),
        reason,
    };
    let url = Url::parse(text).map_err(|error| {
        // It may hold a password, which cannot be found in what is no address.
        let shown = if text.contains('@') { "…" } else { text };
        wrong(shown, format!("cannot be read: {error}"))
    })?;
    let shown = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(&shown, "has a scheme other than http and https".to_owned()));
    }
    if url.password().is_some() || !url.username().is_empty() {
        return Err(wrong(&shown, "has a name or password in it; keys come from the environment".to_owned()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(&shown, "has a query or fragment, behind which no path can be".to_owned()));
    }
    Ok(url)
}
