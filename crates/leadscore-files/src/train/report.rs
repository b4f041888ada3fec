//! What was learned, as JSON.

use std::collections::HashMap;

use leadscore::evaluate::Outcomes;
use leadscore::train::{Leak, Trained};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::TrainedFile;
use crate::wording::first_of;

/// How often outcomes are drawn to tell what chance makes of perfect probabilities.
const DRAWS: usize = 1000;
/// How often leads are drawn to tell whether the AUC is more than chance.
const AUC_DRAWS: usize = 200;

impl Serialize for TrainedFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pairs = |all: &[(String, String)], first: &str, second: &str| -> Value {
            all.iter().map(|(one, other)| json!({first: one, second: other})).collect()
        };
        let mut report = trained_report(&self.trained, &self.column_of());
        let without_outcome = self.target.as_ref().map(|target| target.without_count);
        let moments = self.moments.as_ref().map(|own| {
            json!({
                "leads": own.lead_count,
                "won_leads": own.won_lead_count,
                "horizon_days": own.horizon_days,
                "every_days": own.every_days,
                "known_up_to": own.end.to_string(),
            })
        });
        if let Some(own) = &self.weights {
            report.insert("weights".to_owned(), weights(&self.trained, Some(&own.column), own.zero_count));
        }
        report.insert("without_outcome".to_owned(), json!(without_outcome));
        report.insert("moments".to_owned(), json!(moments));
        report.insert("rejected".to_owned(), json!(self.rejected_count));
        report.insert("columns".to_owned(), pairs(&self.columns, "feature", "column"));
        report.insert("left_out".to_owned(), pairs(&self.left_out, "column", "reason"));
        report.serialize(serializer)
    }
}

impl TrainedFile {
    /// The report as JSON, as `leadscore train --json` prints it; without the pipeline.
    pub fn to_json(&self) -> String {
        text(self)
    }

    /// What nobody should miss, in sentences: columns that look like the answer, and an AUC that cannot be told from chance.
    pub fn warnings(&self) -> Vec<String> {
        warnings(&self.trained, &self.column_of())
    }

    /// The columns of a leak, as they are called in the file.
    pub fn columns_of(&self, leak: &Leak) -> Vec<String> {
        names(leak, &self.column_of())
    }

    fn column_of(&self) -> Columns<'_> {
        self.columns.iter().map(|(feature, column)| (feature.as_str(), column.as_str())).collect()
    }
}

/// What was learned of a matrix, as the JSON that other languages read: `{"pipeline" (the text of its file), "report", "notes",
/// "warnings"}`.
pub fn trained_json(trained: &Trained) -> String {
    let columns = HashMap::new();
    answer(trained, &trained_report(trained, &columns), &[], &warnings(trained, &columns))
}

/// The pipeline, the report and what is to be said of them, as JSON.
pub(super) fn answer(
    trained: &Trained,
    report: &impl Serialize,
    notes: &[String],
    warnings: &[String],
) -> String {
    #[derive(Serialize)]
    struct Answer<'a, R> {
        pipeline: String,
        report: &'a R,
        notes: &'a [String],
        warnings: &'a [String],
    }
    text(&Answer { pipeline: trained.pipeline.to_json(), report, notes, warnings })
}

/// Our own types always have a JSON form.
fn text(own: &impl Serialize) -> String {
    serde_json::to_string(own).expect("our own types serialize")
}

type Columns<'a> = HashMap<&'a str, &'a str>;

/// Features of a leak by the names of their columns, where they have others.
fn names(leak: &Leak, columns: &Columns<'_>) -> Vec<String> {
    let name =
        |feature: &String| columns.get(feature.as_str()).map_or(feature.as_str(), |column| column).to_owned();
    leak.features.iter().map(name).collect()
}

