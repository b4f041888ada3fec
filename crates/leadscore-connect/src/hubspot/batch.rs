//! Reading and writing up to 100 objects in one call, with a result for each.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::{Value, json};

use super::HubSpot;
use super::failure::NO_PROPERTY;
use crate::crm::{Failure, FailureKind, shortened};

/// The most inputs that a batch call takes.
pub(super) const BATCH: usize = 100;

/// The values of an object, as HubSpot has them.
pub(super) type Properties = BTreeMap<String, Option<String>>;

#[derive(Deserialize)]
pub(super) struct Object {
    pub(super) id: String,
    #[serde(default)]
    pub(super) properties: Properties,
    #[serde(default)]
    pub(super) new: bool,
    #[serde(default, rename = "objectWriteTraceId")]
    trace: Option<String>,
}

#[derive(Deserialize)]
struct BatchAnswer {
    #[serde(default)]
    status: Option<String>,
    results: Vec<Object>,
    #[serde(default)]
    errors: Vec<BatchError>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BatchError {
    category: String,
    message: String,
    context: HashMap<String, Vec<Value>>,
}

impl HubSpot {
    /// Those of the objects that are there.
    pub(super) async fn read_batch(
        &self,
        object: &str,
        id_property: &str,
        ids: impl Iterator<Item = &str>,
        properties: &[&str],
    ) -> Result<Vec<Object>, Failure> {
        let inputs: Vec<Value> = ids.map(|id| json!({"id": id})).collect();
        let body = json!({
            "idProperty": id_property, "inputs": inputs, "properties": properties, "propertiesWithHistory": [],
        });
        let answer = self.post(&self.paths.objects, &[object, "batch", "read"], &body, true).await?;
        let answer: BatchAnswer = answer.read()?;
        answer.complete()?;
        // What is not there is an error of the answer, which is no failure.
        match answer.errors.iter().find(|error| error.category != "OBJECT_NOT_FOUND") {
            Some(error) => Err(error.failure()),
            None => Ok(answer.results),
        }
    }

    /// A result for each input, in their order. `key` finds the input of a result that does not name its trace.
    pub(super) async fn write_batch(
        &self,
        object: &str,
        action: &str,
        inputs: Vec<Value>,
        is_repeatable: bool,
        key: impl Fn(&Object) -> Option<usize>,
    ) -> Vec<Result<Object, Failure>> {
        let not_told =
            || Err(Failure::new(FailureKind::BadAnswer, "HubSpot's answer does not say what became of it"));
        let mut results: Vec<Result<Object, Failure>> = inputs.iter().map(|_| not_told()).collect();
        // HubSpot may refuse a whole batch for one input: halves find it, and the others are written.
        let mut parts: Vec<_> = std::iter::once(0..inputs.len()).collect();
        while let Some(part) = parts.pop() {
            let body = json!({"inputs": &inputs[part.clone()]});
            let rest = [object, "batch", action];
            let answer = match self.post(&self.paths.objects, &rest, &body, is_repeatable).await {
                Ok(answer) => {
                    answer.read::<BatchAnswer>().and_then(|answer| answer.complete().map(|()| answer))
                }
                Err(failure) => Err(failure),
            };
            match answer {
                Ok(answer) => answer.sort_into(&mut results, &part, &key),
                Err(failure) if part.len() > 1 && is_of_one_input(&failure) => {
                    let middle = part.start + part.len() / 2;
                    parts.push(middle..part.end);
                    parts.push(part.start..middle);
                }
                Err(failure) => {
                    for at in part {
                        results[at] = Err(failure.clone());
                    }
                    if failure.stops_all() {
                        for at in parts.drain(..).flatten() {
                            results[at] = Err(failure.clone());
                        }
                    }
                }
            }
        }
        results
    }
}

impl BatchAnswer {
    fn complete(&self) -> Result<(), Failure> {
        match self.status.as_deref() {
            None | Some("COMPLETE") => Ok(()),
            Some(status) => {
                let message = format!("HubSpot: the batch is {}", shortened(status));
                Err(Failure::new(FailureKind::Unavailable, message))
            }
        }
    }

    fn sort_into(
        self,
        results: &mut [Result<Object, Failure>],
        part: &std::ops::Range<usize>,
        key: &impl Fn(&Object) -> Option<usize>,
    ) {
        let traced = |trace: Option<&str>| trace?.parse().ok().filter(|at| part.contains(at));
        for error in &self.errors {
            let named = error.context.get("objectWriteTraceId").into_iter().flatten();
            let ats: Vec<usize> = named.filter_map(|trace| traced(trace.as_str())).collect();
            // An error without a name is of every input that no result is of.
            let ats = if ats.is_empty() { part.clone().collect() } else { ats };
            for at in ats {
                results[at] = Err(error.failure());
            }
        }
        for object in self.results {
            let at = traced(object.trace.as_deref()).or_else(|| key(&object).filter(|at| part.contains(at)));
            if let Some(at) = at {
                results[at] = Ok(object);
            }
        }
    }
}

impl BatchError {
    fn failure(&self) -> Failure {
        let kind = match self.category.as_str() {
            "RATE_LIMITS" => FailureKind::RateLimited,
            "CONFLICT" => FailureKind::Conflict,
            "MISSING_SCOPES" | "INVALID_AUTHENTICATION" | "EXPIRED_AUTHENTICATION" => {
                FailureKind::Credentials
            }
            "INTERNAL_ERROR" => FailureKind::Unavailable,
            _ => FailureKind::Invalid,
        };
        Failure::new(kind, format!("HubSpot: {}", shortened(&self.message))).code(&shortened(&self.category))
    }
}

fn is_of_one_input(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Invalid | FailureKind::Conflict)
        && failure.code.as_deref() != Some(NO_PROPERTY)
}
