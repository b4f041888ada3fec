//! How many leads can be worked on.

use leadscore::error::catch_panic;

use crate::error::LeadscoreError;

/// Who of a list is within a capacity; request and ranking as JSON.
///
/// # Errors
/// `invalid_json`, `invalid_context`.
#[uniffi::export]
pub fn rank_capacity_json(request: String) -> Result<String, LeadscoreError> {
    Ok(catch_panic(|| leadscore::capacity::rank_json(&request))?)
}
