//! Language models of vendors and of one's own machine, for the [tasks](leadscore::task) of the core.
//!
//! A [`Model`] makes one attempt; an [`Assistant`] asks it: within a budget, again where that helps, never beyond a
//! deadline, and gives a result in any case.
//!
//! ```no_run
//! use leadscore::task::{Budget, Cost, NextActionTask};
//! use leadscore::{AsOf, Lead, Pipeline, Zone};
//! use leadscore_connect::llm::{Assistant, Model};
//!
//! # async fn ask() -> Result<(), Box<dyn std::error::Error>> {
//! let lead = Lead::new("l-1").with("title", "VP Sales");
//! let prediction = Pipeline::builtin("conversion")?.score(&lead, &AsOf::parse("2026-11-22", &Zone::utc())?)?;
//! let assistant = Assistant::new(Model::from_spec("openai:gpt-4o-mini")?); // the key is in OPENAI_API_KEY
//! let budget = Budget::unlimited().max_cost(Cost::from_usd(0.05)?);
//! let next = assistant.assist(&NextActionTask::new(&lead, &prediction), &budget).await;
//! println!("{} ({:?})", next.output.action, next.provenance.author);
//! # Ok(())
//! # }
//! ```

mod anthropic;
mod assistant;
mod breaker;
mod connection;
mod embedding;
mod failure;
mod gemini;
mod model;
mod ollama;
mod openai;
mod pace;
mod provider;
mod request;
mod retry;
mod schema;
mod spec;

pub use assistant::Assistant;
pub use embedding::EmbeddingModel;
pub use model::Model;
pub use provider::{Provider, SpecError};
