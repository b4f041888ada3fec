//! Who runs models, and what can be wrong with how a model is named.

use std::fmt;
use std::str::FromStr;

/// Who runs a model, and so what requests and answers look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// `OpenAI`'s chat completions with structured outputs.
    OpenAi,
    /// Any server that speaks `OpenAI`'s chat completions: llama.cpp, vLLM, LM Studio and others.
    OpenAiCompatible,
    /// `OpenRouter`.
    OpenRouter,
    /// Google's Gemini.
    Gemini,
    /// Anthropic's Claude.
    Anthropic,
    /// Ollama on a machine of one's own.
    Ollama,
}

/// Why a model cannot be used as it was named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// The text is not `PROVIDER:NAME`.
    #[error(
        "`{spec}` is no PROVIDER:NAME such as openai:gpt-4o-mini; the providers are {}",
        Provider::names()
    )]
    NotASpec {
        /// The text.
        spec: String,
    },
    /// There is no such provider.
    #[error("there is no provider `{provider}`; wants one of {}", Provider::names())]
    UnknownProvider {
        /// What was given.
        provider: String,
    },
    /// The provider wants a key, and there is none.
    #[error("{provider} wants a key in the environment variable {variable}")]
    NoKey {
        /// The provider.
        provider: Provider,
        /// Where the key is looked for.
        variable: &'static str,
    },
    /// Nobody knows where the server is.
    #[error(
        "openai-compatible wants the server's address in the environment variable {variable}, such as http://localhost:8080/v1"
    )]
    NoAddress {
        /// Where the address is looked for.
        variable: &'static str,
    },
    /// The address of a server cannot be used.
    #[error("the address `{address}` of {provider} {reason}")]
    BadAddress {
        /// The provider.
        provider: Provider,
        /// The address, without a password.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The key cannot be sent.
    #[error("the key of {provider} has characters that no HTTP header can have")]
    BadKey {
        /// The provider.
        provider: Provider,
    },
    /// The name of the model is empty or has characters that no address can have.
    #[error("`{name}` is no name of a model")]
    BadName {
        /// The name.
        name: String,
    },
    /// The provider is asked for no embeddings.
    #[error(
        "{provider} is asked for no embeddings; wants one of openai, openai-compatible, openrouter, ollama"
    )]
    NoEmbeddings {
        /// The provider.
        provider: Provider,
    },
    /// The client for HTTP cannot be made.
    #[error("the HTTP client cannot be made: {reason}")]
    NoClient {
        /// Why not.
        reason: String,
    },
}

impl Provider {
    const ALL: [Provider; 6] = [
        Provider::OpenAi,
        Provider::OpenAiCompatible,
        Provider::OpenRouter,
        Provider::Gemini,
        Provider::Anthropic,
        Provider::Ollama,
    ];

    /// The word for it: `openai`, `openai-compatible`, `openrouter`, `gemini`, `anthropic` or `ollama`.
    pub fn as_str(self) -> &'static str {
        match self {
            Provider::OpenAi => "openai",
            Provider::OpenAiCompatible => "openai-compatible",
            Provider::OpenRouter => "openrouter",
            Provider::Gemini => "gemini",
            Provider::Anthropic => "anthropic",
            Provider::Ollama => "ollama",
        }
    }

    pub(super) fn names() -> String {
        Provider::ALL.map(Provider::as_str).join(", ")
    }

    pub(super) fn key_variables(self) -> &'static [&'static str] {
        match self {
            Provider::OpenAi | Provider::OpenAiCompatible => &["OPENAI_API_KEY"],
            Provider::OpenRouter => &["OPENROUTER_API_KEY"],
            Provider::Gemini => &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
            Provider::Anthropic => &["ANTHROPIC_API_KEY"],
            Provider::Ollama => &[],
        }
    }

    pub(super) fn has_embeddings(self) -> bool {
        !matches!(self, Provider::Gemini | Provider::Anthropic)
    }

    pub(super) fn wants_key(self) -> bool {
        !matches!(self, Provider::OpenAiCompatible | Provider::Ollama)
    }

    pub(super) fn address_variable(self) -> &'static str {
        match self {
            Provider::OpenAi | Provider::OpenAiCompatible => "OPENAI_BASE_URL",
            Provider::OpenRouter => "OPENROUTER_BASE_URL",
            Provider::Gemini => "GEMINI_BASE_URL",
            Provider::Anthropic => "ANTHROPIC_BASE_URL",
            Provider::Ollama => "OLLAMA_HOST",
        }
    }

    pub(super) fn address(self) -> Option<&'static str> {
        match self {
            Provider::OpenAi => Some("https://api.openai.com/v1"),
            Provider::OpenAiCompatible => None,
            Provider::OpenRouter => Some("https://openrouter.ai/api/v1"),
            Provider::Gemini => Some("https://generativelanguage.googleapis.com/v1beta"),
            Provider::Anthropic => Some("https://api.anthropic.com"),
            Provider::Ollama => Some("http://localhost:11434"),
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Provider {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Provider, SpecError> {
        let found = Provider::ALL.into_iter().find(|provider| provider.as_str() == text);
        found.ok_or_else(|| SpecError::UnknownProvider { provider: text.to_owned() })
    }
}
