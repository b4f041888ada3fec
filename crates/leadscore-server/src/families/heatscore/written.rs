//! E-mails to leads, written by a language model or from a template.

use leadscore::email::{Email, EmailTask};
use leadscore::task::{Assisted, Author};
use leadscore::{Lead, Prediction};

use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{EmailRecord, LeadReference, UNSUBSCRIBED_AT};
use crate::words::refuse_failure;

/// An e-mail, and who wrote it at what cost.
pub(crate) struct Written {
    pub(crate) subject: String,
    pub(crate) content: String,
    pub(crate) is_by_model: bool,
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    /// In US dollars; none where the price is not known.
    pub(crate) cost: Option<f64>,
    cost_picodollars: Option<u64>,
    was_cached: bool,
}

/// Writes an e-mail to a lead.
pub(crate) async fn write(
    state: &AppState,
    lead: &Lead,
    prediction: &Prediction,
    unsubscribe: Option<String>,
) -> Result<Written, Fault> {
    let words = &state.words;
    let sender = words.sender(unsubscribe);
    let task = EmailTask::new(lead, prediction, &words.knowledge, &sender)?;
    let assisted = words.assist(&task).await;
    refuse_failure(&state.config, &assisted)?;
    let Assisted { output, provenance, usage, cost, .. } = assisted;
    let Email { subject, body, .. } = output;
    let is_by_model = provenance.author == Author::Model;
    let asked = provenance.model.is_some();
    // A template costs nothing; a model whose price or count is not known costs nobody knows what.
    let picodollars = if asked { cost.map(leadscore::task::Cost::picodollars) } else { Some(0) };
    let (input_tokens, output_tokens) =
        usage.map_or((0, 0), |usage| (usage.input_tokens, usage.output_tokens));
    Ok(Written {
        subject: subject.unwrap_or_default(),
        content: body,
        is_by_model,
        input_tokens,
        output_tokens,
        cost: picodollars.map(|cost| cost as f64 / 1e12),
        cost_picodollars: picodollars,
        was_cached: is_by_model && usage.is_some_and(|usage| usage.input_tokens == 0),
    })
}

/// An address that wants no e-mails gets none, whether or not there is a lead with it.
pub(crate) async fn refuse_unsubscribed(state: &AppState, tenant: &str, email: &str) -> Result<(), Fault> {
    if wants_no_email(state, tenant, email).await? {
        return Err(Fault::new(FaultKind::Conflict, "this lead has unsubscribed from e-mails"));
    }
    Ok(())
}

/// Whether an address wants no e-mails, or its lead has said so.
pub(crate) async fn wants_no_email(state: &AppState, tenant: &str, email: &str) -> Result<bool, Fault> {
    if state.store.is_suppressed(tenant, email).await? {
        return Ok(true);
    }
    let Some(number) = state.store.lead_number(tenant, email).await? else { return Ok(false) };
    let lead = state.store.lead(tenant, &LeadReference::Number(number)).await?;
    Ok(lead.is_some_and(|lead| lead.text(UNSUBSCRIBED_AT).is_some()))
}

impl Written {
    /// `rag` where a model wrote it, else `template`.
    pub(crate) fn kind(&self) -> &'static str {
        if self.is_by_model { "rag" } else { "template" }
    }

    /// Keeps it; gives its number.
    pub(crate) async fn save(
        &self,
        state: &AppState,
        tenant: &str,
        lead: Option<i64>,
        kind: &str,
        message_id: Option<&str>,
    ) -> Result<i64, Fault> {
        let record = EmailRecord {
            lead,
            kind,
            subject: &self.subject,
            content: &self.content,
            tokens: (self.input_tokens, self.output_tokens),
            cost_picodollars: self.cost_picodollars,
            was_cached: self.was_cached,
            message_id,
        };
        Ok(state.store.save_email(tenant, &record, state.now()).await?)
    }
}
