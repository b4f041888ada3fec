//! A message to a lead from a knowledge base, without a model: `cargo run --example email`.

use leadscore::email::{Document, EmailTask, KnowledgeBase, Sender};
use leadscore::task::{NotAsked, Outcome, Task, conclude};
use leadscore::{AsOf, Lead, Pipeline, Zone};

fn main() -> Result<(), leadscore::Error> {
    let knowledge = KnowledgeBase::new([
        Document::new("ai-program.md", include_str!("../../fixtures/knowledge/ai-program.md")),
        Document::new("learning.md", include_str!("../../fixtures/knowledge/learning.md")),
    ])?;
    let link = "https://academy.example/u/l-1";
    let sender = Sender::new("Mara Quill", "Quillon Academy", "1 Sample Street, Exampletown", link)?;
    let lead = Lead::new("l-1")
        .with("name", "Jordan Whitlock")
        .with("role", "Developer")
        .with("campaign", "AI Program")
        .with("last_touch", "demo_request")
        .with("page_views", 25)
        .with("recency_days", 1);
    let prediction = Pipeline::builtin("heat")?.score(&lead, &AsOf::parse("2026-11-20", &Zone::utc())?)?;
    let task = EmailTask::new(&lead, &prediction, &knowledge, &sender)?;
    // A caller with a model sends it `task.prompt()`, and says here what came of it.
    println!("{}\n", task.prompt().user);
    let email = conclude(&task, Outcome::NotAsked(NotAsked::NoModel)).output;
    println!("Subject: {}\n\n{}\n\n{}", email.subject.unwrap_or_default(), email.body, email.why);
    Ok(())
}
