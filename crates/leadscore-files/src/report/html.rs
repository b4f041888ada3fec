//! One self-contained page: who first, why, what to do, and what is not known. Nothing comes from elsewhere; its one
//! script sorts and searches, and the page is whole without it.

mod card;

use std::io::{Result, Write};

use leadscore::{Basis, Prediction};

use super::{CapacityReport, Escaped, LAST_ACTIVITY, OWNER, Report, TierCount, capital, cut};
use crate::wording::{count, counted};

pub(super) const CSS: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Nothing is loaded; only the page's own styles and its one script count, which is known by its SHA-256.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
                      script-src 'sha256-I8UHwKPBdCVJTnoyi/N2MMO7xuxNgFJwLB+YZbNXwiU='; base-uri 'none'; form-action 'none'";
/// The most leads the headline names, and how long their names may be.
const NAMED: usize = 3;
const NAME: usize = 48;

/// Writes the page.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, report: &Report) -> Result<()> {
    let title = format!("{}: {} ({})", report.title, scored(report.scored_count), report.source);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{}</title>\n<script>{SCRIPT}</script>\n\
         <style>\n{CSS}",
        Escaped(&title)
    )?;
    for class in 0..report.tiers.len() {
        write!(out, "body:has(#only-{class}:checked) .lead:not(.of-{class})")?;
        out.write_all(if class + 1 == report.tiers.len() { b"{display:none}\n" } else { b"," })?;
    }
    out.write_all(b"</style>\n</head>\n<body>\n")?;
    top(out, report)?;
    list(out, report)?;
    if !report.leads.is_empty() {
        foot(out, report)?;
    }
    out.write_all(b"</body>\n</html>\n")
}

fn top(out: &mut dyn Write, report: &Report) -> Result<()> {
    let kicker = [report.title.clone(), report.source.clone(), format!("as of {}", report.as_of)];
    write!(
        out,
        "<header class=\"top\">\n<p class=\"kicker\">{}</p>\n<h1>{}</h1>\n",
        Escaped(&kicker.join(" · ")),
        headline(report)
    )?;
    if !report.worthless.is_empty() {
        out.write_all(b"<div class=\"worthless\" role=\"alert\"><h2>This list is worthless</h2><ul>")?;
        for reason in &report.worthless {
            write!(out, "<li>{}</li>", Escaped(&capital(reason)))?;
        }
        out.write_all(b"</ul><p>Do not act on it.</p></div>\n")?;
    }
    if let Some(capacity) = &report.capacity {
        writeln!(out, "<p>{}.</p>", Escaped(&capital(&capacity.headline())))?;
    }
    if report.rejected_count > 0 {
        let rows = if report.rejected_count == 1 { "row" } else { "rows" };
        writeln!(out, "<p>{} {rows} could not be scored.</p>", count(report.rejected_count))?;
    }
    out.write_all(b"</header>\n")?;
    if report.tiers.is_empty() && report.capacity.is_none() && report.notes.is_empty() {
        return Ok(());
    }
    out.write_all(b"<section>\n")?;
    if !report.tiers.is_empty() && report.scored_count > 0 {
        tiers(out, report)?;
    }
    if let Some(capacity) = report.capacity.as_ref().filter(|capacity| capacity.column.is_some()) {
        groups(out, capacity)?;
    }
    if !report.notes.is_empty() {
        out.write_all(b"<div class=\"notes\"><h2 class=\"minor\">Worth knowing</h2><ul>")?;
        for note in &report.notes {
            write!(out, "<li>{}</li>", Escaped(&capital(note)))?;
        }
        out.write_all(b"</ul></div>\n")?;
    }
    out.write_all(b"</section>\n")
}

/// What a manager would want to be told in one sentence; escaped, with links.
fn headline(report: &Report) -> String {
    if report.scored_count == 0 {
        return "No leads to rank".to_owned();
    }
    let scored = scored(report.scored_count);
    let Some(best) = report.tiers.first() else {
        return format!("{scored}{}", first(report, None, ": start with"));
    };
    let name = Escaped(&best.name);
    match best.lead_count {
        0 => format!("{scored}; none is {name}{}", first(report, None, "; first in line:")),
        1 => format!("{scored}; 1 is {name}{}", first(report, Some(best), ": start with")),
        some => {
            format!("{scored}; {} are {name}{}", count(some), first(report, Some(best), ": start with"))
        }
    }
}

