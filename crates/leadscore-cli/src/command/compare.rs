//! `leadscore compare`: who moved between two scorings, and which reasons changed.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;

use leadscore::{AsOf, Contribution, Prediction, Provenance, Timestamp};
use leadscore_files::wording::{count, counted, one_decimal, points};
use leadscore_files::{InputFile, InputFormat, refuse_overwriting};
use serde::{Deserialize, Serialize};

use crate::args::{CompareArgs, Format};
use crate::failure::Failure;
use crate::notes::note_line;
use crate::output::assist::json;
use crate::terminal::{Look, cut, fit};

/// What is compared of a prediction.
struct Scored {
    score: f64,
    shown: String,
    tier: Option<Arc<str>>,
    contributions: Vec<Contribution>,
    origin: Origin,
}

/// Which pipeline, and as of when.
#[derive(Serialize, Clone, PartialEq)]
struct Origin {
    pipeline: Arc<str>,
    content_hash: Arc<str>,
    as_of: Timestamp,
}

impl From<Prediction> for Scored {
    fn from(prediction: Prediction) -> Scored {
        let shown = shown_score(&prediction);
        let Provenance { pipeline, content_hash, as_of, .. } = prediction.provenance;
        Scored {
            score: prediction.score,
            shown,
            tier: prediction.tier,
            contributions: prediction.explanation.contributions,
            origin: Origin { pipeline, content_hash, as_of },
        }
    }
}

/// The score as the scoring wrote it in its summary, which is on its tier's side of every bound.
fn shown_score(prediction: &Prediction) -> String {
    let summary = prediction.explanation.summary.as_str();
    let after_tier =
        prediction.tier.as_deref().and_then(|tier| summary.strip_prefix(tier)?.strip_prefix(", "));
    let shown = after_tier.unwrap_or(summary).split_once(" of 100").map(|(score, _)| score);
    shown.map_or_else(|| one_decimal(prediction.score), str::to_owned)
}

/// A lead whose score changed.
#[derive(Serialize)]
struct Move {
    lead_id: String,
    old_score: f64,
    new_score: f64,
    #[serde(skip)]
    old_shown: String,
    #[serde(skip)]
    new_shown: String,
    old_tier: Option<Arc<str>>,
    new_tier: Option<Arc<str>>,
    /// Reasons whose points changed by 0.05 or more, the strongest first.
    reasons: Vec<Change>,
}

#[derive(Serialize)]
struct Change {
    text: Arc<str>,
    old_points: f64,
    new_points: f64,
}

#[derive(Serialize)]
struct Comparison {
    /// One each for the earlier and the later file.
    origins: [Option<Origin>; 2],
    same: u64,
    tier_moved: Vec<Move>,
    score_moved: Vec<Move>,
    only_old: Vec<String>,
    only_new: Vec<String>,
}

/// The last line of a scoring that says nothing of its leads.
#[derive(Deserialize)]
struct Worthless {
    worthless: Vec<String>,
}

/// The most leads that are named where only one of the files has them.
const MOST_IDS: usize = 5;

/// Smaller changes of a score are ignored.
const SMALL: f64 = 0.05;

pub(crate) fn run(args: &CompareArgs) -> Result<bool, Failure> {
    let format = args.output.settle(args.json.then_some(Format::Json))?;
    let writes: Vec<(&str, &Path)> = args.output.path().map(|path| ("--output", path)).into_iter().collect();
    refuse_overwriting(&[("the earlier scoring", &args.old), ("the later scoring", &args.new)], &writes)?;
    let (old, new) = (load(&args.old)?, load(&args.new)?);
    let origin = |leads: &BTreeMap<String, Scored>| leads.values().next().map(|lead| lead.origin.clone());
    let origins = [origin(&old), origin(&new)];
    if let [Some(old), Some(new)] = &origins {
        if old.pipeline != new.pipeline {
            return Err(Failure::message(format!(
                "the files were scored with different pipelines ({}, {}); their scores do not compare",
                old.pipeline, new.pipeline
            )));
        }
        if old.content_hash != new.content_hash {
            note_line("the pipeline was changed between the two; moves may come from its rules");
        }
    }
    if old.keys().any(|id| id.starts_with("row:") && new.contains_key(id)) {
        note_line(
            "some leads have no id; they are compared by their rows, which may be others' in the later file",
        );
    }
    let comparison = compare(old, new, origins);
    let mut out = args.output.open()?;
    match format {
        Format::Json => json(&mut out, &comparison)?,
        _ => write(&mut out, &comparison, args.output.look())?,
    }
    out.finish()?;
    Ok(true)
}

fn load(path: &Path) -> Result<BTreeMap<String, Scored>, Failure> {
    let opened = InputFile::open(&path.to_string_lossy())?;
    let name = opened.name;
    if opened.format != InputFormat::Jsonl {
        let form = if opened.format == InputFormat::Csv { "no JSON" } else { "a JSON list" };
        return Err(Failure::message(format!(
            "{name}: is {form}; compare reads what `score --format jsonl` writes"
        )));
    }
    let mut leads = BTreeMap::new();
    for (at, line) in opened.bytes.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        if let Ok(Worthless { worthless }) = serde_json::from_str(&line) {
            return Err(Failure::message(format!(
                "{name}: line {}: the scoring is worthless, there is nothing to compare: {}",
                at + 1,
                worthless.join("; ")
            )));
        }
        let prediction: Prediction = serde_json::from_str(&line).map_err(|error| {
            Failure::message(format!(
                "{name}: line {}: {error}; compare reads what `score --format jsonl` writes",
                at + 1
            ))
        })?;
        let id = prediction.lead_id.clone();
        if leads.insert(id.clone(), Scored::from(prediction)).is_some() {
            return Err(Failure::message(format!("{name}: line {}: the lead `{id}` appears twice", at + 1)));
        }
    }
    Ok(leads)
}

