//! Heat scores of course leads, recommendations and e-mails.

mod lead_body;
pub(crate) mod score_lead;
mod scored;
