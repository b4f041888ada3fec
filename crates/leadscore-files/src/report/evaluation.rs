//! One self-contained page on how good pipelines are. Nothing comes from elsewhere, and there is no script.

mod chart;
mod table;

use std::io::{Result, Write};

use leadscore::evaluate::{Evaluation, Measured, PipelineEvaluation};
use serde::Serialize;

use super::html::CSS;
use super::{Escaped, capital};
use crate::wording::{count, counted, measure, share};

const OWN_CSS: &str = include_str!("evaluation.css");
/// Nothing is loaded, and only the page's own styles count.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// What pipelines are worth on the leads of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FileEvaluation {
    /// The name of the file, without its folders.
    pub source: String,
    /// The as-of time for people, with its zone.
    pub as_of: String,
    /// What became of the leads, as the file says it.
    pub target: TargetSummary,
    /// How many rows were rejected by the first pipeline, those of the activity log among them.
    pub rejected: u64,
    /// How many rows are left out since they say nothing of what became of the lead.
    pub without_outcome: u64,
    /// The measures.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// What was assumed or could not be used, in sentences.
    pub notes: Vec<String>,
    /// Why the measures are worth nothing, if they are and were asked for all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub worthless: Vec<String>,
    /// The version of the library.
    pub library: &'static str,
}

/// How the target column was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TargetSummary {
    /// The column's name.
    pub column: String,
    /// The values that mean won.
    pub won: Vec<String>,
    /// The values that mean lost, the most frequent first.
    pub lost: Vec<String>,
}

impl FileEvaluation {
    /// The evaluation as JSON: always the same keys, but for what is absent.
    pub fn to_json(&self) -> String {
        text(self)
    }
}

/// Our own types always have a JSON form.
fn text(found: &FileEvaluation) -> String {
    serde_json::to_string(found).expect("our own types serialize")
}

/// Writes the page.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, found: &FileEvaluation) -> Result<()> {
    let all = &found.evaluation;
    let names: Vec<&str> = all.pipelines.iter().map(|own| own.pipeline.name.as_str()).collect();
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{}</title>\n<style>\n{CSS}{OWN_CSS}</style>\n</head>\n<body>\n",
        Escaped(&format!("How good is {}? ({})", names.join(", "), found.source))
    )?;
    top(out, found)?;
    out.write_all(b"<main>\n")?;
    if all.pipelines.len() > 1 {
        table::side_by_side(out, found)?;
    }
    for (at, own) in all.pipelines.iter().enumerate() {
        one(out, found, at, own)?;
    }
    out.write_all(b"</main>\n")?;
    foot(out, found)?;
    out.write_all(b"</body>\n</html>\n")
}

fn top(out: &mut dyn Write, found: &FileEvaluation) -> Result<()> {
    let all = &found.evaluation;
    let Some(first) = all.pipelines.first() else { return Ok(()) };
    let kicker = [first.pipeline.name.clone(), found.source.clone(), format!("as of {}", found.as_of)];
    let times = (first.measures.auc.value * 100.0).round();
    write!(
        out,
        "<header class=\"top\">\n<p class=\"kicker\">{}</p>\n\
         <h1>Of a won and a lost lead, the score puts the won one first {times:.0} times out of 100</h1>\n",
        Escaped(&kicker.join(" · "))
    )?;
    if !found.worthless.is_empty() {
        out.write_all(b"<div class=\"worthless\" role=\"alert\"><h2>These measures are worthless</h2><ul>")?;
        for reason in &found.worthless {
            write!(out, "<li>{}</li>", Escaped(&capital(reason)))?;
        }
        out.write_all(b"</ul><p>Do not act on them.</p></div>\n")?;
    }
    let quoted =
        |values: &[String]| values.iter().map(|own| format!("“{own}”")).collect::<Vec<_>>().join(" or ");
    let mut said = format!(
        "Measured on {}, of which {} were won ({}): those with {} in the column “{}”. By chance it would be 50 times out of 100.",
        counted(all.leads as u64, "lead", "leads"),
        count(all.won as u64),
        share(all.base_rate),
        quoted(&found.target.won),
        found.target.column
    );
    let mut left_out = Vec::new();
    if found.without_outcome > 0 {
        left_out.push(format!("{} without an outcome", counted(found.without_outcome, "lead", "leads")));
    }
    if found.rejected > 0 {
        left_out.push(format!("{} that could not be used", counted(found.rejected, "row", "rows")));
    }
    if !left_out.is_empty() {
        said += &format!(" Left out: {}.", left_out.join(", "));
    }
    writeln!(out, "<p>{}</p>\n</header>", Escaped(&said))
}