/// The first leads of a tier, or of all, after what is said of them.
fn first(report: &Report, tier: Option<&TierCount>, said: &str) -> String {
    let is_in = |found: Option<&str>| tier.is_none_or(|tier| found == Some(tier.name.as_str()));
    let first: Vec<String> = report
        .leads
        .iter()
        .filter(|lead| is_in(lead.prediction.tier.as_deref()))
        .take(NAMED)
        .map(|lead| {
            let name = cut(&lead.name, NAME);
            format!("<a href=\"#lead-{}\"><bdi>{}</bdi></a>", lead.rank, Escaped(&name))
        })
        .collect();
    match first.split_last() {
        None => String::new(),
        Some((only, [])) => format!("{said} {only}"),
        Some((last, others)) => format!("{said} {} and {last}", others.join(", ")),
    }
}

/// How the leads spread over the tiers, as a bar and as a table.
fn tiers(out: &mut dyn Write, report: &Report) -> Result<()> {
    let parts: Vec<String> =
        report.tiers.iter().map(|t| format!("{} {}", count(t.lead_count), t.name)).collect();
    write!(
        out,
        "<h2>How they spread</h2>\n<div class=\"spread\" role=\"img\" aria-label=\"{}\">",
        Escaped(&parts.join(", "))
    )?;
    for (at, tier) in report.tiers.iter().enumerate().filter(|(_, tier)| tier.lead_count > 0) {
        write!(
            out,
            "<i class=\"{}\" style=\"flex:{}\"></i>",
            colour(at, report.tiers.len()),
            tier.lead_count
        )?;
    }
    out.write_all(
        b"</div>\n<table class=\"tiers\">\n<thead class=\"off\"><tr><th>Tier</th><th>Leads</th><th>Share</th>\
          <th>What to do</th></tr></thead>\n<tbody>\n",
    )?;
    let all: u64 = report.tiers.iter().map(|tier| tier.lead_count).sum();
    for (at, tier) in report.tiers.iter().enumerate() {
        writeln!(
            out,
            "<tr><th scope=\"row\"><span class=\"tier {}\">{}</span></th><td class=\"n\"><b>{}</b></td>\
             <td class=\"n\">{}</td><td>{}</td></tr>",
            colour(at, report.tiers.len()),
            Escaped(&tier.name),
            count(tier.lead_count),
            percent(tier.lead_count as f64 / all.max(1) as f64),
            Escaped(&tier.action)
        )?;
    }
    out.write_all(b"</tbody>\n</table>\n")
}

/// How many leads of each group are within the capacity.
fn groups(out: &mut dyn Write, capacity: &CapacityReport) -> Result<()> {
    let column = capacity.column.as_deref().unwrap_or_default();
    write!(
        out,
        "<h2>Who is within the capacity</h2>\n<table class=\"tiers\">\n<thead><tr><th>{}</th><th>Within</th><th>Leads</th></tr>\
         </thead>\n<tbody>\n",
        Escaped(&capital(column))
    )?;
    for group in &capacity.groups {
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\"><b>{}</b></td><td class=\"n\">{}</td></tr>",
            Escaped(&capacity.group_name(group)),
            count(group.within_count),
            count(group.lead_count)
        )?;
    }
    out.write_all(b"</tbody>\n</table>\n")
}

fn list(out: &mut dyn Write, report: &Report) -> Result<()> {
    out.write_all(b"<main>\n<h2>Who first, and why</h2>\n")?;
    if report.leads.is_empty() {
        let why = if report.scored_count == 0 {
            "There is nothing to show: no lead in the file could be scored."
        } else {
            "No leads were chosen for this list."
        };
        return writeln!(out, "<p class=\"none\">{why}</p>\n</main>");
    }
    let shown = report.leads.len() as u64;
    if shown < report.scored_count {
        let all = count(report.scored_count);
        writeln!(out, "<p class=\"fine\">The list shows {} of {all} leads.</p>", count(shown))?;
    }
    filter(out, report)?;
    tools(out, report)?;
    // One scale for all bars, so that leads can be compared.
    let reasons = report.leads.iter().flat_map(|lead| {
        let explanation = &lead.prediction.explanation;
        explanation.reasons.iter().chain(&explanation.limits)
    });
    let most = reasons.map(|reason| reason.points.abs()).fold(1.0, f64::max);
    out.write_all(b"<ol>\n")?;
    for lead in &report.leads {
        let name = lead.prediction.tier.as_deref();
        let tier = report.tiers.iter().position(|tier| Some(tier.name.as_str()) == name);
        card::write(out, lead, tier.map(|at| (at, colour(at, report.tiers.len()))), most)?;
    }
    out.write_all(b"</ol>\n</main>\n")
}

