//! The tables of the page.

use std::io::{Result, Write};

use leadscore::evaluate::{Measured, PipelineEvaluation, SegmentOutcome};

use super::super::html::colour;
use super::super::{Escaped, capital};
use super::FileEvaluation;
use crate::wording::{count, counted, measure, minus, share};

/// All pipelines, one in each row.
pub(super) fn side_by_side(out: &mut dyn Write, found: &FileEvaluation) -> Result<()> {
    let all = &found.evaluation.pipelines;
    let top = all[0].top.first().map(|own| own.top.to_string());
    out.write_all(
        b"<h2>Side by side</h2>\n<div class=\"wide\"><table class=\"grid\">\n<thead><tr><th>Pipeline</th><th class=\"n\">AUC</th>",
    )?;
    writeln!(
        out,
        "<th class=\"n\">Difference to {}</th><th class=\"n\">Average precision</th><th class=\"n\">Log loss</th>\
         <th class=\"n\">{}</th></tr></thead>\n<tbody>",
        Escaped(&all[0].pipeline.name),
        Escaped(&top.map(|top| format!("Won of best {top}")).unwrap_or_default())
    )?;
    for own in all {
        let measures = &own.measures;
        let less = own.difference.as_ref().map_or_else(String::new, |own| difference(own.auc));
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\"><b>{}</b> <small>{}</small></td><td class=\"n\">{less}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            Escaped(&own.pipeline.name),
            measure(measures.auc.value),
            range(measures.auc, measure),
            measure(measures.average_precision.value),
            measures.log_loss.map_or_else(|| "–".to_owned(), |own| measure(own.value)),
            own.top.first().map(|own| share(own.conversion.value)).unwrap_or_default()
        )?;
    }
    out.write_all(
        b"</tbody>\n</table></div>\n<p class=\"fine\">A difference whose range holds 0 may be chance; the same leads are drawn \
          for both.</p>\n",
    )
}

/// What the best leads are worth.
pub(super) fn top_leads(out: &mut dyn Write, own: &PipelineEvaluation) -> Result<()> {
    if own.top.is_empty() {
        return Ok(());
    }
    out.write_all(
        b"<h2>What the best leads are worth</h2>\n<div class=\"wide\"><table class=\"grid\">\n<thead><tr><th>The best</th>\
          <th class=\"n\">Leads</th><th class=\"n\">Won</th><th class=\"n\">Times all leads</th>\
          <th class=\"n\">Of all won leads</th></tr></thead>\n<tbody>\n",
    )?;
    for top in &own.top {
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\"><b>{}</b> <small>{}</small></td>\
             <td class=\"n\">{:.1}×</td><td class=\"n\">{} <small>{}</small></td></tr>",
            top.top,
            count(top.leads as u64),
            share(top.conversion.value),
            range(top.conversion, share),
            top.lift.value,
            share(top.capture.value),
            range(top.capture, share)
        )?;
    }
    out.write_all(b"</tbody>\n</table></div>\n")
}

/// How many leads of each tier were won.
pub(super) fn tiers(out: &mut dyn Write, own: &PipelineEvaluation) -> Result<()> {
    out.write_all(
        b"<h2>What the tiers are worth</h2>\n<div class=\"wide\"><table class=\"grid\">\n<thead><tr><th>Tier</th>\
          <th class=\"n\">Leads</th><th class=\"n\">Won</th><th class=\"n\">Share</th><th>Share won, and its range</th></tr></thead>\n\
          <tbody>\n",
    )?;
    for (at, tier) in own.tiers.iter().enumerate() {
        let class = if tier.tier.is_some() { colour(at, own.tiers.len()) } else { "tx" };
        let value = tier.conversion.map_or_else(|| "–".to_owned(), |own| share(own.value));
        write!(
            out,
            "<tr><th scope=\"row\"><span class=\"tier {class}\">{}</span></th><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\"><b>{value}</b></td><td class=\"track {class}\">",
            Escaped(tier.tier.as_deref().unwrap_or("without a tier")),
            count(tier.leads as u64),
            count(tier.won as u64)
        )?;
        bar(out, tier.conversion)?;
        out.write_all(b"</td></tr>\n")?;
    }
    out.write_all(b"</tbody>\n</table></div>\n")
}

