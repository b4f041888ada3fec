//! A table of activities, by lead.

use std::collections::HashMap;

use leadscore::{Activity, Attribute, Timestamp, Zone};

use super::Frame;
use super::column::{Column, id_text};
use crate::problem::Problem;

/// What happened, by the id of the lead.
pub(super) struct Activities(HashMap<String, Vec<Activity>>);

impl Activities {
    /// Reads the columns `on`, `kind` and `at`, `id` where there is one, and all others as properties; columns that
    /// hold lists and the like are left out.
    pub(super) fn new(frame: &Frame, on: &str, zone: &Zone) -> Result<Activities, Problem> {
        let all = 0..frame.rows;
        let named = |name: &str| -> Result<Vec<Option<Attribute>>, Problem> {
            Ok(frame.column(frame.place(name, "activities")?)?.attributes(all.clone()))
        };
        let leads = named(on)?;
        let kinds = named("kind")?;
        let times = named("at")?;
        let known = |name: &str| [on, "kind", "at", "id"].contains(&name);
        let has_ids = on != "id" && frame.names.iter().any(|name| name == "id");
        let ids = if has_ids { named("id")? } else { vec![None; frame.rows] };
        let places = frame.names.iter().enumerate().filter(|(_, name)| !known(name));
        let properties: Vec<(&str, Column)> =
            places.filter_map(|(place, name)| Some((name.as_str(), frame.column(place).ok()?))).collect();
        let mut moments: HashMap<String, Timestamp> = HashMap::new();
        let mut by_lead: HashMap<String, Vec<Activity>> = HashMap::new();
        let mut properties: Vec<_> = properties
            .iter()
            .map(|(name, column)| (*name, column.attributes(all.clone()).into_iter()))
            .collect();
        for (row, ((lead, kind), (at, id))) in
            leads.into_iter().zip(kinds).zip(times.into_iter().zip(ids)).enumerate()
        {
            let error = |field: &str, message: &str| {
                Problem::new("invalid_lead", format!("activities[{row}].{field}"), message)
            };
            let own = properties.iter_mut().filter_map(|(name, values)| Some((*name, values.next()??)));
            let own: Vec<(&str, Attribute)> = own.collect();
            let lead = lead.as_ref().and_then(id_text).ok_or_else(|| error(on, "wants the id of a lead"))?;
            let Some(Attribute::Text(kind)) = kind else { return Err(error("kind", "wants a text")) };
            let Some(Attribute::Text(at)) = at else { return Err(error("at", "wants a time")) };
            let moment = match moments.get(&at).copied() {
                Some(moment) => moment,
                None => Timestamp::parse(&at, zone).map_err(|problem| error("at", problem.message()))?,
            };
            moments.entry(at).or_insert(moment);
            let mut activity = Activity::new(kind, moment);
            activity.id = id.as_ref().and_then(id_text);
            for (name, value) in own {
                activity.properties.insert(name.to_owned(), value);
            }
            by_lead.entry(lead).or_default().push(activity);
        }
        Ok(Activities(by_lead))
    }

    /// The activities of a lead.
    pub(super) fn of(&self, lead: &str) -> Vec<Activity> {
        self.0.get(lead).cloned().unwrap_or_default()
    }
}
