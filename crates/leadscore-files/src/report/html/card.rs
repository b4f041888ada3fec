//! One lead of the page.

use std::io::{Result, Write};

use leadscore::Prediction;
use leadscore::capacity::Standing;
use leadscore::explain::Reason;
use leadscore::feature::{MissingCause, MissingFeature};
use leadscore::pipeline::Priority;

use super::{percent, states_chance};
use crate::read::row_id;
use crate::report::{
    Detail, Escaped, LAST_ACTIVITY, Ledger, OWNER, RankedLead, capital, plain, says_the_same, signed,
};

/// The most names of missing things in one sentence.
const MOST_GAPS: usize = 8;

/// Writes one lead; `most` is the most points any bar of the page stands for.
pub(super) fn write(
    out: &mut dyn Write,
    lead: &RankedLead,
    tier: Option<(usize, &str)>,
    most: f64,
) -> Result<()> {
    let colour = tier.map_or("tx", |(_, colour)| colour);
    let of = tier.map(|(at, _)| format!(" of-{at}")).unwrap_or_default();
    let prediction = &lead.prediction;
    write!(
        out,
        "<li class=\"lead {colour}{of}\" id=\"lead-{rank}\" data-row=\"{}\" data-name=\"{}\" data-owner=\"{}\" \
         data-last=\"{}\">\n<div class=\"head\"><span class=\"rank\">\
         <span class=\"off\">Rank </span>{rank}</span>\n<div class=\"who\"><h3><bdi>{}</bdi></h3>",
        lead.row,
        Escaped(&lead.name),
        Escaped(lead.detail(OWNER).unwrap_or_default()),
        Escaped(lead.detail(LAST_ACTIVITY).unwrap_or_default()),
        Escaped(&lead.name),
        rank = lead.rank
    )?;
    details(out, lead)?;
    out.write_all(b"</div>\n")?;
    mark(out, lead)?;
    out.write_all(b"</div>\n<div class=\"body\">\n")?;
    why(out, prediction, most)?;
    what_to_do(out, prediction)?;
    gaps(out, prediction)?;
    out.write_all(b"</div>\n")?;
    sum(out, lead)?;
    out.write_all(b"</li>\n")
}

fn details(out: &mut dyn Write, lead: &RankedLead) -> Result<()> {
    let id = lead.prediction.lead_id.trim();
    // An id that is made of the row says nothing beside it, nor the row beside a lead that is called by it.
    let id = if id == lead.name.trim() || id == row_id(lead.row) { "" } else { id };
    let row = if lead.name == row_id(lead.row) { String::new() } else { lead.row.to_string() };
    let known = lead.details.iter().map(|Detail { label, value }| (label.as_str(), value.as_str()));
    out.write_all(b"<p>")?;
    let standing = lead.standing.map(|own| standing(&own)).unwrap_or_default();
    for (label, value) in known.chain([("Id", id), ("Row", &row), ("Capacity", &standing)]) {
        if value.trim().is_empty() {
            continue;
        }
        // A company or an address says itself what it is; a country code or a source does not.
        let plain = ["company", "title", "job title", "email", "e-mail", "phone", "name"]
            .contains(&label.to_lowercase().as_str());
        let class = if plain { " class=\"off\"" } else { "" };
        write!(out, "<span><span{class}>{}:</span> <bdi>", Escaped(&capital(label)))?;
        let value = Escaped(value);
        match link(value.0) {
            Some(link) => write!(out, "<a href=\"{link}\">{value}</a>")?,
            None => write!(out, "{value}")?,
        }
        out.write_all(b"</bdi></span> ")?;
    }
    out.write_all(b"</p>")
}

/// `in, rank 3`, with a word where equal leads stand on the other side of the cut.
fn standing(own: &Standing) -> String {
    let side = if own.within { "in" } else { "not in" };
    let rank = own.rank.map_or_else(|| ", ruled out".to_owned(), |rank| format!(", rank {rank}"));
    let tie = if own.tied { ", of leads with the same score at its end" } else { "" };
    format!("{side}{rank}{tie}")
}

/// What to open for an e-mail address or an international phone number; nothing else becomes a link.
fn link(value: &str) -> Option<String> {
    let value = value.trim();
    let word = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
    };
    if let Some((name, domain)) = value.split_once('@')
        && word(name)
        && word(domain)
    {
        return Some(format!("mailto:{value}"));
    }
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let rest = value.strip_prefix('+')?;
    if !(7..=15).contains(&digits) || !rest.bytes().all(|b| b.is_ascii_digit() || b" -().".contains(&b)) {
        return None;
    }
    let number: String = rest.chars().filter(char::is_ascii_digit).collect();
    Some(format!("tel:+{number}"))
}

