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
    let (mut count, mut told) = (0, String::new());
    if args.labelled {
        let choice = LabelledChoice {
            tenant: &args.tenant,
            days_before: args.days_before,
            changed_later: args.changed_later,
        };
        (count, told) = each_labelled(&open, &choice, &mut |lead| line(&mut out, lead)).await?;
    } else {
        let mut after = 0;
        while let (leads, Some(last)) = open.store.export_leads(&args.tenant, after, PAGE).await? {
            for lead in leads {
                line(&mut out, &lead)?;
                count += 1;
            }
            after = last;
        }
    }
    if !args.labelled {
        suppressed(&open, &args.tenant, &mut out).await?;
    }
    out.finish()?;
    let subject = counted(count, "lead", "leads");
    open.audit(&args.tenant, "store.export", &subject).await?;
    open.close().await;
    crate::notes::say(&format!("{subject} written{told}"));
    Ok(true)
}

/// Which leads with an outcome, and as of when.
pub(in super::super) struct LabelledChoice<'a> {
    pub(in super::super) tenant: &'a str,
    /// So many days before their outcome.
    pub(in super::super) days_before: u32,
    /// Those too that changed after that moment.
    pub(in super::super) changed_later: bool,
}

/// Gives the leads with an outcome as they were before it to a function; how many, and what was left out in words.
pub(in super::super) async fn each_labelled(
    open: &OpenStore,
    choice: &LabelledChoice<'_>,
    each: &mut impl FnMut(&LabelledLead) -> Result<(), Failure>,
) -> Result<(u64, String), Failure> {
    let (mut after, mut count, mut left) = (0, 0, LeftOut::default());
    while let (leads, Some(last)) = open.store.export_leads(choice.tenant, after, PAGE).await? {
        for lead in leads {
            match LabelledLead::new(lead, i64::from(choice.days_before) * DAY, choice.changed_later) {
                Ok(lead) => {
                    each(&lead)?;
                    count += 1;
                }
                Err(reason) => left.add(reason),
            }
        }
        after = last;
    }
    Ok((count, left.told()))
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
            (self.changed_later, "changed after that moment (--changed-later takes them too)"),
        ];
        let told: Vec<String> =
            all.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
        if told.is_empty() { String::new() } else { format!("; left out: {}", told.join(", ")) }
    }
}
