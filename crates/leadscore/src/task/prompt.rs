//! What a language model is asked.

use serde::Serialize;

use crate::json::sha256;

/// A question to a language model: instructions, the data they are about, and the form of the answer.
///
/// Everything that comes from a lead is in `user`, as JSON between delimiters, and never in `system`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Prompt {
    /// The task's name, such as `conversion`.
    pub task: &'static str,
    /// Rises with every change of the task's wording, so that old answers are not taken for new ones.
    pub version: u32,
    /// The instructions.
    pub system: String,
    /// The data.
    pub user: String,
    /// The JSON Schema of the answer, as text; in the subset that structured outputs of the vendors take. Where it is
    /// [`Prompt::PLAIN_TEXT`] the answer is plain text, and no schema is sent to a vendor.
    pub schema: String,
    /// The answer's longest length in tokens, hidden reasoning included.
    pub max_output_tokens: u32,
}

/// What every message of a chat costs beside its text, in tokens, rounded up.
const MESSAGE_OVERHEAD: u64 = 16;

impl Prompt {
    /// The schema of an answer that is no JSON: the text of an e-mail.
    pub const PLAIN_TEXT: &str = r#"{"type":"string"}"#;

    /// Whether the answer is plain text. Structured outputs, which want an object, are then left off.
    pub fn wants_plain_text(&self) -> bool {
        self.schema == Prompt::PLAIN_TEXT
    }

    pub(crate) fn new(
        task: &'static str,
        version: u32,
        system: String,
        user: String,
        schema: String,
    ) -> Prompt {
        Prompt { task, version, system, user, schema, max_output_tokens: 1_000 }
    }

    pub(crate) fn max_output_tokens(mut self, tokens: u32) -> Prompt {
        self.max_output_tokens = tokens;
        self
    }

    /// The most input tokens it can have, by any tokenizer that works on bytes: a token is at least one byte of the
    /// text. The true count is about a quarter of it in English.
    pub fn input_token_bound(&self) -> u64 {
        let bytes = self.system.len() + self.user.len() + self.schema.len();
        bytes as u64 + 2 * MESSAGE_OVERHEAD
    }

    /// How many tokens the instructions, the data and the schema have in the vocabulary `o200k_base`, which is that of
    /// OpenAI's gpt-4o and later models; for other models it is a guess.
    ///
    /// What a vendor adds for the form of a chat, about three tokens per message, is not in it.
    #[cfg(feature = "tokenizer")]
    pub fn o200k_token_count(&self) -> u64 {
        let vocabulary = bpe_openai::o200k_base();
        [&self.system, &self.user, &self.schema].map(|text| vocabulary.count(text) as u64).iter().sum()
    }

    /// A key under which an answer of a model can be kept: the same for the same question to the same model.
    ///
    /// It is the SHA-256 of the model's name and every part of the prompt, each after its length.
    pub fn cache_key(&self, model: &str) -> String {
        let (version, limit) = (self.version.to_string(), self.max_output_tokens.to_string());
        let parts = [model, self.task, &version, &self.system, &self.user, &self.schema, &limit];
        sha256(&parts.map(|part| format!("{}:{part}", part.len())).concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "tokenizer")]
    #[test]
    fn tokens_are_counted_as_openai_counts_them() {
        let prompt =
            |system: &str, user: &str| Prompt::new("t", 1, system.into(), user.into(), String::new());
        // As OpenAI's own tiktoken counts.
        for (text, count) in [
            ("Looking for automation solutions for our 50-person sales team", 11),
            ("I am interested in your product", 6),
            ("zoë@exämple.com 🔥 URGENT", 12),
            ("hello world", 2),
            ("", 0),
        ] {
            assert_eq!(prompt(text, "").o200k_token_count(), count, "{text}");
            assert_eq!(prompt(text, text).o200k_token_count(), 2 * count, "{text}");
        }
        let prompt = prompt("", "Größe 日本語");
        assert!(prompt.o200k_token_count() <= prompt.input_token_bound());
    }

    #[test]
    fn the_key_depends_on_every_part_and_where_it_ends() {
        let prompt = |system: &str, user: &str| Prompt::new("t", 1, system.into(), user.into(), "{}".into());
        let keys = [
            prompt("ab", "c").cache_key("m"),
            prompt("a", "bc").cache_key("m"),
            prompt("ab", "c").cache_key("n"),
            prompt("ab", "c").max_output_tokens(5).cache_key("m"),
            Prompt { version: 2, ..prompt("ab", "c") }.cache_key("m"),
        ];
        let distinct: std::collections::BTreeSet<&String> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert_eq!(keys[0], prompt("ab", "c").cache_key("m"));
        assert_eq!(keys[0].len(), 64);
    }
}