fn mark(out: &mut dyn Write, lead: &RankedLead) -> Result<()> {
    let prediction = &lead.prediction;
    out.write_all(b"<div class=\"mark\">")?;
    let tier = prediction.tier.as_deref().unwrap_or("no tier");
    let score = Escaped(&lead.score);
    write!(
        out,
        "<span class=\"tier\">{}</span><span class=\"score\">{score}<small> of 100</small></span>\
         <div class=\"bar\" role=\"img\" aria-label=\"Score {score} of 100\"><i style=\"width:{:.1}%\"></i></div>",
        Escaped(tier),
        prediction.score.clamp(0.0, 100.0)
    )?;
    if let Some(chance) = prediction.probability.filter(|_| states_chance(prediction)) {
        // The chance is the score in other words, and is rounded like it.
        let shown =
            if (0.01..=0.99).contains(&chance) { format!("{} %", lead.score) } else { percent(chance) };
        write!(out, "<span class=\"chance\">Chance {shown}</span>")?;
    }
    out.write_all(b"</div>\n")
}

/// What speaks for the lead, what against it, and what held the score back.
fn why(out: &mut dyn Write, prediction: &Prediction, most: f64) -> Result<()> {
    let explanation = &prediction.explanation;
    let seen = |reason: &&Reason| reason.points.abs() >= 0.05;
    let is_for = |reason: &&Reason| reason.points > 0.0;
    let reasons: Vec<&Reason> = explanation.reasons.iter().filter(seen).collect();
    // A limit of less than a point, such as a rounding, stands in the sum only.
    let limits: Vec<&Reason> = explanation.limits.iter().filter(|l| l.points.abs() >= 1.0).collect();
    out.write_all(b"<section><h4>Why</h4>\n<ul class=\"why\">\n")?;
    for reason in reasons.iter().filter(|r| is_for(r)) {
        bar(out, reason, most, "")?;
    }
    for reason in reasons.iter().filter(|r| !is_for(r)) {
        bar(out, reason, most, "")?;
    }
    for limit in &limits {
        bar(out, limit, most, " limit")?;
    }
    if reasons.is_empty() && limits.is_empty() {
        out.write_all(b"<li class=\"still\">Nothing is known that moves the score.</li>\n")?;
    }
    out.write_all(b"</ul></section>\n")
}

fn bar(out: &mut dyn Write, reason: &Reason, most: f64, limit: &str) -> Result<()> {
    let side = if reason.points < 0.0 { "against" } else { "for" };
    let kind = match (limit, side) {
        ("", side) => side,
        _ => "limit",
    };
    let points = signed(reason.points);
    writeln!(
        out,
        "<li class=\"{side}{limit}\"><span class=\"txt\">{}</span><span class=\"swing\" role=\"img\" \
         aria-label=\"{kind}\"><i style=\"width:{:.1}%\"></i></span><span class=\"pts\">{points}</span></li>",
        Escaped(&capital(&reason.text)),
        50.0 * (reason.points.abs() / most).min(1.0)
    )
}

fn what_to_do(out: &mut dyn Write, prediction: &Prediction) -> Result<()> {
    let action = prediction.action.as_deref().filter(|action| !action.is_empty());
    if action.is_none() && prediction.recommendations.is_empty() {
        return Ok(());
    }
    // A recommendation that says the same has its reason and its time with it.
    let action = action
        .filter(|action| !prediction.recommendations.iter().any(|own| says_the_same(&own.action, action)));
    out.write_all(b"<section><h4>What to do</h4>\n")?;
    if let Some(action) = action {
        writeln!(out, "<p class=\"do\">{}</p>", Escaped(&capital(action)))?;
    }
    if !prediction.recommendations.is_empty() {
        out.write_all(b"<ul class=\"todo\">\n")?;
        for advice in &prediction.recommendations {
            let urgent = if advice.priority == Priority::Urgent { "<b>Urgent:</b> " } else { "" };
            write!(out, "<li>{urgent}{}", Escaped(&capital(&advice.action)))?;
            if !advice.timeframe.is_empty() {
                write!(out, " <span class=\"when\">({})</span>", Escaped(&uncapital(&advice.timeframe)))?;
            }
            if !advice.rationale.is_empty() {
                write!(out, "<small>{}</small>", Escaped(&capital(&advice.rationale)))?;
            }
            out.write_all(b"</li>\n")?;
        }
        out.write_all(b"</ul>")?;
    }
    out.write_all(b"</section>\n")
}

