//! The sum behind one score, line by line.

use std::io::Write;

use leadscore::{Contribution, ContributionKind, EstimateValue, Prediction, TierScheme};
use leadscore_files::report::says_the_same;
use leadscore_files::wording::{one_decimal, points};

use crate::failure::Failure;
use crate::terminal::{Look, cut, fit};

/// What a lead is called, and its id where that is something else.
pub(crate) fn heading(title: &str, id: &str, look: Look) -> String {
    if title == id { look.bold(title) } else { format!("{}  {}", look.bold(title), look.dim(id)) }
}

/// Writes baseline, every contribution, limits, rest and the score, and then estimates and advice.
pub(crate) fn write(
    out: &mut dyn Write,
    title: &str,
    prediction: &Prediction,
    tiers: &TierScheme,
    look: Look,
) -> Result<(), Failure> {
    let score = tiers.shown_score(prediction.score);
    let explanation = &prediction.explanation;
    let tier = prediction.tier.as_deref().unwrap_or("no tier");
    let is_below =
        |action: &&str| prediction.recommendations.iter().any(|own| says_the_same(&own.action, action));
    let action = prediction.action.as_deref().filter(|action| !is_below(action));
    writeln!(out)?;
    writeln!(out, "{}", heading(title, &prediction.lead_id, look))?;
    writeln!(out, "{score} of 100, {tier}. {}", action.unwrap_or_default())?;
    writeln!(out)?;
    let text_width = (look.width / 2).clamp(24, 56);
    let bar_width = look.width.saturating_sub(text_width + 12).clamp(10, 48);
    let Some(baseline) = explanation.baseline else {
        writeln!(out, "This pipeline gives no reasons.")?;
        return write_rest(out, prediction, look);
    };
    let steps = steps(&explanation.contributions);
    let mut running = baseline;
    // The ends of the picture: everything the running sum passes.
    let (mut low, mut high) = (running.min(0.0), running.max(prediction.score));
    for step in &steps {
        running += step.points;
        low = low.min(running);
        high = high.max(running);
    }
    let place = |value: f64| ((value - low) / (high - low).max(1e-9) * bar_width as f64).round() as usize;
    running = baseline;
    let mark = format!("{}▏", " ".repeat(place(running).min(bar_width - 1)));
    writeln!(
        out,
        "{}{:>8}  {}",
        fit("Every lead starts at", text_width),
        one_decimal(running),
        look.dim(&mark)
    )?;
    for step in &steps {
        let next = running + step.points;
        let (from, to) = (place(running.min(next)), place(running.max(next)));
        let piece = if step.is_limit { "░" } else { "█" };
        let bar = format!("{}{}", " ".repeat(from), piece.repeat((to - from).max(1)));
        writeln!(
            out,
            "{}{:>8}  {}",
            fit(&step.text, text_width),
            points(step.points),
            look.signed(&bar, step.points)
        )?;
        running = next;
    }
    if explanation.rest.abs() >= 0.05 {
        writeln!(out, "{}{:>8}", fit("Rounding", text_width), points(explanation.rest))?;
    }
    let bar = "█".repeat(place(prediction.score).max(1));
    writeln!(out, "{}", look.dim(&"─".repeat(text_width + 8)))?;
    writeln!(out, "{}{:>8}  {}", look.bold(&fit("Score", text_width)), score, look.bold(&bar))?;
    write_rest(out, prediction, look)
}

/// One line of the picture.
struct Step {
    text: String,
    points: f64,
    is_limit: bool,
}

/// The most features of a model that are shown by themselves.
const MOST_FEATURES: usize = 15;

/// The lines in order: rules in file order, a model's features by absolute points, the smallest combined.
fn steps(contributions: &[Contribution]) -> Vec<Step> {
    let is_feature = |c: &&Contribution| c.kind == ContributionKind::Feature;
    let mut features: Vec<&Contribution> = contributions.iter().filter(is_feature).collect();
    features.sort_by(|a, b| b.points.abs().total_cmp(&a.points.abs()));
    let shown = if features.len() > MOST_FEATURES + 1 { MOST_FEATURES } else { features.len() };
    let step = |c: &Contribution| Step {
        text: match c.kind {
            ContributionKind::Model => format!("Model: {}", c.text),
            _ => c.text.to_string(),
        },
        points: c.points,
        is_limit: c.kind == ContributionKind::Limit,
    };
    let mut steps: Vec<Step> = features[..shown].iter().map(|c| step(c)).collect();
    if let [_, ..] = &features[shown..] {
        let points = features[shown..].iter().map(|c| c.points).sum();
        let text = format!("{} other features", features.len() - shown);
        steps.push(Step { text, points, is_limit: false });
    }
    steps.extend(contributions.iter().filter(|c| !is_feature(c)).map(step));
    steps
}

fn write_rest(out: &mut dyn Write, prediction: &Prediction, look: Look) -> Result<(), Failure> {
    let shown: Vec<String> = prediction
        .estimates
        .iter()
        .filter_map(|estimate| {
            let name = estimate.label.clone().unwrap_or_else(|| estimate.name.replace('_', " "));
            let interval = estimate
                .interval
                .map(|ends| format!(" ({} to {})", number(ends.low), number(ends.high)))
                .unwrap_or_default();
            match &estimate.value {
                EstimateValue::Number(value) => Some(format!("{name} {}{interval}", number(*value))),
                EstimateValue::Level(level) => Some(format!("{name} {level}")),
                _ => None,
            }
        })
        .collect();
    if !shown.is_empty() {
        writeln!(out, "\n{}", look.bold("Estimates"))?;
        for line in shown {
            writeln!(out, "  {line}")?;
        }
    }
    if !prediction.recommendations.is_empty() {
        writeln!(out, "\n{}", look.bold("Do next"))?;
        for next in &prediction.recommendations {
            writeln!(out, "  {}: {} ({})", next.timeframe, next.action, next.rationale)?;
        }
    }
    if !prediction.risks.is_empty() {
        writeln!(out, "\n{}", look.bold("Keep in mind"))?;
        for risk in &prediction.risks {
            writeln!(out, "  {}: {}", risk.factor, risk.text)?;
        }
    }
    if !prediction.missing.is_empty() {
        let labels: Vec<&str> = prediction.missing.iter().map(|missing| missing.label.as_str()).collect();
        let line = format!(
            "{} % of the features known. Not known: {}",
            (prediction.completeness * 100.0).round(),
            labels.join(", ")
        );
        writeln!(out, "\n{}", look.dim(&cut(&line, look.width * 2)))?;
    }
    for warning in &prediction.warnings {
        writeln!(out, "{}", look.dim(&warning.to_string()))?;
    }
    out.flush()?;
    Ok(())
}

/// A number with up to two decimals.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
