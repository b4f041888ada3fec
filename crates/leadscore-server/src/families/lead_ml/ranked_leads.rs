use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::{Extension, Json};
use futures_util::stream::{self, StreamExt};
use leadscore::task::RankingTask;
use leadscore::{Basis, FeatureValue, FeatureValues, Mode, Prediction, ScoreOptions};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::PathNumber;
use super::candidates::{Candidate, Order, best};
use super::configuration::Configuration;
use super::prediction::{MlDetail, MlLlmMetadata, MlPrediction, recommendations, risk_factors};
use super::quota;
use super::ranked_lead::{RankedLead, priorities};
use super::subject::{Converted, Reuse, keep, reuse};
use crate::body::Query;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;
use crate::store::PredictionKind;
use crate::words::refuse_failure;

/// Leads in the order in which to work through them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ranking {
    rankings: Vec<RankedLead>,
    insights: Insights,
    /// The calls of the language model; absent where the rules made the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    llm_metadata: Option<MlLlmMetadata>,
}

/// What the returned leads have in common.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Insights {
    /// How many are of the tier `top`.
    top_lead_count: usize,
    /// To two places; 0 without leads.
    avg_conversion_probability: f64,
    /// What more than half of them share.
    common_patterns: Vec<&'static str>,
}

/// Which leads, and who puts them in order.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "for the documentation: the query is read by name")]
pub(crate) struct RankingQuery {
    /// How many leads at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// Leads with at least this lead score.
    #[param(minimum = 0, maximum = 100, default = 0)]
    min_score: Option<f64>,
    /// Leads with at least this probability of a conversion by the pipeline.
    #[param(minimum = 0, maximum = 1)]
    min_probability: Option<f64>,
    /// Whether a language model, if there is one, may change the order.
    #[param(rename = "useLLM", default = true)]
    use_llm: Option<bool>,
}

/// The leads of a configuration in the order in which to work through them, with a prediction of the type `PRIORITY` kept
/// for each.
#[utoipa::path(
    get,
    path = "/api/lead-scoring/{configId}/ml/ranked-leads",
    params(("configId" = i64, Path, description = "The configuration's number", minimum = 1), RankingQuery),
    responses(
        (status = 200, body = Ranking),
        (status = 429, description = "The quota of the language model is used up")
    )
)]
pub(crate) async fn ranked_leads(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(number): PathNumber,
    query: Query,
) -> Result<Json<Ranking>, Fault> {
    let limit = query.whole("limit", 20, (1, 100))? as usize;
    let min_score = query.number("minScore", (0.0, 100.0))?.unwrap_or(0.0);
    let min_probability = query.number("minProbability", (0.0, 1.0))?.unwrap_or(0.0);
    let by_model = query.flag("useLLM", true)? && state.words.has_model();
    let tenant = caller.tenant.as_str();
    let own = Configuration::load(&state, tenant, number).await?;
    let is_wanted = |lead: &Candidate| lead.lead_score >= min_score && lead.probability >= min_probability;
    let found = best(&state, tenant, &own, (Order::Priority, limit), is_wanted).await?;
    let reasons = priorities(&state, &own, &found)?;

    if by_model {
        quota::take(&state, tenant, found.len()).await?;
    }
    let (places, llm_metadata) = order(&state, &found, &reasons, by_model).await?;
    let by_id: HashMap<&str, &Candidate> = found.iter().map(|own| (own.stored.id.as_str(), own)).collect();
    let mut ranked: Vec<(RankedLead, Basis, &Candidate)> = Vec::with_capacity(places.len());
    for place in places {
        if let Some(candidate) = by_id.get(place.lead_id.as_str()) {
            ranked.push((RankedLead::new(candidate, ranked.len() + 1, place.reason), place.basis, candidate));
        }
    }
    let converted = conversions(&state, &own, &ranked)?;
    save(&state, tenant, &own, &ranked, &converted, llm_metadata.as_ref()).await?;
    let as_of = state.as_of();
    let features = |candidate: &Candidate| own.conversion.features(&candidate.lead, &as_of, Mode::Lenient);
    let features: Vec<FeatureValues> =
        ranked.iter().map(|(.., candidate)| features(candidate)).collect::<Result<_, _>>()?;
    let rankings: Vec<RankedLead> = ranked.into_iter().map(|(own, ..)| own).collect();
    let insights = Insights::new(&rankings, &features);
    Ok(Json(Ranking { rankings, insights, llm_metadata }))
}

