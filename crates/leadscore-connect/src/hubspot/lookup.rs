//! Owners by e-mail, and the pipelines of deals.

use std::collections::HashMap;

use serde::Deserialize;

use super::HubSpot;
use super::contacts::Planned;
use crate::crm::{CrmRecord, Draft, Failure, FailureKind, Outcome, Refusal, RefusalKind, normalized_email};

#[derive(Deserialize)]
struct Owners {
    results: Vec<Owner>,
}

#[derive(Deserialize)]
struct Owner {
    id: String,
    email: Option<String>,
    #[serde(default)]
    archived: bool,
}

#[derive(Deserialize)]
struct Pipelines {
    results: Vec<Pipeline>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pipeline {
    id: String,
    #[serde(default)]
    archived: bool,
    stages: Vec<Stage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stage {
    id: String,
    display_order: i64,
    #[serde(default)]
    archived: bool,
}

impl HubSpot {
    /// The records with their owners' ids and their pipelines' first stages; those without are refused.
    pub(super) async fn plan<'a>(
        &self,
        records: Vec<(usize, &'a CrmRecord, String)>,
        draft: &mut Draft,
    ) -> Vec<Planned<'a>> {
        let mut owners: HashMap<String, Result<String, Outcome>> = HashMap::new();
        let mut down: Option<Outcome> = None;
        let mut stages: Option<Result<HashMap<String, Option<String>>, Failure>> = None;
        let mut planned = Vec::with_capacity(records.len());
        for (at, record, email) in records {
            let owner = match &record.owner {
                None => None,
                Some(owner) => {
                    let found = match (owners.get(owner), &down) {
                        (Some(found), _) => found.clone(),
                        (None, Some(down)) => Err(down.clone()),
                        (None, None) => self.owner(owner, &mut down).await,
                    };
                    owners.insert(owner.clone(), found.clone());
                    match found {
                        Ok(id) => Some(id),
                        Err(outcome) => {
                            draft.set(at, outcome);
                            continue;
                        }
                    }
                }
            };
            let stage = match &record.pipeline {
                None => None,
                Some(pipeline) => {
                    if stages.is_none() {
                        stages = Some(self.first_stages().await);
                    }
                    match stages.as_ref().map(|stages| stage(stages.as_ref(), pipeline)) {
                        Some(Ok(stage)) => Some(stage),
                        Some(Err(outcome)) => {
                            draft.set(at, outcome);
                            continue;
                        }
                        None => continue,
                    }
                }
            };
            draft.record(at).owner_id.clone_from(&owner);
            planned.push(Planned { at, record, email, owner, stage });
        }
        planned
    }

    async fn owner(&self, text: &str, down: &mut Option<Outcome>) -> Result<String, Outcome> {
        let refusal = |message| Outcome::Refused(Refusal::new(RefusalKind::Owner, message));
        let email =
            normalized_email(text).map_err(|wrong| refusal(format!("the owner: {}", wrong.message)))?;
        let query = [("email", email.as_str()), ("limit", "10"), ("archived", "false")];
        let answer =
            self.get(&self.paths.owners, &[""], &query).await.and_then(|answer| answer.read::<Owners>());
        let owners = answer
            .map_err(|failure| {
                let outcome = failure.outcome();
                if failure.stops_all() {
                    *down = Some(outcome.clone());
                }
                outcome
            })?
            .results;
        let is_named = |owner: &&Owner| {
            !owner.archived && owner.email.as_deref().is_some_and(|own| own.trim().to_lowercase() == email)
        };
        let mut found = owners.iter().filter(is_named);
        match (found.next(), found.next()) {
            (Some(owner), None) => Ok(owner.id.clone()),
            (None, _) => Err(refusal(format!("HubSpot has no owner with the address {email:?}"))),
            (Some(_), Some(_)) => {
                Err(refusal(format!("HubSpot has more than one owner with the address {email:?}")))
            }
        }
    }

    async fn first_stages(&self) -> Result<HashMap<String, Option<String>>, Failure> {
        let pipelines: Pipelines = self.get(&self.paths.pipelines, &["deals"], &[]).await?.read()?;
        let open = pipelines.results.into_iter().filter(|pipeline| !pipeline.archived);
        Ok(open
            .map(|pipeline| {
                let stages = pipeline.stages.into_iter().filter(|stage| !stage.archived);
                (pipeline.id, stages.min_by_key(|stage| stage.display_order).map(|stage| stage.id))
            })
            .collect())
    }
}

fn stage(
    stages: Result<&HashMap<String, Option<String>>, &Failure>,
    pipeline: &str,
) -> Result<String, Outcome> {
    let refusal = |message| Outcome::Refused(Refusal::new(RefusalKind::Pipeline, message));
    match stages {
        Ok(stages) => match stages.get(pipeline) {
            Some(Some(stage)) => Ok(stage.clone()),
            Some(None) => Err(refusal(format!("the pipeline {pipeline:?} has no stage"))),
            None => Err(refusal(format!("HubSpot has no deal pipeline {pipeline:?}"))),
        },
        Err(failure) if failure.kind == FailureKind::NotFound => {
            Err(refusal("HubSpot has no deal pipelines".into()))
        }
        Err(failure) => Err(failure.outcome()),
    }
}
