//! `leadscore evaluate`: how well pipelines tell won leads from lost ones.

use std::path::Path;

use leadscore::evaluate::EvaluationOptions;
use leadscore::{AsOf, Mode, Pipeline, Zone};
use leadscore_files::{EvaluationJob, FileEvaluation, never_stop, refuse_overwriting};

use crate::args::Format;
use crate::args::evaluate::EvaluateArgs;
use crate::args::output::check_ending;
use crate::failure::{Failure, of_option};
use crate::input::{now, pipeline};
use crate::notes::{StderrNotes, complain, note_line};
use crate::output::assist::json;
use crate::output::evaluation;

/// Measures the pipelines; true when no row was rejected and the floor is kept.
pub(crate) fn run(args: &EvaluateArgs) -> Result<bool, Failure> {
    let format = args.output.settle(None)?;
    check_ending("--report", args.report.as_deref(), Format::Html)?;
    check_ending("--rejects", args.rejects.as_deref(), Format::Csv)?;
    check_paths(args)?;
    let pipelines = args.pipeline.iter().map(|name| pipeline(name)).collect::<Result<Vec<Pipeline>, _>>()?;
    let found = job(args)?.run(&pipelines, &mut StderrNotes::default(), &never_stop).map_err(of_option)?;
    let mut out = args.output.open()?;
    match format {
        Format::Json => json(&mut out, &found)?,
        _ => evaluation::write(&mut out, &found, args.output.look())?,
    }
    out.finish()?;
    Ok(keeps_floor(args, &found) && found.rejected == 0)
}

fn job(args: &EvaluateArgs) -> Result<EvaluationJob, Failure> {
    let zone = Zone::named(&args.zone)?;
    let as_of = match &args.as_of {
        Some(text) => AsOf::parse(text, &zone).map_err(|error| Failure::about("--as-of", error))?,
        None => AsOf::new(now()?).in_zone(zone),
    };
    let mut options = EvaluationOptions::new().tops(args.top.iter().copied()).seed(args.seed);
    if let Some(count) = args.draws {
        options = options.draws(count as usize);
    }
    if args.as_of.is_none() {
        note_line(&format!("judged as of now, {}; --as-of sets another moment", as_of.to_local_minute()));
    }
    let mut job = EvaluationJob::new(args.input.as_str(), args.target.as_str(), as_of)
        .positive(&args.positive)
        .segments(&args.segment)
        .options(options)
        .mode(if args.strict { Mode::Strict } else { Mode::Lenient });
    if let Some(text) = &args.as_of {
        job = job.typed_as_of(text);
    }
    if let Some(path) = &args.map {
        job = job.mapping(path);
    }
    if let Some(path) = &args.activities {
        job = job.activities(path);
    }
    if let Some(path) = &args.rejects {
        job = job.rejects(path);
    }
    if let Some(path) = &args.report {
        job = job.report(path);
    }
    if let Some(count) = args.threads {
        job = job.threads(count);
    }
    if args.allow_worthless {
        job = job.allow_worthless();
    }
    Ok(job)
}

/// Refuses to write over a file that is read, or two outputs into one file.
fn check_paths(args: &EvaluateArgs) -> Result<(), Failure> {
    let pipelines = args.pipeline.iter().map(|name| ("the pipeline", Path::new(name)));
    let reads = [
        ("the input", Some(Path::new(&args.input))),
        ("the mapping", args.map.as_deref()),
        ("the activity log", args.activities.as_deref()),
    ];
    let reads: Vec<(&str, &Path)> =
        reads.into_iter().filter_map(|(what, path)| Some((what, path?))).chain(pipelines).collect();
    let writes = [
        ("--output", args.output.path()),
        ("--report", args.report.as_deref()),
        ("--rejects", args.rejects.as_deref()),
    ];
    let writes: Vec<(&str, &Path)> =
        writes.into_iter().filter_map(|(what, path)| Some((what, path?))).collect();
    Ok(refuse_overwriting(&reads, &writes)?)
}

/// Whether the first pipeline is as good as it has to be; says so where it is not.
fn keeps_floor(args: &EvaluateArgs, found: &FileEvaluation) -> bool {
    let Some((floor, first)) = args.min_auc.zip(found.evaluation.pipelines.first()) else { return true };
    let auc = first.measures.auc.value;
    if auc < floor {
        complain(&format!(
            "`{}` has an AUC of {auc:.4}, which is under the floor of {floor} (--min-auc)",
            first.pipeline.id
        ));
    }
    auc >= floor
}
