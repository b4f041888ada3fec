//! Which field of a log in JSON lines is what, decided once from its first lines.

use leadscore::Zone;
use serde_json::{Map, Value};

use super::plain_text;
use crate::read::activity_log::LogMapping;
use crate::read::activity_log::rows::roles::{Roles, TimeEvidence};
use crate::read::activity_log::rows::time::LogTime;

/// The fields under which a log that follows the documentation has them.
const OWN: [&str; 4] = ["lead_id", "kind", "at", "id"];

/// The names of the fields.
pub(super) struct Fields {
    pub(super) lead: String,
    pub(super) kind: String,
    pub(super) at: String,
    pub(super) id: Option<String>,
    /// Whether they are those of the documentation.
    pub(super) are_own: bool,
    /// What was taken for what under another name.
    pub(super) assumed: Option<String>,
    /// Fields that would be read in place of others, had the first lines had them, each with that other.
    refused: Vec<(&'static str, String)>,
}

/// What the first records of a log hold, field by field.
#[derive(Default)]
pub(super) struct FieldsSample {
    record_count: usize,
    fields: Vec<FieldTally>,
}

/// How many records have a field, and what in it could be times.
struct FieldTally {
    name: String,
    count: usize,
    number_count: usize,
    date_count: usize,
}

impl FieldsSample {
    /// Takes in a line; one that is no record tells nothing.
    pub(super) fn add(&mut self, line: &[u8]) {
        let Ok(values) = serde_json::from_slice::<Map<String, Value>>(line) else { return };
        self.record_count += 1;
        for (name, value) in values.iter().filter(|(_, value)| !value.is_null()) {
            let at = self.fields.iter().position(|own| own.name == *name).unwrap_or_else(|| {
                let name = name.clone();
                self.fields.push(FieldTally { name, count: 0, number_count: 0, date_count: 0 });
                self.fields.len() - 1
            });
            let tally = &mut self.fields[at];
            tally.count += 1;
            let text = plain_text(value).unwrap_or_default();
            if let Ok(time) = LogTime::parse(text.trim(), &Zone::utc()) {
                tally.date_count += usize::from(time.unit.is_none());
                tally.number_count += usize::from(time.unit.is_some());
            }
        }
    }

    /// Decides which field is what: as a mapping says, else by names, among the fields that most records have. Activities
    /// need not have ids of their own.
    pub(super) fn decide(self, mapping: &LogMapping) -> Result<Fields, String> {
        if self.record_count == 0 {
            // Every line says by itself what is wrong with it.
            return Ok(Fields::own());
        }
        let names: Vec<&str> = self.fields.iter().map(|tally| tally.name.as_str()).collect();
        let is_frequent = |column: usize| self.fields[column].count * 2 >= self.record_count;
        let evidence = |column: usize| {
            let FieldTally { count, number_count, date_count, .. } = self.fields[column];
            if date_count * 2 >= count {
                TimeEvidence::Dates
            } else if (date_count + number_count) * 2 >= count {
                TimeEvidence::Numbers
            } else {
                TimeEvidence::None
            }
        };
        // The section of a mapping may be for other logs too, whose activities have ids.
        let mut wanted = mapping.clone();
        wanted.id = wanted.id.filter(|id| names.contains(&id.as_str()));
        let roles = Roles::find(&names, &wanted, is_frequent, evidence)?;
        let name = |column: usize| names[column].to_owned();
        let is_free = |name: &String| roles.columns().all(|column| names[column] != name);
        let id = roles
            .id
            .map(name)
            .or_else(|| mapping.id.clone())
            .or_else(|| Some(OWN[3].to_owned()).filter(is_free));
        let (lead, kind, at) = (name(roles.lead), name(roles.kind), name(roles.at));
        let are_own = [&lead, &kind, &at].into_iter().eq(&OWN[..3]) && id.as_deref() == Some(OWN[3]);
        let assumed = roles.assumed(&names, &wanted);
        let refused = OWN
            .into_iter()
            .zip([(&lead, &mapping.lead_id), (&kind, &mapping.kind), (&at, &mapping.at)])
            .filter(|(own, (used, mapped))| mapped.is_none() && used != own && is_free(&(*own).to_owned()))
            .map(|(own, (used, _))| (own, used.clone()))
            .collect();
        Ok(Fields { lead, kind, at, id, are_own, assumed, refused })
    }
}

impl Fields {
    fn own() -> Fields {
        let [lead, kind, at, id] = OWN.map(str::to_owned);
        Fields { lead, kind, at, id: Some(id), are_own: true, assumed: None, refused: Vec::new() }
    }

    /// Refuses a record with a field that would be read in this one's place, had the first lines of the log had it.
    pub(super) fn check(&self, values: &Map<String, Value>) -> Result<(), String> {
        match self.refused.iter().find(|(own, _)| values.contains_key(*own)) {
            None => Ok(()),
            Some((own, used)) => Err(format!(
                "has a field `{own}`, while the first lines of the log have `{used}` for it; say which is which under \
                 `activities` in the mapping (--map)"
            )),
        }
    }
}
