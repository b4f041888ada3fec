//! A task of any kind behind one type, with its request, prompt and result as JSON text.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Outcome, Prompt, Rejection, Task, conclude};
use crate::Error;

/// A task whose kind is known only when it is made: from a request in JSON, which other languages send.
///
/// ```
/// use leadscore::Pipeline;
/// use leadscore::task::AnyTask;
/// let request = r#"{"task": "next_action", "lead": {"id": "l-1", "title": "VP Sales"}, "as_of": "2026-11-22"}"#;
/// let task = AnyTask::from_json(request, Some(&Pipeline::builtin("conversion")?))?;
/// assert!(task.prompt_json().starts_with(r#"{"task":"next_action","version":1,"system":"You tell"#));
///
/// let alone = task.conclude_json("null")?;
/// assert!(alone.contains(r#""author":"rules","reason":{"kind":"not_asked","why":"no_model"}"#));
/// let reply = r#"{"action": "Call the VP Sales", "rationale": "They decide.", "priority": "high", "timeframe": "Today"}"#;
/// let outcome = serde_json::json!({"reply": reply, "model": "gpt-4o-mini", "usage": {"input_tokens": 600, "output_tokens": 40}});
/// let asked = task.conclude_json(&outcome.to_string())?;
/// assert!(asked.starts_with(r#"{"output":{"action":"Call the VP Sales""#) && asked.ends_with(r#""cost":0.000114}"#));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Clone)]
pub struct AnyTask(Arc<dyn Erased>);

/// The result of an [`AnyTask`]: what the result of its kind is as JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct TaskOutput(Box<RawValue>);

/// [`Task`] without its type of result.
trait Erased: Send + Sync {
    fn name(&self) -> &'static str;
    fn version(&self) -> u32;
    fn prompt(&self) -> Prompt;
    fn accept(&self, reply: &str) -> Result<TaskOutput, Rejection>;
    fn fallback(&self) -> TaskOutput;
}

impl AnyTask {
    /// A task of a kind of its own.
    pub fn new(task: impl Task + Send + Sync + 'static) -> AnyTask {
        AnyTask(Arc::new(task))
    }

    /// [`Task::prompt`] as JSON.
    pub fn prompt_json(&self) -> String {
        json(&self.0.prompt())
    }

    /// [`conclude`] with an outcome as [`Outcome::from_json`] reads it; the result, its provenance, usage and cost as JSON.
    ///
    /// # Errors
    /// As [`Outcome::from_json`]. What a model answered is never an error: the result says why it was not taken.
    pub fn conclude_json(&self, outcome: &str) -> Result<String, Error> {
        Ok(json(&conclude(self, Outcome::from_json(outcome)?)))
    }
}

impl TaskOutput {
    /// The JSON text.
    pub fn json(&self) -> &str {
        self.0.get()
    }
}

impl Task for AnyTask {
    type Output = TaskOutput;

    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn version(&self) -> u32 {
        self.0.version()
    }

    fn prompt(&self) -> Prompt {
        self.0.prompt()
    }

    fn accept(&self, reply: &str) -> Result<TaskOutput, Rejection> {
        self.0.accept(reply)
    }

    fn fallback(&self) -> TaskOutput {
        self.0.fallback()
    }
}

impl<T: Task + Send + Sync> Erased for T {
    fn name(&self) -> &'static str {
        Task::name(self)
    }

    fn version(&self) -> u32 {
        Task::version(self)
    }

    fn prompt(&self) -> Prompt {
        Task::prompt(self)
    }

    fn accept(&self, reply: &str) -> Result<TaskOutput, Rejection> {
        Task::accept(self, reply).map(|output| raw(&output))
    }

    fn fallback(&self) -> TaskOutput {
        raw(&Task::fallback(self))
    }
}

impl fmt::Debug for AnyTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyTask")
            .field("name", &Task::name(self))
            .field("version", &Task::version(self))
            .finish()
    }
}

fn raw(output: &impl Serialize) -> TaskOutput {
    TaskOutput(serde_json::value::to_raw_value(output).expect("a result of a task has a JSON form"))
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("our own types serialize")
}
