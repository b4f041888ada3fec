//! What the prompt of an e-mail saves against a naive one: `cargo run --example email_tokens --features tokenizer`.
//!
//! The leads are those of `fixtures/email`, with the facts that each e-mail must name.

use std::error::Error;
use std::path::Path;

use leadscore::email::{Document, EmailTask, KnowledgeBase, Sender};
use leadscore::record::JsonReader;
use leadscore::task::{PriceList, Prompt, Task, Usage};
use leadscore::{AsOf, Pipeline, Zone};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(fixtures.join("knowledge"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        documents.push(Document::new(name, std::fs::read_to_string(path)?));
    }
    documents.sort_by(|a, b| a.name().cmp(b.name()));
    let knowledge = KnowledgeBase::new(documents)?;
    let characters: usize = knowledge.passages().iter().map(|passage| passage.text.chars().count()).sum();
    let count = knowledge.passages().len();
    let (pipeline, as_of) = (Pipeline::builtin("heat")?, AsOf::parse("2026-11-20", &Zone::utc())?);
    let text = std::fs::read_to_string(fixtures.join("email/leads.jsonl"))?;

    let mut prompts: [Vec<Prompt>; 3] = Default::default();
    let (mut named, mut told, mut wanted) = (0, 0, 0);
    for (number, line) in text.lines().enumerate() {
        let line: Value = serde_json::from_str(line)?;
        let json = line["lead"].to_string();
        let mut lead = JsonReader::new(Zone::utc()).lead(&json, &mut Vec::new())?;
        let id = format!("E-{number}");
        // Each lead has a link of its own.
        let unsubscribe = format!("https://academy.example/u/{id}");
        lead.id = Some(id);
        let sender =
            Sender::new("Mara Quill", "Quillon Academy", "1 Sample Street, Exampletown", unsubscribe)?;
        let required: Vec<&str> =
            line["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let prediction = pipeline.score(&lead, &as_of)?;
        let task =
            EmailTask::new(&lead, &prediction, &knowledge, &sender)?.require(required.iter().copied())?;
        let facts: serde_json::Map<String, Value> =
            task.facts(5).map(|(name, phrase)| (name.to_owned(), Value::from(phrase))).collect();
        let small = task.prompt();
        let email = task.fallback();
        for name in &required {
            wanted += 1;
            named += usize::from(email.facts.iter().any(|fact| fact == name));
            told +=
                usize::from(task.facts(4).any(|(fact, phrase)| fact == *name && small.user.contains(phrase)));
        }
        if number == 0 {
            for (title, prompt) in [("naive", task.naive_prompt(&json, 3)?), ("leadscore", small.clone())] {
                println!("--- {title}\n{}\n{}\n{}\n", prompt.system, prompt.user, prompt.schema);
            }
            println!("--- without a model\n{}\n\n{}\n", email.subject.unwrap_or_default(), email.body);
        }
        prompts[0].push(task.naive_prompt(&json, 3)?);
        prompts[1].push(task.naive_prompt(&Value::from(facts).to_string(), 1)?);
        prompts[2].push(small);
    }
    println!("{} leads, {count} passages of {} characters on average", prompts[0].len(), characters / count);
    println!(
        "required facts: {wanted}; told in the small prompt: {told}; named in the e-mail without a model: {named}"
    );
    let price = PriceList::builtin().price("gpt-4o-mini").ok_or("no price")?;
    let mean = |prompts: &[Prompt]| {
        prompts.iter().map(Prompt::o200k_token_count).sum::<u64>() as f64 / prompts.len() as f64
    };
    let naive = mean(&prompts[0]);
    println!(
        "| prompt | input tokens, mean | fewer | input cost of 1,000 e-mails, gpt-4o-mini |\n|---|---|---|---|"
    );
    for (title, prompts) in
        ["naive, three passages and the lead", "one passage and five facts", "leadscore"].iter().zip(&prompts)
    {
        let tokens = mean(prompts);
        let cost = price
            .cost(&Usage::new((tokens * 1_000.0).round() as u64, 0))
            .map_or_else(String::new, |cost| cost.to_string());
        println!("| {title} | {tokens:.0} | {:.1} % | {cost} |", 100.0 * (1.0 - tokens / naive));
    }
    Ok(())
}
