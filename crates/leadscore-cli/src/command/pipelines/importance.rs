//! `leadscore pipelines NAME --importance`.

use std::io::Write;

use leadscore::pipeline::ImportanceBy;
use leadscore::{FeatureMatrix, Pipeline, Scorer};
use leadscore_files::{ReadLead, Rejects};

use crate::args::{Format, InputArgs, Measure, PipelinesArgs};
use crate::failure::Failure;
use crate::input::Work;
use crate::notes::StderrNotes;
use crate::terminal::{Look, fit};

/// Which features or rules matter, as shares of one.
pub(super) fn write(
    out: &mut dyn Write,
    pipeline: &Pipeline,
    args: &PipelinesArgs,
    (format, look): (Format, Look),
) -> Result<(), Failure> {
    let is_model = matches!(pipeline.scorer(), Scorer::Forest(_));
    let measure = match (args.by, &args.leads) {
        (Some(Measure::Leads), None) => {
            return Err(Failure::message("--by leads wants --leads, a file to average over"));
        }
        (Some(by), None) => by,
        (Some(Measure::Leads) | None, Some(_)) => Measure::Leads,
        (Some(_), Some(_)) => return Err(Failure::message("--leads goes with --by leads only")),
        (None, None) if is_model => Measure::Gain,
        (None, None) => Measure::Largest,
    };
    let matrix = args.leads.as_deref().map(|file| leads(file, args)).transpose()?;
    let (by, words) = match (measure, &matrix) {
        (Measure::Leads, Some(matrix)) => {
            (ImportanceBy::Leads(matrix), "mean absolute contribution over the leads")
        }
        (Measure::TotalGain, _) => (ImportanceBy::TotalGain, "gain of all splits"),
        (Measure::Cover, _) => (ImportanceBy::Cover, "mean cover of the splits"),
        (Measure::TotalCover, _) => (ImportanceBy::TotalCover, "cover of all splits"),
        (Measure::Largest, _) => (ImportanceBy::Largest, "largest points a rule can give or take"),
        _ => (ImportanceBy::Gain, "mean gain of the splits"),
    };
    let all = pipeline.importance(by)?;
    if format == Format::Json {
        writeln!(out, "{}", serde_json::to_string(&all).map_err(std::io::Error::from)?)?;
        return Ok(());
    }
    writeln!(out, "{}  {}", look.bold(pipeline.name()), look.dim(&format!("by the {words}")))?;
    let most = all.first().map_or(1.0, |one| one.importance).max(f64::MIN_POSITIVE);
    let width = look.width.saturating_sub(70).clamp(8, 32);
    for one in &all {
        let bar = "█".repeat((one.importance / most * width as f64).round() as usize);
        writeln!(
            out,
            "  {} {:>6.2} %  {}  {}",
            fit(&one.label, 40),
            100.0 * one.importance,
            fit(one.group.as_deref().unwrap_or_default(), 14),
            bar
        )?;
    }
    Ok(())
}

/// The features of the leads of a file, as a matrix.
fn leads(file: &str, args: &PipelinesArgs) -> Result<FeatureMatrix, Failure> {
    let input = InputArgs {
        input: file.to_owned(),
        pipeline: args.name.clone().unwrap_or_default(),
        map: args.map.clone(),
        as_of: args.as_of.clone(),
        zone: "UTC".to_owned(),
        activities: args.activities.clone(),
        strict: false,
        rejects: None,
        allow_worthless: false,
    };
    let mut work = Work::new(&input, &[])?;
    let (mut rejects, mut notes) = (Rejects::create(None)?, StderrNotes::default());
    let (mut values, mut columns) = (Vec::new(), work.pipeline.schema().columns().len());
    loop {
        match work.read_lead()? {
            ReadLead::End => break,
            ReadLead::Rejected(rejection) => rejects.add(&rejection, &mut notes)?,
            ReadLead::Lead => {
                let matrix =
                    work.pipeline.feature_matrix([work.leads.lead()], &work.as_of, work.options.mode)?;
                columns = matrix.column_count();
                values.extend_from_slice(matrix.values());
            }
        }
    }
    rejects.add_log(work.leads.take_log_rejections(), &mut notes)?;
    rejects.finish(&mut notes)?;
    work.judge(&work.worthless())?;
    Ok(FeatureMatrix::new(columns, values)?)
}
