//! Asks the model that `--model` names, or shows what it would be asked.

use std::sync::Arc;

use leadscore::email::KnowledgeBase;
use leadscore::task::{
    Assisted, Budget, Cost, Masked, NotAsked, Outcome, Price, PriceList, Prompt, Task, conclude,
};
use leadscore_files::wording::count;
use serde::Serialize;

#[cfg(feature = "connect")]
use super::connection::{Connection, Embeddings};
#[cfg(not(feature = "connect"))]
use super::no_connection::{Connection, Embeddings};
use crate::args::Format;
use crate::args::assist::ModelArgs;
use crate::failure::Failure;
use crate::notes::note_line;
use crate::output::assist::{Question, Words, fallback, json};

/// A model with its budget, or none.
pub(crate) struct Asker<'a> {
    args: &'a ModelArgs,
    format: Format,
    connection: Option<Connection>,
    /// That of the run, which the embeddings share.
    budget: Arc<Budget>,
    answers: bool,
}

impl<'a> Asker<'a> {
    /// Opens the connection; with `--dry-run` there is none, and no key is needed.
    pub(crate) fn new(args: &'a ModelArgs) -> Result<Asker<'a>, Failure> {
        let format = args.format()?;
        let budget = Arc::new(budget(args)?);
        let connection = match &args.model {
            Some(model) if !args.dry_run => Some(Connection::open(model, args, budget.clone())?),
            _ => None,
        };
        Ok(Asker { args, format, connection, budget, answers: true })
    }

    /// A knowledge base that finds passages by meaning too, for a query. Where the model fails, words alone find them, and a
    /// note says so.
    pub(crate) fn by_meaning(
        &mut self,
        model: &str,
        knowledge: KnowledgeBase,
        query: &str,
    ) -> Result<KnowledgeBase, Failure> {
        if self.args.dry_run {
            note_line(&what_embedding_takes(model, &knowledge, query));
            return Ok(knowledge);
        }
        let embeddings = Embeddings::open(model, self.args, self.budget.clone())?;
        match embeddings.find(&knowledge, query) {
            Ok(found) => {
                let spent = self.budget.spent();
                note_line(&format!(
                    "{} passages and the lead are embedded by {model}: {} tokens, {}",
                    count(knowledge.passages().len() as u64),
                    count(spent.tokens),
                    price(model).map_or_else(|| "at an unknown price".to_owned(), |_| spent.cost.to_string())
                ));
                Ok(found)
            }
            Err(error) => {
                note_line(&format!("embeddings: the passage is found by words alone, for {error}"));
                self.answers = false;
                Ok(knowledge)
            }
        }
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
        let mut out = self.args.output.open()?;
        let model = self.args.model.as_deref();
        let highest_cost = model.and_then(price).and_then(|price| price.highest_cost(prompt));
        let question = Question { prompt, token_count: token_count(prompt), highest_cost };
        if self.format == Format::Json {
            json(&mut out, &question)?;
        } else {
            Words::new(&mut out, self.args.output.look()).question(&question, model)?;
        }
        Ok(out.finish()?)
    }

    /// Writes a result as words, or as JSON.
    pub(crate) fn write<T: Serialize>(
        &self,
        assisted: &Assisted<T>,
        write: impl FnOnce(&mut Words<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut out = self.args.output.open()?;
        if self.format == Format::Json {
            json(&mut out, assisted)?;
        } else {
            let mut words = Words::new(&mut out, self.args.output.look());
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

/// The limits of the run.
fn budget(args: &ModelArgs) -> Result<Budget, Failure> {
    let mut budget = Budget::unlimited();
    if let Some(usd) = args.max_cost {
        budget = budget.max_cost(Cost::from_usd(usd).map_err(|error| Failure::about("--max-cost", error))?);
    }
    if let Some(calls) = args.max_calls {
        budget = budget.max_calls(calls);
    }
    Ok(budget)
}

/// What would be embedded, and the most that it takes.
fn what_embedding_takes(model: &str, knowledge: &KnowledgeBase, query: &str) -> String {
    let mut texts = knowledge.texts();
    texts.push(query.to_owned());
    let prompt = Prompt::for_embedding(&texts);
    let cost = match price(model).and_then(|price| price.highest_cost(&prompt)) {
        Some(cost) => format!("at most {cost}"),
        None => format!("the price of {model} is not known"),
    };
    format!(
        "--embeddings: {model} would first get the {} passages and the lead's facts, at most {} tokens, {cost}; the question \
         below rests on words alone",
        count(knowledge.passages().len() as u64),
        count(prompt.input_token_bound())
    )
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
