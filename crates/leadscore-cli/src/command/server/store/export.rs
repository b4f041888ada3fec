//! `leadscore store export`: leads with all that is known of them, one JSON object per line.

use std::io::Write;
use std::path::Path;

use leadscore_files::wording::counted;
use leadscore_server::store::{LabelledLead, Unlabelled};
use serde::Serialize;

use super::super::OpenStore;
use crate::args::server::ExportArgs;
use crate::failure::Failure;
use crate::output::open_output;

/// How many leads are read at once.
const PAGE: u32 = 200;
/// In milliseconds.
const DAY: i64 = 86_400_000;

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
    let (mut after, mut count, mut left) = (0, 0_u64, LeftOut::default());
    while let (leads, Some(last)) = open.store.export_leads(&args.tenant, after, PAGE).await? {
        for lead in leads {
            if !args.labelled {
                line(&mut out, &lead)?;
                count += 1;
                continue;
            }
            match LabelledLead::new(lead, i64::from(args.days_before) * DAY, args.changed_later) {
                Ok(lead) => {
                    line(&mut out, &lead)?;
                    count += 1;
                }
                Err(reason) => left.add(reason),
            }
        }
        after = last;
    }
    if !args.labelled {
        suppressed(&open, &args.tenant, &mut out).await?;
    }
    out.finish()?;
    let subject = counted(count, "lead", "leads");
    open.audit(&args.tenant, "store.export", &subject).await?;
    open.close().await;
    crate::notes::say(&format!("{subject} written{}", left.told()));
    Ok(true)
}

/// Writes the addresses that want no e-mails, so that they get none from another store either.
async fn suppressed(open: &OpenStore, tenant: &str, out: &mut impl Write) -> Result<(), Failure> {
    let mut after = String::new();
    loop {
        let all = open.store.export_suppressed(tenant, &after, PAGE).await?;
        let Some(last) = all.last() else { return Ok(()) };
        after.clone_from(&last.address);
        for own in &all {
            line(out, own)?;
        }
    }
}

fn line(out: &mut impl Write, value: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

/// Leads that are not among those that a model may learn from.
#[derive(Default)]
struct LeftOut {
    no_outcome: u64,
    not_known: u64,
    changed_later: u64,
}

impl LeftOut {
    fn add(&mut self, reason: Unlabelled) {
        match reason {
            Unlabelled::NoOutcome => self.no_outcome += 1,
            Unlabelled::NotKnown => self.not_known += 1,
            Unlabelled::ChangedLater => self.changed_later += 1,
        }
    }

    /// How many, and why.
    fn told(&self) -> String {
        let all = [
            (self.no_outcome, "without an outcome"),
            (self.not_known, "not heard of before that moment"),
            (self.changed_later, "changed after that moment (--changed-later writes them too)"),
        ];
        let told: Vec<String> =
            all.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
        if told.is_empty() { String::new() } else { format!("; left out: {}", told.join(", ")) }
    }
}
