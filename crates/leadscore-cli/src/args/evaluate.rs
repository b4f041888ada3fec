//! The arguments of `leadscore evaluate`.

use std::path::PathBuf;

use leadscore::capacity::Top;

use super::output::{OutputArgs, Words};

#[derive(clap::Args)]
pub(crate) struct EvaluateArgs {
    /// CSV, JSONL or JSON with leads whose outcome is known, also gzipped; - is standard input
    pub(crate) input: String,
    /// The column that says what became of a lead
    #[arg(short, long, value_name = "COLUMN")]
    pub(crate) target: String,
    /// A built-in pipeline or a pipeline file; may be given for several, which are compared with the first
    #[arg(short, long, default_value = "conversion", value_name = "NAME|FILE")]
    pub(crate) pipeline: Vec<String>,
    /// The value of the target that means won, all others being lost; may be given for several values [default: 1, yes,
    /// true, y, won, closed won or converted, where the other one is 0, no, and so on]
    #[arg(long, value_name = "VALUE")]
    pub(crate) positive: Vec<String>,
    /// Also measure the leads of each value of this column; may be given for several
    #[arg(long, value_name = "COLUMN")]
    pub(crate) segment: Vec<String>,
    /// How many of the best leads are looked at: shares such as 10%, or numbers of leads
    #[arg(long, value_name = "N|N%,…", value_delimiter = ',', default_value = "10%,20%", value_parser = top)]
    pub(crate) top: Vec<Top>,
    /// Fail with exit status 1 where the AUC of the first pipeline is under this
    #[arg(long, value_name = "AUC", value_parser = share)]
    pub(crate) min_auc: Option<f64>,
    /// Also write a page for people, as HTML
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
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
    /// The rows that the first pipeline rejected, with line and reason, as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// How often the leads are drawn anew for the intervals [default: 1000, and 200 of more than 100,000 leads]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=100_000))]
    pub(crate) draws: Option<u32>,
    /// The seed of the draws
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many threads work; the result is the same with any number [default: one per core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    #[command(flatten)]
    pub(crate) output: OutputArgs<Words>,
    /// Take measures that are worth nothing with exit status 0: a pipeline reads the target, or its scores say nothing of
    /// the leads, as in `leadscore score`. Without this the exit status is 3 and no file is written
    #[arg(long)]
    pub(crate) allow_worthless: bool,
}

fn top(text: &str) -> Result<Top, String> {
    Top::parse(text).map_err(|error| error.message().to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.trim().parse().ok().filter(|own| (0.0..=1.0).contains(own));
    number.ok_or_else(|| "wants a number from 0 to 1, such as 0.7".to_owned())
}
