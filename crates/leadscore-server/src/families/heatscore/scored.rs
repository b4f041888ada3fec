//! What the heat model says of a lead, in the words of the API.

use leadscore::{Lead, Prediction, ScoreOptions};
use serde::Serialize;
use utoipa::ToSchema;

use super::lead_body::HeatLead;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{NewLead, SavedLead, StoredLead};

/// How warm a lead is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Heat {
    Hot,
    Warm,
    Cold,
}

/// The probability of each class; they sum to 1.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Probabilities {
    pub(crate) cold: f64,
    pub(crate) warm: f64,
    pub(crate) hot: f64,
}

/// What the heat model says of a lead.
pub(crate) struct Classified {
    pub(crate) lead: Lead,
    pub(crate) heat: Heat,
    /// The probability of that class.
    pub(crate) confidence: f64,
    pub(crate) probabilities: Probabilities,
    pub(crate) prediction: Prediction,
}

/// A lead that is kept, with what the heat model says of it.
pub(crate) struct Scored {
    pub(crate) stored: StoredLead,
    pub(crate) own: Classified,
}

impl Heat {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Heat::Hot => "hot",
            Heat::Warm => "warm",
            Heat::Cold => "cold",
        }
    }

    /// The class of a name, in any case and with blanks around it.
    pub(crate) fn parse(text: &str) -> Option<Heat> {
        let text = text.trim();
        [Heat::Hot, Heat::Warm, Heat::Cold].into_iter().find(|heat| heat.as_str().eq_ignore_ascii_case(text))
    }
}

/// Scores a lead by what the request says of it, and keeps both.
pub(crate) async fn score(state: &AppState, tenant: &str, body: &HeatLead) -> Result<Scored, Fault> {
    let mut scored = score_all(state, tenant, [body]).await?;
    Ok(scored.remove(0))
}

/// Scores leads and keeps them with their scores, all or none.
pub(crate) async fn score_all<'a>(
    state: &AppState,
    tenant: &str,
    bodies: impl IntoIterator<Item = &'a HeatLead>,
) -> Result<Vec<Scored>, Fault> {
    let (mut leads, mut found) = (Vec::new(), Vec::new());
    for body in bodies {
        let heat = Classified::new(state, body.to_lead(""))?;
        let class = (heat.heat.as_str().to_owned(), heat.confidence);
        leads.push(NewLead {
            contact: body.contact(),
            attributes: body.attributes(),
            heat: Some(class),
            qualification: None,
        });
        found.push(heat);
    }
    let saved = state.store.save_leads(tenant, &leads, state.now()).await?;
    let named = |(mut own, saved): (Classified, SavedLead)| {
        // What the lead is called is known now; nothing else of the prediction hangs on it.
        own.lead.id = Some(saved.lead.id.clone());
        own.prediction.lead_id.clone_from(&saved.lead.id);
        Scored { stored: saved.lead, own }
    };
    Ok(found.into_iter().zip(saved).map(named).collect())
}

/// What the heat model says of a lead; nothing is kept.
pub(crate) fn predict(state: &AppState, lead: &Lead) -> Result<Prediction, Fault> {
    Ok(state.pipelines.heat.score_with(lead, &state.as_of(), &ScoreOptions::new())?)
}

impl Classified {
    fn new(state: &AppState, lead: Lead) -> Result<Classified, Fault> {
        let prediction = predict(state, &lead)?;
        let of = |heat: Heat| {
            let class = prediction.classes.iter().find(|class| &*class.class == heat.as_str());
            let other = || Fault::new(FaultKind::Internal, "the heat model has other classes");
            class.map(|class| class.probability).ok_or_else(other)
        };
        let (hot, warm, cold) = (of(Heat::Hot)?, of(Heat::Warm)?, of(Heat::Cold)?);
        let (mut heat, mut confidence) = (Heat::Hot, hot);
        for (other, probability) in [(Heat::Warm, warm), (Heat::Cold, cold)] {
            if probability > confidence {
                (heat, confidence) = (other, probability);
            }
        }
        let probabilities = Probabilities { cold, warm, hot };
        Ok(Classified { lead, heat, confidence, probabilities, prediction })
    }
}
