//! The ranked table for the terminal.

use std::io::Write;

use leadscore::Pipeline;
use leadscore_files::report::{CapacityReport, RankedLead, Report};
use leadscore_files::wording::{count, counted, points};
use unicode_width::UnicodeWidthStr;

use crate::terminal::{Look, bar, cut, fit};

const BAR: usize = 10;
/// The width of what is said of the capacity.
const STANDING: usize = 5;
/// The most width of the group beside it.
const GROUP: usize = 16;

/// Writes the best leads, each with its reasons beneath it, and the tiers below.
pub(crate) fn write(
    out: &mut dyn Write,
    pipeline: &Pipeline,
    report: &Report,
    look: Look,
) -> std::io::Result<()> {
    let ranked = &report.leads;
    let tiers: Vec<&str> = pipeline.tiers().tiers().iter().map(leadscore::Tier::name).collect();
    let tier_width = tiers.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(4);
    let rank_width = ranked.len().to_string().len().max(2);
    let standings = Standings::of(report);
    let in_width = standings.heading().width();
    let fixed = rank_width + 2 + 2 + BAR + 1 + 5 + 2 + tier_width + 2 + in_width;
    let action_longest =
        ranked.iter().filter_map(|r| r.prediction.action.as_ref()).map(|a| a.chars().count()).max();
    let action_width = if look.width >= 90 { action_longest.unwrap_or(0).min(42) } else { 0 };
    let name_width = look.width.saturating_sub(fixed + action_width).clamp(16, 52);
    let heading = format!(
        "{:>rank_width$}  {}  {}  {}{}  {}",
        "#",
        fit("Lead", name_width),
        fit("Score", BAR + 6),
        standings.heading(),
        fit("Tier", tier_width),
        if action_width > 0 { "Next" } else { "" }
    );
    writeln!(out)?;
    writeln!(out, "{}", look.bold(&cut(&heading, look.width)))?;
    for lead in ranked {
        let tier = lead.prediction.tier.as_deref().unwrap_or("–");
        let place = tiers.iter().position(|name| *name == tier).unwrap_or(tiers.len());
        let score = format!("{} {:>5}", bar(lead.prediction.score / 100.0, BAR), lead.score);
        writeln!(
            out,
            "{:>rank_width$}  {}  {}  {}{}  {}",
            lead.rank,
            look.bold(&fit(&lead.name, name_width)),
            look.tier(&score, place, tiers.len()),
            standings.cell(lead),
            look.tier(&fit(tier, tier_width), place, tiers.len()),
            if action_width > 0 {
                cut(lead.prediction.action.as_deref().unwrap_or_default(), action_width)
            } else {
                String::new()
            }
        )?;
        let indent = " ".repeat(rank_width + 2);
        for line in reasons(lead, look, look.width.saturating_sub(rank_width + 2)) {
            writeln!(out, "{indent}{line}")?;
        }
        if action_width == 0
            && let Some(action) = &lead.prediction.action
        {
            writeln!(out, "{indent}→ {}", cut(action, look.width.saturating_sub(rank_width + 4)))?;
        }
    }
    foot(out, pipeline, report, look, &tiers)
}

/// The column that says who is within the capacity, where there is one.
struct Standings<'a> {
    column: Option<&'a str>,
    group_width: usize,
    is_there: bool,
}

impl<'a> Standings<'a> {
    fn of(report: &'a Report) -> Standings<'a> {
        let column = report.capacity.as_ref().and_then(|capacity| capacity.column.as_deref());
        let groups = report.leads.iter().filter_map(|lead| lead.group.as_deref());
        let widest = groups.chain(column).map(UnicodeWidthStr::width).max().unwrap_or(0);
        Standings { column, group_width: widest.min(GROUP), is_there: report.capacity.is_some() }
    }

    fn heading(&self) -> String {
        self.with_group("In", self.column.unwrap_or_default())
    }

    /// Whether a lead is in; `=` where leads with its score are on both sides of the cut.
    fn cell(&self, lead: &RankedLead) -> String {
        let standing = match lead.standing.map(|own| (own.within, own.tied)) {
            Some((true, false)) => "yes",
            Some((true, true)) => "yes =",
            Some((false, false)) => "no",
            Some((false, true)) => "no =",
            None => "",
        };
        self.with_group(standing, lead.group.as_deref().unwrap_or("–"))
    }

    fn with_group(&self, standing: &str, group: &str) -> String {
        match (self.is_there, self.column) {
            (false, _) => String::new(),
            (true, None) => format!("{}  ", fit(standing, STANDING)),
            (true, Some(_)) => format!("{}  {}  ", fit(standing, STANDING), fit(group, self.group_width)),
        }
    }
}

/// The top reasons, as many to a line as fit.
fn reasons(lead: &RankedLead, look: Look, width: usize) -> Vec<String> {
    if let Some(why) = &lead.prediction.disqualified {
        return vec![look.dim(&cut(&format!("Ruled out: {why}"), width))];
    }
    let mut lines: Vec<(String, usize)> = Vec::new();
    for reason in &lead.prediction.explanation.reasons {
        let plain = cut(&format!("{} {}", points(reason.points), reason.text), width);
        let wide = plain.width();
        let (number, text) = plain.split_once(' ').unwrap_or((&plain, ""));
        let painted = format!("{} {}", look.signed(number, reason.points), look.dim(text));
        match lines.last_mut() {
            Some((line, used)) if *used + 3 + wide <= width => {
                line.push_str(&look.dim(" · "));
                line.push_str(&painted);
                *used += 3 + wide;
            }
            _ => lines.push((painted, wide)),
        }
    }
    lines.into_iter().map(|(line, _)| line).collect()
}

fn foot(
    out: &mut dyn Write,
    pipeline: &Pipeline,
    report: &Report,
    look: Look,
    tiers: &[&str],
) -> std::io::Result<()> {
    writeln!(out)?;
    let most = report.tiers.iter().map(|tier| tier.lead_count).max().unwrap_or(1).max(1);
    let wide = tiers.iter().map(|name| name.chars().count()).max().unwrap_or(4);
    let number = count(most).len();
    for (place, tier) in report.tiers.iter().enumerate() {
        let line = format!("{}  {:>number$}", fit(&tier.name, wide), count(tier.lead_count));
        let share = bar(tier.lead_count as f64 / most as f64, 24).replace('·', " ");
        let painted = look.tier(&format!("{line}  {share}"), place, tiers.len());
        let room = look.width.saturating_sub(wide + number + 30);
        writeln!(out, "  {painted}  {}", look.dim(&cut(&tier.action, room)))?;
    }
    writeln!(out)?;
    let mut said = format!("{} scored", counted(report.scored_count, "lead", "leads"));
    if report.rejected_count > 0 {
        said += &format!(", {} rejected", counted(report.rejected_count, "row", "rows"));
    }
    let shown = report.leads.len() as u64;
    if let Some(capacity) = &report.capacity {
        said += &format!(", {}", capacity.headline());
    }
    let are_in = |lead: &RankedLead| lead.standing.is_some_and(|standing| standing.within);
    let within = report.capacity.as_ref().map(CapacityReport::within_count);
    if within == Some(shown) && report.leads.iter().all(are_in) {
        said += "; those are shown";
    } else if shown < report.scored_count {
        said += &format!("; the best {} shown", count(shown));
    }
    let line = format!("{said}. {} ({}) as of {}.", pipeline.name(), pipeline.id(), report.as_of);
    writeln!(out, "{}", look.dim(&line))?;
    for reason in &report.worthless {
        writeln!(out, "WORTHLESS: {reason}")?;
    }
    out.flush()?;
    Ok(())
}
