//! Tokens that calls of a language model use.

use serde::{Deserialize, Serialize};

/// Tokens of one or several calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Usage {
    /// All input, with what was read from and written to the vendor's cache.
    pub input_tokens: u64,
    /// Of these, read from the cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached_input_tokens: u64,
    /// Of these, written to the cache at a price of its own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_tokens: u64,
    /// All output, with hidden reasoning.
    pub output_tokens: u64,
}

impl Usage {
    /// Tokens of a call without a cache.
    pub fn new(input_tokens: u64, output_tokens: u64) -> Usage {
        Usage { input_tokens, output_tokens, ..Usage::default() }
    }

    /// The same with so many input tokens read from the vendor's cache.
    #[must_use]
    pub fn cached_input_tokens(mut self, tokens: u64) -> Usage {
        self.cached_input_tokens = tokens;
        self
    }

    /// The same with so many input tokens written to the vendor's cache.
    #[must_use]
    pub fn cache_write_tokens(mut self, tokens: u64) -> Usage {
        self.cache_write_tokens = tokens;
        self
    }

    /// The tokens of two calls together.
    #[must_use]
    pub fn saturating_add(self, other: Usage) -> Usage {
        Usage {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            cached_input_tokens: self.cached_input_tokens.saturating_add(other.cached_input_tokens),
            cache_write_tokens: self.cache_write_tokens.saturating_add(other.cache_write_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
