//! A task from one JSON request.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method is not general enough in its lifetime"
)]

mod ranking;

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::chat::{Chat, Conversation};
use crate::email::{Channel, Document as KnowledgeDocument, EmailTask, KnowledgeBase, Sender};
use crate::error::Path;
use crate::intent::IntentClassifier;
use crate::json::{self, Cursor, Document, Node};
use crate::pipeline::Context;
use crate::record::JsonReader;
use crate::task::{
    AnyTask, ChatIntentTask, ChatReplyTask, ConversionTask, Masked, NextActionTask, QualificationTask,
    RankingTask, Task, TimeToCloseTask,
};
use crate::{Error, ErrorKind, Lead, Pipeline, Prediction};

impl AnyTask {
    /// Reads a request, `{"task": …}` with what its kind wants:
    ///
    /// | task | fields | pipeline |
    /// |---|---|---|
    /// | `conversion` | `lead`, `as_of`, `band`? | with a probability |
    /// | `time_to_close` | `lead`, `as_of` | with `days_to_close` |
    /// | `next_action` | `lead`, `as_of` | any |
    /// | `qualification` | `lead`, `as_of` | with `model_adjustment` |
    /// | `ranking` | `leads` (at most 20, each with its own id), `as_of` | any |
    /// | `email` | `lead`, `as_of`, `knowledge` (list of `{"name", "text"}`), `sender`, `channel`?, `require`? | any |
    /// | `chat_intent` | `message` | none |
    /// | `chat_reply` | `message`, `conversation`?, `country`?, `facts`? | none |
    ///
    /// A lead is a record as [`Pipeline::score_json`] takes it, with its activities; `as_of` goes with `zone`, `mode` and
    /// `reasons` as in a [`Context`](crate::Context). With `"mask": true` what would be left out or sent openly goes out as
    /// placeholders ([`Masked`]).
    ///
    /// # Errors
    /// `invalid_json`; `invalid_task` for what is missing, unknown or does not fit the kind; as [`Pipeline::score_json`]
    /// for the lead and its options, as [`KnowledgeBase::new`] and [`Sender::new`] for an e-mail, and as [`Conversation::from_json`](crate::chat::Conversation::from_json) and
    /// [`Chat::country`](crate::chat::Chat::country).
    pub fn from_json(request: &str, pipeline: Option<&Pipeline>) -> Result<AnyTask, Error> {
        read(request, pipeline)
    }
}

/// The task of a request.
fn read(request: &str, pipeline: Option<&Pipeline>) -> Result<AnyTask, Error> {
    let request = Request { fields: Request::fields(request)?, pipeline };
    let kind = request.text("task")?.ok_or_else(|| missing("task"))?;
    // A new kind is one arm here and its name below.
    match kind.as_str() {
        "conversion" => {
            let Scored { lead, prediction, .. } = request.scored(&["band"])?;
            let task = ConversionTask::new(&lead, &prediction)?;
            let task = match request.number("band")? {
                Some(band) => task.band(band)?,
                None => task,
            };
            request.finish(task, ConversionTask::with_contact_details)
        }
        "time_to_close" => {
            let Scored { lead, prediction, .. } = request.scored(&[])?;
            request.finish(TimeToCloseTask::new(&lead, &prediction)?, TimeToCloseTask::with_contact_details)
        }
        "next_action" => {
            let Scored { lead, prediction, .. } = request.scored(&[])?;
            request.finish(NextActionTask::new(&lead, &prediction), NextActionTask::with_contact_details)
        }
        "qualification" => {
            let Scored { lead, prediction, pipeline } = request.scored(&[])?;
            let task = QualificationTask::new(pipeline, &lead, &prediction)?;
            request.finish(task, QualificationTask::with_contact_details)
        }
        "ranking" => request.finish(request.ranking()?, RankingTask::with_contact_details),
        "email" => {
            let task = request.email()?;
            if request.cursor("mask", |mask| mask.flag())?.unwrap_or(false) {
                let message =
                    "an e-mail greets the lead by name, which is never sent: there is nothing to mask";
                return Err(Error::new(ErrorKind::InvalidTask, "mask", message));
            }
            Ok(AnyTask::new(task))
        }
        "chat_intent" => {
            request.check_fields(&["message"])?;
            let task = ChatIntentTask::new(&IntentClassifier::builtin(), &request.message()?);
            request.finish(task, ChatIntentTask::with_contact_details)
        }
        "chat_reply" => request.finish(request.chat_reply()?, ChatReplyTask::with_contact_details),
        other => {
            let shown: String = other.chars().take(40).collect();
            let message = format!("unknown task `{shown}`; there are {}", KINDS.join(", "));
            Err(Error::new(ErrorKind::InvalidTask, "task", message))
        }
    }
}

