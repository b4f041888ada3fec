//! The labelled leads of a store as a table and a log, for `leadscore train --from-store`.

use std::collections::BTreeSet;
use std::io::Write;

use leadscore_files::ScratchFile;
use leadscore_files::wording::counted;
use leadscore_server::store::{Attributes, LabelledLead};
use serde_json::Value;

use super::super::{OpenStore, block_on};
use super::export::{LabelledChoice, each_labelled};
use crate::args::server::PlaceArgs;
use crate::args::train::StoreArgs;
use crate::failure::Failure;
use crate::input::LabelledRows;

/// Reads them from a store: the folder of an SQLite store, or the URL of a PostgreSQL database.
pub(crate) fn labelled_rows(store: &str, args: &StoreArgs) -> Result<LabelledRows, Failure> {
    let is_url = store.contains("://");
    let place = PlaceArgs {
        data: (!is_url).then(|| store.to_owned()),
        database_url: is_url.then(|| store.to_owned()),
        config: None,
        env_file: None,
    };
    block_on(async {
        let open = OpenStore::open_existing(&place).await?;
        let choice = LabelledChoice {
            tenant: &args.tenant,
            days_before: args.days_before,
            changed_later: args.changed_later,
        };
        let mut log = ScratchFile::create()?;
        writeln!(log, "event_id,lead_id,kind,at")?;
        let (mut leads, mut activity_count) = (Vec::new(), 0_u64);
        let mut take = |lead: &LabelledLead| {
            for own in &lead.activities {
                let at = own.at.to_string();
                write_row(&mut log, [own.id.as_str(), &lead.id, &own.kind, &at])?;
                activity_count += 1;
            }
            leads.push((
                lead.id.clone(),
                lead.outcome.clone(),
                lead.as_of.to_string(),
                lead.attributes.clone(),
            ));
            Ok(())
        };
        let (count, told) = each_labelled(&open, &choice, &mut take).await?;
        let subject = counted(count, "lead", "leads");
        open.audit(&args.tenant, "store.train", &subject).await?;
        open.close().await;
        if count == 0 {
            return Err(Failure::message(format!(
                "--from-store: no lead of the tenant `{}` can be learned from{told}",
                args.tenant
            )));
        }
        crate::notes::say(&format!("{subject} of the store with an outcome, as before it{told}"));
        log.flush()?;
        let (table, columns) = table(&leads)?;
        Ok(LabelledRows { table, log: (activity_count > 0).then_some(log), columns })
    })
}

/// A table with a column for each attribute of any lead.
fn table(leads: &[(String, String, String, Attributes)]) -> Result<(ScratchFile, [String; 3]), Failure> {
    let attributes: BTreeSet<&str> =
        leads.iter().flat_map(|(.., attributes)| attributes.keys().map(String::as_str)).collect();
    let columns = ["lead_id", "outcome", "as_of"].map(|name| {
        let mut name = name.to_owned();
        while attributes.contains(name.as_str()) {
            name.insert_str(0, "store_");
        }
        name
    });
    let mut table = ScratchFile::create()?;
    let names = columns.iter().map(String::as_str).chain(attributes.iter().copied());
    write_row(&mut table, names)?;
    for (id, outcome, as_of, own) in leads {
        let cells = attributes.iter().map(|name| own.get(*name).map(cell).unwrap_or_default());
        write_row(&mut table, [id, outcome, as_of].into_iter().cloned().chain(cells))?;
    }
    table.flush()?;
    Ok((table, columns))
}

/// A value as a cell; what has parts stays JSON, and is left out as a text to read.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn write_row(out: &mut impl Write, cells: impl IntoIterator<Item = impl AsRef<str>>) -> Result<(), Failure> {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        write!(out, "\"{}\"", cell.as_ref().replace('"', "\"\""))?;
    }
    Ok(out.write_all(b"\n")?)
}