/// One pipeline, from its figures to its card.
fn one(out: &mut dyn Write, found: &FileEvaluation, at: usize, own: &PipelineEvaluation) -> Result<()> {
    out.write_all(b"<section class=\"of\">\n")?;
    if found.evaluation.pipelines.len() > 1 {
        writeln!(out, "<h2 class=\"who\">{}</h2>", Escaped(&own.pipeline.name))?;
    }
    figures(out, found, own)?;
    curves(out, found, at, own)?;
    table::top_leads(out, own)?;
    table::tiers(out, own)?;
    features(out, own)?;
    for segment in &own.segments {
        table::segment(out, segment)?;
    }
    table::measures(out, found, own)?;
    card(out, own)?;
    out.write_all(b"</section>\n")
}

/// The figures that matter most.
fn figures(out: &mut dyn Write, found: &FileEvaluation, own: &PipelineEvaluation) -> Result<()> {
    let mut shown =
        vec![("AUC".to_owned(), measure(own.measures.auc.value), range(own.measures.auc, measure))];
    if let Some(top) = own.top.first() {
        let name = format!("won among the best {}", top.top);
        let besides =
            format!("{:.1} times the {} of all leads", top.lift.value, share(found.evaluation.base_rate));
        shown.push((name, share(top.conversion.value), besides));
        let name = format!("of all won leads are among the best {}", top.top);
        shown.push((name, share(top.capture.value), range(top.capture, share)));
    }
    if let Some(error) = &own.measures.calibration_error {
        let perfect = error.perfect_95.map(|own| format!("chance alone makes up to {}", share(own)));
        let name = "probabilities are off by, on average".to_owned();
        shown.push((name, share(error.value), perfect.unwrap_or_default()));
    } else {
        let name = "largest distance of won and lost (KS)".to_owned();
        shown.push((name, measure(own.measures.ks.value), range(own.measures.ks, measure)));
    }
    out.write_all(b"<ul class=\"figures\">\n")?;
    for (name, value, besides) in shown {
        writeln!(
            out,
            "<li><b>{}</b><span>{}</span><small>{}</small></li>",
            Escaped(&value),
            Escaped(&name),
            Escaped(&besides)
        )?;
    }
    out.write_all(b"</ul>\n")
}

fn curves(out: &mut dyn Write, found: &FileEvaluation, at: usize, own: &PipelineEvaluation) -> Result<()> {
    let first = found.evaluation.pipelines.first().filter(|_| at > 0);
    let beside = first.map(|own| format!(" Grey: {}.", own.pipeline.name)).unwrap_or_default();
    out.write_all(b"<h2>How well it tells won from lost</h2>\n<div class=\"charts\">\n")?;
    let gain = chart::curve(
        "Gain: share of all won leads among the best leads",
        ["Best leads worked on", "Of all won leads"],
        &own.gain,
        first.map(|own| own.gain.as_slice()),
    );
    let text = format!(
        "Work through the list from the top: so many of all won leads are reached. Dashed: in any order.{beside}"
    );
    figure(out, "Gain", &gain, &text)?;
    let roc = chart::curve(
        "ROC curve: won and lost leads above each score",
        ["Lost leads above a score", "Won leads above it"],
        &own.roc,
        first.map(|own| own.roc.as_slice()),
    );
    let text =
        format!("The further up and left, the better; the area below it is the AUC. Dashed: chance.{beside}");
    figure(out, "ROC", &roc, &text)?;
    let text = "Won leads in green, lost ones on top of them in grey. The less they overlap, the better.";
    figure(out, "Scores", &chart::histogram(&own.histogram), text)?;
    if own.reliability.is_empty() {
        if let Some(why) = &own.without_probability {
            writeln!(out, "<p class=\"fine\">{}.</p>", Escaped(&capital(why)))?;
        }
    } else {
        let text = "Each point is a group of leads of like probability; on the dashed line as many are won as it says. Within \
                    the vertical lines chance explains the distance.";
        figure(out, "Are the probabilities right?", &chart::reliability(&own.reliability), text)?;
    }
    out.write_all(b"</div>\n")
}

