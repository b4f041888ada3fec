//! The arguments of `leadscore train`.

use std::path::PathBuf;

use clap::ValueEnum;
use leadscore::learn::Direction;
use leadscore::train::{CalibrationMethod, Learner};

use crate::failure::Failure;

#[derive(clap::Args)]
pub(crate) struct TrainArgs {
    /// Past leads with what became of each: CSV, JSON lines or JSON, also gzipped
    #[arg(required_unless_present = "from_store")]
    pub(crate) input: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// The column that says what became of the lead; with --horizon the dates on which leads were won
    #[arg(short, long, value_name = "COLUMN", required_unless_present_any = ["won_by", "from_store"])]
    pub(crate) target: Option<String>,
    /// The values of the target that mean won [default: of 1/0, yes/no, true/false, won/lost and the like the first]
    #[arg(long, value_name = "VALUE,…", value_delimiter = ',')]
    pub(crate) positive: Vec<String>,
    /// Where to write the pipeline
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// The column of the leads' ids: not learned from, and rows of one lead are kept together
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,
    /// The column of numbers from 0 up that say how much each row counts; it is not learned from
    #[arg(long, value_name = "COLUMN")]
    pub(crate) weight: Option<String>,
    /// Columns that are not learned from
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub(crate) drop: Vec<String>,
    /// A value that means missing: pdays=999; may be given for several columns and values
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = missing)]
    pub(crate) missing: Vec<(String, String)>,
    /// Which column the pipeline is to know as which attribute: a JSON file as `score --map` takes it, or column=attribute; may be
    /// repeated
    #[arg(short, long, value_name = "FILE|COLUMN=ATTRIBUTE")]
    pub(crate) map: Vec<String>,
    /// A column of dates as of which each lead is judged, instead of one moment for all
    #[arg(long, value_name = "COLUMN")]
    pub(crate) time: Option<String>,
    /// A log of the leads' activities (CSV or JSON lines with lead id, kind and time): how many, and when, is learned from
    #[arg(short, long, value_name = "FILE")]
    pub(crate) activities: Option<PathBuf>,
    /// Learn who is won within this time, such as 90d, from leads as of moments spread over their lives
    #[arg(long, value_name = "TIME", value_parser = days, conflicts_with = "time")]
    pub(crate) horizon: Option<f64>,
    /// The time between the moments of a lead [default: a third of --horizon]
    #[arg(long, value_name = "TIME", value_parser = days, requires = "horizon")]
    pub(crate) every: Option<f64>,
    /// The column of dates on which leads came [default: the first activity begins a life]
    #[arg(long, value_name = "COLUMN", requires = "horizon")]
    pub(crate) start: Option<String>,
    /// The column of dates on which leads were given up
    #[arg(long, value_name = "COLUMN", requires = "horizon")]
    pub(crate) ended: Option<String>,
    /// Kinds of activities by which a lead is won, instead of --target
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', requires = "horizon")]
    pub(crate) won_by: Vec<String>,
    /// Kinds of activities by which a lead is lost
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', requires = "horizon")]
    pub(crate) lost_by: Vec<String>,
    /// Past leads to stop, calibrate and measure by, instead of folds
    #[arg(long, value_name = "FILE", conflicts_with_all = ["horizon", "from_store"])]
    pub(crate) valid: Option<String>,
    /// The moment that ages of dates are counted to, such as 2026-11-22 [default: now]
    #[arg(long, value_name = "TIME", conflicts_with = "time")]
    pub(crate) as_of: Option<String>,
    /// The time zone of times without an offset
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) zone: String,
    /// Which shares of all won leads HOT, HOT and WARM, and these and COLD hold: one to three, rising [default: 0.5,0.8,0.95]
    #[arg(long, value_name = "SHARE,…", value_delimiter = ',', conflicts_with = "precision")]
    pub(crate) capture: Vec<f64>,
    /// Instead which share of leads down to the end of HOT, of WARM and of COLD is won: one to three, falling
    #[arg(long, value_name = "SHARE,…", value_delimiter = ',')]
    pub(crate) precision: Vec<f64>,
    /// A feature that may only raise, or only lower, the probability as it grows: visits=rising; may be given for several
    #[arg(long, value_name = "FEATURE=rising|falling", value_parser = monotone)]
    pub(crate) monotone: Vec<(String, Direction)>,
    /// What learns the trees: our own boosting, or the crate gbdt (no columns that go one way, no threads, 200 rounds)
    #[arg(long, value_enum, default_value_t = TreeLearner::Own)]
    pub(crate) trainer: TreeLearner,
    /// How margins become probabilities
    #[arg(long, value_enum, default_value_t = Calibration::Best)]
    pub(crate) calibration: Calibration,
    /// How many folds: for each, trees are learned from the others
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) folds: usize,
    /// The most boosting rounds of a fold
    #[arg(long, value_name = "N", default_value_t = 2000)]
    pub(crate) rounds: usize,
    /// Where the draws of folds and columns begin
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// The pipeline's id [default: the name of the file it is written to]
    #[arg(long, value_name = "ID")]
    pub(crate) pipeline_id: Option<String>,
    /// The name people read
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    /// The leads are made up: the pipeline says so
    #[arg(long)]
    pub(crate) synthetic: bool,
    /// How many threads learn; the result is the same with any number [default: one per core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Print what was learned as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Leads of the server's store.