fn warnings(trained: &Trained, columns: &Columns<'_>) -> Vec<String> {
    let report = &trained.report;
    let mut warnings = Vec::new();
    let leaks: Vec<String> = report.leaks.iter().flat_map(|leak| names(leak, columns)).collect();
    if !leaks.is_empty() {
        let (look, they) = if leaks.len() == 1 { ("looks", "it is") } else { ("look", "they are") };
        let all: Vec<String> = leaks.iter().map(|name| format!("`{name}`")).collect();
        warnings.push(format!(
            "{} {look} like the answer: if {they} not known when a lead is scored, learn again with `drop` (--drop \"{}\")",
            first_of(&all),
            leaks.join(",")
        ));
    }
    if let Some(own) = report.time_order.as_ref().filter(|own| own.is_worse()) {
        warnings.push(format!(
            "trees of earlier leads tell clearly less of later ones (AUC {:.3} instead of {:.3}): leads change with time, or a \
             column tells what came later. Expect the former for new leads",
            own.ordered_auc, own.random_auc
        ));
    }
    let outcomes = &report.out_of_fold;
    if outcomes.interval(Outcomes::auc, AUC_DRAWS, 0).low <= 0.5 {
        warnings.push(format!(
            "the AUC of {:.3} cannot be told from chance: these columns say next to nothing of what becomes of a lead",
            outcomes.auc()
        ));
    }
    warnings
}

/// What the measured rows weigh, and which share of it the won ones have.
fn weights(trained: &Trained, column: Option<&str>, zero_count: u64) -> Value {
    let outcomes = &trained.report.out_of_fold;
    json!({
        "column": column,
        "zero_rows": zero_count,
        "total": outcomes.total_weight(),
        "won_share": outcomes.base_rate(),
    })
}

/// The part of the report that does not need a file.
fn trained_report(trained: &Trained, columns: &Columns<'_>) -> Map<String, Value> {
    let report = &trained.report;
    let outcomes = &report.out_of_fold;
    let error = outcomes.calibration_error(DRAWS, 0);
    let auc = outcomes.interval(Outcomes::auc, DRAWS, 0);
    let told = json!({
        "pipeline": trained.pipeline.id(),
        "content_hash": trained.pipeline.content_hash().to_string(),
        "leads": report.lead_count,
        "won": report.won_count,
        "weights": outcomes.is_weighted().then(|| weights(trained, None, 0)),
        "time_order": report.time_order.as_ref().map(|own| json!({
            "from": own.from.to_string(),
            "rows": own.lead_count,
            "won": own.won_count,
            "earlier_rows": own.earlier_count,
            "random_auc": own.random_auc,
            "ordered_auc": own.ordered_auc,
            "difference": [own.difference.low, own.difference.high],
        })),
        "out_of_fold": {
            "auc": outcomes.auc(),
            "auc_interval": [auc.low, auc.high],
            "average_precision": outcomes.average_precision(),
            "log_loss": outcomes.log_loss(),
            "brier": outcomes.brier(),
            "ks": outcomes.ks(),
            "lift_10": outcomes.lift(0.1),
            "capture_20": outcomes.capture(0.2),
            "calibration_error": error.expected,
            "calibration_error_by_chance_95": error.perfect_95,
            "calibration_error_by_chance_999": error.perfect_999,
        },
        "trees": report.trees.as_ref().map(|trees| json!({
            "size": trees.size.name(),
            "log_losses": trees.log_losses.iter()
                .map(|(size, loss)| (size.name().to_owned(), json!(loss)))
                .collect::<Value>(),
        })),
        "calibration": {
            "method": report.calibration.method.name(),
            "log_losses": report.calibration.log_losses.iter()
                .map(|(method, loss)| (method.name().to_owned(), json!(loss)))
                .collect::<Value>(),
        },
        "folds": report.folds.iter().map(|fold| json!({
            "leads": fold.lead_count, "rounds": fold.round_count, "log_loss": fold.held_out_loss,
        })).collect::<Vec<_>>(),
        "tiers": report.tiers.iter().map(|tier| json!({
            "tier": tier.tier, "leads": tier.lead_count, "won": tier.won_count,
        })).collect::<Vec<_>>(),
        "leaks": report.leaks.iter().map(|leak| json!({
            "columns": names(leak, columns), "auc": leak.auc, "reason": leak.reason(),
        })).collect::<Vec<_>>(),
    });
    match told {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
