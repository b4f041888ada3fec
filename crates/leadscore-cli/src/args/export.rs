//! The arguments of `leadscore export`.

use std::path::PathBuf;

use clap::ValueEnum;

#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    /// A built-in pipeline or a pipeline file whose margins come from trees
    #[arg(value_name = "NAME|FILE")]
    pub(crate) pipeline: String,
    /// Where to write the model [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The library that is to read it [default: by the ending: .json is XGBoost's, .txt LightGBM's]
    #[arg(short, long, value_enum)]
    pub(crate) format: Option<ModelFormat>,
}

/// A library whose model files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModelFormat {
    /// JSON, which XGBoost reads: margins of the same bits
    Xgboost,
    /// Text, which LightGBM reads: margins within rounding
    Lightgbm,
}
