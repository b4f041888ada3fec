//! `leadscore store import`: the leads of a file into the store.

mod foreign;
mod table;

use std::collections::BTreeSet;
use std::path::Path;

use leadscore::{Pipeline, Zone};
use leadscore_files::wording::counted;
use leadscore_files::{
    InputFile, InputFormat, JsonRecords, LeadInput, Mapping, Notes, Progress, ReadLead, Rejection, Rejects,
    ValueWarnings, note_warnings, refuse_overwriting,
};
use leadscore_server::store::{Imported, LeadTransfer, Store, SuppressedTransfer};

use super::super::{OpenStore, check_tenant};
use crate::args::map::Map;
use crate::args::server::ImportLeadsArgs;
use crate::failure::Failure;
use crate::notes::{StderrNotes, note_line};
use foreign::{ForeignRecords, Transfer};

/// How many leads are kept in one transaction.
const AT_ONCE: usize = 200;

/// Keeps the leads of a file; true when no row was rejected.
pub(in super::super) async fn run(args: &ImportLeadsArgs) -> Result<bool, Failure> {
    check_tenant(&args.tenant)?;
    if args.file == "-" {
        return Err(Failure::message("standard input cannot be imported; name a file"));
    }
    let zone = Zone::named(&args.zone)?;
    let map = Map::parse(&args.map)?;
    let mut reads = vec![("the input", Path::new(&args.file))];
    reads.extend(map.file.as_deref().map(|path| ("the mapping", path)));
    reads.extend(args.activities.as_deref().map(|path| ("the activity log", path)));
    let writes: Vec<(&str, &Path)> =
        args.rejects.as_deref().map(|path| ("--rejects", path)).into_iter().collect();
    refuse_overwriting(&reads, &writes)?;
    let file = InputFile::open(&args.file)?;
    let open = OpenStore::open(&args.place).await?;
    let mut import = Import {
        store: &open.store,
        tenant: &args.tenant,
        waiting: Vec::new(),
        suppressed: Vec::new(),
        tally: Tally::default(),
        rejects: Rejects::create(args.rejects.as_deref())?,
        notes: StderrNotes::with_bar_of(&args.file, file.byte_count),
    };
    // A log belongs to leads by their ids, which the reader of both matches.
    let read = if file.format == InputFormat::Csv || args.activities.is_some() {
        drop(file);
        table(&mut import, args, &map, zone).await
    } else {
        records(&mut import, file, &map, zone).await
    };
    // What was kept before an error is told, too.
    let Import { tally, rejects, mut notes, .. } = import;
    let rejected = rejects.count();
    rejects.finish(&mut notes)?;
    let summary = tally.summary(rejected);
    if tally.total() > 0 {
        open.audit(&args.tenant, "store.import", &summary).await?;
    }
    open.close().await;
    crate::notes::say(&summary);
    read?;
    if tally.total() + rejected == 0 {
        return Err(Failure::message(format!("{}: no leads are in it", args.file)));
    }
    Ok(rejected == 0)
}

/// Leads by the readers that `score` has: CSV, or any file with a log of activities.
async fn table(
    import: &mut Import<'_>,
    args: &ImportLeadsArgs,
    map: &Map,
    zone: Zone,
) -> Result<(), Failure> {
    let mut input = LeadInput::new(args.file.as_str()).zone(zone.clone()).whole();
    if let Some(path) = &map.file {
        input = input.mapping(path);
    }
    for (column, attribute) in &map.columns {
        input = input.column(column, attribute);
    }
    if let Some(path) = &args.activities {
        input = input.activities(path);
    }
    // Its attributes are those that columns of other names are recognised for.
    let mut leads = input.open(&Pipeline::builtin("conversion")?, &mut import.notes)?;
    loop {
        match leads.read_lead()? {
            ReadLead::End => break,
            ReadLead::Rejected(rejection) => import.rejects.add(&rejection, &mut import.notes)?,
            ReadLead::Lead => {
                let lead = leads.lead();
                let raw = || lead.id.clone().unwrap_or_default();
                match table::transfer(lead, &zone) {
                    Ok(transfer) => import.waiting.push((Rejection::new(leads.line(), "", raw()), transfer)),
                    Err(reason) => {
                        let rejection = Rejection::new(leads.line(), reason, raw());
                        import.rejects.add(&rejection, &mut import.notes)?;
                    }
                }
            }
        }
        if import.waiting.len() >= AT_ONCE {
            import.keep().await?;
            import.notes.progress(Progress::new(leads.bytes_read(), leads.byte_count(), false));
        }
    }
    import.keep().await?;
    import.notes.progress(Progress::new(leads.bytes_read(), leads.byte_count(), true));
    import.rejects.add_log(leads.take_log_rejections(), &mut import.notes)?;
    note_warnings(&leads.warnings(), &ValueWarnings::default(), &mut import.notes);
    Ok(())
}

