//! Learning from past leads.

use leadscore::error::catch_panic;
use leadscore::train::TrainProgress;

use crate::enter::Stop;
use crate::error::LeadscoreError;

/// Hears of the progress of learning, on the thread that called for it.
#[uniffi::export(callback_interface)]
pub trait TrainListener: Send + Sync {
    /// After each round: the number of the fold, how many folds there are, the size of its trees, the rounds learned in it, and
    /// the log loss of its own leads.
    fn on_round(&self, fold: u32, fold_count: u32, size: String, round: u32, held_out_loss: f64);
}

/// Learns a pipeline from a file of past leads; options and result are JSON.
///
/// # Errors
/// `invalid_context`, `invalid_time`, `not_found`, `io`, `unreadable_table`, `invalid_matrix`, `unknown_name`, `cancelled`.
#[uniffi::export]
pub fn train_file(
    options: String,
    stop: Box<dyn Stop>,
    listener: Option<Box<dyn TrainListener>>,
) -> Result<String, LeadscoreError> {
    let is_stopped = || stop.is_stopped();
    let mut tell = |told: &TrainProgress| {
        if let Some(listener) = &listener {
            let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
            listener.on_round(
                count(told.fold),
                count(told.fold_count),
                told.size.name().to_owned(),
                count(told.round),
                told.held_out_loss,
            );
        }
    };
    Ok(catch_panic(|| leadscore_files::train_file(&options, &mut tell, &is_stopped))?)
}
