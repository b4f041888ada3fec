//! What the heat model says of a lead, in the words of the API.

use leadscore::{Lead, Prediction, ScoreOptions};
use serde::Serialize;
use utoipa::ToSchema;

use super::lead_body::HeatLead;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{HeatUpdate, StoredLead};

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

/// A lead with what the heat model says of it.
pub(crate) struct Scored {
    pub(crate) lead: Lead,
    pub(crate) stored: StoredLead,
    pub(crate) heat: Heat,
    /// The probability of that class.
    pub(crate) confidence: f64,
    pub(crate) probabilities: Probabilities,
    pub(crate) prediction: Prediction,
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

/// Keeps a lead, scores it by what the request says of it, and keeps the score.
pub(crate) async fn score(state: &AppState, tenant: &str, body: &HeatLead) -> Result<Scored, Fault> {
    let now = state.now();
    let stored = state.store.save_lead(tenant, &body.contact(), &body.attributes(), now).await?.lead;
    let lead = body.to_lead(&stored.id);
    let own = score_lead(state, lead, stored)?;
    let update = HeatUpdate { lead: own.stored.number, class: own.heat.as_str(), confidence: own.confidence };
    state.store.save_heat(tenant, &[update], now).await?;
    Ok(own)
}

/// What the heat model says of a lead; nothing is kept.
pub(crate) fn predict(state: &AppState, lead: &Lead) -> Result<Prediction, Fault> {
    Ok(state.pipelines.heat.score_with(lead, &state.as_of(), &ScoreOptions::new())?)
}

/// Scores a lead; nothing is kept.
pub(crate) fn score_lead(state: &AppState, lead: Lead, stored: StoredLead) -> Result<Scored, Fault> {
    let prediction = predict(state, &lead)?;
    let of = |heat: Heat| {
        let class = prediction.classes.iter().find(|class| &*class.class == heat.as_str());
        let other = || Fault::new(FaultKind::Internal, "the heat model has other classes");
        class.map(|class| class.probability).ok_or_else(other)
    };
    let probabilities = Probabilities { cold: of(Heat::Cold)?, warm: of(Heat::Warm)?, hot: of(Heat::Hot)? };
    let all =
        [(Heat::Hot, probabilities.hot), (Heat::Warm, probabilities.warm), (Heat::Cold, probabilities.cold)];
    let (heat, confidence) =
        all.into_iter().reduce(|best, own| if own.1 > best.1 { own } else { best }).expect("three classes");
    Ok(Scored { lead, stored, heat, confidence, probabilities, prediction })
}