#[derive(clap::Args)]
pub(crate) struct StoreArgs {
    /// Learn from the leads of the server's store that converted or were lost, as they were before that, instead of a file: the
    /// folder of its database, or the URL of a PostgreSQL database
    #[arg(long, value_name = "DIR|URL", conflicts_with_all = ["input", "target", "positive", "id", "weight", "map", "time", "activities", "horizon"])]
    pub(crate) from_store: Option<String>,
    /// Whose leads of the store
    #[arg(long, value_name = "TENANT", default_value = "default", requires = "from_store")]
    pub(crate) tenant: String,
    /// How long before its outcome a lead of the store is looked at
    #[arg(long, value_name = "DAYS", default_value_t = 0, requires = "from_store")]
    pub(crate) days_before: u32,
    /// Also leads of the store whose attributes changed after that moment: they may tell of the future
    #[arg(long, requires = "from_store")]
    pub(crate) changed_later: bool,
}

/// How margins become probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Calibration {
    /// The one of the least log loss on leads that its curve was not fitted to
    Best,
    /// The logistic function alone
    None,
    /// The logistic function of a straight line
    Platt,
    /// The logistic function of two logarithms
    Beta,
    /// The logistic function of a line that bends at seven places
    Bends,
    /// Isotonic regression
    Isotonic,
}

/// What learns the trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TreeLearner {
    /// Newton boosting of this library
    Own,
    /// Gradient boosting of the crate gbdt
    Gbdt,
}

impl TreeLearner {
    /// The learner, where this build has it.
    #[cfg_attr(
        feature = "trainer-gbdt",
        allow(clippy::unnecessary_wraps, reason = "it fails in a build without that crate")
    )]
    pub(crate) fn learner(self) -> Result<Learner, Failure> {
        match self {
            TreeLearner::Own => Ok(Learner::Own),
            #[cfg(feature = "trainer-gbdt")]
            TreeLearner::Gbdt => Ok(Learner::Gbdt(leadscore::learn::Gbdt::default())),
            #[cfg(not(feature = "trainer-gbdt"))]
            TreeLearner::Gbdt => Err(Failure::message("--trainer: this build of the command has no gbdt")),
        }
    }
}

impl Calibration {
    pub(crate) fn method(self) -> CalibrationMethod {
        match self {
            Calibration::Best => CalibrationMethod::Best,
            Calibration::None => CalibrationMethod::None,
            Calibration::Platt => CalibrationMethod::Platt,
            Calibration::Beta => CalibrationMethod::Beta,
            Calibration::Bends => CalibrationMethod::Bends,
            Calibration::Isotonic => CalibrationMethod::Isotonic,
        }
    }
}

/// A length of time in days: 90d, 12w, 36h, or days without a unit.
fn days(text: &str) -> Result<f64, String> {
    let (number, factor) = match text.trim() {
        text if text.ends_with('d') => (text.trim_end_matches('d'), 1.0),
        text if text.ends_with('w') => (text.trim_end_matches('w'), 7.0),
        text if text.ends_with('h') => (text.trim_end_matches('h'), 1.0 / 24.0),
        text => (text, 1.0),
    };
    let days = number.trim().parse::<f64>().ok().map(|number| number * factor);
    days.filter(|days| days.is_finite() && *days > 0.0)
        .ok_or_else(|| "wants a length of time above 0 such as 90d, 12w or 36h".to_owned())
}

fn missing(text: &str) -> Result<(String, String), String> {
    let pair = text.rsplit_once('=').map(|(column, value)| (column.trim(), value.trim()));
    match pair.filter(|(column, value)| !column.is_empty() && !value.is_empty()) {
        Some((column, value)) => Ok((column.to_owned(), value.to_owned())),
        None => Err("wants a column and a value, such as pdays=999".to_owned()),
    }
}

fn monotone(text: &str) -> Result<(String, Direction), String> {
    match text.rsplit_once('=') {
        Some((feature, "rising")) => Ok((feature.to_owned(), Direction::Rising)),
        Some((feature, "falling")) => Ok((feature.to_owned(), Direction::Falling)),
        _ => Err("wants a feature and rising or falling, such as visits=rising".to_owned()),
    }
}
