//! Qualifies a lead: what is said of it and known of it, scored by the pipeline `qualify`.

use std::time::Instant;

use leadscore::{Lead, ScoreOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::fault::Fault;
use crate::state::AppState;
use crate::store::{Attributes, Contact, NewLead, NewQualification};

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
    /// More that is known, such as parameters of a campaign.
    #[schema(value_type = Option<Object>)]
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

/// Qualifies a lead; the outcome is kept by [`Store::save_leads`](crate::store::Store::save_leads).
///
/// # Errors
/// A fault that names the field which cannot be used.
pub(crate) async fn qualify(
    state: &AppState,
    _tenant: &str,
    request: &QualifyRequest,
) -> Result<NewLead, Fault> {
    let began = Instant::now();
    let contact = Contact {
        email: Some(request.email.trim().to_lowercase()),
        phone: request.phone.as_deref().map(|phone| phone.trim().to_owned()),
        external_id: None,
    };
    let mut attributes = Attributes::new();
    attributes.insert("company".to_owned(), request.company.trim().into());
    for (name, value) in [("name", &request.name), ("message", &request.message)] {
        if let Some(value) = value {
            attributes.insert(name.to_owned(), value.trim().into());
        }
    }
    let mut lead = Lead::new("");
    for (name, value) in &attributes {
        lead = lead.with(name, value.as_str());
    }
    let prediction = state.pipelines.qualify.score_with(&lead, &state.as_of(), &ScoreOptions::new())?;
    let tier = match prediction.tier.as_deref() {
        // A tier of ours that the document does not have.
        Some("DISQUALIFIED") | None => "COLD",
        Some(tier) => tier,
    };
    let qualification = NewQualification {
        score: prediction.score,
        tier: tier.to_owned(),
        body: json!({"reasoning": prediction.explanation.summary}),
        processing_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
        events: Vec::new(),
        batch: None,
    };
    Ok(NewLead { contact, attributes, heat: None, qualification: Some(qualification) })
}
