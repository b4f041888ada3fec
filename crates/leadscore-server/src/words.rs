//! Who writes: the language model, the knowledge base, the sender, and the mail server.

use std::time::Instant;

use leadscore::email::{Document, KnowledgeBase, Sender};
use leadscore::task::{
    Assisted, Budget, Cost, FailureKind, FallbackReason, NotAsked, Outcome, Provenance, Task, conclude,
};
use leadscore_connect::llm::{Assistant, Model, SpecError};
use leadscore_connect::smtp::{Mailbox, Mailer, Settings};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::config::{Config, ConfigError, LlmSettings, SmtpSettings};
use crate::fault::{Fault, FaultKind};
use crate::observe::metrics::{LlmMetrics, LlmOutcome, Metrics};

/// Who writes.
pub(crate) struct Words {
    /// With what counts its answers.
    assistant: Option<(Assistant, LlmMetrics)>,
    /// The provider and the model, as they are told at the start.
    pub(crate) model: Option<(String, String)>,
    /// The model that is asked whether it answers.
    pub(crate) checked_model: Option<Model>,
    pub(crate) knowledge: KnowledgeBase,
    sender: Sender,
    /// Whether the sender was set; messages of one that was not are never sent.
    pub(crate) is_sender_set: bool,
    pub(crate) mail: Option<Mail>,
}

/// The mail server, and the address that e-mails are from.
pub(crate) struct Mail {
    pub(crate) mailer: Mailer,
    pub(crate) from: Mailbox,
}

impl Words {
    pub(crate) fn new(config: &Config, metrics: &Metrics) -> Result<Words, ConfigError> {
        let model = model(&config.llm)?;
        let names =
            model.as_ref().map(|model| (model.provider().as_str().to_owned(), model.name().to_owned()));
        let checked_model = model.clone();
        let assistant = model.map(|model| {
            let counts = metrics.llm(model.provider().as_str(), model.name());
            (Assistant::new(model), counts)
        });
        let own = &config.sender;
        // With an address of its own the server makes the links; this is where they are tried once.
        let example = config.public_url.as_ref().map(|base| format!("{base}/u/token"));
        let unsubscribe = own.unsubscribe.clone().or(example);
        let told = [&own.name, &own.company, &own.address];
        let set = told.iter().filter(|part| part.is_some()).count();
        let is_any_set = set > 0 || own.unsubscribe.is_some();
        if is_any_set && (set < told.len() || unsubscribe.is_none()) {
            return Err(ConfigError::new(
                "sender: name, company, address and unsubscribe (or public_url) belong together; set all four"
                    .to_owned(),
            ));
        }
        let text =
            |value: &Option<String>, missing: &str| value.clone().unwrap_or_else(|| missing.to_owned());
        // What is not set is said in the e-mail itself, so that nobody takes it for done.
        let sender = Sender::new(
            text(&own.name, "(sender.name is not set)"),
            text(&own.company, "(sender.company is not set)"),
            text(&own.address, "(sender.address is not set)"),
            text(&unsubscribe, "https://unsubscribe.invalid/sender-is-not-set"),
        )
        .map_err(|error| ConfigError::new(format!("sender.{}: {}", error.path(), error.message())))?;
        let knowledge = match &config.knowledge {
            Some(path) => leadscore_files::read_knowledge(path)
                .map_err(|error| ConfigError::new(format!("knowledge: {}: {error}", path.display())))?,
            None => KnowledgeBase::new([Document::new("none.md", NO_KNOWLEDGE)])
                .map_err(|error| ConfigError::new(error.to_string()))?,
        };
        Ok(Words {
            assistant,
            model: names,
            checked_model,
            knowledge,
            sender,
            is_sender_set: is_any_set,
            mail: mail(&config.smtp)?,
        })
    }

    /// The sender of an e-mail to a lead, with the lead's own way to unsubscribe if there is one.
    pub(crate) fn sender(&self, unsubscribe: Option<String>) -> Sender {
        let mut sender = self.sender.clone();
        sender.unsubscribe = unsubscribe.unwrap_or(sender.unsubscribe);
        sender
    }

    /// Whether there is a language model.
    pub(crate) fn has_model(&self) -> bool {
        self.assistant.is_some()
    }

    /// A task's result: of the language model if there is one and its answer can be taken, else of the rules.
    pub(crate) async fn assist<T: Task + Sync>(&self, task: &T) -> Assisted<T::Output> {
        let Some((assistant, counts)) = &self.assistant else {
            return conclude(task, Outcome::NotAsked(NotAsked::NoModel));
        };
        let began = Instant::now();
        let assisted = assistant.assist(task, &Budget::unlimited()).await;
        let usage = assisted.usage.unwrap_or_default();
        counts.record(
            outcome(&assisted.provenance),
            began.elapsed().as_secs_f64(),
            usage.input_tokens,
            usage.output_tokens,
            assisted.cost.map(Cost::usd),
        );
        assisted
    }

