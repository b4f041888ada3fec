//! What the server does beside answering: it looks at the model's file, and erases leads whose time is over.

use std::time::Duration;

use leadscore::Timestamp;
use tokio::task::JoinSet;

use super::signals::Hangups;
use crate::b2b::model_file::ModelFile;
use crate::state::AppState;
use crate::store::{Store, StoreError};

/// How often a model's file is looked at.
const MODEL_CHECK: Duration = Duration::from_secs(2);
/// How often leads are looked for whose time is over.
const RETENTION_CHECK: Duration = Duration::from_secs(24 * 3_600);
const MILLIS_PER_DAY: i64 = 24 * 3_600 * 1_000;

/// Starts what is to be done; it ends when the set is dropped.
pub(super) fn start(state: &AppState, model_file: Option<ModelFile>, hangups: Hangups) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    jobs.spawn(watch_model(state.clone(), model_file, hangups));
    if let Some(days) = state.config.retention_days {
        jobs.spawn(erase_daily(state.clone(), days));
    }
    jobs
}

/// Puts a new model to use when its file changes, or when SIGHUP asks for it; a broken one is told, and the old one stays.
async fn watch_model(state: AppState, mut file: Option<ModelFile>, mut hangups: Hangups) {
    loop {
        let is_asked = tokio::select! {
            () = hangups.next() => true,
            () = tokio::time::sleep(MODEL_CHECK), if file.is_some() => false,
        };
        let Some(mut own) = file.take() else {
            tracing::info!("SIGHUP: the included model has no file to load again");
            continue;
        };
        if is_asked {
            own.forget();
        }
        let looked = {
            let state = state.clone();
            tokio::task::spawn_blocking(move || {
                let outcome = state.b2b.reload(&mut own, Ok);
                (own, outcome)
            })
            .await
        };
        let Ok((own, outcome)) = looked else { return };
        file = Some(own);
        match outcome {
            Ok(true) => tracing::info!("the model of the b2b API was loaded again"),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the new model cannot be used; the old one stays"),
        }
    }
}

/// Erases at the start, and each day, the leads that have not changed for so many days.
async fn erase_daily(state: AppState, days: u32) {
    let mut clock = tokio::time::interval(RETENTION_CHECK);
    loop {
        clock.tick().await;
        match erase_old(&state.store, days, state.now()).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, days, "leads without a change were erased"),
            // The next day finds them again.
            Err(error) => tracing::error!(%error, "leads whose time is over could not be erased"),
        }
    }
}

async fn erase_old(store: &Store, days: u32, now: Timestamp) -> Result<u64, StoreError> {
    let since = now.as_millis().saturating_sub(i64::from(days) * MILLIS_PER_DAY);
    // Before the earliest time there is no lead.
    let Ok(since) = Timestamp::from_millis(since) else { return Ok(0) };
    Ok(store.erase_unchanged_since(since, now).await?.values().sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Attributes, Contact};

    #[tokio::test]
    async fn a_lead_stays_for_its_days() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_folder(folder.path()).await.unwrap();
        let at = |days: i64| Timestamp::from_millis(days * MILLIS_PER_DAY).unwrap();
        let contact = Contact { email: Some("a@a.example".to_owned()), ..Contact::default() };
        store.save_lead("t", &contact, &Attributes::new(), at(100)).await.unwrap();
        assert_eq!(erase_old(&store, 30, at(130)).await.unwrap(), 0);
        assert_eq!(erase_old(&store, u32::MAX, at(131)).await.unwrap(), 0);
        assert_eq!(erase_old(&store, 30, at(131)).await.unwrap(), 1);
        assert_eq!(erase_old(&store, 30, at(131)).await.unwrap(), 0);
    }
}
