//! What pipelines are worth, on a terminal.

use std::io::{Result, Write};

use leadscore::evaluate::{Measured, PipelineEvaluation, SegmentOutcome, TierOutcome};
use leadscore_files::FileEvaluation;
use leadscore_files::wording::{count, counted, measure, minus, share};
use unicode_width::UnicodeWidthStr;

use crate::terminal::{Look, bar, cut, fit};

const BAR: usize = 20;
/// The most features that are named.
const FEATURES: usize = 10;
/// The width of a number with its interval.
const INTERVAL: usize = 15;

/// Writes the measures: side by side where there are several pipelines, and then one pipeline after the other.
pub(crate) fn write(out: &mut dyn Write, found: &FileEvaluation, look: Look) -> Result<()> {
    let all = &found.evaluation;
    for reason in &found.worthless {
        writeln!(out, "WORTHLESS: {reason}")?;
    }
    let target = &found.target;
    let said = format!(
        "{} of {}, {} won ({}): {} is {}",
        counted(all.leads as u64, "lead", "leads"),
        found.source,
        count(all.won as u64),
        share(all.base_rate),
        target.column,
        target.won.join(" or "),
    );
    writeln!(out, "{}", look.bold(&cut(&said, look.width)))?;
    let mut left_out = Vec::new();
    if found.without_outcome > 0 {
        left_out.push(format!("{} without an outcome", counted(found.without_outcome, "lead", "leads")));
    }
    if found.rejected > 0 {
        left_out.push(format!("{} rejected", counted(found.rejected, "row", "rows")));
    }
    let left_out =
        if left_out.is_empty() { String::new() } else { format!("; left out: {}", left_out.join(", ")) };
    let said = match all.draws {
        0 => format!("As of {}{left_out}", found.as_of),
        draws => format!(
            "As of {}{left_out}; ranges hold 95 of 100 of {} draws of the leads",
            found.as_of,
            count(draws as u64)
        ),
    };
    writeln!(out, "{}", look.dim(&cut(&said, look.width)))?;
    if all.pipelines.len() > 1 {
        side_by_side(out, found, look)?;
    }
    for own in &all.pipelines {
        writeln!(out)?;
        one(out, found, own, look)?;
    }
    Ok(())
}

/// One row for each pipeline.
fn side_by_side(out: &mut dyn Write, found: &FileEvaluation, look: Look) -> Result<()> {
    let all = &found.evaluation.pipelines;
    let wide = all.iter().map(|own| own.pipeline.id.width()).max().unwrap_or(0).clamp(8, 30);
    let first_top = all[0].top.first();
    let top = first_top.map(|own| format!("won of best {}", own.top)).unwrap_or_default();
    let head = format!(
        "{}  {:>6}  {}  {}  {:>8}  {:>8}  {top}",
        fit("Pipeline", wide),
        "AUC",
        fit("range", INTERVAL),
        fit(&format!("less {}", all[0].pipeline.id), 24),
        "av.prec.",
        "log loss",
    );
    writeln!(out, "\n{}", look.dim(&cut(&head, look.width)))?;
    for own in all {
        let measures = &own.measures;
        let less = own.difference.as_ref().map_or_else(String::new, |own| signed(own.auc));
        let line = format!(
            "{}  {:>6}  {}  {}  {:>8}  {:>8}  {}",
            fit(&own.pipeline.id, wide),
            measure(measures.auc.value),
            fit(&range(measures.auc), INTERVAL),
            fit(&less, 24),
            measure(measures.average_precision.value),
            measures.log_loss.map_or_else(|| "–".to_owned(), |own| measure(own.value)),
            own.top.first().map(|own| share(own.conversion.value)).unwrap_or_default(),
        );
        writeln!(out, "{}", cut(line.trim_end(), look.width))?;
    }
    Ok(())
}

fn one(out: &mut dyn Write, found: &FileEvaluation, own: &PipelineEvaluation, look: Look) -> Result<()> {
    let heading = format!("{} ({})", own.pipeline.name, own.pipeline.id);
    writeln!(out, "{}", look.bold(&cut(&heading, look.width)))?;
    measures(out, found, own, look)?;
    if !own.top.is_empty() {
        let head = format!(
            "  {}  {:>7}  {:>9}  {:>16}",
            fit("The best leads", 26),
            "won",
            "times all",
            "of all won leads"
        );
        writeln!(out, "\n{}", look.dim(&head))?;
        for top in &own.top {
            let (name, leads) = (top.top.to_string(), counted(top.leads as u64, "lead", "leads"));
            // A number of leads says itself how many there are.
            let name = if name.ends_with('%') { format!("{name} ({leads})") } else { leads };
            writeln!(
                out,
                "  {}  {:>7}  {:>9}  {:>16}",
                fit(&name, 26),
                share(top.conversion.value),
                format!("{:.1}×", top.lift.value),
                share(top.capture.value)
            )?;
        }
    }
    tiers(out, &own.tiers, look)?;
    for segment in &own.segments {
        segments(out, segment, look)?;
    }
    if !own.features.is_empty() {
        let over = format!(
            "What moves the score, in points (mean of {})",
            counted(own.explained as u64, "lead", "leads")
        );
        writeln!(out, "\n  {}", look.dim(&over))?;
        let most = own.features[0].mean_points;
        for feature in own.features.iter().take(FEATURES) {
            let share = bar(feature.mean_points / most, BAR).replace('·', " ");
            writeln!(
                out,
                "  {:>6.1}  {share}  {}",
                feature.mean_points,
                cut(&feature.label, look.width.saturating_sub(32))
            )?;
        }
        if own.features.len() > FEATURES {
            let more = count((own.features.len() - FEATURES) as u64);
            writeln!(out, "  {}", look.dim(&format!("… and {more} more (-f json has them all)")))?;
        }
    }
    Ok(())
}