    /// A task's result of the rules alone.
    #[expect(clippy::unused_self, reason = "beside `assist`, so that one or the other is chosen")]
    pub(crate) fn by_rules<T: Task>(&self, task: &T) -> Assisted<T::Output> {
        conclude(task, Outcome::NotAsked(NotAsked::NoModel))
    }
}

/// Where the operator wants failures of the model to be seen, they are errors.
///
/// # Errors
/// What went wrong with the model, if anything did and failures are errors.
pub(crate) fn refuse_failure<T>(config: &Config, assisted: &Assisted<T>) -> Result<(), Fault> {
    if !config.is_llm_failure_an_error {
        return Ok(());
    }
    match &assisted.provenance.reason {
        Some(FallbackReason::Failed { failure }) if failure.kind == FailureKind::Timeout => {
            Err(Fault::new(FaultKind::ModelTimeout, "the language model took too long"))
        }
        Some(FallbackReason::Failed { .. }) => {
            Err(Fault::new(FaultKind::ModelFailed, "the language model failed"))
        }
        Some(FallbackReason::Rejected { .. }) => {
            Err(Fault::new(FaultKind::ModelFailed, "the language model's answer could not be used"))
        }
        _ => Ok(()),
    }
}

/// How a question to a model ended.
fn outcome(provenance: &Provenance) -> LlmOutcome {
    match &provenance.reason {
        None => LlmOutcome::Answered,
        Some(FallbackReason::Rejected { .. }) => LlmOutcome::Rejected,
        Some(FallbackReason::Failed { failure }) if failure.kind == FailureKind::Timeout => {
            LlmOutcome::TimedOut
        }
        Some(_) => LlmOutcome::Failed,
    }
}

/// What an e-mail has to say where there is no knowledge base.
const NO_KNOWLEDGE: &str = "# Next step\n\nA member of the team can answer questions and show what fits.\n";

fn model(settings: &LlmSettings) -> Result<Option<Model>, ConfigError> {
    let told = |message: String| ConfigError::new(message);
    let provider = match (&settings.provider, settings.keys.as_slice()) {
        (Some(provider), _) | (None, [(provider, _)]) => provider.clone(),
        (None, []) => return Ok(None),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|(name, _)| name.as_str()).collect();
            return Err(told(format!(
                "there are keys of {}: set llm.provider (AI_PROVIDER) to the one that is to be asked",
                names.join(" and ")
            )));
        }
    };
    let name = match (&settings.model, provider.as_str()) {
        (Some(name), _) => name.clone(),
        (None, "openai") => "gpt-4o-mini".to_owned(),
        (None, _) => return Err(told(format!("set llm.model (AI_MODEL) to a model of {provider}"))),
    };
    let key = settings.keys.iter().find(|(own, _)| *own == provider).map(|(_, key)| key.clone());
    let environment = |variable: &'static str| {
        if variable.ends_with("_API_KEY") {
            key.as_ref().map(|key: &SecretString| key.expose_secret().to_owned())
        } else {
            settings.base_url.clone()
        }
    };
    let model = Model::from_spec_with(&format!("{provider}:{name}"), environment);
    model.map(Some).map_err(|error: SpecError| told(format!("llm: {error}")))
}

fn mail(settings: &SmtpSettings) -> Result<Option<Mail>, ConfigError> {
    let told = |message: String| ConfigError::new(message);
    let Some(server) = &settings.server else { return Ok(None) };
    let text = match (server.contains("://"), settings.port) {
        (true, _) => server.clone(),
        (false, Some(465)) => format!("smtps://{server}"),
        (false, _) => format!("smtp://{server}"),
    };
    let mut url = Url::parse(&text).map_err(|error| told(format!("smtp.server: {error}")))?;
    if let Some(port) = settings.port {
        url.set_port(Some(port)).map_err(|()| told("smtp.server: takes no port".to_owned()))?;
    }
    if let (Some(name), Some(password)) = (&settings.username, &settings.password) {
        let set = url.set_username(name).and_then(|()| url.set_password(Some(password.expose_secret())));
        set.map_err(|()| told("smtp.server: takes no account".to_owned()))?;
    }
    let smtp = Settings::from_url(url.as_str()).map_err(|error| told(format!("smtp: {error}")))?;
    let from = settings.from.clone().or_else(|| settings.username.clone().filter(|name| name.contains('@')));
    let from = from.ok_or_else(|| told("smtp.from: set the address that e-mails are from".to_owned()))?;
    let mailer = Mailer::new(smtp).map_err(|error| told(format!("smtp: {error}")))?;
    Ok(Some(Mail { mailer, from: Mailbox::new(from) }))
}
