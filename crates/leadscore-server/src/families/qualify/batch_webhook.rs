//! The address that is told of the end of one batch.

use secrecy::SecretString;

use crate::fault::Fault;
use crate::state::AppState;
use crate::store::BatchWebhook;
use crate::webhooks::{SchemeName, check_url, new_id, new_secret, place};

/// The webhook of a batch for its address, and its secret, which is told once. Where the tenant has registered the address,
/// that webhook is used instead.
pub(super) async fn batch_webhook(
    state: &AppState,
    tenant: &str,
    url: &str,
) -> Result<(BatchWebhook, SecretString), Fault> {
    check_url(&state.webhooks.guard, "webhook_url", url).await?;
    let (id, secret) = (new_id(), new_secret()?);
    let sealed = state.vault.seal(&place(tenant, &id), &secret);
    let scheme = SchemeName::default().as_str().to_owned();
    Ok((BatchWebhook { id, url: url.to_owned(), secret: sealed, scheme }, secret))
}
