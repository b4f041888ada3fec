//! Qualifies a lead: scores what the request states and what is known already by the pipeline `qualify`.

mod answer;

use std::time::Instant;

use leadscore::task::QualificationTask;
use leadscore::{Lead, Prediction, ScoreOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};

use crate::fault::Fault;
use crate::state::AppState;
use crate::store::{
    Attributes, Contact, FACTS, FILLED, LeadEvent, NewLead, NewQualification, StoredLead, has_company,
};
use crate::words::refuse_failure;

pub(crate) use crate::knowledge::AssignedRep;
use crate::knowledge::{Fact, FactKind};
use crate::knowledge::{Statement, answered};
pub(crate) use answer::Details;
use answer::Enrichment;

/// A lead to be qualified.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
pub(crate) struct QualifyRequest {
    #[schema(format = "email", max_length = 254)]
    pub(crate) email: String,
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub(crate) company: String,
    #[schema(max_length = 200)]
    pub(crate) name: Option<String>,
    #[schema(max_length = 10_000)]
    pub(crate) message: Option<String>,
    #[schema(max_length = 100)]
    pub(crate) phone: Option<String>,
    pub(crate) source: Option<QualifySource>,
    /// More that is known, such as parameters of a campaign, the industry or the number of employees. Texts, numbers and
    /// flags become attributes `metadata.NAME` of the lead.
    #[schema(schema_with = metadata_schema)]
    pub(crate) metadata: Option<Map<String, Value>>,
}

/// Where a lead came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum QualifySource {
    WebsiteForm,
    Api,
    Csv,
    Webhook,
}

fn metadata_schema() -> Schema {
    let object = ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::Object, Type::Null]));
    object.max_properties(Some(50)).into()
}

/// An attribute that is a language model's answer of this one time, and never a lead's own.
const ADJUSTMENT: &str = "model_adjustment";
/// Longer texts of metadata are not kept.
const MAX_METADATA: usize = 1_000;

/// Qualifies a lead; the outcome is kept by [`Store::save_leads`](crate::store::Store::save_leads).
///
/// # Errors
/// A fault that names the field which cannot be used; [`FaultKind::ModelFailed`](crate::fault::FaultKind::ModelFailed) and
/// [`FaultKind::ModelTimeout`](crate::fault::FaultKind::ModelTimeout) where the operator wants a failing language model to be
/// an error.
pub(crate) async fn qualify(
    state: &AppState,
    tenant: &str,
    request: &QualifyRequest,
) -> Result<NewLead, Fault> {
    let began = Instant::now();
    let contact = request.contact();
    let stored = state.store.lead_by_contact(tenant, &contact).await?;
    let before = before(state, stored.as_ref(), request).await?;
    let said = Statement {
        email: contact.email.as_deref().unwrap_or_default(),
        message: request.message.as_deref(),
        metadata: request.metadata.as_ref(),
        stored: stored.as_ref(),
        before: &before,
    };
    let mut found = state.knowledge.find(&said).await;
    let attributes = request.attributes(stored.as_ref());
    let lead = scored_lead(state, stored.as_ref(), &contact, &attributes, &found.facts).await?;
    // A title that is an attribute of the lead is known as well.
    let known_text = |name: &str| {
        let own = attributes.get(name).and_then(Value::as_str);
        own.or_else(|| stored.as_ref().and_then(|lead| lead.text(name))).map(str::to_owned)
    };
    if !found.facts.iter().any(|fact| fact.field == FactKind::Title)
        && let Some(title) = known_text("title")
    {
        found.facts.push(Fact::of_lead(FactKind::Title, title));
    }
    let by_rules = score(state, &lead)?;
    let task = QualificationTask::new(&state.pipelines.qualify, &lead, &by_rules)?;
    let assisted = state.words.assist(&task).await;
    refuse_failure(&state.config, &assisted)?;
    let adjustment = assisted.output.adjustment;
    let prediction = if adjustment == 0.0 { by_rules } else { score(state, &assisted.output.apply(lead))? };
    let details = Details::new(
        &prediction,
        &found,
        assisted.output.reasoning,
        adjustment,
        &assisted.provenance,
        known_text("name").is_some(),
    )?;
    let tier = match prediction.tier.as_deref() {
        // A tier of ours that the document does not have.
        Some("DISQUALIFIED") | None => "COLD",
        Some(tier) => tier,
    };
    let routing = state.knowledge.roster.as_ref().filter(|_| details.is_routed()).map(|roster| {
        let texts = |kinds: &[FactKind]| -> Vec<&str> {
            let own = found.facts.iter().filter(|fact| kinds.contains(&fact.field));
            own.map(|fact| fact.value.as_str()).collect()
        };
        let region = known_text("region");
        let mut places = texts(&[FactKind::Country, FactKind::Location]);
        places.extend(region.as_deref());
        roster.routing(&places, &texts(&[FactKind::Industry]))
    });
    let qualification = NewQualification {
        score: prediction.score,
        tier: tier.to_owned(),
        body: serde_json::to_value(&details).expect("texts and numbers serialize"),
        processing_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
        events: enriched(&details.enrichment_sources).into_iter().collect(),
        batch: None,
        routing,
    };
    Ok(NewLead { contact, attributes, heat: None, qualification: Some(qualification) })
}

