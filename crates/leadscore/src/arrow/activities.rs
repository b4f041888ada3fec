//! A table of activities, by lead.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Table;
use super::column::{Column, id_text};
use crate::error::Path;
use crate::feature::ActivityKinds;
use crate::record::{Activities, ActivityKind, AttributeRef, CompactActivity};
use crate::{Activity, Error, ErrorKind, FeatureSchema, Timestamp, Zone};

const LIST: &str = "activities";

/// What happened, by the id of the lead.
pub(super) struct ActivitiesByLead {
    /// The place of each lead's list.
    places: HashMap<String, u32>,
    lists: Lists,
}

/// The activities of each lead, in 16 bytes each where time and kind say all that counts.
enum Lists {
    Full(Vec<Vec<Activity>>),
    Compact { kinds: Vec<ActivityKind>, lists: Vec<Vec<CompactActivity>> },
}

/// The columns of a table of activities.
struct Columns<'t> {
    id_column: &'t str,
    leads: Column,
    kinds: Column,
    times: Column,
    ids: Option<Column>,
    properties: Vec<(&'t str, Column)>,
}

impl ActivitiesByLead {
    /// Reads the columns `id_column`, `kind` and `at`, `id` where there is one, and all others as properties; columns that
    /// hold lists and the like are left out.
    pub(super) fn new(
        table: &Table,
        id_column: &str,
        zone: &Zone,
        schema: &FeatureSchema,
    ) -> Result<ActivitiesByLead, Error> {
        let columns = Columns::new(table, id_column, schema)?;
        let mut places: HashMap<String, u32> = HashMap::new();
        // Each distinct value is read once.
        let lead_places: Vec<Option<u32>> = columns
            .leads
            .distinct()
            .iter()
            .map(|id| {
                let id = id_text(id.as_ref())?;
                let next = places.len() as u32;
                Some(*places.entry(id.into_owned()).or_insert(next))
            })
            .collect();
        let times: Vec<Result<Timestamp, String>> = columns
            .times
            .distinct()
            .iter()
            .map(|at| match at.as_ref() {
                AttributeRef::Text(at) => {
                    Timestamp::parse(at, zone).map_err(|problem| problem.message().to_owned())
                }
                _ => Err("wants a time".to_owned()),
            })
            .collect();
        let row_of = |row: usize| -> Result<(u32, u32, Timestamp), Error> {
            let error = |field: &str, message: &str| {
                let path = Path::from(LIST).index(row).field(field);
                Error::new(ErrorKind::InvalidLead, path, message)
            };
            let place = lead_places.get(columns.leads.code(row)).copied().flatten();
            let place = place.ok_or_else(|| error(columns.id_column, "wants the id of a lead"))?;
            let kind = columns.kinds.code(row);
            if !matches!(columns.kinds.value(row), Some(AttributeRef::Text(_))) {
                return Err(error("kind", "wants a text"));
            }
            match times.get(columns.times.code(row)) {
                Some(Ok(time)) => Ok((place, kind as u32, *time)),
                Some(Err(message)) => Err(error("at", message)),
                None => Err(error("at", "wants a time")),
            }
        };
        let lists = if columns.ids.is_none() && columns.properties.is_empty() {
            let mut kinds = ActivityKinds::new(schema);
            let numbers: Vec<u32> =
                columns.kinds.distinct().iter().map(|kind| kinds.number(&kind.as_ref().to_text())).collect();
            let mut lists: Vec<Vec<CompactActivity>> = vec![Vec::new(); places.len()];
            for row in 0..table.row_count() {
                let (place, kind, at) = row_of(row)?;
                lists[place as usize].push(CompactActivity { at, kind: numbers[kind as usize] });
            }
            Lists::Compact { kinds: kinds.into_kinds(), lists }
        } else {
            let mut lists: Vec<Vec<Activity>> = vec![Vec::new(); places.len()];
            for row in 0..table.row_count() {
                let (place, _, at) = row_of(row)?;
                lists[place as usize].push(columns.activity(row, at));
            }
            Lists::Full(lists)
        };
        Ok(ActivitiesByLead { places, lists })
    }

    /// The activities of a lead.
    pub(super) fn of_lead(&self, id: &str) -> Activities<'_> {
        let Some(place) = self.places.get(id) else { return Activities::default() };
        match &self.lists {
            Lists::Full(lists) => lists[*place as usize].as_slice().into(),
            Lists::Compact { kinds, lists } => Activities::compact(kinds, &lists[*place as usize]),
        }
    }
}

impl<'t> Columns<'t> {
    fn new(table: &'t Table, id_column: &'t str, schema: &FeatureSchema) -> Result<Columns<'t>, Error> {
        let named = |name: &str| table.coded(LIST, table.position(LIST, name)?);
        let (leads, kinds, times) = (named(id_column)?, named("kind")?, named("at")?);
        let has_ids = id_column != "id" && table.names.iter().any(|name| name == "id");
        let ids = has_ids.then(|| named("id")).transpose()?;
        let mut properties = Vec::new();
        // Properties tell doubles apart, so that they count where ids do.
        if schema.reads_activity_properties() || ids.is_some() {
            let is_known = |name: &str| [id_column, "kind", "at", "id"].contains(&name);
            let others = table.names.iter().enumerate().filter(|(_, name)| !is_known(name));
            properties = others
                .filter_map(|(position, name)| Some((name.as_str(), table.column(LIST, position).ok()?)))
                .collect();
        }
        Ok(Columns { id_column, leads, kinds, times, ids, properties })
    }

    fn activity(&self, row: usize, at: Timestamp) -> Activity {
        let kind = self.kinds.value(row).map_or_else(Default::default, AttributeRef::to_text);
        let mut activity = Activity::new(kind, at);
        let id = self.ids.as_ref().and_then(|ids| ids.value(row)).and_then(id_text);
        activity.id = id.map(Cow::into_owned);
        for (name, column) in &self.properties {
            if let Some(value) = column.value(row) {
                activity.properties.insert((*name).to_owned(), value.to_owned());
            }
        }
        activity
    }
}
