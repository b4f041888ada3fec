//! `leadscore store`: the leads of the server, beside the server.

pub(super) mod export;
pub(super) mod import;
mod labelled;

use leadscore_server::store::{BackupError, Store, has_store};

use super::{OpenStore, settings};
use crate::args::server::{BackupArgs, EraseArgs, RestoreArgs};
use crate::failure::Failure;
pub(crate) use labelled::labelled_rows;

/// Copies the store into a file.
pub(super) async fn backup(args: &BackupArgs) -> Result<bool, Failure> {
    // Told before anything is connected to.
    refuse_postgres(settings::config(&args.place)?.database_url.is_some())?;
    let open = OpenStore::open_existing(&args.place).await?;
    open.store.backup(&args.file, args.force).await?;
    open.close().await;
    let size = args.file.metadata().map_or(0, |metadata| metadata.len());
    crate::notes::say(&format!(
        "{}: {size} bytes; the secret key of the folder is not in it",
        args.file.display()
    ));
    Ok(true)
}

/// Puts a backup in the place of the store.
pub(super) async fn restore(args: &RestoreArgs) -> Result<bool, Failure> {
    let config = settings::config(&args.place)?;
    refuse_postgres(config.database_url.is_some())?;
    let had_store = has_store(&config.data);
    Store::restore(&args.file, &config.data, args.force).await?;
    // Opened once, so that what does not fit is told now and not when the server starts.
    let open = OpenStore::open_existing(&args.place).await?;
    open.audit("default", "store.restore", "the whole store").await?;
    open.close().await;
    let what = if had_store { "the store was replaced" } else { "there is a store now" };
    crate::notes::say(&format!("{}: {what}", config.data.display()));
    Ok(true)
}

/// Erases a lead.
pub(super) async fn erase(args: &EraseArgs) -> Result<bool, Failure> {
    let open = OpenStore::open_existing(&args.place).await?;
    let number = open.store.lead_number(&args.tenant, &args.lead).await?;
    let Some(number) = number else {
        // The name may be an address, which then stands in a log: it is not repeated.
        return Err(Failure::message(format!("the tenant `{}` has no lead of this name", args.tenant)));
    };
    if !open.store.delete_lead(&args.tenant, number).await? {
        return Err(Failure::message("the lead was erased by somebody else"));
    }
    open.audit(&args.tenant, "lead.erase", &format!("number {number}")).await?;
    open.close().await;
    crate::notes::say(&format!(
        "lead number {number}: erased; backups and exports made before still have it"
    ));
    Ok(true)
}

fn refuse_postgres(is_postgres: bool) -> Result<(), Failure> {
    if is_postgres { Err(BackupError::Postgres.into()) } else { Ok(()) }
}
