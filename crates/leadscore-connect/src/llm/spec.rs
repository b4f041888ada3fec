//! Models by one line of text, such as `openai:gpt-4o-mini`, with keys from the environment.

use secrecy::SecretString;

use super::model::Model;
use super::provider::{Provider, SpecError};

impl Model {
    /// A model by `PROVIDER:NAME`; key and address come from the environment.
    ///
    /// | provider | key | address |
    /// |---|---|---|
    /// | `openai` | `OPENAI_API_KEY` | `OPENAI_BASE_URL`, else the vendor's |
    /// | `openai-compatible` | `OPENAI_API_KEY`, if there is one | `OPENAI_BASE_URL` |
    /// | `openrouter` | `OPENROUTER_API_KEY` | `OPENROUTER_BASE_URL`, else the vendor's |
    /// | `gemini` | `GEMINI_API_KEY`, else `GOOGLE_API_KEY` | `GEMINI_BASE_URL`, else the vendor's |
    /// | `anthropic` | `ANTHROPIC_API_KEY` | `ANTHROPIC_BASE_URL`, else the vendor's |
    /// | `ollama` | none | `OLLAMA_HOST`, else `http://localhost:11434` |
    ///
    /// The address of a compatible server may be in the text itself, as in
    /// `openai-compatible:http://localhost:8080/v1#llama3.2`; no key goes to a server named so, for the one in the environment
    /// may be meant for another.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn from_spec(spec: &str) -> Result<Model, SpecError> {
        Model::from_spec_with(spec, |variable| std::env::var(variable).ok())
    }

    /// The same with another environment.
    ///
    /// # Errors
    /// As [`Model::from_spec`].
    pub fn from_spec_with(
        spec: &str,
        variable: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Model, SpecError> {
        let Named { provider, name, key, address } = Named::read(spec, variable)?;
        Model::new(provider, &name, key, &address)
    }
}

/// What `PROVIDER:NAME` and the environment say of a model.
pub(super) struct Named {
    pub(super) provider: Provider,
    pub(super) name: String,
    pub(super) key: Option<SecretString>,
    pub(super) address: String,
}

impl Named {
    pub(super) fn read(
        spec: &str,
        variable: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Named, SpecError> {
        let (provider, name) =
            spec.split_once(':').ok_or_else(|| SpecError::NotASpec { spec: spec.to_owned() })?;
        let provider: Provider = provider.parse()?;
        if let (Provider::OpenAiCompatible, true) = (provider, name.contains("://")) {
            let (address, name) = name.rsplit_once('#').unwrap_or((name, ""));
            return Ok(Named { provider, name: name.to_owned(), key: None, address: address.to_owned() });
        }
        let set = |name: &'static str| variable(name).filter(|value| !value.trim().is_empty());
        let key = provider.key_variables().iter().find_map(|name| set(name));
        let key = key.map(|key| SecretString::from(key.trim().to_owned()));
        if let (None, true, Some(variable)) = (&key, provider.wants_key(), provider.key_variables().first()) {
            return Err(SpecError::NoKey { provider, variable });
        }
        let address = match (set(provider.address_variable()), provider.address()) {
            (Some(address), _) => address,
            (None, Some(address)) => address.to_owned(),
            (None, None) => return Err(SpecError::NoAddress { variable: provider.address_variable() }),
        };
        Ok(Named { provider, name: name.to_owned(), key, address })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(spec: &str, variables: &[(&str, &str)]) -> Result<Model, String> {
        let find =
            |name: &str| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
        Model::from_spec_with(spec, find).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_missing_is_named() {
        for (spec, message) in [
            ("gpt-4o-mini", "`gpt-4o-mini` is no PROVIDER:NAME"),
            (
                "mistral:large",
                "there is no provider `mistral`; wants one of openai, openai-compatible, openrouter",
            ),
            ("openai:gpt-4o-mini", "openai wants a key in the environment variable OPENAI_API_KEY"),
            ("gemini:gemini-3.5-flash", "gemini wants a key in the environment variable GEMINI_API_KEY"),
            ("openai-compatible:llama", "the server's address in the environment variable OPENAI_BASE_URL"),
            ("ollama:", "`` is no name of a model"),
            ("ollama:a b", "`a b` is no name of a model"),
        ] {
            let error = model(spec, &[("ANTHROPIC_API_KEY", " ")]).unwrap_err();
            assert!(error.contains(message), "{spec}: {error}");
        }
        for (address, reason) in
            [("ftp://x/", "scheme"), ("nonsense", "relative"), ("http://u:p@x/", "password")]
        {
            let error = model("ollama:llama3.2", &[("OLLAMA_HOST", address)]).unwrap_err();
            assert!(error.contains(reason) && !error.contains(":p@"), "{error}");
        }
        let error = model("openai:m", &[("OPENAI_API_KEY", "secret\nkey")]).unwrap_err();
        assert!(error.contains("no HTTP header") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn a_compatible_server_may_be_named_with_its_model() {
        let own = model(
            "openai-compatible:http://localhost:8080/v1#org/llama:3b",
            &[("OPENAI_API_KEY", "sk-1"), ("OPENAI_BASE_URL", "http://elsewhere/v1")],
        );
        let own = own.unwrap();
        assert_eq!((own.name(), own.has_key()), ("org/llama:3b", false));
        assert!(own.identity().contains("http://localhost:8080/v1"), "{own:?}");
        for (spec, reason) in [
            ("openai-compatible:http://localhost:8080/v1", "`` is no name of a model"),
            ("openai-compatible:ftp://localhost#m", "scheme"),
            ("openai-compatible:http://u:p@localhost/v1#m", "password"),
            ("openai-compatible:http://localhost/v1?key=1#m", "query"),
            ("openai:http://localhost/v1#m", "wants a key"),
        ] {
            let error = model(spec, &[]).unwrap_err();
            assert!(error.contains(reason) && !error.contains(":p@"), "{spec}: {error}");
        }
    }

    #[test]
    fn keys_are_not_shown() {
        let key = [("OPENAI_API_KEY", "sk-very-secret"), ("GOOGLE_API_KEY", "AIza-very-secret")];
        for spec in ["openai:gpt-4o-mini", "gemini:gemini-3.5-flash"] {
            let model = model(spec, &key).unwrap();
            assert!(!format!("{model:?}").contains("very-secret"), "{model:?}");
            assert_eq!(model.to_string(), spec);
        }
        assert!(model("ollama:llama3.2:3b", &[]).unwrap().to_string() == "ollama:llama3.2:3b");
    }
}
