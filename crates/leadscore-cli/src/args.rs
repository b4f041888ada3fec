//! The command line.

pub(crate) mod assist;
pub(crate) mod evaluate;
pub(crate) mod export;
pub(crate) mod map;
pub(crate) mod output;
pub(crate) mod server;
pub(crate) mod train;

use std::path::PathBuf;

pub(crate) use output::{Format, OutputArgs};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use leadscore::Capacity;
use leadscore::forest::Iterations;

/// Rank leads, and say why: which ones first, the reasons that add up, the next action.
#[derive(Parser)]
#[command(name = "leadscore", version, max_term_width = 100)]
pub(crate) struct Args {
    /// Say nothing on standard error but errors; the exit status tells of rejected rows all the same
    #[arg(short, long, global = true, display_order = 900)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Score every lead of a file and rank them
    Score(ScoreArgs),
    /// Show the whole sum behind one lead's score
    Explain(ExplainArgs),
    /// Tell what moved between two scorings (files written with --format jsonl)
    Compare(CompareArgs),
    /// Measure pipelines on leads whose outcome is known: how well they tell won from lost
    Evaluate(evaluate::EvaluateArgs),
    /// Write the features a pipeline computes for every lead
    Features(FeaturesArgs),
    /// Tell what the reader understood of a CSV file, and which column a pipeline would read as what
    Inspect(InspectArgs),
    /// Write a first mapping or pipeline for a CSV file, to be changed by hand
    #[command(subcommand)]
    Init(InitCommand),
    /// Write the margins and predictions of an XGBoost or LightGBM model
    Predict(PredictArgs),
    /// Make a pipeline of an XGBoost or LightGBM model
    Import(ImportArgs),
    /// Write the trees of a pipeline as a model of XGBoost or LightGBM
    Export(export::ExportArgs),
    /// Learn a pipeline from past leads whose outcome is known
    Train(Box<train::TrainArgs>),
    /// Predict, rank and answer in words, with a language model or without one
    #[command(subcommand)]
    Assist(assist::AssistCommand),
    /// Check a pipeline or a mapping
    Check(CheckArgs),
    /// List the built-in pipelines, or show one
    Pipelines(PipelinesArgs),
    /// Print what completes this command in a shell
    Completions(CompletionsArgs),
    /// Print the manual page of this command or of one of its commands, or write all of them into a folder
    Man(ManArgs),
    /// Answer requests over HTTP: the documented lead-scoring APIs, on one store of leads
    Serve(server::ServeArgs),
    /// Show the server at work: made-up leads, the documented calls one by one, then it stays up to look around
    Demo(server::DemoArgs),
    /// Make, list and revoke the keys of the server
    #[command(subcommand)]
    Keys(server::KeysCommand),
    /// Back up, move and erase the leads of the server
    #[command(subcommand)]
    Store(server::StoreCommand),
}

/// Where leads come from, and as of when they are judged.
#[derive(clap::Args)]
pub(crate) struct InputArgs {
    /// CSV, JSONL or JSON, also gzipped; - is standard input
    pub(crate) input: String,
    /// A built-in pipeline or a pipeline file
    #[arg(short, long, default_value = "conversion", value_name = "NAME|FILE")]
    pub(crate) pipeline: String,
    /// A JSON file that says which column is which attribute: {"format": 1, "attributes": {"company": "Firm"}}
    #[arg(short, long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// The moment to judge as of, such as 2026-11-22 or 2026-11-22T09:30:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
    /// The time zone of local hours and of times without an offset
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) zone: String,
    /// The activity log: CSV or JSONL with `lead_id`, kind and at, or columns of other names
    #[arg(short, long, value_name = "FILE")]
    pub(crate) activities: Option<PathBuf>,
    /// Refuse leads with missing required or unusable values instead of using defaults
    #[arg(long)]
    pub(crate) strict: bool,
    /// The rejected rows, with line and reason, as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// Take a worthless result with exit status 0 and write it: no lead has a value of anything the pipeline weighs, the
    /// input lacks columns that decide 95 % of the score of rules or a quarter of a model's, a column cannot be read in
    /// more than half of the rows (and more than one), nothing in the log belongs to a lead, or all activities lie after
    /// the as-of time. Without this the exit status is 3 and no file is written
    #[arg(long)]
    pub(crate) allow_worthless: bool,
}

/// Which lead of the file a command is about; the first ids of the file are told where neither is given.
#[derive(clap::Args)]
pub(crate) struct WhichLead {
    /// The lead's id
    #[arg(short, long, visible_alias = "id", value_name = "ID")]
    pub(crate) lead: Option<String>,
    /// The lead's row among the data rows, from 1, instead of its id
    #[arg(long, value_name = "N", conflicts_with = "lead")]
    pub(crate) row: Option<u64>,
}

