//! What was said of leads when they were qualified.

use serde_json::Value;

use super::db::read;
use super::{LeadEvent, NewEvent, Routing, Store, StoreError, StoredLead};

/// Where the body of a qualification has the facts, each with its `field` and `value`.
pub(crate) const FACTS: &str = "enrichment_sources";
/// Where an event has the facts that it tells of.
pub(crate) const FILLED: &str = "filled";

/// A qualification of a lead, kept with it in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct NewQualification {
    /// 0 to 100.
    pub score: f64,
    /// `HOT`, `WARM` or `COLD`.
    pub tier: String,
    /// What is answered besides, as JSON: reasoning, action, enrichment, breakdown.
    pub body: Value,
    /// How long it took, in milliseconds.
    pub processing_ms: i64,
    /// What webhooks are told after `lead.qualified` or, not for the first time, `lead.scored`. Of the facts in `filled`, those
    /// are told that the lead's last qualification did not have; an event without any is left out.
    pub events: Vec<LeadEvent>,
    /// Where it stands in a batch; kept once for each place.
    pub batch: Option<BatchPlace>,
    /// Among whom the lead is routed.
    pub routing: Option<Routing>,
}

/// A lead's place in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchPlace {
    /// The number of the batch.
    pub batch: i64,
    /// From 0.
    pub place: i64,
}

/// A qualification as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredQualification {
    /// Its number; rises by age.
    pub number: i64,
    /// 0 to 100.
    pub score: f64,
    /// `HOT`, `WARM` or `COLD`.
    pub tier: String,
    /// What was answered besides.
    pub body: Value,
    /// When, in milliseconds since 1970.
    pub created_at: i64,
}

impl NewQualification {
    /// All that webhooks are told of it, after the body of the lead's last qualification and whether the lead still has the
    /// company that it had then.
    pub(super) fn events_of(&self, lead: &StoredLead, last: Option<&Value>, is_same: bool) -> Vec<NewEvent> {
        let name = if last.is_some() { "lead.scored" } else { "lead.qualified" };
        let details = vec![("score", whole(self.score)), ("tier", self.tier.clone().into())];
        let first = LeadEvent { name, details };
        let known = last.filter(|_| is_same).and_then(|last| last[FACTS].as_array());
        let known = known.map_or(&[][..], Vec::as_slice);
        let more = self.events.iter().filter_map(|event| without_known(event, known));
        std::iter::once(first).chain(more).map(|event| event.about(lead)).collect()
    }
}

/// An event without the facts that were known before; none where that leaves nothing to tell.
fn without_known(event: &LeadEvent, known: &[Value]) -> Option<LeadEvent> {
    let is_known =
        |fact: &Value| known.iter().any(|own| own["field"] == fact["field"] && own["value"] == fact["value"]);
    let mut event = event.clone();
    for (_, facts) in event.details.iter_mut().filter(|(name, _)| *name == FILLED) {
        let facts = facts.as_array_mut()?;
        facts.retain(|fact| !is_known(fact));
        if facts.is_empty() {
            return None;
        }
    }
    Some(event)
}

/// Whether a lead has a company, as far as is known.
pub(crate) fn has_company(lead: &StoredLead, company: &str) -> bool {
    let key = |company: &str| company.trim().to_lowercase();
    lead.text("company").is_none_or(|own| key(own) == key(company))
}

/// A whole number where it is one.
fn whole(score: f64) -> Value {
    if score.fract() == 0.0 && score.abs() < 1e9 { Value::from(score as i64) } else { Value::from(score) }
}

impl Store {
    /// The latest qualification of a lead.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`].
    pub async fn qualification(&self, lead: i64) -> Result<Option<StoredQualification>, StoreError> {
        let row: Option<(i64, f64, String, String, i64)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT number, score, tier, body, created_at FROM qualifications WHERE lead = $1
             ORDER BY created_at DESC, number DESC LIMIT 1",
        ).bind(lead).fetch_optional(pool).await?);
        let Some((number, score, tier, body, created_at)) = row else { return Ok(None) };
        let body = serde_json::from_str(&body)
            .map_err(|error| StoreError::Damaged { what: "qualification", message: error.to_string() })?;
        Ok(Some(StoredQualification { number, score, tier, body, created_at }))
    }
}
