//! How many predictions of language models a tenant may ask for.

use crate::fault::{Fault, FaultKind};
use crate::state::AppState;

const A_MINUTE: u32 = 100;
const AN_HOUR: u32 = 1_000;

/// Takes so many predictions from the quota of a tenant before a model is asked for them.
pub(crate) async fn take(state: &AppState, tenant: &str, predictions: usize) -> Result<(), Fault> {
    let Ok(predictions @ 1..) = u32::try_from(predictions) else { return Ok(()) };
    let taken = state.store.take_model_calls(tenant, predictions, (A_MINUTE, AN_HOUR), state.now()).await?;
    taken.map_err(|wait| {
        let seconds = u64::try_from(wait).unwrap_or(0).div_ceil(1_000).max(1);
        let message = format!(
            "{A_MINUTE} predictions of the language model a minute and {AN_HOUR} an hour; try again in {seconds} s, or \
             use the rules, which are free"
        );
        Fault::new(FaultKind::TooManyRequests, message).retry_after(seconds)
    })
}
