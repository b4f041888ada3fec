//! `leadscore export`: the trees of a pipeline as a model file of another library.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

use leadscore::Scorer;
use leadscore_files::refuse_overwriting;

use crate::args::export::{ExportArgs, ModelFormat};
use crate::args::output::check_not_packed;
use crate::failure::Failure;
use crate::input::pipeline;
use crate::notes::note_line;
use crate::output::open_output;

pub(crate) fn run(args: &ExportArgs) -> Result<bool, Failure> {
    let path = args.output.as_deref();
    let writes: Vec<(&str, &Path)> = path.map(|path| ("--output", path)).into_iter().collect();
    refuse_overwriting(&[("the pipeline", Path::new(&args.pipeline))], &writes)?;
    check_not_packed("--output", path, "a model file")?;
    let format = format(args)?;
    let pipeline = pipeline(&args.pipeline)?;
    let Scorer::Forest(model) = pipeline.scorer() else {
        return Err(Failure::message(format!(
            "{}: its margins come from rules, not from trees",
            args.pipeline
        )));
    };
    let forest = model.forest();
    let text = match format {
        ModelFormat::Xgboost => forest.to_xgboost_json(),
        ModelFormat::Lightgbm => forest.to_lightgbm_text(),
    };
    let text = text.map_err(|error| Failure::about(&args.pipeline, error))?;
    let mut out = open_output(path)?;
    out.write_all(text.as_bytes())?;
    out.finish()?;
    note_line(&format!(
        "{} trees of {}; calibration, tiers and the meaning of its {} columns stay in the pipeline",
        forest.tree_count(),
        pipeline.id(),
        forest.feature_names().len()
    ));
    Ok(true)
}

/// What is asked for, or what the ending says.
fn format(args: &ExportArgs) -> Result<ModelFormat, Failure> {
    let ending = args.output.as_deref().and_then(Path::extension).map(OsStr::to_ascii_lowercase);
    let said = match ending.as_deref().and_then(|ending| ending.to_str()) {
        Some("json") => Some(ModelFormat::Xgboost),
        Some("txt") => Some(ModelFormat::Lightgbm),
        _ => None,
    };
    match (args.format, said) {
        (Some(asked), Some(said)) if asked != said => {
            Err(Failure::message("--output: XGBoost reads .json, LightGBM .txt; --format says the other one"))
        }
        (asked, said) => asked
            .or(said)
            .ok_or_else(|| Failure::message("--format xgboost or lightgbm says which library is to read it")),
    }
}