#[derive(clap::Args)]
pub(crate) struct ScoreArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Only the best N, best first [default: 20 in the table, 50 on the page, else all in file order]
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) top: Option<usize>,
    /// How many leads can be worked on: 40, a share such as "10 %", or so many for each value of a column, as 40/owner. Rows
    /// say who is in; the table and the page list them
    #[arg(long, value_name = "N|N%[/COLUMN]", value_parser = capacity, allow_hyphen_values = true)]
    pub(crate) capacity: Option<Capacity>,
    /// How many reasons to name
    #[arg(short, long, value_name = "N", default_value_t = 3)]
    pub(crate) explain: usize,
    #[command(flatten)]
    pub(crate) output: OutputArgs<output::Ranking>,
    /// Columns of the input to carry through to the output, such as name,email,owner, or all
    #[arg(long, value_name = "NAME,…|all", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// CSV that Excel reads as it is meant: with a byte order mark, and - for the minus sign
    #[arg(long)]
    pub(crate) excel: bool,
    /// How many threads score; the result is the same with any number [default: one per core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

#[derive(clap::Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) lead: WhichLead,
    /// Also draw the sum as an SVG picture
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs<output::Sum>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

#[derive(clap::Args)]
pub(crate) struct CompareArgs {
    /// The earlier scoring
    pub(crate) old: PathBuf,
    /// The later scoring
    pub(crate) new: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputArgs<output::Words>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

#[derive(clap::Args)]
pub(crate) struct FeaturesArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs<output::Rows>,
    /// The same as --format jsonl
    #[arg(long, conflicts_with = "format")]
    pub(crate) jsonl: bool,
}

#[derive(clap::Args)]
pub(crate) struct InspectArgs {
    /// A CSV file, also gzipped; - is standard input
    pub(crate) input: String,
    /// A JSON file with what is known of the file: delimiter, encoding, decimal, `date_order`, header
    #[arg(short, long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// Also tell which column would be which attribute of this built-in pipeline or pipeline file
    #[arg(short, long, value_name = "NAME|FILE")]
    pub(crate) pipeline: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs<output::Words>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum InitCommand {
    /// A mapping: which column of the file is which attribute of a pipeline
    Mapping(InitMappingArgs),
    /// A pipeline of rules on the columns of the file
    Pipeline(InitPipelineArgs),
}

#[derive(clap::Args)]
pub(crate) struct InitMappingArgs {
    /// A CSV file, also gzipped
    pub(crate) input: String,
    /// The built-in pipeline or pipeline file that is to read it
    #[arg(short, long, default_value = "conversion", value_name = "NAME|FILE")]
    pub(crate) pipeline: String,
    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct InitPipelineArgs {
    /// A CSV file, also gzipped
    pub(crate) input: String,
    /// The pipeline's id [default: the file's name]
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct PredictArgs {
    /// An XGBoost model (JSON or UBJSON) or a LightGBM one (text)
    pub(crate) model: PathBuf,
    /// The rows as CSV, also gzipped; - is standard input
    pub(crate) input: String,
    /// A JSON file with what is known of the rows: decimal, delimiter, encoding, `date_order`, header, and under
    /// `attributes` which column is which one of the model
    #[arg(short, long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs<output::Rows>,
    /// Columns of the input to carry through to the output, such as name,email,owner, or all
    #[arg(long, value_name = "NAME,…|all", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Also write the contributions of every feature to the margin
    #[arg(long, value_name = "FILE")]
    pub(crate) contributions: Option<PathBuf>,
    /// The rows that could not be read, with line and reason, as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// Which boosting rounds to use: those up to the best one where the file names it, or all of the file
    #[arg(long, value_parser = iterations(), default_value_t)]
    pub(crate) iterations: Iterations,
    /// A value that means missing besides an empty cell, as given to the library in training (it is not in the file)
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(crate) missing: Option<f64>,
    /// The levels of a categorical column in the order of their codes, where the model's file does not keep them, has
    /// lost them or does not say whose they are: country=DE,FR or `country=["a, b","c"]`; may be given for several columns
    #[arg(long, value_name = "COLUMN=A,B,C", value_parser = levels)]
    pub(crate) levels: Vec<ColumnLevels>,
    /// Take a worthless result with exit status 0 and write it: no row has a value of anything the model reads, or a
    /// column holds levels that the model does not know in more than half of the rows (and more than one). Without this
    /// the exit status is 3 and no file is written
    #[arg(long)]
    pub(crate) allow_worthless: bool,
}

#[derive(clap::Args)]
pub(crate) struct ImportArgs {
    /// The model: XGBoost's JSON or UBJSON, LightGBM's text
    pub(crate) model: PathBuf,
    /// Where to write the pipeline [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The pipeline's id [default: the model file's name]
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// The name people read
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    /// Labels, groups, types and sources of the model's columns: a built-in schema, a schema or a pipeline file
    /// [default: one attribute for each column of the model]
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) schema: Option<String>,
    /// How margins become scores: logistic, logistic:A:B (Platt), linear:FROM:TO, points, or JSON, or a file of it
    /// [default: logistic for a logistic objective; others have none]
    #[arg(long, value_name = "SCALE", allow_hyphen_values = true)]
    pub(crate) scale: Option<String>,
    /// The names of the classes, in the order of the model's outputs
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) classes: Vec<String>,
    /// The weights of the classes, 0–1: the score is 100 times the expected weight [default: evenly from 0 to 1]
    #[arg(long, value_name = "WEIGHT", value_delimiter = ',')]
    pub(crate) weights: Vec<f64>,
    /// The tiers: a built-in scheme, or a file [default: a-e for a probability, the classes, hot-warm-cold]
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) tiers: Option<String>,
    /// Which boosting rounds to use: those up to the best one where the file names it, or all of the file
    #[arg(long, value_parser = iterations(), default_value_t)]
    pub(crate) iterations: Iterations,
    /// A value that means missing, as given to the library in training (it is not in the file); the pipeline keeps it
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(crate) missing: Option<f64>,
    /// The levels of a categorical column in the order of their codes, where the model's file does not keep them, has
    /// lost them or does not say whose they are: country=DE,FR or `country=["a, b","c"]`; may be given for several columns
    #[arg(long, value_name = "COLUMN=A,B,C", value_parser = levels)]
    pub(crate) levels: Vec<ColumnLevels>,
    /// Score without reasons, for a model that keeps no cover
    #[arg(long)]
    pub(crate) no_reasons: bool,
}