/// Buttons that show one tier only; they work without a script.
fn filter(out: &mut dyn Write, report: &Report) -> Result<()> {
    let listed = |tier: &TierCount| {
        report.leads.iter().filter(|l| l.prediction.tier.as_deref() == Some(tier.name.as_str())).count()
    };
    let counts: Vec<usize> = report.tiers.iter().map(listed).collect();
    if counts.iter().filter(|leads| **leads > 0).count() < 2 {
        return Ok(());
    }
    write!(
        out,
        "<fieldset class=\"pick\"><legend class=\"off\">Show</legend>\
         <div><input type=\"radio\" name=\"show\" id=\"only-all\" checked><label for=\"only-all\">All {}</label></div>",
        count(report.leads.len() as u64)
    )?;
    for (at, (tier, leads)) in report.tiers.iter().zip(counts).enumerate().filter(|(_, (_, n))| *n > 0) {
        write!(
            out,
            "<div><input type=\"radio\" name=\"show\" id=\"only-{at}\"><label for=\"only-{at}\">{} {}</label></div>",
            Escaped(&tier.name),
            count(leads as u64)
        )?;
    }
    out.write_all(b"</fieldset>\n")
}

/// What sorts and searches; the script shows it.
fn tools(out: &mut dyn Write, report: &Report) -> Result<()> {
    out.write_all(
        b"<div class=\"tools\" hidden><label>Search <input type=\"search\" autocomplete=\"off\"></label>\n\
          <label>Sort by <select><option value=\"rank\">Score</option><option value=\"name\">Name</option>",
    )?;
    for (value, label, words) in [("owner", OWNER, "Owner"), ("last", LAST_ACTIVITY, "Last activity")] {
        if report.leads.iter().any(|lead| lead.detail(label).is_some()) {
            write!(out, "<option value=\"{value}\">{words}</option>")?;
        }
    }
    out.write_all(
        b"<option value=\"row\">Row in the file</option></select></label>\n<output aria-live=\"polite\"></output></div>\n",
    )
}

fn foot(out: &mut dyn Write, report: &Report) -> Result<()> {
    let first = report.leads.first().map(|lead| &lead.prediction);
    let meaning = if first.is_some_and(|prediction| prediction.provenance.is_stub) {
        "The score runs from 0 to 100. It comes from a model that was trained on made-up leads, a stand-in until there is \
         one that learned from yours."
    } else if first.is_some_and(states_chance) {
        "The score runs from 0 to 100; the chance beside it was learned from leads whose outcome is known."
    } else {
        "The score runs from 0 to 100 and puts the leads in order. Read it as an order, not as a percentage."
    };
    writeln!(
        out,
        "<footer class=\"foot\"><p class=\"fine\">{meaning} Points say how much of the score each reason made. All numbers \
         are rounded to one decimal.</p>"
    )?;
    if let Some(lead) = report.leads.first() {
        let made = &lead.prediction.provenance;
        let version = made.version.as_deref().unwrap_or("without version");
        writeln!(
            out,
            "<p class=\"fine\">Made with the scoring system {} {} ({}…) by leadscore {}.</p>",
            Escaped(&made.pipeline),
            Escaped(version),
            made.content_hash.get(..12).unwrap_or_default(),
            made.library
        )?;
    }
    out.write_all(b"</footer>\n")
}

/// Whether a chance may be called one: it was learned from outcomes, of leads that were real.
fn states_chance(prediction: &Prediction) -> bool {
    matches!(prediction.basis, Some(Basis::Model | Basis::Calibrated)) && !prediction.provenance.is_stub
}

/// The colour of a tier by its place: warm at the top, grey at the bottom of four and more.
pub(super) fn colour(at: usize, of: usize) -> &'static str {
    match (at, of) {
        (0, _) => "t0",
        (at, 4..) if at + 1 == of => "t3",
        (1, 3..) => "t1",
        (2, 5..) => "t4",
        _ => "t2",
    }
}

fn scored(leads: u64) -> String {
    format!("{} scored", counted(leads, "lead", "leads"))
}

/// `12 %`; never 0 % or 100 % of what is only nearly so.
fn percent(share: f64) -> String {
    match share * 100.0 {
        part if part > 0.0 && part < 1.0 => "under 1 %".to_owned(),
        part if part > 99.0 && part < 100.0 => "over 99 %".to_owned(),
        part => format!("{part:.0} %"),
    }
}
