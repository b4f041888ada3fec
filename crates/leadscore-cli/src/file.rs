//! Scoring a file into a file, for programs.

use std::path::PathBuf;

use leadscore::{Error, ErrorKind, Pipeline};
use serde::{Deserialize, Serialize};

use crate::args::{Format, InputArgs, ScoreArgs};
use crate::command::score;
use crate::input::{Work, notes_of};

/// What is scored, and how; as the options of `leadscore score`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    input: String,
    output: PathBuf,
    #[serde(default)]
    format: FileFormat,
    map: Option<PathBuf>,
    activities: Option<PathBuf>,
    as_of: String,
    zone: Option<String>,
    #[serde(default)]
    strict: bool,
    rejects: Option<PathBuf>,
    reasons: Option<usize>,
    top: Option<usize>,
    threads: Option<usize>,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum FileFormat {
    #[default]
    Csv,
    Jsonl,
    Json,
    Html,
}

/// What came of it.
#[derive(Serialize)]
struct Summary {
    scored: u64,
    rejected: u64,
    tiers: Vec<TierSummary>,
    /// What was assumed or could not be used.
    notes: Vec<String>,
}

#[derive(Serialize)]
struct TierSummary {
    tier: String,
    leads: u64,
}

/// Scores a file of leads (CSV, JSONL or JSON, also gzipped) into another. Options and summary are JSON:
///
/// `{"input", "output", "as_of", "format"? (csv, jsonl, json or html), "map"?, "activities"?, "zone"?, "strict"?, "rejects"?,
/// "reasons"?, "top"?, "threads"?}` gives `{"scored", "rejected", "tiers": [{"tier", "leads"}], "notes": […]}`.
///
/// # Errors
/// `invalid_context` for options that cannot be read, `io` and `unreadable_table` for files.
///
/// ```
/// let pipeline = leadscore::Pipeline::builtin("conversion")?;
/// let folder = std::env::temp_dir().join(format!("leadscore-doc-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// std::fs::write(folder.join("leads.csv"), "lead_id,company\n7,Acme\n")?;
/// let options = format!(
///     r#"{{"input": {:?}, "output": {:?}, "as_of": "2026-11-22"}}"#,
///     folder.join("leads.csv"),
///     folder.join("scores.csv")
/// );
/// let summary = leadscore_cli::score_file(&pipeline, &options)?;
/// assert!(summary.starts_with(r#"{"scored":1,"rejected":0,"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn score_file(pipeline: &Pipeline, options: &str) -> Result<String, Error> {
    score_file_while(pipeline, options, &|| true)
}

/// The same, for as long as `go_on` says so. It is asked now and then, on this thread; once it says no the work ends
/// with an error, and what was written so far is taken away again.
///
/// # Errors
/// As [`score_file`]; `io` where it was stopped.
pub fn score_file_while(
    pipeline: &Pipeline,
    options: &str,
    go_on: &dyn Fn() -> bool,
) -> Result<String, Error> {
    let options: Options = serde_json::from_str(options)
        .map_err(|error| Error::new(ErrorKind::InvalidContext, "options", error.to_string()))?;
    let args = ScoreArgs {
        input: InputArgs {
            input: options.input,
            pipeline: String::new(),
            map: options.map,
            as_of: Some(options.as_of),
            zone: options.zone.unwrap_or_else(|| "UTC".to_owned()),
            activities: options.activities,
            strict: options.strict,
            rejects: options.rejects,
        },
        top: options.top,
        explain: options.reasons.unwrap_or(3),
        format: match options.format {
            FileFormat::Csv => Format::Csv,
            FileFormat::Jsonl => Format::Jsonl,
            FileFormat::Json => Format::Json,
            FileFormat::Html => Format::Html,
        },
        output: Some(options.output),
        threads: options.threads,
    };
    let (result, notes) = notes_of(|| {
        let work = Work::of(pipeline.clone(), &args.input, &[("output", args.output.as_deref())])?;
        score::score_while(work, &args, go_on)
    });
    let done = result?;
    let tiers = done.tiers.into_iter().map(|tier| TierSummary { tier: tier.name, leads: tier.leads });
    let summary = Summary { scored: done.scored, rejected: done.rejected, tiers: tiers.collect(), notes };
    Ok(serde_json::to_string(&summary).expect("a summary serializes"))
}