const KINDS: [&str; 8] = [
    "conversion",
    "time_to_close",
    "next_action",
    "qualification",
    "ranking",
    "email",
    "chat_intent",
    "chat_reply",
];

/// The fields of a request as text, so that records are read from what was written.
struct Request<'p> {
    fields: Vec<(String, Box<RawValue>)>,
    pipeline: Option<&'p Pipeline>,
}

/// A document of a knowledge base.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
    text: String,
}

/// The fields of a sender, which are checked when all are there.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    name: String,
    company: String,
    address: String,
    unsubscribe: String,
}

/// A lead with what its pipeline says of it.
struct Scored<'p> {
    lead: Lead,
    prediction: Prediction,
    pipeline: &'p Pipeline,
}

impl<'p> Request<'p> {
    fn fields(text: &str) -> Result<Vec<(String, Box<RawValue>)>, Error> {
        let RawFields(fields) = serde_json::from_str(text).map_err(|error| {
            let is_data = error.classify() == serde_json::error::Category::Data;
            let error = json::syntax_error(&error);
            if is_data { error.with_kind(ErrorKind::InvalidTask) } else { error }
        })?;
        Ok(fields)
    }

    fn finish<T>(&self, task: T, open: fn(T) -> T) -> Result<AnyTask, Error>
    where
        T: Task + Send + Sync + 'static,
    {
        let is_masked = self.cursor("mask", |mask| mask.flag())?.unwrap_or(false);
        Ok(if is_masked { AnyTask::new(Masked::new(open(task))) } else { AnyTask::new(task) })
    }

