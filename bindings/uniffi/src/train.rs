//! Learning from past leads.

use leadscore::error::catch_panic;

use crate::enter::Stop;
use crate::error::LeadscoreError;

/// Learns a pipeline from a file of past leads; options and result are JSON.
///
/// # Errors
/// `invalid_context`, `invalid_time`, `not_found`, `io`, `unreadable_table`, `invalid_matrix`, `unknown_name`, `cancelled`.
#[uniffi::export]
pub fn train_file(options: String, stop: Box<dyn Stop>) -> Result<String, LeadscoreError> {
    let is_stopped = || stop.is_stopped();
    Ok(catch_panic(|| leadscore_files::train_file(&options, &mut |_| {}, &is_stopped))?)
}
