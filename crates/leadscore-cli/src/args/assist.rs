//! The arguments of `leadscore assist`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::output::{self, Format, OutputArgs};
use super::{InputArgs, WhichLead};
use crate::failure::Failure;

/// What to put into words.
#[derive(Subcommand)]
pub(crate) enum AssistCommand {
    /// How probable it is that a lead becomes a customer, with what speaks for and against it
    Predict(LeadArgs),
    /// How many days it takes until a lead signs
    Time(LeadArgs),
    /// How a lead's own words change its score (pipelines with `model_adjustment`, such as qualify)
    Qualify(LeadArgs),
    /// The one thing to do next with a lead
    Next(LeadArgs),
    /// In which order to work through the best leads
    Rank(RankArgs),
    /// A personal e-mail or message to a lead, from a knowledge base
    Email(EmailArgs),
    /// The intent of a chat message
    Intent(IntentArgs),
    /// The answer to a chat message
    Reply(ReplyArgs),
}

/// Which language model may be asked, and what that may take.
#[derive(clap::Args)]
pub(crate) struct ModelArgs {
    /// The language model to ask: openai:NAME, gemini:NAME, anthropic:NAME, openrouter:NAME, ollama:NAME; its key comes
    /// from the environment, such as `OPENAI_API_KEY` [default: none, the rules answer]
    #[arg(long, value_name = "PROVIDER:NAME")]
    pub(crate) model: Option<String>,
    /// Show what a model would be asked, how many tokens that is and the most it can cost, and ask nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The most that all attempts together may cost, in US dollars; a model whose price is not known is then not asked
    #[arg(long, value_name = "USD")]
    pub(crate) max_cost: Option<f64>,
    /// The most attempts, repeated ones included
    #[arg(long, value_name = "N")]
    pub(crate) max_calls: Option<u64>,
    /// Send placeholders, such as `[NAME_1]`, in place of names, addresses and telephone numbers, and put them back
    #[arg(long)]
    pub(crate) mask: bool,
    /// How long to wait for one question's answer, in seconds, repeated attempts included
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) deadline: u64,
    #[command(flatten)]
    pub(crate) output: OutputArgs<output::Words>,
    /// The same as --format json: the result with where it comes from, tokens and cost
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

impl ModelArgs {
    /// The format of the answer.
    pub(crate) fn format(&self) -> Result<Format, Failure> {
        self.output.settle(self.json.then_some(Format::Json))
    }
}

#[derive(clap::Args)]
pub(crate) struct LeadArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) lead: WhichLead,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(clap::Args)]
pub(crate) struct RankArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// How many leads, the best by the pipeline's score
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(clap::Args)]
pub(crate) struct EmailArgs {
    #[command(flatten)]
    pub(crate) about: LeadArgs,
    /// A folder of Markdown and JSON files about what is sold
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) knowledge: PathBuf,
    /// Who writes, as JSON: {"name": …, "company": …, "address": …, "unsubscribe": "https://…"}
    #[arg(short, long, value_name = "FILE")]
    pub(crate) sender: PathBuf,
    /// Where it is sent
    #[arg(long, value_enum, default_value = "email")]
    pub(crate) channel: MessageChannel,
    /// Find the passage by meaning too, with the vectors of a model: openai:text-embedding-3-small, openrouter:NAME,
    /// ollama:NAME; --max-cost and --max-calls count for it as well [default: none, by words alone]
    #[arg(long, value_name = "PROVIDER:NAME")]
    pub(crate) embeddings: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageChannel {
    /// With a subject
    Email,
    /// Shorter, without one
    Whatsapp,
    /// Shorter still
    Instagram,
}

#[derive(clap::Args)]
pub(crate) struct IntentArgs {
    /// The message; - is standard input
    pub(crate) message: String,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(clap::Args)]
pub(crate) struct ReplyArgs {
    /// The lead's message; - is standard input
    pub(crate) message: String,
    /// The chat so far: read where the file exists, and written with the message and the reply
    #[arg(short, long, value_name = "FILE")]
    pub(crate) conversation: Option<PathBuf>,
    /// Something the reply may say about what is sold; may be given several times
    #[arg(long = "fact", value_name = "TEXT")]
    pub(crate) facts: Vec<String>,
    /// The country (ISO 3166, such as DE) of phone numbers without a +
    #[arg(long, value_name = "CODE")]
    pub(crate) country: Option<String>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}