/// `Within 24 hours` inside a sentence; words in capitals stay.
fn uncapital(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

/// What is not known, and what was there but could not be used.
fn gaps(out: &mut dyn Write, prediction: &Prediction) -> Result<()> {
    let labels = |cause: MissingCause| {
        prediction.missing.iter().filter(move |gap| gap.cause == cause).map(label).collect::<Vec<_>>()
    };
    let absent = labels(MissingCause::Absent);
    write!(
        out,
        "<p class=\"gaps\">Known: {} of what the score looks at. ",
        percent(prediction.completeness)
    )?;
    if !absent.is_empty() {
        write!(out, "Not known: {}. ", Escaped(&listed(&absent)))?;
    }
    for gap in &prediction.missing {
        if let Some(text) = unusable(gap) {
            write!(out, "{} ", Escaped(&text))?;
        }
    }
    out.write_all(b"</p>\n")
}

fn label(gap: &MissingFeature) -> String {
    gap.label.replace('_', " ")
}

fn listed(names: &[String]) -> String {
    let shown = names.len().min(MOST_GAPS);
    let text = names[..shown].join("; ");
    match names.len() - shown {
        0 => text,
        more => format!("{text}; and {more} more"),
    }
}

fn unusable(gap: &MissingFeature) -> Option<String> {
    let label = capital(&label(gap));
    let found = gap.found.as_deref().unwrap_or_default();
    Some(match gap.cause {
        MissingCause::Absent | MissingCause::Outweighed => return None,
        MissingCause::OutOfRange => format!("{label}: {found} cannot be right, so it was left out."),
        MissingCause::Future => format!("{label}: {found} lies in the future, so it was left out."),
        MissingCause::Unseen => format!("{label}: “{found}” is not a known value, so it was left out."),
        _ => format!("{label}: “{found}” cannot be read, so it was left out."),
    })
}

/// The whole sum, folded away.
fn sum(out: &mut dyn Write, lead: &RankedLead) -> Result<()> {
    let Some(ledger) = Ledger::new(&lead.prediction, &lead.score) else { return Ok(()) };
    write!(
        out,
        "<details><summary>How the score adds up to {}</summary>\n<table class=\"sum\"><thead class=\"off\"><tr>\
         <th>What</th><th>Points</th></tr></thead><tbody>\n\
         <tr><th scope=\"row\">Every lead starts at</th><td>{}</td></tr>\n",
        Escaped(&lead.score),
        plain(ledger.baseline)
    )?;
    let mut under: Option<&str> = None;
    for line in &ledger.lines {
        if line.group.as_deref() != under {
            under = line.group.as_deref();
            let heading = under.unwrap_or("Overall");
            writeln!(out, "<tr class=\"under\"><th colspan=\"2\">{}</th></tr>", Escaped(heading))?;
        }
        let class = if line.is_limit { " class=\"limit\"" } else { "" };
        let text = Escaped(&line.text);
        writeln!(out, "<tr{class}><th scope=\"row\">{text}</th><td>{}</td></tr>", signed(line.points))?;
    }
    let left_over = ledger.left_over();
    if let Some(left_over) = left_over {
        writeln!(
            out,
            "<tr><th scope=\"row\">Left over by rounding each line to one decimal</th><td>{left_over}</td></tr>"
        )?;
    }
    writeln!(out, "<tr class=\"total\"><th scope=\"row\">Score</th><td>{}</td></tr>", Escaped(&lead.score))?;
    out.write_all(b"</tbody></table></details>\n")
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn addresses_and_international_numbers_alone_are_links() {
        for (value, opened) in [
            ("ann@acme.example", "mailto:ann@acme.example"),
            (" a.b+c_d-1@a-b.example ", "mailto:a.b+c_d-1@a-b.example"),
            ("+1 202-555-0101", "tel:+12025550101"),
            ("+44 (0)20.7946", "tel:+440207946"),
            ("+1234567", "tel:+1234567"),
            ("+123456789012345", "tel:+123456789012345"),
        ] {
            assert_eq!(link(value).as_deref(), Some(opened), "{value}");
        }
        for value in [
            "",
            "ann",
            "@acme.example",
            "ann@",
            "ann lee@acme.example",
            "ann@acme example",
            "ann@acme.example?bcc=x",
            "ann\"@acme.example",
            "ann@a@acme.example",
            "202-555-0101",
            "+123456",
            "+1234567890123456",
            "+1 202 555 0101 ext 5",
            "javascript:alert(1)",
        ] {
            assert_eq!(link(value), None, "{value}");
        }
    }
}