    /// The lead of the request, scored; besides its own fields the request may have some others.
    fn scored(&self, others: &[&str]) -> Result<Scored<'p>, Error> {
        let (pipeline, context) = self.scoring("lead", others)?;
        let as_of = context.as_of()?;
        let record = self.raw("lead").ok_or_else(|| missing("lead"))?;
        let within = |error: Error| error.within(Path::from_field("lead"));
        let lead = JsonReader::new(as_of.zone.clone()).lead(record, &mut Vec::new()).map_err(within)?;
        let prediction = pipeline.score_with(&lead, as_of, context.options()).map_err(within)?;
        Ok(Scored { lead, prediction, pipeline })
    }

    fn email(&self) -> Result<EmailTask, Error> {
        let Scored { lead, prediction, .. } = self.scored(&["knowledge", "sender", "channel", "require"])?;
        let documents: Vec<Named> = self.parsed("knowledge")?.ok_or_else(|| missing("knowledge"))?;
        let documents = documents.into_iter().map(|own| KnowledgeDocument::new(own.name, own.text));
        let knowledge =
            KnowledgeBase::new(documents).map_err(|error| error.within(Path::from_field("knowledge")))?;
        let sender: Fields = self.parsed("sender")?.ok_or_else(|| missing("sender"))?;
        let sender = Sender::new(sender.name, sender.company, sender.address, sender.unsubscribe)
            .map_err(|error| error.within(Path::from_field("sender")))?;
        let mut task = EmailTask::new(&lead, &prediction, &knowledge, &sender)?;
        if let Some(channel) = self.parsed::<Channel>("channel")? {
            task = task.channel(channel);
        }
        match self.cursor("require", |names| names.texts())? {
            Some(names) => task.require(names.iter().map(String::as_str)),
            None => Ok(task),
        }
    }

    /// A field that is read as it is written.
    fn parsed<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let Some(text) = self.raw(name) else { return Ok(None) };
        let value = serde_json::from_str(text);
        value
            .map(Some)
            .map_err(|error| Error::new(ErrorKind::InvalidTask, Path::from_field(name), error.to_string()))
    }

    fn chat_reply(&self) -> Result<ChatReplyTask, Error> {
        self.check_fields(&["message", "conversation", "country", "facts"])?;
        let message = self.message()?;
        let conversation = match self.raw("conversation") {
            Some(text) => Conversation::from_json(text)
                .map_err(|error| error.within(Path::from_field("conversation")))?,
            None => Conversation::new(),
        };
        let chat = match self.text("country")? {
            Some(code) => Chat::new().country(&code)?,
            None => Chat::new(),
        };
        let facts = self.cursor("facts", |facts| facts.texts())?.unwrap_or_default();
        ChatReplyTask::new(&chat.advance(&conversation, &message)).facts(facts)
    }

    /// What every task about leads has: the pipeline beside the request, and when and how it scores.
    fn scoring(&self, records: &str, others: &[&str]) -> Result<(&'p Pipeline, Context), Error> {
        const OPTIONS: [&str; 4] = ["as_of", "zone", "mode", "reasons"];
        self.check_fields(&[&[records], &OPTIONS[..], others].concat())?;
        let Some(pipeline) = self.pipeline else {
            let message = "a task about leads wants a pipeline beside it";
            return Err(Error::new(ErrorKind::InvalidTask, "", message));
        };
        let options = OPTIONS.iter().filter_map(|name| Some(format!("\"{name}\":{}", self.raw(name)?)));
        let context = Context::from_json(&format!("{{{}}}", options.collect::<Vec<_>>().join(",")))?;
        Ok((pipeline, context))
    }

    fn message(&self) -> Result<String, Error> {
        self.text("message")?.ok_or_else(|| missing("message"))
    }

    fn check_fields(&self, known: &[&str]) -> Result<(), Error> {
        let known = [&["task", "mask"], known].concat();
        match self.fields.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => {
                let message = format!("unknown field `{name}`; known here: {}", known.join(", "));
                Err(Error::new(ErrorKind::InvalidTask, "", message))
            }
            None => Ok(()),
        }
    }

    /// A field as it is written; null is the same as left out.
    fn raw(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(own, _)| own == name);
        field.map(|(_, value)| value.get()).filter(|text| *text != "null")
    }

    fn text(&self, name: &str) -> Result<Option<String>, Error> {
        self.cursor(name, |cursor| cursor.text().map(str::to_owned))
    }

    fn number(&self, name: &str) -> Result<Option<f64>, Error> {
        self.cursor(name, |cursor| cursor.number())
    }

    fn cursor<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Cursor<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let Some(text) = self.raw(name) else { return Ok(None) };
        let node: Node = json::parse(text)?;
        read(&Cursor::root(&node, name, Document::Task)).map(Some)
    }
}

fn missing(name: &str) -> Error {
    Error::new(ErrorKind::InvalidTask, "", format!("the field `{name}` is missing"))
}

/// The fields of an object in their order, none of them twice.
struct RawFields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for RawFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = RawFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a request as an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawFields, A::Error> {
                let mut fields: Vec<(String, Box<RawValue>)> = Vec::new();
                let mut seen = BTreeSet::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    if !seen.insert(name.clone()) {
                        return Err(serde::de::Error::custom(json::repeated_key(&name)));
                    }
                    fields.push((name, value));
                }
                Ok(RawFields(fields))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

#[cfg(test)]
mod tests;