/// The order of leads, by a language model or the rules.
async fn order(
    state: &AppState,
    found: &[Candidate],
    reasons: &[Prediction],
    by_model: bool,
) -> Result<(Vec<leadscore::task::RankedLead>, Option<MlLlmMetadata>), Fault> {
    let tasks = RankingTask::chunks(found.iter().map(|own| &own.lead).zip(reasons));
    let began = Instant::now();
    let mut parts = Vec::with_capacity(tasks.len());
    if by_model {
        let count = tasks.len().max(1);
        let ask = |task: RankingTask| async move { state.words.assist(&task).await };
        let mut asked = stream::iter(tasks).map(ask).buffered(count);
        while let Some(part) = asked.next().await {
            refuse_failure(&state.config, &part)?;
            parts.push(part);
        }
    } else {
        parts.extend(tasks.iter().map(|task| state.words.by_rules(task)));
    }
    let llm_metadata = MlLlmMetadata::new(&parts, began.elapsed());
    Ok((RankingTask::merge(parts.into_iter().map(|part| part.output)), llm_metadata))
}

fn conversions(
    state: &AppState,
    own: &Configuration,
    ranked: &[(RankedLead, Basis, &Candidate)],
) -> Result<Vec<Converted>, Fault> {
    let as_of = state.as_of();
    let leads = ranked.iter().map(|(.., candidate)| &candidate.lead);
    let all = own.conversion.score_many(leads, &as_of, &ScoreOptions::new());
    all.into_iter().map(|prediction| Converted::new(prediction?)).collect()
}

/// Keeps a prediction for every lead; one that says the same as the last is left as it is.
async fn save(
    state: &AppState,
    tenant: &str,
    own: &Configuration,
    ranked: &[(RankedLead, Basis, &Candidate)],
    converted: &[Converted],
    llm_metadata: Option<&MlLlmMetadata>,
) -> Result<(), Fault> {
    let pipeline = own.priority_hash();
    let mut new = Vec::new();
    for ((lead, basis, _), converted) in ranked.iter().zip(converted) {
        let by_model = *basis == Basis::Llm;
        let prediction = MlPrediction {
            prediction_type: PredictionKind::Priority.as_str().to_owned(),
            probability: converted.probability,
            confidence: converted.confidence,
            detail: MlDetail::Priority {
                priority_rank: lead.priority_rank,
                priority_tier: lead.priority_tier.clone(),
                priority_score: lead.priority_score,
            },
            prediction_id: 0,
            risk_factors: risk_factors(&converted.prediction.risks),
            explanation: Some(lead.reasoning.clone()),
            recommendations: recommendations(&converted.prediction.recommendations),
            basis: *basis,
            pipeline_probability: converted.probability,
            llm_metadata: llm_metadata.filter(|_| by_model).cloned(),
        };
        let wanted = Reuse { kind: PredictionKind::Priority, pipeline: &pipeline, by_model };
        let kept = reuse(state, tenant, lead.lead_id, wanted).await?;
        if !kept.is_some_and(|kept| kept.detail == prediction.detail) {
            new.push((lead.lead_id, prediction));
        }
    }
    keep(state, tenant, own.number, &pipeline, &mut new).await
}

impl Insights {
    fn new(rankings: &[RankedLead], features: &[FeatureValues]) -> Insights {
        let count = rankings.len();
        let sum: f64 = rankings.iter().map(|own| own.conversion_probability).sum();
        let average = if count == 0 { 0.0 } else { sum / count as f64 };
        let is_common = |has: fn(&FeatureValues) -> bool| {
            2 * features.iter().filter(|own| has(own)).count() > features.len()
        };
        let common = PATTERNS.iter().filter(|(_, has)| is_common(*has)).map(|(name, _)| *name);
        Insights {
            top_lead_count: rankings.iter().filter(|own| own.priority_tier == "top").count(),
            avg_conversion_probability: (100.0 * average).round() / 100.0,
            common_patterns: common.collect(),
        }
    }
}

/// What leads may have in common, and how it shows in their features.
type Pattern = (&'static str, fn(&FeatureValues) -> bool);

const PATTERNS: [Pattern; 6] = [
    ("High activity velocity", |own| number(own, "activity_velocity").is_some_and(|velocity| velocity > 1.0)),
    ("Corporate email domains", |own| is_level(own, "email_domain_type", &["corporate"])),
    ("Decision-maker titles", |own| is_level(own, "title_seniority", &["c_level", "vp"])),
    ("Recent activity", |own| {
        number(own, "total_activities").is_some_and(|count| count > 0.0)
            && number(own, "days_since_last_activity").is_some_and(|days| days < 7.0)
    }),
    ("Forms, meetings or calls", |own| {
        number(own, "high_value_action_count").is_some_and(|count| count > 0.0)
    }),
    ("Many e-mails opened", |own| number(own, "email_open_rate").is_some_and(|rate| rate >= 0.3)),
];

fn number(own: &FeatureValues, name: &str) -> Option<f64> {
    match own.get(name) {
        Some(FeatureValue::Number(number)) => Some(*number),
        _ => None,
    }
}

fn is_level(own: &FeatureValues, name: &str, levels: &[&str]) -> bool {
    matches!(own.get(name), Some(FeatureValue::Text(level)) if levels.contains(&level.as_str()))
}