/// Leads of JSON lines or a JSON list: an export of a store, or objects of another origin.
async fn records(import: &mut Import<'_>, file: InputFile, map: &Map, zone: Zone) -> Result<(), Failure> {
    let mut mapping = map.file.as_deref().map(Mapping::load).transpose()?.unwrap_or_default();
    for (column, attribute) in &map.columns {
        mapping.set_column(column, attribute);
    }
    for note in &file.notes {
        note_line(note);
    }
    let (byte_count, bytes_read) = (file.byte_count, file.bytes_read.clone());
    let mut records = JsonRecords::new(file);
    let mut foreign = ForeignRecords { mapping, zone, nested: BTreeSet::new() };
    while let Some(found) = records.next_record()? {
        let read = match found.fault {
            Some(reason) => Err(reason),
            None => foreign.transfer(records.text()),
        };
        match read {
            Ok(Transfer::Lead(lead)) => import.waiting.push((records.rejection(found.line, ""), *lead)),
            Ok(Transfer::Suppressed(own)) => import.suppressed.push(own),
            Err(reason) => {
                import.rejects.add(&records.rejection(found.line, reason), &mut import.notes)?;
            }
        }
        if import.waiting.len() + import.suppressed.len() >= AT_ONCE {
            import.keep().await?;
            import.notes.progress(Progress::new(bytes_read.get(), byte_count, false));
        }
    }
    import.keep().await?;
    import.notes.progress(Progress::new(bytes_read.get(), byte_count, true));
    if !foreign.nested.is_empty() {
        let names: Vec<String> = foreign.nested.into_iter().collect();
        note_line(&format!("lists and objects are kept, and no pipeline reads them: {}", names.join(", ")));
    }
    Ok(())
}

/// Leads on their way into the store.
struct Import<'a> {
    store: &'a Store,
    tenant: &'a str,
    /// Each with what is told where the store refuses it.
    waiting: Vec<(Rejection, LeadTransfer)>,
    /// Addresses that want no e-mails.
    suppressed: Vec<SuppressedTransfer>,
    tally: Tally,
    rejects: Rejects,
    notes: StderrNotes,
}

impl Import<'_> {
    /// Keeps what waits.
    async fn keep(&mut self) -> Result<(), Failure> {
        let suppressed = std::mem::take(&mut self.suppressed);
        self.tally.suppressed += self.store.import_suppressed(self.tenant, &suppressed).await?;
        self.tally.lines += suppressed.len() as u64;
        let (rejections, leads): (Vec<Rejection>, Vec<LeadTransfer>) = self.waiting.drain(..).unzip();
        let outcomes = self.store.import_leads(self.tenant, &leads, crate::input::now()?).await?;
        for (mut rejection, outcome) in rejections.into_iter().zip(outcomes) {
            self.tally.activities += outcome.activities_added;
            match outcome.lead {
                Imported::Added => self.tally.added += 1,
                Imported::Changed => self.tally.changed += 1,
                Imported::Unchanged => self.tally.unchanged += 1,
                Imported::Refused(reason) => {
                    rejection.reason = reason;
                    self.rejects.add(&rejection, &mut self.notes)?;
                }
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Tally {
    added: u64,
    changed: u64,
    unchanged: u64,
    activities: u64,
    /// Addresses that want no e-mails: those that are new, and the lines of them.
    suppressed: u64,
    lines: u64,
}

impl Tally {
    fn total(&self) -> u64 {
        self.added + self.changed + self.unchanged + self.lines
    }

    fn summary(&self, rejected: u64) -> String {
        let Tally { added, changed, unchanged, activities, suppressed, lines } = *self;
        let told = match lines {
            0 => String::new(),
            _ => format!("; {} without e-mails added", counted(suppressed, "address", "addresses")),
        };
        let activities = counted(activities, "activity", "activities");
        format!(
            "leads: {added} added, {changed} changed, {unchanged} unchanged, {rejected} rejected; {activities} added{told}"
        )
    }
}