/// The leads divided by a column.
pub(super) fn segment(out: &mut dyn Write, own: &SegmentOutcome) -> Result<()> {
    writeln!(
        out,
        "<h2>By {}</h2>\n<div class=\"wide\"><table class=\"grid\">\n<thead><tr><th>{}</th><th class=\"n\">Leads</th>\
         <th class=\"n\">Won</th><th>Share won, and its range</th><th class=\"n\">Mean score</th><th class=\"n\">AUC within</th></tr>\
         </thead>\n<tbody>",
        Escaped(&own.column),
        Escaped(&capital(&own.column))
    )?;
    for group in &own.groups {
        let auc = group.auc.map_or_else(|| "–".to_owned(), |own| measure(own.value));
        write!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\"><b>{}</b></td><td class=\"track t2\">",
            Escaped(group.value.as_deref().unwrap_or("(empty)")),
            count(group.leads as u64),
            share(group.conversion.value)
        )?;
        bar(out, Some(group.conversion))?;
        writeln!(
            out,
            "</td><td class=\"n\">{:.1}</td><td class=\"n\">{auc} <small>{}</small></td></tr>",
            group.mean_score,
            group.auc.map(|own| range(own, measure)).unwrap_or_default()
        )?;
    }
    out.write_all(b"</tbody>\n</table></div>\n")?;
    if own.more > 0 {
        let more = counted(own.more as u64, "more value is", "more values are");
        writeln!(out, "<p class=\"fine\">{more} not shown.</p>")?;
    }
    Ok(())
}

/// Every measure with what it means.
pub(super) fn measures(out: &mut dyn Write, found: &FileEvaluation, own: &PipelineEvaluation) -> Result<()> {
    let (measures, chance) = (&own.measures, &found.evaluation.chance);
    let mut rows = vec![
        (
            "AUC",
            Some(measures.auc),
            Some(0.5),
            "How often a won lead is ranked above a lost one. 1 is perfect.",
        ),
        (
            "Average precision",
            Some(measures.average_precision),
            Some(chance.average_precision),
            "The share of won leads down the list, averaged over the won ones. 1 is perfect.",
        ),
        (
            "Kolmogorov–Smirnov",
            Some(measures.ks),
            Some(0.0),
            "The largest distance between the shares of won and of lost leads above a score. 1 is perfect.",
        ),
        (
            "Log loss",
            measures.log_loss,
            Some(chance.log_loss),
            "How wrong probabilities are; sure mistakes cost most. 0 is perfect.",
        ),
        (
            "Brier score",
            measures.brier,
            Some(chance.brier),
            "The squared distance of probability and outcome. 0 is perfect.",
        ),
    ];
    if let Some(error) = &measures.calibration_error {
        let meaning = "How far probabilities are from the shares that were won; under “by chance” what perfect ones stay below \
                       in 95 of 100 cases.";
        rows.push(("Calibration error", Some(Measured::alone(error.value)), error.perfect_95, meaning));
    }
    out.write_all(
        b"<h2>All measures</h2>\n<div class=\"wide\"><table class=\"grid\">\n<thead><tr><th>Measure</th><th class=\"n\">Value</th>\
          <th class=\"n\">Range</th><th class=\"n\">By chance</th><th>Meaning</th></tr></thead>\n<tbody>\n",
    )?;
    for (name, value, by_chance, meaning) in rows {
        let Some(value) = value else { continue };
        writeln!(
            out,
            "<tr><th scope=\"row\">{name}</th><td class=\"n\"><b>{}</b></td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"why\">{meaning}</td></tr>",
            measure(value.value),
            range(value, measure),
            by_chance.map(measure).unwrap_or_default()
        )?;
    }
    out.write_all(b"</tbody>\n</table></div>\n")
}

/// A share as a bar, with its range as a line.
fn bar(out: &mut dyn Write, own: Option<Measured>) -> Result<()> {
    let Some(own) = own else { return Ok(()) };
    write!(out, "<span class=\"share\"><i style=\"width:{:.1}%\"></i>", own.value * 100.0)?;
    if let Some(range) = own.interval {
        let (left, width) = (range.low * 100.0, (range.high - range.low) * 100.0);
        write!(out, "<u style=\"left:{left:.1}%;width:{width:.1}%\"></u>")?;
    }
    out.write_all(b"</span>")
}

/// The interval of a measure: `0.803–0.821`.
fn range(own: Measured, show: fn(f64) -> String) -> String {
    own.interval.map_or_else(String::new, |own| format!("{}–{}", show(own.low), show(own.high)))
}

/// A difference with its interval.
fn difference(own: Measured) -> String {
    let text = |value: f64| if value < 0.0 { minus(&measure(value)) } else { format!("+{}", measure(value)) };
    let range = own.interval.map(|own| format!(" <small>{} … {}</small>", text(own.low), text(own.high)));
    format!("<b>{}</b>{}", text(own.value), range.unwrap_or_default())
}