fn score(state: &AppState, lead: &Lead) -> Result<Prediction, Fault> {
    Ok(state.pipelines.qualify.score_with(lead, &state.as_of(), &ScoreOptions::new())?)
}

/// What was known when the lead was last qualified, unless it has another company now.
async fn before(
    state: &AppState,
    stored: Option<&StoredLead>,
    request: &QualifyRequest,
) -> Result<Vec<Fact>, Fault> {
    let Some(stored) = stored else { return Ok(Vec::new()) };
    let last = if has_company(stored, &request.company) {
        state.store.qualification(stored.number).await?
    } else {
        None
    };
    // What an earlier version kept may have no such facts.
    let facts = last.and_then(|last| serde_json::from_value(last.body[FACTS].clone()).ok());
    Ok(facts.unwrap_or_default())
}

/// The lead as the pipeline reads it: what is kept, then what is said now, then what is known.
async fn scored_lead(
    state: &AppState,
    stored: Option<&StoredLead>,
    contact: &Contact,
    attributes: &Attributes,
    facts: &[Fact],
) -> Result<Lead, Fault> {
    let mut lead = match stored {
        Some(stored) => {
            let reads_activities = state.pipelines.qualify.schema().reads_activities();
            let activities =
                if reads_activities { state.store.activities(stored.number).await? } else { Vec::new() };
            let mut own = stored.clone();
            own.attributes.remove(ADJUSTMENT);
            own.to_lead(activities)
        }
        None => Lead::new("").with("email", contact.email.as_deref()).with("phone", contact.phone.as_deref()),
    };
    for (name, value) in attributes {
        lead = match value {
            Value::String(text) => lead.with(name, text.as_str()),
            Value::Number(number) => lead.with(name, number.as_f64()),
            Value::Bool(flag) => lead.with(name, *flag),
            _ => lead,
        };
    }
    for fact in facts {
        let name = fact.field.attribute();
        lead = match fact.number {
            Some(number) => lead.with(name, number),
            None if fact.field.is_number() => lead,
            // The pipeline names industries in small letters.
            None if fact.field == FactKind::Industry => lead.with(name, fact.value.to_lowercase()),
            None => lead.with(name, fact.value.as_str()),
        };
    }
    Ok(lead)
}

/// What webhooks are told of the facts; the store leaves out those that it has of the lead already.
fn enriched(facts: &[Fact]) -> Option<LeadEvent> {
    let filled: Vec<Value> = facts
        .iter()
        .filter(|fact| answered().any(|kind| kind == fact.field))
        .map(|fact| json!({"field": fact.field, "value": fact.value, "source": fact.source}))
        .collect();
    if filled.is_empty() {
        return None;
    }
    let details = vec![("enrichment", json!(Enrichment::new(facts))), (FILLED, filled.into())];
    Some(LeadEvent { name: "lead.enriched", details })
}

impl QualifyRequest {
    /// How the lead is told from others.
    fn contact(&self) -> Contact {
        Contact {
            email: Some(self.email.trim().to_lowercase()),
            phone: said(self.phone.as_ref()).map(str::to_owned),
            external_id: None,
        }
    }

    /// What is kept of the request.
    fn attributes(&self, stored: Option<&StoredLead>) -> Attributes {
        let mut all = Attributes::new();
        all.insert("company".to_owned(), self.company.trim().into());
        for (name, value) in [("name", &self.name), ("message", &self.message)] {
            if let Some(value) = said(value.as_ref()) {
                all.insert(name.to_owned(), value.into());
            }
        }
        // The first source stays.
        if let Some(source) = self.source.filter(|_| stored.is_none_or(|lead| lead.text("source").is_none()))
        {
            all.insert("source".to_owned(), json!(source));
        }
        for (name, value) in self.metadata.iter().flatten() {
            let is_kept = match value {
                Value::String(text) => text.chars().count() <= MAX_METADATA,
                Value::Number(_) | Value::Bool(_) => true,
                Value::Null | Value::Array(_) | Value::Object(_) => false,
            };
            if is_kept && name.len() <= 100 && !name.chars().any(char::is_control) {
                all.insert(format!("metadata.{name}"), value.clone());
            }
        }
        all
    }
}

/// A text that says something.
fn said(value: Option<&String>) -> Option<&str> {
    value.map(|value| value.trim()).filter(|value| !value.is_empty())
}
