//! Fits an intent model to labelled messages, and reads messages with one.
//!
//! ```text
//! cargo run --release --example intent_model train messages.jsonl > model.json    {"text": "...", "intent": "HOT"} in each line
//! cargo run --release --example intent_model classify [rules | model.json] < messages.jsonl
//! ```

use std::error::Error;
use std::io::{BufRead, Write};

use leadscore::intent::{Intent, IntentClassifier, LabelledMessage, TrainingOptions};
use serde::Deserialize;

/// What the included model is fitted with: see `fixtures/README.md`.
fn options() -> TrainingOptions {
    TrainingOptions::new().penalty(0.001).iterations(200).min_messages(2).smallest_weight(0.03)
}

#[derive(Deserialize)]
struct Line {
    text: String,
    intent: Option<Intent>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["train", path] => train(path),
        ["classify"] => classify(&IntentClassifier::builtin()),
        ["classify", "rules"] => classify(&IntentClassifier::builtin().without_model()),
        ["classify", path] => {
            classify(&IntentClassifier::builtin().with_model(&std::fs::read_to_string(path)?)?)
        }
        _ => Err("usage: intent_model train FILE | classify [rules | MODEL]".into()),
    }
}

fn train(path: &str) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let lines: Vec<Line> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let messages: Vec<LabelledMessage<'_>> =
        lines.iter().filter_map(|line| Some(LabelledMessage::new(&line.text, line.intent?))).collect();
    let classifier = IntentClassifier::builtin().train(&messages, &options())?;
    print!("{}", classifier.model_json().unwrap_or_default());
    Ok(())
}

/// Writes the classification of each line as JSON.
fn classify(classifier: &IntentClassifier) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line: Line = serde_json::from_str(&line?)?;
        writeln!(out, "{}", serde_json::to_string(&classifier.classify(&line.text))?)?;
    }
    Ok(())
}
