//! Heat scores of course leads, recommendations and e-mails.

pub(crate) mod feature_importance;
mod lead_body;
pub(crate) mod leads;
pub(crate) mod metrics;
pub(crate) mod personalized_email;
pub(crate) mod recommendation;
pub(crate) mod score_lead;
mod scored;
pub(crate) mod send_test_email;
pub(crate) mod upload_leads;
mod upload_table;
mod written;
