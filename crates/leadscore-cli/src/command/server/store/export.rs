//! `leadscore store export`: leads with all that is known of them, one JSON object per line.

use std::io::Write;
use std::path::Path;

use leadscore_files::wording::counted;

use super::super::OpenStore;
use crate::args::server::ExportArgs;
use crate::failure::Failure;
use crate::output::open_output;

/// How many leads are read at once.
const PAGE: u32 = 200;

/// Writes the leads of a tenant.
pub(in super::super) async fn run(args: &ExportArgs) -> Result<bool, Failure> {
    let path = (args.file != "-").then(|| Path::new(&args.file));
    if let Some(path) = path
        && !args.force
        && path.is_file()
    {
        return Err(Failure::message(format!("{} is there already; --force writes over it", path.display())));
    }
    let open = OpenStore::open_existing(&args.place).await?;
    let mut out = open_output(path)?;
    let (mut after, mut count) = (0, 0_u64);
    while let (leads, Some(last)) = open.store.export_leads(&args.tenant, after, PAGE).await? {
        for lead in &leads {
            serde_json::to_writer(&mut out, lead).map_err(std::io::Error::from)?;
            out.write_all(b"\n")?;
        }
        count += leads.len() as u64;
        after = last;
    }
    out.finish()?;
    let subject = counted(count, "lead", "leads");
    open.audit(&args.tenant, "store.export", &subject).await?;
    open.close().await;
    eprintln!("{subject} written");
    Ok(true)
}