fn measures(out: &mut dyn Write, found: &FileEvaluation, own: &PipelineEvaluation, look: Look) -> Result<()> {
    let (measures, chance) = (&own.measures, &found.evaluation.chance);
    let mut line = |name: &str, value: Measured, meaning: &str| {
        let room = look.width.saturating_sub(46);
        let meaning = look.dim(&cut(meaning, room));
        let line = format!(
            "  {}  {:>6}  {}  {meaning}",
            fit(name, 17),
            measure(value.value),
            fit(&range(value), INTERVAL)
        );
        writeln!(out, "{}", line.trim_end())
    };
    let times = format!(
        "ranks a won lead above a lost one {:.0} times of 100; chance 50",
        (measures.auc.value * 100.0).round()
    );
    line("AUC", measures.auc, &times)?;
    let by_chance = |value: f64| format!("{} by chance", measure(value));
    line("average precision", measures.average_precision, &by_chance(chance.average_precision))?;
    line("KS", measures.ks, "the largest distance of won and lost leads; 0 by chance")?;
    let lower = |value: f64| format!("lower is better; {} by chance", measure(value));
    if let Some(loss) = measures.log_loss {
        line("log loss", loss, &lower(chance.log_loss))?;
    }
    if let Some(brier) = measures.brier {
        line("Brier score", brier, &lower(chance.brier))?;
    }
    if let Some(error) = &measures.calibration_error {
        let meaning = error.perfect_95.map_or_else(String::new, |perfect| {
            format!("probabilities are off by this; perfect ones stay below {}", measure(perfect))
        });
        line("calibration error", Measured::alone(error.value), &meaning)?;
    }
    if let Some(why) = &own.without_probability {
        writeln!(out, "  {}", look.dim(&cut(why, look.width.saturating_sub(2))))?;
    }
    if own.ruled_out > 0 {
        let said = format!(
            "{} ruled out, with the lowest score",
            counted(own.ruled_out as u64, "lead is", "leads are")
        );
        writeln!(out, "  {}", look.dim(&said))?;
    }
    Ok(())
}

fn tiers(out: &mut dyn Write, tiers: &[TierOutcome], look: Look) -> Result<()> {
    let name = |tier: &TierOutcome| tier.tier.clone().unwrap_or_else(|| "without a tier".to_owned());
    let wide = tiers.iter().map(|tier| name(tier).width()).max().unwrap_or(0).max(4);
    let head = format!("  {}  {:>9}  {:>7}  {:>7}", fit("Tier", wide), "leads", "won", "share");
    writeln!(out, "\n{}", look.dim(&head))?;
    for (place, tier) in tiers.iter().enumerate() {
        let conversion = tier.conversion.map_or_else(|| "–".to_owned(), |own| share(own.value));
        let shown = bar(tier.conversion.map_or(0.0, |own| own.value), BAR).replace('·', " ");
        let line = format!(
            "  {}  {:>9}  {:>7}  {conversion:>7}  {}",
            look.tier(&fit(&name(tier), wide), place, tiers.len()),
            count(tier.leads as u64),
            count(tier.won as u64),
            look.tier(&shown, place, tiers.len()),
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn segments(out: &mut dyn Write, segment: &SegmentOutcome, look: Look) -> Result<()> {
    let head =
        format!("  {}  {:>9}  {:>7}  {:>7}  {:>6}", fit(&segment.column, 30), "leads", "won", "share", "AUC");
    writeln!(out, "\n{}", look.dim(&head))?;
    for group in &segment.groups {
        let auc = group.auc.map_or_else(|| "–".to_owned(), |own| measure(own.value));
        let range = group.auc.map(range).unwrap_or_default();
        let line = format!(
            "  {}  {:>9}  {:>7}  {:>7}  {auc:>6}  {range}",
            fit(group.value.as_deref().unwrap_or("(empty)"), 30),
            count(group.leads as u64),
            count(group.won as u64),
            share(group.conversion.value),
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    if segment.more > 0 {
        let said = format!("{} not shown", counted(segment.more as u64, "more value is", "more values are"));
        writeln!(out, "  {}", look.dim(&said))?;
    }
    Ok(())
}

/// The interval of a measure: `0.803–0.821`.
fn range(own: Measured) -> String {
    own.interval.map_or_else(String::new, |own| format!("{}–{}", measure(own.low), measure(own.high)))
}

/// A difference with its interval: `−0.022 (−0.030 … −0.014)`.
fn signed(own: Measured) -> String {
    let text = |value: f64| if value < 0.0 { minus(&measure(value)) } else { format!("+{}", measure(value)) };
    let range = own.interval.map(|own| format!(" ({} … {})", text(own.low), text(own.high)));
    format!("{}{}", text(own.value), range.unwrap_or_default())
}