#[derive(clap::Args)]
pub(crate) struct CheckArgs {
    /// The pipeline file or the mapping
    pub(crate) pipeline: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputArgs<output::Words>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

#[derive(clap::Args)]
pub(crate) struct PipelinesArgs {
    /// Show this one
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs<output::Words>,
    /// The same as --format json: the pipeline as the file it is; with --importance, that
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Which features or rules matter, as shares of one
    #[arg(long, requires = "name")]
    pub(crate) importance: bool,
    /// What importance is measured by [default: gain for a model, largest for rules; leads with --leads]
    #[arg(long, value_enum, requires = "importance")]
    pub(crate) by: Option<Measure>,
    /// Leads over which contributions are averaged
    #[arg(long, value_name = "FILE", requires = "importance")]
    pub(crate) leads: Option<String>,
    /// Which of their columns is which attribute
    #[arg(short, long, value_name = "FILE", requires = "leads")]
    pub(crate) map: Option<PathBuf>,
    /// Their activity log
    #[arg(short, long, value_name = "FILE", requires = "leads")]
    pub(crate) activities: Option<PathBuf>,
    /// The moment they are judged as of [default: now]
    #[arg(long, value_name = "TIME", requires = "leads")]
    pub(crate) as_of: Option<String>,
}

#[derive(clap::Args)]
#[command(
    after_help = "Example: leadscore completions bash > ~/.local/share/bash-completion/completions/leadscore"
)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(clap::Args)]
#[command(after_help = "Example: leadscore man score | man -l -\n\
                        Example: leadscore man -o ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Whose page, such as score, or store export [default: the page of leadscore itself]
    #[arg(conflicts_with = "output")]
    pub(crate) command: Vec<String>,
    /// The folder for all pages
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
}

/// The levels of one column.
#[derive(Clone)]
pub(crate) struct ColumnLevels {
    pub(crate) column: String,
    pub(crate) names: Vec<String>,
}

/// Reads `COLUMN=A,B,C`; names with commas are a JSON list.
fn levels(text: &str) -> Result<ColumnLevels, String> {
    let wanted = "wants COLUMN=A,B,C or COLUMN=[\"A\",\"B\"]";
    let (column, names) = text.split_once('=').ok_or(wanted)?;
    let names = if names.starts_with('[') {
        serde_json::from_str(names).map_err(|error| format!("{wanted}: {error}"))?
    } else {
        names.split(',').map(|name| name.trim().to_owned()).collect()
    };
    Ok(ColumnLevels { column: column.trim().to_owned(), names })
}

fn capacity(text: &str) -> Result<Capacity, String> {
    Capacity::parse(text).map_err(|error| error.message().to_owned())
}

/// Names as [`Iterations`] reads them, listed in the help.
fn iterations() -> impl TypedValueParser<Value = Iterations> {
    PossibleValuesParser::new(Iterations::NAMES).try_map(|name| name.parse())
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Measure {
    /// The mean gain of a feature's splits
    Gain,
    /// Their sum
    TotalGain,
    /// The mean training weight that passed a feature's splits
    Cover,
    /// Its sum
    TotalCover,
    /// The largest points a rule can give or take
    Largest,
    /// The mean absolute contribution over the leads of --leads
    Leads,
}
