//! A table of activities, by lead.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Table;
use super::column::{Column, id_text};
use crate::error::Path;
use crate::record::AttributeRef;
use crate::{Activity, Error, ErrorKind, Timestamp, Zone};

/// What happened, by the id of the lead.
pub(super) struct ActivitiesByLead(HashMap<String, Vec<Activity>>);

impl ActivitiesByLead {
    /// Reads the columns `id_column`, `kind` and `at`, `id` where there is one, and all others as properties; columns that
    /// hold lists and the like are left out.
    pub(super) fn new(table: &Table, id_column: &str, zone: &Zone) -> Result<ActivitiesByLead, Error> {
        const LIST: &str = "activities";
        let named = |name: &str| table.column(LIST, table.position(LIST, name)?);
        let (leads, kinds, times) = (named(id_column)?, named("kind")?, named("at")?);
        let has_ids = id_column != "id" && table.names.iter().any(|name| name == "id");
        let ids = has_ids.then(|| named("id")).transpose()?;
        let is_known = |name: &str| [id_column, "kind", "at", "id"].contains(&name);
        let others = table.names.iter().enumerate().filter(|(_, name)| !is_known(name));
        let properties: Vec<(&str, Column)> = others
            .filter_map(|(position, name)| Some((name.as_str(), table.column(LIST, position).ok()?)))
            .collect();
        let mut known_times: HashMap<&str, Timestamp> = HashMap::new();
        let mut by_lead: HashMap<String, Vec<Activity>> = HashMap::new();
        for row in 0..table.row_count() {
            let error = |field: &str, message: &str| {
                let path = Path::from(LIST).index(row).field(field);
                Error::new(ErrorKind::InvalidLead, path, message)
            };
            let lead = leads.value(row).and_then(id_text);
            let lead = lead.ok_or_else(|| error(id_column, "wants the id of a lead"))?;
            let Some(AttributeRef::Text(kind)) = kinds.value(row) else {
                return Err(error("kind", "wants a text"));
            };
            let Some(AttributeRef::Text(at)) = times.value(row) else {
                return Err(error("at", "wants a time"));
            };
            let time = match known_times.get(at) {
                Some(time) => *time,
                None => Timestamp::parse(at, zone).map_err(|problem| error("at", problem.message()))?,
            };
            known_times.insert(at, time);
            let mut activity = Activity::new(kind, time);
            let id = ids.as_ref().and_then(|ids| ids.value(row)).and_then(id_text);
            activity.id = id.map(Cow::into_owned);
            for (name, column) in &properties {
                if let Some(value) = column.value(row) {
                    activity.properties.insert((*name).to_owned(), value.to_owned());
                }
            }
            if let Some(activities) = by_lead.get_mut(&*lead) {
                activities.push(activity);
            } else {
                by_lead.insert(lead.into_owned(), vec![activity]);
            }
        }
        Ok(ActivitiesByLead(by_lead))
    }

    /// The activities of a lead.
    pub(super) fn of_lead(&self, id: &str) -> &[Activity] {
        self.0.get(id).map_or(&[], Vec::as_slice)
    }
}
