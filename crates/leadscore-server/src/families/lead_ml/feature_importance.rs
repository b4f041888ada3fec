use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use leadscore::pipeline::{FeatureImportance, ImportanceBy};
use serde::Serialize;
use utoipa::ToSchema;

use super::PathNumber;
use super::configuration::Configuration;
use crate::callers::Caller;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;

/// What the probability of a conversion rests on.
#[derive(Serialize, ToSchema)]
pub(crate) struct MlImportance {
    /// The most important first; they sum to 1.
    importance: Vec<MlFeatureShare>,
}

/// A feature and its share.
#[derive(Serialize, ToSchema)]
pub(crate) struct MlFeatureShare {
    name: String,
    /// The share of the largest points that the rule can give or take.
    #[schema(minimum = 0, maximum = 1)]
    importance: f64,
    /// `demographic`, `behavioral`, `temporal` or `engagement`.
    category: &'static str,
}

/// What the probability of a conversion rests on, by the most that each rule can change.
#[utoipa::path(
    get,
    path = "/api/lead-scoring/{configId}/ml/feature-importance",
    operation_id = "conversion_importance",
    params(("configId" = i64, Path, description = "The configuration's number", minimum = 1)),
    responses((status = 200, body = MlImportance))
)]
pub(crate) async fn feature_importance(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(number): PathNumber,
) -> Result<Json<MlImportance>, Fault> {
    let own = Configuration::load(&state, &caller.tenant, number).await?;
    let all = own.conversion.importance(ImportanceBy::Largest).map_err(|error| {
        tracing::error!(%error, "a pipeline has no importance");
        Fault::new(FaultKind::Internal, "the pipeline has no importance")
    })?;
    Ok(Json(MlImportance { importance: all.iter().map(share).collect() }))
}

/// The rules of the included pipelines of conversions: code, name for people, and the group of the feature they read.
const RULES: [(&str, &str, &str); 19] = [
    ("company", "Company", "demographic"),
    ("title", "Job Title", "demographic"),
    ("phone", "Phone Number", "demographic"),
    ("domain", "Email Domain", "demographic"),
    ("seniority", "Title Seniority", "demographic"),
    ("size", "Company Size", "demographic"),
    ("opens", "Email Opens", "behavioral"),
    ("clicks", "Email Clicks", "behavioral"),
    ("views", "Page Views", "behavioral"),
    ("forms", "Form Submissions", "behavioral"),
    ("meetings", "Meetings", "behavioral"),
    ("calls", "Calls", "behavioral"),
    ("velocity", "Activity Velocity", "behavioral"),
    ("channels", "Channel Diversity", "behavioral"),
    ("recency", "Recency", "temporal"),
    ("burst", "Activity Burst", "temporal"),
    ("open_rate", "Email Open Rate", "engagement"),
    ("click_rate", "Email Click Rate", "engagement"),
    ("sequence", "Sequence Engagement", "engagement"),
];

fn share(own: &FeatureImportance) -> MlFeatureShare {
    let known = RULES.iter().find(|(code, ..)| *code == own.code);
    let category = known.map_or_else(|| category(own.group.as_deref()), |(.., category)| category);
    let name = known.map_or_else(|| own.label.clone(), |(_, name, _)| (*name).to_owned());
    MlFeatureShare { name, importance: own.importance, category }
}

/// The category of a group of rules.
fn category(group: Option<&str>) -> &'static str {
    match group {
        Some("profile" | "demographic") => "demographic",
        Some("rhythm" | "temporal") => "temporal",
        Some("email" | "engagement") => "engagement",
        _ => "behavioral",
    }
}

#[cfg(test)]
mod tests {
    use leadscore::Pipeline;

    use super::*;

    #[test]
    fn every_rule_of_the_table_is_one_of_the_pipeline_s() {
        for name in ["conversion", "conversion-compat"] {
            let all = Pipeline::builtin(name).unwrap().importance(ImportanceBy::Largest).unwrap();
            for (code, ..) in RULES {
                assert!(all.iter().any(|own| own.code == code), "{name}: {code} of {all:?}");
            }
            let shares: Vec<MlFeatureShare> = all.iter().map(share).collect();
            assert!((shares.iter().map(|own| own.importance).sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}