fn figure(out: &mut dyn Write, title: &str, svg: &str, text: &str) -> Result<()> {
    let text = Escaped(text);
    writeln!(out, "<figure><h3>{}</h3>{svg}<figcaption>{text}</figcaption></figure>", Escaped(title))
}

/// What moves the score, and how.
fn features(out: &mut dyn Write, own: &PipelineEvaluation) -> Result<()> {
    const SHOWN: usize = 15;
    let Some(most) = own.features.first().map(|own| own.mean_points) else { return Ok(()) };
    writeln!(
        out,
        "<h2>What moves the score</h2>\n<p class=\"fine\">Mean points of each, up or down, over {}.</p>\n<ol class=\"moves\">",
        counted(own.explained as u64, "lead", "leads")
    )?;
    for feature in own.features.iter().take(SHOWN) {
        writeln!(
            out,
            "<li><span>{}</span><span class=\"bar t2\"><i style=\"width:{:.1}%\"></i></span><b>{:.1}</b></li>",
            Escaped(&capital(&feature.label)),
            100.0 * feature.mean_points / most,
            feature.mean_points
        )?;
    }
    out.write_all(b"</ol>\n")?;
    if own.features.len() > SHOWN {
        let more = counted((own.features.len() - SHOWN) as u64, "more moves", "more move");
        writeln!(out, "<p class=\"fine\">{more} it less.</p>")?;
    }
    if own.dependence.is_empty() {
        return Ok(());
    }
    out.write_all(b"<h2>How it hangs on the values</h2>\n<div class=\"charts three\">\n")?;
    for one in &own.dependence {
        let beside = chart::beside(one);
        let beside = if beside.is_empty() { String::new() } else { format!("{}.", capital(&beside)) };
        figure(out, &capital(&one.label), &chart::dependence(one), &beside)?;
    }
    out.write_all(b"</div>\n")
}

/// Which pipeline it is, and where its model comes from.
fn card(out: &mut dyn Write, own: &PipelineEvaluation) -> Result<()> {
    let pipeline = &own.pipeline;
    let mut lines = vec![("Pipeline", pipeline.id.clone())];
    lines.extend(pipeline.version.clone().map(|version| ("Version", version)));
    lines.push(("Content hash", pipeline.content_hash.clone()));
    if let Some(basis) = pipeline.basis {
        let basis = format!("{basis:?}").to_lowercase();
        lines.push((
            "Probabilities rest on",
            if basis == "rules" { "hand-set rules, not outcomes".to_owned() } else { basis },
        ));
    }
    if let Some(model) = &pipeline.model {
        lines.push(("Model", model.name.clone()));
        lines.extend(model.version.clone().map(|version| ("Model version", version)));
        lines.push(("Kind of model", model.model_type.clone()));
        lines.extend(model.training_date.clone().map(|date| ("Trained on", date)));
        if model.is_stub {
            lines.push((
                "Stand-in",
                "trained on made-up leads until there is one that learned from yours".to_owned(),
            ));
        }
    }
    lines.extend(pipeline.note.clone().map(|note| ("Note", note)));
    out.write_all(b"<h2>Model card</h2>\n<dl class=\"card\">\n")?;
    for (name, value) in lines {
        writeln!(out, "<dt>{}</dt><dd>{}</dd>", Escaped(name), Escaped(&value))?;
    }
    out.write_all(b"</dl>\n")
}

fn foot(out: &mut dyn Write, found: &FileEvaluation) -> Result<()> {
    out.write_all(b"<footer class=\"foot\">\n")?;
    if !found.notes.is_empty() {
        out.write_all(b"<div class=\"notes\"><h2 class=\"minor\">Worth knowing</h2><ul>")?;
        for note in &found.notes {
            write!(out, "<li>{}</li>", Escaped(&capital(note)))?;
        }
        out.write_all(b"</ul></div>\n")?;
    }
    let draws = match found.evaluation.draws {
        0 => String::new(),
        draws => format!(
            "Ranges hold 95 of 100 of {} draws of the leads with replacement (seed {}); those of shares of tiers and segments are \
             Wilson’s. ",
            count(draws as u64),
            found.evaluation.seed
        ),
    };
    writeln!(out, "<p class=\"fine\">{draws}Made by leadscore {}.</p>\n</footer>", found.library)
}

/// The interval of a measure, in words.
fn range(own: Measured, show: fn(f64) -> String) -> String {
    own.interval.map_or_else(String::new, |own| format!("between {} and {}", show(own.low), show(own.high)))
}
