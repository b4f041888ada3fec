//! Asks the model that `--model` names, or shows what it would be asked.

use leadscore::task::{Assisted, Masked, NotAsked, Outcome, Price, PriceList, Prompt, Task, conclude};
use serde::Serialize;

#[cfg(feature = "connect")]
use super::connection::Connection;
#[cfg(not(feature = "connect"))]
use super::no_connection::Connection;
use crate::args::assist::ModelArgs;
use crate::failure::Failure;
use crate::notes::note_line;
use crate::output::assist::{Question, Words, fallback, json};
use crate::output::open_output;

/// A model with its budget, or none.
pub(crate) struct Asker<'a> {
    args: &'a ModelArgs,
    connection: Option<Connection>,
    answers: bool,
}

impl<'a> Asker<'a> {
    /// Opens the connection; with `--dry-run` there is none, and no key is needed.
    pub(crate) fn new(args: &'a ModelArgs) -> Result<Asker<'a>, Failure> {
        let connection = match &args.model {
            Some(model) if !args.dry_run => Some(Connection::open(model, args)?),
            _ => None,
        };
        Ok(Asker { args, connection, answers: true })
    }

    /// The model's checked answer, or what the rules say; none where the question was shown instead.
    pub(crate) fn ask<T: Task + Sync>(&mut self, task: T) -> Result<Option<Assisted<T::Output>>, Failure> {
        if self.args.mask { self.ask_openly(&Masked::new(task)) } else { self.ask_openly(&task) }
    }

    fn ask_openly<T: Task + Sync>(&mut self, task: &T) -> Result<Option<Assisted<T::Output>>, Failure> {
        if self.args.dry_run {
            self.show(&task.prompt())?;
            return Ok(None);
        }
        let Some(connection) = &self.connection else {
            return Ok(Some(conclude(task, Outcome::NotAsked(NotAsked::NoModel))));
        };
        let assisted = connection.ask(task);
        if let Some(reason) = &assisted.provenance.reason {
            let name = task.name().replace('_', " ");
            note_line(&format!("{name}: the rules answer, for {}", fallback(reason)));
            self.answers = false;
        }
        Ok(Some(assisted))
    }

    fn show(&self, prompt: &Prompt) -> Result<(), Failure> {
        let mut out = open_output(None)?;
        let model = self.args.model.as_deref();
        let highest_cost = model.and_then(price).and_then(|price| price.highest_cost(prompt));
        let question = Question { prompt, token_count: token_count(prompt), highest_cost };
        if self.args.json {
            json(&mut out, &question)?;
        } else {
            Words::new(&mut out).question(&question, model)?;
        }
        Ok(out.finish()?)
    }

    /// Writes a result as words, or as JSON.
    pub(crate) fn write<T: Serialize>(
        &self,
        assisted: &Assisted<T>,
        write: impl FnOnce(&mut Words<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut out = open_output(None)?;
        if self.args.json {
            json(&mut out, assisted)?;
        } else {
            let mut words = Words::new(&mut out);
            write(&mut words)?;
            words.source(assisted)?;
        }
        Ok(out.finish()?)
    }

    /// Whether every question to a model has its answer.
    pub(crate) fn has_answered(&self) -> bool {
        self.answers
    }
}

/// The price of `PROVIDER:NAME`; models on the caller's own machine are free.
fn price(model: &str) -> Option<Price> {
    match model.split_once(':') {
        Some(("ollama", _)) => Some(Price::FREE),
        Some((_, name)) => PriceList::builtin().price(name),
        None => None,
    }
}

#[cfg(feature = "tokenizer")]
#[allow(clippy::unnecessary_wraps, reason = "there is none without the feature")]
fn token_count(prompt: &Prompt) -> Option<u64> {
    Some(prompt.o200k_token_count())
}

#[cfg(not(feature = "tokenizer"))]
fn token_count(_: &Prompt) -> Option<u64> {
    None
}