fn compare(
    old: BTreeMap<String, Scored>,
    mut new: BTreeMap<String, Scored>,
    origins: [Option<Origin>; 2],
) -> Comparison {
    let mut all = Comparison {
        origins,
        same: 0,
        tier_moved: Vec::new(),
        score_moved: Vec::new(),
        only_old: Vec::new(),
        only_new: Vec::new(),
    };
    for (id, before) in old {
        let Some(after) = new.remove(&id) else {
            all.only_old.push(id);
            continue;
        };
        let tier_moved = before.tier != after.tier;
        if !tier_moved && (before.score - after.score).abs() < SMALL {
            all.same += 1;
            continue;
        }
        let moved = Move {
            lead_id: id,
            old_score: before.score,
            new_score: after.score,
            old_shown: before.shown,
            new_shown: after.shown,
            old_tier: before.tier,
            new_tier: after.tier,
            reasons: changes(before.contributions, after.contributions),
        };
        if tier_moved { &mut all.tier_moved } else { &mut all.score_moved }.push(moved);
    }
    all.only_new = new.into_keys().collect();
    let by_size = |a: &Move, b: &Move| {
        let size = |m: &Move| (m.new_score - m.old_score).abs();
        size(b).total_cmp(&size(a))
    };
    all.tier_moved.sort_by(by_size);
    all.score_moved.sort_by(by_size);
    all
}

fn changes(old: Vec<Contribution>, new: Vec<Contribution>) -> Vec<Change> {
    let mut by_code: BTreeMap<(Option<Arc<str>>, Arc<str>), Change> = BTreeMap::new();
    for line in old {
        let change = Change { text: line.text, old_points: line.points, new_points: 0.0 };
        by_code.insert((line.group, line.code), change);
    }
    for line in new {
        let entry = by_code.entry((line.group, line.code)).or_insert_with(|| Change {
            text: "".into(),
            old_points: 0.0,
            new_points: 0.0,
        });
        entry.text = line.text;
        entry.new_points = line.points;
    }
    let size = |change: &Change| (change.new_points - change.old_points).abs();
    let mut changes: Vec<Change> = by_code.into_values().filter(|change| size(change) >= SMALL).collect();
    changes.sort_by(|a, b| size(b).total_cmp(&size(a)));
    changes
}

fn write(out: &mut dyn Write, all: &Comparison, look: Look) -> Result<(), Failure> {
    if let [Some(old), Some(new)] = &all.origins {
        let day = |origin: &Origin| AsOf::new(origin.as_of).to_local_minute();
        writeln!(out, "{}\n", look.dim(&format!("{}: as of {} → {}", new.pipeline, day(old), day(new))))?;
    }
    let section = |out: &mut dyn Write, title: &str, moves: &[Move], most: usize| -> Result<(), Failure> {
        if moves.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", look.bold(&format!("{title} ({})", count(moves.len() as u64))))?;
        for one in moves.iter().take(most) {
            let tier = |tier: &Option<Arc<str>>| tier.as_deref().unwrap_or("–").to_owned();
            let tiers = if one.old_tier == one.new_tier {
                tier(&one.new_tier)
            } else {
                format!("{} → {}", tier(&one.old_tier), tier(&one.new_tier))
            };
            let by = one.new_score - one.old_score;
            writeln!(
                out,
                "  {}  {:>5} → {:<5} {}  {}",
                fit(&one.lead_id, 20),
                one.old_shown,
                one.new_shown,
                look.signed(&format!("{:>6}", points(by)), by),
                tiers
            )?;
            for change in one.reasons.iter().take(3) {
                let by = change.new_points - change.old_points;
                let line = format!("      {} {}", points(by), change.text);
                writeln!(out, "{}", look.dim(&cut(&line, look.width)))?;
            }
        }
        if moves.len() > most {
            writeln!(out, "  … and {} more (--json has them all)", count((moves.len() - most) as u64))?;
        }
        writeln!(out)?;
        Ok(())
    };
    section(out, "Moved to another tier", &all.tier_moved, 30)?;
    section(out, "Another score, same tier", &all.score_moved, 10)?;
    let only = |ids: &[String]| {
        let mut named = ids.iter().take(MOST_IDS).cloned().collect::<Vec<_>>().join(", ");
        if ids.len() > MOST_IDS {
            let hidden = count((ids.len() - MOST_IDS) as u64);
            named.push_str(&format!(" and {hidden} more (--json has them all)"));
        }
        named
    };
    if !all.only_new.is_empty() {
        writeln!(
            out,
            "{}: {}",
            counted(all.only_new.len() as u64, "new lead", "new leads"),
            only(&all.only_new)
        )?;
    }
    if !all.only_old.is_empty() {
        writeln!(
            out,
            "{}: {}",
            counted(all.only_old.len() as u64, "lead gone", "leads gone"),
            only(&all.only_old)
        )?;
    }
    writeln!(out, "{} leads unchanged", count(all.same))?;
    Ok(())
}
