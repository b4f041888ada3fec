//! Predictions and rankings of leads, their features, and how often predictions came true.

pub(crate) mod accuracy;
pub(crate) mod bulk_predict;
mod candidates;
pub(crate) mod configuration;
mod feature_groups;
pub(crate) mod feature_importance;
pub(crate) mod features;
pub(crate) mod leads_by_tier;
mod path_number;
pub(crate) mod predict;
pub(crate) mod predict_score;
pub(crate) mod predict_time;
mod prediction;
pub(crate) mod prediction_route;
mod quota;
mod ranked_lead;
pub(crate) mod ranked_leads;
mod subject;
pub(crate) mod top_leads;
pub(crate) mod validate;

pub(crate) use path_number::PathNumber;
