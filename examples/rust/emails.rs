//! E-mails without a model to some leads of `fixtures/email`: `cargo run --example emails -- 10 1` for ten by the seed 1.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use leadscore::email::{Document, EmailTask, KnowledgeBase, Sender};
use leadscore::record::JsonReader;
use leadscore::task::Task;
use leadscore::{AsOf, Pipeline, Zone};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().map_or(Ok(10), |count| count.parse())?;
    let seed: u64 = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(fixtures.join("knowledge"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        documents.push(Document::new(name, std::fs::read_to_string(path)?));
    }
    documents.sort_by(|a, b| a.name().cmp(b.name()));
    let knowledge = KnowledgeBase::new(documents)?;
    let (pipeline, as_of) = (Pipeline::builtin("heat")?, AsOf::parse("2026-11-20", &Zone::utc())?);
    let text = std::fs::read_to_string(fixtures.join("email/leads.jsonl"))?;

    // By tier, so that hot, warm and cold leads take turns.
    let mut by_tier: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for number in shuffled(text.lines().count(), seed) {
        let line: Value = serde_json::from_str(text.lines().nth(number).unwrap_or_default())?;
        let mut lead = JsonReader::new(Zone::utc()).lead(&line["lead"].to_string(), &mut Vec::new())?;
        let id = format!("E-{number}");
        // Each lead has a link of its own.
        let unsubscribe = format!("https://academy.example/u/{id}");
        lead.id = Some(id.clone());
        let sender =
            Sender::new("Mara Quill", "Quillon Academy", "1 Sample Street, Exampletown", unsubscribe)?;
        let prediction = pipeline.score(&lead, &as_of)?;
        let email = EmailTask::new(&lead, &prediction, &knowledge, &sender)?.fallback();
        let tier = prediction.tier.as_deref().unwrap_or_default().to_owned();
        let subject = email.subject.unwrap_or_default();
        let known = format!("{id}, {tier}: {}, {}", line["lead"]["role"], line["lead"]["last_touch"]);
        by_tier
            .entry(tier)
            .or_default()
            .push(format!("=== {known}\n{}\nSubject: {subject}\n\n{}\n", email.why, email.body));
    }
    let longest = by_tier.values().map(Vec::len).max().unwrap_or_default();
    let in_turn = (0..longest).flat_map(|at| by_tier.values().filter_map(move |own| own.get(at)));
    for email in in_turn.take(count) {
        println!("{email}");
    }
    Ok(())
}

/// The numbers below a count in an order that a seed decides.
fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..count).collect();
    let mut state = seed;
    for at in (1..count).rev() {
        // The generator of Knuth's MMIX; its high bits are the good ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        numbers.swap(at, (state >> 33) as usize % (at + 1));
    }
    numbers
}
